//! Where in the run a question is solved: ridge regression of the (warped) number of steps,
//! updated by recursive least squares.

use serde::{Deserialize, Serialize};

use crate::features::D;
use crate::math::{axpy64, cholesky, dot64, inverse, solve_lower, solve_upper};
use crate::outcome::Label;

/// Ridge penalties tried at a consolidation.
const PENALTIES: [f64; 4] = [0.003, 0.03, 0.3, 3.0];
/// An example whose direction is known better than this no longer adds certainty: the gain
/// never falls to zero, and a new kind of question is learned however long the history is.
const MIN_SURPRISE: f64 = 0.01;

/// The scale on which the number of steps is regressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Warp {
    Identity,
    Root,
    Log,
}

impl Warp {
    const ALL: [Self; 3] = [Self::Identity, Self::Root, Self::Log];

    pub(crate) fn apply(self, steps: f64) -> f64 {
        match self {
            Self::Identity => steps,
            Self::Root => steps.sqrt(),
            Self::Log => steps.ln(),
        }
    }

    fn invert(self, value: f64) -> f64 {
        match self {
            Self::Identity => value,
            Self::Root => value.max(0.0).powi(2),
            Self::Log => value.min(20.0).exp(),
        }
    }
}

/// Where row `i` of a packed lower triangle starts.
const fn packed(i: usize) -> usize {
    i * (i + 1) / 2
}

/// One example of the regression.
pub(crate) struct Example {
    pub(crate) phi: [f32; D],
    pub(crate) label: Label,
    pub(crate) weight: f64,
}

/// Ridge regression with its covariance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Location {
    pub(crate) warp: Warp,
    /// `[D]`
    weights: Vec<f32>,
    /// `(Phi^T Phi + penalty I)^-1`, the lower triangle by rows.
    covariance: Vec<f64>,
    center: f64,
    /// Leave-one-out residual spread, in warped steps.
    pub(crate) spread: f64,
}

/// What a fit says of itself.
pub(crate) struct Fit {
    pub(crate) location: Location,
    /// Leave-one-out predictions in warped steps.
    pub(crate) left_out: Vec<f64>,
    /// Mean absolute leave-one-out error, in steps.
    pub(crate) error_steps: f64,
}

impl Location {
    /// Bytes on the heap.
    pub(crate) const SIZE_BYTES: usize = D * size_of::<f32>() + packed(D) * size_of::<f64>();

    /// The predicted warped number of steps.
    pub(crate) fn predict(&self, phi: &[f32; D]) -> f32 {
        self.center as f32 + crate::math::dot(&self.weights, phi)
    }

    /// One step of recursive least squares.
    pub(crate) fn update(&mut self, phi: &[f32; D], label: Label, weight: f64) {
        let mut wide = [0.0f64; D];
        wide.iter_mut().zip(phi).for_each(|(w, &p)| *w = f64::from(p));
        let error = match label {
            Label::Solved(k) => self.warp.apply(k as f64) - f64::from(self.predict(phi)),
            // Unsolved after c: only a prediction at or below c is wrong.
            Label::Censored(c) => (self.warp.apply(c as f64 + 1.0) - f64::from(self.predict(phi))).max(0.0),
        };
        if error == 0.0 && matches!(label, Label::Censored(_)) {
            return;
        }
        let gain = self.gain(&wide);
        let leverage = dot64(&gain, &wide).max(0.0);
        let scale = 1.0 / (1.0 / weight + leverage);
        if scale * leverage > MIN_SURPRISE {
            for i in 0..D {
                let row = &mut self.covariance[packed(i)..packed(i + 1)];
                axpy64(-scale * gain[i], &gain, row);
            }
        }
        // An error ten spreads long teaches as much as one of ten: outliers must not own the fit.
        let cut = 10.0 * self.spread;
        let error = error.clamp(-cut, cut);
        self.weights.iter_mut().zip(gain).for_each(|(w, g)| *w += (scale * error * g) as f32);
    }

    /// `covariance * phi`, each packed row used for itself and for its mirror image.
    fn gain(&self, phi: &[f64; D]) -> [f64; D] {
        let mut gain = [0.0f64; D];
        for i in 0..D {
            let row = &self.covariance[packed(i)..packed(i + 1)];
            let (before, own) = (&row[..i], row[i]);
            gain[i] += dot64(before, &phi[..i]) + own * phi[i];
            axpy64(phi[i], before, &mut gain);
        }
        gain
    }

    /// True if the shapes are right and every number is finite.
    pub(crate) fn is_sound(&self) -> bool {
        self.weights.len() == D
            && self.covariance.len() == packed(D)
            && self.weights.iter().all(|v| v.is_finite())
            && self.covariance.iter().all(|v| v.is_finite())
            && self.center.is_finite()
            && self.spread.is_finite()
            && self.spread > 0.0
    }
}

/// The least mean absolute leave-one-out error, in steps, of a quick search; infinite if there
/// is no fit.
pub(crate) fn quick_error(examples: &[Example]) -> f64 {
    let best = search(&gram(examples), examples, &PENALTIES[1..3], &Warp::ALL);
    best.map_or(f64::INFINITY, |(fit, _)| fit.error_steps)
}

/// Fits every warp and penalty and keeps the one with the least leave-one-out error in steps.
pub(crate) fn fit(examples: &[Example]) -> Option<Fit> {
    let gram = gram(examples);
    let (mut best, factor) = search(&gram, examples, &PENALTIES, &Warp::ALL)?;
    let full = inverse(&factor, D);
    let rows = full.chunks_exact(D).enumerate();
    best.location.covariance = rows.flat_map(|(i, row)| row[..=i].iter().copied()).collect();
    best.location.is_sound().then_some(best)
}

/// The lower triangle of `Phi^T Phi`.
fn gram(examples: &[Example]) -> Vec<f64> {
    let mut gram = vec![0.0; D * D];
    for e in examples {
        let wide: [f64; D] = std::array::from_fn(|i| f64::from(e.phi[i]));
        for i in 0..D {
            axpy64(e.weight * wide[i], &wide[..=i], &mut gram[i * D..]);
        }
    }
    gram
}

/// The best fit and the Cholesky factor it used.
fn search(gram: &[f64], examples: &[Example], penalties: &[f64], warps: &[Warp]) -> Option<(Fit, Vec<f64>)> {
    let mut best: Option<(Fit, Vec<f64>)> = None;
    for penalty in penalties {
        let mut factor = gram.to_vec();
        (0..D).for_each(|i| factor[i * D + i] += penalty);
        if !cholesky(&mut factor, D) {
            continue;
        }
        let leverage = leverages(&factor, examples);
        for &warp in warps {
            let fit = fit_one(&factor, &leverage, examples, warp);
            let error = best.as_ref().map_or(f64::INFINITY, |b| b.0.error_steps);
            if fit.error_steps < error {
                best = Some((fit, factor.clone()));
            }
        }
    }
    best
}

/// `weight * phi^T (Phi^T Phi + penalty I)^-1 phi` of each example.
fn leverages(factor: &[f64], examples: &[Example]) -> Vec<f64> {
    examples
        .iter()
        .map(|e| {
            let mut half: [f64; D] = std::array::from_fn(|i| f64::from(e.phi[i]));
            solve_lower(factor, D, &mut half);
            (e.weight * dot64(&half, &half)).min(0.999)
        })
        .collect()
}

fn fit_one(factor: &[f64], leverage: &[f64], examples: &[Example], warp: Warp) -> Fit {
    let first = |label: Label| match label {
        Label::Solved(k) => k as f64,
        Label::Censored(c) => c as f64 + 1.0,
    };
    let mut y: Vec<f64> = examples.iter().map(|e| warp.apply(first(e.label))).collect();
    let floor = y.clone();
    let center = y.iter().sum::<f64>() / y.len() as f64;
    let any_censored = examples.iter().any(|e| matches!(e.label, Label::Censored(_)));
    let mut weights = vec![0.0; D];
    let mut left_out = vec![0.0; y.len()];
    for _ in 0..if any_censored { 4 } else { 1 } {
        weights.fill(0.0);
        for (e, y) in examples.iter().zip(&y) {
            let scale = e.weight * (y - center);
            weights.iter_mut().zip(&e.phi).for_each(|(w, &p)| *w += scale * f64::from(p));
        }
        solve_lower(factor, D, &mut weights);
        solve_upper(factor, D, &mut weights);
        for ((out, e), (y, h)) in left_out.iter_mut().zip(examples).zip(y.iter().zip(leverage)) {
            let fitted: f64 =
                center + weights.iter().zip(&e.phi).map(|(w, &p)| w * f64::from(p)).sum::<f64>();
            *out = y - (y - fitted) / (1.0 - h);
        }
        // Buckley-James: an unsolved question is as far out as the fit believes, but not nearer.
        for (((y, floor), e), out) in y.iter_mut().zip(&floor).zip(examples).zip(&left_out) {
            if matches!(e.label, Label::Censored(_)) {
                *y = out.clamp(*floor, floor + (floor - center).abs() + 1.0);
            }
        }
    }
    let (error_steps, spread) = errors(examples, &y, &left_out, warp);
    let location = Location {
        warp,
        weights: weights.iter().map(|&w| w as f32).collect(),
        covariance: Vec::new(),
        center,
        spread: spread.max(0.02),
    };
    Fit { location, left_out, error_steps }
}

/// Weighted mean absolute error in steps, and root mean squared error in warped steps.
fn errors(examples: &[Example], y: &[f64], left_out: &[f64], warp: Warp) -> (f64, f64) {
    let (mut absolute, mut squared, mut total) = (0.0, 0.0, 0.0);
    for ((e, y), out) in examples.iter().zip(y).zip(left_out) {
        absolute += e.weight * (warp.invert(*out) - warp.invert(*y)).abs();
        squared += e.weight * (out - y).powi(2);
        total += e.weight;
    }
    (absolute / total, (squared / total).sqrt())
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_xoshiro::Xoshiro256PlusPlus;

    use super::*;
    use crate::math::normal;

    fn examples(n: usize) -> Vec<Example> {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(9);
        (0..n)
            .map(|_| {
                let mut phi: [f32; D] = std::array::from_fn(|_| normal(&mut rng));
                phi[0] = 1.0;
                let steps = (12.0 + 3.0 * phi[1] - 2.0 * phi[2]).round().max(1.0) as usize;
                Example { phi, label: Label::Solved(steps), weight: 0.7 }
            })
            .collect()
    }

    /// The slow twin: solves the normal equations of all examples at once, by Gauss-Jordan.
    fn batch(examples: &[Example], penalty: f64, center: f64, warp: Warp) -> Vec<f64> {
        let width = D + 1;
        let mut a = vec![0.0f64; D * width];
        for e in examples {
            let y = warp.apply(e.label.steps() as f64) - center;
            for i in 0..D {
                for j in 0..D {
                    a[i * width + j] += e.weight * f64::from(e.phi[i]) * f64::from(e.phi[j]);
                }
                a[i * width + D] += e.weight * f64::from(e.phi[i]) * y;
            }
        }
        (0..D).for_each(|i| a[i * width + i] += penalty);
        for i in 0..D {
            let pivot = a[i * width + i];
            (0..width).for_each(|j| a[i * width + j] /= pivot);
            for k in (0..D).filter(|&k| k != i) {
                let factor = a[k * width + i];
                (i..width).for_each(|j| a[k * width + j] -= factor * a[i * width + j]);
            }
        }
        (0..D).map(|i| a[i * width + D]).collect()
    }

    #[test]
    fn recursive_updates_equal_one_solve() {
        let all = examples(240);
        let gram = gram(&all[..200]);
        let (mut fit, factor) = search(&gram, &all[..200], &[0.3], &Warp::ALL[..1]).unwrap();
        let full = inverse(&factor, D);
        let location = &mut fit.location;
        location.covariance =
            full.chunks_exact(D).enumerate().flat_map(|(i, row)| row[..=i].to_vec()).collect();
        // The cut of long errors is not part of the law.
        location.spread = 1e9;
        all[200..].iter().for_each(|e| location.update(&e.phi, e.label, e.weight));
        let slow = batch(&all, 0.3, location.center, location.warp);
        for (i, (fast, slow)) in location.weights.iter().zip(&slow).enumerate() {
            assert!((f64::from(*fast) - slow).abs() < 1e-4, "{i}: {fast} {slow}");
        }
    }

    #[test]
    fn left_out_predictions_equal_refits() {
        let all = examples(200);
        let (fit, _) = search(&gram(&all), &all, &[0.3], &Warp::ALL[..1]).unwrap();
        for i in [0, 77, 199] {
            let others: Vec<Example> =
                examples(200).into_iter().enumerate().filter_map(|(j, e)| (j != i).then_some(e)).collect();
            let w = batch(&others, 0.3, fit.location.center, fit.location.warp);
            let slow: f64 =
                fit.location.center + w.iter().zip(&all[i].phi).map(|(w, &p)| w * f64::from(p)).sum::<f64>();
            assert!((fit.left_out[i] - slow).abs() < 1e-6, "{} {slow}", fit.left_out[i]);
        }
    }

    #[test]
    fn a_censored_example_only_pushes_outwards() {
        let all = examples(200);
        let mut location = fit(&all).unwrap().location;
        let far = all.iter().find(|e| e.label.steps() > 14).unwrap();
        let before = location.predict(&far.phi);
        location.update(&far.phi, Label::Censored(5), 1.0);
        assert_eq!(location.predict(&far.phi), before);
        location.update(&far.phi, Label::Censored(40), 1.0);
        assert!(location.predict(&far.phi) > before);
    }
}
