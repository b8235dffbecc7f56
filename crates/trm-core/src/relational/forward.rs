//! The forward pass of one block: first the messages of all sums, then the rows. Threads can share either;
//! every value is computed as on one thread.

use super::block::{Block, BlockTape, FORWARD_TILE, SUMS_TILE, Scratch, Tile, sum_tokens};
use crate::context::Context;
use crate::kernel::{Kernel, Mat, Real, Simd, Start, gemm, gemm_pairs, pack_rows_in_place};
use crate::swiglu;
use rayon::prelude::*;

impl Block {
    /// Without a tape, on as many threads as there are tile buffers.
    pub fn forward<R: Real>(&self, ctx: Context<R>, input: &[R], output: &mut [R], scratch: &mut Scratch<R>) {
        let (h, w, n_parts) = (self.h, 2 * self.f, scratch.tiles.len());
        let Scratch { sums, messages, tiles, .. } = scratch;
        if n_parts == 1 {
            R::dispatch(ctx.isa, Messages { block: self, ctx, input, first: 0, sums, messages });
            let (tile, tape) = (&mut tiles[0], None);
            return R::dispatch(
                ctx.isa,
                Rows { block: self, ctx, input, messages, first: 0, output, tape, tile },
            );
        }
        let n = ctx.graph.n_sums().div_ceil(n_parts).max(1);
        let parts = sums.par_chunks_mut(n * h).zip(messages.par_chunks_mut(n * w)).enumerate();
        parts.for_each(|(i, (sums, messages))| {
            R::dispatch(ctx.isa, Messages { block: self, ctx, input, first: i * n, sums, messages });
        });
        let messages = &*messages;
        let n = ctx.graph.live.len().div_ceil(n_parts).max(1).next_multiple_of(FORWARD_TILE);
        output.par_chunks_mut(n * h).zip(tiles).enumerate().for_each(|(i, (output, tile))| {
            let (first, tape) = (i * n, None);
            R::dispatch(ctx.isa, Rows { block: self, ctx, input, messages, first, output, tape, tile });
        });
    }

    /// From `tape.input` to `tape.output`.
    pub fn forward_taped<R: Real>(&self, ctx: Context<R>, tape: &mut BlockTape<R>, scratch: &mut Scratch<R>) {
        let BlockTape { input, output, swiglu } = tape;
        let Scratch { sums, messages, tiles, .. } = scratch;
        R::dispatch(ctx.isa, Messages { block: self, ctx, input, first: 0, sums, messages });
        let (tape, tile) = (Some(swiglu), &mut tiles[0]);
        R::dispatch(ctx.isa, Rows { block: self, ctx, input, messages, first: 0, output, tape, tile });
    }
}

/// Consecutive sums and their messages.
struct Messages<'a, R> {
    block: &'a Block,
    ctx: Context<'a, R>,
    /// `[n, h]`
    input: &'a [R],
    /// The first of the sums.
    first: usize,
    /// `[sums, h]`: a buffer; only its start is used, again for each tile.
    sums: &'a mut [R],
    /// `[sums, 2 f]`
    messages: &'a mut [R],
}

impl<R: Real> Kernel<R> for Messages<'_, R> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd<Elem = R>>(self, s: S) {
        let Messages { block, ctx: Context { params, graph, pairs, .. }, input, first, sums, messages } =
            self;
        let (h, w) = (block.h, 2 * block.f);
        let scale = R::from_f64(f64::from(graph.scale));
        let last = first + messages.len() / w;
        for (m, matrix) in params[block.groups.clone()].chunks_exact(h * w).enumerate() {
            let range = graph.sums_of_matrix(m);
            let [g0, g1] = [range.start, range.end].map(|g| g.clamp(first, last) - first);
            for (i, messages) in messages[g0 * w..g1 * w].chunks_mut(SUMS_TILE * w).enumerate() {
                let n = messages.len() / w;
                let sums = &mut sums[..n * h];
                sum_tokens(s, |g| graph.senders_to(g), first + g0 + i * SUMS_TILE, input, scale, sums, h);
                match pairs {
                    None => gemm(s, (n, w, h), Mat::rows(sums, h), matrix, messages),
                    Some(pairs) => {
                        pack_rows_in_place(s, sums, h);
                        let (half, matrix) = (h / 2, &pairs[block.groups.start + m * h * w..]);
                        let sums = Mat::rows(&sums[..n * half], half);
                        gemm_pairs::<_, false>(s, (n, w, half), None, sums, matrix, messages);
                    }
                }
            }
        }
    }
}

/// Consecutive rows of the output.
struct Rows<'a, R> {
    block: &'a Block,
    ctx: Context<'a, R>,
    /// `[n, h]`
    input: &'a [R],
    /// `[n_sums, 2 f]`
    messages: &'a [R],
    /// The first of the rows.
    first: usize,
    /// `[rows, h]`
    output: &'a mut [R],
    tape: Option<&'a mut swiglu::Tape<R>>,
    tile: &'a mut Tile<R>,
}

impl<R: Real> Kernel<R> for Rows<'_, R> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd<Elem = R>>(self, s: S) {
        let Rows { block, ctx, input, messages, first, output, mut tape, tile } = self;
        let Context { params, graph, .. } = ctx;
        let (h, w, k) = (block.h, 2 * block.f, block.n_direct * block.h);
        let Tile { direct, swiglu: swiglu::Tile { act, packed, .. } } = tile;
        let bias = &params[block.bias.clone()];
        for (i, output) in output.chunks_mut(FORWARD_TILE * h).enumerate() {
            let (start, rows) = (i * FORWARD_TILE, output.len() / h);
            let (t0, t1) = (first + start, first + start + rows);
            let (pre, factors) = match &mut tape {
                Some(swiglu::Tape { pre, factor }) => {
                    (Some(&mut pre[start * w..(start + rows) * w]), Some(&mut factor[start..start + rows]))
                }
                None => (None, None),
            };
            let (lists, items) = graph.received().ends(t0, rows);
            let received = Start { bias, messages, lists, items };
            let direct = block.direct_rows(graph, input, (t0, t1), direct);
            let act = &mut act[..rows * block.f];
            ctx.matmul_swiglu(s, &block.direct, received, (direct, k), packed, pre, act);
            block.swiglu.forward(s, ctx, act, (&input[t0 * h..t1 * h], output), factors, packed);
        }
    }
}
