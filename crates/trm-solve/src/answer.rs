//! One question through a model, until a policy halts it.

use crate::error::{Result, SolveError};
use crate::halting::{Halting, Policy, Votes};
use std::borrow::Cow;
use std::time::{Duration, Instant};
use trm_core::{StepTrace, TrmEngine};
use trm_tasks::{Encoded, Task};

/// One supervision step, read.
#[derive(Debug)]
pub struct Step<'a, A> {
    /// Steps so far.
    pub k: usize,
    /// What the step said of itself.
    pub trace: StepTrace,
    /// The answer as it stands.
    pub answer: &'a A,
    /// Whether the policy has stopped, in this step or before.
    pub halted: bool,
}

/// The answer at the step where the policy stopped.
#[derive(Clone, Debug, PartialEq)]
pub struct Answered<A> {
    /// The answer.
    pub answer: A,
    /// Supervision steps.
    pub k: usize,
    /// The model's confidence.
    pub confidence: f32,
    /// Whether the policy stopped before the limit.
    pub early_stopped: bool,
    /// Time until then, reading the question included.
    pub time: Duration,
    /// Operations of the matrix products until then, a multiply-add counted as two.
    pub flops: u64,
}

/// Whether a run goes on after its policy has stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beyond {
    /// It ends.
    Stop,
    /// It goes on to the limit, for a look at every K.
    Watch,
}

/// Answers one question. `watch` sees every step, also those after the policy stopped where
/// `beyond` says so.
///
/// # Errors
/// What [`TrmEngine::steps`] says of the question, and [`SolveError::NoPredictor`].
pub fn answer<T: Task>(
    engine: &TrmEngine,
    task: &T,
    question: &T::Question,
    policy: &Policy,
    beyond: Beyond,
    mut watch: impl FnMut(Step<'_, T::Answer>),
) -> Result<Answered<T::Answer>> {
    let start = Instant::now();
    let encoded = task.encode(question);
    let engine = fitted(engine, &encoded);
    let mut steps = engine.steps(&encoded.question, &encoded.answer)?;
    let predictor = || engine.halting().ok_or(SolveError::NoPredictor);
    let query = steps.query(policy.max_k);
    let step_flops = steps.step_flops();
    let (mut plan, mut predicted) = (None, 0);
    match policy.halting {
        Halting::Predicted => predicted = predictor()?.predict(query),
        Halting::Learned => plan = Some(predictor()?.plan(query)),
        _ => {}
    }
    let mut halted: Option<Answered<T::Answer>> = None;
    let mut n_unchanged = 0;
    let mut votes = Votes::default();
    loop {
        let trace = steps.advance();
        let k = steps.n_steps();
        n_unchanged = if trace.changed == 0.0 { n_unchanged + 1 } else { 0 };
        let answer = task.decode(question, &steps.answer());
        let enough = match policy.halting {
            Halting::Fixed(_) => false,
            Halting::Adaptive => trace.confidence >= policy.threshold,
            Halting::Vote => halted.is_none() && votes.cast(&answer, trace.confidence),
            Halting::Stable(n) => n_unchanged >= n,
            Halting::Predicted => k >= predicted,
            // Told nothing more once it has stopped.
            Halting::Learned => halted.is_none() && plan.as_mut().is_some_and(|plan| plan(trace)),
            Halting::Verified => task.obeys_rules(question, &answer),
        };
        let last = k >= policy.max_k;
        let stops = halted.is_none() && (enough || last);
        let time = start.elapsed();
        watch(Step { k, trace, answer: &answer, halted: stops || halted.is_some() });
        if stops {
            let (confidence, early_stopped) = (trace.confidence, !last);
            let answer = if enough { answer } else { votes.winner().unwrap_or(answer) };
            let flops = k as u64 * step_flops;
            halted = Some(Answered { answer, k, confidence, early_stopped, time, flops });
        }
        if let Some(answered) = halted.take_if(|_| last || beyond == Beyond::Stop) {
            return Ok(answered);
        }
    }
}

/// The engine for the grid of a question.
pub(crate) fn fitted<'a>(engine: &'a TrmEngine, encoded: &Encoded) -> Cow<'a, TrmEngine> {
    match encoded.grid {
        Some((height, width)) if height != width => Cow::Owned(engine.clone().with_grid(height, width)),
        _ => Cow::Borrowed(engine),
    }
}
