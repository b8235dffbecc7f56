//! The chance to be solved at step `t`, if not solved before (discrete-time hazard,
//! arXiv 1805.00917), logistic in smooth bases of the step and of its distance to the location.
//!
//! ```text
//! eta_t = a . hats(v) + b . hats(log2 t) + clamp(v, -3, 3) * c . hats(log2 t)
//! v     = (warp(t) - location) / spread
//! h_t   = 1 / (1 + exp(-eta_t)),   P(K > t) = exp(-Lambda_t),   Lambda_t = sum_{u<=t} ln(1 + exp(eta_u))
//! ```

use ndarray::{Array1, Array2, Zip};
use serde::{Deserialize, Serialize};

use crate::flat;
use crate::linalg::Cholesky;
use crate::location::Warp;
use crate::math::{sigmoid, softplus};
use crate::outcome::Label;

const NEAR: [f32; 9] = [-6.0, -3.0, -1.5, -0.75, 0.0, 0.75, 1.5, 3.0, 6.0];
const LATE: [f32; 6] = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0];
/// Weights of a hazard.
pub(crate) const H: usize = NEAR.len() + 2 * LATE.len();
/// A row of the design has at most this many entries.
const ENTRIES: usize = 6;
/// Largest logit in size.
const MAX_LOGIT: f32 = 12.0;
/// Ridge of the fit.
const RIDGE: f64 = 0.1;

/// Sparse design row: at most two hats per basis.
type Row = [(usize, f32); ENTRIES];

/// One example of the fit: leave-one-out location, label, weight.
pub(crate) struct Example {
    pub(crate) location: f32,
    pub(crate) label: Label,
    pub(crate) weight: f64,
}

impl Example {
    /// Steps that ran.
    fn n_steps(&self) -> usize {
        let (Label::Solved(n) | Label::Censored(n)) = self.label;
        n
    }
}

/// The logistic hazard.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Hazard {
    warp: Warp,
    spread: f32,
    /// `[H]`
    #[serde(serialize_with = "flat::serialize", deserialize_with = "flat::vector")]
    weights: Array1<f32>,
}

/// The two hats around `x`: the index of the left one and the weight of the right one.
fn hats(knots: &[f32], x: f32) -> (usize, f32) {
    let last = knots.len() - 2;
    let left = knots[1..=last].iter().filter(|&&k| x >= k).count();
    (left, ((x - knots[left]) / (knots[left + 1] - knots[left])).clamp(0.0, 1.0))
}

impl Hazard {
    pub(crate) fn new(warp: Warp, spread: f64) -> Self {
        let mut weights = Array1::zeros(H);
        weights.iter_mut().zip(NEAR).for_each(|(w, v)| *w = 1.5 * v);
        Self { warp, spread: spread as f32, weights }
    }

    fn row(&self, location: f32, step: usize) -> Row {
        let t = step as f32;
        let v = (self.warp.apply(step as f64) as f32 - location) / self.spread;
        let (near, f) = hats(&NEAR, v);
        let (late, g) = hats(&LATE, t.log2());
        let v = v.clamp(-3.0, 3.0);
        let (a, b) = (NEAR.len(), NEAR.len() + LATE.len());
        [
            (near, 1.0 - f),
            (near + 1, f),
            (a + late, 1.0 - g),
            (a + late + 1, g),
            (b + late, v * (1.0 - g)),
            (b + late + 1, v * g),
        ]
    }

    /// The logit of the hazard at `step`, from 1.
    pub(crate) fn logit(&self, location: f32, step: usize) -> f32 {
        let eta: f32 = self.row(location, step).iter().map(|&(i, x)| self.weights[i] * x).sum();
        eta.clamp(-MAX_LOGIT, MAX_LOGIT)
    }

    /// The cumulative hazard up to and including `step`.
    pub(crate) fn cumulative(&self, location: f32, step: usize) -> f32 {
        (1..=step).map(|t| softplus(self.logit(location, t))).sum()
    }

    /// Newton's method on the censored likelihood.
    pub(crate) fn fit(&mut self, examples: &[Example]) {
        let start = self.weights.mapv(f64::from);
        for _ in 0..12 {
            let mut gradient = (&start - &self.weights.mapv(f64::from)) * RIDGE;
            let mut curvature = Array2::eye(H) * RIDGE;
            for e in examples {
                self.accumulate(e, &mut gradient, &mut curvature);
            }
            let Some(factor) = Cholesky::of(curvature) else { return };
            factor.solve(gradient.view_mut());
            // A capped step keeps Newton from jumping over the flat ends of the logistic.
            let longest = gradient.fold(0.0f64, |m, g| m.max(g.abs()));
            let scale = (4.0 / longest).min(1.0);
            Zip::from(&mut self.weights).and(&gradient).for_each(|w, g| *w += (scale * g) as f32);
            if longest < 1e-3 {
                return;
            }
        }
    }

    /// The row of a step of an example, 1 where the example was solved with it and else 0, and the chance
    /// of that.
    fn step(&self, e: &Example, t: usize) -> (Row, f32, f32) {
        let row = self.row(e.location, t);
        let eta: f32 = row.iter().map(|&(i, x)| self.weights[i] * x).sum();
        (row, f32::from(u8::from(e.label == Label::Solved(t))), sigmoid(eta))
    }

    fn accumulate(&self, e: &Example, gradient: &mut Array1<f64>, curvature: &mut Array2<f64>) {
        for t in 1..=e.n_steps() {
            let (row, solved, h) = self.step(e, t);
            let h = f64::from(h);
            let error = e.weight * (f64::from(solved) - h);
            let bend = e.weight * (h * (1.0 - h)).max(1e-6);
            for &(i, x) in &row {
                gradient[i] += error * f64::from(x);
                for &(j, y) in &row {
                    curvature[[i, j]] += bend * f64::from(x) * f64::from(y);
                }
            }
        }
    }

    /// One gradient step on one example.
    pub(crate) fn update(&mut self, e: &Example, rate: f32) {
        for t in 1..=e.n_steps() {
            let (row, solved, h) = self.step(e, t);
            let step = rate * e.weight as f32 * (solved - h);
            for &(i, x) in &row {
                self.weights[i] = (self.weights[i] + step * x).clamp(-40.0, 40.0);
            }
        }
    }

    /// True if the shapes are right and every number is finite.
    pub(crate) fn is_sound(&self) -> bool {
        self.weights.len() == H
            && self.weights.iter().all(|w| w.is_finite())
            && self.spread.is_finite()
            && self.spread > 0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hazard() -> Hazard {
        let mut hazard = Hazard::new(Warp::Root, 0.7);
        for (i, w) in hazard.weights.iter_mut().enumerate() {
            *w += 0.3 * ((i * 7 % 5) as f32 - 2.0);
        }
        hazard
    }

    /// The censored likelihood, by its definition.
    fn log_likelihood(hazard: &Hazard, e: &Example) -> f64 {
        let h = |t| f64::from(sigmoid(hazard.logit(e.location, t)));
        let unsolved = |n: usize| (1..=n).map(|t| (1.0 - h(t)).ln()).sum::<f64>();
        e.weight
            * match e.label {
                Label::Solved(k) => unsolved(k - 1) + h(k).ln(),
                Label::Censored(c) => unsolved(c),
            }
    }

    #[test]
    fn the_gradient_matches_finite_differences() {
        for label in [Label::Solved(6), Label::Censored(9)] {
            let e = Example { location: 2.2, label, weight: 0.8 };
            let mut gradient = Array1::zeros(H);
            hazard().accumulate(&e, &mut gradient, &mut Array2::zeros((H, H)));
            for (i, got) in gradient.iter().enumerate() {
                let moved = |by: f32| {
                    let mut hazard = hazard();
                    hazard.weights[i] += by;
                    log_likelihood(&hazard, &e)
                };
                let slope = (moved(0.01) - moved(-0.01)) / 0.02;
                assert!((slope - got).abs() < 1e-3, "{i}: {slope} {got}");
            }
            // Negative control: the check can fail.
            let wrong: f64 = gradient.iter().map(|g| g.abs()).sum();
            assert!(wrong > 0.5, "a gradient of zeros would have passed");
        }
    }

    #[test]
    fn hats_sum_to_one_and_interpolate() {
        for i in -100..100 {
            let x = i as f32 * 0.1;
            let (left, f) = hats(&NEAR, x);
            assert!(left + 1 < NEAR.len() && (0.0..=1.0).contains(&f));
            let back = NEAR[left] * (1.0 - f) + NEAR[left + 1] * f;
            assert!((back - x.clamp(-6.0, 6.0)).abs() < 1e-5, "{x} {back}");
        }
    }
}
