//! Logistic regression with an offset, by Newton's method or one example at a time.

use serde::{Deserialize, Serialize};

use crate::math::{cholesky, sigmoid, solve_lower, solve_upper};

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
    weights: Vec<f32>,
}

impl Logistic {
    pub(crate) fn new(weights: &[f32]) -> Self {
        Self { weights: weights.to_vec() }
    }

    pub(crate) fn logit(&self, features: &[f32], offset: f32) -> f32 {
        offset + self.weights.iter().zip(features).map(|(w, x)| w * x).sum::<f32>()
    }

    /// Newton's method from `start`.
    pub(crate) fn fit<const N: usize>(start: &[f32; N], rows: &[Row<N>]) -> Self {
        let mut fit = Self::new(start);
        for _ in 0..10 {
            let mut gradient = [0.0; N];
            let mut curvature = vec![0.0; N * N];
            for i in 0..N {
                gradient[i] = RIDGE * f64::from(start[i] - fit.weights[i]);
                curvature[i * N + i] = RIDGE;
            }
            for row in rows {
                let p = f64::from(sigmoid(fit.logit(&row.features, row.offset)));
                let error = f64::from(row.weight) * (f64::from(u8::from(row.happened)) - p);
                let bend = f64::from(row.weight) * (p * (1.0 - p)).max(1e-6);
                for i in 0..N {
                    let x = f64::from(row.features[i]);
                    gradient[i] += error * x;
                    for j in 0..=i {
                        curvature[i * N + j] += bend * x * f64::from(row.features[j]);
                    }
                }
            }
            if !cholesky(&mut curvature, N) {
                return Self::new(start);
            }
            solve_lower(&curvature, N, &mut gradient);
            solve_upper(&curvature, N, &mut gradient);
            let longest = gradient.iter().fold(0.0f64, |m, g| m.max(g.abs()));
            let scale = (2.0 / longest).min(1.0);
            fit.weights.iter_mut().zip(gradient).for_each(|(w, g)| *w += (scale * g) as f32);
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
