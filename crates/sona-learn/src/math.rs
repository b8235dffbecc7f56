//! The little linear algebra the crate needs: dots, Cholesky, Jacobi, fast cosine.

/// `sum_i a_i b_i`, with eight running sums so that the compiler can vectorise it.
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
    debug_assert_eq!(a.len(), b.len());
    let (a8, a_rest) = a.as_chunks::<8>();
    let (b8, b_rest) = b.as_chunks::<8>();
    let mut sums = [0.0f32; 8];
    for (p, q) in a8.iter().zip(b8) {
        for lane in 0..8 {
            sums[lane] += p[lane] * q[lane];
        }
    }
    let tail: f32 = a_rest.iter().zip(b_rest).map(|(p, q)| p * q).sum();
    sums.iter().sum::<f32>() + tail
}

/// `dot` in double precision.
pub(crate) fn dot64(a: &[f64], b: &[f64]) -> f64 {
    debug_assert_eq!(a.len(), b.len());
    let (a8, a_rest) = a.as_chunks::<8>();
    let (b8, b_rest) = b.as_chunks::<8>();
    let mut sums = [0.0f64; 8];
    for (p, q) in a8.iter().zip(b8) {
        for lane in 0..8 {
            sums[lane] += p[lane] * q[lane];
        }
    }
    let tail: f64 = a_rest.iter().zip(b_rest).map(|(p, q)| p * q).sum();
    sums.iter().sum::<f64>() + tail
}

/// `y <- y + scale * x`.
pub(crate) fn axpy(scale: f32, x: &[f32], y: &mut [f32]) {
    for (to, from) in y.iter_mut().zip(x) {
        *to += scale * from;
    }
}

/// `y <- y + scale * x` in double precision.
pub(crate) fn axpy64(scale: f64, x: &[f64], y: &mut [f64]) {
    for (to, from) in y.iter_mut().zip(x) {
        *to += scale * from;
    }
}

/// Cosine by range reduction and an even polynomial; absolute error below 1e-4 for
/// `|x| < 400`, and between -1.001 and 1.001 for every finite `x`.
pub(crate) fn cos(x: f32) -> f32 {
    // Adding and taking away 1.5 * 2^23 rounds to the nearest integer without a library call.
    const ROUND: f32 = 12_582_912.0;
    let turns = (x * std::f32::consts::FRAC_1_PI * 0.5 + ROUND) - ROUND;
    let r = (x - turns * std::f32::consts::TAU).clamp(-3.2, 3.2);
    let s = r * r;
    let high = -2.755_732e-7 + s * (2.087_675_7e-9 - s * 1.147_074_6e-11);
    1.0 + s * (-0.5 + s * (1.0 / 24.0 + s * (-1.0 / 720.0 + s * (2.480_158_7e-5 + s * high))))
}

/// Logistic function.
pub(crate) fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

/// `ln(1 + e^x)`: the cumulative hazard one step of logit `x` adds.
pub(crate) fn softplus(x: f32) -> f32 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// Lower Cholesky factor of the symmetric `n x n` matrix `a`, in place; false if it is not
/// positive definite. The upper triangle is left as it was.
pub(crate) fn cholesky(a: &mut [f64], n: usize) -> bool {
    for row in 0..n {
        let (above, rest) = a.split_at_mut(row * n);
        let this = &mut rest[..n];
        for col in 0..row {
            let other = &above[col * n..col * n + col + 1];
            this[col] = (this[col] - dot64(&this[..col], &other[..col])) / other[col];
        }
        let pivot = this[row] - dot64(&this[..row], &this[..row]);
        if pivot.is_nan() || pivot <= 0.0 {
            return false;
        }
        this[row] = pivot.sqrt();
    }
    true
}

/// `b <- L^-1 b` for a lower factor.
pub(crate) fn solve_lower(l: &[f64], n: usize, b: &mut [f64]) {
    for row in 0..n {
        let line = &l[row * n..row * n + row + 1];
        b[row] = (b[row] - dot64(&line[..row], &b[..row])) / line[row];
    }
}

/// `b <- L^-T b` for a lower factor.
pub(crate) fn solve_upper(l: &[f64], n: usize, b: &mut [f64]) {
    for row in (0..n).rev() {
        let line = &l[row * n..row * n + row + 1];
        b[row] /= line[row];
        let known = b[row];
        axpy64(-known, &line[..row], &mut b[..row]);
    }
}

/// The inverse of `L L^T` as a full symmetric matrix.
pub(crate) fn inverse(l: &[f64], n: usize) -> Vec<f64> {
    let mut out = vec![0.0; n * n];
    for col in 0..n {
        let column = &mut out[col * n..(col + 1) * n];
        column[col] = 1.0;
        solve_lower(l, n, column);
        solve_upper(l, n, column);
    }
    out
}

/// Eigenvalues and eigenvectors (as rows) of the symmetric `n x n` matrix `a`, by cyclic Jacobi.
pub(crate) fn symmetric_eigen(mut a: Vec<f64>, n: usize) -> (Vec<f64>, Vec<f64>) {
    let mut v = vec![0.0; n * n];
    for i in 0..n {
        v[i * n + i] = 1.0;
    }
    for _ in 0..30 {
        let off: f64 =
            (0..n).flat_map(|i| (0..i).map(move |j| (i, j))).map(|(i, j)| a[i * n + j].powi(2)).sum();
        let diagonal: f64 = (0..n).map(|i| a[i * n + i].powi(2)).sum();
        if off <= 1e-20 * diagonal {
            break;
        }
        for p in 0..n {
            for q in p + 1..n {
                rotate(&mut a, &mut v, n, p, q);
            }
        }
    }
    ((0..n).map(|i| a[i * n + i]).collect(), v)
}

/// One Jacobi rotation that makes `a[p][q]` zero.
fn rotate(a: &mut [f64], v: &mut [f64], n: usize, p: usize, q: usize) {
    let apq = a[p * n + q];
    if apq.abs() < 1e-300 {
        return;
    }
    let theta = (a[q * n + q] - a[p * n + p]) / (2.0 * apq);
    let t = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
    let c = 1.0 / (t * t + 1.0).sqrt();
    let s = t * c;
    for k in 0..n {
        let (x, y) = (a[k * n + p], a[k * n + q]);
        a[k * n + p] = c * x - s * y;
        a[k * n + q] = s * x + c * y;
    }
    for k in 0..n {
        let (x, y) = (a[p * n + k], a[q * n + k]);
        a[p * n + k] = c * x - s * y;
        a[q * n + k] = s * x + c * y;
        let (x, y) = (v[p * n + k], v[q * n + k]);
        v[p * n + k] = c * x - s * y;
        v[q * n + k] = s * x + c * y;
    }
}

/// A standard normal draw (Box-Muller).
pub(crate) fn normal(rng: &mut impl rand::Rng) -> f32 {
    let radius = (-2.0 * (1.0 - uniform(rng)).ln()).sqrt();
    (radius * (std::f64::consts::TAU * uniform(rng)).cos()) as f32
}

/// A uniform draw from `0..1`.
pub(crate) fn uniform(rng: &mut impl rand::Rng) -> f64 {
    (rng.next_u64() >> 11) as f64 / (1u64 << 53) as f64
}

/// A uniform draw from `0..n`; `n` is at least 1.
pub(crate) fn below(rng: &mut impl rand::Rng, n: u64) -> u64 {
    ((u128::from(rng.next_u64()) * u128::from(n)) >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cosine_is_close() {
        for i in -40_000..40_000 {
            let x = i as f32 * 0.01;
            assert!((cos(x) - x.cos()).abs() < 1e-4, "{x}: {} {}", cos(x), x.cos());
        }
        for x in [1e4, -1e7, 1e20, f32::MAX, f32::MIN] {
            assert!(cos(x).abs() < 1.001, "{x}");
        }
    }

    #[test]
    fn cholesky_inverts() {
        let a = vec![4.0, 1.0, 0.5, 1.0, 3.0, 0.2, 0.5, 0.2, 2.0];
        let mut l = a.clone();
        assert!(cholesky(&mut l, 3));
        let inv = inverse(&l, 3);
        for i in 0..3 {
            for j in 0..3 {
                let got: f64 = (0..3).map(|k| a[i * 3 + k] * inv[k * 3 + j]).sum();
                assert!((got - f64::from(u8::from(i == j))).abs() < 1e-12);
            }
        }
        assert!(!cholesky(&mut [1.0, 2.0, 2.0, 1.0], 2));
    }

    #[test]
    fn jacobi_rebuilds_the_matrix() {
        let a = vec![2.0, -1.0, 0.3, -1.0, 2.0, 0.7, 0.3, 0.7, 5.0];
        let (values, rows) = symmetric_eigen(a.clone(), 3);
        for i in 0..3 {
            for j in 0..3 {
                let got: f64 = (0..3).map(|k| values[k] * rows[k * 3 + i] * rows[k * 3 + j]).sum();
                assert!((got - a[i * 3 + j]).abs() < 1e-10);
            }
        }
    }
}
