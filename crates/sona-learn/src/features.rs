//! From an embedding to the features the predictor is linear in.
//!
//! ```text
//! u   = clamp((x - mean) / sd, -8, 8)             standardised embedding
//! z   = P u                                       R coordinates: principal ones + a supervised one
//! phi = [1, z, sqrt(2 / M) cos(W z + b)]          random Fourier features (Rahimi & Recht 2007)
//! ```

use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis, ShapeBuilder, Zip, aview_mut1};
use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};

use crate::flat;
use crate::math::{cos, dot, normal, uniform};
use crate::sketch::WIDTH;

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
    #[serde(serialize_with = "flat::serialize", deserialize_with = "flat::vector")]
    pub(crate) mean: Array1<f32>,
    /// `[dim]`; 0 where a dimension never varied.
    #[serde(serialize_with = "flat::serialize", deserialize_with = "flat::vector")]
    pub(crate) inverse_sd: Array1<f32>,
    /// `P`: `[R, dim]`
    #[serde(serialize_with = "flat::serialize", deserialize_with = "flat::matrix::<R, _>")]
    pub(crate) projection: Array2<f32>,
    /// `W`: `[M, R]`, column by column in memory, because [`FeatureMap::expand`] adds up columns
    #[serde(serialize_with = "flat::serialize", deserialize_with = "flat::columns::<M, _>")]
    pub(crate) waves: Array2<f32>,
    /// `b`: `[M]`
    #[serde(serialize_with = "flat::serialize", deserialize_with = "flat::vector")]
    pub(crate) phases: Array1<f32>,
}

impl FeatureMap {
    /// A map that standardises like the rows of `x` and projects to zero so far.
    pub(crate) fn standardising(x: ArrayView2<f32>) -> Self {
        let wide = x.mapv(f64::from);
        let (dim, mean, sd) =
            (x.ncols(), wide.sum_axis(Axis(0)) / x.nrows() as f64, wide.std_axis(Axis(0), 0.0));
        let inverse = |&sd: &f64, &mean: &f64| {
            if sd > 1e-6 * mean.abs() + 1e-30 { (1.0 / sd).min(1e30) as f32 } else { 0.0 }
        };
        Self {
            inverse_sd: Zip::from(&sd).and(&mean).map_collect(inverse),
            mean: mean.mapv(|mean| mean as f32),
            projection: Array2::zeros((R, dim)),
            waves: Array2::zeros((M, R).f()),
            phases: Array1::zeros(M),
        }
    }

    /// Draws `M` waves whose frequencies are normal with covariance `L^T L`, `L: [R, R]`.
    pub(crate) fn draw_waves(&mut self, metric: &Array2<f64>, seed: u64) {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        let mut normals = Array2::zeros((M, R));
        for (mut wave, phase) in normals.rows_mut().into_iter().zip(&mut self.phases) {
            wave.mapv_inplace(|_: f64| f64::from(normal(&mut rng)));
            *phase = (std::f64::consts::TAU * uniform(&mut rng)) as f32;
        }
        self.waves.zip_mut_with(&normals.dot(metric), |wave, &frequency| *wave = frequency as f32);
    }

    /// Standardises `x` into `u`.
    pub(crate) fn standardise(&self, x: &[f32], u: &mut [f32]) {
        let scale = self.mean.iter().zip(&self.inverse_sd);
        for ((u, &x), (&mean, &inverse_sd)) in u.iter_mut().zip(x).zip(scale) {
            *u = ((x - mean) * inverse_sd).clamp(-CUT, CUT);
        }
    }

    /// The `R` coordinates of `x`.
    pub(crate) fn coordinates(&self, x: &[f32]) -> [f32; R] {
        // On the stack: a prediction allocates nothing.
        let (mut u, mut z) = ([0.0; WIDTH], [0.0; R]);
        let u = &mut u[..x.len()];
        self.standardise(x, u);
        for (z, row) in z.iter_mut().zip(self.projection.rows()) {
            *z = dot(row.to_slice().expect("rows are contiguous"), u);
        }
        // No question of the fitted kind comes near the cut; a hostile one must stay finite.
        z.map(|v| if v.is_finite() { v.clamp(-FAR, FAR) } else { 0.0 })
    }

    /// The `D` features of the coordinates `z`.
    pub(crate) fn expand(&self, z: ArrayView1<f32>) -> [f32; D] {
        let mut phi = [0.0; D];
        phi[0] = 1.0;
        aview_mut1(&mut phi[1..=R]).assign(&z);
        let mut tail = aview_mut1(&mut phi[1 + R..]);
        tail.assign(&self.phases);
        for (column, &z) in self.waves.columns().into_iter().zip(z) {
            tail.scaled_add(z, &column);
        }
        let scale = (2.0 / M as f32).sqrt();
        phi[1 + R..].iter_mut().for_each(|angle| *angle = scale * cos(*angle));
        phi
    }

    /// Bytes on the heap.
    pub(crate) fn size_bytes(&self) -> usize {
        let n = self.mean.len() * (R + 2) + M * (R + 1);
        n * size_of::<f32>()
    }

    /// True if the shapes fit `dim` and every number is finite.
    pub(crate) fn is_sound(&self, dim: usize) -> bool {
        let vectors = [(&self.mean, dim), (&self.inverse_sd, dim), (&self.phases, M)];
        let matrices = [(&self.projection, (R, dim)), (&self.waves, (M, R))];
        vectors.iter().all(|(v, n)| v.len() == *n && v.iter().all(|x| x.is_finite()))
            && matrices.iter().all(|(m, shape)| m.dim() == *shape && m.iter().all(|x| x.is_finite()))
    }
}
