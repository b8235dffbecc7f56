//! The way forward through one block: first the messages of all groups, then the rows. Either can be cut into
//! parts, which threads compute one each; every number is computed as in one part.

use super::{Block, BlockTape, FORWARD_TILE, RelationalNet, Scratch, Tile, sum_groups};
use crate::RMS_EPS;
use crate::kernel::{
    Kernel, Mat, Real, Simd, gather_sum, gemm, gemm_pairs, pack_rows_in_place, rms_norm, swiglu,
};
use crate::net::{Call, product};
use rayon::prelude::*;

impl RelationalNet {
    /// One block without a tape, on as many threads as there are tile buffers.
    pub(super) fn block_forward<R: Real>(
        &self,
        call: Call<R>,
        block: &Block,
        input: &[R],
        output: &mut [R],
        scratch: &mut Scratch<R>,
    ) {
        let (h, w, n_parts) = (self.h, 2 * self.f, scratch.tiles.len());
        let Scratch { sums, messages, tiles, .. } = scratch;
        if n_parts == 1 {
            let part = Messages { net: self, call, block, input, first: 0, sums, messages };
            R::dispatch(call.isa, part);
            let (tile, kept) = (&mut tiles[0], None);
            return R::dispatch(
                call.isa,
                Rows { net: self, call, block, input, messages, first: 0, output, kept, tile },
            );
        }
        let n = call.graph.n_groups().div_ceil(n_parts).max(1);
        let parts = sums.par_chunks_mut(n * h).zip(messages.par_chunks_mut(n * w)).enumerate();
        parts.for_each(|(i, (sums, messages))| {
            let part = Messages { net: self, call, block, input, first: i * n, sums, messages };
            R::dispatch(call.isa, part);
        });
        let messages = &*messages;
        let n = call.graph.live.len().div_ceil(n_parts).max(1).next_multiple_of(FORWARD_TILE);
        output.par_chunks_mut(n * h).zip(tiles).enumerate().for_each(|(i, (output, tile))| {
            let (first, kept) = (i * n, None);
            let part = Rows { net: self, call, block, input, messages, first, output, kept, tile };
            R::dispatch(call.isa, part);
        });
    }

    /// One block from `tape.input` to `tape.output`.
    pub(super) fn block_forward_taped<R: Real>(
        &self,
        call: Call<R>,
        block: &Block,
        tape: &mut BlockTape<R>,
        scratch: &mut Scratch<R>,
    ) {
        let BlockTape { input, output, pre, factor } = tape;
        let Scratch { sums, messages, tiles, .. } = scratch;
        R::dispatch(call.isa, Messages { net: self, call, block, input, first: 0, sums, messages });
        let (kept, tile) = (Some((&mut pre[..], &mut factor[..])), &mut tiles[0]);
        R::dispatch(call.isa, Rows { net: self, call, block, input, messages, first: 0, output, kept, tile });
    }
}

/// The sums and messages of some groups in a row.
struct Messages<'a, R> {
    net: &'a RelationalNet,
    call: Call<'a, R>,
    block: &'a Block,
    /// `[n, h]`
    input: &'a [R],
    /// The first of these groups.
    first: usize,
    /// `[groups, h]`
    sums: &'a mut [R],
    /// `[groups, 2 f]`
    messages: &'a mut [R],
}

impl<R: Real> Kernel<R> for Messages<'_, R> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd<Elem = R>>(self, s: S) {
        let Messages { net, call: Call { params, graph, pairs, .. }, block, input, first, sums, messages } =
            self;
        let (h, w) = (net.h, 2 * net.f);
        sum_groups(s, graph, first, input, R::from_f64(f64::from(graph.scale)), sums, h);
        let last = first + sums.len() / h;
        if pairs.is_some() {
            pack_rows_in_place(s, sums, h);
        }
        for (m, matrix) in params[block.groups.clone()].chunks_exact(h * w).enumerate() {
            let g0 = (graph.segments[m] as usize).clamp(first, last) - first;
            let g1 = (graph.segments[m + 1] as usize).clamp(first, last) - first;
            let messages = &mut messages[g0 * w..g1 * w];
            match pairs {
                None => gemm(s, (g1 - g0, w, h), Mat::rows(&sums[g0 * h..g1 * h], h), matrix, messages),
                Some(pairs) => {
                    let (half, matrix) = (h / 2, &pairs[block.groups.start + m * h * w..]);
                    let sums = Mat::rows(&sums[g0 * half..g1 * half], half);
                    gemm_pairs::<_, false>(s, (g1 - g0, w, half), sums, matrix, messages);
                }
            }
        }
    }
}

/// Some rows of the output.
struct Rows<'a, R> {
    net: &'a RelationalNet,
    call: Call<'a, R>,
    block: &'a Block,
    /// `[n, h]`
    input: &'a [R],
    /// `[n_groups, 2 f]`
    messages: &'a [R],
    /// The first of these rows.
    first: usize,
    /// `[rows, h]`
    output: &'a mut [R],
    /// `[rows, 2 f]` and `[rows]`: what the way back needs, if there is one.
    kept: Option<(&'a mut [R], &'a mut [R])>,
    tile: &'a mut Tile<R>,
}

impl<R: Real> Kernel<R> for Rows<'_, R> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd<Elem = R>>(self, s: S) {
        let Rows { net, call, block, input, messages, first, output, mut kept, tile } = self;
        let Call { params, graph, .. } = call;
        let (h, f, w, k) = (net.h, net.f, 2 * net.f, net.n_direct * net.h);
        for (i, out) in output.chunks_mut(FORWARD_TILE * h).enumerate() {
            let (start, rows) = (i * FORWARD_TILE, out.len() / h);
            let (t0, t1) = (first + start, first + start + rows);
            let pre = match &mut kept {
                Some((pre, _)) => &mut pre[start * w..(start + rows) * w],
                None => &mut tile.pre[..rows * w],
            };
            for (pre, t) in pre.chunks_exact_mut(w).zip(t0..t1) {
                let groups = &graph.group_of[t * graph.n_relations..(t + 1) * graph.n_relations];
                gather_sum(s, messages, groups, &params[block.bias.clone()], R::ONE, pre);
            }
            let direct = net.direct_rows(graph, input, (t0, t1), &mut tile.direct);
            product::<_, true>(s, call, &block.direct, (direct, k), &mut tile.pairs, pre);
            let act = &mut tile.act[..rows * f];
            for (act, pre) in act.chunks_exact_mut(f).zip(pre.chunks_exact(w)) {
                swiglu(s, pre, act);
            }
            out.copy_from_slice(&input[t0 * h..t1 * h]);
            product::<_, true>(s, call, &block.down, (act, f), &mut tile.pairs, out);
            for (i, row) in out.chunks_exact_mut(h).enumerate() {
                let factor = rms_norm(s, row, R::from_f64(RMS_EPS));
                if let Some((_, factors)) = &mut kept {
                    factors[start + i] = factor;
                }
            }
        }
    }
}
