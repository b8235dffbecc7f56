//! Rollouts: several runs of one question from different initial latents and with other noise in the answer channel,
//! and the choice among them.

use crate::answer::fitted;
use crate::error::Result;
use crate::halting::Policy;
use serde::{Deserialize, Serialize};
use trm_core::TrmEngine;
use trm_tasks::Task;

/// How many rollouts, and how they differ.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RolloutConfig {
    /// Number of rollouts; the first is the plain run, from an undisturbed latent and with the engine's seed.
    pub n: usize,
    /// Standard deviation of the noise on the initial latent.
    pub noise: f64,
    /// Seed of that noise and of the answer channel's.
    pub seed: u64,
}

/// The answers selected from the rollouts of one question.
#[derive(Clone, Debug, PartialEq)]
pub struct RolloutResult<A> {
    /// The answer of the first rollout, the plain run.
    pub first: A,
    /// The answer with the highest confidence: the network alone.
    pub by_confidence: A,
    /// The first answer that obeys the rules, or `by_confidence` where none does: network and rules.
    pub by_rules: A,
    /// Supervision steps of all rollouts together.
    pub steps: usize,
}

/// Runs a question several times, each rollout until its confidence reaches the threshold or for
/// `policy.max_k` steps.
///
/// # Errors
/// The errors of [`TrmEngine::steps`].
///
/// # Panics
/// If `config.n` is 0.
pub fn rollouts<T: Task>(
    engine: &TrmEngine,
    task: &T,
    question: &T::Question,
    config: &RolloutConfig,
    policy: &Policy,
) -> Result<RolloutResult<T::Answer>> {
    let encoded = task.encode(question);
    let engine = fitted(engine, &encoded)?;
    let mut answers: Vec<(T::Answer, f32)> = Vec::with_capacity(config.n);
    let mut n_steps = 0;
    for run in 0..config.n as u64 {
        let mut steps = engine.steps(&encoded.question, &encoded.answer)?;
        if run > 0 {
            steps.disturb(config.noise, config.seed.rotate_left(32) ^ run);
            steps.reseed(config.seed.rotate_left(32) ^ run);
        }
        while steps.advance().confidence < policy.threshold && steps.n_steps() < policy.max_k {}
        n_steps += steps.n_steps();
        answers.push((task.decode(question, &steps.answer()), steps.trace().confidence));
    }
    let surest = answers.iter().rev().max_by(|a, b| a.1.total_cmp(&b.1)).expect("at least one rollout");
    let valid = answers.iter().find(|(answer, _)| task.obeys_rules(question, answer));
    Ok(RolloutResult {
        first: answers[0].0.clone(),
        by_confidence: surest.0.clone(),
        by_rules: valid.unwrap_or(surest).0.clone(),
        steps: n_steps,
    })
}
