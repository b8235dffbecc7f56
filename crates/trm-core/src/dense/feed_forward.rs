//! The feed-forward layer of each position: a [SwiGLU](crate::swiglu) of `[gate, up] = u W_gate_up`.

use super::tiles::tiles;
use crate::context::{Context, packed_len};
use crate::kernel::{Real, Simd, Start};
use crate::params::{Init, Layout, Matrix};
use crate::swiglu::{SwiGlu, Tape, Tile};
use core::ops::Range;

/// The most positions computed together: their pre-activations stay in the L2 cache.
const TILE: usize = 64;

/// The weights of one feed-forward layer.
#[derive(Clone, Debug)]
pub(super) struct FeedForward {
    h: usize,
    f: usize,
    /// `[h, 2 f]`
    gate_up: Range<usize>,
    swiglu: SwiGlu,
}

impl FeedForward {
    pub fn new(name: &str, h: usize, f: usize, layout: &mut Layout) -> Self {
        let gate_up =
            layout.push_matrices(format!("{name}.gate_up.weight"), [h, 2 * f], [h, f], Init::fan_in(h));
        FeedForward { h, f, gate_up, swiglu: SwiGlu::new(name, h, f, layout) }
    }

    /// Multiply-adds for `n` positions.
    pub fn multiply_adds(&self, n: usize) -> usize {
        3 * n * self.h * self.f
    }

    /// Its matrices.
    pub fn matrices(&self) -> [Matrix; 2] {
        [Matrix { range: self.gate_up.clone(), rows: self.h }, self.swiglu.matrix()]
    }

    /// What a backward pass in bf16 over `n` positions packs at once.
    pub fn packed_len(&self, n: usize) -> usize {
        packed_len(n.min(TILE), self.h.max(self.f), 2 * self.f)
    }

    pub fn resize_tile<R: Real>(&self, n: usize, tile: &mut Tile<R>) {
        tile.resize(n.min(TILE), self.f, self.h.max(self.f));
    }

    pub fn resize_tape<R: Real>(&self, n: usize, tape: &mut Tape<R>) {
        tape.resize(n * 2 * self.f, n);
    }

    /// From `input` to `output`, both `[n, h]`.
    #[inline(always)]
    pub fn forward<S: Simd>(
        &self,
        s: S,
        ctx: Context<S::Elem>,
        input: &[S::Elem],
        output: &mut [S::Elem],
        mut tape: Option<&mut Tape<S::Elem>>,
        tile: &mut Tile<S::Elem>,
    ) {
        let (h, w) = (self.h, 2 * self.f);
        let Tile { act, packed, .. } = tile;
        for (t0, t1) in tiles(input.len() / h, TILE) {
            let (pre, factors) = match &mut tape {
                Some(Tape { pre, factor }) => (Some(&mut pre[t0 * w..t1 * w]), Some(&mut factor[t0..t1])),
                None => (None, None),
            };
            let rows = (&input[t0 * h..t1 * h], &mut output[t0 * h..t1 * h]);
            let act = &mut act[..(t1 - t0) * self.f];
            ctx.matmul_swiglu(s, &self.gate_up, Start::default(), (rows.0, h), packed, pre, act);
            self.swiglu.forward(s, ctx, act, rows, factors, packed);
        }
    }

    /// Turns `d`, the gradient of `output`, into that of `input`.
    #[inline(always)]
    #[allow(clippy::too_many_arguments)]
    pub fn backward<S: Simd>(
        &self,
        s: S,
        ctx: Context<S::Elem>,
        (input, output): (&[S::Elem], &[S::Elem]),
        tape: &Tape<S::Elem>,
        d: &mut [S::Elem],
        grads: &mut [S::Elem],
        tile: &mut Tile<S::Elem>,
        packed: &mut [S::Elem],
    ) {
        let (h, w) = (self.h, 2 * self.f);
        let Tile { pre: d_pre, act, d_act, .. } = tile;
        for (t0, t1) in tiles(input.len() / h, TILE) {
            let (rows, range) = (t1 - t0, t0 * h..t1 * h);
            let (input, d, d_pre) = (&input[range.clone()], &mut d[range.clone()], &mut d_pre[..rows * w]);
            let forward = (&tape.pre[t0 * w..t1 * w], &output[range], &tape.factor[t0..t1]);
            self.swiglu.backward(s, ctx, forward, d, d_pre, grads, (act, d_act, packed));
            ctx.add_gradient(s, (input, h), (d_pre, w), packed, &mut grads[self.gate_up.clone()]);
            ctx.matmul::<_, true>(s, &self.gate_up, (d_pre, w), packed, d);
        }
    }
}
