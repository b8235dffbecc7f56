//! The net that the recursion calls again and again, whatever mixes its tokens.

use crate::dense::{self, DenseNet};
use crate::kernel::{Isa, Kernel, Mat, Real, Simd, gemm, gemm_add, gemm_pairs, pack_matrix, pack_rows};
use crate::params::Layout;
use crate::relational::{self, RelationalNet};
use crate::relations::Graph;
use crate::{Mixer, TrmConfig};
use core::ops::Range;

/// The blocks of a model. Weights are passed to each call.
#[derive(Clone, Debug)]
pub enum Net {
    /// Attention or MLP-T.
    Dense(DenseNet),
    /// Messages along relations.
    Relational(RelationalNet),
}

/// What one call of a net reads besides its input.
#[derive(Debug)]
pub struct Call<'a, R> {
    /// The instructions to use.
    pub isa: Isa,
    /// The weights; on the way back as [`Net::transpose`] wrote them.
    pub params: &'a [R],
    /// The question's structure.
    pub graph: &'a Graph,
    /// The matrices as [`Net::pack`] wrote them, for products of bf16 pairs; only [`Net::forward`] asks for them.
    pub pairs: Option<&'a [R]>,
}

impl<R> Copy for Call<'_, R> {}

impl<R> Clone for Call<'_, R> {
    fn clone(&self) -> Self {
        *self
    }
}

/// What one call keeps for the way back.
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
    /// Buffers for calls of a relational net without a tape on `n` threads of the rayon pool: each computes a
    /// part of the rows, so the numbers are the same for any `n`. A dense net uses one.
    pub fn set_threads(&mut self, n: usize) {
        self.relational.set_threads(n);
    }
}

impl Net {
    /// Lays out the weights of the blocks that `config` describes.
    pub fn new(config: &TrmConfig, layout: &mut Layout) -> Self {
        match &config.mixer {
            Mixer::Relational(relations) => Net::Relational(RelationalNet::new(config, relations, layout)),
            Mixer::Mlp { .. } | Mixer::Attention { .. } => Net::Dense(DenseNet::new(config, layout)),
        }
    }

    /// Rows of a state: one for each live token, behind those of the prefix.
    pub fn n_rows(&self, graph: &Graph) -> usize {
        match self {
            Net::Dense(net) => net.n_rows(graph),
            Net::Relational(_) => graph.live.len(),
        }
    }

    /// Operations (two for each multiply-add) of the matrix products of one call.
    pub fn flops(&self, graph: &Graph) -> u64 {
        match self {
            Net::Dense(net) => net.flops(graph),
            Net::Relational(net) => net.flops(graph),
        }
    }

    /// Writes the transposed matrices to `t`, laid out like `params`.
    pub fn transpose<R: Real>(&self, params: &[R], t: &mut [R]) {
        match self {
            Net::Dense(net) => net.transpose(params, t),
            Net::Relational(net) => net.transpose(params, t),
        }
    }

    /// Writes the matrices as pairs of bf16 numbers to `pairs`, each from its own place on, half as long; false where
    /// a width is odd, and so the net has no such form. Those of MLP-T stay as they are.
    pub fn pack<R: Real>(&self, params: &[R], pairs: &mut [R]) -> bool {
        match self {
            Net::Dense(net) => net.pack(params, pairs),
            Net::Relational(net) => net.pack(params, pairs),
        }
    }

    /// `output = net(input)`, both `[rows, hidden_dim]`.
    pub fn forward<R: Real>(
        &self,
        call: Call<R>,
        input: &[R],
        output: &mut [R],
        scratch: &mut NetScratch<R>,
    ) {
        R::forward(self, call, input, output, scratch);
    }

    /// The same, keeping on `tape` what [`Net::backward`] needs.
    pub fn forward_taped<R: Real>(
        &self,
        call: Call<R>,
        input: &[R],
        output: &mut [R],
        tape: &mut NetTape<R>,
        scratch: &mut NetScratch<R>,
    ) {
        R::forward_taped(self, call, input, output, tape, scratch);
    }

    /// Turns `d`, the gradient of the output, into that of the input; adds the weights'
    /// gradients to `grads`. The call has the transposed weights.
    pub fn backward<R: Real>(
        &self,
        call: Call<R>,
        tape: &NetTape<R>,
        d: &mut [R],
        grads: &mut [R],
        scratch: &mut NetScratch<R>,
    ) {
        R::backward(self, call, tape, d, grads, scratch);
    }
}

/// The calls of a net, and a product, for one number type. They are no generic functions, so that the kernels
/// are compiled once in this crate and not again in each crate that uses a net.
pub trait NetCalls: Sized {
    /// `c += a b`: `[m, k]`, `[k, n]` and `[m, n]`, row-major.
    ///
    /// # Panics
    /// Where a slice is too short for its shape.
    fn product_add(isa: Isa, shape: (usize, usize, usize), a: &[Self], b: &[Self], c: &mut [Self]);
    /// [`Net::forward`]
    fn forward(
        net: &Net,
        call: Call<Self>,
        input: &[Self],
        output: &mut [Self],
        scratch: &mut NetScratch<Self>,
    );
    /// [`Net::forward_taped`]
    fn forward_taped(
        net: &Net,
        call: Call<Self>,
        input: &[Self],
        output: &mut [Self],
        tape: &mut NetTape<Self>,
        scratch: &mut NetScratch<Self>,
    );
    /// [`Net::backward`]
    fn backward(
        net: &Net,
        call: Call<Self>,
        tape: &NetTape<Self>,
        d: &mut [Self],
        grads: &mut [Self],
        scratch: &mut NetScratch<Self>,
    );
}

/// `out = rows W`, or `out += rows W` where `ADD`, for the matrix W at `range` and rows of `k`: in whole numbers, or in
/// pairs packed into `packed`.
#[inline(always)]
pub(crate) fn product<S: Simd, const ADD: bool>(
    s: S,
    call: Call<S::Elem>,
    range: &Range<usize>,
    (rows, k): (&[S::Elem], usize),
    packed: &mut [S::Elem],
    out: &mut [S::Elem],
) {
    let (m, n) = (rows.len() / k, range.len() / k);
    match call.pairs {
        None if ADD => gemm_add(s, (m, n, k), Mat::rows(rows, k), &call.params[range.clone()], out),
        None => gemm(s, (m, n, k), Mat::rows(rows, k), &call.params[range.clone()], out),
        Some(pairs) => {
            let packed = &mut packed[..rows.len() / 2];
            pack_rows(s, rows, k, packed);
            gemm_pairs::<_, ADD>(s, (m, n, k / 2), Mat::rows(packed, k / 2), &pairs[range.start..], out);
        }
    }
}

/// Writes the `[k, n]` matrix at `range` as the pairs that [`product`] reads.
pub(crate) fn pack<R: Real>(params: &[R], range: Range<usize>, k: usize, pairs: &mut [R]) {
    let (n, start) = (range.len() / k, range.start);
    pack_matrix(&params[range.clone()], (k, n), &mut pairs[start..start + range.len() / 2]);
}

struct ProductAdd<'a, R> {
    shape: (usize, usize, usize),
    a: &'a [R],
    b: &'a [R],
    c: &'a mut [R],
}

impl<R: Real> Kernel<R> for ProductAdd<'_, R> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd<Elem = R>>(self, s: S) {
        gemm_add(s, self.shape, Mat::rows(self.a, self.shape.2), self.b, self.c);
    }
}

macro_rules! net_calls {
    ($t:ty) => {
        impl NetCalls for $t {
            fn product_add(isa: Isa, shape: (usize, usize, usize), a: &[$t], b: &[$t], c: &mut [$t]) {
                <$t>::dispatch(isa, ProductAdd { shape, a, b, c });
            }

            fn forward(
                net: &Net,
                call: Call<$t>,
                input: &[$t],
                output: &mut [$t],
                scratch: &mut NetScratch<$t>,
            ) {
                match net {
                    Net::Dense(net) => net.forward(call, input, output, &mut scratch.dense),
                    Net::Relational(net) => net.forward(call, input, output, &mut scratch.relational),
                }
            }

            fn forward_taped(
                net: &Net,
                call: Call<$t>,
                input: &[$t],
                output: &mut [$t],
                tape: &mut NetTape<$t>,
                scratch: &mut NetScratch<$t>,
            ) {
                let NetScratch { dense, relational } = scratch;
                match net {
                    Net::Dense(net) => net.forward_taped(call, input, output, &mut tape.dense, dense),
                    Net::Relational(net) => {
                        net.forward_taped(call, input, output, &mut tape.relational, relational)
                    }
                }
            }

            fn backward(
                net: &Net,
                call: Call<$t>,
                tape: &NetTape<$t>,
                d: &mut [$t],
                grads: &mut [$t],
                scratch: &mut NetScratch<$t>,
            ) {
                let NetScratch { dense, relational } = scratch;
                match net {
                    Net::Dense(net) => net.backward(call, &tape.dense, d, grads, dense),
                    Net::Relational(net) => net.backward(call, &tape.relational, d, grads, relational),
                }
            }
        }
    };
}

net_calls!(f32);
net_calls!(f64);
