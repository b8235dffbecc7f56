//! Section 3: questions per second.
#![allow(missing_docs, unused_mut, clippy::useless_vec)] // the specification's code, unchanged

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rayon::ThreadPoolBuilder;
use std::cell::LazyCell;
use std::sync::{Arc, Mutex};
use trm_benches::{runs, sudoku_solved_in};
use trm_core::{TrmConfig, TrmEngine, TrmResult};

fn bench_throughput(c: &mut Criterion) {
    let config = TrmConfig::builder().hidden_dim(256).build().unwrap();

    let engine = Arc::new(Mutex::new(TrmEngine::new(config)));
    let question = vec![0.1; 256];
    let answer = vec![0.2; 256 * 10];

    // Added: what is timed gives numbers.
    let result = engine.lock().unwrap().reason(&question, &answer, Some(5));
    assert!(result.iterations_used == 5 && result.answer.iter().all(|a| a.is_finite()));

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

/// Added: the same queries on engines that are built beforehand, and on clones of one, which share its weights, in
/// operations per second: beside `Roofline/peak f32 multiply-add` times the cores. All matrix products count: the net's,
/// the embedding of question and answer, and the head after each step, which in this shape is a tenth of them.
fn bench_engines(c: &mut Criterion) {
    use rayon::prelude::*;

    let fresh = TrmEngine::new(TrmConfig::default());
    let (question, answer) = (vec![0.1; 256], vec![0.2; 256 * 10]);
    let net = fresh.steps(&question, &answer).unwrap().step_flops();
    let row = 2 * 256 * 256; // one token through a matrix of the embedding or the head
    let flops = 11 * row + 5 * (net + 10 * row);
    let mut group = c.benchmark_group("Throughput");
    group.throughput(Throughput::Elements(8 * flops));
    let built = (0..8).map(|_| TrmEngine::new(TrmConfig::default())).collect::<Vec<_>>();
    let clones = vec![fresh.clone(); 8];
    for (name, engines) in [("Engines Built Beforehand", built), ("Clones of an Engine", clones)] {
        let answers = || {
            let results = engines.par_iter().map(|engine| engine.reason(&question, &answer, Some(5)));
            results.collect::<Vec<_>>()
        };
        let expected = fresh.reason(&question, &answer, Some(5));
        assert!(answers().iter().all(|result| *result == expected));
        group.bench_function(format!("8 {name} K=5"), |b| b.iter(answers));
    }
}

/// Added: sixteen Sudoku on one engine shared by all threads, and on an engine per thread; then as one batch and
/// one by one. Every answer equals that of one thread.
fn bench_threads(c: &mut Criterion) {
    let engine = trm_models::sudoku();
    // Found on first use, since that takes longer than listing the cases.
    let questions = LazyCell::new(|| {
        let solved = sudoku_solved_in(&engine, K, N_QUESTIONS);
        solved.into_iter().map(|s| (s.question, s.answer)).collect::<Vec<Pair>>()
    });
    let one_by_one = || questions.iter().map(|(q, a)| engine.reason(q, a, Some(K))).collect::<Vec<_>>();
    let batch = |questions: &[Pair]| {
        engine.reason_batch(questions, Some(K)).into_iter().map(Result::unwrap).collect::<Vec<_>>()
    };

    let mut group = c.benchmark_group("Throughput");
    group.throughput(Throughput::Elements(N_QUESTIONS as u64));
    let mut time = |name: &str, run: &dyn Fn() -> Vec<TrmResult>| {
        assert!(!runs(&format!("Throughput/{name}")) || run() == one_by_one());
        group.bench_function(name, |b| b.iter(run));
    };
    for n in [1, 2, 4, 8] {
        let pool = ThreadPoolBuilder::new().num_threads(n).build().unwrap();
        let shared = || {
            let questions: &[Pair] = &questions;
            pool.install(|| batch(questions))
        };
        time(&format!("Sudoku K=10, Shared Engine, {n} Threads"), &shared);
        let engines = || {
            let (engine, questions): (_, &[Pair]) = (&engine, &questions);
            pool.install(|| engine_per_chunk(engine, questions, n))
        };
        time(&format!("Sudoku K=10, Engine per Thread, {n} Threads"), &engines);
    }
    time("Sudoku K=10, One by One", &one_by_one);
    time("Sudoku K=10, One Batch", &|| batch(&questions));
}

/// Question and first answer.
type Pair = (Vec<f32>, Vec<f32>);
/// Questions per iteration.
const N_QUESTIONS: usize = 16;
/// Steps of a Sudoku here.
const K: usize = 10;

/// The questions in `n` equal parts, each run by a clone of the engine with its own buffers.
fn engine_per_chunk(engine: &TrmEngine, questions: &[Pair], n: usize) -> Vec<TrmResult> {
    use rayon::prelude::*;
    let part = |part: &[Pair]| {
        let engine = engine.clone();
        part.iter().map(|(q, a)| engine.reason(q, a, Some(K))).collect::<Vec<_>>()
    };
    questions.par_chunks(questions.len().div_ceil(n)).flat_map_iter(part).collect()
}

criterion_group!(throughput, bench_throughput, bench_concurrent_throughput, bench_engines, bench_threads);
criterion_main!(throughput);
