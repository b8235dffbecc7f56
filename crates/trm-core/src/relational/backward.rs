//! The backward pass: in each block tile by tile from the output to the pre-activations, then through the
//! groups.

use super::block::{BACKWARD_TILE, Block, BlockTape, Scratch, Tile, sum_tokens};
use crate::context::Context;
use crate::kernel::{Kernel, Mat, Real, Simd, axpy, colsum_add, gemm, gemm_add};
use crate::relations::NONE;
use core::ops::Range;

impl Block {
    /// Turns the gradient `d` of the block's output into that of its input.
    #[inline(always)]
    fn backward<S: Simd>(
        &self,
        s: S,
        ctx: Context<S::Elem>,
        tape: &BlockTape<S::Elem>,
        d: &mut [S::Elem],
        grads: &mut [S::Elem],
        scratch: &mut Scratch<S::Elem>,
    ) {
        let n = ctx.graph.live.len();
        scratch.d_input[..n * self.h].fill(S::Elem::ZERO);
        for t0 in (0..n).step_by(BACKWARD_TILE) {
            let range = (t0, (t0 + BACKWARD_TILE).min(n));
            self.tile_backward(s, ctx, tape, range, d, grads, scratch);
        }
        self.groups_backward(s, ctx, tape, grads, scratch);
        for (d, x) in d.iter_mut().zip(&scratch.d_input[..n * self.h]) {
            *d += *x;
        }
    }

    /// Backward through the SwiGLU and `W_direct` for the tokens of one tile. Leaves the gradient of the
    /// residual in `d`, that through `W_direct` in `scratch.d_input`, and that of the pre-activations in
    /// `scratch.d_pre`.
    #[inline(always)]
    #[allow(clippy::too_many_arguments)]
    fn tile_backward<S: Simd>(
        &self,
        s: S,
        ctx: Context<S::Elem>,
        tape: &BlockTape<S::Elem>,
        (t0, t1): (usize, usize),
        d: &mut [S::Elem],
        grads: &mut [S::Elem],
        scratch: &mut Scratch<S::Elem>,
    ) {
        let Context { params: transposed, graph, .. } = ctx;
        let (h, w, k) = (self.h, 2 * self.f, self.n_direct * self.h);
        let Scratch { d_pre, d_input, tiles, .. } = scratch;
        let Tile { direct: buffer, swiglu: tile } = &mut tiles[0];
        let (rows, range) = (t1 - t0, t0 * h..t1 * h);
        let (d, d_pre) = (&mut d[range.clone()], &mut d_pre[t0 * w..t1 * w]);
        let forward =
            (&tape.swiglu.pre[t0 * w..t1 * w], &tape.output[range.clone()], &tape.swiglu.factor[t0..t1]);
        self.swiglu.backward(s, transposed, forward, d, d_pre, grads, (&mut tile.act, &mut tile.d_act));
        colsum_add(s, d_pre, &mut grads[self.bias.clone()]);
        let direct = self.direct_rows(graph, &tape.input, (t0, t1), buffer);
        gemm_add(s, (k, w, rows), Mat::transposed(direct, k), d_pre, &mut grads[self.direct.clone()]);
        let direct_t = &transposed[self.direct.clone()];
        if self.n_direct == 1 {
            gemm_add(s, (rows, h, w), Mat::rows(d_pre, w), direct_t, &mut d_input[range]);
            return;
        }
        let d_direct = &mut buffer[..rows * k];
        gemm(s, (rows, k, w), Mat::rows(d_pre, w), direct_t, d_direct);
        for (row, t) in d_direct.chunks_exact(k).zip(t0..t1) {
            axpy(s, &mut d_input[t * h..(t + 1) * h], &row[..h], S::Elem::ONE);
            let neighbours = &graph.neighbours[t * graph.n_neighbours..(t + 1) * graph.n_neighbours];
            for (part, u) in row[h..].chunks_exact(h).zip(neighbours) {
                if *u != NONE {
                    let u = *u as usize;
                    axpy(s, &mut d_input[u * h..(u + 1) * h], part, S::Elem::ONE);
                }
            }
        }
    }

    /// Backward through the group messages: from `scratch.d_pre` to `scratch.d_input`.
    #[inline(always)]
    fn groups_backward<S: Simd>(
        &self,
        s: S,
        ctx: Context<S::Elem>,
        tape: &BlockTape<S::Elem>,
        grads: &mut [S::Elem],
        scratch: &mut Scratch<S::Elem>,
    ) {
        if self.groups.is_empty() {
            return;
        }
        let Context { params: transposed, graph, .. } = ctx;
        let (n, h, w) = (graph.live.len(), self.h, 2 * self.f);
        let scale = S::Elem::from_f64(f64::from(graph.scale));
        sum_tokens(s, |g| graph.senders_to(g), 0, &tape.input, scale, &mut scratch.sums, h);
        sum_tokens(s, |g| graph.receivers_of(g), 0, &scratch.d_pre, S::Elem::ONE, &mut scratch.messages, w);
        let d_matrices = grads[self.groups.clone()].chunks_exact_mut(h * w);
        let matrices_t = transposed[self.groups.clone()].chunks_exact(h * w);
        for (m, (d_matrix, matrix_t)) in d_matrices.zip(matrices_t).enumerate() {
            let Range { start: g0, end: g1 } = graph.sums_of_matrix(m);
            let (sums, d_messages) = (&mut scratch.sums[g0 * h..g1 * h], &scratch.messages[g0 * w..g1 * w]);
            gemm_add(s, (h, w, g1 - g0), Mat::transposed(sums, h), d_messages, d_matrix);
            gemm(s, (g1 - g0, h, w), Mat::rows(d_messages, w), matrix_t, sums);
        }
        for (t, d) in scratch.d_input[..n * h].chunks_exact_mut(h).enumerate() {
            for g in graph.sent_by(t) {
                axpy(s, d, &scratch.sums[*g as usize * h..(*g as usize + 1) * h], scale);
            }
        }
    }
}

/// The backward pass through all blocks.
pub(super) struct Backward<'a, R> {
    pub blocks: &'a [Block],
    pub ctx: Context<'a, R>,
    pub tape: &'a [BlockTape<R>],
    pub d: &'a mut [R],
    pub grads: &'a mut [R],
    pub scratch: &'a mut Scratch<R>,
}

impl<R: Real> Kernel<R> for Backward<'_, R> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd<Elem = R>>(self, s: S) {
        let Backward { blocks, ctx, tape, d, grads, scratch } = self;
        for (block, tape) in blocks.iter().zip(tape).rev() {
            block.backward(s, ctx, tape, d, grads, scratch);
        }
    }
}
