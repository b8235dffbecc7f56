//! Matrices as pairs of bf16 numbers: the first half of the numbers that a product sums over beside the second
//! half, two in the bits of one.

use super::{Kernel, Real, Simd};

/// Packs the row-major `[k, n]` matrix `b` as `[k / 2, n]` pairs for [`gemm_pairs`](super::gemm_pairs).
///
/// # Panics
/// Where `k` is odd, or a slice has not this shape.
pub fn pack_matrix<R: Real>(b: &[R], (k, n): (usize, usize), out: &mut [R]) {
    assert!(k.is_multiple_of(2) && b.len() == k * n && out.len() == b.len() / 2, "{} of {k} x {n}", b.len());
    let (low, high) = b.split_at(b.len() / 2);
    for ((low, high), out) in low.iter().zip(high).zip(out) {
        *out = R::pair(*low, *high);
    }
}

/// Packs rows of `k` numbers as rows of `k / 2` pairs.
///
/// # Panics
/// Where `k` is odd, or `out` is not half as long as `rows`.
#[inline(always)]
pub fn pack_rows<S: Simd>(s: S, rows: &[S::Elem], k: usize, out: &mut [S::Elem]) {
    assert!(
        k.is_multiple_of(2) && rows.len().is_multiple_of(k) && out.len() == rows.len() / 2,
        "{} by {k}",
        rows.len()
    );
    // SAFETY: as long as was checked.
    s.call(Pack { from: rows.as_ptr(), to: out.as_mut_ptr(), n_rows: rows.len() / k, half: k / 2 });
}

/// [`pack_rows`] into the first half of `rows`.
///
/// # Panics
/// Where `k` is odd or does not divide the length.
#[inline(always)]
pub fn pack_rows_in_place<S: Simd>(s: S, rows: &mut [S::Elem], k: usize) {
    assert!(k.is_multiple_of(2) && rows.len().is_multiple_of(k), "{} by {k}", rows.len());
    let to = rows.as_mut_ptr();
    s.call(Pack { from: to.cast_const(), to, n_rows: rows.len() / k, half: k / 2 });
}

/// `from` reaches `n_rows` rows of two halves, `to` as many of one. They may be the same place: what is written
/// was read before.
struct Pack<R> {
    from: *const R,
    to: *mut R,
    n_rows: usize,
    half: usize,
}

impl<R: Real> Kernel<R> for Pack<R> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd<Elem = R>>(self, s: S) {
        let Pack { from, to, n_rows, half } = self;
        for i in 0..n_rows {
            // SAFETY: both rows, and what is read and written in them, are inside the slices of the caller.
            unsafe {
                let (low, high, to) =
                    (from.add(2 * i * half), from.add((2 * i + 1) * half), to.add(i * half));
                let mut j = 0;
                while j + S::LANES <= half {
                    s.store(to.add(j), s.pair(s.load(low.add(j)), s.load(high.add(j))));
                    j += S::LANES;
                }
                while j < half {
                    *to.add(j) = R::pair(*low.add(j), *high.add(j));
                    j += 1;
                }
            }
        }
    }
}
