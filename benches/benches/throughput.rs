//! Section 3: questions per second.
#![allow(missing_docs, unused_mut, clippy::useless_vec)] // the specification's code, unchanged

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::sync::{Arc, Mutex};
use trm_core::{TrmConfig, TrmEngine};

fn bench_throughput(c: &mut Criterion) {
    let config = TrmConfig::builder().hidden_dim(256).build().unwrap();

    let engine = Arc::new(Mutex::new(TrmEngine::new(config)));
    let question = vec![0.1; 256];
    let answer = vec![0.2; 256 * 10];

    let mut group = c.benchmark_group("Throughput");
    group.throughput(Throughput::Elements(1));

    // Single-threaded
    group.bench_function("Single Thread K=5", |b| {
        let mut engine = engine.lock().unwrap();
        b.iter(|| engine.reason(&question, &answer, Some(5)))
    });

    group.finish();
}

fn bench_concurrent_throughput(c: &mut Criterion) {
    use rayon::prelude::*;

    let config = TrmConfig::default();

    c.bench_function("Concurrent 8 Threads K=5", |b| {
        b.iter(|| {
            let results: Vec<_> = (0..8)
                .into_par_iter()
                .map(|_| {
                    let mut engine = TrmEngine::new(config.clone());
                    let question = vec![0.1; 256];
                    let answer = vec![0.2; 256 * 10];
                    engine.reason(&question, &answer, Some(5))
                })
                .collect();
            results
        });
    });
}

/// Added: the same eight questions by one engine, which is what it is made for.
fn bench_shared_engine(c: &mut Criterion) {
    let engine = TrmEngine::new(TrmConfig::default());
    let questions = vec![(vec![0.1; 256], vec![0.2; 256 * 10]); 8];
    let mut group = c.benchmark_group("Throughput");
    group.throughput(Throughput::Elements(8));
    group.bench_function("One Engine, 8 Questions K=5", |b| {
        b.iter(|| engine.reason_batch(&questions, Some(5)))
    });
    group.finish();
}

criterion_group!(throughput, bench_throughput, bench_concurrent_throughput, bench_shared_engine);
criterion_main!(throughput);
