//! When a run stops.

use crate::error::{Result, SolveError};
use serde::{Deserialize, Serialize};
use std::fmt::{self, Display, Formatter};
use trm_core::TrmConfig;

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

/// The answers of a run, each with its votes: what [`Halting::Vote`] goes by.
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
