//! Section 2.3: the two dense mixers.
#![allow(missing_docs, unused_mut, clippy::useless_vec)] // the specification's code, unchanged

use criterion::{Criterion, criterion_group, criterion_main};
use trm_core::{Precision, TrmConfig, TrmEngine};

fn bench_mlp_vs_attention(c: &mut Criterion) {
    let question = vec![0.1; 256];
    let answer = vec![0.2; 256 * 10];

    // Added: what is timed gives numbers.
    let check = |engine: &TrmEngine| {
        let result = engine.reason(&question, &answer, Some(10));
        assert!(result.iterations_used == 10 && result.answer.iter().all(|a| a.is_finite()));
    };

    let mut group = c.benchmark_group("MLP vs Attention");

    // MLP variant
    let mlp_config = TrmConfig::builder().hidden_dim(256).use_attention(false).build().unwrap();
    let mut mlp_engine = TrmEngine::new(mlp_config);

    check(&mlp_engine);
    group.bench_function("MLP K=10", |b| {
        b.iter(|| mlp_engine.reason(&question, &answer, Some(10)));
    });

    // Attention variant
    let attn_config = TrmConfig::builder().hidden_dim(256).use_attention(true).num_heads(8).build().unwrap();
    let mut attn_engine = TrmEngine::new(attn_config);

    check(&attn_engine);
    group.bench_function("Attention K=10", |b| {
        b.iter(|| attn_engine.reason(&question, &answer, Some(10)));
    });

    group.finish();
}

/// Added: the same with bf16 GEMM factors. After one step the answers agree within a hundredth; later steps of
/// untrained nets drive any two runs apart.
fn bench_bf16(c: &mut Criterion) {
    let question = vec![0.1; 256];
    let answer = vec![0.2; 256 * 10];
    let mut group = c.benchmark_group("MLP vs Attention");
    for (name, attention) in [("MLP", false), ("Attention", true)] {
        let config =
            TrmConfig::builder().hidden_dim(256).use_attention(attention).num_heads(8).build().unwrap();
        let engine = TrmEngine::new(config);
        let whole = engine.reason(&question, &answer, Some(1)).answer;
        let engine = engine.with_precision(Precision::Bf16).expect("even widths");
        let rounded = engine.reason(&question, &answer, Some(1)).answer;
        let apart: f32 = whole.iter().zip(&rounded).map(|(a, b)| (a - b) * (a - b)).sum();
        let size: f32 = whole.iter().map(|a| a * a).sum();
        assert!(apart > 0.0 && (apart / size).sqrt() < 0.01, "{name}: {apart} apart of {size}");
        group.bench_function(format!("{name} bf16 K=10"), |b| {
            b.iter(|| engine.reason(&question, &answer, Some(10)));
        });
    }
    group.finish();
}

criterion_group!(mlp_vs_attention, bench_mlp_vs_attention, bench_bf16);
criterion_main!(mlp_vs_attention);
