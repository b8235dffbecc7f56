//! What can be wrong in a measurement.

use puzzles::PuzzleError;
use trm_core::TrmError;
use trm_solve::SolveError;

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BenchError {
    /// A puzzle or a data file is wrong.
    #[error(transparent)]
    Puzzle(#[from] PuzzleError),
    /// The weights are no model, or cannot be written.
    #[error(transparent)]
    Model(#[from] TrmError),
    /// A question could not be answered.
    #[error(transparent)]
    Solve(#[from] SolveError),
    /// A number that a measurement cannot be made with.
    #[error("{field} is {found}, must be {expected}")]
    OutOfRange {
        /// The number.
        field: &'static str,
        /// Its value.
        found: usize,
        /// What it must be.
        expected: &'static str,
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
