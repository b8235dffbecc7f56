//! Learned halting of a solver that has nothing to do with puzzles: Gauss-Seidel sweeps on random linear
//! systems. How many sweeps one needs depends on how dominant its diagonal is. No sweep may compute the
//! residual, which would cost as much as the sweep: the signal of one is only how far it moved.
//!
//! `cargo run --release -p sona-learn --example gauss_seidel`

use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use sona_learn::{Decision, HaltingPolicy, Label, Signal, SonaEngine};

const N: usize = 24;
const MAX_SWEEPS: usize = 60;
/// Right means that no number is further from the solution than this.
const TOLERANCE: f32 = 1e-3;

/// `A x = b` with a known solution.
struct System {
    a: Vec<[f32; N]>,
    b: [f32; N],
    solution: [f32; N],
}

impl System {
    fn draw(rng: &mut Xoshiro256PlusPlus) -> Self {
        let dominance: f32 = rng.random_range(0.35..1.5);
        let solution: [f32; N] = std::array::from_fn(|_| rng.random_range(-1.0..1.0));
        let mut a: Vec<[f32; N]> =
            (0..N).map(|_| std::array::from_fn(|_| rng.random_range(0.0..1.0))).collect();
        for (i, row) in a.iter_mut().enumerate() {
            row[i] = 0.0;
            row[i] = dominance * row.iter().sum::<f32>();
        }
        let b = std::array::from_fn(|i| a[i].iter().zip(&solution).map(|(a, x)| a * x).sum());
        System { a, b, solution }
    }

    /// The embedding, from before the first sweep: the diagonal against the rest, and the right side.
    fn embedding(&self) -> [f32; 4] {
        let ratio = |i: usize| self.a[i].iter().sum::<f32>() / self.a[i][i] - 1.0;
        let ratios: Vec<f32> = (0..N).map(ratio).collect();
        let mean = ratios.iter().sum::<f32>() / N as f32;
        let size = (self.b.iter().map(|b| b * b).sum::<f32>() / N as f32).sqrt();
        [mean, mean * mean, ratios.iter().copied().fold(0.0, f32::max), size]
    }

    fn sweep(&self, x: &mut [f32; N]) -> Signal {
        let mut moved = 0.0f32;
        for i in 0..N {
            let others: f32 = (0..N).filter(|j| *j != i).map(|j| self.a[i][j] * x[j]).sum();
            let next = (self.b[i] - others) / self.a[i][i];
            moved = moved.max((next - x[i]).abs());
            x[i] = next;
        }
        // After a move of a thousandth little is left; the scale is learned.
        Signal { confidence: 1.0 / (1.0 + moved / TOLERANCE), change: moved.min(1.0) }
    }

    fn is_right(&self, x: &[f32; N]) -> bool {
        x.iter().zip(&self.solution).all(|(x, s)| (x - s).abs() <= TOLERANCE)
    }
}

fn main() {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
    let engine = SonaEngine::new(4);
    for _ in 0..500 {
        let (system, mut x) = (System::draw(&mut rng), [0.0; N]);
        let (mut trace, mut right) = (Vec::new(), Vec::new());
        for _ in 0..MAX_SWEEPS {
            trace.push(system.sweep(&mut x));
            right.push(system.is_right(&x));
        }
        engine.learn(&system.embedding(), Label::from_verdicts(&right), 1.0, &trace);
    }
    engine.force_learn();

    let (mut n_right, mut n_sweeps, mut n_possible) = (0, 0, 0);
    for _ in 0..1000 {
        let (system, mut x) = (System::draw(&mut rng), [0.0; N]);
        let policy = HaltingPolicy { settled: 0.98, hopeless: 0.01 };
        let mut plan = engine.plan(&system.embedding(), MAX_SWEEPS, policy);
        while let Decision::Continue { .. } = plan.observe(system.sweep(&mut x)).decision {}
        n_sweeps += plan.n_observed();
        n_right += usize::from(system.is_right(&x));
        for _ in plan.n_observed()..MAX_SWEEPS {
            system.sweep(&mut x);
        }
        n_possible += usize::from(system.is_right(&x));
    }
    println!("{MAX_SWEEPS} sweeps each: {:.1} % right", n_possible as f64 / 10.0);
    println!(
        "learned halting: {:.1} % right after {:.1} sweeps",
        n_right as f64 / 10.0,
        n_sweeps as f64 / 1000.0
    );
}
