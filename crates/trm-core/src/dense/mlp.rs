//! MLP-T: a SwiGLU across positions, the same for each channel of the state.
//!
//! ```text
//! [gate, up] = W_gate_up u;   u <- rms_norm_over_positions(u + W_down^T (silu(gate) * up))
//! ```
//!
//! The reference transposes the state to `[hidden, positions]` and back. Here the matrices multiply `u`
//! (`[positions, hidden]`) from the left instead, which gives the same result without a transposition; their
//! rows are as long as there are positions. As in the reference the norm is over the positions of a channel,
//! not over the channels of a position.
//!
//! Deviates: a question with fewer positions than the matrices have is zero-padded at the end, and the norm
//! is over its own positions only.

use super::tiles::tiles;
use crate::RMS_EPS;
use crate::buffer::Buffer;
use crate::kernel::{
    Mat, Real, Simd, gemm, gemm_add, rms_norm_columns, rms_norm_columns_backward, swiglu, swiglu_backward,
};
use crate::params::{Init, Layout, transpose_padded};
use crate::swiglu::{Tape, Tile};
use core::ops::Range;

/// The most rows of the hidden layer computed together.
const TILE: usize = 64;

/// The weights of one MLP-T.
#[derive(Clone, Debug)]
pub(super) struct Mlp {
    h: usize,
    /// Positions.
    l: usize,
    /// Width of the hidden layer.
    m: usize,
    /// `[2 m, l]`
    gate_up: Range<usize>,
    /// `[m, l]`
    down: Range<usize>,
}

/// Buffers of one thread.
#[derive(Clone, Debug, Default)]
pub(super) struct Scratch<R> {
    /// Rows of the hidden layer, `h` wide.
    tile: Tile<R>,
    /// `[h]`
    factor: Buffer<R>,
    /// `[n, h]`: the gradient of the sum before the norm; `d` itself grows from tile to tile.
    d_sum: Buffer<R>,
    /// `[h, l]`: the transposed input, zero-padded.
    input_t: Buffer<R>,
    /// `[h, l]`: `d_sum`, transposed and zero-padded.
    d_t: Buffer<R>,
}

impl Mlp {
    pub fn new(name: &str, h: usize, l: usize, m: usize, layout: &mut Layout) -> Self {
        Mlp {
            h,
            l,
            m,
            gate_up: layout.push_matrices(
                format!("{name}.gate_up.weight"),
                [2 * m, l],
                [m, l],
                Init::fan_in(l),
            ),
            down: layout.push_matrices(format!("{name}.down.weight"), [m, l], [m, l], Init::fan_in(m)),
        }
    }

    /// # Panics
    /// Where there are more positions than the matrices have.
    pub fn check(&self, n: usize) {
        assert!(n <= self.l, "{n} positions, at most {}", self.l);
    }

    /// Multiply-adds for `n` positions.
    pub fn multiply_adds(&self, n: usize) -> usize {
        3 * n * self.h * self.m
    }

    /// Copies the matrices to `t`: the forward and the backward pass read them in the same order.
    pub fn copy_matrices<R: Real>(&self, params: &[R], t: &mut [R]) {
        for range in [&self.gate_up, &self.down] {
            t[range.clone()].copy_from_slice(&params[range.clone()]);
        }
    }

    pub fn resize_scratch<R: Real>(&self, scratch: &mut Scratch<R>) {
        scratch.tile.resize(self.m.min(TILE), self.h, 0);
        scratch.factor.resize(self.h);
        scratch.input_t.resize(self.h * self.l);
        scratch.d_t.resize(self.h * self.l);
    }

    /// The pre-activations are `[2 m, h]`: gate and up of the first tile, then of the second, and so on.
    pub fn resize_tape<R: Real>(&self, tape: &mut Tape<R>) {
        tape.resize(2 * self.m * self.h, self.h);
    }

    /// From `input` to `output`, both `[n, h]`.
    #[inline(always)]
    pub fn forward<S: Simd>(
        &self,
        s: S,
        params: &[S::Elem],
        input: &[S::Elem],
        output: &mut [S::Elem],
        tape: Option<&mut Tape<S::Elem>>,
        scratch: &mut Scratch<S::Elem>,
    ) {
        let (h, l, n) = (self.h, self.l, input.len() / self.h);
        let (gate, up) = params[self.gate_up.clone()].split_at(self.m * l);
        let down = &params[self.down.clone()];
        let Scratch { tile, factor, .. } = scratch;
        let (mut taped, factor) = match tape {
            Some(Tape { pre, factor }) => (Some(&mut pre[..]), factor),
            None => (None, factor),
        };
        output.copy_from_slice(input);
        for (i0, i1) in tiles(self.m, TILE) {
            let (rows, weights) = (i1 - i0, i0 * l..i1 * l);
            let pre = match &mut taped {
                Some(pre) => &mut pre[2 * i0 * h..2 * i1 * h],
                None => &mut tile.pre[..2 * rows * h],
            };
            let (gate_pre, up_pre) = pre.split_at_mut(rows * h);
            gemm(s, (rows, h, n), Mat::rows(&gate[weights.clone()], l), input, gate_pre);
            gemm(s, (rows, h, n), Mat::rows(&up[weights.clone()], l), input, up_pre);
            let act = &mut tile.act[..rows * h];
            swiglu(s, pre, act);
            gemm_add(s, (n, h, rows), Mat::transposed(&down[weights], l), act, output);
        }
        rms_norm_columns(s, output, factor, S::Elem::from_f64(RMS_EPS));
    }

    /// Turns `d`, the gradient of `output`, into that of `input`.
    #[inline(always)]
    #[allow(clippy::too_many_arguments)]
    pub fn backward<S: Simd>(
        &self,
        s: S,
        params: &[S::Elem],
        (input, output): (&[S::Elem], &[S::Elem]),
        tape: &Tape<S::Elem>,
        d: &mut [S::Elem],
        grads: &mut [S::Elem],
        scratch: &mut Scratch<S::Elem>,
    ) {
        let (h, l, n) = (self.h, self.l, input.len() / self.h);
        let Scratch { tile, factor: means, d_sum, input_t, d_t } = scratch;
        rms_norm_columns_backward(s, d, output, &tape.factor, means);
        d_sum.copy_from(d);
        transpose_padded(input, h, l, input_t);
        transpose_padded(d, h, l, d_t);
        let (gate, up) = params[self.gate_up.clone()].split_at(self.m * l);
        let down = &params[self.down.clone()];
        for (i0, i1) in tiles(self.m, TILE) {
            let (rows, weights) = (i1 - i0, i0 * l..i1 * l);
            let d_act = &mut tile.d_act[..rows * h];
            gemm(s, (rows, h, n), Mat::rows(&down[weights.clone()], l), d_sum, d_act);
            let (act, d_pre) = (&mut tile.act[..rows * h], &mut tile.pre[..2 * rows * h]);
            swiglu_backward(s, &tape.pre[2 * i0 * h..2 * i1 * h], d_act, act, d_pre);
            let d_down = &mut grads[self.down.clone()][weights.clone()];
            gemm_add(s, (rows, l, h), Mat::rows(act, h), d_t, d_down);
            let (d_gate, d_up) = d_pre.split_at(rows * h);
            let (grad_gate, grad_up) = grads[self.gate_up.clone()].split_at_mut(self.m * l);
            for (d_pre, grad, matrix) in [(d_gate, grad_gate, gate), (d_up, grad_up, up)] {
                let grad = &mut grad[weights.clone()];
                gemm_add(s, (rows, l, h), Mat::rows(d_pre, h), input_t, grad);
                gemm_add(s, (n, h, rows), Mat::transposed(&matrix[weights.clone()], l), d_pre, d);
            }
        }
    }
}
