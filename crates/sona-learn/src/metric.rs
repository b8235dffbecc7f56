//! Which directions bend the answer: a metric learned from gradients.
//!
//! Kernel ridge regression, then the average outer product of its gradients becomes the metric
//! of the next kernel (recursive feature machine, arXiv 2212.13881). A function of few directions
//! then costs few random waves.

use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis, Zip, s};

use crate::linalg::{Cholesky, symmetric_eigen, with_ridge};

/// Examples used at most: the solve is cubic in them.
const MAX_EXAMPLES: usize = 320;
/// Ridges of the kernel regression with the metrics tried for each: for steps that follow the
/// question closely, and loosely.
const TRIES: [(f64, usize); 2] = [(0.01, 3), (0.3, 1)];

/// Candidate metrics: square roots `L` (`[R, R]`, symmetric), scaled so that the median squared
/// distance between examples, the rows of `z`, is 1. The first is isotropic.
pub(crate) fn candidates(z: ArrayView2<f32>, y: ArrayView1<f64>) -> Vec<Array2<f64>> {
    let step = z.nrows().div_ceil(MAX_EXAMPLES).max(1) as isize;
    let points = z.slice(s![..;step, ..]).mapv(f64::from);
    let y = y.slice(s![..;step]);
    let mut metric = Array2::eye(z.ncols());
    normalise(&mut metric, &points);
    let mut out = vec![metric];
    for (ridge, n_rounds) in TRIES {
        let mut last = out[0].clone();
        for _ in 0..n_rounds {
            let Some(mut next) = refine(&last, &points, y, ridge) else {
                break;
            };
            normalise(&mut next, &points);
            if next.iter().any(|v| !v.is_finite()) {
                break;
            }
            out.push(next.clone());
            last = next;
        }
    }
    out
}

/// Scales `L` so that the median squared distance is 1.
fn normalise(metric: &mut Array2<f64>, points: &Array2<f64>) {
    let moved = points.dot(metric);
    let n = moved.nrows();
    let distance = |i: usize| {
        let apart = &moved.row(i % n) - &moved.row((i * 7 + 13) % n);
        apart.dot(&apart)
    };
    let mut distances: Vec<f64> = (0..4 * n).map(distance).collect();
    let mid = distances.len() / 2;
    let median = *distances.select_nth_unstable_by(mid, f64::total_cmp).1;
    if median > 0.0 {
        *metric /= median.sqrt();
    }
}

/// The next metric: the square root of the mean outer product of the fit's gradients.
fn refine(metric: &Array2<f64>, points: &Array2<f64>, y: ArrayView1<f64>, ridge: f64) -> Option<Array2<f64>> {
    let moved = points.dot(metric);
    let kernel = gaussian(&moved);
    let mut alpha = y.to_owned();
    Cholesky::of(with_ridge(kernel.clone(), ridge))?.solve(alpha.view_mut());
    // d f / d(L z) at point i, up to a constant: sum_j alpha_j k_ij (Lz_j - Lz_i)
    let weights = kernel * &alpha;
    let slopes = weights.dot(&moved) - &moved * &weights.sum_axis(Axis(1)).insert_axis(Axis(1));
    // Back to z: multiply by the symmetric L.
    let slopes = slopes.dot(metric);
    Some(square_root(slopes.t().dot(&slopes)))
}

/// `exp(-|a - b|^2)` of every pair of rows.
fn gaussian(points: &Array2<f64>) -> Array2<f64> {
    let products = points.dot(&points.t());
    let squares = products.diag().to_owned();
    let mut kernel = products;
    for (mut row, square) in kernel.rows_mut().into_iter().zip(&squares) {
        // Rounding can leave less than nothing of a short distance.
        Zip::from(&mut row)
            .and(&squares)
            .for_each(|k, other| *k = (2.0 * *k - square - other).min(0.0).exp());
    }
    kernel
}

/// The symmetric square root of a positive semidefinite matrix.
fn square_root(a: Array2<f64>) -> Array2<f64> {
    let (values, vectors) = symmetric_eigen(a);
    let roots: Array1<f64> = values.mapv(|value| value.max(0.0).sqrt());
    let scaled = &vectors * &roots.insert_axis(Axis(1));
    vectors.t().dot(&scaled)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points() -> Array2<f64> {
        Array2::from_shape_fn((9, 4), |(i, j)| ((i * 5 + j * 3) % 7) as f64 * 0.3 - 0.8)
    }

    /// Against the definitions, pair by pair.
    #[test]
    fn the_refined_metric_is_that_of_its_definition() {
        let (points, metric) = (points(), Array2::from_diag(&ndarray::array![1.0, 0.5, 0.8, 1.2]));
        let y = Array1::from_shape_fn(9, |i| (i as f64 * 0.9).sin());
        let moved = points.dot(&metric);
        let kernel = Array2::from_shape_fn((9, 9), |(i, j)| {
            (-(&moved.row(i) - &moved.row(j)).mapv(|x| x * x).sum()).exp()
        });
        assert!((gaussian(&moved) - &kernel).iter().all(|error| error.abs() < 1e-12));
        let mut alpha = y.clone();
        Cholesky::of(with_ridge(kernel.clone(), 0.1)).expect("positive definite").solve(alpha.view_mut());
        let mut outer = Array2::<f64>::zeros((4, 4));
        for i in 0..9 {
            let mut slope = Array1::<f64>::zeros(4);
            for j in 0..9 {
                slope.scaled_add(alpha[j] * kernel[[i, j]], &(&moved.row(j) - &moved.row(i)));
            }
            let slope = metric.dot(&slope).insert_axis(Axis(1));
            outer += &slope.dot(&slope.t());
        }
        let root = refine(&metric, &points, y.view(), 0.1).expect("a metric");
        assert!((root.dot(&root) - &outer).iter().all(|error| error.abs() < 1e-9));
        assert!(outer.iter().any(|x| x.abs() > 1e-3), "nothing was compared");
    }
}
