//! The bound holds at its nominal rate: on new questions, after a change of kind, for another
//! level, and when it cannot.

use sona_learn::synthetic::{Kind, MAX_K, Synthetic};
use sona_learn::{Label, SonaConfig, SonaEngine};

const DIM: usize = 64;

/// Learns `n` questions as they come; the share solved within the bound predicted before.
fn stream(engine: &SonaEngine, source: &mut Synthetic, n: usize) -> f64 {
    let mut held = 0;
    for (x, k) in source.examples(n) {
        held += usize::from(k <= engine.predict(&x, MAX_K).enough);
        engine.learn(&x, Label::Solved(k), 1.0, &[]);
    }
    held as f64 / n as f64
}

#[test]
fn covers_before_and_after_a_change_of_kind() {
    for (from, to) in [
        (Kind::Curve, Kind::Curve),
        (Kind::Line, Kind::Curve),
        (Kind::Curve, Kind::Isotropic),
        (Kind::PowerLaw, Kind::Line),
    ] {
        for seed in [1, 2] {
            let engine = SonaEngine::new(DIM);
            let mut first = Synthetic::new(from, DIM, seed);
            stream(&engine, &mut first, 400);
            engine.force_learn();
            let before = stream(&engine, &mut first, 1500);
            // The change comes unannounced; its own first questions count.
            let mut second = Synthetic::new(to, DIM, seed + 50);
            let after = stream(&engine, &mut second, 1500);
            for coverage in [before, after] {
                assert!((0.93..=0.97).contains(&coverage), "{from:?} {to:?} {before} {after}");
            }
        }
    }
}

#[test]
fn covers_with_consolidations_on_the_way() {
    let engine = SonaEngine::new(DIM);
    let mut source = Synthetic::new(Kind::Curve, DIM, 7);
    stream(&engine, &mut source, 200);
    let mut total = 0.0;
    for _ in 0..8 {
        engine.force_learn();
        total += stream(&engine, &mut source, 250) / 8.0;
    }
    assert!((0.93..=0.97).contains(&total), "{total}");
    let stats = engine.stats();
    assert_eq!(stats.n_judged, 2200);
    assert!((0.93..=0.97).contains(&stats.coverage), "{stats:?}");
}

#[test]
fn covers_at_another_level() {
    let config = SonaConfig { miss_rate: 0.2, ..SonaConfig::new(DIM) };
    let engine = SonaEngine::with_config(config).expect("sound");
    let mut source = Synthetic::new(Kind::Isotropic, DIM, 3);
    stream(&engine, &mut source, 300);
    engine.force_learn();
    let coverage = stream(&engine, &mut source, 1500);
    assert!((0.77..=0.83).contains(&coverage), "{coverage}");
}

#[test]
fn unsolved_questions_lower_the_chance_and_not_the_bound() {
    // Half of the questions are never solved; the others take 1 to 3 steps.
    let engine = SonaEngine::new(4);
    let query = |i: usize| [(i % 7) as f32, (i % 5) as f32, 1.0, 0.0];
    let label = |i: usize| match i % 2 {
        0 => Label::Solved(1 + i % 3),
        _ => Label::Censored(16),
    };
    (0..400).for_each(|i| engine.learn(&query(i), label(i), 1.0, &[]));
    engine.force_learn();
    for i in 0..35 {
        let prediction = engine.predict(&query(i), 16);
        assert!((0.3..0.7).contains(&prediction.solvable), "{prediction:?}");
    }
    let before = engine.stats().n_judged;
    let mut held = 0;
    for i in 400..2400 {
        if let Label::Solved(k) = label(i) {
            held += usize::from(engine.predict(&query(i), 16).enough >= k);
        }
        engine.learn(&query(i), label(i), 1.0, &[]);
    }
    assert_eq!(engine.stats().n_judged - before, 1000, "solved ones only");
    assert!((930..=1000).contains(&held), "{held}");
}

#[test]
fn a_bound_out_of_reach_is_said_to_be() {
    let engine = SonaEngine::new(DIM);
    let mut source = Synthetic::new(Kind::Line, DIM, 3);
    stream(&engine, &mut source, 300);
    engine.force_learn();
    for (x, _) in source.examples(50) {
        let free = engine.predict(&x, 64);
        let cut = engine.predict(&x, 3);
        assert_eq!(cut.capped, free.enough > 3, "{free:?} {cut:?}");
        assert!(cut.enough <= 3 && cut.solvable <= free.solvable);
    }
}
