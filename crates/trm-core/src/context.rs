//! What a pass through a net reads besides its input, and the matmul with a weight matrix.

use crate::buffer::Buffer;
use crate::graph::Graph;
use crate::kernel::{
    Isa, Mat, Real, Simd, Start, gemm, gemm_add, gemm_from, gemm_pairs, gemm_swiglu, pack_columns, pack_rows,
};
use core::ops::Range;

/// What a forward or backward pass through a net reads besides its input.
#[derive(Debug)]
pub struct Context<'a, R> {
    /// The instruction set.
    pub isa: Isa,
    /// The weights; in a backward pass those of [`Net::transpose`](crate::net::Net::transpose).
    pub params: &'a [R],
    /// The structure of the question.
    pub graph: &'a Graph,
    /// The weight matrices as [`Net::pack`](crate::net::Net::pack) wrote them, for a pass in bf16; in a backward pass
    /// those of [`Net::pack_transposed`](crate::net::Net::pack_transposed).
    pub pairs: Option<&'a [R]>,
}

/// The transposed weights, which a backward pass reads.
#[derive(Clone, Copy, Debug)]
pub struct Transposed<'a, R> {
    /// What [`Net::transpose`](crate::net::Net::transpose) wrote.
    pub weights: &'a [R],
    /// What [`Net::pack_transposed`](crate::net::Net::pack_transposed) wrote, for a pass in bf16.
    pub pairs: Option<&'a [R]>,
}

/// In full precision.
impl<'a, R> From<&'a Buffer<R>> for Transposed<'a, R> {
    fn from(weights: &'a Buffer<R>) -> Self {
        Transposed { weights, pairs: None }
    }
}

impl<R> Copy for Context<'_, R> {}

impl<R> Clone for Context<'_, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R: Real> Context<'_, R> {
    /// `out = rows W`, or `out += rows W` where `ADD`, for the weight matrix W at `range` and rows of length
    /// `k`. In bf16 the rows are packed into `packed` first.
    #[inline(always)]
    pub(crate) fn matmul<S: Simd<Elem = R>, const ADD: bool>(
        self,
        s: S,
        range: &Range<usize>,
        (rows, k): (&[R], usize),
        packed: &mut [R],
        out: &mut [R],
    ) {
        self.product::<_, ADD>(s, range, (rows, k), packed, (None, out));
    }

    /// `out = start + rows W`, as [`Context::matmul`].
    #[inline(always)]
    pub(crate) fn matmul_from<S: Simd<Elem = R>>(
        self,
        s: S,
        range: &Range<usize>,
        rows: (&[R], usize),
        packed: &mut [R],
        (start, out): (&[R], &mut [R]),
    ) {
        self.product::<_, true>(s, range, rows, packed, (Some(start), out));
    }

    #[inline(always)]
    fn product<S: Simd<Elem = R>, const ADD: bool>(
        self,
        s: S,
        range: &Range<usize>,
        (rows, k): (&[R], usize),
        packed: &mut [R],
        (start, out): (Option<&[R]>, &mut [R]),
    ) {
        let (m, n) = (rows.len() / k, range.len() / k);
        if let Some(pairs) = self.pairs {
            let packed = &mut packed[..rows.len() / 2];
            pack_rows(s, rows, k, packed);
            let (rows, weights) = (Mat::rows(packed, k / 2), &pairs[range.start..]);
            return gemm_pairs::<_, ADD>(s, (m, n, k / 2), start, rows, weights, out);
        }
        let (rows, weights) = (Mat::rows(rows, k), &self.params[range.clone()]);
        match start {
            Some(start) => gemm_from(s, (m, n, k), start, rows, weights, out),
            None if ADD => gemm_add(s, (m, n, k), rows, weights, out),
            None => gemm(s, (m, n, k), rows, weights, out),
        }
    }

    /// `act = silu(gate) * up` with the pre-activations `[gate, up] = start + rows W`, which are written to `pre`, if given.
    /// In bf16 the rows are packed into `packed` first.
    #[inline(always)]
    #[allow(clippy::too_many_arguments)]
    pub(crate) fn matmul_swiglu<S: Simd<Elem = R>>(
        self,
        s: S,
        range: &Range<usize>,
        start: Start<R>,
        (rows, k): (&[R], usize),
        packed: &mut [R],
        pre: Option<&mut [R]>,
        act: &mut [R],
    ) {
        let (m, f) = (rows.len() / k, range.len() / k / 2);
        match self.pairs {
            None => {
                let weights = &self.params[range.clone()];
                gemm_swiglu::<_, false>(s, (m, f, k), start, Mat::rows(rows, k), weights, pre, act);
            }
            Some(pairs) => {
                let (packed, weights) = (&mut packed[..rows.len() / 2], &pairs[range.start..]);
                pack_rows(s, rows, k, packed);
                let rows = Mat::rows(packed, k / 2);
                gemm_swiglu::<_, true>(s, (m, f, k / 2), start, rows, weights, pre, act);
            }
        }
    }

    /// `d_weight += rows^T d`: the gradient of a weight matrix that multiplied rows of length `k`, from that of the
    /// product, in rows of length `n`. In bf16 both are packed into `packed` first, [`packed_len`] long.
    #[inline(always)]
    pub(crate) fn add_gradient<S: Simd<Elem = R>>(
        self,
        s: S,
        (rows, k): (&[R], usize),
        (d, n): (&[R], usize),
        packed: &mut [R],
        d_weight: &mut [R],
    ) {
        let n_rows = rows.len() / k;
        if self.pairs.is_none() {
            return gemm_add(s, (k, n, n_rows), Mat::transposed(rows, k), d, d_weight);
        }
        let half = n_rows.div_ceil(2);
        let (packed_rows, packed) = packed.split_at_mut(half * k);
        let packed_d = &mut packed[..half * n];
        pack_columns(s, rows, k, packed_rows);
        pack_columns(s, d, n, packed_d);
        gemm_pairs::<_, true>(s, (k, n, half), None, Mat::transposed(packed_rows, k), packed_d, d_weight);
    }
}

/// What [`Context::matmul`] and [`Context::add_gradient`] need to pack rows of these lengths.
pub(crate) fn packed_len(n_rows: usize, k: usize, n: usize) -> usize {
    n_rows.div_ceil(2) * (k + n)
}
