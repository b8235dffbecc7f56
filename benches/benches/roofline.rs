//! The shipped models against the processor: GEMM FLOP/s, beside the peak that the same run measures on one
//! thread.
#![allow(missing_docs, unsafe_code)] // of what reads at full speed

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use puzzles::sudoku::Layout;
use std::hint::black_box;
use trm_core::kernel::{Isa, Kernel, Mat, Simd, gemm};
use trm_core::model::{StepOutput, Workspace};
use trm_core::{Buffer, Graph, TrmEngine};
use trm_tasks::{maze_sample, sudoku_sample};
use trm_train::Sample;

/// Sums that depend on nothing but themselves: more than enough to hide the latency of a multiply-add (8 would be just
/// enough, and gave 5 % less on an Emerald Rapids), and few enough to be unrolled into registers. 24 gave two thirds of
/// this.
const SUMS: usize = 12;
/// Vectors that are read at once.
const READS: usize = 8;
const ROUNDS: usize = 10_000;

/// Multiply-adds in registers only.
struct Peak;

impl Kernel<f32> for Peak {
    type Output = (f32, u64);

    #[inline(always)]
    fn run<S: Simd<Elem = f32>>(self, s: S) -> (f32, u64) {
        let (factor, term) = (s.splat(black_box(0.999)), s.splat(black_box(0.001)));
        let mut sums = [s.splat(1.0); SUMS];
        for _ in 0..ROUNDS {
            for sum in &mut sums {
                *sum = s.mul_add(*sum, factor, term);
            }
        }
        let total = sums.iter().map(|sum| s.sum(*sum)).sum();
        (total, (2 * SUMS * ROUNDS * S::LANES) as u64)
    }
}

fn peak(c: &mut Criterion) {
    use trm_core::kernel::Real;
    let (total, flops) = f32::dispatch(Isa::best(), Peak);
    assert!((total / (flops as f32 / (2 * ROUNDS) as f32) - 1.0).abs() < 1e-3, "sums converge to one");
    let mut group = c.benchmark_group("Roofline");
    group.throughput(Throughput::Elements(flops));
    group.bench_function("peak f32 multiply-add", |b| b.iter(|| f32::dispatch(Isa::best(), Peak)));
}

/// Sums an array: the read bandwidth of one core.
struct Read<'a>(&'a [f32]);

impl Kernel<f32> for Read<'_> {
    type Output = f32;

    #[inline(always)]
    fn run<S: Simd<Elem = f32>>(self, s: S) -> f32 {
        let mut sums = [s.splat(0.0); READS];
        for block in self.0.chunks_exact(READS * S::LANES) {
            for (sum, lanes) in sums.iter_mut().zip(block.chunks_exact(S::LANES)) {
                // SAFETY: `lanes` has as many numbers as a vector.
                *sum = s.add(*sum, unsafe { s.load(lanes.as_ptr()) });
            }
        }
        sums.iter().map(|sum| s.sum(*sum)).sum()
    }
}

/// One row of 256 numbers times a 256 x 512 matrix: each weight is read once, 512 KiB in all.
struct OneRow<'a> {
    row: &'a [f32],
    weights: &'a [f32],
    out: &'a mut [f32],
}

const ROW: (usize, usize, usize) = (1, 512, 256);

impl Kernel<f32> for OneRow<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd<Elem = f32>>(self, s: S) {
        gemm(s, ROW, Mat::rows(self.row, ROW.2), self.weights, self.out);
    }
}

/// The seed's shapes with one row: bytes of weights per second, to be compared with L2.
fn one_row(c: &mut Criterion) {
    use trm_core::kernel::Real;
    let (row, weights) = (vec![0.5f32; ROW.2], Buffer::from_iter(vec![2.0f32; ROW.1 * ROW.2]));
    let mut out = vec![0.0f32; ROW.1];
    f32::dispatch(Isa::best(), OneRow { row: &row, weights: &weights, out: &mut out });
    assert!(out.iter().all(|x| *x == ROW.2 as f32));
    let mut group = c.benchmark_group("Roofline");
    group.throughput(Throughput::Bytes(4 * weights.len() as u64));
    group.bench_function("one row by 256 x 512", |b| {
        b.iter(|| f32::dispatch(Isa::best(), OneRow { row: &row, weights: &weights, out: &mut out }))
    });
}

/// The bandwidth at which the weights of a net that does not fit L1 are read.
fn bandwidth(c: &mut Criterion) {
    use trm_core::kernel::Real;
    let mut group = c.benchmark_group("Roofline");
    for (name, kib) in [("L2 read, 512 KiB", 512), ("L3 read, 8 MiB", 8192)] {
        let numbers = Buffer::from_iter(vec![1.0f32; kib * 1024 / 4]);
        assert_eq!(f32::dispatch(Isa::best(), Read(&numbers)), numbers.len() as f32);
        group.throughput(Throughput::Bytes(kib as u64 * 1024));
        group.bench_function(name, |b| b.iter(|| f32::dispatch(Isa::best(), Read(black_box(&numbers)))));
    }
}

/// K steps of inference, and one step of training, on one thread.
fn model(c: &mut Criterion, name: &str, engine: &TrmEngine, sample: &Sample) {
    let model = engine.model();
    let mut graph = Graph::default();
    model.build_graph(&sample.question, sample.n_tokens(), sample.width, &mut graph);
    let first = vec![0.0; sample.n_tokens()];
    let result = engine.reason(&sample.question, &first, Some(10));
    assert!(result.iterations_used == 10 && result.answer.iter().all(|a| a.is_finite()));
    let mut group = c.benchmark_group("Roofline");
    group.throughput(Throughput::Elements(10 * model.step_flops(&graph)));
    group.bench_function(format!("{name} K=10"), |b| {
        b.iter(|| engine.reason(&sample.question, &first, Some(10)))
    });

    let (mut state, mut output, mut work) =
        (model.start(&graph, &[]), StepOutput::default(), Workspace::default());
    let [mut transposed, mut grads] = [(); 2].map(|()| Buffer::zeros(model.params.len()));
    model.net().transpose(&model.params, &mut transposed);
    let mut step = || {
        model.train_step(
            engine.isa(),
            &transposed,
            &graph,
            &sample.question,
            sample.target(0.0),
            1.0,
            &mut state,
            &mut output,
            &mut grads,
            &mut work,
        )
    };
    assert!(step().answer.is_finite());
    group.throughput(Throughput::Elements(model.train_step_flops(&graph)));
    group.bench_function(format!("{name} training step"), |b| b.iter(&mut step));
}

fn models(c: &mut Criterion) {
    let sudoku = puzzles::load_sudoku_extreme_dataset().expect("the committed set");
    model(c, "Sudoku", &trm_models::sudoku(), &sudoku_sample(&sudoku.rows[0], Layout::Candidates));
    let mazes = puzzles::maze::load_maze_hard_dataset().expect("the committed set");
    model(c, "Maze", &trm_models::maze(), &maze_sample(&mazes.rows[0]));
}

criterion_group!(roofline, peak, bandwidth, one_row, models);
criterion_main!(roofline);
