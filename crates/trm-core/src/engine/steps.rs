//! One run, supervision step by supervision step.

use super::{Session, StepTrace, TrmEngine, TrmResult};
use crate::halting::HaltingQuery;
use crate::model::{Compute, StepInput};
use crate::noise::StepNoise;
use crate::{ABSENT_LOGIT, GIVEN_LOGIT};
use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use std::borrow::Cow;

/// The supervision steps of one question; see [`TrmEngine::steps`].
#[derive(Debug)]
pub struct Steps<'a> {
    pub(super) engine: Cow<'a, TrmEngine>,
    pub(super) question: Cow<'a, [f32]>,
    pub(super) width: usize,
    pub(super) session: Session,
    pub(super) last: StepTrace,
    pub(super) n_steps: usize,
    pub(super) seed: u64,
}

impl Steps<'_> {
    /// Runs one more step.
    pub fn advance(&mut self) -> StepTrace {
        let Session { graph, state, output, channel, work } = &mut self.session;
        let (engine, question) = (&self.engine, &self.question);
        let config = engine.model.config();
        if let Some(answers) = config.answer_channel {
            let step = StepNoise::new(self.seed, self.n_steps as u64);
            let std = engine.channel_noise.unwrap_or(answers.std(self.n_steps as u64));
            step.fill(std, &graph.live, config.answer_dim, channel);
        }
        if let Some(turns) = &engine.turns {
            graph.take_turn(&turns.most, self.n_steps);
        }
        let input = StepInput { question, channel };
        let compute = Compute { isa: engine.isa, pairs: engine.pairs.as_ref().map(|pairs| &pairs[..]) };
        let mut step = || engine.model.step(compute, graph, input, state, output, work);
        match engine.threads {
            1 => step(),
            // Inside the pool its threads wait for each part awake.
            _ => rayon::scope(|_| step()),
        }
        self.n_steps += 1;
        self.last = StepTrace {
            confidence: output.confidence(),
            changed: output.changed,
            sureness: output.mean_sureness,
        };
        self.last
    }

    /// Adds normal noise of standard deviation `noise` to the latent: another run of the same
    /// question.
    pub fn disturb(&mut self, noise: f64, seed: u64) {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        self.engine.model.disturb(&mut self.session.state, noise, &mut rng);
    }

    /// Gives the noise of the answer channel another seed than the engine's from the next step on: another run of
    /// the same question. Without effect for a model without that channel.
    pub fn reseed(&mut self, seed: u64) {
        self.seed = seed;
    }

    /// Steps that were run.
    pub fn n_steps(&self) -> usize {
        self.n_steps
    }

    /// Operations of the matrix products of one step, a multiply-add counted as two.
    pub fn step_flops(&self) -> u64 {
        self.engine.model.step_flops(&self.session.graph)
    }

    /// What the last step said.
    pub fn trace(&self) -> StepTrace {
        self.last
    }

    /// The answer as it stands (`[tokens, answer_dim]`), with [`ABSENT_LOGIT`] where a token is
    /// absent and [`GIVEN_LOGIT`] where it is known.
    pub fn answer(&self) -> Vec<f32> {
        let mut answer = Vec::new();
        self.read_answer(&mut answer);
        answer
    }

    fn read_answer(&self, answer: &mut Vec<f32>) {
        let config = self.engine.model.config();
        let (graph, dim) = (&self.session.graph, config.answer_dim);
        answer.clear();
        answer.resize(graph.n_tokens * dim, ABSENT_LOGIT);
        if let Some(column) = config.given_feature {
            let one_for_all = self.question.len() == config.embedding_dim;
            for (t, answer) in answer.chunks_exact_mut(dim).enumerate() {
                let row = if one_for_all { 0 } else { t };
                if self.question[row * config.embedding_dim + column] != 0.0 {
                    answer.fill(GIVEN_LOGIT);
                }
            }
        }
        let logits = self.session.output.logits.chunks_exact(dim);
        for (t, logits) in graph.live.iter().zip(logits) {
            answer[*t as usize * dim..(*t as usize + 1) * dim].copy_from_slice(logits);
        }
    }

    /// The rows of the question that are computed, in the order of [`Steps::states`].
    pub fn live(&self) -> &[u32] {
        &self.session.graph.live
    }

    /// The answer state y, `[live, hidden_dim]`.
    pub fn states(&self) -> &[f32] {
        &self.session.state.y
    }

    /// The same run with a question and an engine of its own (the weights stay shared): for a run
    /// that outlives the call that began it.
    pub fn into_owned(mut self) -> Steps<'static> {
        Steps {
            engine: Cow::Owned(self.engine.as_ref().clone()),
            question: Cow::Owned(self.question.to_vec()),
            width: self.width,
            session: std::mem::take(&mut self.session),
            last: self.last,
            n_steps: self.n_steps,
            seed: self.seed,
        }
    }

    /// The question, for a [`HaltingPredictor`](crate::HaltingPredictor) of a run of at most `max_k` steps.
    pub fn query(&self, max_k: usize) -> HaltingQuery<'_> {
        HaltingQuery { question: &self.question, width: self.width, max_k }
    }

    /// Runs to `limit` steps; an adaptive run until the predictor or the confidence ends it.
    pub(super) fn finish(mut self, limit: usize, adaptive: bool, result: &mut TrmResult) {
        let threshold = self.engine.model.config().halt_threshold;
        let mut plan = match &self.engine.halting {
            Some(halting) if adaptive => Some(halting.plan(self.query(limit))),
            _ => None,
        };
        let mut enough = |step: StepTrace| match &mut plan {
            Some(plan) => plan(step),
            None => adaptive && step.confidence >= threshold,
        };
        let TrmResult { trace, early_stopped, .. } = result;
        trace.clear();
        trace.reserve(limit.min(64));
        *early_stopped = false;
        while trace.len() < limit && !*early_stopped {
            let step = self.advance();
            trace.push(step);
            *early_stopped = enough(step) && trace.len() < limit;
        }
        result.iterations_used = result.trace.len();
        result.answer_dim = self.engine.model.config().answer_dim;
        result.confidence = self.last.confidence;
        self.read_answer(&mut result.answer);
    }
}

impl Iterator for Steps<'_> {
    type Item = StepTrace;

    fn next(&mut self) -> Option<StepTrace> {
        Some(self.advance())
    }
}

impl Drop for Steps<'_> {
    fn drop(&mut self) {
        let session = std::mem::take(&mut self.session);
        self.engine.pool.lock().unwrap_or_else(|e| e.into_inner()).push(session);
    }
}
