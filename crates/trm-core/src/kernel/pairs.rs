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

/// Reads `n_rows` rows of two halves at `from` and writes as many rows of one half to `to`. Both may be the
/// same address: nothing is overwritten before it was read.
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
            // SAFETY: only `pack_rows` and `pack_rows_in_place` make a `Pack`. Both checked that `from` is valid
            // for `n_rows * 2 * half` reads and `to` for `n_rows * half` writes, and j stays below `half`.
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
