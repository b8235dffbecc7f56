//! Muon: the momentum of a matrix, made orthogonal, is its update.
//!
//! After <https://kellerjordan.github.io/posts/muon/>, in the units of arXiv 2502.16982, in which a learning rate means what
//! it does for AdamW. Here it learns five to eight times as fast (RESEARCH.md).

use core::ops::Range;
use trm_core::kernel::{Isa, Real};
use trm_core::params::{MatrixAt, transpose};

/// Decay of the momentum.
const MOMENTUM: f32 = 0.95;
/// Root mean square of an update, in learning rates: about that of AdamW.
const SIZE: f64 = 0.2;
/// Rounds of the Newton-Schulz iteration.
const ROUNDS: usize = 5;
/// Its polynomial `a x + b x^3 + c x^5`, which moves every singular value near 1 rather than one of them to 1 exactly.
const POLYNOMIAL: [f32; 3] = [3.4445, -4.7750, 2.0315];

/// The buffers of one step.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Muon {
    /// `[short, long]`: the update of one matrix, and its transpose.
    update: Vec<f32>,
    transposed: Vec<f32>,
    next: Vec<f32>,
    /// `[short, short]`: its Gram matrix, a multiple of that, and the polynomial of it.
    gram: Vec<f32>,
    scaled: Vec<f32>,
    polynomial: Vec<f32>,
}

impl Muon {
    /// Moves `momentum` on by the gradient, and the matrix in `params` by `rate` against it; before that `keep` times the
    /// matrix is left.
    pub fn step(
        &mut self,
        isa: Isa,
        at: MatrixAt,
        (rate, keep): (f64, f32),
        params: &mut [f32],
        momentum: &mut [f32],
        grads: &[f32],
    ) {
        let MatrixAt { rows, cols, .. } = at;
        self.update.clear();
        for row in rows_of(at) {
            for (m, g) in momentum[row.clone()].iter_mut().zip(&grads[row]) {
                *m = MOMENTUM * *m + (1.0 - MOMENTUM) * g;
                self.update.push(MOMENTUM * *m + (1.0 - MOMENTUM) * g);
            }
        }
        self.orthogonalize(isa, rows, cols);
        let size = (rate * SIZE * (rows.max(cols) as f64).sqrt()) as f32;
        for (row, update) in rows_of(at).zip(self.update.chunks_exact(cols)) {
            for (p, u) in params[row].iter_mut().zip(update) {
                *p = *p * keep - size * u;
            }
        }
    }

    /// Makes the singular values of `update`, `[rows, cols]`, about 1.
    fn orthogonalize(&mut self, isa: Isa, rows: usize, cols: usize) {
        let (short, long) = (rows.min(cols), rows.max(cols));
        for buffer in [&mut self.transposed, &mut self.next] {
            buffer.resize(short * long, 0.0);
        }
        for buffer in [&mut self.gram, &mut self.scaled, &mut self.polynomial] {
            buffer.resize(short * short, 0.0);
        }
        let Muon { update, transposed, next, gram, scaled, polynomial } = self;
        if rows > cols {
            transpose(update, rows, cols, transposed);
            std::mem::swap(update, transposed);
        }
        let length = update.iter().map(|u| f64::from(*u).powi(2)).sum::<f64>().sqrt();
        let factor = (1.0 / (length + 1e-12)) as f32;
        update.iter_mut().for_each(|u| *u *= factor);
        let [a, b, c] = POLYNOMIAL;
        for _ in 0..ROUNDS {
            transpose(update, short, long, transposed);
            gram.fill(0.0);
            f32::matmul_add(isa, (short, short, long), update, transposed, gram);
            for ((p, s), g) in polynomial.iter_mut().zip(&mut *scaled).zip(&*gram) {
                (*p, *s) = (b * g, c * g);
            }
            f32::matmul_add(isa, (short, short, short), scaled, gram, polynomial);
            next.iter_mut().zip(&*update).for_each(|(next, u)| *next = a * u);
            f32::matmul_add(isa, (short, long, short), polynomial, update, next);
            std::mem::swap(update, next);
        }
        if rows > cols {
            transpose(update, cols, rows, transposed);
            std::mem::swap(update, transposed);
        }
    }
}

/// Where the rows of a matrix lie.
pub(crate) fn rows_of(at: MatrixAt) -> impl Iterator<Item = Range<usize>> {
    (0..at.rows).map(move |i| at.start + i * at.stride..at.start + i * at.stride + at.cols)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A matrix of 3 rows and 5 columns, or turned, in the middle of others.
    fn matrix(rows: usize, cols: usize) -> (MatrixAt, Vec<f32>) {
        let at = MatrixAt { start: 4, stride: cols + 2, rows, cols };
        (at, (0..4 + rows * (cols + 2)).map(|i| (i as f32 * 1.7).sin()).collect())
    }

    fn gathered(at: MatrixAt, v: &[f32]) -> Vec<f32> {
        rows_of(at).flat_map(|row| v[row].to_vec()).collect()
    }

    #[test]
    fn an_update_has_singular_values_near_one_and_touches_nothing_else() {
        for isa in Isa::available() {
            for (rows, cols) in [(3, 5), (5, 3), (4, 4), (1, 6)] {
                let (at, grads) = matrix(rows, cols);
                let (mut params, mut momentum) = (vec![0.0; grads.len()], vec![0.0; grads.len()]);
                let mut muon = Muon::default();
                muon.step(isa, at, (1.0, 1.0), &mut params, &mut momentum, &grads);
                let size = (SIZE * (rows.max(cols) as f64).sqrt()) as f32;
                let update: Vec<f32> = gathered(at, &params).iter().map(|p| -p / size).collect();
                // The sum of the squared singular values, and along the gradient.
                let square = update.iter().map(|u| u * u).sum::<f32>();
                let short = rows.min(cols) as f32;
                assert!((0.45 * short..1.5 * short).contains(&square), "{isa:?} {rows}x{cols}: {square}");
                let along: f32 = update.iter().zip(gathered(at, &grads)).map(|(u, g)| u * g).sum();
                assert!(along > 0.0, "{isa:?} {rows}x{cols}: {along}");
                let inside: Vec<_> = rows_of(at).flatten().collect();
                let outside = (0..grads.len()).filter(|i| !inside.contains(i));
                assert!(outside.into_iter().all(|i| params[i] == 0.0 && momentum[i] == 0.0));
            }
        }
    }

    /// Of a matrix with one singular value the update is that of a polynomial of one number.
    #[test]
    fn the_iteration_is_that_of_its_polynomial() {
        let (at, grads) = (MatrixAt { start: 0, stride: 2, rows: 2, cols: 2 }, [0.0f32, 3.0, 3.0, 0.0]);
        let (mut params, mut momentum) = (vec![0.0f32; 4], vec![0.0; 4]);
        Muon::default().step(Isa::best(), at, (0.5, 1.0), &mut params, &mut momentum, &grads);
        let [a, b, c] = POLYNOMIAL.map(f64::from);
        let x = (0..ROUNDS).fold(0.5f64.sqrt(), |x, _| a * x + b * x.powi(3) + c * x.powi(5));
        let expected = -(0.5 * SIZE * 2f64.sqrt() * x) as f32;
        for (p, sign) in params.iter().zip([0.0, 1.0, 1.0, 0.0]) {
            assert!((p - sign * expected).abs() < 1e-5, "{params:?}, {expected}");
        }
        assert_eq!(momentum, [0.0, 3.0 * (1.0 - MOMENTUM), 3.0 * (1.0 - MOMENTUM), 0.0]);
    }
}
