//! A halting policy at work: it observes every step of one run and says when the run ends.

use crate::error::{Result, SolveError};
use crate::halting::{Halting, Policy, Votes};
use std::fmt::{self, Debug, Formatter};
use trm_core::{StepTrace, Steps, TrmEngine};

/// The state of a [`Policy`] during one run. [`answer`](crate::answer) is this and a loop; a program with a loop of
/// its own, which shows every step or can be cancelled, observes the steps itself.
///
/// ```
/// use trm_solve::{Halter, Halting, Policy};
/// use trm_tasks::{MazeTask, Task};
///
/// let engine = trm_models::maze();
/// let task = MazeTask::of(engine.model().config())?;
/// let maze = puzzles::maze::Maze::parse("S## ##  G")?;
/// let encoded = task.encode(&maze);
/// let mut steps = engine.steps(&encoded.question, &encoded.answer)?;
/// let policy = Policy::of(engine.model().config(), Halting::Vote, Some(32))?;
/// let mut halter = Halter::new(&policy, &engine, &steps)?;
/// let halt = loop {
///     let trace = steps.advance();
///     let answer = task.decode(&maze, &steps.answer());
///     if let Some(halt) = halter.observe(trace, &answer, || task.obeys_rules(&maze, &answer)) {
///         break halt;
///     }
/// };
/// assert!(task.obeys_rules(&maze, &halt.answer));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Halter<A> {
    policy: Policy,
    /// For [`Halting::Learned`].
    plan: Option<Box<dyn FnMut(StepTrace) -> bool + Send>>,
    /// For [`Halting::Predicted`].
    predicted: usize,
    votes: Votes<A>,
    /// Steps in a row that did not change the answer.
    n_unchanged: usize,
    n_steps: usize,
    halted: bool,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Halt<A> {
    /// The answer of the run, which is not always that of its last step: see [`Halting::Vote`].
    pub answer: A,
    /// Whether the policy halted before its step limit.
    pub early_stopped: bool,
}

impl<A: Clone + PartialEq> Halter<A> {
    /// The state before the first step of `steps`, a run of `engine`.
    ///
    /// # Errors
    /// [`SolveError::NoPredictor`] where the policy needs one.
    pub fn new(policy: &Policy, engine: &TrmEngine, steps: &Steps<'_>) -> Result<Self> {
        let predictor = || engine.halting().ok_or(SolveError::NoPredictor);
        let query = steps.query(policy.max_k);
        let (mut plan, mut predicted) = (None, 0);
        match policy.halting {
            Halting::Predicted => predicted = predictor()?.predict(query),
            Halting::Learned => plan = Some(predictor()?.plan(query)),
            _ => {}
        }
        let votes = Votes::default();
        Ok(Halter { policy: *policy, plan, predicted, votes, n_unchanged: 0, n_steps: 0, halted: false })
    }

    /// Observes the next step and its answer; returns the end of the run at the step that ends it, and nothing at
    /// any other, steps after the end included.
    pub fn observe(
        &mut self,
        trace: StepTrace,
        answer: &A,
        obeys_rules: impl FnOnce() -> bool,
    ) -> Option<Halt<A>> {
        if self.halted {
            return None;
        }
        self.n_steps += 1;
        self.n_unchanged = if trace.changed == 0.0 { self.n_unchanged + 1 } else { 0 };
        let enough = match self.policy.halting {
            Halting::Fixed(_) => false,
            Halting::Adaptive => trace.confidence >= self.policy.threshold,
            Halting::Vote => self.votes.cast(answer, trace.confidence),
            Halting::Stable(n) => self.n_unchanged >= n,
            Halting::Predicted => self.n_steps >= self.predicted,
            Halting::Learned => self.plan.as_mut().is_some_and(|plan| plan(trace)),
            Halting::Verified => obeys_rules(),
        };
        let last = self.n_steps >= self.policy.max_k;
        self.halted = enough || last;
        let winner = if last && !enough { self.votes.winner() } else { None };
        self.halted.then(|| Halt { answer: winner.unwrap_or_else(|| answer.clone()), early_stopped: !last })
    }
}

impl<A> Debug for Halter<A> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Halter { policy, n_steps, halted, .. } = self;
        f.debug_struct("Halter")
            .field("policy", policy)
            .field("n_steps", n_steps)
            .field("halted", halted)
            .finish()
    }
}
