//! One question through a model: when to stop, and what was answered.

use crate::error::{BenchError, Result};
use crate::task::{Encoded, Task};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::time::{Duration, Instant};
use trm_core::{StepTrace, TrmConfig, TrmEngine};

/// Confidences that one answer must gather in a run with [`Halting::Vote`].
pub const VOTES: f32 = 2.0;

/// When a run stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Halting {
    /// After exactly this many supervision steps.
    Fixed(usize),
    /// When the model's own confidence suffices: the network alone decides.
    Adaptive,
    /// When enough steps agree: each votes for its answer with its confidence, and the run ends at
    /// [`VOTES`] for one answer. At the limit the answer with the most votes is given, not the last. The
    /// network alone decides.
    Vote,
    /// When the answer stayed the same for this many steps in a row: the network alone.
    Stable(usize),
    /// After as many steps as the engine's predictor foresees to be enough, before the run.
    Predicted,
    /// When the engine's predictor, told of each step, says that the answer is settled.
    Learned,
    /// At the first answer that obeys the rules of the puzzle. The rules are no part of the
    /// network, so its figures stand apart from those of the other policies.
    Verified,
}

/// A halting policy with its limits.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Policy {
    /// When to stop.
    pub halting: Halting,
    /// The most supervision steps.
    pub max_k: usize,
    /// The confidence that suffices; only [`Halting::Adaptive`] asks for it.
    pub threshold: f32,
}

impl Policy {
    /// The limits of a model: its `max_k` and `halt_threshold`, unless `max_k` is given.
    ///
    /// # Errors
    /// [`BenchError::Halting`] where a number is out of range.
    pub fn of(config: &TrmConfig, halting: Halting, max_k: Option<usize>) -> Result<Self> {
        let steps = |field, found| {
            let expected = "1 to 65536";
            if (1..=trm_core::MAX_K).contains(&found) {
                return Ok(());
            }
            Err(BenchError::Halting { field, found, expected })
        };
        let max_k = match halting {
            Halting::Fixed(k) => {
                steps("k", k)?;
                k
            }
            _ => max_k.unwrap_or(config.max_k),
        };
        steps("max_k", max_k)?;
        if let Halting::Stable(n) = halting {
            steps("stable", n)?;
        }
        Ok(Policy { halting, max_k, threshold: config.halt_threshold })
    }
}

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
/// What [`TrmEngine::steps`] says of the question, and [`BenchError::NoPredictor`].
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
    let predictor = || engine.halting().ok_or(BenchError::NoPredictor);
    let asked = steps.asked(policy.max_k);
    let step_flops = steps.step_flops();
    let (mut plan, mut predicted) = (None, 0);
    match policy.halting {
        Halting::Predicted => predicted = predictor()?.predict(asked),
        Halting::Learned => plan = Some(predictor()?.plan(asked)),
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

/// The answers of a run, each with its votes: what [`Halting::Vote`] goes by.
///
/// ```
/// let mut votes = trm_bench::Votes::default();
/// assert!(!votes.cast(&"a", 0.9) && !votes.cast(&"b", 0.8) && !votes.cast(&"a", 0.9));
/// assert!(votes.cast(&"a", 0.9), "2.7 are enough");
/// assert_eq!(votes.winner(), Some("a"));
/// ```
#[derive(Clone, Debug)]
pub struct Votes<A>(Vec<(A, f32)>);

impl<A> Default for Votes<A> {
    fn default() -> Self {
        Votes(Vec::new())
    }
}

impl<A: PartialEq + Clone> Votes<A> {
    /// One step's vote; whether the answer has [`VOTES`] now.
    pub fn cast(&mut self, answer: &A, confidence: f32) -> bool {
        match self.0.iter_mut().find(|(other, _)| other == answer) {
            Some((_, votes)) => {
                *votes += confidence;
                *votes >= VOTES
            }
            None => {
                self.0.push((answer.clone(), confidence));
                confidence >= VOTES
            }
        }
    }

    /// The answer with the most votes, taken out; none where nobody voted.
    pub fn winner(&mut self) -> Option<A> {
        let most = (0..self.0.len()).max_by(|a, b| self.0[*a].1.total_cmp(&self.0[*b].1))?;
        Some(self.0.swap_remove(most).0)
    }
}
