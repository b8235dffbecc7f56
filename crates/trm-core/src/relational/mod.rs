//! The relational net: messages along relations fused with the SwiGLU.
//!
//! One block, for token t with state u_t and groups g of relations r (R-GCN, arXiv 1703.06103):
//!
//! ```text
//! m_g  = scale * sum of u over the members of g
//! pre  = [u_t, neighbours of u_t] W_direct + bias + sum_r m_{g_r(t)} W_{matrix(r)}
//! u_t <- rms_norm(u_t + (silu(gate) * up) W_down),   [gate, up] = pre
//! ```

mod backward;
mod forward;

use crate::TrmConfig;
use crate::kernel::{Real, Simd, gather_sum};
use crate::net::{Call, pack};
use crate::params::{Init, Layout, transpose};
use crate::relations::{Graph, NONE, Relations};
use backward::Backward;
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

/// The buffers of one call.
#[derive(Clone, Debug, Default)]
pub struct Scratch<R> {
    /// `[n_groups, h]`
    sums: Vec<R>,
    /// `[n_groups, 2 f]`
    messages: Vec<R>,
    /// `[n, 2 f]`
    d_pre: Vec<R>,
    /// `[n, h]`: between two blocks.
    between: Vec<R>,
    /// `[n, h]`: gradient of a block's input.
    d_input: Vec<R>,
    /// One for each thread that a call without a tape may use.
    tiles: Vec<Tile<R>>,
}

/// The buffers of one tile.
#[derive(Clone, Debug, Default)]
struct Tile<R> {
    /// `[tile, n_direct * h]`
    direct: Vec<R>,
    /// `[tile, 2 f]`
    pre: Vec<R>,
    /// `[tile, f]`
    act: Vec<R>,
    /// `[tile, f]`
    d_act: Vec<R>,
    /// `[tile, n_direct * h / 2]` or `[tile, f / 2]`: the rows of a product as pairs.
    pairs: Vec<R>,
}

impl<R: Real> Scratch<R> {
    /// See [`NetScratch::set_threads`](crate::net::NetScratch::set_threads).
    pub fn set_threads(&mut self, n: usize) {
        self.tiles.resize_with(n.max(1), Tile::default);
    }

    fn fit(&mut self, net: &RelationalNet, graph: &Graph) {
        let (n, g) = (graph.live.len(), graph.n_groups());
        self.set_threads(self.tiles.len());
        for (buffer, len) in [
            (&mut self.sums, g * net.h),
            (&mut self.messages, g * 2 * net.f),
            (&mut self.d_pre, n * 2 * net.f),
            (&mut self.between, n * net.h),
            (&mut self.d_input, n * net.h),
        ] {
            buffer.resize(len, R::ZERO);
        }
        let rows = BACKWARD_TILE.max(FORWARD_TILE);
        for tile in &mut self.tiles {
            tile.direct.resize(rows * net.n_direct * net.h, R::ZERO);
            tile.pre.resize(rows * 2 * net.f, R::ZERO);
            tile.act.resize(rows * net.f, R::ZERO);
            tile.d_act.resize(rows * net.f, R::ZERO);
            tile.pairs.resize(rows * (net.n_direct * net.h).max(net.f) / 2, R::ZERO);
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

    /// See [`Net::pack`](crate::net::Net::pack).
    pub fn pack<R: Real>(&self, params: &[R], pairs: &mut [R]) -> bool {
        let (h, f, w) = (self.h, self.f, 2 * self.f);
        if h % 2 == 1 || f % 2 == 1 {
            return false;
        }
        for block in &self.blocks {
            pack(params, block.direct.clone(), self.n_direct * h, pairs);
            for start in block.groups.clone().step_by(h * w) {
                pack(params, start..start + h * w, h, pairs);
            }
            pack(params, block.down.clone(), f, pairs);
        }
        true
    }

    /// `output = net(input)`, both `[live, h]`.
    pub fn forward<R: Real>(&self, call: Call<R>, input: &[R], output: &mut [R], scratch: &mut Scratch<R>) {
        scratch.fit(self, call.graph);
        let mut from = std::mem::take(&mut scratch.between);
        from.copy_from_slice(input);
        let mut to = std::mem::take(&mut scratch.d_input);
        for block in &self.blocks {
            self.block_forward(call, block, &from, &mut to, scratch);
            std::mem::swap(&mut from, &mut to);
        }
        output.copy_from_slice(&from);
        scratch.between = from;
        scratch.d_input = to;
    }

    /// The same, keeping on `tape` what [`RelationalNet::backward`] needs.
    pub fn forward_taped<R: Real>(
        &self,
        call: Call<R>,
        input: &[R],
        output: &mut [R],
        tape: &mut Vec<BlockTape<R>>,
        scratch: &mut Scratch<R>,
    ) {
        scratch.fit(self, call.graph);
        tape.resize_with(self.blocks.len(), BlockTape::default);
        let n = call.graph.live.len();
        let mut from = input;
        for (block, tape) in self.blocks.iter().zip(tape) {
            tape.input.resize(n * self.h, R::ZERO);
            tape.output.resize(n * self.h, R::ZERO);
            tape.pre.resize(n * 2 * self.f, R::ZERO);
            tape.factor.resize(n, R::ZERO);
            tape.input.copy_from_slice(from);
            self.block_forward_taped(call, block, tape, scratch);
            from = &tape.output;
        }
        output.copy_from_slice(from);
    }

    /// Turns `d`, the gradient of the output, into that of the input, and adds the weights'
    /// gradients to `grads`. The call has the weights of [`RelationalNet::transpose`].
    pub fn backward<R: Real>(
        &self,
        call: Call<R>,
        tape: &[BlockTape<R>],
        d: &mut [R],
        grads: &mut [R],
        scratch: &mut Scratch<R>,
    ) {
        scratch.fit(self, call.graph);
        R::dispatch(call.isa, Backward { net: self, call, tape, d, grads, scratch });
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
}

/// Sums of the members' rows, `width` numbers each, for the groups from `first` on.
#[inline(always)]
fn sum_groups<S: Simd>(
    s: S,
    graph: &Graph,
    first: usize,
    rows: &[S::Elem],
    scale: S::Elem,
    sums: &mut [S::Elem],
    width: usize,
) {
    for (g, sum) in sums.chunks_exact_mut(width).enumerate() {
        gather_sum(s, rows, graph.members_of(first + g), &[], scale, sum);
    }
}
