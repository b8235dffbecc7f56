//! Softmax attention with rotary positions: `u <- rms_norm(u + concat(heads) W_o)`, where a head
//! is `softmax(Q K^T / sqrt(d)) V` and `[Q, K, V] = u W_qkv`, with Q and K rotated by position.
//!
//! The scores of a head are computed some rows at a time and never stored: the backward pass recomputes
//! them from `ln(sum(exp(scores)))`, so memory grows with the number of positions, not with its square.

use super::rope::Rope;
use super::tiles::tiles;
use crate::RMS_EPS;
use crate::buffer::Buffer;
use crate::context::{Context, packed_len};
use crate::kernel::{
    Mat, Real, Simd, exp_minus, gemm, gemm_add, rms_norm, rms_norm_backward, softmax, softmax_backward,
};
use crate::params::{Init, Layout, Matrix, transpose};
use core::ops::Range;

/// The most queries computed together: their scores stay in the L2 cache.
const TILE: usize = 48;

/// The weights of one attention layer.
#[derive(Clone, Debug)]
pub(crate) struct Attention {
    h: usize,
    n_heads: usize,
    /// `[h, 3 h]`
    qkv: Range<usize>,
    /// `[h, h]`
    out: Range<usize>,
}

/// What the backward pass needs, for `n` positions.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tape<R> {
    /// `[n, 3 h]`: Q (rotated, divided by sqrt(d)), K (rotated), V.
    qkv: Buffer<R>,
    /// `[heads, n]`: ln(sum(exp(scores))).
    log_sum: Buffer<R>,
    /// `[n, h]`: the heads side by side.
    heads: Buffer<R>,
    /// `[n]`: factors of the norm.
    factor: Buffer<R>,
}

/// Buffers of one thread.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scratch<R> {
    /// The tape of a pass without one, which needs the same buffers.
    pub(super) tape: Tape<R>,
    /// `[n, 3 h]`
    d_qkv: Buffer<R>,
    /// `[n, h]`
    d_heads: Buffer<R>,
    head: HeadScratch<R>,
    /// `[n, h / 2]`: the input of a matmul in bf16.
    packed: Buffer<R>,
}

/// Buffers of one head of width d.
#[derive(Clone, Debug, Default)]
struct HeadScratch<R> {
    /// `[n, d]` each
    q: Buffer<R>,
    k: Buffer<R>,
    v: Buffer<R>,
    /// `[d, n]` each
    k_t: Buffer<R>,
    v_t: Buffer<R>,
    /// `[tile, n]`
    scores: Buffer<R>,
    /// `[tile, n]`
    d_scores: Buffer<R>,
    /// `[n, d]` each
    out: Buffer<R>,
    d_q: Buffer<R>,
    d_k: Buffer<R>,
    d_v: Buffer<R>,
}

impl Attention {
    pub(super) fn new(name: &str, h: usize, n_heads: usize, layout: &mut Layout) -> Self {
        Attention {
            h,
            n_heads,
            qkv: layout.push_matrices(format!("{name}.qkv.weight"), [h, 3 * h], [h, h], Init::fan_in(h)),
            out: layout.push_matrices(format!("{name}.out.weight"), [h, h], [h, h], Init::fan_in(h)),
        }
    }

    /// Width of a head.
    pub(super) fn head_dim(&self) -> usize {
        self.h / self.n_heads
    }

    /// Multiply-adds for `n` positions.
    pub(super) fn multiply_adds(&self, n: usize) -> usize {
        4 * n * self.h * self.h + 2 * n * n * self.h
    }

    /// Its matrices.
    pub(super) fn matrices(&self) -> [Matrix; 2] {
        [&self.qkv, &self.out].map(|range| Matrix { range: range.clone(), rows: self.h })
    }

    /// What a backward pass in bf16 over `n` positions packs at once.
    pub(super) fn packed_len(&self, n: usize) -> usize {
        packed_len(n, self.h, 3 * self.h)
    }

    pub(super) fn resize_scratch<R: Real>(&self, n: usize, scratch: &mut Scratch<R>) {
        self.resize_tape(n, &mut scratch.tape);
        scratch.d_qkv.resize(n * 3 * self.h);
        scratch.d_heads.resize(n * self.h);
        scratch.packed.resize(n * self.h / 2);
        let HeadScratch { q, k, v, k_t, v_t, scores, d_scores, out, d_q, d_k, d_v } = &mut scratch.head;
        for buffer in [q, k, v, k_t, v_t, out, d_q, d_k, d_v] {
            buffer.resize(n * self.head_dim());
        }
        for buffer in [scores, d_scores] {
            buffer.resize(n.min(TILE) * n);
        }
    }

    pub(super) fn resize_tape<R: Real>(&self, n: usize, tape: &mut Tape<R>) {
        tape.qkv.resize(n * 3 * self.h);
        tape.log_sum.resize(n * self.n_heads);
        tape.heads.resize(n * self.h);
        tape.factor.resize(n);
    }

    /// From `input` to `output`, both `[n, h]`.
    #[inline(always)]
    #[allow(clippy::too_many_arguments)]
    pub(super) fn forward<S: Simd>(
        &self,
        s: S,
        ctx: Context<S::Elem>,
        rope: &Rope<S::Elem>,
        input: &[S::Elem],
        output: &mut [S::Elem],
        tape: &mut Tape<S::Elem>,
        scratch: &mut Scratch<S::Elem>,
    ) {
        let h = self.h;
        ctx.matmul::<_, false>(s, &self.qkv, (input, h), &mut scratch.packed, &mut tape.qkv);
        rope.forward(&mut tape.qkv, h);
        for head in 0..self.n_heads {
            self.head_forward(s, head, tape, &mut scratch.head);
        }
        output.copy_from_slice(input);
        ctx.matmul::<_, true>(s, &self.out, (&tape.heads, h), &mut scratch.packed, output);
        for (row, factor) in output.chunks_exact_mut(h).zip(tape.factor.iter_mut()) {
            *factor = rms_norm(s, row, S::Elem::from_f64(RMS_EPS));
        }
    }

    #[inline(always)]
    fn head_forward<S: Simd>(
        &self,
        s: S,
        head: usize,
        tape: &mut Tape<S::Elem>,
        scratch: &mut HeadScratch<S::Elem>,
    ) {
        let (h, d, n) = (self.h, self.head_dim(), tape.factor.len());
        let at = head * d;
        take_columns(&tape.qkv, 3 * h, at, d, &mut scratch.q);
        take_columns(&tape.qkv, 3 * h, h + at, d, &mut scratch.k);
        take_columns(&tape.qkv, 3 * h, 2 * h + at, d, &mut scratch.v);
        transpose(&scratch.k, n, d, &mut scratch.k_t);
        for (t0, t1) in tiles(n, TILE) {
            let rows = t1 - t0;
            let scores = &mut scratch.scores[..rows * n];
            gemm(s, (rows, n, d), Mat::rows(&scratch.q[t0 * d..t1 * d], d), &scratch.k_t, scores);
            for (row, t) in scores.chunks_exact_mut(n).zip(t0..t1) {
                tape.log_sum[head * n + t] = softmax(s, row);
            }
            gemm(s, (rows, d, n), Mat::rows(scores, n), &scratch.v, &mut scratch.out[t0 * d..t1 * d]);
        }
        put_columns(&scratch.out, d, &mut tape.heads, h, at);
    }

    /// Turns `d`, the gradient of `output`, into that of `input`.
    #[inline(always)]
    #[allow(clippy::too_many_arguments)]
    pub(super) fn backward<S: Simd>(
        &self,
        s: S,
        ctx: Context<S::Elem>,
        rope: &Rope<S::Elem>,
        (input, output): (&[S::Elem], &[S::Elem]),
        tape: &Tape<S::Elem>,
        d: &mut [S::Elem],
        grads: &mut [S::Elem],
        scratch: &mut Scratch<S::Elem>,
        packed: &mut [S::Elem],
    ) {
        let h = self.h;
        for ((d, out), factor) in d.chunks_exact_mut(h).zip(output.chunks_exact(h)).zip(tape.factor.iter()) {
            rms_norm_backward(s, d, out, *factor);
        }
        ctx.add_gradient(s, (&tape.heads, h), (d, h), packed, &mut grads[self.out.clone()]);
        ctx.matmul::<_, false>(s, &self.out, (d, h), packed, &mut scratch.d_heads);
        let Scratch { d_qkv, d_heads, head: head_scratch, .. } = scratch;
        for head in 0..self.n_heads {
            self.head_backward(s, head, tape, d_heads, d_qkv, head_scratch);
        }
        rope.backward(d_qkv, h);
        ctx.add_gradient(s, (input, h), (d_qkv, 3 * h), packed, &mut grads[self.qkv.clone()]);
        ctx.matmul::<_, true>(s, &self.qkv, (d_qkv, 3 * h), packed, d);
    }

    #[inline(always)]
    fn head_backward<S: Simd>(
        &self,
        s: S,
        head: usize,
        tape: &Tape<S::Elem>,
        d_heads: &[S::Elem],
        d_qkv: &mut [S::Elem],
        scratch: &mut HeadScratch<S::Elem>,
    ) {
        let (h, d, n) = (self.h, self.head_dim(), tape.factor.len());
        let at = head * d;
        let HeadScratch { q, k, v, k_t, v_t, scores, d_scores, out: d_out, d_q, d_k, d_v } = scratch;
        take_columns(&tape.qkv, 3 * h, at, d, q);
        take_columns(&tape.qkv, 3 * h, h + at, d, k);
        take_columns(&tape.qkv, 3 * h, 2 * h + at, d, v);
        take_columns(d_heads, h, at, d, d_out);
        transpose(k, n, d, k_t);
        transpose(v, n, d, v_t);
        d_k.fill(S::Elem::ZERO);
        d_v.fill(S::Elem::ZERO);
        for (t0, t1) in tiles(n, TILE) {
            let (rows, here) = (t1 - t0, t0 * d..t1 * d);
            let (p, d_scores) = (&mut scores[..rows * n], &mut d_scores[..rows * n]);
            gemm(s, (rows, n, d), Mat::rows(&q[here.clone()], d), k_t, p);
            for (row, log_sum) in p.chunks_exact_mut(n).zip(&tape.log_sum[head * n + t0..]) {
                exp_minus(s, row, *log_sum);
            }
            gemm(s, (rows, n, d), Mat::rows(&d_out[here.clone()], d), v_t, d_scores);
            gemm_add(s, (n, d, rows), Mat::transposed(p, n), &d_out[here.clone()], d_v);
            for (p, d) in p.chunks_exact(n).zip(d_scores.chunks_exact_mut(n)) {
                softmax_backward(s, p, d);
            }
            gemm(s, (rows, d, n), Mat::rows(d_scores, n), k, &mut d_q[here.clone()]);
            gemm_add(s, (n, d, rows), Mat::transposed(d_scores, n), &q[here], d_k);
        }
        put_columns(d_q, d, d_qkv, 3 * h, at);
        put_columns(d_k, d, d_qkv, 3 * h, h + at);
        put_columns(d_v, d, d_qkv, 3 * h, 2 * h + at);
    }
}

/// Copies the columns `at..at + d` of rows of `width` to rows of `d`.
fn take_columns<R: Copy>(from: &[R], width: usize, at: usize, d: usize, to: &mut [R]) {
    for (row, to) in from.chunks_exact(width).zip(to.chunks_exact_mut(d)) {
        to.copy_from_slice(&row[at..at + d]);
    }
}

/// Copies rows of `d` to the columns `at..at + d` of rows of `width`.
fn put_columns<R: Copy>(from: &[R], d: usize, to: &mut [R], width: usize, at: usize) {
    for (row, to) in from.chunks_exact(d).zip(to.chunks_exact_mut(width)) {
        to[at..at + d].copy_from_slice(row);
    }
}
