//! SwiGLU (arXiv 2002.05202) with the residual and the norm around it, which ends the block of every net:
//!
//! ```text
//! output = rms_norm(input + (silu(gate) * up) W_down)
//! ```
//!
//! The pre-activations `[gate, up]` are the caller's: `input W_gate_up` in the feed-forward layer of a dense
//! net, the sum of a token's own, its neighbours' and its groups' messages in a relational net. MLP-T gates
//! columns instead of rows and shares the buffers and the tape.

use crate::RMS_EPS;
use crate::buffer::Buffer;
use crate::context::Context;
use crate::kernel::{Real, Simd, rms_norm, rms_norm_backward, swiglu_backward};
use crate::params::{Init, Layout, Matrix};
use core::ops::Range;

/// The weights of one SwiGLU.
#[derive(Clone, Debug)]
pub(crate) struct SwiGlu {
    /// Width of a row.
    h: usize,
    /// Width of the hidden layer.
    f: usize,
    /// `[f, h]`
    down: Range<usize>,
}

/// What the backward pass needs. Shapes are for `n` rows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tape<R> {
    /// `[n, 2 f]`: the pre-activations.
    pub pre: Buffer<R>,
    /// `[n]`: factors of the norm.
    pub factor: Buffer<R>,
}

/// Buffers of one tile of rows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tile<R> {
    /// `[rows, 2 f]`: the pre-activations of a pass without a tape, or the gradient of the pre-activations.
    pub pre: Buffer<R>,
    /// `[rows, f]`: the activations `silu(gate) * up`.
    pub act: Buffer<R>,
    /// `[rows, f]`
    pub d_act: Buffer<R>,
    /// `[rows, k / 2]`: the input of a matmul in bf16.
    pub packed: Buffer<R>,
}

impl<R: Real> Tape<R> {
    /// Makes room for `n_pre` pre-activations and `n_factors` factors.
    pub fn resize(&mut self, n_pre: usize, n_factors: usize) {
        self.pre.resize(n_pre);
        self.factor.resize(n_factors);
    }
}

impl<R: Real> Tile<R> {
    /// Makes room for `rows` rows with a hidden layer `f` wide and matmuls over at most `k`.
    pub fn resize(&mut self, rows: usize, f: usize, k: usize) {
        self.pre.resize(rows * 2 * f);
        self.act.resize(rows * f);
        self.d_act.resize(rows * f);
        self.packed.resize(rows * k / 2);
    }
}

impl SwiGlu {
    /// Appends `NAME.down.weight` to the layout.
    pub fn new(name: &str, h: usize, f: usize, layout: &mut Layout) -> Self {
        let down = layout.push_matrices(format!("{name}.down.weight"), [f, h], [f, h], Init::fan_in(f));
        SwiGlu { h, f, down }
    }

    /// Its matrix.
    pub fn matrix(&self) -> Matrix {
        Matrix { range: self.down.clone(), rows: self.f }
    }

    /// The forward pass of some rows, from the activations and `input` to `output`. Writes the factors of the norm to
    /// `factors`, if given.
    #[inline(always)]
    pub fn forward<S: Simd>(
        &self,
        s: S,
        ctx: Context<S::Elem>,
        act: &[S::Elem],
        (input, output): (&[S::Elem], &mut [S::Elem]),
        mut factors: Option<&mut [S::Elem]>,
        packed: &mut [S::Elem],
    ) {
        ctx.matmul_from(s, &self.down, (act, self.f), packed, (input, output));
        for (i, row) in output.chunks_exact_mut(self.h).enumerate() {
            let factor = rms_norm(s, row, S::Elem::from_f64(RMS_EPS));
            if let Some(factors) = &mut factors {
                factors[i] = factor;
            }
        }
    }

    /// The backward pass of some rows, with `pre`, `output` and `factor` of the forward pass. Turns `d`, the gradient
    /// of `output`, into the gradient of the sum before the norm, which is also that of the residual. Writes the
    /// gradient of `pre` to `d_pre`, and adds that of the weights to `grads`. The context holds transposed weights.
    #[inline(always)]
    #[allow(clippy::too_many_arguments)]
    pub fn backward<S: Simd>(
        &self,
        s: S,
        ctx: Context<S::Elem>,
        (pre, output, factor): (&[S::Elem], &[S::Elem], &[S::Elem]),
        d: &mut [S::Elem],
        d_pre: &mut [S::Elem],
        grads: &mut [S::Elem],
        (act, d_act, packed): (&mut [S::Elem], &mut [S::Elem], &mut [S::Elem]),
    ) {
        let (h, f, rows) = (self.h, self.f, factor.len());
        for ((d, output), factor) in d.chunks_exact_mut(h).zip(output.chunks_exact(h)).zip(factor) {
            rms_norm_backward(s, d, output, *factor);
        }
        let (act, d_act) = (&mut act[..rows * f], &mut d_act[..rows * f]);
        ctx.matmul::<_, false>(s, &self.down, (d, h), packed, d_act);
        let here = act.chunks_exact_mut(f).zip(d_pre.chunks_exact_mut(2 * f));
        for ((pre, d_act), (act, d_pre)) in pre.chunks_exact(2 * f).zip(d_act.chunks_exact(f)).zip(here) {
            swiglu_backward(s, pre, d_act, act, d_pre);
        }
        ctx.add_gradient(s, (act, f), (d, h), packed, &mut grads[self.down.clone()]);
    }
}
