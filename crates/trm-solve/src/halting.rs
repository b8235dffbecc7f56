//! Halting policies: when a run stops.

use crate::error::{Result, SolveError};
use serde::{Deserialize, Serialize};
use std::fmt::{self, Display, Formatter};
use trm_core::{HaltingRule, TrmConfig, TrmEngine};

/// The sum of confidences at which one answer ends a run under [`Halting::Vote`].
pub const VOTES: f32 = 2.0;
/// Turns of all groups in which an answer that ends a run does not change; see [`Halting::of`].
const ROUNDS: usize = 2;

/// The rule by which a run halts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Halting {
    /// After exactly this many supervision steps.
    Fixed(usize),
    /// At the first step whose confidence reaches the threshold: the network alone decides.
    Adaptive,
    /// Each step votes for its answer with its confidence, and the run ends when one answer has [`VOTES`].
    /// At the step limit the answer with the most votes is returned, not the last one. The network alone
    /// decides.
    Vote,
    /// When the answer has not changed for this many steps in a row: the network alone decides.
    Stable(usize),
    /// After the number of steps that the engine's predictor gives before the run.
    Predicted,
    /// When the engine's predictor, updated with each step, says that the answer is settled.
    Learned,
    /// At the first answer that obeys the rules of the puzzle. The rules are not part of the network, so
    /// reports list this policy apart from the others.
    Verified,
}

impl Halting {
    /// How runs of this engine halt unless told otherwise: by its model's rule; where groups take turns, when the
    /// answer stayed the same while each had two, for a confidence knows the groups of one step only.
    #[must_use]
    pub fn of(engine: &TrmEngine) -> Self {
        match engine.n_turns() {
            1 => engine.model().config().halting_rule.into(),
            n => Halting::Stable(ROUNDS * n),
        }
    }
}

impl From<HaltingRule> for Halting {
    fn from(rule: HaltingRule) -> Self {
        match rule {
            HaltingRule::Vote => Halting::Vote,
            HaltingRule::Confidence => Halting::Adaptive,
        }
    }
}

impl Display for Halting {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Halting::Fixed(k) => write!(f, "exactly {k} steps"),
            Halting::Adaptive => write!(f, "adaptive, the network's own confidence"),
            Halting::Vote => write!(f, "enough steps agree, each by its confidence"),
            Halting::Stable(n) => write!(f, "answer unchanged for {n} steps"),
            Halting::Predicted => write!(f, "predicted before the run"),
            Halting::Learned => write!(f, "learned, re-planned after each step"),
            Halting::Verified => write!(f, "first answer that obeys the rules (network AND rules)"),
        }
    }
}

/// A halting policy with its limits.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Policy {
    /// The halting rule.
    pub halting: Halting,
    /// The limit on supervision steps.
    pub max_k: usize,
    /// The confidence threshold of [`Halting::Adaptive`]; the others do not use it.
    pub threshold: f32,
}

impl Policy {
    /// A policy with the `max_k` and `halt_threshold` of a model's configuration, or the given `max_k`.
    ///
    /// # Errors
    /// [`SolveError::Halting`] where a number is out of range.
    pub fn of(config: &TrmConfig, halting: Halting, max_k: Option<usize>) -> Result<Self> {
        let steps = |field, found| {
            let expected = "1 to 65536";
            if (1..=trm_core::MAX_K).contains(&found) {
                return Ok(());
            }
            Err(SolveError::Halting { field, found, expected })
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

/// The distinct answers of a run with their votes, for [`Halting::Vote`].
///
/// ```
/// let mut votes = trm_solve::Votes::default();
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
    /// Adds one step's vote. Returns whether its answer now has [`VOTES`].
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

    /// Removes and returns the answer with the most votes; `None` before the first vote.
    pub fn winner(&mut self) -> Option<A> {
        let most = (0..self.0.len()).max_by(|a, b| self.0[*a].1.total_cmp(&self.0[*b].1))?;
        Some(self.0.swap_remove(most).0)
    }
}
