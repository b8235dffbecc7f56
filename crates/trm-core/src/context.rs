//! What a pass through a net reads besides its input, and the matmul with a weight matrix.

use crate::graph::Graph;
use crate::kernel::{Isa, Mat, Real, Simd, gemm, gemm_add, gemm_pairs, pack_matrix, pack_rows};
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
    /// The weight matrices as [`Net::pack`](crate::net::Net::pack) wrote them, for a forward pass in bf16.
    pub pairs: Option<&'a [R]>,
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
        let (m, n) = (rows.len() / k, range.len() / k);
        match self.pairs {
            None if ADD => gemm_add(s, (m, n, k), Mat::rows(rows, k), &self.params[range.clone()], out),
            None => gemm(s, (m, n, k), Mat::rows(rows, k), &self.params[range.clone()], out),
            Some(pairs) => {
                let packed = &mut packed[..rows.len() / 2];
                pack_rows(s, rows, k, packed);
                gemm_pairs::<_, ADD>(s, (m, n, k / 2), Mat::rows(packed, k / 2), &pairs[range.start..], out);
            }
        }
    }
}

/// Packs the `[k, n]` weight matrix at `range` as [`Context::matmul`] reads it in bf16: half as long, at the
/// start of the same range of `pairs`.
pub(crate) fn pack_weight<R: Real>(params: &[R], range: Range<usize>, k: usize, pairs: &mut [R]) {
    let (n, start) = (range.len() / k, range.start);
    pack_matrix(&params[range.clone()], (k, n), &mut pairs[start..start + range.len() / 2]);
}
