//! The dense nets: every position mixes with every other, by attention or MLP-T, and then passes
//! a SwiGLU; residual and RMS norm after each (arXiv 2510.04871; the reference's
//! `TinyRecursiveReasoningModel_ACTV1Block`).
//!
//! # Shapes
//! States are `[prefix + live, h]`: the prefix positions are the first rows, and row
//! `prefix + i` belongs to live token i.

mod attention;
mod mlp;
mod rope;
mod swiglu;

use crate::kernel::{Kernel, Real, Simd};
use crate::net::Call;
use crate::params::Layout;
use crate::relations::Graph;
use crate::{Mixer, TrmConfig};
use attention::Attention;
use mlp::Mlp;
use rope::Rope;
pub(crate) use rope::THETA as ROPE_THETA;
use swiglu::SwiGlu;

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
    swiglu: SwiGlu,
}

#[derive(Clone, Debug)]
enum Mix {
    Attention(Attention),
    Mlp(Mlp),
}

/// What one block keeps for the way back, for `n` positions.
#[derive(Clone, Debug, Default)]
pub struct BlockTape<R> {
    /// `[n, h]`
    input: Vec<R>,
    /// `[n, h]`: after the positions were mixed.
    mixed: Vec<R>,
    /// `[n, h]`
    output: Vec<R>,
    attention: attention::Tape<R>,
    mlp: mlp::Tape<R>,
    swiglu: swiglu::Tape<R>,
}

/// Buffers of one thread.
#[derive(Clone, Debug, Default)]
pub struct Scratch<R> {
    rope: Rope<R>,
    attention: attention::Scratch<R>,
    mlp: mlp::Scratch<R>,
    swiglu: swiglu::Scratch<R>,
    /// `[n, h]`: after the positions were mixed.
    mixed: Vec<R>,
    /// `[n, h]`: between two blocks.
    between: Vec<R>,
}

impl DenseNet {
    /// Lays the blocks' weights out.
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
                swiglu: SwiGlu::new(&format!("blocks.{b}.swiglu"), h, config.ffn_dim, layout),
            })
            .collect();
        DenseNet { h, n_prefix: config.prefix_tokens, blocks }
    }

    /// Rows of a state: the prefix and the live tokens.
    pub fn n_rows(&self, graph: &Graph) -> usize {
        self.n_prefix + graph.live.len()
    }

    /// Multiply-adds of one call, counted as two operations each.
    pub fn flops(&self, graph: &Graph) -> u64 {
        let n = self.n_rows(graph);
        let block = |block: &Block| {
            let mix = match &block.mix {
                Mix::Attention(attention) => attention.products(n),
                Mix::Mlp(mlp) => mlp.products(n),
            };
            2 * (mix + block.swiglu.products(n)) as u64
        };
        self.blocks.iter().map(block).sum()
    }

    /// Writes the matrices as the way back reads them to the same places of `t`.
    pub fn transpose<R: Real>(&self, params: &[R], t: &mut [R]) {
        for block in &self.blocks {
            match &block.mix {
                Mix::Attention(attention) => attention.transpose(params, t),
                Mix::Mlp(mlp) => mlp.transpose(params, t),
            }
            block.swiglu.transpose(params, t);
        }
    }

    /// See [`Net::pack`](crate::net::Net::pack).
    pub fn pack<R: Real>(&self, params: &[R], pairs: &mut [R]) -> bool {
        self.blocks.iter().all(|block| {
            if let Mix::Attention(attention) = &block.mix {
                attention.pack(params, pairs);
            }
            block.swiglu.pack(params, pairs)
        })
    }

    /// `output = net(input)`, both `[prefix + live, h]`.
    pub fn forward<R: Real>(&self, call: Call<R>, input: &[R], output: &mut [R], scratch: &mut Scratch<R>) {
        self.fit(call.graph, scratch);
        R::dispatch(call.isa, Forward { net: self, call, input, output, scratch });
    }

    /// The same, keeping on `tape` what [`DenseNet::backward`] needs.
    pub fn forward_taped<R: Real>(
        &self,
        call: Call<R>,
        input: &[R],
        output: &mut [R],
        tape: &mut Vec<BlockTape<R>>,
        scratch: &mut Scratch<R>,
    ) {
        self.fit(call.graph, scratch);
        let n = self.n_rows(call.graph);
        tape.resize_with(self.blocks.len(), BlockTape::default);
        for (block, tape) in self.blocks.iter().zip(tape.iter_mut()) {
            for buffer in [&mut tape.input, &mut tape.mixed, &mut tape.output] {
                buffer.resize(n * self.h, R::ZERO);
            }
            match &block.mix {
                Mix::Attention(attention) => attention.fit_tape(n, &mut tape.attention),
                Mix::Mlp(mlp) => mlp.fit_tape(&mut tape.mlp),
            }
            block.swiglu.fit_tape(n, &mut tape.swiglu);
        }
        let call = Call { pairs: None, ..call };
        R::dispatch(call.isa, ForwardTaped { net: self, call, input, output, tape, scratch });
    }

    /// Turns `d`, the gradient of the output, into that of the input, and adds the weights'
    /// gradients to `grads`. The call has the weights of [`DenseNet::transpose`].
    pub fn backward<R: Real>(
        &self,
        call: Call<R>,
        tape: &[BlockTape<R>],
        d: &mut [R],
        grads: &mut [R],
        scratch: &mut Scratch<R>,
    ) {
        self.fit(call.graph, scratch);
        R::dispatch(call.isa, Backward { net: self, transposed: call.params, tape, d, grads, scratch });
    }

    fn fit<R: Real>(&self, graph: &Graph, scratch: &mut Scratch<R>) {
        let n = self.n_rows(graph);
        for block in &self.blocks {
            match &block.mix {
                Mix::Attention(attention) => {
                    attention.fit_scratch(n, &mut scratch.attention);
                    scratch.rope.fit(attention.head_dim(), n);
                }
                Mix::Mlp(mlp) => {
                    mlp.check(n);
                    mlp.fit_scratch(&mut scratch.mlp);
                }
            }
            block.swiglu.fit_scratch(n, &mut scratch.swiglu);
        }
        scratch.mixed.resize(n * self.h, R::ZERO);
        scratch.between.resize(n * self.h, R::ZERO);
    }
}

struct Forward<'a, R> {
    net: &'a DenseNet,
    call: Call<'a, R>,
    input: &'a [R],
    output: &'a mut [R],
    scratch: &'a mut Scratch<R>,
}

impl<R: Real> Kernel<R> for Forward<'_, R> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd<Elem = R>>(self, s: S) {
        let Forward { net, call, input, output, scratch } = self;
        let Scratch { rope, attention, mlp, swiglu, mixed, between } = scratch;
        output.copy_from_slice(input);
        for block in &net.blocks {
            between.copy_from_slice(output);
            match &block.mix {
                Mix::Attention(mix) => {
                    let mut tape = std::mem::take(&mut attention.tape);
                    mix.forward(s, call, rope, between, mixed, &mut tape, attention);
                    attention.tape = tape;
                }
                Mix::Mlp(mix) => mix.forward(s, call.params, between, mixed, None, mlp),
            }
            block.swiglu.forward(s, call, mixed, output, None, swiglu);
        }
    }
}

struct ForwardTaped<'a, R> {
    net: &'a DenseNet,
    call: Call<'a, R>,
    input: &'a [R],
    output: &'a mut [R],
    tape: &'a mut [BlockTape<R>],
    scratch: &'a mut Scratch<R>,
}

impl<R: Real> Kernel<R> for ForwardTaped<'_, R> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd<Elem = R>>(self, s: S) {
        let ForwardTaped { net, call, input, output, tape, scratch } = self;
        output.copy_from_slice(input);
        for (block, tape) in net.blocks.iter().zip(tape) {
            tape.input.copy_from_slice(output);
            let BlockTape { input, mixed, attention, mlp, swiglu, .. } = tape;
            match &block.mix {
                Mix::Attention(mix) => {
                    mix.forward(s, call, &scratch.rope, input, mixed, attention, &mut scratch.attention)
                }
                Mix::Mlp(mix) => mix.forward(s, call.params, input, mixed, Some(mlp), &mut scratch.mlp),
            }
            block.swiglu.forward(s, call, mixed, output, Some(swiglu), &mut scratch.swiglu);
            tape.output.copy_from_slice(output);
        }
    }
}

struct Backward<'a, R> {
    net: &'a DenseNet,
    transposed: &'a [R],
    tape: &'a [BlockTape<R>],
    d: &'a mut [R],
    grads: &'a mut [R],
    scratch: &'a mut Scratch<R>,
}

impl<R: Real> Kernel<R> for Backward<'_, R> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd<Elem = R>>(self, s: S) {
        let Backward { net, transposed, tape, d, grads, scratch } = self;
        for (block, tape) in net.blocks.iter().zip(tape).rev() {
            let BlockTape { input, mixed, output, attention, mlp, swiglu } = tape;
            block.swiglu.backward(s, transposed, (mixed, output), swiglu, d, grads, &mut scratch.swiglu);
            let ends = (&input[..], &mixed[..]);
            match &block.mix {
                Mix::Attention(mix) => {
                    let Scratch { rope, attention: scratch, .. } = scratch;
                    mix.backward(s, transposed, rope, ends, attention, d, grads, scratch)
                }
                Mix::Mlp(mix) => mix.backward(s, transposed, ends, mlp, d, grads, &mut scratch.mlp),
            }
        }
    }
}
