//! Section 5: how well K is predicted, and how soon. The questions are synthetic, with a stated
//! number of steps each (`sona_learn::synthetic`); the net is untrained, as in the specification.
#![allow(missing_docs, unused_mut, clippy::useless_vec)] // the specification's code, unchanged

use sona_learn::synthetic::{Kind, Synthetic};
use sona_learn::{SonaEngine, TrmSonaBridge};
use std::cell::RefCell;
use trm_benches::record;
use trm_core::{TrmConfig, TrmEngine, TrmResult};

const KIND: Kind = Kind::Curve;
const SEED: u64 = 1;

thread_local! {
    static QUESTIONS: RefCell<Synthetic> = RefCell::new(Synthetic::new(KIND, 256, SEED));
}

fn generate_training_queries(n: usize) -> Vec<(Vec<f32>, usize)> {
    QUESTIONS.with_borrow_mut(|questions| questions.examples(n))
}

/// Of the same family, drawn later: none of them was trained on.
fn generate_test_queries(n: usize) -> Vec<(Vec<f32>, usize)> {
    generate_training_queries(n)
}

fn generate_random_query(dim: usize) -> Vec<f32> {
    let query = QUESTIONS.with_borrow_mut(Synthetic::query);
    assert_eq!(query.len(), dim);
    query
}

fn determine_optimal_k(query: &[f32]) -> usize {
    QUESTIONS.with_borrow_mut(|questions| questions.optimal_k(query))
}

/// Percentage within 2 steps.
fn evaluate_k_prediction(bridge: &TrmSonaBridge, n: usize) -> f32 {
    let near = |(query, k): &(Vec<f32>, usize)| bridge.predict_optimal_k(query, 30).abs_diff(*k) <= 2;
    generate_test_queries(n).iter().filter(|example| near(example)).count() as f32 / n as f32 * 100.0
}

fn bench_k_prediction_accuracy() {
    let sona = SonaEngine::new(256);
    let bridge = TrmSonaBridge::new(sona);
    let mut trm = TrmEngine::new(TrmConfig::default());

    // Training phase: 500 queries with known optimal K
    let training_set: Vec<(Vec<f32>, usize)> = generate_training_queries(500);

    for (query, optimal_k) in &training_set {
        // Run with generous max_k
        let result = trm.reason(query, &vec![0.0; 256], Some(30));

        // Tell SONA the true optimal K
        bridge.learn_from_trm_with_optimal_k(query, &result, optimal_k);
    }

    bridge.sona.force_learn();

    // Test phase: 200 queries
    let test_set: Vec<(Vec<f32>, usize)> = generate_test_queries(200);

    let mut within_1 = 0;
    let mut within_2 = 0;
    let mut total_error = 0.0;

    for (query, optimal_k) in &test_set {
        let predicted_k = bridge.predict_optimal_k(query, 30);
        let error = (predicted_k as i32 - *optimal_k as i32).abs();

        if error <= 1 {
            within_1 += 1;
        }
        if error <= 2 {
            within_2 += 1;
        }
        total_error += error as f32;
    }

    let accuracy_1 = within_1 as f32 / test_set.len() as f32 * 100.0;
    let accuracy_2 = within_2 as f32 / test_set.len() as f32 * 100.0;
    let mae = total_error / test_set.len() as f32;

    println!("K Prediction Results:");
    println!("  Within 1 of optimal: {:.1}%", accuracy_1);
    println!("  Within 2 of optimal: {:.1}%", accuracy_2);
    println!("  Mean Absolute Error: {:.2}", mae);
    println!("  Target: >75% within 2");
    record("K Prediction/within 1", f64::from(accuracy_1), "%");
    record("K Prediction/within 2", f64::from(accuracy_2), "%");
    record("K Prediction/mean absolute error", f64::from(mae), "steps");

    assert!(accuracy_2 > 75.0, "K prediction accuracy below target");
}

fn bench_learning_convergence() {
    let sona = SonaEngine::new(256);
    let bridge = TrmSonaBridge::new(sona);

    // Track accuracy over training
    let mut accuracies = vec![];

    for batch in 0..10 {
        // Train with 50 examples per batch
        for _ in 0..50 {
            let query = generate_random_query(256);
            let optimal_k = determine_optimal_k(&query);

            let result = TrmResult { iterations_used: optimal_k, ..TrmResult::default() };

            bridge.learn_from_trm(&query, &result, 0.9);
        }

        bridge.sona.force_learn();

        // Evaluate
        let accuracy = evaluate_k_prediction(&bridge, 100);
        accuracies.push(accuracy);

        println!("Batch {}: Accuracy {:.1}%", batch, accuracy);
        record(&format!("K Prediction/after {} examples", 50 * (batch + 1)), f64::from(accuracy), "%");
    }

    // Should improve over time
    assert!(accuracies.last().unwrap() > accuracies.first().unwrap(), "Learning should improve accuracy");

    // Should reach >70% by batch 5
    assert!(accuracies[4] > 70.0, "Should reach 70% by 250 examples");
}

fn main() {
    bench_k_prediction_accuracy();
    bench_learning_convergence();
}
