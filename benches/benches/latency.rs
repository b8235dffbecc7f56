//! Section 2.1: one latent update, one answer refinement, one confidence.
#![allow(missing_docs, unused_mut, clippy::useless_vec)] // the specification's code, unchanged

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use trm_core::{
    AnswerRefiner, AttentionLatentUpdater, ConfidenceScorer, LatentUpdater, MlpLatentUpdater, TrmConfig,
};

fn bench_single_latent_update(c: &mut Criterion) {
    let mut group = c.benchmark_group("Single Latent Update");

    for dim in [64, 128, 256, 512] {
        let mut mlp = MlpLatentUpdater::new(dim, dim);
        let question = vec![0.1; dim];
        let answer = vec![0.2; dim];
        let mut latent = vec![0.0; dim];

        // Added: the timed code gives finite numbers.
        mlp.update(&question, &answer, &mut latent);
        assert!(latent.iter().all(|z| z.is_finite()) && latent[0] != 0.0);

        group.bench_with_input(BenchmarkId::new("MLP", dim), &dim, |b, _| {
            b.iter(|| {
                mlp.update(&question, &answer, &mut latent);
            });
        });
    }

    group.finish();
}

/// Added: the same with attention, which the specification imports and does not time.
fn bench_single_attention_update(c: &mut Criterion) {
    let mut group = c.benchmark_group("Single Latent Update");
    for dim in [64, 128, 256, 512] {
        let mut attention = AttentionLatentUpdater::new(dim, 8);
        let (question, answer, mut latent) = (vec![0.1; dim], vec![0.2; dim], vec![0.0; dim]);
        attention.update(&question, &answer, &mut latent);
        assert!(latent.iter().all(|z| z.is_finite()) && latent[0] != 0.0);
        group.bench_with_input(BenchmarkId::new("Attention", dim), &dim, |b, _| {
            b.iter(|| attention.update(&question, &answer, &mut latent));
        });
    }
    group.finish();
}

fn bench_single_answer_refinement(c: &mut Criterion) {
    let config = TrmConfig::builder().hidden_dim(256).embedding_dim(256).build().unwrap();

    let mut refiner = AnswerRefiner::new(&config);
    let question = vec![0.1; 256];
    let latent = vec![0.5; 256];
    let mut answer = vec![0.2; 256 * 10];

    // Added: the timed code gives finite numbers.
    refiner.refine(&question, &latent, &mut answer);
    assert!(answer.iter().all(|y| y.is_finite()) && answer[0] != 0.2);

    c.bench_function("Answer Refinement (256d, 10 tokens)", |b| {
        b.iter(|| {
            refiner.refine(&question, &latent, &mut answer);
        });
    });
}

fn bench_confidence_scoring(c: &mut Criterion) {
    let config = TrmConfig::default();
    let scorer = ConfidenceScorer::new(&config);
    let answer = vec![0.5; 256 * 10];

    // Added: the timed code gives a probability.
    let confidence = scorer.score(&answer);
    assert!(0.0 < confidence && confidence < 1.0);
    c.bench_function("Confidence Scoring", |b| b.iter(|| scorer.score(&answer)));
}

criterion_group!(
    latency,
    bench_single_latent_update,
    bench_single_attention_update,
    bench_single_answer_refinement,
    bench_confidence_scoring
);
criterion_main!(latency);
