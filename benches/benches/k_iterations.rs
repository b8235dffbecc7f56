//! Section 2.2: K supervision steps.
#![allow(missing_docs, unused_mut, clippy::useless_vec)] // the specification's code, unchanged

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use trm_benches::record_calls;
use trm_core::{TrmConfig, TrmEngine};

fn bench_full_k_iterations(c: &mut Criterion) {
    let config = TrmConfig::builder()
        .hidden_dim(256)
        .embedding_dim(256)
        .use_attention(false) // MLP variant
        .build()
        .unwrap();

    let mut engine = TrmEngine::new(config);
    let question = vec![0.1; 256];
    let answer = vec![0.2; 256 * 10];

    let mut group = c.benchmark_group("Full TRM K-Iterations");

    for k in [1, 2, 5, 10, 15, 20] {
        // Added: what is timed ran K steps and gave numbers.
        let result = engine.reason(&question, &answer, Some(k));
        assert!(result.iterations_used == k && result.answer.iter().all(|a| a.is_finite()));
        record_calls(&format!("Full TRM K-Iterations/K/{k}"), 300, || {
            std::hint::black_box(engine.reason(&question, &answer, Some(k)));
        });

        group.bench_with_input(BenchmarkId::new("K", k), &k, |b, &k| {
            b.iter(|| engine.reason(&question, &answer, Some(k)));
        });
    }

    group.finish();
}

criterion_group!(k_iterations, bench_full_k_iterations);
criterion_main!(k_iterations);
