//! Logistic regression with an offset, by Newton's method or one example at a time.

use ndarray::{Array1, Array2, Axis, Zip, aview1};
use serde::{Deserialize, Serialize};

use crate::flat;
use crate::linalg::{Cholesky, transposed_dot, with_ridge};
use crate::math::sigmoid;

/// Ridge of a fit, towards the weights it starts with.
const RIDGE: f64 = 0.3;

/// One row: features, a fixed part of the logit, what happened, how much it counts.
#[derive(Clone, Debug)]
pub(crate) struct Row<const N: usize> {
    pub(crate) features: [f32; N],
    pub(crate) offset: f32,
    pub(crate) happened: bool,
    pub(crate) weight: f32,
}

/// The weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Logistic {
    #[serde(serialize_with = "flat::serialize", deserialize_with = "flat::vector")]
    weights: Array1<f32>,
}

impl Logistic {
    pub(crate) fn new(weights: &[f32]) -> Self {
        Self { weights: aview1(weights).to_owned() }
    }

    pub(crate) fn logit(&self, features: &[f32], offset: f32) -> f32 {
        offset + self.weights.iter().zip(features).map(|(w, x)| w * x).sum::<f32>()
    }

    /// Newton's method from `start`.
    pub(crate) fn fit<const N: usize>(start: &[f32; N], rows: &[Row<N>]) -> Self {
        let mut fit = Self::new(start);
        let x = Array2::from_shape_fn((rows.len(), N), |(i, j)| f64::from(rows[i].features[j]));
        for _ in 0..10 {
            // Of each row: the error of its chance, and how much the likelihood curves there.
            let chance = |row: &Row<N>| f64::from(sigmoid(fit.logit(&row.features, row.offset)));
            let (errors, bends): (Vec<f64>, Vec<f64>) = rows
                .iter()
                .map(|row| {
                    let (p, weight) = (chance(row), f64::from(row.weight));
                    (weight * (f64::from(u8::from(row.happened)) - p), weight * (p * (1.0 - p)).max(1e-6))
                })
                .unzip();
            let mut gradient = transposed_dot(x.view(), aview1(&errors));
            gradient += &(&aview1(start) - &fit.weights).mapv(|pull| RIDGE * f64::from(pull));
            let bent = &x * &aview1(&bends).insert_axis(Axis(1));
            let curvature = with_ridge(x.t().dot(&bent), RIDGE);
            let Some(factor) = Cholesky::of(curvature) else { return Self::new(start) };
            factor.solve(gradient.view_mut());
            let longest = gradient.fold(0.0f64, |m, g| m.max(g.abs()));
            let scale = (2.0 / longest).min(1.0);
            Zip::from(&mut fit.weights).and(&gradient).for_each(|w, g| *w += (scale * g) as f32);
            if longest < 1e-4 {
                break;
            }
        }
        if fit.is_sound(N) { fit } else { Self::new(start) }
    }

    /// One gradient step.
    pub(crate) fn update<const N: usize>(&mut self, row: &Row<N>, rate: f32) {
        let p = sigmoid(self.logit(&row.features, row.offset));
        let step = rate * row.weight * (f32::from(u8::from(row.happened)) - p);
        for (w, x) in self.weights.iter_mut().zip(&row.features) {
            *w = (*w + step * x).clamp(-30.0, 30.0);
        }
    }

    pub(crate) fn is_sound(&self, n: usize) -> bool {
        self.weights.len() == n && self.weights.iter().all(|w| w.is_finite())
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_xoshiro::Xoshiro256PlusPlus;

    use super::*;
    use crate::math::{normal, uniform};

    #[test]
    fn both_ways_recover_the_weights() {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(4);
        let truth = [0.5f32, -1.0, 2.0];
        let rows: Vec<Row<3>> = (0..20_000)
            .map(|_| {
                let features = [1.0, normal(&mut rng), normal(&mut rng)];
                let offset = normal(&mut rng);
                let logit: f32 = offset + features.iter().zip(truth).map(|(x, w)| x * w).sum::<f32>();
                let happened = uniform(&mut rng) < f64::from(sigmoid(logit));
                Row { features, offset, happened, weight: 1.0 }
            })
            .collect();
        let fit = Logistic::fit(&[0.0; 3], &rows);
        let mut online = Logistic::new(&[0.0; 3]);
        rows.iter().for_each(|row| online.update(row, 0.02));
        for ((fit, online), truth) in fit.weights.iter().zip(&online.weights).zip(truth) {
            assert!((fit - truth).abs() < 0.1, "{fit} {truth}");
            assert!((online - truth).abs() < 0.4, "{online} {truth}");
        }
    }
}
