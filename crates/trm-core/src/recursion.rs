//! The recursion of the paper (arXiv 2510.04871, figure 3).
//!
//! One supervision step is `cycles` times [`latent_recursion`](Recursion::latent_recursion); the last of them carry the
//! gradient, in the paper one. `x` is the embedded question, `y` the answer, `z` the latent, each
//! `[live tokens, hidden_dim]`.

use crate::buffer::Buffer;
use crate::graph::Graph;
use crate::kernel::{Isa, Kernel, Real, Simd};
use crate::net::{Context, Net, NetReal, NetScratch, NetTape, Transposed};

/// Everything one recursion reads.
#[derive(Clone, Copy)]
pub struct Recursion<'a, R> {
    /// The net.
    pub net: &'a Net,
    /// Its weights.
    pub params: &'a [R],
    /// The weights as [`Net::pack`] wrote them, for passes in bf16.
    pub pairs: Option<&'a [R]>,
    /// The question's structure.
    pub graph: &'a Graph,
    /// The embedded question.
    pub x: &'a [R],
    /// n
    pub latent_iterations: usize,
    /// T
    pub cycles: usize,
    /// How many of these carry the gradient, the last ones.
    pub gradient_cycles: usize,
    /// The instructions to use.
    pub isa: Isa,
}

/// The answer y and the latent z of a running question.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State<R> {
    /// `[live, hidden_dim]`
    pub y: Vec<R>,
    /// `[live, hidden_dim]`
    pub z: Vec<R>,
}

/// The buffers of one question.
#[derive(Clone, Debug, Default)]
pub struct RecursionScratch<R> {
    net: NetScratch<R>,
    input: Buffer<R>,
    d: Buffer<R>,
}

/// What the cycles with gradient keep: one entry per call of the net.
#[derive(Clone, Debug, Default)]
pub struct RecursionTape<R> {
    calls: Vec<NetTape<R>>,
}

/// The gradients of what went into a cycle.
#[derive(Clone, Debug, Default)]
pub struct StateGradient<R> {
    /// of x
    pub x: Vec<R>,
    /// of y; on the way in, of the y that came out
    pub y: Vec<R>,
    /// of z; on the way in, of the z that came out
    pub z: Vec<R>,
}

impl<R: Real> RecursionScratch<R> {
    /// See [`NetScratch::set_threads`].
    pub fn set_threads(&mut self, n: usize) {
        self.net.set_threads(n);
    }
}

impl<R: NetReal> Recursion<'_, R> {
    fn context(&self) -> Context<'_, R> {
        Context { isa: self.isa, params: self.params, graph: self.graph, pairs: self.pairs }
    }

    /// One cycle: n times `z <- net(x + y + z)`, then `y <- net(y + z)`.
    pub fn latent_recursion(&self, state: &mut State<R>, scratch: &mut RecursionScratch<R>) {
        let RecursionScratch { net, input, .. } = scratch;
        for _ in 0..self.latent_iterations {
            sum(self.isa, input, [self.x, &state.y, &state.z]);
            self.net.forward(self.context(), input, &mut state.z, net);
        }
        sum(self.isa, input, [&state.y, &state.z]);
        self.net.forward(self.context(), input, &mut state.y, net);
    }

    /// A supervision step: all cycles, none with a gradient.
    pub fn deep_recursion(&self, state: &mut State<R>, scratch: &mut RecursionScratch<R>) {
        for _ in 0..self.cycles {
            self.latent_recursion(state, scratch);
        }
    }

    /// A supervision step whose last cycles are kept on `tape`.
    pub fn deep_recursion_taped(
        &self,
        state: &mut State<R>,
        tape: &mut RecursionTape<R>,
        scratch: &mut RecursionScratch<R>,
    ) {
        for _ in self.gradient_cycles..self.cycles {
            self.latent_recursion(state, scratch);
        }
        let n_calls = self.latent_iterations + 1;
        tape.calls.resize_with(self.gradient_cycles * n_calls, NetTape::default);
        for calls in tape.calls.chunks_exact_mut(n_calls) {
            self.latent_recursion_taped(state, calls, scratch);
        }
    }

    /// [`Recursion::latent_recursion`], keeping its n + 1 calls.
    fn latent_recursion_taped(
        &self,
        state: &mut State<R>,
        calls: &mut [NetTape<R>],
        scratch: &mut RecursionScratch<R>,
    ) {
        let RecursionScratch { net, input, .. } = scratch;
        let (answer_call, latent_calls) = calls.split_last_mut().expect("n + 1 calls");
        for call in latent_calls {
            sum(self.isa, input, [self.x, &state.y, &state.z]);
            self.net.forward_taped(self.context(), input, &mut state.z, call, net);
        }
        sum(self.isa, input, [&state.y, &state.z]);
        self.net.forward_taped(self.context(), input, &mut state.y, answer_call, net);
    }

    /// Backpropagates through the cycles on `tape`. `d.y` and `d.z` hold the gradients of what came out
    /// and then of what went in; the gradient of `x` is added to `d.x`, those of the weights to
    /// `grads`.
    pub fn backward(
        &self,
        transposed: Transposed<R>,
        tape: &RecursionTape<R>,
        d: &mut StateGradient<R>,
        grads: &mut [R],
        scratch: &mut RecursionScratch<R>,
    ) {
        let RecursionScratch { net, d: d_call, .. } = scratch;
        let Transposed { weights: params, pairs } = transposed;
        let context = Context { params, pairs, ..self.context() };
        for calls in tape.calls.rchunks_exact(self.latent_iterations + 1) {
            let (answer_call, latent_calls) = calls.split_last().expect("n + 1 calls");
            self.net.backward(context, answer_call, &mut d.y, grads, net);
            add(&mut d.z, &d.y);
            for call in latent_calls.iter().rev() {
                d_call.copy_from(&d.z);
                self.net.backward(context, call, d_call, grads, net);
                add(&mut d.x, d_call);
                add(&mut d.y, d_call);
                d.z.copy_from_slice(d_call);
            }
        }
    }
}

/// `out = ` the sum of the parts.
fn sum<R: Real, const N: usize>(isa: Isa, out: &mut Buffer<R>, parts: [&[R]; N]) {
    out.resize(parts[0].len());
    R::dispatch(isa, Sum { out, parts });
}

struct Sum<'a, R, const N: usize> {
    out: &'a mut [R],
    parts: [&'a [R]; N],
}

impl<R: Real, const N: usize> Kernel<R> for Sum<'_, R, N> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd<Elem = R>>(self, _: S) {
        let Sum { out, parts } = self;
        let parts = parts.map(|part| &part[..out.len()]);
        for i in 0..out.len() {
            out[i] = parts[1..].iter().fold(parts[0][i], |sum, part| sum + part[i]);
        }
    }
}

fn add<R: Real>(d: &mut [R], s: &[R]) {
    for (d, s) in d.iter_mut().zip(s) {
        *d += *s;
    }
}
