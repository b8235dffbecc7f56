//! A model: configuration, weights, and one supervision step with or without gradient.

mod step;
mod tensors;
mod transfer;

pub use step::{StepInput, StepLoss, StepOutput, StepTarget};
pub use tensors::param_count;

use crate::heads::{
    add_rows, add_rows_backward, answer_head, answer_head_backward, changed, embed, embed_backward,
    halt_features, sureness,
};
use crate::kernel::{Isa, Real};
use crate::loss::{self, halt_loss};
use crate::net::{Net, NetReal, Transposed};
use crate::params::{Layout, normal};
use crate::recursion::{Recursion, RecursionScratch, RecursionTape, State, StateGradient};
use crate::{Buffer, Graph, HaltInput, Mixer, Relations, Result, TrmConfig, TrmError};
use core::ops::Range;
use rand::Rng;
use std::collections::BTreeMap;
use std::sync::Arc;
use tensors::{TensorRanges, lay_out};

/// Weight of the halt loss where it trains the net too, as in the reference.
pub(crate) const JOINT_HALT_WEIGHT: f64 = 0.5;

/// A configuration with its weights.
#[derive(Clone, Debug)]
pub struct Model<R = f32> {
    config: Arc<TrmConfig>,
    layout: Arc<Layout>,
    net: Net,
    tensors: TensorRanges,
    /// All weights, laid out as [`Model::layout`] says.
    pub params: Buffer<R>,
    /// Where the weights come from: data, command, scores. Kept in model files, without effect.
    pub note: BTreeMap<String, String>,
}

/// The buffers of one question; any model may use them, one question after the other.
#[derive(Clone, Debug, Default)]
pub struct Workspace<R> {
    recursion: RecursionScratch<R>,
    tape: RecursionTape<R>,
    d: StateGradient<R>,
    x: Vec<R>,
    d_logits: Vec<R>,
    hint_logits: Vec<R>,
    /// The gradient of y by the hints.
    d_hinted: Vec<R>,
    previous: Vec<R>,
    sureness: Vec<f32>,
    halt_features: Vec<R>,
}

/// What a step is computed with; an [`Isa`] alone means full precision.
#[derive(Clone, Copy, Debug)]
pub struct Compute<'a, R> {
    /// The instructions to use.
    pub isa: Isa,
    /// The weights as [`Net::pack`] wrote them, for forward passes in bf16.
    pub pairs: Option<&'a [R]>,
}

impl<R> From<Isa> for Compute<'_, R> {
    fn from(isa: Isa) -> Self {
        Compute { isa, pairs: None }
    }
}

impl<R: Real> Workspace<R> {
    /// Lets `n` threads of the rayon pool share the rows of a question in [`Model::step`], where the net is
    /// relational; the numbers are the same for any `n`.
    pub fn set_threads(&mut self, n: usize) {
        self.recursion.set_threads(n);
    }
}

impl<R: NetReal> Model<R> {
    /// A model with fresh weights from `config.seed`.
    ///
    /// # Errors
    /// What [`TrmConfig::validate`] says; also where the weights are more than [`MAX_PARAMS`](crate::MAX_PARAMS).
    pub fn new(config: TrmConfig) -> Result<Self> {
        let (layout, net, tensors) = lay_out(&config)?;
        let params = layout.init(config.seed);
        Ok(Model {
            config: Arc::new(config),
            layout: Arc::new(layout),
            net,
            tensors,
            params,
            note: BTreeMap::new(),
        })
    }

    /// Its matrices as [`Net::pack`] writes them.
    ///
    /// # Errors
    /// [`TrmError::Config`] for [`Precision`](crate::Precision) where a width of the net is odd.
    pub fn packed(&self) -> Result<Buffer<R>> {
        let mut pairs = Buffer::zeros(self.params.len());
        if self.net.pack(&self.params, &mut pairs) {
            return Ok(pairs);
        }
        let (found, expected) = ("bf16".into(), "f32, since a width of the net is odd");
        Err(TrmError::Config { field: "precision", found, expected })
    }

    /// Its configuration.
    pub fn config(&self) -> &TrmConfig {
        &self.config
    }

    /// Whether the weights are still those that the seed gives.
    pub fn is_untrained(&self) -> bool {
        self.params == self.layout.init::<R>(self.config.seed)
    }

    /// Its tensors.
    pub fn layout(&self) -> &Arc<Layout> {
        &self.layout
    }

    /// Its net.
    pub fn net(&self) -> &Net {
        &self.net
    }

    /// Where the halt head's weights lie, which the answer's loss does not reach.
    pub fn halt_params(&self) -> Range<usize> {
        self.tensors.halt[0].start..self.tensors.halt[1].end
    }

    /// Decides which tokens of `question` are live. `width` is that of a grid.
    ///
    /// # Panics
    /// Where the relations are over another number of tokens.
    pub fn build_graph(&self, question: &[f32], n_tokens: usize, width: usize, graph: &mut Graph) {
        self.build_graph_over(None, question, n_tokens, width, graph);
    }

    /// [`Model::build_graph`] over relations that come with the question, if any do, through the matrices of the model's.
    ///
    /// # Panics
    /// Where the relations are over another number of tokens.
    pub fn build_graph_over(
        &self,
        own: Option<&Relations>,
        question: &[f32],
        n_tokens: usize,
        width: usize,
        graph: &mut Graph,
    ) {
        let relations = match (own, &self.config.mixer) {
            (Some(own), _) => own,
            (None, Mixer::Relational(relations)) => relations,
            (None, _) => return graph.complete(n_tokens),
        };
        let dim = self.config.embedding_dim;
        let given = self.config.given_feature;
        graph.rebuild(relations, n_tokens, width, |t| {
            let t = if question.len() == dim { 0 } else { t };
            let row = &question[t * dim..(t + 1) * dim];
            row.iter().any(|f| *f != 0.0) && given.is_none_or(|g| row[g] == 0.0)
        });
    }

    /// The state before the first step. `answer` is the initial answer (`[tokens, answer_dim]`),
    /// or empty for none.
    pub fn start(&self, graph: &Graph, answer: &[f32]) -> State<R> {
        let mut state = State::default();
        self.restart(Isa::best(), graph, answer, &mut state, &mut Workspace::default());
        state
    }

    /// [`Model::start`] in the memory of an earlier state.
    pub fn restart(
        &self,
        isa: Isa,
        graph: &Graph,
        answer: &[f32],
        state: &mut State<R>,
        work: &mut Workspace<R>,
    ) {
        let n = self.net.n_rows(graph);
        for (rows, init) in [&mut state.y, &mut state.z].into_iter().zip(&self.tensors.init) {
            rows.clear();
            (0..n).for_each(|_| rows.extend_from_slice(&self.params[init.clone()]));
        }
        if answer.iter().any(|a| *a != 0.0) {
            let (h, shift) = (self.config.hidden_dim, &mut work.x);
            shift.clear();
            embed(isa, graph, answer, &self.params[self.tensors.answer.clone()], R::ONE, h, shift);
            state.y[self.prefix_len()..].iter_mut().zip(shift).for_each(|(y, s)| *y += *s);
        }
    }

    /// Adds normal noise of standard deviation `std` to the latent.
    pub fn disturb(&self, state: &mut State<R>, std: f64, rng: &mut impl Rng) {
        for z in &mut state.z {
            *z += R::from_f64(std * normal(rng));
        }
    }

    fn recursion<'a>(
        &'a self,
        graph: &'a Graph,
        x: &'a [R],
        Compute { isa, pairs }: Compute<'a, R>,
    ) -> Recursion<'a, R> {
        let TrmConfig { latent_iterations, cycles, gradient_cycles, .. } = *self.config;
        let (net, params) = (&self.net, &self.params);
        Recursion { net, params, pairs, graph, x, latent_iterations, cycles, gradient_cycles, isa }
    }

    /// Numbers of a state that belong to the prefix, in front of the tokens'.
    fn prefix_len(&self) -> usize {
        self.tensors.prefix.len()
    }

    fn embed(&self, isa: Isa, graph: &Graph, input: StepInput, x: &mut Vec<R>) {
        let StepInput { question, channel } = input;
        let scale = R::from_f64(f64::from(self.config.embedding_scale));
        x.clear();
        x.extend(self.params[self.tensors.prefix.clone()].iter().map(|p| scale * *p));
        let (weight, h) = (&self.params[self.tensors.question.clone()], self.config.hidden_dim);
        embed(isa, graph, question, weight, scale, h, x);
        if !channel.is_empty() {
            let tokens = &mut x[self.prefix_len()..];
            add_rows(channel, &self.params[self.tensors.channel.clone()], h, tokens);
        }
    }

    /// One supervision step without gradient. `output` holds the step before on the way in
    /// (empty logits in the first step) and this step on the way out.
    pub fn step<'a>(
        &'a self,
        compute: impl Into<Compute<'a, R>>,
        graph: &Graph,
        input: impl Into<StepInput<'a>>,
        state: &mut State<R>,
        output: &mut StepOutput<R>,
        work: &mut Workspace<R>,
    ) {
        let compute = compute.into();
        self.embed(compute.isa, graph, input.into(), &mut work.x);
        self.recursion(graph, &work.x, compute).deep_recursion(state, &mut work.recursion);
        self.read(compute.isa, graph, &state.y, output, work);
    }

    /// Reads answer and halt logit from y.
    fn read(&self, isa: Isa, graph: &Graph, y: &[R], output: &mut StepOutput<R>, work: &mut Workspace<R>) {
        let (config, [weight, bias]) = (&self.config, &self.tensors.head);
        std::mem::swap(&mut output.logits, &mut work.previous);
        let tokens = &y[self.prefix_len()..];
        let (weight, bias) = (&self.params[weight.clone()], &self.params[bias.clone()]);
        answer_head(isa, tokens, weight, bias, &mut output.logits);
        let first = work.previous.len() != output.logits.len();
        output.changed =
            if first { 1.0 } else { changed(config.output, graph, &output.logits, &work.previous) };
        sureness(config.output, graph, &output.logits, &mut work.sureness);
        output.mean_sureness = work.sureness.iter().sum::<f32>() / work.sureness.len().max(1) as f32;
        let features = &mut work.halt_features;
        let h = config.hidden_dim;
        halt_features(isa, config.halt_input, y, h, &work.sureness, output.changed, features);
        let [weight, bias] = &self.tensors.halt;
        output.halt_logit = self.params[bias.start];
        for (f, w) in features.iter().zip(&self.params[weight.clone()]) {
            output.halt_logit += *f * *w;
        }
    }

    /// One supervision step with gradient: the state moves on, and `scale` times the gradient
    /// of the answer's loss is added to `grads`, as is that of the halt loss: on detached
    /// features for [`HaltInput::Pooled`]; halved and through the net, as the reference trains
    /// it, for [`HaltInput::FirstPosition`]. Each pass is computed in bf16 where it comes with pairs.
    #[allow(clippy::too_many_arguments)]
    pub fn train_step<'a>(
        &'a self,
        compute: impl Into<Compute<'a, R>>,
        transposed: impl Into<Transposed<'a, R>>,
        graph: &Graph,
        input: impl Into<StepInput<'a>>,
        target: impl Into<StepTarget<'a>>,
        scale: f64,
        state: &mut State<R>,
        output: &mut StepOutput<R>,
        grads: &mut [R],
        work: &mut Workspace<R>,
    ) -> StepLoss {
        let (wide, compute, input, target) =
            (R::from_f64(scale), compute.into(), input.into(), target.into());
        let isa = compute.isa;
        self.embed(isa, graph, input, &mut work.x);
        let recursion = self.recursion(graph, &work.x, compute);
        recursion.deep_recursion_taped(state, &mut work.tape, &mut work.recursion);
        self.read(isa, graph, &state.y, output, work);
        let d_logits = &mut work.d_logits;
        d_logits.clear();
        d_logits.resize(output.logits.len(), R::ZERO);
        let answer = loss::loss(self.config.output, graph, &output.logits, target.answer, wide, d_logits);
        let right = loss::all_right(self.config.output, graph, &output.logits, target.solution);
        let (halt, d_halt) = halt_loss(output.halt_logit, right);
        self.heads_backward(&state.y, wide * d_halt, grads, work);
        let hints = self.hints_backward(isa, graph, &state.y, (target.hints, wide), grads, work);
        let recursion = self.recursion(graph, &work.x, compute);
        recursion.backward(transposed.into(), &work.tape, &mut work.d, grads, &mut work.recursion);
        self.embed_backward(graph, input, &work.d.x, grads);
        StepLoss { answer: answer.to_f64() + hints.to_f64(), halt: halt.to_f64(), right }
    }

    /// The backward pass of both heads: from `work.d_logits` and the halt logit's gradient to
    /// `work.d.y`; clears `work.d.x` and `work.d.z`.
    fn heads_backward(&self, y: &[R], d_halt: R, grads: &mut [R], work: &mut Workspace<R>) {
        for d in [&mut work.d.x, &mut work.d.z] {
            d.clear();
            d.resize(y.len(), R::ZERO);
        }
        let (prefix, d_y) = (self.prefix_len(), &mut work.d.y);
        d_y.clear();
        d_y.resize(prefix, R::ZERO);
        let [weight, bias] = &self.tensors.head;
        let (d_weight, d_bias) = grads[weight.start..bias.end].split_at_mut(weight.len());
        let matrix = &self.params[weight.clone()];
        answer_head_backward(&y[prefix..], matrix, &work.d_logits, d_y, d_weight, d_bias);
        let [weight, bias] = &self.tensors.halt;
        let joint = self.config.halt_input == HaltInput::FirstPosition;
        let d_halt = if joint { R::from_f64(JOINT_HALT_WEIGHT) * d_halt } else { d_halt };
        for (f, g) in work.halt_features.iter().zip(&mut grads[weight.clone()]) {
            *g += d_halt * *f;
        }
        grads[bias.start] += d_halt;
        if joint {
            d_y.iter_mut().zip(&self.params[weight.clone()]).for_each(|(d, w)| *d += d_halt * *w);
        }
    }

    /// The loss of the hints; adds `scale` times its gradient to `work.d.y` and `grads`.
    fn hints_backward(
        &self,
        isa: Isa,
        graph: &Graph,
        y: &[R],
        (hints, scale): (&[bool], R),
        grads: &mut [R],
        work: &mut Workspace<R>,
    ) -> R {
        if hints.is_empty() {
            return R::ZERO;
        }
        let ([weight, bias], y) = (&self.tensors.hints, &y[self.prefix_len()..]);
        let Workspace { hint_logits, d_logits, d_hinted, d, .. } = work;
        let matrix = &self.params[weight.clone()];
        answer_head(isa, y, matrix, &self.params[bias.clone()], hint_logits);
        d_logits.clear();
        d_logits.resize(hint_logits.len(), R::ZERO);
        let loss = loss::hint_loss(graph, hint_logits, hints, scale, d_logits);
        let (d_weight, d_bias) = grads[weight.start..bias.end].split_at_mut(weight.len());
        d_hinted.clear();
        answer_head_backward(y, matrix, d_logits, d_hinted, d_weight, d_bias);
        d.y[self.prefix_len()..].iter_mut().zip(d_hinted).for_each(|(d, hinted)| *d += *hinted);
        loss
    }

    fn embed_backward(&self, graph: &Graph, input: StepInput, d_x: &[R], grads: &mut [R]) {
        let scale = R::from_f64(f64::from(self.config.embedding_scale));
        let (d_prefix, d_tokens) = d_x.split_at(self.prefix_len());
        let prefix = &mut grads[self.tensors.prefix.clone()];
        prefix.iter_mut().zip(d_prefix).for_each(|(g, d)| *g += scale * *d);
        let d_question = &mut grads[self.tensors.question.clone()];
        let h = self.config.hidden_dim;
        embed_backward(graph, input.question, d_tokens, scale, h, d_question);
        let channel = &mut grads[self.tensors.channel.clone()];
        add_rows_backward(input.channel, d_tokens, h, channel);
    }

    /// Operations of the matrix products of one supervision step without gradient, a multiply-add counted as two.
    pub fn step_flops(&self, graph: &Graph) -> u64 {
        let calls = self.config.cycles * (self.config.latent_iterations + 1);
        self.net.flops(graph) * calls as u64
    }

    /// The same for a step with gradient: three times the cycles that carry it, once the others.
    pub fn train_step_flops(&self, graph: &Graph) -> u64 {
        let calls =
            (self.config.cycles + 2 * self.config.gradient_cycles) * (self.config.latent_iterations + 1);
        self.net.flops(graph) * calls as u64
    }
}
