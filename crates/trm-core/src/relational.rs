//! The relational net: messages along relations fused with the SwiGLU.
//!
//! One block, for token t with state u_t and groups g of relations r (R-GCN, arXiv 1703.06103):
//!
//! ```text
//! m_g  = scale * sum of u over the members of g
//! pre  = [u_t, neighbours of u_t] W_direct + bias + sum_r m_{g_r(t)} W_{matrix(r)}
//! u_t <- rms_norm(u_t + (silu(gate) * up) W_down),   [gate, up] = pre
//! ```

use crate::kernel::{
    Isa, Kernel, Mat, Real, Simd, axpy, colsum_add, gather_sum, gemm, gemm_add, rms_norm, rms_norm_backward,
    swiglu, swiglu_backward,
};
use crate::params::{Init, Layout, transpose};
use crate::relations::{Graph, NONE, Relations};
use crate::{RMS_EPS, TrmConfig};
use core::ops::Range;

/// Tokens computed together on the way forward: their pre-activations stay in L1.
const FORWARD_TILE: usize = 24;
/// Tokens computed together on the way back.
const BACKWARD_TILE: usize = 48;

/// Where the weights of one block lie.
#[derive(Clone, Debug)]
struct Block {
    /// `[(1 + neighbours) * h, 2 f]`
    direct: Range<usize>,
    /// `[n_matrices * h, 2 f]`
    groups: Range<usize>,
    /// `[2 f]`
    bias: Range<usize>,
    /// `[f, h]`
    down: Range<usize>,
}

/// The blocks of a relational net; the weights are in the model's vector.
#[derive(Clone, Debug)]
pub struct RelationalNet {
    /// Width of the state.
    h: usize,
    /// Width inside the SwiGLU.
    f: usize,
    n_direct: usize,
    n_matrices: usize,
    blocks: Vec<Block>,
}

/// The `pre` and `factor` of a [`BlockTape`].
type Kept<'a, R> = (&'a mut [R], &'a mut [R]);

/// What one block keeps for the way back, for `n` live tokens.
#[derive(Clone, Debug, Default)]
pub struct BlockTape<R> {
    /// `[n, h]`
    input: Vec<R>,
    /// `[n, 2 f]`
    pre: Vec<R>,
    /// `[n]`: factors of the norm.
    factor: Vec<R>,
    /// `[n, h]`
    output: Vec<R>,
}

/// Buffers of one thread.
#[derive(Clone, Debug, Default)]
pub struct Scratch<R> {
    /// `[n_groups, h]`
    sums: Vec<R>,
    /// `[n_groups, 2 f]`
    messages: Vec<R>,
    /// One tile, `[tile, n_direct * h]`.
    direct: Vec<R>,
    /// One tile, `[tile, 2 f]`.
    pre: Vec<R>,
    /// One tile, `[tile, f]`.
    act: Vec<R>,
    /// One tile, `[tile, f]`.
    d_act: Vec<R>,
    /// `[n, 2 f]`
    d_pre: Vec<R>,
    /// `[n, h]`: between two blocks.
    between: Vec<R>,
    /// `[n, h]`: gradient of a block's input.
    d_input: Vec<R>,
}

impl<R: Real> Scratch<R> {
    fn fit(&mut self, net: &RelationalNet, graph: &Graph) {
        let (n, g) = (graph.live.len(), graph.n_groups());
        let tile = BACKWARD_TILE.max(FORWARD_TILE);
        for (buffer, len) in [
            (&mut self.sums, g * net.h),
            (&mut self.messages, g * 2 * net.f),
            (&mut self.direct, tile * net.n_direct * net.h),
            (&mut self.pre, tile * 2 * net.f),
            (&mut self.act, tile * net.f),
            (&mut self.d_act, tile * net.f),
            (&mut self.d_pre, n * 2 * net.f),
            (&mut self.between, n * net.h),
            (&mut self.d_input, n * net.h),
        ] {
            buffer.resize(len, R::ZERO);
        }
    }
}

impl RelationalNet {
    /// Lays the blocks' weights out.
    pub fn new(config: &TrmConfig, relations: &Relations, layout: &mut Layout) -> Self {
        let (h, f) = (config.hidden_dim, config.ffn_dim);
        let (n_direct, n_matrices) = (1 + relations.n_neighbours(), relations.n_matrices());
        let wide = Init::Normal(0.6 / (h as f64).sqrt());
        let blocks = (0..config.n_blocks)
            .map(|b| Block {
                direct: layout.push(format!("blocks.{b}.direct.weight"), &[n_direct * h, 2 * f], wide, true),
                groups: layout.push(
                    format!("blocks.{b}.groups.weight"),
                    &[n_matrices * h, 2 * f],
                    wide,
                    true,
                ),
                bias: layout.push(format!("blocks.{b}.bias"), &[2 * f], Init::Zero, true),
                down: layout.push(
                    format!("blocks.{b}.down.weight"),
                    &[f, h],
                    Init::Normal(1.0 / (f as f64).sqrt()),
                    true,
                ),
            })
            .collect();
        RelationalNet { h, f, n_direct, n_matrices, blocks }
    }

    /// Multiply-adds of one call, counted as two operations each.
    pub fn flops(&self, graph: &Graph) -> u64 {
        let (n, g, h, f) = (graph.live.len(), graph.n_groups(), self.h, self.f);
        let block = n * self.n_direct * h * 2 * f + g * h * 2 * f + n * f * h;
        2 * (block * self.blocks.len()) as u64
    }

    /// Writes the transposed matrices, which the way back needs, to the same places of `t`.
    pub fn transpose<R: Real>(&self, params: &[R], t: &mut [R]) {
        let (h, w) = (self.h, 2 * self.f);
        for block in &self.blocks {
            transpose(&params[block.direct.clone()], self.n_direct * h, w, &mut t[block.direct.clone()]);
            let groups = params[block.groups.clone()].chunks_exact(h * w);
            for (m, t) in groups.zip(t[block.groups.clone()].chunks_exact_mut(h * w)) {
                transpose(m, h, w, t);
            }
            transpose(&params[block.down.clone()], self.f, h, &mut t[block.down.clone()]);
        }
    }

    /// `output = net(input)`, both `[live, h]`.
    pub fn forward<R: Real>(
        &self,
        isa: Isa,
        params: &[R],
        graph: &Graph,
        input: &[R],
        output: &mut [R],
        scratch: &mut Scratch<R>,
    ) {
        scratch.fit(self, graph);
        R::dispatch(isa, Forward { net: self, params, graph, input, output, scratch });
    }

    /// The same, keeping on `tape` what [`RelationalNet::backward`] needs.
    #[allow(clippy::too_many_arguments)]
    pub fn forward_taped<R: Real>(
        &self,
        isa: Isa,
        params: &[R],
        graph: &Graph,
        input: &[R],
        output: &mut [R],
        tape: &mut Vec<BlockTape<R>>,
        scratch: &mut Scratch<R>,
    ) {
        scratch.fit(self, graph);
        tape.resize_with(self.blocks.len(), BlockTape::default);
        let n = graph.live.len();
        for t in tape.iter_mut() {
            t.input.resize(n * self.h, R::ZERO);
            t.output.resize(n * self.h, R::ZERO);
            t.pre.resize(n * 2 * self.f, R::ZERO);
            t.factor.resize(n, R::ZERO);
        }
        R::dispatch(isa, ForwardTaped { net: self, params, graph, input, output, tape, scratch });
    }

    /// Turns `d`, the gradient of the output, into that of the input, and adds the weights'
    /// gradients to `grads`. `transposed` is from [`RelationalNet::transpose`].
    #[allow(clippy::too_many_arguments)]
    pub fn backward<R: Real>(
        &self,
        isa: Isa,
        transposed: &[R],
        graph: &Graph,
        tape: &[BlockTape<R>],
        d: &mut [R],
        grads: &mut [R],
        scratch: &mut Scratch<R>,
    ) {
        scratch.fit(self, graph);
        R::dispatch(isa, Backward { net: self, transposed, graph, tape, d, grads, scratch });
    }

    /// The rows `t0..t1` that `W_direct` reads: the states and their neighbours'.
    fn direct_rows<'a, R: Real>(
        &self,
        graph: &Graph,
        input: &'a [R],
        (t0, t1): (usize, usize),
        buffer: &'a mut [R],
    ) -> &'a [R] {
        let h = self.h;
        if self.n_direct == 1 {
            return &input[t0 * h..t1 * h];
        }
        let rows = &mut buffer[..(t1 - t0) * self.n_direct * h];
        for (row, t) in rows.chunks_exact_mut(self.n_direct * h).zip(t0..t1) {
            let (own, others) = row.split_at_mut(h);
            own.copy_from_slice(&input[t * h..(t + 1) * h]);
            let neighbours = &graph.neighbours[t * graph.n_neighbours..(t + 1) * graph.n_neighbours];
            for (other, neighbour) in others.chunks_exact_mut(h).zip(neighbours) {
                match *neighbour {
                    NONE => other.fill(R::ZERO),
                    u => other.copy_from_slice(&input[u as usize * h..(u as usize + 1) * h]),
                }
            }
        }
        rows
    }

    #[inline(always)]
    fn sum_groups<S: Simd>(
        &self,
        s: S,
        graph: &Graph,
        rows: &[S::Elem],
        scale: S::Elem,
        sums: &mut [S::Elem],
        width: usize,
    ) {
        for (g, sum) in sums.chunks_exact_mut(width).take(graph.n_groups()).enumerate() {
            gather_sum(s, rows, graph.members_of(g), &[], scale, sum);
        }
    }

    #[inline(always)]
    #[allow(clippy::too_many_arguments)]
    fn block_forward<S: Simd>(
        &self,
        s: S,
        block: &Block,
        params: &[S::Elem],
        graph: &Graph,
        input: &[S::Elem],
        output: &mut [S::Elem],
        mut keep: Option<Kept<S::Elem>>,
        scratch: &mut Scratch<S::Elem>,
    ) {
        let (n, h, f, w) = (graph.live.len(), self.h, self.f, 2 * self.f);
        let scale = S::Elem::from_f64(f64::from(graph.scale));
        self.sum_groups(s, graph, input, scale, &mut scratch.sums, h);
        for (m, matrix) in params[block.groups.clone()].chunks_exact(h * w).enumerate() {
            let (g0, g1) = (graph.segments[m] as usize, graph.segments[m + 1] as usize);
            let sums = Mat::rows(&scratch.sums[g0 * h..g1 * h], h);
            gemm(s, (g1 - g0, w, h), sums, matrix, &mut scratch.messages[g0 * w..g1 * w]);
        }
        for t0 in (0..n).step_by(FORWARD_TILE) {
            let t1 = (t0 + FORWARD_TILE).min(n);
            let rows = t1 - t0;
            let pre = match &mut keep {
                Some((pre, _)) => &mut pre[t0 * w..t1 * w],
                None => &mut scratch.pre[..rows * w],
            };
            for (pre, t) in pre.chunks_exact_mut(w).zip(t0..t1) {
                let groups = &graph.group_of[t * graph.n_relations..(t + 1) * graph.n_relations];
                gather_sum(s, &scratch.messages, groups, &params[block.bias.clone()], S::Elem::ONE, pre);
            }
            let direct = self.direct_rows(graph, input, (t0, t1), &mut scratch.direct);
            let k = self.n_direct * h;
            gemm_add(s, (rows, w, k), Mat::rows(direct, k), &params[block.direct.clone()], pre);
            let act = &mut scratch.act[..rows * f];
            for (act, pre) in act.chunks_exact_mut(f).zip(pre.chunks_exact(w)) {
                swiglu(s, pre, act);
            }
            let out = &mut output[t0 * h..t1 * h];
            out.copy_from_slice(&input[t0 * h..t1 * h]);
            gemm_add(s, (rows, h, f), Mat::rows(act, f), &params[block.down.clone()], out);
            for (row, t) in out.chunks_exact_mut(h).zip(t0..t1) {
                let factor = rms_norm(s, row, S::Elem::from_f64(RMS_EPS));
                if let Some((_, factors)) = &mut keep {
                    factors[t] = factor;
                }
            }
        }
    }

    /// Turns the gradient `d` of the block's output into that of its input.
    #[inline(always)]
    #[allow(clippy::too_many_arguments)]
    fn block_backward<S: Simd>(
        &self,
        s: S,
        block: &Block,
        transposed: &[S::Elem],
        graph: &Graph,
        tape: &BlockTape<S::Elem>,
        d: &mut [S::Elem],
        grads: &mut [S::Elem],
        scratch: &mut Scratch<S::Elem>,
    ) {
        let n = graph.live.len();
        scratch.d_input[..n * self.h].fill(S::Elem::ZERO);
        for t0 in (0..n).step_by(BACKWARD_TILE) {
            let range = (t0, (t0 + BACKWARD_TILE).min(n));
            self.tile_backward(s, block, transposed, graph, tape, range, d, grads, scratch);
        }
        self.groups_backward(s, block, transposed, graph, tape, grads, scratch);
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
        transposed: &[S::Elem],
        graph: &Graph,
        tape: &BlockTape<S::Elem>,
        (t0, t1): (usize, usize),
        d: &mut [S::Elem],
        grads: &mut [S::Elem],
        scratch: &mut Scratch<S::Elem>,
    ) {
        let (h, f, w, k) = (self.h, self.f, 2 * self.f, self.n_direct * self.h);
        let rows = t1 - t0;
        let d = &mut d[t0 * h..t1 * h];
        for (d, t) in d.chunks_exact_mut(h).zip(t0..t1) {
            rms_norm_backward(s, d, &tape.output[t * h..(t + 1) * h], tape.factor[t]);
        }
        let d_act = &mut scratch.d_act[..rows * f];
        gemm(s, (rows, f, h), Mat::rows(d, h), &transposed[block.down.clone()], d_act);
        let (act, d_pre) = (&mut scratch.act[..rows * f], &mut scratch.d_pre[t0 * w..t1 * w]);
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
        let direct = self.direct_rows(graph, &tape.input, (t0, t1), &mut scratch.direct);
        gemm_add(s, (k, w, rows), Mat::transposed(direct, k), d_pre, &mut grads[block.direct.clone()]);
        let back = &transposed[block.direct.clone()];
        if self.n_direct == 1 {
            gemm_add(s, (rows, h, w), Mat::rows(d_pre, w), back, &mut scratch.d_input[t0 * h..t1 * h]);
            return;
        }
        let d_direct = &mut scratch.direct[..rows * k];
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
        transposed: &[S::Elem],
        graph: &Graph,
        tape: &BlockTape<S::Elem>,
        grads: &mut [S::Elem],
        scratch: &mut Scratch<S::Elem>,
    ) {
        if self.n_matrices == 0 {
            return;
        }
        let (n, h, w) = (graph.live.len(), self.h, 2 * self.f);
        let scale = S::Elem::from_f64(f64::from(graph.scale));
        self.sum_groups(s, graph, &tape.input, scale, &mut scratch.sums, h);
        self.sum_groups(s, graph, &scratch.d_pre, S::Elem::ONE, &mut scratch.messages, w);
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

struct Forward<'a, R> {
    net: &'a RelationalNet,
    params: &'a [R],
    graph: &'a Graph,
    input: &'a [R],
    output: &'a mut [R],
    scratch: &'a mut Scratch<R>,
}

impl<R: Real> Kernel<R> for Forward<'_, R> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd<Elem = R>>(self, s: S) {
        let Forward { net, params, graph, input, output, scratch } = self;
        let mut from = std::mem::take(&mut scratch.between);
        from.copy_from_slice(input);
        let mut to = std::mem::take(&mut scratch.d_input);
        for block in &net.blocks {
            net.block_forward(s, block, params, graph, &from, &mut to, None, scratch);
            std::mem::swap(&mut from, &mut to);
        }
        output.copy_from_slice(&from);
        scratch.between = from;
        scratch.d_input = to;
    }
}

struct ForwardTaped<'a, R> {
    net: &'a RelationalNet,
    params: &'a [R],
    graph: &'a Graph,
    input: &'a [R],
    output: &'a mut [R],
    tape: &'a mut [BlockTape<R>],
    scratch: &'a mut Scratch<R>,
}

impl<R: Real> Kernel<R> for ForwardTaped<'_, R> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd<Elem = R>>(self, s: S) {
        let ForwardTaped { net, params, graph, input, output, tape, scratch } = self;
        tape[0].input.copy_from_slice(input);
        for (b, block) in net.blocks.iter().enumerate() {
            let (done, next) = tape.split_at_mut(b + 1);
            let BlockTape { input, pre, factor, output } = &mut done[b];
            net.block_forward(s, block, params, graph, input, output, Some((pre, factor)), scratch);
            if let Some(next) = next.first_mut() {
                next.input.copy_from_slice(output);
            }
        }
        output.copy_from_slice(&tape[tape.len() - 1].output);
    }
}

struct Backward<'a, R> {
    net: &'a RelationalNet,
    transposed: &'a [R],
    graph: &'a Graph,
    tape: &'a [BlockTape<R>],
    d: &'a mut [R],
    grads: &'a mut [R],
    scratch: &'a mut Scratch<R>,
}

impl<R: Real> Kernel<R> for Backward<'_, R> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd<Elem = R>>(self, s: S) {
        let Backward { net, transposed, graph, tape, d, grads, scratch } = self;
        for (block, tape) in net.blocks.iter().zip(tape).rev() {
            net.block_backward(s, block, transposed, graph, tape, d, grads, scratch);
        }
    }
}
