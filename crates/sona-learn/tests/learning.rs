//! What is learned: the specification's learning benchmark, memory of old kinds, censoring,
//! and halting. Floors are far below what was measured, for fixed seeds.

mod common;

use sona_learn::baseline::{ConstantMedian, Example, NearestNeighbours, OrdinalRegression};
use sona_learn::synthetic::{Kind, MAX_K, Synthetic};
use sona_learn::{Decision, HaltingPolicy, Label, Outcome, SonaEngine, StopReason, TrmSonaBridge};

const DIM: usize = 256;

/// Share within 2 steps, and mean absolute error.
fn score(test: &[Example], predict: impl Fn(&[f32]) -> usize) -> (f64, f64) {
    let errors: Vec<usize> = test.iter().map(|(x, k)| predict(x).abs_diff(*k)).collect();
    let n = errors.len() as f64;
    let within = errors.iter().filter(|&&e| e <= 2).count() as f64 / n;
    (within, errors.iter().sum::<usize>() as f64 / n)
}

#[test]
fn ten_batches_of_fifty() {
    let mut source = Synthetic::new(Kind::Curve, DIM, 1);
    let bridge = TrmSonaBridge::new(SonaEngine::new(DIM));
    let test = source.examples(400);
    let mut all = Vec::new();
    let mut train = Vec::new();
    for _ in 0..10 {
        for (query, k) in source.examples(50) {
            let result = Outcome { iterations_used: k, ..Outcome::default() };
            bridge.learn_from_trm(&query, &result, 0.9);
            train.push((query, k));
        }
        bridge.sona.force_learn();
        all.push(score(&test, |x| bridge.predict_optimal_k(x, MAX_K)));
    }
    assert!(all[4].0 > 0.9 && all[9].0 > 0.95 && all[9].1 < 1.0, "{all:?}");
    assert!(all[9].0 > all[0].0 + 0.1, "{all:?}");
    let constant = ConstantMedian::fit(&train);
    let near = NearestNeighbours::fit(&train);
    let ordinal = OrdinalRegression::fit(&train, 0.01);
    for (within, mae) in [
        score(&test, |x| constant.predict(x)),
        score(&test, |x| near.predict(x)),
        score(&test, |x| ordinal.predict(x)),
    ] {
        assert!(within + 0.2 < all[9].0 && mae > 2.0 * all[9].1, "{within} {mae} {all:?}");
    }
}

#[test]
fn learns_between_consolidations() {
    let mut source = Synthetic::new(Kind::Line, DIM, 2);
    let engine = SonaEngine::new(DIM);
    for (x, k) in source.examples(400) {
        engine.learn(&x, Label::Solved(k), 1.0, &[]);
    }
    assert_eq!(engine.stats().n_consolidations, 1, "only the first, automatic one");
    let (within, mae) = score(&source.examples(300), |x| engine.predict(x, MAX_K).steps);
    assert!(within > 0.9 && mae < 1.2, "{within} {mae}");
}

#[test]
fn an_old_kind_is_kept_while_a_new_one_is_learned() {
    let mut old = Synthetic::new(Kind::Line, DIM, 3);
    let mut new = Synthetic::new(Kind::Line, DIM, 4);
    let engine = SonaEngine::new(DIM);
    for source in [&mut old, &mut new] {
        for (x, k) in source.examples(1000) {
            engine.learn(&x, Label::Solved(k), 1.0, &[]);
        }
        engine.force_learn();
    }
    for source in [&mut old, &mut new] {
        let (within, mae) = score(&source.examples(300), |x| engine.predict(x, MAX_K).steps);
        assert!(within > 0.8 && mae < 1.8, "{within} {mae}");
    }
}

#[test]
fn censored_runs_are_not_answers_at_the_limit() {
    // Every run is cut after 15 steps; the questions' own numbers go up to 30.
    let mut source = Synthetic::new(Kind::Line, DIM, 5);
    let engine = SonaEngine::new(DIM);
    for (x, k) in source.examples(600) {
        let label = if k <= 15 { Label::Solved(k) } else { Label::Censored(15) };
        engine.learn(&x, label, 1.0, &[]);
    }
    engine.force_learn();
    let test = source.examples(400);
    let (far, near): (Vec<Example>, Vec<Example>) = test.into_iter().partition(|e| e.1 > 18);
    let said_far = far.iter().filter(|(x, _)| engine.predict(x, MAX_K).steps > 15).count();
    assert!(said_far * 10 > far.len() * 9, "{said_far} of {}", far.len());
    let near: Vec<Example> = near.into_iter().filter(|e| e.1 <= 12).collect();
    let (within, _) = score(&near, |x| engine.predict(x, MAX_K).steps);
    assert!(within > 0.85, "{within}");
}

#[test]
fn a_low_quality_is_a_censored_run() {
    let bridge = TrmSonaBridge::new(SonaEngine::new(2));
    for i in 0..200 {
        let hard = i % 2 == 0;
        let result = Outcome { iterations_used: if hard { 16 } else { 2 }, ..Outcome::default() };
        bridge.learn_from_trm(&[f32::from(u8::from(hard)), 0.0], &result, if hard { 0.1 } else { 0.9 });
    }
    bridge.sona.force_learn();
    let hard = bridge.sona.predict(&[1.0, 0.0], 16);
    assert!(hard.solvable < 0.3 && hard.steps == 16, "{hard:?}");
    assert_eq!(bridge.predict_optimal_k(&[0.0, 0.0], 16), 2);
}

#[test]
fn a_plan_saves_steps_where_the_forecast_cannot() {
    // Nothing can be foreseen of these questions; the trace alone tells.
    let mut source = Synthetic::new(Kind::Isotropic, DIM, 6);
    let engine = SonaEngine::new(DIM);
    for (x, k) in source.examples(300) {
        let trace = source.run(k, MAX_K);
        engine.learn(&x, Label::Solved(k), 1.0, &trace);
    }
    engine.force_learn();
    let (mut solved, mut extra, mut forecast) = (0, 0.0, 0.0);
    for (x, k) in source.examples(300) {
        let mut plan = engine.plan(&x, MAX_K, HaltingPolicy::default());
        forecast += plan.planned() as f64 / 300.0;
        for signal in source.run(k, MAX_K) {
            if let Decision::Stop(_) = plan.observe(signal).decision {
                break;
            }
        }
        solved += usize::from(plan.n_observed() >= k);
        extra += plan.n_observed() as f64 / 300.0;
    }
    assert!(solved > 282, "{solved} of 300");
    assert!(extra + 3.0 < forecast && extra < 18.5, "{extra} steps, forecast {forecast}");
}

#[test]
fn a_hopeless_run_is_given_up() {
    let (engine, mut source) = common::trained(16, 200, 7);
    // One of two questions is never solved, and looks like it from the start.
    for _ in 0..200 {
        let x = source.query();
        engine.learn(&x, Label::Censored(30), 1.0, &source.run(200, 30));
    }
    engine.force_learn();
    let policy = HaltingPolicy { hopeless: 0.05, ..HaltingPolicy::default() };
    let x = source.query();
    let mut plan = engine.plan(&x, 30, policy);
    let last = source
        .run(200, 30)
        .into_iter()
        .map(|s| plan.observe(s).decision)
        .find(|d| matches!(d, Decision::Stop(_)));
    assert_eq!(last, Some(Decision::Stop(StopReason::Hopeless)));
    assert!(plan.n_observed() < 30);
}

/// A result of a crate that does not know this one.
struct Foreign;

impl From<&Foreign> for (usize, f32, bool) {
    fn from(_: &Foreign) -> Self {
        (5, 0.9, true)
    }
}

#[test]
fn foreign_results_are_understood() {
    let bridge = TrmSonaBridge::new(SonaEngine::new(2));
    for _ in 0..40 {
        bridge.learn_from_trm(&[1.0, 2.0], &Foreign, 0.9);
        bridge.learn_from_trm_with_optimal_k(&[1.0, 2.0], &Foreign, 5);
    }
    assert_eq!(bridge.predict_optimal_k(&[1.0, 2.0], 30), 5);
    assert_eq!(bridge.predict_optimal_k(&[1.0, 2.0], 3), 3);
}

#[test]
fn long_embeddings_are_learned_in_the_same_memory() {
    // 81 cells of 10 numbers, one of them 1: steps follow the number of cells that are not 0.
    let engine = SonaEngine::new(810);
    let mut seed = 1u64;
    let mut question = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let blanks = 20 + (seed >> 33) as usize % 40;
        let mut x = vec![0.0; 810];
        for cell in 0..81 {
            let shuffled = (cell * 37 + (seed >> 40) as usize) % 81;
            let value = if shuffled < blanks { 0 } else { 1 + (cell + shuffled) % 9 };
            x[cell * 10 + value] = 1.0;
        }
        (x, 1 + (blanks - 20) / 2)
    };
    for _ in 0..800 {
        let (x, k) = question();
        let trace = vec![sona_learn::Signal::default(); 64];
        engine.learn(&x, Label::Solved(k), 1.0, &trace);
    }
    engine.force_learn();
    let test: Vec<Example> = (0..300).map(|_| question()).collect();
    let (within, mae) = score(&test, |x| engine.predict(x, MAX_K).steps);
    assert!(within > 0.9 && mae < 1.2, "{within} {mae}");
    let stats = engine.stats();
    assert!(stats.n_rejected == 0 && stats.size_bytes < 2 << 20, "{stats:?}");
}
