//! The net that the recursion calls again and again, with any mixer.

pub use crate::context::{Context, Transposed};

use crate::config::{Mixer, TrmConfig};
use crate::dense::{self, DenseNet};
use crate::graph::Graph;
use crate::kernel::Real;
use crate::params::{Layout, Matrix};
use crate::relational::{self, RelationalNet};

/// The blocks of a model. They hold ranges of the model's vector; the weights are in the [`Context`].
#[derive(Clone, Debug)]
pub enum Net {
    /// Attention or MLP-T.
    Dense(DenseNet),
    /// Messages along relations.
    Relational(RelationalNet),
}

/// What the backward pass of one call needs.
#[derive(Clone, Debug, Default)]
pub struct NetTape<R> {
    dense: Vec<dense::BlockTape<R>>,
    relational: Vec<relational::BlockTape<R>>,
}

/// The buffers of one call.
#[derive(Clone, Debug, Default)]
pub struct NetScratch<R> {
    dense: dense::Scratch<R>,
    relational: relational::Scratch<R>,
}

impl<R: Real> NetScratch<R> {
    /// Buffers for forward passes without a tape on `n` threads of the rayon pool. Each thread computes a part of
    /// the rows, so the results are the same for any `n`. Only relational nets use more than one.
    pub fn set_threads(&mut self, n: usize) {
        self.relational.set_threads(n);
    }
}

impl Net {
    /// Appends the weights of the blocks that `config` describes to the layout.
    pub fn new(config: &TrmConfig, layout: &mut Layout) -> Self {
        match &config.mixer {
            Mixer::Relational(relations) => Net::Relational(RelationalNet::new(config, relations, layout)),
            Mixer::Mlp { .. } | Mixer::Attention { .. } => Net::Dense(DenseNet::new(config, layout)),
        }
    }

    /// Rows of a state: the prefix, then one row per live token.
    pub fn n_rows(&self, graph: &Graph) -> usize {
        match self {
            Net::Dense(net) => net.n_rows(graph),
            Net::Relational(_) => graph.live.len(),
        }
    }

    /// Floating-point operations of the matmuls of one forward pass; a multiply-add counts as two.
    pub fn flops(&self, graph: &Graph) -> u64 {
        match self {
            Net::Dense(net) => net.flops(graph),
            Net::Relational(net) => net.flops(graph),
        }
    }

    /// The matrices that rows are multiplied with: all but those of MLP-T.
    fn matrices(&self) -> Vec<Matrix> {
        let mut all = Vec::new();
        match self {
            Net::Dense(net) => net.list_matrices(&mut all),
            Net::Relational(net) => net.list_matrices(&mut all),
        }
        all
    }

    /// Writes the transposed matrices, which the backward pass reads, to the same ranges of `t`.
    pub fn transpose<R: Real>(&self, params: &[R], t: &mut [R]) {
        self.matrices().iter().for_each(|matrix| matrix.transpose(params, t));
        if let Net::Dense(net) = self {
            net.copy_untransposed(params, t);
        }
    }

    /// Packs the matrices as bf16 pairs: each is half as long and starts where its range does. Returns false where
    /// a width is odd, which has no such form. The matrices of MLP-T stay in full precision.
    pub fn pack<R: Real>(&self, params: &[R], pairs: &mut [R]) -> bool {
        self.matrices().iter().all(|matrix| matrix.pack(params, pairs))
    }

    /// [`Net::pack`] for a backward pass, from what [`Net::transpose`] wrote.
    pub fn pack_transposed<R: Real>(&self, t: &[R], pairs: &mut [R]) -> bool {
        self.matrices().iter().all(|matrix| matrix.transposed().pack(t, pairs))
    }

    /// The forward pass: `output = net(input)`, both `[rows, hidden_dim]`.
    pub fn forward<R: NetReal>(
        &self,
        ctx: Context<R>,
        input: &[R],
        output: &mut [R],
        scratch: &mut NetScratch<R>,
    ) {
        R::forward(self, ctx, input, output, scratch);
    }

    /// [`Net::forward`], which also writes `tape` for [`Net::backward`].
    pub fn forward_taped<R: NetReal>(
        &self,
        ctx: Context<R>,
        input: &[R],
        output: &mut [R],
        tape: &mut NetTape<R>,
        scratch: &mut NetScratch<R>,
    ) {
        R::forward_taped(self, ctx, input, output, tape, scratch);
    }

    /// The backward pass: turns `d`, the gradient of the output, into that of the input, and adds the gradients
    /// of the weights to `grads`. The context holds the weights of [`Net::transpose`].
    pub fn backward<R: NetReal>(
        &self,
        ctx: Context<R>,
        tape: &NetTape<R>,
        d: &mut [R],
        grads: &mut [R],
        scratch: &mut NetScratch<R>,
    ) {
        R::backward(self, ctx, tape, d, grads, scratch);
    }
}

/// A number type with the passes of a net: `f32` and `f64`. The passes are not generic, so that the kernels are
/// compiled once in this crate and not again in each crate that uses a net.
pub trait NetReal: Real {
    /// [`Net::forward`]
    fn forward(
        net: &Net,
        ctx: Context<Self>,
        input: &[Self],
        output: &mut [Self],
        scratch: &mut NetScratch<Self>,
    );
    /// [`Net::forward_taped`]
    fn forward_taped(
        net: &Net,
        ctx: Context<Self>,
        input: &[Self],
        output: &mut [Self],
        tape: &mut NetTape<Self>,
        scratch: &mut NetScratch<Self>,
    );
    /// [`Net::backward`]
    fn backward(
        net: &Net,
        ctx: Context<Self>,
        tape: &NetTape<Self>,
        d: &mut [Self],
        grads: &mut [Self],
        scratch: &mut NetScratch<Self>,
    );
}

macro_rules! net_real {
    ($t:ty) => {
        impl NetReal for $t {
            fn forward(
                net: &Net,
                ctx: Context<$t>,
                input: &[$t],
                output: &mut [$t],
                scratch: &mut NetScratch<$t>,
            ) {
                match net {
                    Net::Dense(net) => net.forward(ctx, input, output, &mut scratch.dense),
                    Net::Relational(net) => net.forward(ctx, input, output, &mut scratch.relational),
                }
            }

            fn forward_taped(
                net: &Net,
                ctx: Context<$t>,
                input: &[$t],
                output: &mut [$t],
                tape: &mut NetTape<$t>,
                scratch: &mut NetScratch<$t>,
            ) {
                let NetScratch { dense, relational } = scratch;
                match net {
                    Net::Dense(net) => net.forward_taped(ctx, input, output, &mut tape.dense, dense),
                    Net::Relational(net) => {
                        net.forward_taped(ctx, input, output, &mut tape.relational, relational)
                    }
                }
            }

            fn backward(
                net: &Net,
                ctx: Context<$t>,
                tape: &NetTape<$t>,
                d: &mut [$t],
                grads: &mut [$t],
                scratch: &mut NetScratch<$t>,
            ) {
                let NetScratch { dense, relational } = scratch;
                match net {
                    Net::Dense(net) => net.backward(ctx, &tape.dense, d, grads, dense),
                    Net::Relational(net) => net.backward(ctx, &tape.relational, d, grads, relational),
                }
            }
        }
    };
}

net_real!(f32);
net_real!(f64);
