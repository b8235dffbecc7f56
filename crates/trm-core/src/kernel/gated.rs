//! A matrix product that goes through SwiGLU before it leaves the registers.

use super::gemm::{Mat, load, multiply_add, store};
use super::simd::{Kernel, Real, Simd};

/// Where the pre-activations start from: `bias` and the sum of the messages that each row receives. The default is zero.
#[derive(Clone, Copy, Debug)]
pub struct Start<'a, R> {
    /// `[2 f]`, or empty: start from zero, without messages.
    pub bias: &'a [R],
    /// `[messages, 2 f]`
    pub messages: &'a [R],
    /// `[m + 1]`: where the list of each row begins in `items`, and the last one ends.
    pub lists: &'a [u32],
    /// Indices of messages.
    pub items: &'a [u32],
}

impl<R> Default for Start<'_, R> {
    fn default() -> Self {
        Start { bias: &[], messages: &[], lists: &[], items: &[] }
    }
}

/// `act = silu(gate) * up` with the pre-activations `[gate, up] = start + a b`: `a` is `m x k`, `b` row-major `k x 2 f`,
/// `act` row-major `m x f`. Writes the pre-activations to `pre`, `m x 2 f`, if given. `shape` is `(m, f, k)`.
///
/// Where `PAIRS`, `a` and `b` hold bf16 pairs, as for [`gemm_pairs`](super::gemm_pairs).
///
/// # Panics
/// Where a slice is too short for its shape, or a list names a message that is not there.
#[inline(always)]
pub fn gemm_swiglu<S: Simd, const PAIRS: bool>(
    s: S,
    shape: (usize, usize, usize),
    start: Start<S::Elem>,
    a: Mat<S::Elem>,
    b: &[S::Elem],
    pre: Option<&mut [S::Elem]>,
    act: &mut [S::Elem],
) {
    let gated = Gated::<_, PAIRS> { shape, start, a, b, pre, act };
    if PAIRS { s.call_pairs(gated) } else { s.call(gated) }
}

struct Gated<'a, R, const PAIRS: bool> {
    /// `(m, f, k)`
    shape: (usize, usize, usize),
    start: Start<'a, R>,
    a: Mat<'a, R>,
    b: &'a [R],
    pre: Option<&'a mut [R]>,
    act: &'a mut [R],
}

impl<R: Real, const PAIRS: bool> Kernel<R> for Gated<'_, R, PAIRS> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd<Elem = R>>(self, s: S) {
        let Gated { shape: (m, f, k), start, a, b, pre, act } = self;
        if m == 0 || f == 0 {
            return;
        }
        let holds = |len: usize, rows: usize, n: usize| rows.checked_mul(n).is_some_and(|size| size <= len);
        assert!(f <= usize::MAX / 2);
        assert!(holds(act.len(), m, f), "act is {} long, not {m} x {f}", act.len());
        assert!(holds(b.len(), k, 2 * f), "b is {} long, not {k} x {}", b.len(), 2 * f);
        assert!(k == 0 || a.contains(m - 1, k - 1), "a is {} long, not {m} x {k}", a.data.len());
        let pre = pre.map(|pre| {
            assert!(holds(pre.len(), m, 2 * f), "pre is {} long, not {m} x {}", pre.len(), 2 * f);
            pre.as_mut_ptr()
        });
        start.check(m, f);
        let panel = Panel { shape: (m, f, k), start, a, b: b.as_ptr(), pre, act: act.as_mut_ptr() };
        let mut j = 0;
        /// Panels of `$nv` registers, while as many columns are left as they have of the gate, and `$when`.
        macro_rules! panels {
            ($mr:literal x $nv:literal, $half:literal, $when:expr) => {
                while $when && f - j >= $nv / $half * S::LANES {
                    panel.run::<S, $mr, $nv, { $half == 1 }, PAIRS, false>(s, j);
                    j += $nv / $half * S::LANES;
                }
            };
        }
        let single = PAIRS && !S::TILES_OF_PAIRS;
        let (wide, narrow) = (S::REGISTERS == 32 && !single, S::REGISTERS == 16 && !single);
        // SAFETY: the shapes and the lists were checked above, and each panel stays inside columns j..f.
        unsafe {
            // As in a product of one row: long runs of `b`.
            panels!(1 x 16, 2, m == 1 && wide);
            panels!(1 x 8, 1, m == 1 && narrow);
            panels!(6 x 4, 2, wide);
            panels!(6 x 2, 2, wide);
            panels!(6 x 2, 1, narrow);
            panels!(6 x 1, 1, narrow);
            panels!(1 x 1, 1, single);
            if f > j {
                // Rare, and a lot of code for each height of a tile.
                panel.run::<S, 1, 1, true, PAIRS, true>(s, j);
            }
        }
    }
}

impl<R: Real> Start<'_, R> {
    /// # Panics
    /// Where it is not for `m` rows that are `2 f` long.
    #[inline(always)]
    fn check(&self, m: usize, f: usize) {
        if self.bias.is_empty() {
            return;
        }
        assert!(self.bias.len() == 2 * f, "the bias is {} long, not {}", self.bias.len(), 2 * f);
        assert!(self.lists.len() > m, "{} lists for {m} rows", self.lists.len());
        let (mut begin, n_messages) = (self.lists[0], self.messages.len() / (2 * f));
        for end in &self.lists[1..=m] {
            assert!(begin <= *end, "a list ends at {end} and begins at {begin}");
            begin = *end;
        }
        let items = &self.items[self.lists[0] as usize..begin as usize];
        let most = items.iter().max().map_or(0, |most| *most as usize + 1);
        assert!(most <= n_messages, "message {most} of {n_messages}");
    }
}

/// What all panels of columns read and write.
struct Panel<'a, R> {
    shape: (usize, usize, usize),
    start: Start<'a, R>,
    a: Mat<'a, R>,
    b: *const R,
    pre: Option<*mut R>,
    act: *mut R,
}

impl<R: Real> Panel<'_, R> {
    /// Columns of the gate from `j` on and as many of `up`, in tiles of at most `MR` rows that differ by one row at most:
    /// `NV` registers of each, one after the other, where `TWICE`, or half as many at once. Where `PART`, a register is
    /// filled only up to column `f`.
    ///
    /// # Safety
    /// The pointers must hold their shapes and the lists be [checked](Start::check), and the columns end at or before
    /// `f`, or `NV` be 1 where `PART`.
    #[inline(always)]
    unsafe fn run<
        S: Simd<Elem = R>,
        const MR: usize,
        const NV: usize,
        const TWICE: bool,
        const PAIRS: bool,
        const PART: bool,
    >(
        &self,
        s: S,
        j: usize,
    ) {
        let m = self.shape.0;
        let n_tiles = m.div_ceil(MR);
        let (height, n_higher) = (m / n_tiles, m % n_tiles);
        let mut i = 0;
        for t in 0..n_tiles {
            let rows = height + usize::from(t < n_higher);
            /// The tile, if it has one of these heights.
            macro_rules! heights {
                ($($mr:literal)*) => {
                    match rows {
                        // SAFETY: the rows from i on that the tile has are below m.
                        $($mr if const { $mr <= MR } => {
                            s.call(Tile::<R, $mr, NV, TWICE, PAIRS, PART> { panel: self, i, j });
                        })*
                        _ => unreachable!(),
                    }
                };
            }
            heights!(1 2 3 4 5 6);
            i += rows;
        }
    }

    /// The pre-activations of the `MR` rows from `i` on: registers in two halves that begin at these columns.
    ///
    /// # Safety
    /// As for [`Panel::run`], and `i + MR <= m`.
    #[inline(always)]
    unsafe fn sums<
        S: Simd<Elem = R>,
        const MR: usize,
        const NV: usize,
        const PAIRS: bool,
        const PART: bool,
    >(
        &self,
        s: S,
        (i, halves): (usize, [usize; 2]),
        part: usize,
    ) -> [[S::V; NV]; MR] {
        let (_, f, k) = self.shape;
        let n = 2 * f;
        let column = |v: usize| match v < NV / 2 {
            true => halves[0] + v * S::LANES,
            false => halves[1] + (v - NV / 2) * S::LANES,
        };
        let mut sums = [[s.splat(R::ZERO); NV]; MR];
        // SAFETY: the caller's promise; where k is 0, `a` and `b` are never read and may be empty.
        unsafe {
            if !self.start.bias.is_empty() {
                let Start { bias, messages, lists, items } = self.start;
                /// The start of these rows; for the literal indices see [`Tile`].
                macro_rules! rows {
                    ($($row:literal)*) => {$(
                        if const { $row < MR } {
                            let (begin, end) = (lists.as_ptr().add(i + $row), lists.as_ptr().add(i + $row + 1));
                            let mut row = [s.splat(R::ZERO); NV];
                            for message in items.get_unchecked(*begin as usize..*end as usize) {
                                let message = messages.as_ptr().add(*message as usize * n);
                                for (v, sum) in row.iter_mut().enumerate() {
                                    *sum = s.add(*sum, load::<S, PART>(s, part, message.add(column(v))));
                                }
                            }
                            for (v, sum) in row.iter_mut().enumerate() {
                                *sum = s.add(*sum, load::<S, PART>(s, part, bias.as_ptr().add(column(v))));
                            }
                            sums[$row] = row;
                        }
                    )*};
                }
                rows!(0 1 2 3 4 5);
            }
            let a = self.a.data.as_ptr().wrapping_add(i * self.a.row_stride);
            let b = halves.map(|column| self.b.wrapping_add(column));
            let strides = (self.a.row_stride, self.a.col_stride);
            multiply_add::<S, MR, NV, PAIRS, PART>(s, &mut sums, k, a, strides, b, (n, part));
        }
        sums
    }

    /// Writes the activations of one register, and its pre-activations where they are wanted.
    ///
    /// # Safety
    /// The register, or its first `part` lanes where `PART`, must lie in row `i` from column `j` on.
    #[inline(always)]
    unsafe fn write<S: Simd<Elem = R>, const PART: bool>(
        &self,
        s: S,
        (i, j): (usize, usize),
        gate: S::V,
        up: S::V,
        part: usize,
    ) {
        let f = self.shape.1;
        // SAFETY: the caller's promise.
        unsafe {
            if let Some(pre) = self.pre {
                store::<S, PART>(s, part, pre.add(2 * i * f + j), gate);
                store::<S, PART>(s, part, pre.add((2 * i + 1) * f + j), up);
            }
            let silu = s.mul(gate, s.sigmoid(gate));
            store::<S, PART>(s, part, self.act.add(i * f + j), s.mul(silu, up));
        }
    }
}

/// The `MR` rows from `i` on of the panel at column `j`.
struct Tile<'a, R, const MR: usize, const NV: usize, const TWICE: bool, const PAIRS: bool, const PART: bool> {
    panel: &'a Panel<'a, R>,
    i: usize,
    j: usize,
}

impl<R: Real, const MR: usize, const NV: usize, const TWICE: bool, const PAIRS: bool, const PART: bool>
    Kernel<R> for Tile<'_, R, MR, NV, TWICE, PAIRS, PART>
{
    type Output = ();
    #[inline(always)]
    fn run<S: Simd<Elem = R>>(self, s: S) {
        let Tile { panel, i, j } = self;
        let part = panel.shape.1 - j;
        // SAFETY: the promise of `Panel::run`, which alone makes a `Tile`.
        unsafe {
            if TWICE {
                let next = NV / 2 * S::LANES;
                let mut both = [[[s.splat(R::ZERO); NV]; MR]; 2];
                for (sums, first) in both.iter_mut().zip([j, panel.shape.1 + j]) {
                    *sums = panel.sums::<S, MR, NV, PAIRS, PART>(s, (i, [first, first + next]), part);
                }
                for (row, (gates, ups)) in both[0].iter().zip(&both[1]).enumerate() {
                    for (v, (gate, up)) in gates.iter().zip(ups).enumerate() {
                        panel.write::<S, PART>(s, (i + row, j + v * S::LANES), *gate, *up, part);
                    }
                }
            } else {
                let sums = panel.sums::<S, MR, NV, PAIRS, PART>(s, (i, [j, panel.shape.1 + j]), part);
                /// These registers of these rows. The indices are literals: a register that any optimisation level reads
                /// at a variable index is kept in memory all along.
                macro_rules! rows {
                    ($($row:literal)*, $half:tt) => { $(rows!(@ $row, $half);)* };
                    (@ $row:literal, [$($v:literal)*]) => {$(
                        if const { $row < MR && $v < NV / 2 } {
                            let (gate, up) = (sums[$row][$v], sums[$row][NV / 2 + $v]);
                            panel.write::<S, PART>(s, (i + $row, j + $v * S::LANES), gate, up, part);
                        }
                    )*};
                }
                rows!(0 1 2 3 4 5, [0 1 2 3 4 5 6 7]);
            }
        }
    }
}
