//! Cases whose instructions are counted under callgrind, which no busy machine disturbs:
//! `cargo xtask bench --instructions`. `--count CASE` runs the case once; `--list` names all.
#![allow(missing_docs)]

use trm_benches::{Solvable, mazes_solved_in, sudoku_solved_in};
use trm_core::kernel::{Isa, Kernel, Mat, Real, Simd, gemm, rms_norm, swiglu};
use trm_core::{LatentUpdater, MlpLatentUpdater, TrmEngine, TrmResult};

/// The measured function: callgrind collects between its entry and return, by this name.
#[inline(never)]
fn counted(call: &mut dyn FnMut()) {
    call();
}

/// A GEMM of `[m, k]` and `[k, n]`.
struct Product<'a> {
    shape: (usize, usize, usize),
    a: &'a [f32],
    b: &'a [f32],
    c: &'a mut [f32],
}

impl Kernel<f32> for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd<Elem = f32>>(self, s: S) {
        gemm(s, self.shape, Mat::rows(self.a, self.shape.2), self.b, self.c);
    }
}

fn product(m: usize, n: usize, k: usize) {
    let (a, b, mut c) = (vec![0.5; m * k], vec![2.0; k * n], vec![0.0; m * n]);
    counted(&mut || f32::dispatch(Isa::best(), Product { shape: (m, n, k), a: &a, b: &b, c: &mut c }));
    assert!(c.iter().all(|c| *c == k as f32));
}

/// SwiGLU and RMS norm of rows: what a net spends its time on besides GEMM.
struct Rows<'a>(&'a [f32], &'a mut [f32]);

impl Kernel<f32> for Rows<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd<Elem = f32>>(self, s: S) {
        for (pre, act) in self.0.chunks_exact(128).zip(self.1.chunks_exact_mut(64)) {
            swiglu(s, pre, act);
            rms_norm(s, act, 1e-5);
        }
    }
}

fn rows() {
    let (pre, mut act) = (vec![0.5; 64 * 128], vec![0.0; 64 * 64]);
    counted(&mut || f32::dispatch(Isa::best(), Rows(&pre, &mut act)));
    assert!(act.iter().all(|a| (a - 1.0).abs() < 1e-3), "equal numbers have the norm one");
}

/// Valgrind takes too long to solve the puzzle first, as other benchmarks do.
fn step(engine: &TrmEngine, puzzle: &Solvable) {
    let mut result = TrmResult::default();
    let mut reason =
        || engine.reason_into(&puzzle.question, &puzzle.answer, Some(1), &mut result).expect("fits");
    reason();
    counted(&mut reason);
    assert!(result.iterations_used == 1 && result.answer.iter().all(|a| a.is_finite()));
}

fn update() {
    let (mut mlp, mut latent) = (MlpLatentUpdater::new(256, 256), vec![0.0; 256]);
    mlp.update(&[0.1; 256], &[0.2; 256], &mut latent);
    counted(&mut || mlp.update(&[0.1; 256], &[0.2; 256], &mut latent));
    assert!(latent.iter().all(|z| z.is_finite()) && latent[0] != 0.0);
}

fn sudoku() {
    let engine = trm_models::sudoku();
    step(&engine, &sudoku_solved_in(&engine, 0, 1)[0]);
}

fn maze() {
    let engine = trm_models::maze();
    step(&engine, &mazes_solved_in(&engine, 0, 1)[0]);
}

const CASES: [(&str, fn()); 6] = [
    ("product 24x128x32", || product(24, 128, 32)),
    ("product 1x512x256", || product(1, 512, 256)),
    ("64 rows of SwiGLU and norm", rows),
    ("MLP latent update, 256", update),
    ("Sudoku, one step", sudoku),
    ("Maze 30x30, one step", maze),
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--list") {
        CASES.iter().for_each(|(name, _)| println!("{name}: count"));
        return;
    }
    // Detected here, so that no case pays for feature detection.
    println!("{} kernels", Isa::best().name());
    let wanted = arguments.iter().skip_while(|argument| *argument != "--count").nth(1);
    for (name, case) in &CASES {
        if wanted.is_none_or(|wanted| wanted == name) {
            case();
        }
    }
}
