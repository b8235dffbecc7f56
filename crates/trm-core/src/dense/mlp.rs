//! MLP-T: a SwiGLU across positions, for each channel of the state alike.
//!
//! ```text
//! [gate, up] = W_gate_up u;   u <- rms_norm_over_positions(u + W_down^T (silu(gate) * up))
//! ```
//!
//! The reference transposes the state to `[hidden, positions]` and back. Here the matrices
//! multiply `u` (`[positions, hidden]`) from the left instead, which is the same numbers without
//! a transposition; their rows are as long as there are positions. As in the reference the norm
//! is over the positions of a channel, not over the channels of a position.
//!
//! Deviates: fewer positions than the matrices have are as many zeros behind on the way in, and
//! the norm is over the positions that are there.

use super::swiglu::tiles;
use crate::RMS_EPS;
use crate::kernel::{
    Mat, Real, Simd, gemm, gemm_add, rms_norm_columns, rms_norm_columns_backward, swiglu, swiglu_backward,
};
use crate::params::{Init, Layout};
use core::ops::Range;

/// The most rows of the middle layer computed together.
const TILE: usize = 64;

/// Where the weights of one MLP-T lie.
#[derive(Clone, Debug)]
pub(crate) struct Mlp {
    h: usize,
    /// Positions.
    l: usize,
    /// Width of the middle layer.
    m: usize,
    /// `[2 m, l]`
    gate_up: Range<usize>,
    /// `[m, l]`
    down: Range<usize>,
}

/// What the way back needs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tape<R> {
    /// `[2 m, h]`: gate and up of the first tile, then of the second, ..
    pre: Vec<R>,
    /// `[h]`: factors of the norm.
    factor: Vec<R>,
}

/// Buffers of one thread.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scratch<R> {
    /// One tile, `[2 tile, h]`.
    pre: Vec<R>,
    /// One tile, `[tile, h]`.
    act: Vec<R>,
    /// One tile, `[tile, h]`.
    d_act: Vec<R>,
    /// `[h]`
    factor: Vec<R>,
    /// `[n, h]`: the gradient of the sum before the norm; `d` grows from tile to tile.
    d_sum: Vec<R>,
    /// `[h, l]`: the input, transposed, zero where there is no position.
    input_t: Vec<R>,
    /// `[h, l]`: the same of `d_sum`.
    d_t: Vec<R>,
}

impl Mlp {
    pub(super) fn new(name: &str, h: usize, l: usize, m: usize, layout: &mut Layout) -> Self {
        let spread = |n: usize| Init::Normal(1.0 / (n as f64).sqrt());
        Mlp {
            h,
            l,
            m,
            gate_up: layout.push(format!("{name}.gate_up.weight"), &[2 * m, l], spread(l), true),
            down: layout.push(format!("{name}.down.weight"), &[m, l], spread(m), true),
        }
    }

    /// # Panics
    /// Where there are more positions than the matrices have.
    pub(super) fn check(&self, n: usize) {
        assert!(n <= self.l, "{n} positions, at most {}", self.l);
    }

    /// Multiply-adds for `n` positions.
    pub(super) fn products(&self, n: usize) -> usize {
        3 * n * self.h * self.m
    }

    /// Both directions read these matrices as they are.
    pub(super) fn transpose<R: Real>(&self, params: &[R], t: &mut [R]) {
        for range in [&self.gate_up, &self.down] {
            t[range.clone()].copy_from_slice(&params[range.clone()]);
        }
    }

    pub(super) fn fit_scratch<R: Real>(&self, scratch: &mut Scratch<R>) {
        let (tile, h) = (self.m.min(TILE), self.h);
        scratch.pre.resize(2 * tile * h, R::ZERO);
        scratch.act.resize(tile * h, R::ZERO);
        scratch.d_act.resize(tile * h, R::ZERO);
        scratch.factor.resize(h, R::ZERO);
        scratch.input_t.resize(h * self.l, R::ZERO);
        scratch.d_t.resize(h * self.l, R::ZERO);
    }

    pub(super) fn fit_tape<R: Real>(&self, tape: &mut Tape<R>) {
        tape.pre.resize(2 * self.m * self.h, R::ZERO);
        tape.factor.resize(self.h, R::ZERO);
    }

    /// From `input` to `output`, both `[n, h]`.
    #[inline(always)]
    pub(super) fn forward<S: Simd>(
        &self,
        s: S,
        params: &[S::Elem],
        input: &[S::Elem],
        output: &mut [S::Elem],
        mut tape: Option<&mut Tape<S::Elem>>,
        scratch: &mut Scratch<S::Elem>,
    ) {
        let (h, l, n) = (self.h, self.l, input.len() / self.h);
        let (gate, up) = params[self.gate_up.clone()].split_at(self.m * l);
        let down = &params[self.down.clone()];
        output.copy_from_slice(input);
        for (i0, i1) in tiles(self.m, TILE) {
            let rows = i1 - i0;
            let pre = match &mut tape {
                Some(tape) => &mut tape.pre[2 * i0 * h..2 * i1 * h],
                None => &mut scratch.pre[..2 * rows * h],
            };
            let (gate_pre, up_pre) = pre.split_at_mut(rows * h);
            gemm(s, (rows, h, n), Mat::rows(&gate[i0 * l..i1 * l], l), input, gate_pre);
            gemm(s, (rows, h, n), Mat::rows(&up[i0 * l..i1 * l], l), input, up_pre);
            let act = &mut scratch.act[..rows * h];
            swiglu(s, pre, act);
            gemm_add(s, (n, h, rows), Mat::transposed(&down[i0 * l..i1 * l], l), act, output);
        }
        let factor = match &mut tape {
            Some(tape) => &mut tape.factor,
            None => &mut scratch.factor,
        };
        rms_norm_columns(s, output, factor, S::Elem::from_f64(RMS_EPS));
    }

    /// Turns `d`, the gradient of `output`, into that of `input`.
    #[inline(always)]
    #[allow(clippy::too_many_arguments)]
    pub(super) fn backward<S: Simd>(
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
        rms_norm_columns_backward(s, d, output, &tape.factor, &mut scratch.factor);
        scratch.d_sum.clear();
        scratch.d_sum.extend_from_slice(d);
        transpose_padded(input, h, l, &mut scratch.input_t);
        transpose_padded(d, h, l, &mut scratch.d_t);
        let (gate, up) = params[self.gate_up.clone()].split_at(self.m * l);
        let down = &params[self.down.clone()];
        for (i0, i1) in tiles(self.m, TILE) {
            let (rows, weights) = (i1 - i0, i0 * l..i1 * l);
            let d_act = &mut scratch.d_act[..rows * h];
            gemm(s, (rows, h, n), Mat::rows(&down[weights.clone()], l), &scratch.d_sum, d_act);
            let (act, d_pre) = (&mut scratch.act[..rows * h], &mut scratch.pre[..2 * rows * h]);
            swiglu_backward(s, &tape.pre[2 * i0 * h..2 * i1 * h], d_act, act, d_pre);
            let d_down = &mut grads[self.down.clone()][weights.clone()];
            gemm_add(s, (rows, l, h), Mat::rows(act, h), &scratch.d_t, d_down);
            let (d_gate, d_up) = d_pre.split_at(rows * h);
            let (grad_gate, grad_up) = grads[self.gate_up.clone()].split_at_mut(self.m * l);
            for (d_pre, grad, matrix) in [(d_gate, grad_gate, gate), (d_up, grad_up, up)] {
                let grad = &mut grad[weights.clone()];
                gemm_add(s, (rows, l, h), Mat::rows(d_pre, h), &scratch.input_t, grad);
                gemm_add(s, (n, h, rows), Mat::transposed(&matrix[weights.clone()], l), d_pre, d);
            }
        }
    }
}

/// Writes the transpose of `a`, which has rows of `width`, to `t`, whose rows of `length` end in
/// zeros.
fn transpose_padded<R: Real>(a: &[R], width: usize, length: usize, t: &mut [R]) {
    t.fill(R::ZERO);
    for (i, row) in a.chunks_exact(width).enumerate() {
        for (j, x) in row.iter().enumerate() {
            t[j * length + i] = *x;
        }
    }
}
