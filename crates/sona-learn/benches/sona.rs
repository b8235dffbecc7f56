//! Times of one prediction, one example, one consolidation, one corrected step.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use sona_learn::synthetic::{Kind, MAX_K, Synthetic};
use sona_learn::{HaltingPolicy, Label, SonaEngine};

fn benches(c: &mut Criterion) {
    let mut source = Synthetic::new(Kind::Curve, 256, 1);
    let examples = source.examples(2000);
    let engine = SonaEngine::new(256);
    for (x, k) in &examples[..1000] {
        engine.learn(x, Label::Solved(*k), 1.0, &[]);
    }
    engine.force_learn();
    // Verify before timing: a fast wrong answer is no answer.
    let near =
        examples[1000..].iter().filter(|(x, k)| engine.predict(x, MAX_K).steps.abs_diff(*k) <= 2).count();
    assert!(near > 950, "only {near} of 1000 within 2 steps");

    let mut next = examples.iter().cycle();
    c.bench_function("predict/256", |b| {
        b.iter(|| next.next().map(|(x, _)| engine.predict(black_box(x), MAX_K)));
    });
    c.bench_function("learn/256", |b| {
        b.iter(|| next.next().map(|(x, k)| engine.learn(x, Label::Solved(*k), 1.0, &[])));
    });
    c.bench_function("observe", |b| {
        let plan = engine.plan(&examples[0].0, MAX_K, HaltingPolicy::default());
        let signal = source.run(9, 1)[0];
        b.iter_batched(|| plan.clone(), |mut p| p.observe(black_box(signal)), BatchSize::SmallInput);
    });
    let mut group = c.benchmark_group("slow");
    group.sample_size(10);
    group.bench_function("force_learn/896", |b| b.iter(|| engine.force_learn()));
}

criterion_group!(sona, benches);
criterion_main!(sona);
