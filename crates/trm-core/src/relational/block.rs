//! One block of the relational net: its weights, tape and buffers, and what both passes gather from the graph.

use crate::buffer::Buffer;
use crate::config::TrmConfig;
use crate::context::packed_len;
use crate::graph::Graph;
use crate::kernel::{Real, Simd, gather_sum};
use crate::params::{Init, Layout, Matrix};
use crate::relations::{NONE, Relations};
use crate::swiglu::{self, SwiGlu};
use core::ops::Range;

/// Tokens computed together in the forward pass: their pre-activations stay in L1.
pub(super) const FORWARD_TILE: usize = 24;
/// Sums computed together in the forward pass: they stay in L1 until they are multiplied.
pub(super) const SUMS_TILE: usize = 48;
/// Tokens computed together in the backward pass.
pub(super) const BACKWARD_TILE: usize = 48;

/// The weights of one block.
#[derive(Clone, Debug)]
pub(super) struct Block {
    /// Width of the state.
    pub h: usize,
    /// Width inside the SwiGLU.
    pub f: usize,
    /// A token's own state and its neighbours'.
    pub n_direct: usize,
    /// `[n_direct * h, 2 f]`
    pub direct: Range<usize>,
    /// `[n_matrices * h, 2 f]`
    pub groups: Range<usize>,
    /// `[2 f]`
    pub bias: Range<usize>,
    pub swiglu: SwiGlu,
}

/// What the backward pass of one block needs, for `n` live tokens.
#[derive(Clone, Debug, Default)]
pub struct BlockTape<R> {
    /// `[n, h]`
    pub(super) input: Buffer<R>,
    pub(super) swiglu: swiglu::Tape<R>,
    /// `[n, h]`
    pub(super) output: Buffer<R>,
}

/// The buffers of one pass.
#[derive(Clone, Debug, Default)]
pub struct Scratch<R> {
    /// `[n_sums, h]`
    pub(super) sums: Buffer<R>,
    /// `[n_sums, 2 f]`
    pub(super) messages: Buffer<R>,
    /// `[n, 2 f]`
    pub(super) d_pre: Buffer<R>,
    /// `[n, h]`: the input of a block.
    pub(super) between: Buffer<R>,
    /// `[n, h]`: the gradient of a block's input.
    pub(super) d_input: Buffer<R>,
    /// The factors of one product of a backward pass in bf16.
    pub(super) packed: Buffer<R>,
    /// One for each thread that a forward pass without a tape may use.
    pub(super) tiles: Vec<Tile<R>>,
}

/// The buffers of one tile.
#[derive(Clone, Debug, Default)]
pub(super) struct Tile<R> {
    /// `[tile, n_direct * h]`
    pub direct: Buffer<R>,
    pub swiglu: swiglu::Tile<R>,
}

impl<R: Real> Scratch<R> {
    /// See [`NetScratch::set_threads`](crate::net::NetScratch::set_threads).
    pub fn set_threads(&mut self, n: usize) {
        self.tiles.resize_with(n.max(1), Tile::default);
    }

    /// Makes room for blocks of this shape.
    pub(super) fn resize(&mut self, block: &Block, graph: &Graph) {
        let Block { h, f, n_direct, .. } = *block;
        let (n, g) = (graph.live.len(), graph.n_sums());
        self.set_threads(self.tiles.len());
        for (buffer, len) in [
            (&mut self.sums, g * h),
            (&mut self.messages, g * 2 * f),
            (&mut self.d_pre, n * 2 * f),
            (&mut self.between, n * h),
            (&mut self.d_input, n * h),
        ] {
            buffer.resize(len);
        }
        let rows = BACKWARD_TILE.max(FORWARD_TILE);
        for tile in &mut self.tiles {
            tile.direct.resize(rows * n_direct * h);
            tile.swiglu.resize(rows, f, (n_direct * h).max(f));
        }
    }
}

impl Block {
    /// Appends the weights to the layout.
    pub fn new(name: &str, config: &TrmConfig, relations: &Relations, layout: &mut Layout) -> Self {
        let (h, f) = (config.hidden_dim, config.ffn_dim);
        let (n_direct, n_matrices) = (1 + relations.n_neighbours(), relations.n_matrices());
        let init = Init::Uniform(0.6 / (h as f64).sqrt());
        let mut matrices = |part: &str, n: usize| {
            layout.push_matrices(format!("{name}.{part}.weight"), [n * h, 2 * f], [h, f], init)
        };
        let (direct, groups) = (matrices("direct", n_direct), matrices("groups", n_matrices));
        let bias = layout.push(format!("{name}.bias"), &[2 * f], Init::Zero, true);
        Block { h, f, n_direct, direct, groups, bias, swiglu: SwiGlu::new(name, h, f, layout) }
    }

    /// Multiply-adds of the matmuls of one forward pass.
    pub fn multiply_adds(&self, graph: &Graph) -> usize {
        let (n, g) = (graph.live.len(), graph.n_sums());
        let Block { h, f, n_direct, .. } = *self;
        n * n_direct * h * 2 * f + g * h * 2 * f + n * f * h
    }

    /// Appends its matrices to `all`.
    pub fn list_matrices(&self, all: &mut Vec<Matrix>) {
        let (h, size) = (self.h, self.h * 2 * self.f);
        all.push(Matrix { range: self.direct.clone(), rows: self.n_direct * h });
        all.push(self.swiglu.matrix());
        for start in self.groups.clone().step_by(size) {
            all.push(Matrix { range: start..start + size, rows: h });
        }
    }

    /// Makes room for what a backward pass in bf16 packs.
    pub fn resize_packed<R: Real>(&self, graph: &Graph, scratch: &mut Scratch<R>) {
        let Block { h, f, n_direct, .. } = *self;
        let (rows, w) = (BACKWARD_TILE.min(graph.live.len()), 2 * f);
        let most = [(rows, n_direct * h, w), (rows, f, h), (graph.n_sums(), h, w)];
        let most = most.map(|(rows, k, n)| packed_len(rows, k, n)).into_iter().max();
        scratch.packed.resize(most.unwrap_or(0));
    }

    /// Makes room on the tape for `n` live tokens.
    pub fn resize_tape<R: Real>(&self, n: usize, tape: &mut BlockTape<R>) {
        tape.input.resize(n * self.h);
        tape.output.resize(n * self.h);
        tape.swiglu.resize(n * 2 * self.f, n);
    }

    /// The rows `t0..t1` that `W_direct` multiplies: the states of the tokens and of their neighbours.
    pub fn direct_rows<'a, R: Real>(
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

/// For the sums from `first` on, `scale` times the sum over the rows, `width` long, of the tokens that are listed.
#[inline(always)]
pub(super) fn sum_tokens<'a, S: Simd>(
    s: S,
    tokens_of: impl Fn(usize) -> &'a [u32],
    first: usize,
    rows: &[S::Elem],
    scale: S::Elem,
    sums: &mut [S::Elem],
    width: usize,
) {
    for (g, sum) in sums.chunks_exact_mut(width).enumerate() {
        gather_sum(s, rows, tokens_of(first + g), scale, sum);
    }
}
