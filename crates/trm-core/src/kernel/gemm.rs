//! Matrix products over tiles of registers.

use super::{Kernel, Real, Simd};

/// A matrix inside a slice: element (i, j) is `data[i * rows_apart + j * cols_apart]`.
#[derive(Clone, Copy)]
pub struct Mat<'a, R> {
    data: &'a [R],
    rows_apart: usize,
    cols_apart: usize,
}

impl<'a, R> Mat<'a, R> {
    /// A row-major matrix of rows of `width`.
    #[inline(always)]
    pub fn rows(data: &'a [R], width: usize) -> Self {
        Mat { data, rows_apart: width, cols_apart: 1 }
    }

    /// The transpose of a row-major matrix of rows of `width`.
    #[inline(always)]
    pub fn transposed(data: &'a [R], width: usize) -> Self {
        Mat { data, rows_apart: 1, cols_apart: width }
    }

    /// Whether element (i, j) lies inside the slice.
    #[inline(always)]
    fn reaches(&self, i: usize, j: usize) -> bool {
        let at = i.checked_mul(self.rows_apart).zip(j.checked_mul(self.cols_apart));
        at.and_then(|(row, col)| row.checked_add(col)).is_some_and(|at| at < self.data.len())
    }
}

/// `c = a b`: `a` is `m x k`, `b` row-major `k x n`, `c` row-major `m x n`.
///
/// # Panics
/// Where a slice is too short for its shape.
#[inline(always)]
pub fn gemm<S: Simd>(
    s: S,
    (m, n, k): (usize, usize, usize),
    a: Mat<S::Elem>,
    b: &[S::Elem],
    c: &mut [S::Elem],
) {
    s.call(Product::<_, false, false> { shape: (m, n, k), a, b, c });
}

/// `c += a b`, with the shapes of [`gemm`].
///
/// # Panics
/// Where a slice is too short for its shape.
#[inline(always)]
pub fn gemm_add<S: Simd>(
    s: S,
    (m, n, k): (usize, usize, usize),
    a: Mat<S::Elem>,
    b: &[S::Elem],
    c: &mut [S::Elem],
) {
    s.call(Product::<_, true, false> { shape: (m, n, k), a, b, c });
}

/// [`gemm`], or [`gemm_add`] where `ADD`, of pairs of bf16 numbers: `a` is `m x k / 2` of [`pack_rows`](super::pack_rows), `b` `k / 2 x n` of
/// [`pack_matrix`](super::pack_matrix); `k` here counts the pairs. Sums and `c` are whole numbers.
///
/// # Panics
/// Where a slice is too short for its shape.
#[inline(always)]
pub fn gemm_pairs<S: Simd, const ADD: bool>(
    s: S,
    (m, n, k): (usize, usize, usize),
    a: Mat<S::Elem>,
    b: &[S::Elem],
    c: &mut [S::Elem],
) {
    s.call_pairs(Product::<_, ADD, true> { shape: (m, n, k), a, b, c });
}

struct Product<'a, R, const ADD: bool, const PAIRS: bool> {
    shape: (usize, usize, usize),
    a: Mat<'a, R>,
    b: &'a [R],
    c: &'a mut [R],
}

impl<R: Real, const ADD: bool, const PAIRS: bool> Kernel<R> for Product<'_, R, ADD, PAIRS> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd<Elem = R>>(self, s: S) {
        product::<S, ADD, PAIRS>(s, self.shape, self.a, self.b, self.c);
    }
}

#[inline(always)]
fn product<S: Simd, const ADD: bool, const PAIRS: bool>(
    s: S,
    (m, n, k): (usize, usize, usize),
    a: Mat<S::Elem>,
    b: &[S::Elem],
    c: &mut [S::Elem],
) {
    if m == 0 || n == 0 {
        return;
    }
    let holds = |len: usize, rows: usize| rows.checked_mul(n).is_some_and(|size| size <= len);
    assert!(holds(c.len(), m), "c is {} long, not {m} x {n}", c.len());
    assert!(holds(b.len(), k), "b is {} long, not {k} x {n}", b.len());
    assert!(k == 0 || a.reaches(m - 1, k - 1), "a is {} long, not {m} x {k}", a.data.len());
    let mut j = 0;
    // SAFETY: the shapes were checked above, and each panel stays inside columns j..n.
    unsafe {
        // One row reads each number of `b` once: long runs of it come from L2 fastest.
        while m == 1 && S::REGISTERS == 32 && n - j >= 16 * S::LANES {
            panel::<S, 1, 16, ADD, PAIRS, false>(s, (m, n, k), a, b, c, j);
            j += 16 * S::LANES;
        }
        while m == 1 && n - j >= 8 * S::LANES {
            panel::<S, 1, 8, ADD, PAIRS, false>(s, (m, n, k), a, b, c, j);
            j += 8 * S::LANES;
        }
        // Sums, columns and one factor of a tile fill the registers.
        while S::REGISTERS == 32 && n - j >= 4 * S::LANES {
            panel::<S, 6, 4, ADD, PAIRS, false>(s, (m, n, k), a, b, c, j);
            j += 4 * S::LANES;
        }
        while n - j >= 2 * S::LANES {
            if S::REGISTERS == 32 {
                panel::<S, 12, 2, ADD, PAIRS, false>(s, (m, n, k), a, b, c, j);
            } else {
                panel::<S, 6, 2, ADD, PAIRS, false>(s, (m, n, k), a, b, c, j);
            }
            j += 2 * S::LANES;
        }
        if n - j >= S::LANES {
            panel::<S, 12, 1, ADD, PAIRS, false>(s, (m, n, k), a, b, c, j);
            j += S::LANES;
        }
        if n > j {
            panel::<S, 12, 1, ADD, PAIRS, true>(s, (m, n, k), a, b, c, j);
        }
    }
}

/// `NV` registers of columns from `j` on, `MR` rows at a time; where `PART`, the one register is
/// only filled up to column `n`; where `PAIRS`, each number of `a` and `b` is two of bf16.
///
/// # Safety
/// The slices must hold their shapes, and `j + NV * LANES <= n`, or `NV` be 1 where `PART`.
#[inline(always)]
unsafe fn panel<
    S: Simd,
    const MR: usize,
    const NV: usize,
    const ADD: bool,
    const PAIRS: bool,
    const PART: bool,
>(
    s: S,
    (m, n, k): (usize, usize, usize),
    a: Mat<S::Elem>,
    b: &[S::Elem],
    c: &mut [S::Elem],
    j: usize,
) {
    let mut i = 0;
    // SAFETY: row i..i + MR (or i + 1) is below m, so each pointer stays in its matrix; where k is 0,
    // `a` and `b` are never read and may be empty.
    unsafe {
        let b = b.as_ptr().wrapping_add(j);
        let at = |i: usize| a.data.as_ptr().wrapping_add(i * a.rows_apart);
        let apart = (a.rows_apart, a.cols_apart);
        let part = n - j;
        while i + MR <= m {
            tile::<S, MR, NV, ADD, PAIRS, PART>(
                s,
                k,
                at(i),
                apart,
                b,
                c.as_mut_ptr().add(i * n + j),
                (n, part),
            );
            i += MR;
        }
        while i + 3 <= m {
            tile::<S, 3, NV, ADD, PAIRS, PART>(
                s,
                k,
                at(i),
                apart,
                b,
                c.as_mut_ptr().add(i * n + j),
                (n, part),
            );
            i += 3;
        }
        while i < m {
            tile::<S, 1, NV, ADD, PAIRS, PART>(
                s,
                k,
                at(i),
                apart,
                b,
                c.as_mut_ptr().add(i * n + j),
                (n, part),
            );
            i += 1;
        }
    }
}

/// An `MR x NV` tile of registers, summed over `k`.
///
/// # Safety
/// `a`, `b` and `c` must reach `MR` rows, `k` rows and `MR` rows, `NV` registers wide, or `part`
/// numbers wide where `PART`.
#[inline(always)]
unsafe fn tile<
    S: Simd,
    const MR: usize,
    const NV: usize,
    const ADD: bool,
    const PAIRS: bool,
    const PART: bool,
>(
    s: S,
    k: usize,
    a: *const S::Elem,
    (rows_apart, cols_apart): (usize, usize),
    b: *const S::Elem,
    c: *mut S::Elem,
    (n, part): (usize, usize),
) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut sums = [[s.splat(S::Elem::ZERO); NV]; MR];
        if ADD {
            for (i, row) in sums.iter_mut().enumerate() {
                for (v, sum) in row.iter_mut().enumerate() {
                    *sum = load::<S, PART>(s, part, c.add(i * n + v * S::LANES).cast_const());
                }
            }
        }
        for p in 0..k {
            let mut columns = [s.splat(S::Elem::ZERO); NV];
            for (v, column) in columns.iter_mut().enumerate() {
                *column = load::<S, PART>(s, part, b.add(p * n + v * S::LANES));
            }
            for (i, row) in sums.iter_mut().enumerate() {
                let x = s.splat(*a.add(i * rows_apart + p * cols_apart));
                for (sum, column) in row.iter_mut().zip(&columns) {
                    *sum = if PAIRS { s.dot_pairs(x, *column, *sum) } else { s.mul_add(x, *column, *sum) };
                }
            }
        }
        for (i, row) in sums.iter().enumerate() {
            for (v, sum) in row.iter().enumerate() {
                let c = c.add(i * n + v * S::LANES);
                if PART { s.store_first(c, *sum, part) } else { s.store(c, *sum) }
            }
        }
    }
}

/// A register, or its first `part` numbers where `PART`.
///
/// # Safety
/// `p` must reach as far.
#[inline(always)]
unsafe fn load<S: Simd, const PART: bool>(s: S, part: usize, p: *const S::Elem) -> S::V {
    // SAFETY: the caller's promise.
    unsafe { if PART { s.load_first(p, part) } else { s.load(p) } }
}
