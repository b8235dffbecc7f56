//! From an embedding to the features the predictor is linear in.
//!
//! ```text
//! u   = clamp((x - mean) / sd, -8, 8)             standardised embedding
//! z   = P u                                       R coordinates: principal ones + a supervised one
//! phi = [1, z, sqrt(2 / M) cos(W z + b)]          random Fourier features (Rahimi & Recht 2007)
//! ```

use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};

use crate::math::{cos, dot, normal, uniform};

/// Coordinates kept of an embedding.
pub(crate) const R: usize = 24;
/// Features in all.
pub(crate) const D: usize = 128;
/// Random waves.
pub(crate) const M: usize = D - R - 1;
/// Longest standardised value; a longer one is cut, so no input can overflow a feature.
const CUT: f32 = 8.0;
/// Largest coordinate in size.
const FAR: f32 = 1e3;

/// The map from an embedding to its features; fixed between two consolidations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct FeatureMap {
    /// `[dim]`
    pub(crate) mean: Vec<f32>,
    /// `[dim]`; 0 where a dimension never varied.
    pub(crate) inverse_sd: Vec<f32>,
    /// `[R x dim]`
    pub(crate) rows: Vec<f32>,
    /// `[M x R]`
    pub(crate) waves: Vec<f32>,
    /// `[M]`
    pub(crate) phases: Vec<f32>,
}

impl FeatureMap {
    /// A map that standardises like `xs` and projects nowhere yet.
    pub(crate) fn standardising<'a>(dim: usize, xs: impl Iterator<Item = &'a [f32]> + Clone) -> Self {
        let n = xs.clone().count().max(1) as f64;
        let mut mean = vec![0.0f64; dim];
        for x in xs.clone() {
            mean.iter_mut().zip(x).for_each(|(m, &v)| *m += f64::from(v) / n);
        }
        let mut var = vec![0.0f64; dim];
        for x in xs {
            for ((s, &v), m) in var.iter_mut().zip(x).zip(&mean) {
                *s += (f64::from(v) - m).powi(2) / n;
            }
        }
        let inverse = |(s, m): (&f64, &f64)| {
            let sd = s.sqrt();
            if sd > 1e-6 * m.abs() + 1e-30 { (1.0 / sd).min(1e30) as f32 } else { 0.0 }
        };
        Self {
            inverse_sd: var.iter().zip(&mean).map(inverse).collect(),
            mean: mean.iter().map(|&m| m as f32).collect(),
            rows: vec![0.0; R * dim],
            waves: vec![0.0; M * R],
            phases: vec![0.0; M],
        }
    }

    /// Draws `M` waves whose frequencies are normal with covariance `L^T L`, `L: [R x R]`.
    pub(crate) fn draw_waves(&mut self, metric: &[f64], seed: u64) {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        for (wave, phase) in self.waves.chunks_exact_mut(R).zip(&mut self.phases) {
            wave.fill(0.0);
            for row in metric.chunks_exact(R) {
                let g = f64::from(normal(&mut rng));
                wave.iter_mut().zip(row).for_each(|(w, l)| *w += (g * l) as f32);
            }
            *phase = (std::f64::consts::TAU * uniform(&mut rng)) as f32;
        }
    }

    /// Standardises `x` into `u`.
    pub(crate) fn standardise(&self, x: &[f32], u: &mut [f32]) {
        for (((u, &x), &m), &s) in u.iter_mut().zip(x).zip(&self.mean).zip(&self.inverse_sd) {
            *u = ((x - m) * s).clamp(-CUT, CUT);
        }
    }

    /// The `R` coordinates of `x`.
    pub(crate) fn coordinates(&self, x: &[f32]) -> [f32; R] {
        // A block of the embedding at a time, so that nothing is allocated.
        const BLOCK: usize = 256;
        let mut z = [0.0; R];
        let dim = self.mean.len();
        let mut u = [0.0f32; BLOCK];
        for start in (0..dim).step_by(BLOCK) {
            let end = (start + BLOCK).min(dim);
            let u = &mut u[..end - start];
            let (mean, inverse_sd) = (&self.mean[start..end], &self.inverse_sd[start..end]);
            for (((u, &x), &m), &s) in u.iter_mut().zip(&x[start..end]).zip(mean).zip(inverse_sd) {
                *u = ((x - m) * s).clamp(-CUT, CUT);
            }
            for (z, row) in z.iter_mut().zip(self.rows.chunks_exact(dim)) {
                *z += dot(&row[start..end], u);
            }
        }
        // No question of the fitted kind comes near the cut; a hostile one must stay finite.
        z.map(|v| if v.is_finite() { v.clamp(-FAR, FAR) } else { 0.0 })
    }

    /// The `D` features of the coordinates `z`.
    pub(crate) fn expand(&self, z: &[f32; R]) -> [f32; D] {
        let mut phi = [0.0; D];
        phi[0] = 1.0;
        phi[1..=R].copy_from_slice(z);
        for ((f, wave), phase) in phi[R + 1..].iter_mut().zip(self.waves.chunks_exact(R)).zip(&self.phases) {
            *f = dot(wave, z) + phase;
        }
        let scale = (2.0 / M as f32).sqrt();
        phi[R + 1..].iter_mut().for_each(|f| *f = scale * cos(*f));
        phi
    }

    /// Bytes on the heap.
    pub(crate) fn size_bytes(&self) -> usize {
        let n = self.mean.len() * (R + 2) + M * (R + 1);
        n * size_of::<f32>()
    }

    /// True if the shapes fit `dim` and every number is finite.
    pub(crate) fn is_sound(&self, dim: usize) -> bool {
        let parts = [
            (&self.mean, dim),
            (&self.inverse_sd, dim),
            (&self.rows, R * dim),
            (&self.waves, M * R),
            (&self.phases, M),
        ];
        parts.iter().all(|(v, n)| v.len() == *n && v.iter().all(|x| x.is_finite()))
    }
}
