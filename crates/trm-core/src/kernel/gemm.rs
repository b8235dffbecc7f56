//! Matrix multiplication (GEMM) in tiles of registers.

use super::simd::{Kernel, Real, Simd};

/// A strided view of a matrix: element (i, j) is `data[i * row_stride + j * col_stride]`.
#[derive(Clone, Copy)]
pub struct Mat<'a, R> {
    pub(super) data: &'a [R],
    pub(super) row_stride: usize,
    pub(super) col_stride: usize,
}

impl<'a, R> Mat<'a, R> {
    /// A row-major matrix whose rows are `width` long.
    #[inline(always)]
    pub fn rows(data: &'a [R], width: usize) -> Self {
        Mat { data, row_stride: width, col_stride: 1 }
    }

    /// The transpose of a row-major matrix whose rows are `width` long.
    #[inline(always)]
    pub fn transposed(data: &'a [R], width: usize) -> Self {
        Mat { data, row_stride: 1, col_stride: width }
    }

    /// Whether element (i, j) lies inside the slice.
    #[inline(always)]
    pub(super) fn contains(&self, i: usize, j: usize) -> bool {
        let at = i.checked_mul(self.row_stride).zip(j.checked_mul(self.col_stride));
        at.and_then(|(row, col)| row.checked_add(col)).is_some_and(|at| at < self.data.len())
    }
}

/// `c = a b`: `a` is `m x k`, `b` row-major `k x n`, `c` row-major `m x n`.
///
/// # Panics
/// Where a slice is too short for its shape.
#[inline(always)]
pub fn gemm<S: Simd>(s: S, shape: (usize, usize, usize), a: Mat<S::Elem>, b: &[S::Elem], c: &mut [S::Elem]) {
    s.call(Gemm::<_, false, false> { shape, a, b, start: None, c });
}

/// `c += a b`, with the shapes of [`gemm`].
///
/// # Panics
/// Where a slice is too short for its shape.
#[inline(always)]
pub fn gemm_add<S: Simd>(
    s: S,
    shape: (usize, usize, usize),
    a: Mat<S::Elem>,
    b: &[S::Elem],
    c: &mut [S::Elem],
) {
    s.call(Gemm::<_, true, false> { shape, a, b, start: None, c });
}

/// `c = start + a b`, with the shapes of [`gemm`] and `start` of the shape of `c`.
///
/// # Panics
/// Where a slice is too short for its shape.
#[inline(always)]
pub fn gemm_from<S: Simd>(
    s: S,
    shape: (usize, usize, usize),
    start: &[S::Elem],
    a: Mat<S::Elem>,
    b: &[S::Elem],
    c: &mut [S::Elem],
) {
    s.call(Gemm::<_, true, false> { shape, a, b, start: Some(start), c });
}

/// [`gemm`] (or, where `ADD`, [`gemm_from`] `start`, if given, or [`gemm_add`]) over bf16 pairs: `a` is from [`pack_rows`](super::pack_rows), `b`
/// from [`pack_matrix`](super::pack_matrix), and the `k` of the shape counts pairs. `c` and the sums are not
/// rounded.
///
/// # Panics
/// Where a slice is too short for its shape.
#[inline(always)]
pub fn gemm_pairs<S: Simd, const ADD: bool>(
    s: S,
    shape: (usize, usize, usize),
    start: Option<&[S::Elem]>,
    a: Mat<S::Elem>,
    b: &[S::Elem],
    c: &mut [S::Elem],
) {
    s.call_pairs(Gemm::<_, ADD, true> { shape, a, b, start, c });
}

/// A panel of this many registers asks for rows of `b` this far ahead: it is the panel of few rows, to which `b` comes
/// from further away than from L1, each row from another page of memory.
const NV_OF_FEW: usize = 2;
const AHEAD: usize = 16;

/// `c = a b`, or where `ADD` `c = start + a b`, or without a start `c += a b`; each element of `a` and `b` is a bf16 pair where `PAIRS`.
struct Gemm<'a, R, const ADD: bool, const PAIRS: bool> {
    /// `(m, n, k)`
    shape: (usize, usize, usize),
    a: Mat<'a, R>,
    b: &'a [R],
    start: Option<&'a [R]>,
    c: &'a mut [R],
}

impl<R: Real, const ADD: bool, const PAIRS: bool> Kernel<R> for Gemm<'_, R, ADD, PAIRS> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd<Elem = R>>(self, s: S) {
        panels::<S, ADD, PAIRS>(s, self.shape, self.a, self.b, self.start, self.c);
    }
}

/// [`Gemm`] in panels of columns, widest first.
///
/// # Panics
/// Where a slice is too short for its shape.
#[inline(always)]
fn panels<S: Simd, const ADD: bool, const PAIRS: bool>(
    s: S,
    (m, n, k): (usize, usize, usize),
    a: Mat<S::Elem>,
    b: &[S::Elem],
    start: Option<&[S::Elem]>,
    c: &mut [S::Elem],
) {
    if m == 0 || n == 0 {
        return;
    }
    let holds = |len: usize, rows: usize| rows.checked_mul(n).is_some_and(|size| size <= len);
    assert!(holds(c.len(), m), "c is {} long, not {m} x {n}", c.len());
    assert!(holds(b.len(), k), "b is {} long, not {k} x {n}", b.len());
    assert!(k == 0 || a.contains(m - 1, k - 1), "a is {} long, not {m} x {k}", a.data.len());
    let c = c.as_mut_ptr();
    let start = start.map_or(c.cast_const(), |start| {
        assert!(holds(start.len(), m), "the start is {} long, not {m} x {n}", start.len());
        start.as_ptr()
    });
    let mut j = 0;
    /// Panels of `$nv` registers, in tiles of `$mr` rows, while that many columns are left and `$when`.
    macro_rules! panels {
        ($mr:literal x $nv:literal, $when:expr) => {
            while $when && n - j >= $nv * S::LANES {
                panel::<S, $mr, $nv, ADD, PAIRS, false>(s, (m, n, k), a, b, (start, c), j);
                j += $nv * S::LANES;
            }
        };
    }
    let single = PAIRS && !S::TILES_OF_PAIRS;
    let (wide, narrow) = (S::REGISTERS == 32 && !single, S::REGISTERS == 16 && !single);
    // SAFETY: the shapes were checked above, and each panel stays inside columns j..n.
    unsafe {
        // One row reads each element of `b` once: long runs of it come from L2 fastest.
        panels!(1 x 16, m == 1 && wide);
        panels!(1 x 8, m == 1 && !single);
        // The sums, a row of `b` and one element of `a` fill the registers. Few rows are one tile, which reads `b` once.
        panels!(12 x 2, wide && (7..=12).contains(&m));
        panels!(6 x 4, wide);
        panels!(12 x 2, wide);
        panels!(6 x 2, narrow);
        panels!(12 x 1, !single);
        panels!(1 x 1, single);
        if single && n > j {
            panel::<S, 1, 1, ADD, PAIRS, true>(s, (m, n, k), a, b, (start, c), j);
        } else if n > j {
            panel::<S, 4, 1, ADD, PAIRS, true>(s, (m, n, k), a, b, (start, c), j);
        }
    }
}

/// `NV` registers of columns from `j` on, in tiles of at most `MR` rows that differ by one row at most: a small tile has
/// too few sums to hide the latency of a multiply-add. Where `PART`, the one register is filled only up to column `n`.
///
/// # Safety
/// The slices and `start` and `c` must hold their shapes, `MR <= 12`, and `j + NV * LANES <= n`, or `NV` be 1 where `PART`.
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
    (start, c): (*const S::Elem, *mut S::Elem),
    j: usize,
) {
    let b = b.as_ptr().wrapping_add(j);
    let strides = (a.row_stride, a.col_stride);
    let n_tiles = m.div_ceil(MR);
    let (height, n_higher) = (m / n_tiles, m % n_tiles);
    let mut i = 0;
    for t in 0..n_tiles {
        let rows = height + usize::from(t < n_higher);
        let a = a.data.as_ptr().wrapping_add(i * a.row_stride);
        let (start, c) = (start.wrapping_add(i * n + j), c.wrapping_add(i * n + j));
        /// The tile, if it has one of these heights.
        macro_rules! heights {
            ($($mr:literal)*) => {
                match rows {
                    // SAFETY: the rows from i on that the tile has are below m, so each pointer stays in its matrix;
                    // where k is 0, `a` and `b` are never read and may be empty.
                    $($mr if const { $mr <= MR } => unsafe {
                        tile::<S, $mr, NV, ADD, PAIRS, PART>(s, k, a, strides, b, (start, c), (n, n - j))
                    },)*
                    _ => unreachable!(),
                }
            };
        }
        heights!(1 2 3 4 5 6 7 8 9 10 11 12);
        i += rows;
    }
}

/// An `MR x NV` tile of registers, summed over `k`. `n` is the width of `b` and `c`.
///
/// # Safety
/// `a`, `b`, `start` and `c` must reach `MR` rows, `k` rows and twice `MR` rows, `NV` registers wide, or `part`
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
    (row_stride, col_stride): (usize, usize),
    b: *const S::Elem,
    (start, c): (*const S::Elem, *mut S::Elem),
    (n, part): (usize, usize),
) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut sums = [[s.splat(S::Elem::ZERO); NV]; MR];
        if ADD {
            for (i, row) in sums.iter_mut().enumerate() {
                for (v, sum) in row.iter_mut().enumerate() {
                    *sum = load::<S, PART>(s, part, start.add(i * n + v * S::LANES));
                }
            }
        }
        let halves = [b, b.wrapping_add(NV / 2 * S::LANES)];
        multiply_add::<S, MR, NV, PAIRS, PART>(
            s,
            &mut sums,
            k,
            a,
            (row_stride, col_stride),
            halves,
            (n, part),
        );
        for (i, row) in sums.iter().enumerate() {
            for (v, sum) in row.iter().enumerate() {
                store::<S, PART>(s, part, c.add(i * n + v * S::LANES), *sum);
            }
        }
    }
}

/// A register, or its first `part` lanes where `PART`.
///
/// # Safety
/// `p` must be valid for as many reads.
#[inline(always)]
pub(super) unsafe fn load<S: Simd, const PART: bool>(s: S, part: usize, p: *const S::Elem) -> S::V {
    // SAFETY: the caller's promise.
    unsafe { if PART { s.load_first(p, part) } else { s.load(p) } }
}

/// Writes a register, or its first `part` lanes where `PART`.
///
/// # Safety
/// `p` must be valid for as many writes.
#[inline(always)]
pub(super) unsafe fn store<S: Simd, const PART: bool>(s: S, part: usize, p: *mut S::Elem, v: S::V) {
    // SAFETY: the caller's promise.
    unsafe { if PART { s.store_first(p, v, part) } else { s.store(p, v) } }
}

/// The loop of a tile: adds the product over `k` to `sums`. `b` points to the first row of each half of the `NV` registers
/// (the first half rounded down), whose rows are `n` apart.
///
/// # Safety
/// `a` must reach `MR` rows, and the halves of `b` `k` rows, each of its registers wide, or `part` numbers wide
/// where `PART`.
#[inline(always)]
pub(super) unsafe fn multiply_add<
    S: Simd,
    const MR: usize,
    const NV: usize,
    const PAIRS: bool,
    const PART: bool,
>(
    s: S,
    sums: &mut [[S::V; NV]; MR],
    k: usize,
    a: *const S::Elem,
    (row_stride, col_stride): (usize, usize),
    b: [*const S::Elem; 2],
    (n, part): (usize, usize),
) {
    let register = |p: usize, v: usize| match v < NV / 2 {
        true => b[0].wrapping_add(p * n + v * S::LANES),
        false => b[1].wrapping_add(p * n + (v - NV / 2) * S::LANES),
    };
    // SAFETY: the caller's promise.
    unsafe {
        for p in 0..k {
            let mut columns = [s.splat(S::Elem::ZERO); NV];
            for (v, column) in columns.iter_mut().enumerate() {
                *column = load::<S, PART>(s, part, register(p, v));
            }
            if NV == NV_OF_FEW {
                for v in 0..NV {
                    s.prefetch(register(p + AHEAD, v));
                }
            }
            for (i, row) in sums.iter_mut().enumerate() {
                let x = s.splat(*a.add(i * row_stride + p * col_stride));
                for (sum, column) in row.iter_mut().zip(&columns) {
                    *sum = if PAIRS { s.dot_pairs(x, *column, *sum) } else { s.mul_add(x, *column, *sum) };
                }
            }
        }
    }
}
