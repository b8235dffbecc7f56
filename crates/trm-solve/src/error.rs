//! What can be wrong between a question and its answer.

use trm_core::TrmError;
use trm_tasks::TaskError;

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SolveError {
    /// The puzzle cannot be turned into a question of this model.
    #[error(transparent)]
    Task(#[from] TaskError),
    /// The engine refused the question.
    #[error(transparent)]
    Engine(#[from] TrmError),
    /// A halting policy that can never act.
    #[error("{field} is {found}, must be {expected}")]
    Halting {
        /// The number.
        field: &'static str,
        /// Its value.
        found: usize,
        /// What it must be.
        expected: &'static str,
    },
    /// Learned halting was asked for, but the engine has no predictor.
    #[error("the engine has no predictor to learn halting from")]
    NoPredictor,
    /// A predictor that learned of other questions.
    #[error("the halting state is about embeddings of {found} numbers, that of a {puzzle} has {expected}")]
    OtherState {
        /// The puzzle.
        puzzle: &'static str,
        /// Numbers that the state knows.
        found: usize,
        /// Numbers in the puzzle's embedding.
        expected: usize,
    },
}

/// A result with a [`SolveError`].
pub type Result<T> = std::result::Result<T, SolveError>;
