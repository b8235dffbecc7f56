//! The way back through one block: tile by tile from the output to the pre-activations, then through the groups.

use super::{BACKWARD_TILE, Block, BlockTape, RelationalNet, Scratch, sum_groups};
use crate::kernel::{
    Kernel, Mat, Real, Simd, axpy, colsum_add, gemm, gemm_add, rms_norm_backward, swiglu_backward,
};
use crate::net::Call;
use crate::relations::NONE;

impl RelationalNet {
    /// Turns the gradient `d` of the block's output into that of its input.
    #[inline(always)]
    #[allow(clippy::too_many_arguments)]
    fn block_backward<S: Simd>(
        &self,
        s: S,
        block: &Block,
        call: Call<S::Elem>,
        tape: &BlockTape<S::Elem>,
        d: &mut [S::Elem],
        grads: &mut [S::Elem],
        scratch: &mut Scratch<S::Elem>,
    ) {
        let n = call.graph.live.len();
        scratch.d_input[..n * self.h].fill(S::Elem::ZERO);
        for t0 in (0..n).step_by(BACKWARD_TILE) {
            let range = (t0, (t0 + BACKWARD_TILE).min(n));
            self.tile_backward(s, block, call, tape, range, d, grads, scratch);
        }
        self.groups_backward(s, block, call, tape, grads, scratch);
        for (d, x) in d.iter_mut().zip(&scratch.d_input[..n * self.h]) {
            *d += *x;
        }
    }

    /// The way back through norm, SwiGLU and `W_direct` for the tokens of one tile. Leaves the
    /// gradient of the residual in `d`, that through `W_direct` in `scratch.d_input`, and that
    /// of the pre-activations in `scratch.d_pre`.
    #[inline(always)]
    #[allow(clippy::too_many_arguments)]
    fn tile_backward<S: Simd>(
        &self,
        s: S,
        block: &Block,
        call: Call<S::Elem>,
        tape: &BlockTape<S::Elem>,
        (t0, t1): (usize, usize),
        d: &mut [S::Elem],
        grads: &mut [S::Elem],
        scratch: &mut Scratch<S::Elem>,
    ) {
        let Call { params: transposed, graph, .. } = call;
        let (h, f, w, k) = (self.h, self.f, 2 * self.f, self.n_direct * self.h);
        let (rows, tile) = (t1 - t0, &mut scratch.tiles[0]);
        let d = &mut d[t0 * h..t1 * h];
        for (d, t) in d.chunks_exact_mut(h).zip(t0..t1) {
            rms_norm_backward(s, d, &tape.output[t * h..(t + 1) * h], tape.factor[t]);
        }
        let d_act = &mut tile.d_act[..rows * f];
        gemm(s, (rows, f, h), Mat::rows(d, h), &transposed[block.down.clone()], d_act);
        let (act, d_pre) = (&mut tile.act[..rows * f], &mut scratch.d_pre[t0 * w..t1 * w]);
        for i in 0..rows {
            let pre = &tape.pre[(t0 + i) * w..(t0 + i + 1) * w];
            swiglu_backward(
                s,
                pre,
                &d_act[i * f..(i + 1) * f],
                &mut act[i * f..(i + 1) * f],
                &mut d_pre[i * w..(i + 1) * w],
            );
        }
        gemm_add(s, (f, h, rows), Mat::transposed(act, f), d, &mut grads[block.down.clone()]);
        colsum_add(s, d_pre, &mut grads[block.bias.clone()]);
        let direct = self.direct_rows(graph, &tape.input, (t0, t1), &mut tile.direct);
        gemm_add(s, (k, w, rows), Mat::transposed(direct, k), d_pre, &mut grads[block.direct.clone()]);
        let back = &transposed[block.direct.clone()];
        if self.n_direct == 1 {
            gemm_add(s, (rows, h, w), Mat::rows(d_pre, w), back, &mut scratch.d_input[t0 * h..t1 * h]);
            return;
        }
        let d_direct = &mut tile.direct[..rows * k];
        gemm(s, (rows, k, w), Mat::rows(d_pre, w), back, d_direct);
        for (row, t) in d_direct.chunks_exact(k).zip(t0..t1) {
            axpy(s, &mut scratch.d_input[t * h..(t + 1) * h], &row[..h], S::Elem::ONE);
            let neighbours = &graph.neighbours[t * graph.n_neighbours..(t + 1) * graph.n_neighbours];
            for (part, u) in row[h..].chunks_exact(h).zip(neighbours) {
                if *u != NONE {
                    let u = *u as usize;
                    axpy(s, &mut scratch.d_input[u * h..(u + 1) * h], part, S::Elem::ONE);
                }
            }
        }
    }

    /// The way back through the group messages: from `scratch.d_pre` to `scratch.d_input`.
    #[inline(always)]
    #[allow(clippy::too_many_arguments)]
    fn groups_backward<S: Simd>(
        &self,
        s: S,
        block: &Block,
        call: Call<S::Elem>,
        tape: &BlockTape<S::Elem>,
        grads: &mut [S::Elem],
        scratch: &mut Scratch<S::Elem>,
    ) {
        if self.n_matrices == 0 {
            return;
        }
        let Call { params: transposed, graph, .. } = call;
        let (n, h, w) = (graph.live.len(), self.h, 2 * self.f);
        let scale = S::Elem::from_f64(f64::from(graph.scale));
        sum_groups(s, graph, 0, &tape.input, scale, &mut scratch.sums, h);
        sum_groups(s, graph, 0, &scratch.d_pre, S::Elem::ONE, &mut scratch.messages, w);
        let matrices = grads[block.groups.clone()].chunks_exact_mut(h * w);
        for (m, (d_matrix, back)) in
            matrices.zip(transposed[block.groups.clone()].chunks_exact(h * w)).enumerate()
        {
            let (g0, g1) = (graph.segments[m] as usize, graph.segments[m + 1] as usize);
            let (sums, d_messages) = (&mut scratch.sums[g0 * h..g1 * h], &scratch.messages[g0 * w..g1 * w]);
            gemm_add(s, (h, w, g1 - g0), Mat::transposed(sums, h), d_messages, d_matrix);
            gemm(s, (g1 - g0, h, w), Mat::rows(d_messages, w), back, sums);
        }
        let d_input = scratch.d_input[..n * h].chunks_exact_mut(h);
        for (d, groups) in d_input.zip(graph.group_of.chunks_exact(graph.n_relations)) {
            for g in groups {
                axpy(s, d, &scratch.sums[*g as usize * h..(*g as usize + 1) * h], scale);
            }
        }
    }
}

/// The way back through all blocks.
pub(super) struct Backward<'a, R> {
    pub net: &'a RelationalNet,
    pub call: Call<'a, R>,
    pub tape: &'a [BlockTape<R>],
    pub d: &'a mut [R],
    pub grads: &'a mut [R],
    pub scratch: &'a mut Scratch<R>,
}

impl<R: Real> Kernel<R> for Backward<'_, R> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd<Elem = R>>(self, s: S) {
        let Backward { net, call, tape, d, grads, scratch } = self;
        for (block, tape) in net.blocks.iter().zip(tape).rev() {
            net.block_backward(s, block, call, tape, d, grads, scratch);
        }
    }
}
