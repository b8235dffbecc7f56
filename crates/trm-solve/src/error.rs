//! Errors of solving one question.

use trm_core::TrmError;
use trm_tasks::TaskError;

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SolveError {
    /// The puzzle cannot be turned into a question of this model.
    #[error(transparent)]
    Task(#[from] TaskError),
    /// The question does not fit the engine.
    #[error(transparent)]
    Engine(#[from] TrmError),
    /// A number of a halting policy is out of range.
    #[error("{field} is {found}, must be {expected}")]
    Halting {
        /// The number.
        field: &'static str,
        /// Its value.
        found: usize,
        /// What it must be.
        expected: &'static str,
    },
    /// Learned halting needs a predictor, and the engine has none.
    #[error("the engine has no predictor to learn halting from")]
    NoPredictor,
    /// A model of the other puzzle.
    #[error("the model does not take a {puzzle}: it is one for {known}")]
    OtherPuzzle {
        /// The puzzle that it was given.
        puzzle: &'static str,
        /// The puzzles that it answers.
        known: &'static str,
    },
    /// A question of a size that a model, or its halting predictor, does not know.
    #[error("{what} knows {known}, and this one has {found}")]
    OtherSize {
        /// What does not know it.
        what: &'static str,
        /// The questions that it knows.
        known: String,
        /// The size of the question.
        found: String,
    },
    /// A halting state that was learned from embeddings of another length.
    #[error("the halting state is about embeddings of {found} numbers, that of a {puzzle} has {expected}")]
    OtherState {
        /// The puzzle.
        puzzle: &'static str,
        /// Embedding length of the state.
        found: usize,
        /// Embedding length of the puzzle.
        expected: usize,
    },
}

/// A result with a [`SolveError`].
pub type Result<T> = std::result::Result<T, SolveError>;
