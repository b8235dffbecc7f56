//! One run: a question through the engine until the halting policy ends it.

use crate::error::Result;
use crate::halter::{Halt, Halter};
use crate::halting::Policy;
use std::borrow::Cow;
use std::time::{Duration, Instant};
use trm_core::{StepTrace, TrmEngine};
use trm_tasks::{Encoded, Task};

/// One supervision step of a run, with its answer decoded.
#[derive(Debug)]
pub struct Step<'a, A> {
    /// Steps so far.
    pub k: usize,
    /// Confidence and change of the step.
    pub trace: StepTrace,
    /// The answer after this step.
    pub answer: &'a A,
    /// Whether the policy has halted, at this step or before.
    pub halted: bool,
}

/// The result of a run at its halt.
#[derive(Clone, Debug, PartialEq)]
pub struct RunResult<A> {
    /// The decoded answer.
    pub answer: A,
    /// Supervision steps until the halt.
    pub k: usize,
    /// The model's confidence.
    pub confidence: f32,
    /// Whether the policy halted before its step limit.
    pub early_stopped: bool,
    /// Wall time until the halt, encoding included.
    pub time: Duration,
    /// Matmul FLOP until the halt, a multiply-add counted as two.
    pub flops: u64,
}

/// What a run does after its policy has halted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterHalt {
    /// The run ends.
    Stop,
    /// The run continues to the step limit, so that every K can be observed.
    Continue,
}

/// Runs one question under a halting policy. `observe` is called after every step, including those after
/// the halt under [`AfterHalt::Continue`].
///
/// # Errors
/// The errors of [`TrmEngine::steps`] and [`Halter::new`].
pub fn answer<T: Task>(
    engine: &TrmEngine,
    task: &T,
    question: &T::Question,
    policy: &Policy,
    after_halt: AfterHalt,
    mut observe: impl FnMut(Step<'_, T::Answer>),
) -> Result<RunResult<T::Answer>> {
    let start = Instant::now();
    let encoded = task.encode(question);
    let engine = fitted(engine, &encoded)?;
    let mut steps = engine.steps(&encoded.question, &encoded.answer)?;
    let mut halter = Halter::new(policy, &engine, &steps)?;
    let step_flops = steps.step_flops();
    let mut halted: Option<RunResult<T::Answer>> = None;
    loop {
        let trace = steps.advance();
        let k = steps.n_steps();
        let answer = task.decode(question, &steps.answer());
        let halt = halter.observe(trace, &answer, || task.obeys_rules(question, &answer));
        let time = start.elapsed();
        observe(Step { k, trace, answer: &answer, halted: halt.is_some() || halted.is_some() });
        if let Some(Halt { answer, early_stopped }) = halt {
            let (confidence, flops) = (trace.confidence, k as u64 * step_flops);
            halted = Some(RunResult { answer, k, confidence, early_stopped, time, flops });
        }
        let last = k >= policy.max_k;
        if let Some(result) = halted.take_if(|_| last || after_halt == AfterHalt::Stop) {
            return Ok(result);
        }
    }
}

/// The engine with what a question brings: a grid that is not square, or relations of its own.
pub(crate) fn fitted<'a>(engine: &'a TrmEngine, encoded: &Encoded) -> Result<Cow<'a, TrmEngine>> {
    if let Some(relations) = &encoded.relations {
        return Ok(Cow::Owned(engine.clone().with_relations(relations.clone())?));
    }
    Ok(match encoded.grid {
        Some((height, width)) if height != width => Cow::Owned(engine.clone().with_grid(height, width)),
        _ => Cow::Borrowed(engine),
    })
}
