//! Halting: a plan before the run, corrected after every step.

use crate::math::{sigmoid, softplus};
use crate::outcome::Signal;
use crate::pace::{Follower, Pace};

/// When a run may stop.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HaltingPolicy {
    /// Stop once the answer is settled with this chance. Default 0.95.
    pub settled: f32,
    /// Stop once further steps add less than this to the chance of being solved; 0 never gives
    /// up. Default 0.
    pub hopeless: f32,
}

impl Default for HaltingPolicy {
    fn default() -> Self {
        Self { settled: 0.95, hopeless: 0.0 }
    }
}

/// Why a run stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// The answer is settled with the chance asked for.
    Settled,
    /// All allowed steps ran.
    Limit,
    /// Further steps are not worth it.
    Hopeless,
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Run on.
    Continue {
        /// Steps from here until settled with the chance asked for, or all that are left.
        remaining: usize,
    },
    /// Return the answer.
    Stop(StopReason),
}

/// A decision with the chances behind it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Advice {
    /// What to do.
    pub decision: Decision,
    /// Chance that the answer is settled now.
    pub settled: f32,
    /// Chance that it will be after all allowed steps.
    pub solvable: f32,
}

/// The plan of one run. It owns all it needs and holds no lock while the solver works.
#[derive(Clone, Debug)]
pub struct Replanner {
    logits: Vec<f32>,
    pace: Pace,
    policy: HaltingPolicy,
    follower: Follower,
    planned: usize,
    n_observed: usize,
}

impl Replanner {
    pub(crate) fn new(logits: Vec<f32>, pace: Pace, planned: usize, policy: HaltingPolicy) -> Self {
        Self { logits, pace, policy, follower: Follower::default(), planned, n_observed: 0 }
    }

    /// The steps planned before the run: the upper bound of the static prediction.
    #[must_use]
    pub fn planned(&self) -> usize {
        self.planned
    }

    /// Steps observed so far.
    #[must_use]
    pub fn n_observed(&self) -> usize {
        self.n_observed
    }

    /// Updates the plan with the signal of the step that just ran. Numbers that are not finite count as the
    /// least favourable ones; past the limit the decision is always to stop.
    pub fn observe(&mut self, signal: Signal) -> Advice {
        let Some(&eta) = self.logits.get(self.n_observed) else {
            return Advice { decision: Decision::Stop(StopReason::Limit), settled: 0.0, solvable: 0.0 };
        };
        self.n_observed += 1;
        let tau = self.follower.observe(signal, eta);
        let settled = sigmoid(self.pace.settled_logit(&tau));
        let mut left = 1.0 - settled;
        let mut remaining = None;
        for (i, &eta) in self.logits[self.n_observed..].iter().enumerate() {
            left *= (-softplus(self.pace.later_logit(&tau, eta))).exp();
            if remaining.is_none() && 1.0 - left >= self.policy.settled {
                remaining = Some(i + 1);
            }
        }
        let solvable = 1.0 - left;
        let n_left = self.logits.len() - self.n_observed;
        let decision = if settled >= self.policy.settled {
            Decision::Stop(StopReason::Settled)
        } else if n_left == 0 {
            Decision::Stop(StopReason::Limit)
        } else if solvable - settled < self.policy.hopeless {
            Decision::Stop(StopReason::Hopeless)
        } else {
            Decision::Continue { remaining: remaining.unwrap_or(n_left) }
        };
        Advice { decision, settled, solvable }
    }
}
