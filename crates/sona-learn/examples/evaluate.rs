//! Prints what the engine reaches on synthetic questions, next to the baselines.
//!
//! `cargo run --release -p sona-learn --example evaluate`

use std::time::Instant;

use sona_learn::baseline::{ConstantMedian, Example, NearestNeighbours, OrdinalRegression};
use sona_learn::synthetic::{Kind, MAX_K, Synthetic};
use sona_learn::{Decision, HaltingPolicy, Label, Outcome, Signal, SonaEngine, TrmSonaBridge};

const DIM: usize = 256;

/// When a run with this trace, embedding and K* stops.
type Stop<'a> = dyn Fn(&[Signal], &[f32], usize) -> usize + 'a;

/// Share within 1 and within 2 steps (per cent), and mean absolute error in steps.
fn score(test: &[Example], predict: impl Fn(&[f32]) -> usize) -> String {
    let errors: Vec<usize> = test.iter().map(|(x, k)| predict(x).abs_diff(*k)).collect();
    let share =
        |most: usize| 100.0 * errors.iter().filter(|&&e| e <= most).count() as f64 / errors.len() as f64;
    let mae = errors.iter().sum::<usize>() as f64 / errors.len() as f64;
    format!("{:5.1} {:5.1} {mae:5.2}", share(1), share(2))
}

fn accuracy(kind: Kind, seed: u64) {
    let mut source = Synthetic::new(kind, DIM, seed);
    let (train, test) = (source.examples(500), source.examples(1000));
    let bridge = TrmSonaBridge::new(SonaEngine::new(DIM));
    for (i, (query, k)) in train.iter().enumerate() {
        bridge.learn_from_trm_with_optimal_k(query, &Outcome::default(), k);
        let n = i + 1;
        if n % 50 == 0 {
            bridge.sona.force_learn();
        }
        if ![50, 100, 250, 500].contains(&n) {
            continue;
        }
        let constant = ConstantMedian::fit(&train[..n]);
        let near = NearestNeighbours::fit(&train[..n]);
        let ordinal = OrdinalRegression::fit(&train[..n], 0.01);
        println!(
            "{kind:?} {seed} n={n:3} | {} | {} | {} | {} | {}",
            score(&test, |x| bridge.predict_optimal_k(x, MAX_K)),
            score(&test, |x| constant.predict(x)),
            score(&test, |x| near.predict(x)),
            score(&test, |x| ordinal.predict(x)),
            score(&test, |x| source.level(x).round() as usize),
        );
    }
}

/// Coverage of the bound on a stream of `2 n` questions whose kind changes in the middle, from
/// the first question of the new kind on.
fn coverage(from: Kind, to: Kind, n: usize) {
    let engine = SonaEngine::new(DIM);
    let (mut first, mut second) = (Synthetic::new(from, DIM, 1), Synthetic::new(to, DIM, 2));
    let mut halves = Vec::new();
    for (x, k) in first.examples(500) {
        engine.learn(&x, Label::Solved(k), 1.0, &[]);
    }
    engine.force_learn();
    for source in [&mut first, &mut second] {
        let (mut held, mut width) = (0, 0);
        for (x, k) in source.examples(n) {
            let prediction = engine.predict(&x, MAX_K);
            held += usize::from(k <= prediction.enough);
            width += prediction.enough - prediction.steps;
            engine.learn(&x, Label::Solved(k), 1.0, &[]);
        }
        halves.push((100.0 * held as f64 / n as f64, width as f64 / n as f64));
    }
    println!("{from:?} -> {to:?}: coverage (%) and width (steps) {halves:.1?}");
}

/// Adaptive stopping on questions whose first forecast is poor: learned halting beside fixed
/// confidence thresholds and fixed numbers of steps. Solved means stopped at or after K.
fn halting(kind: Kind) {
    let mut source = Synthetic::new(kind, DIM, 3);
    let engine = SonaEngine::new(DIM);
    for (x, k) in source.examples(500) {
        let trace = source.run(k, MAX_K);
        engine.learn(&x, Label::Solved(k), 1.0, &trace);
    }
    engine.force_learn();
    let runs: Vec<_> = source.examples(1000).into_iter().map(|(x, k)| (source.run(k, MAX_K), x, k)).collect();
    let report = |name: String, stop: &Stop| {
        let stops: Vec<(usize, usize)> = runs.iter().map(|(t, x, k)| (stop(t, x, *k), *k)).collect();
        let solved = stops.iter().filter(|(s, k)| s >= k).count() as f64 / 10.0;
        let mean = stops.iter().map(|s| s.0).sum::<usize>() as f64 / 1000.0;
        println!("{kind:?} {name:24} solved {solved:5.1} % in {mean:5.2} steps");
    };
    report("oracle".into(), &|_, _, k| k);
    report("30 steps".into(), &|_, _, _| MAX_K);
    report("forecast".into(), &|_, x, _| engine.predict(x, MAX_K).enough);
    for level in [0.9, 0.95, 0.98] {
        report(format!("plan, settled {level}"), &|t, x, _| {
            let policy = HaltingPolicy { settled: level, ..HaltingPolicy::default() };
            let mut plan = engine.plan(x, MAX_K, policy);
            let stop = |s: &Signal| matches!(plan.observe(*s).decision, Decision::Stop(_));
            1 + t.iter().position(stop).unwrap_or(MAX_K - 1)
        });
    }
    for threshold in [0.9, 0.95, 0.98] {
        report(format!("confidence {threshold}"), &|t, _, _| {
            1 + t.iter().position(|s| s.confidence >= threshold).unwrap_or(MAX_K - 1)
        });
    }
}

fn speed() {
    let mut source = Synthetic::new(Kind::Curve, DIM, 1);
    let train = source.examples(2000);
    let engine = SonaEngine::new(DIM);
    for (x, k) in &train[..1000] {
        engine.learn(x, Label::Solved(*k), 1.0, &[]);
    }
    let start = Instant::now();
    engine.force_learn();
    println!("force_learn {:.0} ms", start.elapsed().as_secs_f64() * 1e3);
    let start = Instant::now();
    let mut sum = 0;
    for _ in 0..10 {
        sum += train.iter().map(|(x, _)| engine.predict(x, MAX_K).steps).sum::<usize>();
    }
    println!("predict {:.2} us ({sum})", start.elapsed().as_secs_f64() * 1e6 / 20_000.0);
    let start = Instant::now();
    for (x, k) in &train {
        engine.learn(x, Label::Solved(*k), 1.0, &[]);
    }
    println!("learn {:.2} us", start.elapsed().as_secs_f64() * 1e6 / 2000.0);
    println!("size {} bytes, file {}", engine.stats().size_bytes, engine.to_bytes().map_or(0, |b| b.len()));
}

fn main() {
    println!("within 1, within 2 (%), MAE: engine | constant median | 5-NN | ordinal | noiseless K");
    for kind in [Kind::Line, Kind::Curve, Kind::PowerLaw, Kind::Isotropic] {
        accuracy(kind, 1);
    }
    coverage(Kind::Curve, Kind::Curve, 1000);
    coverage(Kind::Line, Kind::Curve, 1000);
    coverage(Kind::Curve, Kind::PowerLaw, 1000);
    coverage(Kind::Curve, Kind::Isotropic, 1000);
    halting(Kind::Curve);
    halting(Kind::Isotropic);
    speed();
}
