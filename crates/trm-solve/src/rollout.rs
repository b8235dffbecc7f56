//! Several runs of one question, each from another initial latent, and the choice among them.

use crate::answer::fitted;
use crate::error::Result;
use crate::halting::Policy;
use serde::{Deserialize, Serialize};
use trm_core::TrmEngine;
use trm_tasks::Task;

/// How the runs differ.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rollouts {
    /// Runs; the first has no noise.
    pub n: usize,
    /// Standard deviation of the noise on the initial latent.
    pub noise: f64,
    /// Seed of the noise.
    pub seed: u64,
}

/// The answers chosen among the runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Chosen<A> {
    /// That of the first run.
    pub first: A,
    /// The one with the highest confidence: the network alone.
    pub by_confidence: A,
    /// The first that obeys the rules, or else the above: the network and the rules.
    pub by_rules: A,
    /// Supervision steps of all runs.
    pub steps: usize,
}

/// Runs a question several times, each until its confidence suffices or `policy.max_k` steps are over.
///
/// # Errors
/// What [`TrmEngine::steps`] says of the question.
///
/// # Panics
/// Without a run.
pub fn rollouts<T: Task>(
    engine: &TrmEngine,
    task: &T,
    question: &T::Question,
    runs: &Rollouts,
    policy: &Policy,
) -> Result<Chosen<T::Answer>> {
    let encoded = task.encode(question);
    let engine = fitted(engine, &encoded);
    let mut answers: Vec<(T::Answer, f32)> = Vec::with_capacity(runs.n);
    let mut n_steps = 0;
    for run in 0..runs.n as u64 {
        let mut steps = engine.steps(&encoded.question, &encoded.answer)?;
        if run > 0 {
            steps.disturb(runs.noise, runs.seed.rotate_left(32) ^ run);
        }
        while steps.advance().confidence < policy.threshold && steps.n_steps() < policy.max_k {}
        n_steps += steps.n_steps();
        answers.push((task.decode(question, &steps.answer()), steps.trace().confidence));
    }
    let surest = answers.iter().rev().max_by(|a, b| a.1.total_cmp(&b.1)).expect("at least one run");
    let obeying = answers.iter().find(|(answer, _)| task.obeys_rules(question, answer));
    Ok(Chosen {
        first: answers[0].0.clone(),
        by_confidence: surest.0.clone(),
        by_rules: obeying.unwrap_or(surest).0.clone(),
        steps: n_steps,
    })
}
