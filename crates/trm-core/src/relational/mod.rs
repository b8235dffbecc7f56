//! The relational net: messages along relations, fused with the SwiGLU.
//!
//! One block, for token t with state u_t, and its group g of each relation r that has one (R-GCN, arXiv 1703.06103):
//!
//! ```text
//! m_g  = scale * sum of u over the members of g
//! pre  = [u_t, neighbours of u_t] W_direct + bias + sum_r m_{g_r(t)} W_{matrix(r)}
//! u_t <- rms_norm(u_t + (silu(gate) * up) W_down),   [gate, up] = pre
//! ```

mod backward;
mod block;
mod forward;

use crate::config::TrmConfig;
use crate::context::Context;
use crate::graph::Graph;
use crate::kernel::Real;
use crate::params::{Layout, Matrix};
use crate::relations::Relations;
use backward::Backward;
use block::Block;
pub use block::{BlockTape, Scratch};

/// The blocks of a relational net; the weights are in the model's vector.
#[derive(Clone, Debug)]
pub struct RelationalNet {
    blocks: Vec<Block>,
}

impl RelationalNet {
    /// Appends the weights of the blocks to the layout.
    pub fn new(config: &TrmConfig, relations: &Relations, layout: &mut Layout) -> Self {
        let block = |b| Block::new(&format!("blocks.{b}"), config, relations, layout);
        RelationalNet { blocks: (0..config.n_blocks).map(block).collect() }
    }

    /// Floating-point operations of the matmuls of one forward pass.
    pub fn flops(&self, graph: &Graph) -> u64 {
        self.blocks.iter().map(|block| 2 * block.multiply_adds(graph) as u64).sum()
    }

    /// Appends its matrices to `all`.
    pub(crate) fn list_matrices(&self, all: &mut Vec<Matrix>) {
        self.blocks.iter().for_each(|block| block.list_matrices(all));
    }

    /// `output = net(input)`, both `[live, h]`.
    pub fn forward<R: Real>(&self, ctx: Context<R>, input: &[R], output: &mut [R], scratch: &mut Scratch<R>) {
        self.resize(ctx.graph, scratch);
        let mut from = std::mem::take(&mut scratch.between);
        from.copy_from_slice(input);
        let mut to = std::mem::take(&mut scratch.d_input);
        for block in &self.blocks {
            block.forward(ctx, &from, &mut to, scratch);
            std::mem::swap(&mut from, &mut to);
        }
        output.copy_from_slice(&from);
        scratch.between = from;
        scratch.d_input = to;
    }

    /// [`RelationalNet::forward`], which also writes `tape` for [`RelationalNet::backward`].
    pub fn forward_taped<R: Real>(
        &self,
        ctx: Context<R>,
        input: &[R],
        output: &mut [R],
        tape: &mut Vec<BlockTape<R>>,
        scratch: &mut Scratch<R>,
    ) {
        self.resize(ctx.graph, scratch);
        tape.resize_with(self.blocks.len(), BlockTape::default);
        let mut from = input;
        for (block, tape) in self.blocks.iter().zip(tape) {
            block.resize_tape(ctx.graph.live.len(), tape);
            tape.input.copy_from_slice(from);
            block.forward_taped(ctx, tape, scratch);
            from = &tape.output;
        }
        output.copy_from_slice(from);
    }

    /// Turns `d`, the gradient of the output, into that of the input, and adds the gradients of the weights
    /// to `grads`. The context holds the weights of [`Net::transpose`](crate::net::Net::transpose).
    pub fn backward<R: Real>(
        &self,
        ctx: Context<R>,
        tape: &[BlockTape<R>],
        d: &mut [R],
        grads: &mut [R],
        scratch: &mut Scratch<R>,
    ) {
        self.resize(ctx.graph, scratch);
        if let (Some(block), Some(_)) = (self.blocks.first(), ctx.pairs) {
            block.resize_packed(ctx.graph, scratch);
        }
        R::dispatch(ctx.isa, Backward { blocks: &self.blocks, ctx, tape, d, grads, scratch });
    }

    /// All blocks have the same shape.
    fn resize<R: Real>(&self, graph: &Graph, scratch: &mut Scratch<R>) {
        if let Some(block) = self.blocks.first() {
            scratch.resize(block, graph);
        }
    }
}
