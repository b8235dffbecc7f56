//! Where in the run a question is solved: ridge regression of the (warped) number of steps,
//! updated by recursive least squares.

use ndarray::{Array1, Array2, Axis, Zip, aview_mut1, aview1};
use serde::{Deserialize, Serialize};

use crate::features::D;
use crate::flat;
use crate::linalg::{Cholesky, transposed_dot, with_ridge};
use crate::math::dot;
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

/// The examples of a regression.
pub(crate) struct Examples {
    /// `Phi`: `[n, D]`
    phi: Array2<f64>,
    labels: Vec<Label>,
    /// `[n]`
    weights: Array1<f64>,
}

impl FromIterator<([f32; D], Label, f64)> for Examples {
    fn from_iter<I: IntoIterator<Item = ([f32; D], Label, f64)>>(examples: I) -> Self {
        let (mut phi, mut labels, mut weights) = (Vec::new(), Vec::new(), Vec::new());
        for (row, label, weight) in examples {
            phi.extend(row.map(f64::from));
            labels.push(label);
            weights.push(weight);
        }
        let phi = Array2::from_shape_vec((labels.len(), D), phi).expect("rows of D numbers");
        Examples { phi, labels, weights: weights.into() }
    }
}

impl Examples {
    /// `Phi^T diag(weights) Phi`.
    fn gram(&self) -> Array2<f64> {
        let weighted = &self.phi * &self.weights.view().insert_axis(Axis(1));
        self.phi.t().dot(&weighted)
    }

    /// `weight * phi^T A^-1 phi` of each example, for the factor of a matrix `A`.
    fn leverages(&self, factor: &Cholesky) -> Array1<f64> {
        let half = self.phi.dot(&factor.inverse_factor().t());
        let squares = half.mapv(|x| x * x).sum_axis(Axis(1));
        (squares * &self.weights).mapv(|leverage| leverage.min(0.999))
    }
}

/// Ridge regression with its covariance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Location {
    pub(crate) warp: Warp,
    /// `[D]`
    #[serde(serialize_with = "flat::serialize", deserialize_with = "flat::vector")]
    weights: Array1<f32>,
    /// `(Phi^T Phi + penalty I)^-1`, the lower triangle by rows: half the memory, which each update reads
    /// and writes.
    covariance: Vec<f64>,
    center: f64,
    /// Leave-one-out residual spread, in warped steps.
    pub(crate) spread: f64,
}

/// A fit and its errors.
pub(crate) struct Fit {
    pub(crate) location: Location,
    /// Leave-one-out predictions in warped steps.
    pub(crate) left_out: Array1<f64>,
    /// Mean absolute leave-one-out error, in steps.
    pub(crate) error_steps: f64,
}

impl Location {
    /// Bytes on the heap.
    pub(crate) const SIZE_BYTES: usize = D * size_of::<f32>() + packed(D) * size_of::<f64>();

    /// The predicted warped number of steps.
    pub(crate) fn predict(&self, phi: &[f32; D]) -> f32 {
        self.center as f32 + dot(self.weights.as_slice().expect("a vector is contiguous"), phi)
    }

    /// One step of recursive least squares.
    pub(crate) fn update(&mut self, phi: &[f32; D], label: Label, weight: f64) {
        let wide = phi.map(f64::from);
        let error = match label {
            Label::Solved(k) => self.warp.apply(k as f64) - f64::from(self.predict(phi)),
            // Unsolved after c: only a prediction at or below c is wrong.
            Label::Censored(c) => (self.warp.apply(c as f64 + 1.0) - f64::from(self.predict(phi))).max(0.0),
        };
        if error == 0.0 && matches!(label, Label::Censored(_)) {
            return;
        }
        let gain = self.gain(&wide);
        let leverage = aview1(&gain).dot(&aview1(&wide)).max(0.0);
        let scale = 1.0 / (1.0 / weight + leverage);
        if scale * leverage > MIN_SURPRISE {
            for i in 0..D {
                let row = &mut self.covariance[packed(i)..packed(i + 1)];
                aview_mut1(row).scaled_add(-scale * gain[i], &aview1(&gain[..=i]));
            }
        }
        // An error ten spreads long counts as one of ten: outliers must not own the fit.
        let cut = 10.0 * self.spread;
        let error = error.clamp(-cut, cut);
        Zip::from(&mut self.weights).and(&aview1(&gain)).for_each(|w, g| *w += (scale * error * g) as f32);
    }

    /// `covariance * phi`, each packed row used for itself and for its mirror image.
    fn gain(&self, phi: &[f64; D]) -> [f64; D] {
        let mut gain = [0.0f64; D];
        for i in 0..D {
            let row = &self.covariance[packed(i)..packed(i + 1)];
            let (before, own) = (aview1(&row[..i]), row[i]);
            gain[i] += before.dot(&aview1(&phi[..i])) + own * phi[i];
            aview_mut1(&mut gain[..i]).scaled_add(phi[i], &before);
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
pub(crate) fn quick_error(examples: &Examples) -> f64 {
    let best = search(&examples.gram(), examples, &PENALTIES[1..3], &Warp::ALL);
    best.map_or(f64::INFINITY, |(fit, _)| fit.error_steps)
}

/// Fits every warp and penalty and keeps the one with the least leave-one-out error in steps.
pub(crate) fn fit(examples: &Examples) -> Option<Fit> {
    let gram = examples.gram();
    let (mut best, penalty) = search(&gram, examples, &PENALTIES, &Warp::ALL)?;
    best.location.set_covariance(&factor(&gram, penalty)?);
    best.location.is_sound().then_some(best)
}

impl Location {
    fn set_covariance(&mut self, factor: &Cholesky) {
        let full = factor.inverse();
        let rows = full.rows().into_iter().enumerate();
        self.covariance = rows.flat_map(|(i, row)| row.into_iter().take(i + 1).copied()).collect();
    }
}

/// The factor of `gram + penalty I`.
fn factor(gram: &Array2<f64>, penalty: f64) -> Option<Cholesky> {
    Cholesky::of(with_ridge(gram.clone(), penalty))
}

/// The best fit, without covariance, and its penalty.
fn search(gram: &Array2<f64>, examples: &Examples, penalties: &[f64], warps: &[Warp]) -> Option<(Fit, f64)> {
    let mut best: Option<(Fit, f64)> = None;
    for &penalty in penalties {
        let Some(factor) = factor(gram, penalty) else { continue };
        let leverages = examples.leverages(&factor);
        for &warp in warps {
            let fit = fit_one(&factor, &leverages, examples, warp);
            let error = best.as_ref().map_or(f64::INFINITY, |b| b.0.error_steps);
            if fit.error_steps < error {
                best = Some((fit, penalty));
            }
        }
    }
    best
}

fn fit_one(factor: &Cholesky, leverages: &Array1<f64>, examples: &Examples, warp: Warp) -> Fit {
    let first = |label: &Label| match *label {
        Label::Solved(k) => warp.apply(k as f64),
        Label::Censored(c) => warp.apply(c as f64 + 1.0),
    };
    let is_censored = |label: &Label| matches!(label, Label::Censored(_));
    let mut y: Array1<f64> = examples.labels.iter().map(first).collect();
    let floor = y.clone();
    let center = y.sum() / y.len() as f64;
    let any_censored = examples.labels.iter().any(is_censored);
    let mut weights = Array1::zeros(D);
    let mut left_out = Array1::zeros(y.len());
    for _ in 0..if any_censored { 4 } else { 1 } {
        let pull = (&y - center) * &examples.weights;
        weights = transposed_dot(examples.phi.view(), pull.view());
        factor.solve(weights.view_mut());
        let fitted = examples.phi.dot(&weights) + center;
        Zip::from(&mut left_out)
            .and(&y)
            .and(&fitted)
            .and(leverages)
            .for_each(|out, y, fitted, leverage| *out = y - (y - fitted) / (1.0 - leverage));
        // Buckley-James: an unsolved question is as far out as the fit predicts, but not nearer.
        for (((y, floor), label), out) in y.iter_mut().zip(&floor).zip(&examples.labels).zip(&left_out) {
            if is_censored(label) {
                *y = out.clamp(*floor, floor + (floor - center).abs() + 1.0);
            }
        }
    }
    let (error_steps, spread) = errors(&examples.weights, &y, &left_out, warp);
    let location = Location {
        warp,
        weights: weights.mapv(|w: f64| w as f32),
        covariance: Vec::new(),
        center,
        spread: spread.max(0.02),
    };
    Fit { location, left_out, error_steps }
}

/// Weighted mean absolute error in steps, and root mean squared error in warped steps.
fn errors(weights: &Array1<f64>, y: &Array1<f64>, left_out: &Array1<f64>, warp: Warp) -> (f64, f64) {
    let steps = Zip::from(left_out).and(y).map_collect(|out, y| (warp.invert(*out) - warp.invert(*y)).abs());
    let squares = (left_out - y).mapv(|error| error * error);
    let total = weights.sum();
    (weights.dot(&steps) / total, (weights.dot(&squares) / total).sqrt())
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_xoshiro::Xoshiro256PlusPlus;

    use super::*;
    use crate::math::normal;

    type Example = ([f32; D], Label, f64);

    fn examples(n: usize) -> Vec<Example> {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(9);
        (0..n)
            .map(|_| {
                let mut phi: [f32; D] = std::array::from_fn(|_| normal(&mut rng));
                phi[0] = 1.0;
                let steps = (12.0 + 3.0 * phi[1] - 2.0 * phi[2]).round().max(1.0) as usize;
                (phi, Label::Solved(steps), 0.7)
            })
            .collect()
    }

    /// The slow twin: solves the normal equations of all examples at once, by Gauss-Jordan.
    fn batch(examples: &[Example], penalty: f64, center: f64, warp: Warp) -> Vec<f64> {
        let width = D + 1;
        let mut a = vec![0.0f64; D * width];
        for (phi, label, weight) in examples {
            let y = warp.apply(label.steps() as f64) - center;
            for i in 0..D {
                for j in 0..D {
                    a[i * width + j] += weight * f64::from(phi[i]) * f64::from(phi[j]);
                }
                a[i * width + D] += weight * f64::from(phi[i]) * y;
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
        let first: Examples = all[..200].iter().copied().collect();
        let (mut fit, penalty) = search(&first.gram(), &first, &[0.3], &Warp::ALL[..1]).unwrap();
        let location = &mut fit.location;
        location.set_covariance(&factor(&first.gram(), penalty).unwrap());
        // The cut of long errors is not part of the law.
        location.spread = 1e9;
        all[200..].iter().for_each(|(phi, label, weight)| location.update(phi, *label, *weight));
        let slow = batch(&all, 0.3, location.center, location.warp);
        for (i, (fast, slow)) in location.weights.iter().zip(&slow).enumerate() {
            assert!((f64::from(*fast) - slow).abs() < 1e-4, "{i}: {fast} {slow}");
        }
    }

    #[test]
    fn left_out_predictions_equal_refits() {
        let all = examples(200);
        let together: Examples = all.iter().copied().collect();
        let (fit, _) = search(&together.gram(), &together, &[0.3], &Warp::ALL[..1]).unwrap();
        for i in [0, 77, 199] {
            let others: Vec<Example> =
                examples(200).into_iter().enumerate().filter_map(|(j, e)| (j != i).then_some(e)).collect();
            let w = batch(&others, 0.3, fit.location.center, fit.location.warp);
            let slow: f64 =
                fit.location.center + w.iter().zip(&all[i].0).map(|(w, &p)| w * f64::from(p)).sum::<f64>();
            assert!((fit.left_out[i] - slow).abs() < 1e-6, "{} {slow}", fit.left_out[i]);
        }
    }

    #[test]
    fn a_censored_example_only_pushes_outwards() {
        let all = examples(200);
        let mut location = fit(&all.iter().copied().collect()).unwrap().location;
        let (far, ..) = all.iter().find(|(_, label, _)| label.steps() > 14).unwrap();
        let before = location.predict(far);
        location.update(far, Label::Censored(5), 1.0);
        assert_eq!(location.predict(far), before);
        location.update(far, Label::Censored(40), 1.0);
        assert!(location.predict(far) > before);
    }
}
