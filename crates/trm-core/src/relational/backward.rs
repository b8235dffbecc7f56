//! The backward pass: in each block tile by tile from the output to the pre-activations, then through the
//! groups.

use super::block::{BACKWARD_TILE, Block, BlockTape, Scratch, Tile, sum_tokens};
use crate::context::Context;
use crate::kernel::{Kernel, Real, Simd, axpy, colsum_add};
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
        let graph = ctx.graph;
        let (h, w, k) = (self.h, 2 * self.f, self.n_direct * self.h);
        let Scratch { d_pre, d_input, packed, tiles, .. } = scratch;
        let Tile { direct: buffer, swiglu: tile } = &mut tiles[0];
        let (rows, range) = (t1 - t0, t0 * h..t1 * h);
        let (d, d_pre) = (&mut d[range.clone()], &mut d_pre[t0 * w..t1 * w]);
        let forward =
            (&tape.swiglu.pre[t0 * w..t1 * w], &tape.output[range.clone()], &tape.swiglu.factor[t0..t1]);
        self.swiglu.backward(s, ctx, forward, d, d_pre, grads, (&mut tile.act, &mut tile.d_act, packed));
        colsum_add(s, d_pre, &mut grads[self.bias.clone()]);
        let direct = self.direct_rows(graph, &tape.input, (t0, t1), buffer);
        ctx.add_gradient(s, (direct, k), (d_pre, w), packed, &mut grads[self.direct.clone()]);
        if self.n_direct == 1 {
            return ctx.matmul::<_, true>(s, &self.direct, (d_pre, w), packed, &mut d_input[range]);
        }
        let d_direct = &mut buffer[..rows * k];
        ctx.matmul::<_, false>(s, &self.direct, (d_pre, w), packed, d_direct);
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
        let graph = ctx.graph;
        let (n, h, w) = (graph.live.len(), self.h, 2 * self.f);
        let scale = S::Elem::from_f64(f64::from(graph.scale));
        sum_tokens(s, |g| graph.senders_to(g), 0, &tape.input, scale, &mut scratch.sums, h);
        sum_tokens(s, |g| graph.receivers_of(g), 0, &scratch.d_pre, S::Elem::ONE, &mut scratch.messages, w);
        for (m, start) in self.groups.clone().step_by(h * w).enumerate() {
            let (Range { start: g0, end: g1 }, matrix) = (graph.sums_of_matrix(m), start..start + h * w);
            let Scratch { sums, messages, packed, .. } = &mut *scratch;
            let (sums, d_messages) = (&mut sums[g0 * h..g1 * h], &messages[g0 * w..g1 * w]);
            ctx.add_gradient(s, (sums, h), (d_messages, w), packed, &mut grads[matrix.clone()]);
            ctx.matmul::<_, false>(s, &matrix, (d_messages, w), packed, sums);
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
