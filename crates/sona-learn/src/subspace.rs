//! Which coordinates of an embedding to keep: the principal ones and a supervised one.

use rand_xoshiro::Xoshiro256PlusPlus;

use crate::features::R;
use crate::math::{axpy, dot, normal};

/// Rounds of subspace iteration; the last digits of a principal direction do not matter here.
const ROUNDS: usize = 8;
/// Folds of the cross-fit of the supervised coordinate.
const FOLDS: usize = 10;
/// Ridge penalties tried for the supervised coordinate, per example.
const PENALTIES: [f32; 5] = [0.03, 0.1, 0.3, 1.0, 3.0];

/// Standardised examples, one per row.
pub(crate) struct Rows<'a> {
    pub(crate) data: &'a [f32],
    pub(crate) dim: usize,
}

impl Rows<'_> {
    fn iter(&self) -> impl Iterator<Item = &[f32]> {
        self.data.chunks_exact(self.dim)
    }
}

/// The leading `R - 1` principal directions by subspace iteration, as rows; directions the data
/// do not have are zero. Only their span matters, so they are not sorted.
pub(crate) fn principal(rows: &Rows, rng: &mut Xoshiro256PlusPlus) -> Vec<f32> {
    let dim = rows.dim;
    let mut v: Vec<f32> = (0..(R - 1) * dim).map(|_| normal(rng)).collect();
    orthonormalise(&mut v, dim);
    for _ in 0..ROUNDS {
        let mut next = vec![0.0; v.len()];
        for x in rows.iter() {
            for (direction, to) in v.chunks_exact(dim).zip(next.chunks_exact_mut(dim)) {
                axpy(dot(direction, x), x, to);
            }
        }
        v = next;
        orthonormalise(&mut v, dim);
    }
    v
}

/// Gram-Schmidt over the rows, twice; a row that depends on earlier ones becomes zero.
fn orthonormalise(v: &mut [f32], dim: usize) {
    for i in 0..v.len() / dim {
        let (done, rest) = v.split_at_mut(i * dim);
        let row = &mut rest[..dim];
        let before = dot(row, row).sqrt();
        for _ in 0..2 {
            for other in done.chunks_exact(dim) {
                axpy(-dot(row, other), other, row);
            }
        }
        let norm = dot(row, row).sqrt();
        let scale = if norm > 1e-4 * before && norm.is_normal() { 1.0 / norm } else { 0.0 };
        row.iter_mut().for_each(|x| *x *= scale);
    }
}

/// The ridge direction for `y` over all dimensions, and each example's value along a direction
/// that never saw it (cross-fit), so that what is fitted on top is not fooled by overfitting.
///
/// Both are scaled to a cross-fit standard deviation equal to the correlation with `y`: a
/// direction that predicts nothing vanishes.
pub(crate) fn supervised(rows: &Rows, y: &[f32]) -> (Vec<f32>, Vec<f32>) {
    let n = y.len();
    let mean = y.iter().sum::<f32>() / n as f32;
    let y: Vec<f32> = y.iter().map(|v| v - mean).collect();
    let mut best = (f32::INFINITY, vec![0.0; n], PENALTIES[0]);
    for penalty in PENALTIES {
        let mut out = vec![0.0; n];
        for fold in 0..FOLDS {
            let w = ridge(rows, &y, penalty, |i| i % FOLDS != fold);
            for (i, x) in rows.iter().enumerate().filter(|(i, _)| i % FOLDS == fold) {
                out[i] = dot(&w, x);
            }
        }
        let error: f32 = out.iter().zip(&y).map(|(o, y)| (o - y).powi(2)).sum();
        if error < best.0 {
            best = (error, out, penalty);
        }
    }
    let (_, mut out, penalty) = best;
    let mut w = ridge(rows, &y, penalty, |_| true);
    let (oo, oy, yy) = (dot(&out, &out), dot(&out, &y), dot(&y, &y));
    // correlation / sd = (oy / sqrt(oo yy)) / sqrt(oo / n)
    let scale = (oy / (oo * yy.sqrt()) * (n as f32).sqrt()).max(0.0);
    let scale = if scale.is_finite() { scale } else { 0.0 };
    w.iter_mut().for_each(|v| *v *= scale);
    out.iter_mut().for_each(|v| *v *= scale);
    (w, out)
}

/// `(X^T X + penalty n I) w = X^T y` over the rows `keep` keeps, by conjugate gradients.
fn ridge(rows: &Rows, y: &[f32], penalty: f32, keep: impl Fn(usize) -> bool) -> Vec<f32> {
    let kept: Vec<(&[f32], f32)> =
        rows.iter().zip(y.iter().copied()).enumerate().filter(|(i, _)| keep(*i)).map(|(_, e)| e).collect();
    let shift = penalty * kept.len() as f32;
    let mut w = vec![0.0; rows.dim];
    let mut residual = vec![0.0; rows.dim];
    kept.iter().for_each(|(x, y)| axpy(*y, x, &mut residual));
    let mut search = residual.clone();
    let mut norm = dot(&residual, &residual);
    let goal = 1e-6 * norm;
    for _ in 0..16 {
        if norm <= goal {
            break;
        }
        let mut image: Vec<f32> = search.iter().map(|s| shift * s).collect();
        kept.iter().for_each(|(x, _)| axpy(dot(x, &search), x, &mut image));
        let step = norm / dot(&search, &image);
        axpy(step, &search, &mut w);
        axpy(-step, &image, &mut residual);
        let next = dot(&residual, &residual);
        let turn = next / norm;
        search.iter_mut().zip(&residual).for_each(|(s, r)| *s = r + turn * *s);
        norm = next;
    }
    w
}
