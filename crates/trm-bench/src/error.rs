//! What can be wrong between a puzzle and a verdict.

use puzzles::PuzzleError;
use trm_core::TrmError;

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BenchError {
    /// A puzzle or a data file is wrong.
    #[error(transparent)]
    Puzzle(#[from] PuzzleError),
    /// The engine refused the question.
    #[error(transparent)]
    Engine(#[from] TrmError),
    /// The model takes other questions than these puzzles.
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
    /// A file of recorded runs that is none, or damaged.
    #[error("runs: {reason}")]
    Runs {
        /// What is wrong.
        reason: String,
    },
    /// A data file without a single puzzle.
    #[error("the data hold no puzzles")]
    NoPuzzles,
    /// A line of a training log that is no JSON object.
    #[error("line {line}: {reason}")]
    Log {
        /// The line, from 1.
        line: usize,
        /// What the reader said.
        reason: String,
    },
}

/// A result with a [`BenchError`].
pub type Result<T> = std::result::Result<T, BenchError>;
