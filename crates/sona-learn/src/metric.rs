//! Which directions bend the answer: a metric learned from gradients.
//!
//! Kernel ridge regression, then the average outer product of its gradients becomes the metric
//! of the next kernel (recursive feature machine, arXiv 2212.13881). A function of few directions
//! then costs few random waves.

use crate::features::R;
use crate::math::{cholesky, solve_lower, solve_upper, symmetric_eigen};

/// Examples used at most: the solve is cubic in them.
const MAX_EXAMPLES: usize = 320;
/// Ridges of the kernel regression with the metrics tried for each: for steps that follow the
/// question closely, and loosely.
const TRIES: [(f64, usize); 2] = [(0.01, 3), (0.3, 1)];

/// Candidate metrics: square roots `L` (`[R x R]`, symmetric), scaled so that the median squared
/// distance between examples is 1. The first is isotropic.
pub(crate) fn candidates(z: &[[f32; R]], y: &[f64]) -> Vec<Vec<f64>> {
    let step = z.len().div_ceil(MAX_EXAMPLES).max(1);
    let points: Vec<[f32; R]> = z.iter().copied().step_by(step).collect();
    let y: Vec<f64> = y.iter().copied().step_by(step).collect();
    let mut metric = vec![0.0; R * R];
    (0..R).for_each(|i| metric[i * R + i] = 1.0);
    normalise(&mut metric, &points);
    let mut out = vec![metric];
    for (ridge, n_rounds) in TRIES {
        let mut last = out[0].clone();
        for _ in 0..n_rounds {
            let Some(mut next) = refine(&last, &points, &y, ridge) else {
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

/// `L z` for every point.
fn transform(metric: &[f64], points: &[[f32; R]]) -> Vec<[f64; R]> {
    points
        .iter()
        .map(|z| {
            std::array::from_fn(|i| {
                metric[i * R..(i + 1) * R].iter().zip(z).map(|(l, &z)| l * f64::from(z)).sum()
            })
        })
        .collect()
}

fn squared_distance(a: &[f64; R], b: &[f64; R]) -> f64 {
    a.iter().zip(b).map(|(p, q)| (p - q).powi(2)).sum()
}

/// Scales `L` so that the median squared distance is 1.
fn normalise(metric: &mut [f64], points: &[[f32; R]]) {
    let moved = transform(metric, points);
    let n = moved.len();
    let mut distances: Vec<f64> =
        (0..4 * n).map(|i| squared_distance(&moved[i % n], &moved[(i * 7 + 13) % n])).collect();
    let mid = distances.len() / 2;
    let median = *distances.select_nth_unstable_by(mid, f64::total_cmp).1;
    if median > 0.0 {
        metric.iter_mut().for_each(|v| *v /= median.sqrt());
    }
}

/// The next metric: the square root of the mean outer product of the fit's gradients.
fn refine(metric: &[f64], points: &[[f32; R]], y: &[f64], ridge: f64) -> Option<Vec<f64>> {
    let moved = transform(metric, points);
    let n = moved.len();
    let mut kernel = vec![0.0; n * n];
    for i in 0..n {
        for j in 0..=i {
            let k = (-squared_distance(&moved[i], &moved[j])).exp();
            kernel[i * n + j] = k;
            kernel[j * n + i] = k;
        }
    }
    let mut factor = kernel.clone();
    (0..n).for_each(|i| factor[i * n + i] += ridge);
    if !cholesky(&mut factor, n) {
        return None;
    }
    let mut alpha = y.to_vec();
    solve_lower(&factor, n, &mut alpha);
    solve_upper(&factor, n, &mut alpha);
    // d f / d(L z) at point i, up to a constant: sum_j alpha_j k_ij (Lz_j - Lz_i)
    let mut outer = vec![0.0; R * R];
    for i in 0..n {
        let mut slope = [0.0; R];
        for j in 0..n {
            let weight = alpha[j] * kernel[i * n + j];
            for (s, (to, from)) in slope.iter_mut().zip(moved[j].iter().zip(&moved[i])) {
                *s += weight * (to - from);
            }
        }
        // Back to z: multiply by the symmetric L.
        let slope: [f64; R] =
            std::array::from_fn(|r| metric[r * R..(r + 1) * R].iter().zip(&slope).map(|(l, s)| l * s).sum());
        for (row, a) in outer.chunks_exact_mut(R).zip(slope) {
            row.iter_mut().zip(&slope).for_each(|(o, b)| *o += a * b);
        }
    }
    Some(square_root(outer))
}

/// The symmetric square root of a positive semidefinite `R x R` matrix.
fn square_root(a: Vec<f64>) -> Vec<f64> {
    let (values, vectors) = symmetric_eigen(a, R);
    let mut out = vec![0.0; R * R];
    for (value, v) in values.iter().zip(vectors.chunks_exact(R)) {
        let root = value.max(0.0).sqrt();
        for (row, a) in out.chunks_exact_mut(R).zip(v) {
            row.iter_mut().zip(v).for_each(|(o, b)| *o += root * a * b);
        }
    }
    out
}
