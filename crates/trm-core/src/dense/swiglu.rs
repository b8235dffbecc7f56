//! The SwiGLU of each position: `u <- rms_norm(u + (silu(gate) * up) W_down)`, where
//! `[gate, up] = u W_gate_up`.

use crate::RMS_EPS;
use crate::kernel::{Mat, Real, Simd, gemm, gemm_add, rms_norm, rms_norm_backward, swiglu, swiglu_backward};
use crate::net::{Call, pack, product};
use crate::params::{Init, Layout, transpose};
use core::ops::Range;

/// The most positions computed together: their pre-activations stay in the second cache.
const TILE: usize = 64;

/// Where the weights of one SwiGLU lie.
#[derive(Clone, Debug)]
pub(crate) struct SwiGlu {
    h: usize,
    f: usize,
    /// `[h, 2 f]`
    gate_up: Range<usize>,
    /// `[f, h]`
    down: Range<usize>,
}

/// What the way back needs, for `n` positions.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tape<R> {
    /// `[n, 2 f]`
    pre: Vec<R>,
    /// `[n]`: factors of the norm.
    factor: Vec<R>,
}

/// Buffers of one thread.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scratch<R> {
    /// One tile, `[tile, 2 f]`.
    pre: Vec<R>,
    /// One tile, `[tile, f]`.
    act: Vec<R>,
    /// One tile, `[tile, f]`.
    d_act: Vec<R>,
    /// `[tile, h / 2]` or `[tile, f / 2]`: the rows of a product as pairs.
    packed: Vec<R>,
}

/// Equal tiles of at most `most` of `n` rows.
pub(super) fn tiles(n: usize, most: usize) -> impl Iterator<Item = (usize, usize)> {
    let size = n.div_ceil(n.div_ceil(most).max(1)).max(1);
    (0..n).step_by(size).map(move |from| (from, (from + size).min(n)))
}

impl SwiGlu {
    pub(super) fn new(name: &str, h: usize, f: usize, layout: &mut Layout) -> Self {
        let spread = |n: usize| Init::Normal(1.0 / (n as f64).sqrt());
        SwiGlu {
            h,
            f,
            gate_up: layout.push(format!("{name}.gate_up.weight"), &[h, 2 * f], spread(h), true),
            down: layout.push(format!("{name}.down.weight"), &[f, h], spread(f), true),
        }
    }

    /// Multiply-adds for `n` positions.
    pub(super) fn products(&self, n: usize) -> usize {
        3 * n * self.h * self.f
    }

    pub(super) fn transpose<R: Real>(&self, params: &[R], t: &mut [R]) {
        transpose(&params[self.gate_up.clone()], self.h, 2 * self.f, &mut t[self.gate_up.clone()]);
        transpose(&params[self.down.clone()], self.f, self.h, &mut t[self.down.clone()]);
    }

    /// See [`Net::pack`](crate::net::Net::pack).
    pub(super) fn pack<R: Real>(&self, params: &[R], pairs: &mut [R]) -> bool {
        if self.h % 2 == 1 || self.f % 2 == 1 {
            return false;
        }
        pack(params, self.gate_up.clone(), self.h, pairs);
        pack(params, self.down.clone(), self.f, pairs);
        true
    }

    pub(super) fn fit_scratch<R: Real>(&self, n: usize, scratch: &mut Scratch<R>) {
        let tile = n.min(TILE);
        scratch.pre.resize(tile * 2 * self.f, R::ZERO);
        scratch.act.resize(tile * self.f, R::ZERO);
        scratch.d_act.resize(tile * self.f, R::ZERO);
        scratch.packed.resize(tile * self.h.max(self.f) / 2, R::ZERO);
    }

    pub(super) fn fit_tape<R: Real>(&self, n: usize, tape: &mut Tape<R>) {
        tape.pre.resize(n * 2 * self.f, R::ZERO);
        tape.factor.resize(n, R::ZERO);
    }

    /// From `input` to `output`, both `[n, h]`.
    #[inline(always)]
    pub(super) fn forward<S: Simd>(
        &self,
        s: S,
        call: Call<S::Elem>,
        input: &[S::Elem],
        output: &mut [S::Elem],
        mut tape: Option<&mut Tape<S::Elem>>,
        scratch: &mut Scratch<S::Elem>,
    ) {
        let (h, f, w) = (self.h, self.f, 2 * self.f);
        for (t0, t1) in tiles(input.len() / h, TILE) {
            let rows = t1 - t0;
            let pre = match &mut tape {
                Some(tape) => &mut tape.pre[t0 * w..t1 * w],
                None => &mut scratch.pre[..rows * w],
            };
            let (input, out) = (&input[t0 * h..t1 * h], &mut output[t0 * h..t1 * h]);
            product::<_, false>(s, call, &self.gate_up, (input, h), &mut scratch.packed, pre);
            let act = &mut scratch.act[..rows * f];
            for (act, pre) in act.chunks_exact_mut(f).zip(pre.chunks_exact(w)) {
                swiglu(s, pre, act);
            }
            out.copy_from_slice(input);
            product::<_, true>(s, call, &self.down, (act, f), &mut scratch.packed, out);
            for (row, t) in out.chunks_exact_mut(h).zip(t0..t1) {
                let factor = rms_norm(s, row, S::Elem::from_f64(RMS_EPS));
                if let Some(tape) = &mut tape {
                    tape.factor[t] = factor;
                }
            }
        }
    }

    /// Turns `d`, the gradient of `output`, into that of `input`.
    #[inline(always)]
    #[allow(clippy::too_many_arguments)]
    pub(super) fn backward<S: Simd>(
        &self,
        s: S,
        transposed: &[S::Elem],
        (input, output): (&[S::Elem], &[S::Elem]),
        tape: &Tape<S::Elem>,
        d: &mut [S::Elem],
        grads: &mut [S::Elem],
        scratch: &mut Scratch<S::Elem>,
    ) {
        let (h, f, w) = (self.h, self.f, 2 * self.f);
        for (t0, t1) in tiles(input.len() / h, TILE) {
            let rows = t1 - t0;
            let (input, d) = (&input[t0 * h..t1 * h], &mut d[t0 * h..t1 * h]);
            for (d, t) in d.chunks_exact_mut(h).zip(t0..t1) {
                rms_norm_backward(s, d, &output[t * h..(t + 1) * h], tape.factor[t]);
            }
            let d_act = &mut scratch.d_act[..rows * f];
            gemm(s, (rows, f, h), Mat::rows(d, h), &transposed[self.down.clone()], d_act);
            let (act, d_pre) = (&mut scratch.act[..rows * f], &mut scratch.pre[..rows * w]);
            let pre = tape.pre[t0 * w..t1 * w].chunks_exact(w);
            let here = act.chunks_exact_mut(f).zip(d_pre.chunks_exact_mut(w));
            for ((pre, d_act), (act, d_pre)) in pre.zip(d_act.chunks_exact(f)).zip(here) {
                swiglu_backward(s, pre, d_act, act, d_pre);
            }
            gemm_add(s, (f, h, rows), Mat::transposed(act, f), d, &mut grads[self.down.clone()]);
            gemm_add(s, (h, w, rows), Mat::transposed(input, h), d_pre, &mut grads[self.gate_up.clone()]);
            gemm_add(s, (rows, h, w), Mat::rows(d_pre, w), &transposed[self.gate_up.clone()], d);
        }
    }
}
