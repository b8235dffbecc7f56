//! The dense nets. In a block every position mixes with every other, by attention or MLP-T, and then passes a
//! feed-forward layer; residual and RMS norm follow each (arXiv 2510.04871; the reference's
//! `TinyRecursiveReasoningModel_ACTV1Block`).
//!
//! # Shapes
//! States are `[prefix + live, h]`: the prefix positions are the first rows, and row
//! `prefix + i` belongs to live token i.

mod attention;
mod feed_forward;
mod mlp;
mod rope;
mod tiles;

use crate::buffer::Buffer;
use crate::config::{Mixer, TrmConfig};
use crate::context::Context;
use crate::graph::Graph;
use crate::kernel::{Kernel, Real, Simd};
use crate::params::{Layout, Matrix};
use crate::swiglu;
use attention::Attention;
use feed_forward::FeedForward;
use mlp::Mlp;
use rope::Rope;
pub(crate) use rope::THETA as ROPE_THETA;

/// The blocks of a dense net; the weights are in the model's vector.
#[derive(Clone, Debug)]
pub struct DenseNet {
    h: usize,
    n_prefix: usize,
    blocks: Vec<Block>,
}

#[derive(Clone, Debug)]
struct Block {
    mix: Mix,
    feed_forward: FeedForward,
}

#[derive(Clone, Debug)]
enum Mix {
    Attention(Attention),
    Mlp(Mlp),
}

/// What the backward pass of one block needs, for `n` positions.
#[derive(Clone, Debug, Default)]
pub struct BlockTape<R> {
    /// `[n, h]`
    input: Buffer<R>,
    /// `[n, h]`: the output of attention or MLP-T.
    mixed: Buffer<R>,
    /// `[n, h]`
    output: Buffer<R>,
    attention: attention::Tape<R>,
    mlp: swiglu::Tape<R>,
    feed_forward: swiglu::Tape<R>,
}

/// Buffers of one thread.
#[derive(Clone, Debug, Default)]
pub struct Scratch<R> {
    rope: Rope<R>,
    attention: attention::Scratch<R>,
    mlp: mlp::Scratch<R>,
    feed_forward: swiglu::Tile<R>,
    /// `[n, h]`: the output of attention or MLP-T.
    mixed: Buffer<R>,
    /// `[n, h]`: the input of a block.
    between: Buffer<R>,
    /// The factors of one product of a backward pass in bf16.
    packed: Buffer<R>,
}

impl Block {
    /// What a backward pass in bf16 over `n` positions packs at once.
    fn packed_len(&self, n: usize) -> usize {
        let mix = match &self.mix {
            Mix::Attention(attention) => attention.packed_len(n),
            Mix::Mlp(_) => 0,
        };
        mix.max(self.feed_forward.packed_len(n))
    }
}

impl DenseNet {
    /// Appends the weights of the blocks to the layout.
    ///
    /// # Panics
    /// Where the mixer is [`Mixer::Relational`].
    pub fn new(config: &TrmConfig, layout: &mut Layout) -> Self {
        let h = config.hidden_dim;
        let mix = |b: usize, layout: &mut Layout| match &config.mixer {
            Mixer::Attention { num_heads } => {
                Mix::Attention(Attention::new(&format!("blocks.{b}.attention"), h, *num_heads, layout))
            }
            Mixer::Mlp { seq_len, mix_dim } => {
                Mix::Mlp(Mlp::new(&format!("blocks.{b}.mlp"), h, *seq_len, *mix_dim, layout))
            }
            Mixer::Relational(_) => panic!("a relational mixer is not dense"),
        };
        let blocks = (0..config.n_blocks)
            .map(|b| Block {
                mix: mix(b, layout),
                feed_forward: FeedForward::new(&format!("blocks.{b}.swiglu"), h, config.ffn_dim, layout),
            })
            .collect();
        DenseNet { h, n_prefix: config.prefix_tokens, blocks }
    }

    /// Rows of a state: the prefix, then the live tokens.
    pub fn n_rows(&self, graph: &Graph) -> usize {
        self.n_prefix + graph.live.len()
    }

    /// Floating-point operations of the matmuls of one forward pass.
    pub fn flops(&self, graph: &Graph) -> u64 {
        let n = self.n_rows(graph);
        let block = |block: &Block| {
            let mix = match &block.mix {
                Mix::Attention(attention) => attention.multiply_adds(n),
                Mix::Mlp(mlp) => mlp.multiply_adds(n),
            };
            2 * (mix + block.feed_forward.multiply_adds(n)) as u64
        };
        self.blocks.iter().map(block).sum()
    }

    /// Appends its matrices to `all`, but for those of MLP-T, which rows are not multiplied with.
    pub(crate) fn list_matrices(&self, all: &mut Vec<Matrix>) {
        for block in &self.blocks {
            if let Mix::Attention(attention) = &block.mix {
                all.extend(attention.matrices());
            }
            all.extend(block.feed_forward.matrices());
        }
    }

    /// Copies the matrices of MLP-T to the same ranges of `t`.
    pub fn copy_untransposed<R: Real>(&self, params: &[R], t: &mut [R]) {
        for block in &self.blocks {
            if let Mix::Mlp(mlp) = &block.mix {
                mlp.copy_matrices(params, t);
            }
        }
    }

    /// `output = net(input)`, both `[prefix + live, h]`.
    pub fn forward<R: Real>(&self, ctx: Context<R>, input: &[R], output: &mut [R], scratch: &mut Scratch<R>) {
        self.resize(ctx.graph, scratch);
        R::dispatch(ctx.isa, Forward { net: self, ctx, input, output, scratch });
    }

    /// [`DenseNet::forward`], which also writes `tape` for [`DenseNet::backward`].
    pub fn forward_taped<R: Real>(
        &self,
        ctx: Context<R>,
        input: &[R],
        output: &mut [R],
        tape: &mut Vec<BlockTape<R>>,
        scratch: &mut Scratch<R>,
    ) {
        self.resize(ctx.graph, scratch);
        let n = self.n_rows(ctx.graph);
        tape.resize_with(self.blocks.len(), BlockTape::default);
        for (block, tape) in self.blocks.iter().zip(tape.iter_mut()) {
            for buffer in [&mut tape.input, &mut tape.mixed, &mut tape.output] {
                buffer.resize(n * self.h);
            }
            match &block.mix {
                Mix::Attention(attention) => attention.resize_tape(n, &mut tape.attention),
                Mix::Mlp(mlp) => mlp.resize_tape(&mut tape.mlp),
            }
            block.feed_forward.resize_tape(n, &mut tape.feed_forward);
        }
        R::dispatch(ctx.isa, ForwardTaped { net: self, ctx, input, output, tape, scratch });
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
        if ctx.pairs.is_some() {
            let n = self.n_rows(ctx.graph);
            let most = self.blocks.iter().map(|block| block.packed_len(n)).max();
            scratch.packed.resize(most.unwrap_or(0));
        }
        R::dispatch(ctx.isa, Backward { net: self, ctx, tape, d, grads, scratch });
    }

    fn resize<R: Real>(&self, graph: &Graph, scratch: &mut Scratch<R>) {
        let n = self.n_rows(graph);
        for block in &self.blocks {
            match &block.mix {
                Mix::Attention(attention) => {
                    attention.resize_scratch(n, &mut scratch.attention);
                    scratch.rope.resize(attention.head_dim(), n);
                }
                Mix::Mlp(mlp) => {
                    mlp.check(n);
                    mlp.resize_scratch(&mut scratch.mlp);
                }
            }
            block.feed_forward.resize_tile(n, &mut scratch.feed_forward);
        }
        scratch.mixed.resize(n * self.h);
        scratch.between.resize(n * self.h);
    }
}

struct Forward<'a, R> {
    net: &'a DenseNet,
    ctx: Context<'a, R>,
    input: &'a [R],
    output: &'a mut [R],
    scratch: &'a mut Scratch<R>,
}

impl<R: Real> Kernel<R> for Forward<'_, R> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd<Elem = R>>(self, s: S) {
        let Forward { net, ctx, input, output, scratch } = self;
        let Scratch { rope, attention, mlp, feed_forward, mixed, between, .. } = scratch;
        output.copy_from_slice(input);
        for block in &net.blocks {
            between.copy_from_slice(output);
            match &block.mix {
                Mix::Attention(mix) => {
                    let mut tape = std::mem::take(&mut attention.tape);
                    mix.forward(s, ctx, rope, between, mixed, &mut tape, attention);
                    attention.tape = tape;
                }
                Mix::Mlp(mix) => mix.forward(s, ctx.params, between, mixed, None, mlp),
            }
            block.feed_forward.forward(s, ctx, mixed, output, None, feed_forward);
        }
    }
}

struct ForwardTaped<'a, R> {
    net: &'a DenseNet,
    ctx: Context<'a, R>,
    input: &'a [R],
    output: &'a mut [R],
    tape: &'a mut [BlockTape<R>],
    scratch: &'a mut Scratch<R>,
}

impl<R: Real> Kernel<R> for ForwardTaped<'_, R> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd<Elem = R>>(self, s: S) {
        let ForwardTaped { net, ctx, input, output, tape, scratch } = self;
        output.copy_from_slice(input);
        for (block, tape) in net.blocks.iter().zip(tape) {
            tape.input.copy_from_slice(output);
            let BlockTape { input, mixed, attention, mlp, feed_forward, .. } = tape;
            match &block.mix {
                Mix::Attention(mix) => {
                    mix.forward(s, ctx, &scratch.rope, input, mixed, attention, &mut scratch.attention)
                }
                Mix::Mlp(mix) => mix.forward(s, ctx.params, input, mixed, Some(mlp), &mut scratch.mlp),
            }
            let tile = &mut scratch.feed_forward;
            block.feed_forward.forward(s, ctx, mixed, output, Some(feed_forward), tile);
            tape.output.copy_from_slice(output);
        }
    }
}

struct Backward<'a, R> {
    net: &'a DenseNet,
    ctx: Context<'a, R>,
    tape: &'a [BlockTape<R>],
    d: &'a mut [R],
    grads: &'a mut [R],
    scratch: &'a mut Scratch<R>,
}

impl<R: Real> Kernel<R> for Backward<'_, R> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd<Elem = R>>(self, s: S) {
        let Backward { net, ctx, tape, d, grads, scratch } = self;
        let Scratch {
            rope, attention: attention_scratch, mlp: mlp_scratch, feed_forward: tile, packed, ..
        } = scratch;
        for (block, tape) in net.blocks.iter().zip(tape).rev() {
            let BlockTape { input, mixed, output, attention, mlp, feed_forward } = tape;
            block.feed_forward.backward(s, ctx, (mixed, output), feed_forward, d, grads, tile, packed);
            let ends = (&input[..], &mixed[..]);
            match &block.mix {
                Mix::Attention(mix) => {
                    mix.backward(s, ctx, rope, ends, attention, d, grads, attention_scratch, packed)
                }
                Mix::Mlp(mix) => mix.backward(s, ctx.params, ends, mlp, d, grads, mlp_scratch),
            }
        }
    }
}
