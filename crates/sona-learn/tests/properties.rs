//! Laws that hold for every input, hostile ones included.

mod common;

use std::sync::LazyLock;

use common::trained;
use proptest::prelude::*;
use sona_learn::synthetic::{Kind, MAX_K, Synthetic};
use sona_learn::{HaltingPolicy, Label, Outcome, Signal, SonaEngine, SonaError, TrmSonaBridge};

static TRAINED: LazyLock<SonaEngine> = LazyLock::new(|| trained(8, 200, 1).0);

fn any_float() -> impl Strategy<Value = f32> {
    prop_oneof![
        any::<u32>().prop_map(f32::from_bits),
        -3.0f32..3.0,
        Just(f32::MAX),
        Just(f32::MIN),
        Just(f32::MIN_POSITIVE),
    ]
}

fn any_label() -> impl Strategy<Value = Label> {
    prop_oneof![
        (0usize..80).prop_map(Label::Solved),
        (0usize..80).prop_map(Label::Censored),
        Just(Label::Solved(usize::MAX)),
    ]
}

fn any_signal() -> impl Strategy<Value = Signal> {
    (any_float(), any_float()).prop_map(|(confidence, change)| Signal { confidence, change })
}

fn holds(engine: &SonaEngine, query: &[f32], max_k: usize) {
    let most = max_k.max(1);
    let p = engine.predict(query, max_k);
    assert!((1..=most).contains(&p.steps) && (p.steps..=most).contains(&p.enough), "{p:?}");
    assert!((0.0..=1.0).contains(&p.solvable), "{p:?}");
    let sum: f32 = engine.distribution(query, max_k).iter().sum();
    assert!((sum - p.solvable).abs() < 1e-3 || p.solvable < 1.0 && !p.capped, "{sum} {p:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn predictions_stay_in_range(
        query in prop::collection::vec(any_float(), 0..12),
        max_k in prop_oneof![0usize..100, Just(usize::MAX)],
    ) {
        holds(&TRAINED, &query, max_k);
        holds(&SonaEngine::new(8), &query, max_k);
    }

    #[test]
    fn any_history_leaves_predictions_in_range(
        history in prop::collection::vec(
            (prop::collection::vec(any_float(), 3), any_label(), any_float(),
             prop::collection::vec(any_signal(), 0..4)),
            0..80,
        ),
        query in prop::collection::vec(any_float(), 3),
    ) {
        let engine = SonaEngine::new(3);
        for (x, label, weight, trace) in &history {
            // Half of the weights are made fair, so that most examples are taken.
            let weight = if weight.is_nan() { *weight } else { weight.abs().min(1.0) };
            engine.learn(x, *label, weight, trace);
            holds(&engine, &query, 30);
        }
        engine.force_learn();
        holds(&engine, &query, 30);
        // Whatever was learned can be saved, and is accepted when loaded.
        let bytes = engine.to_bytes().expect("encodes");
        let loaded = SonaEngine::from_bytes(&bytes).expect("its own bytes");
        prop_assert_eq!(loaded.to_bytes().expect("encodes"), bytes);
    }

    #[test]
    fn plans_end_in_time(signals in prop::collection::vec(any_signal(), 40), max_k in 1usize..30) {
        let mut plan = TRAINED.plan(&[0.1; 8], max_k, HaltingPolicy::default());
        prop_assert!((1..=max_k).contains(&plan.planned()));
        for (i, signal) in signals.into_iter().enumerate() {
            let advice = plan.observe(signal);
            prop_assert!((0.0..=1.0).contains(&advice.settled));
            prop_assert!(advice.solvable >= advice.settled - 1e-6 && advice.solvable <= 1.0);
            match advice.decision {
                sona_learn::Decision::Continue { remaining } => {
                    prop_assert!(remaining >= 1 && i + 1 + remaining <= max_k);
                }
                sona_learn::Decision::Stop(_) => {}
            }
        }
        prop_assert_eq!(plan.n_observed(), max_k);
    }
}

#[test]
fn a_loaded_engine_goes_on_bit_for_bit() {
    let (engine, mut source) = trained(16, 300, 2);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("state.sona");
    engine.save(&path).expect("saves");
    let loaded = SonaEngine::load(&path).expect("loads");
    for (x, k) in source.examples(200) {
        assert_eq!(engine.predict(&x, 30), loaded.predict(&x, 30));
        let trace = source.run(k, k);
        engine.learn(&x, Label::Solved(k), 0.9, &trace);
        loaded.learn(&x, Label::Solved(k), 0.9, &trace);
    }
    engine.force_learn();
    loaded.force_learn();
    assert_eq!(engine.to_bytes().expect("encodes"), loaded.to_bytes().expect("encodes"));
    assert_eq!(std::fs::read_dir(folder.path()).expect("lists").count(), 1, "no temporary file");
}

#[test]
fn without_its_examples_an_engine_is_small_and_predicts_the_same() {
    let (engine, mut source) = trained(8, 600, 5);
    let queries: Vec<_> = (0..50).map(|_| source.query()).collect();
    let predict = || queries.iter().map(|q| engine.predict(q, MAX_K)).collect::<Vec<_>>();
    let (before, size) = (predict(), engine.to_bytes().expect("encodes").len());
    engine.forget_examples();
    assert_eq!((predict(), engine.stats().n_stored), (before, 0));
    let bytes = engine.to_bytes().expect("encodes");
    assert!(bytes.len() + 20_000 < size, "{} of {size} bytes", bytes.len());
    let loaded = SonaEngine::from_bytes(&bytes).expect("a sound state");
    assert!(matches!(loaded.try_force_learn(), Err(SonaError::TooFewExamples { found: 0, .. })));
    loaded.learn(&queries[0], Label::Solved(3), 1.0, &[]);
    assert_eq!(loaded.stats().n_stored, 1);
}

#[test]
fn the_same_seed_gives_the_same_bits() {
    let bits = |seed| trained(16, 200, seed).0.to_bytes().expect("encodes");
    assert_eq!(bits(5), bits(5));
    assert_ne!(bits(5), bits(6));
}

#[test]
fn a_million_identical_queries_do_no_harm() {
    let (engine, mut source) = trained(8, 200, 3);
    let before = engine.stats().size_bytes;
    let x = source.query();
    for i in 0..1_000_000 {
        // Two answers in turn, so that the error never becomes zero.
        engine.learn(&x, Label::Solved(12 + i % 2), 1.0, &[]);
    }
    assert!((12..=13).contains(&engine.predict(&x, 30).steps));
    engine.force_learn();
    assert!((12..=13).contains(&engine.predict(&x, 30).steps));
    let stats = engine.stats();
    assert_eq!((stats.n_learned, stats.n_rejected), (1_000_200, 0));
    assert!(stats.size_bytes < 2 << 20 && stats.n_stored == 896, "{before} -> {stats:?}");
    SonaEngine::from_bytes(&engine.to_bytes().expect("encodes")).expect("finite and consistent");
    // The kinds learned before the flood are still known.
    let near =
        source.examples(200).iter().filter(|(x, k)| engine.predict(x, 30).steps.abs_diff(*k) <= 4).count();
    assert!(near > 120, "{near} of 200 within 4 steps");
}

#[test]
fn identical_queries_alone_do_no_harm() {
    let engine = SonaEngine::new(4);
    for _ in 0..2000 {
        engine.learn(&[1.0, -2.0, 0.0, 1e30], Label::Solved(7), 1.0, &[]);
    }
    engine.force_learn();
    assert_eq!(engine.predict(&[1.0, -2.0, 0.0, 1e30], 30).steps, 7);
    holds(&engine, &[f32::MAX; 4], 30);
}

#[test]
fn adversarial_order_does_no_harm() {
    // All easy questions first, then all hard ones, then lies about every one of them.
    let mut source = Synthetic::new(Kind::Curve, 16, 4);
    let mut examples = source.examples(600);
    examples.sort_by_key(|e| e.1);
    let engine = SonaEngine::new(16);
    for (x, k) in &examples {
        engine.learn(x, Label::Solved(*k), 1.0, &[]);
    }
    engine.force_learn();
    let near = |engine: &SonaEngine| {
        examples.iter().filter(|(x, k)| engine.predict(x, 30).steps.abs_diff(*k) <= 2).count()
    };
    assert!(near(&engine) > 550, "{}", near(&engine));
    for (x, k) in &examples {
        engine.learn(x, Label::Solved(31 - k), 1.0, &[]);
        holds(&engine, x, 30);
    }
    for _ in 0..4 {
        examples.iter().for_each(|(x, k)| engine.learn(x, Label::Solved(*k), 1.0, &[]));
    }
    engine.force_learn();
    assert!(near(&engine) > 380, "{}", near(&engine));
}

#[test]
fn threads_share_one_engine() {
    let bridge = TrmSonaBridge::new(trained(16, 100, 6).0);
    std::thread::scope(|scope| {
        for seed in 0..4 {
            let bridge = &bridge;
            scope.spawn(move || {
                let mut source = Synthetic::new(Kind::Curve, 16, seed);
                for (x, k) in source.examples(100) {
                    let _ = bridge.predict_optimal_k(&x, 30);
                    bridge.learn_from_trm_with_optimal_k(&x, &Outcome::default(), k);
                }
            });
        }
        bridge.sona.force_learn();
    });
    assert_eq!(bridge.sona.stats().n_learned, 500);
}
