//! The label, the signals and the outcome of a run.

use serde::{Deserialize, Serialize};

/// How many steps a question needed, or the most that were tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Label {
    /// The answer was right at this step (counted from 1), not before, and stayed right.
    Solved(usize),
    /// Not solved after this many steps: the number needed is larger, or there is none
    /// (right-censored).
    Censored(usize),
}

impl Label {
    /// The number of steps in the label.
    #[must_use]
    pub fn steps(self) -> usize {
        match self {
            Self::Solved(k) | Self::Censored(k) => k,
        }
    }

    /// The first step from which every answer is right, from per-step verdicts; censored at the
    /// last step if the last answer is wrong, and at 0 if there is none.
    ///
    /// ```
    /// use sona_learn::Label;
    /// assert_eq!(Label::from_verdicts(&[false, true, false, true, true]), Label::Solved(4));
    /// assert_eq!(Label::from_verdicts(&[false, true, false]), Label::Censored(3));
    /// ```
    #[must_use]
    pub fn from_verdicts(right: &[bool]) -> Self {
        match right.iter().rposition(|&r| !r) {
            _ if right.is_empty() => Self::Censored(0),
            Some(last_wrong) if last_wrong + 1 == right.len() => Self::Censored(right.len()),
            Some(last_wrong) => Self::Solved(last_wrong + 2),
            None => Self::Solved(1),
        }
    }
}

/// What a solver reports after one step, without knowing whether its answer is right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Signal {
    /// The solver's own confidence, 0 to 1.
    pub confidence: f32,
    /// The part of the answer that changed in this step, 0 to 1 (or any non-negative distance).
    pub change: f32,
}

/// The result of one run, as `learn_from_trm` takes it.
///
/// Steps and trace are learned from. `confidence` and `early_stopped` are what solvers report
/// beside them; one number after the last step holds less than the trace, so they are not used.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// Steps that ran.
    pub iterations_used: usize,
    /// Confidence after the last step, 0 to 1.
    pub confidence: f32,
    /// True if the solver stopped itself before its limit.
    pub early_stopped: bool,
    /// One signal per step, or empty.
    pub trace: Vec<Signal>,
}

impl From<&Outcome> for Outcome {
    fn from(outcome: &Outcome) -> Self {
        outcome.clone()
    }
}

/// Any result that turns into `(iterations_used, confidence, early_stopped)` is an outcome
/// without a trace. So a crate that does not depend on this one can still have its results learned.
impl<'a, R> From<&'a R> for Outcome
where
    (usize, f32, bool): From<&'a R>,
{
    fn from(result: &'a R) -> Self {
        let (iterations_used, confidence, early_stopped) = result.into();
        Self { iterations_used, confidence, early_stopped, trace: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_from_verdicts() {
        assert_eq!(Label::from_verdicts(&[true, true]), Label::Solved(1));
        assert_eq!(Label::from_verdicts(&[false, true]), Label::Solved(2));
        assert_eq!(Label::from_verdicts(&[true, false]), Label::Censored(2));
        assert_eq!(Label::from_verdicts(&[]), Label::Censored(0));
    }
}
