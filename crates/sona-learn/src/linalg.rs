//! Factorisations of symmetric matrices, which `ndarray` leaves to LAPACK.

use ndarray::{Array1, Array2, ArrayView1, ArrayView2, ArrayViewMut1, Axis, LinalgScalar, Zip, s};

/// `X^T c`, row by row: `ndarray` would walk down the columns of `X`.
pub(crate) fn transposed_dot<A: LinalgScalar>(x: ArrayView2<A>, c: ArrayView1<A>) -> Array1<A> {
    let mut sum = Array1::zeros(x.ncols());
    for (row, &c) in x.rows().into_iter().zip(c) {
        sum.scaled_add(c, &row);
    }
    sum
}

/// Gram-Schmidt over the rows, twice; a row that depends on earlier ones becomes zero.
pub(crate) fn orthonormalise(v: &mut Array2<f32>) {
    for i in 0..v.nrows() {
        let (done, mut rest) = v.view_mut().split_at(Axis(0), i);
        let mut row = rest.row_mut(0);
        let before = row.dot(&row).sqrt();
        for _ in 0..2 {
            for other in done.rows() {
                let along = row.dot(&other);
                row.scaled_add(-along, &other);
            }
        }
        let norm = row.dot(&row).sqrt();
        row *= if norm > 1e-4 * before && norm.is_normal() { 1.0 / norm } else { 0.0 };
    }
}

/// `A + ridge I`.
pub(crate) fn with_ridge(mut a: Array2<f64>, ridge: f64) -> Array2<f64> {
    a.diag_mut().mapv_inplace(|x| x + ridge);
    a
}

/// The lower factor `L` of `A = L L^T`.
pub(crate) struct Cholesky(Array2<f64>);

impl Cholesky {
    /// Factors a symmetric matrix, of which the lower triangle is read; `None` if it is not positive
    /// definite.
    pub(crate) fn of(mut a: Array2<f64>) -> Option<Self> {
        for i in 0..a.nrows() {
            let (above, mut rest) = a.view_mut().split_at(Axis(0), i);
            let mut row = rest.row_mut(0);
            for (j, other) in above.rows().into_iter().enumerate() {
                row[j] = (row[j] - row.slice(s![..j]).dot(&other.slice(s![..j]))) / other[j];
            }
            let before = row.slice(s![..i]);
            let pivot = row[i] - before.dot(&before);
            if pivot.is_nan() || pivot <= 0.0 {
                return None;
            }
            row[i] = pivot.sqrt();
        }
        Some(Cholesky(a))
    }

    /// `b <- A^-1 b`.
    pub(crate) fn solve(&self, mut b: ArrayViewMut1<f64>) {
        let l = &self.0;
        for (i, row) in l.rows().into_iter().enumerate() {
            b[i] = (b[i] - row.slice(s![..i]).dot(&b.slice(s![..i]))) / row[i];
        }
        for (i, row) in l.rows().into_iter().enumerate().rev() {
            b[i] /= row[i];
            let known = b[i];
            b.slice_mut(s![..i]).scaled_add(-known, &row.slice(s![..i]));
        }
    }

    /// `L^-1`.
    pub(crate) fn inverse_factor(&self) -> Array2<f64> {
        let mut inverse = Array2::eye(self.0.nrows());
        for (i, factors) in self.0.rows().into_iter().enumerate() {
            let (done, mut rest) = inverse.view_mut().split_at(Axis(0), i);
            let mut row = rest.row_mut(0);
            for (other, &factor) in done.rows().into_iter().zip(factors) {
                row.scaled_add(-factor, &other);
            }
            row /= factors[i];
        }
        inverse
    }

    /// `A^-1`.
    pub(crate) fn inverse(&self) -> Array2<f64> {
        let half = self.inverse_factor();
        half.t().dot(&half)
    }
}

/// Eigenvalues and eigenvectors (as rows) of a symmetric matrix, by cyclic Jacobi.
pub(crate) fn symmetric_eigen(mut a: Array2<f64>) -> (Array1<f64>, Array2<f64>) {
    let n = a.nrows();
    let mut v = Array2::eye(n);
    for _ in 0..30 {
        let below = a.indexed_iter().filter(|((i, j), _)| j < i);
        let off: f64 = below.map(|(_, x)| x * x).sum();
        if off <= 1e-20 * a.diag().dot(&a.diag()) {
            break;
        }
        for p in 0..n {
            for q in p + 1..n {
                rotate(&mut a, &mut v, p, q);
            }
        }
    }
    (a.diag().to_owned(), v)
}

/// One Jacobi rotation that makes `a[p][q]` zero.
fn rotate(a: &mut Array2<f64>, v: &mut Array2<f64>, p: usize, q: usize) {
    let apq = a[[p, q]];
    if apq.abs() < 1e-300 {
        return;
    }
    let theta = (a[[q, q]] - a[[p, p]]) / (2.0 * apq);
    let t = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
    let c = 1.0 / (t * t + 1.0).sqrt();
    let s = t * c;
    let turn = |x: ArrayViewMut1<f64>, y: ArrayViewMut1<f64>| {
        Zip::from(x).and(y).for_each(|x, y| (*x, *y) = (c * *x - s * *y, s * *x + c * *y));
    };
    let (x, y) = a.multi_slice_mut((s![.., p], s![.., q]));
    turn(x, y);
    let (x, y) = a.multi_slice_mut((s![p, ..], s![q, ..]));
    turn(x, y);
    let (x, y) = v.multi_slice_mut((s![p, ..], s![q, ..]));
    turn(x, y);
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{array, aview1};

    #[test]
    fn cholesky_inverts() {
        let a = array![[4.0, 1.0, 0.5], [1.0, 3.0, 0.2], [0.5, 0.2, 2.0]];
        let factor = Cholesky::of(a.clone()).expect("positive definite");
        let inverse = factor.inverse();
        let product = a.dot(&inverse);
        for ((i, j), got) in product.indexed_iter() {
            assert!((got - f64::from(u8::from(i == j))).abs() < 1e-12);
        }
        let (b, mut x) = (array![1.0, -2.0, 0.5], array![1.0, -2.0, 0.5]);
        factor.solve(x.view_mut());
        assert!((a.dot(&x) - &b).iter().chain(&(inverse.dot(&b) - &x)).all(|error| error.abs() < 1e-12));
        assert!(Cholesky::of(array![[1.0, 2.0], [2.0, 1.0]]).is_none());
    }

    #[test]
    fn jacobi_rebuilds_the_matrix() {
        let a = array![[2.0, -1.0, 0.3], [-1.0, 2.0, 0.7], [0.3, 0.7, 5.0]];
        let (values, rows) = symmetric_eigen(a.clone());
        let rebuilt = rows.t().dot(&Array2::from_diag(&values)).dot(&rows);
        assert!((rebuilt - a).iter().all(|error| error.abs() < 1e-10));
    }

    #[test]
    fn transposed_dot_is_the_product_with_the_transposed() {
        let x = Array2::from_shape_fn((5, 3), |(i, j)| (i * 7 + j * 3) as f64 % 4.0 - 1.5);
        let c = [0.5, -1.0, 2.0, 0.0, 1.5];
        assert!(
            (transposed_dot(x.view(), aview1(&c)) - x.t().dot(&aview1(&c))).iter().all(|e| e.abs() < 1e-12)
        );
    }

    #[test]
    fn rows_become_orthonormal_or_zero() {
        let mut v = array![[3.0f32, 0.0, 4.0], [1.0, 1.0, 1.0], [6.0, 0.0, 8.0]];
        orthonormalise(&mut v);
        let expected = array![[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]];
        assert!((v.dot(&v.t()) - expected).iter().all(|error| error.abs() < 1e-6), "{v}");
    }
}
