//! A question with its answer.

use super::Grid;

/// One line of a Sudoku file: `source,question,answer,rating`.
#[derive(Debug, Clone, PartialEq)]
pub struct SudokuRow {
    /// Collection that the puzzle was taken from.
    pub source: String,
    /// The question.
    pub puzzle: Grid,
    /// The answer.
    pub solution: Grid,
    /// Guesses that a solver needs, on a scale that depends on the source.
    pub rating: f32,
}
