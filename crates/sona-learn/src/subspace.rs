//! Which coordinates of an embedding to keep: the principal ones and a supervised one.
//!
//! Rows of `x` are standardised examples.

use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis};
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::features::R;
use crate::linalg::{orthonormalise, transposed_dot};
use crate::math::normal;

/// Rounds of subspace iteration; the last digits of a principal direction do not matter here.
const ROUNDS: usize = 8;
/// Folds of the cross-fit of the supervised coordinate.
const FOLDS: usize = 10;
/// Ridge penalties tried for the supervised coordinate, per example.
const PENALTIES: [f32; 5] = [0.03, 0.1, 0.3, 1.0, 3.0];

/// The leading `R - 1` principal directions by subspace iteration, as rows; directions the data
/// do not have are zero. Only their span matters, so they are not sorted.
pub(crate) fn principal(x: ArrayView2<f32>, rng: &mut Xoshiro256PlusPlus) -> Array2<f32> {
    let mut v = Array2::from_shape_simple_fn((R - 1, x.ncols()), || normal(rng));
    orthonormalise(&mut v);
    for _ in 0..ROUNDS {
        v = v.dot(&x.t()).dot(&x);
        orthonormalise(&mut v);
    }
    v
}

/// The ridge direction for `y` over all dimensions, and each example's value along a direction
/// that was fitted without it (cross-fit), so that what is fitted on top is not fooled by overfitting.
///
/// Both are scaled to a cross-fit standard deviation equal to the correlation with `y`: a
/// direction that predicts nothing vanishes.
pub(crate) fn supervised(x: ArrayView2<f32>, y: &Array1<f32>) -> (Array1<f32>, Array1<f32>) {
    let n = y.len();
    let y = y - y.sum() / n as f32;
    // Cross-fit values, one row for each penalty.
    let mut values = Array2::zeros((PENALTIES.len(), n));
    for fold in 0..FOLDS {
        let (inside, outside): (Vec<usize>, Vec<usize>) = (0..n).partition(|i| i % FOLDS == fold);
        let (train_x, train_y) = (x.select(Axis(0), &outside), y.select(Axis(0), &outside));
        for (mut values, penalty) in values.rows_mut().into_iter().zip(PENALTIES) {
            let w = ridge(train_x.view(), train_y.view(), penalty);
            inside.iter().for_each(|&i| values[i] = x.row(i).dot(&w));
        }
    }
    let mut best = (f32::INFINITY, Array1::zeros(n), PENALTIES[0]);
    for (values, penalty) in values.rows().into_iter().zip(PENALTIES) {
        let miss = &values - &y;
        let error = miss.dot(&miss);
        if error < best.0 {
            best = (error, values.to_owned(), penalty);
        }
    }
    let (_, out, penalty) = best;
    let w = ridge(x, y.view(), penalty);
    let (oo, oy, yy) = (out.dot(&out), out.dot(&y), y.dot(&y));
    // correlation / sd = (oy / sqrt(oo yy)) / sqrt(oo / n)
    let scale = (oy / (oo * yy.sqrt()) * (n as f32).sqrt()).max(0.0);
    let scale = if scale.is_finite() { scale } else { 0.0 };
    (w * scale, out * scale)
}

/// `(X^T X + penalty n I) w = X^T y`, by conjugate gradients.
fn ridge(x: ArrayView2<f32>, y: ArrayView1<f32>, penalty: f32) -> Array1<f32> {
    let shift = penalty * y.len() as f32;
    let mut w = Array1::zeros(x.ncols());
    let mut residual = transposed_dot(x, y);
    let mut search = residual.clone();
    let mut norm = residual.dot(&residual);
    let goal = 1e-6 * norm;
    for _ in 0..16 {
        if norm <= goal {
            break;
        }
        let mut image = transposed_dot(x, x.dot(&search).view());
        image.scaled_add(shift, &search);
        let step = norm / search.dot(&image);
        w.scaled_add(step, &search);
        residual.scaled_add(-step, &image);
        let next = residual.dot(&residual);
        search *= next / norm;
        search += &residual;
        norm = next;
    }
    w
}
