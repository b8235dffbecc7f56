//! Errors of measurements.

use bincode::config::{Configuration, Limit, LittleEndian, Varint, standard};
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
    /// A model could not be read or written.
    #[error(transparent)]
    Model(#[from] TrmError),
    /// A question could not be run.
    #[error(transparent)]
    Solve(#[from] SolveError),
    /// A number of the measurement is out of range.
    #[error("{field} is {found}, must be {expected}")]
    OutOfRange {
        /// The number.
        field: &'static str,
        /// Its value.
        found: usize,
        /// What it must be.
        expected: &'static str,
    },
    /// A file holds no recorded runs, or is damaged.
    #[error("runs: {reason}")]
    Runs {
        /// What is wrong.
        reason: String,
    },
    /// A file holds no answers to rows, or those of other rows.
    #[error("answers: {reason}")]
    Answers {
        /// What is wrong.
        reason: String,
    },
    /// Bytes hold no part of this measurement.
    #[error("part of a measurement: {reason}")]
    Part {
        /// What is wrong.
        reason: String,
    },
    /// The data holds no puzzle.
    #[error("the data hold no puzzles")]
    NoPuzzles,
    /// A line of a training log is not a JSON object of that log.
    #[error("line {line}: {reason}")]
    Log {
        /// The line, from 1.
        line: usize,
        /// The parser's message.
        reason: String,
    },
}

/// How parts of a measurement are written; bytes that say they are longer are refused before memory is taken for them.
pub(crate) const CODING: Configuration<LittleEndian, Varint, Limit<{ 1 << 30 }>> = standard().with_limit();

/// A result with a [`BenchError`].
pub type Result<T> = std::result::Result<T, BenchError>;
