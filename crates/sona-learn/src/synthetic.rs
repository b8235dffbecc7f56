//! Questions made to order: embeddings whose number of steps is a stated function plus noise.
//!
//! ```text
//! a_j      = <q_j, x> / s_j                       three random unit directions q_j
//! d(x)     = 0.9 a_1 + 0.7 sin(1.2 a_2) + 0.4 a_1 a_3
//! level(x) = 1 + 29 / (1 + exp(-1.3 d(x)))        spread over 1..30
//! K        = round(level(x) + 0.6 N(0, 1))        clamped to 1..30
//! ```
//!
//! The four kinds differ in where `x` lives; see [`Kind`].

use ndarray::{Array1, Array2, aview1};
use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::linalg::orthonormalise;
use crate::math::{normal, sigmoid};
use crate::outcome::Signal;

/// The largest number of steps a synthetic question needs.
pub const MAX_K: usize = 30;

/// Standard deviation of the noise on the number of steps, before rounding.
pub const NOISE_STEPS: f32 = 0.6;

/// Where the embeddings of a synthetic set live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Eight random directions plus 2 % white noise: like embeddings of one family of
    /// questions. Steps depend, without a curve, on one direction. The easy one.
    Line,
    /// Eight random directions plus 2 % white noise; steps curve with three of them.
    Curve,
    /// All directions carry weight, falling as a power law `j^-0.75`; steps curve with
    /// directions 1, 2 and 4. Like embeddings of mixed text.
    PowerLaw,
    /// White noise in every direction; steps curve with three of them. Nothing can learn this
    /// from 500 examples in 256 dimensions; it shows what failing looks like.
    Isotropic,
}

/// A generator of synthetic questions.
#[derive(Clone, Debug)]
pub struct Synthetic {
    kind: Kind,
    dim: usize,
    /// `[n, dim]`, orthonormal
    directions: Array2<f32>,
    scales: Vec<f32>,
    rng: Xoshiro256PlusPlus,
}

impl Synthetic {
    /// A family of questions drawn with `seed`: another seed has other directions.
    #[must_use]
    pub fn new(kind: Kind, dim: usize, seed: u64) -> Self {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        let n_directions = match kind {
            Kind::Line | Kind::Curve => 8.min(dim),
            Kind::PowerLaw | Kind::Isotropic => dim,
        };
        let directions = match kind {
            Kind::Isotropic => Array2::zeros((0, dim)),
            _ => {
                let mut rows = Array2::from_shape_simple_fn((n_directions, dim), || normal(&mut rng));
                orthonormalise(&mut rows);
                rows
            }
        };
        let scale = |j: usize| match kind {
            Kind::PowerLaw => (j as f32 + 1.0).powf(-0.75),
            _ => 1.0,
        };
        Self { kind, dim, directions, scales: (0..n_directions).map(scale).collect(), rng }
    }

    /// A new question's embedding.
    pub fn query(&mut self) -> Vec<f32> {
        let floor = match self.kind {
            Kind::Line | Kind::Curve => 0.02,
            Kind::PowerLaw => 0.0,
            Kind::Isotropic => 1.0,
        };
        let mut x: Array1<f32> = (0..self.dim).map(|_| floor * normal(&mut self.rng)).collect();
        for (direction, &scale) in self.directions.rows().into_iter().zip(&self.scales) {
            x.scaled_add(scale * normal(&mut self.rng), &direction);
        }
        x.to_vec()
    }

    /// The noiseless number of steps of `x`, a real number between 1 and [`MAX_K`].
    ///
    /// # Panics
    /// If `x` has another length than the set's dimension.
    #[must_use]
    pub fn level(&self, x: &[f32]) -> f32 {
        assert_eq!(x.len(), self.dim, "embedding length");
        let along = |j: usize| {
            let j = j.min(self.scales.len() - 1);
            match self.kind {
                Kind::Isotropic => x[j],
                _ => self.directions.row(j).dot(&aview1(x)) / self.scales[j],
            }
        };
        let (a1, a2, a3) = (along(0), along(1), along(3));
        let difficulty = match self.kind {
            Kind::Line => a1,
            _ => 0.9 * a1 + 0.7 * (1.2 * a2).sin() + 0.4 * a1 * a3,
        };
        1.0 + (MAX_K as f32 - 1.0) / (1.0 + (-1.3 * difficulty).exp())
    }

    /// A number of steps for `x`: the level plus noise, rounded, in `1..=MAX_K`.
    pub fn optimal_k(&mut self, x: &[f32]) -> usize {
        let noisy = self.level(x) + NOISE_STEPS * normal(&mut self.rng);
        (noisy.round().max(1.0) as usize).min(MAX_K)
    }

    /// The signals of a run of `n_steps` steps on a question that needs `k`: noisy confidence
    /// that rises, and change that falls, around step `k`.
    pub fn run(&mut self, k: usize, n_steps: usize) -> Vec<Signal> {
        (1..=n_steps)
            .map(|step| {
                let past = step as f32 - k as f32;
                let confidence = sigmoid(0.9 * past + 1.0 + 0.8 * normal(&mut self.rng));
                let change = (sigmoid(-past + normal(&mut self.rng)) - 0.2).max(0.0);
                Signal { confidence, change }
            })
            .collect()
    }

    /// `n` questions with their numbers of steps.
    pub fn examples(&mut self, n: usize) -> Vec<(Vec<f32>, usize)> {
        (0..n)
            .map(|_| {
                let x = self.query();
                let k = self.optimal_k(&x);
                (x, k)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_spread_over_the_whole_range() {
        for kind in [Kind::Line, Kind::Curve, Kind::PowerLaw, Kind::Isotropic] {
            let mut counts = [0usize; MAX_K + 1];
            for (_, k) in Synthetic::new(kind, 256, 7).examples(1000) {
                counts[k] += 1;
            }
            assert_eq!(counts[0], 0);
            let widest = counts.iter().max().copied().unwrap_or(0);
            let used = counts.iter().filter(|&&n| n >= 5).count();
            assert!(used >= 28 && widest < 120, "{kind:?}: {counts:?}");
        }
    }

    #[test]
    fn the_same_seed_draws_the_same_questions() {
        let draw = || Synthetic::new(Kind::Curve, 32, 3).examples(20);
        assert_eq!(draw(), draw());
    }
}
