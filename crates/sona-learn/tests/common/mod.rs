//! What the tests share.

use sona_learn::synthetic::{Kind, Synthetic};
use sona_learn::{Label, SonaConfig, SonaEngine};

/// An engine that learned `n` questions of a small dimension, with traces, and consolidated.
pub fn trained(dim: usize, n: usize, seed: u64) -> (SonaEngine, Synthetic) {
    let mut source = Synthetic::new(Kind::Curve, dim, seed);
    let config = SonaConfig { seed, ..SonaConfig::new(dim) };
    let engine = SonaEngine::with_config(config).expect("a sound configuration");
    for (x, k) in source.examples(n) {
        let trace = source.run(k, (k + 2).min(30));
        engine.try_learn(&x, Label::Solved(k), 0.9, &trace).expect("a sound example");
    }
    engine.force_learn();
    (engine, source)
}
