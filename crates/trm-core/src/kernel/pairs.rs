//! Packing matrices into bf16 pairs. The dimension that a GEMM sums over is halved: element `p` of its first
//! half and element `p` of its second share the bits of one number.

use super::simd::{Kernel, Real, Simd};

/// Packs the row-major `[k, n]` matrix `b` as `[k / 2, n]` pairs for [`gemm_pairs`](super::gemm_pairs).
///
/// # Panics
/// Where `k` is odd, or a slice does not have its shape.
pub fn pack_matrix<R: Real>(b: &[R], (k, n): (usize, usize), out: &mut [R]) {
    assert!(k.is_multiple_of(2) && b.len() == k * n && out.len() == b.len() / 2, "{} of {k} x {n}", b.len());
    let (low, high) = b.split_at(b.len() / 2);
    for ((low, high), out) in low.iter().zip(high).zip(out) {
        *out = R::pair(*low, *high);
    }
}

/// Packs rows of length `k` as rows of `k / 2` pairs.
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
    let (low, high) = (rows.as_ptr(), rows.as_ptr().wrapping_add(k / 2));
    s.call(Pack { low, high, to: out.as_mut_ptr(), n_rows: rows.len() / k, half: k / 2 });
}

/// Packs the rows of length `n` for a product that sums over rows: as half as many rows of pairs, a row of the first half
/// of `rows` with one of the second. Where their number is odd, the last of the first half has zero at its side.
///
/// # Panics
/// Where `n` does not divide the length of `rows`, or `out` is not `rows.div_ceil(2)` rows long.
#[inline(always)]
pub fn pack_columns<S: Simd>(s: S, rows: &[S::Elem], n: usize, out: &mut [S::Elem]) {
    let n_rows = rows.len() / n;
    let (half, rest) = (n_rows / 2 * n, n_rows % 2 * n);
    assert!(rows.len().is_multiple_of(n) && out.len() == half + rest, "{} by {n}", rows.len());
    let (low, high) = rows.split_at(half + rest);
    s.call(Pack { low: low.as_ptr(), high: high.as_ptr(), to: out.as_mut_ptr(), n_rows: 1, half });
    for (single, out) in low[half..].iter().zip(&mut out[half..]) {
        *out = S::Elem::pair(*single, S::Elem::ZERO);
    }
}

/// [`pack_rows`] into the first half of `rows`.
///
/// # Panics
/// Where `k` is odd or does not divide the length.
#[inline(always)]
pub fn pack_rows_in_place<S: Simd>(s: S, rows: &mut [S::Elem], k: usize) {
    assert!(k.is_multiple_of(2) && rows.len().is_multiple_of(k), "{} by {k}", rows.len());
    let to = rows.as_mut_ptr();
    let (low, high) = (to.cast_const(), to.cast_const().wrapping_add(k / 2));
    s.call(Pack { low, high, to, n_rows: rows.len() / k, half: k / 2 });
}

/// Reads `half` numbers of each of `n_rows` rows at `low` and at `high`, which are `2 * half` apart, and writes as many rows
/// of one half to `to`. This may be the address of `low`: nothing is overwritten before it was read.
struct Pack<R> {
    low: *const R,
    high: *const R,
    to: *mut R,
    n_rows: usize,
    half: usize,
}

impl<R: Real> Kernel<R> for Pack<R> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd<Elem = R>>(self, s: S) {
        let Pack { low, high, to, n_rows, half } = self;
        for i in 0..n_rows {
            // SAFETY: only the functions above make a `Pack`. They checked that each row of `low` and `high` is valid
            // for `half` reads and `to` for `n_rows * half` writes, and j stays below `half`.
            unsafe {
                let (low, high, to) = (low.add(2 * i * half), high.add(2 * i * half), to.add(i * half));
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
