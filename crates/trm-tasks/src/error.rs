//! Errors between puzzles and model tensors.

use puzzles::PuzzleError;
use trm_core::{TrmConfig, TrmError};

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TaskError {
    /// A puzzle or a data file is wrong.
    #[error(transparent)]
    Puzzle(#[from] PuzzleError),
    /// The question does not fit the engine.
    #[error(transparent)]
    Engine(#[from] TrmError),
    /// The model answers no puzzles of a file of rules.
    #[error("the model is none of candidates, and carries no puzzle file")]
    NoPuzzle,
    /// The rules name kinds of weights that a model does not have.
    #[error(
        "the model has no weights of the kind {}: it has {}; `kind` in the puzzle file names one of these, or `trm \
         train --init` trains others",
        kinds.join(", "), known.join(", ")
    )]
    UnknownKinds {
        /// The kinds that it does not have.
        kinds: Vec<String>,
        /// Those that it has.
        known: Vec<String>,
    },
    /// The model's features per token are not those of this puzzle.
    #[error(
        "the model does not take a {puzzle}: it has {embedding_dim} features and {answer_dim} answers \
         per token, a {puzzle} has {expected}"
    )]
    OtherTask {
        /// The puzzle.
        puzzle: &'static str,
        /// The model's features per token.
        embedding_dim: usize,
        /// The model's answers per token.
        answer_dim: usize,
        /// The pairs that fit.
        expected: &'static str,
    },
}

/// A result with a [`TaskError`].
pub type Result<T> = std::result::Result<T, TaskError>;

pub(crate) fn other_task(puzzle: &'static str, config: &TrmConfig, expected: &'static str) -> TaskError {
    let TrmConfig { embedding_dim, answer_dim, .. } = *config;
    TaskError::OtherTask { puzzle, embedding_dim, answer_dim, expected }
}
