//! What the reader takes and gives.

use crate::PuzzleError;
use crate::sudoku::{Geometry, Grid, Notation};

/// What is known of a text beforehand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReadOptions {
    /// Size and boxes; without it the text tells the size, and boxes have no more rows than columns.
    pub geometry: Option<Geometry>,
    /// How digits are written; without it the text tells.
    pub notation: Option<Notation>,
}

/// A grid that was read, and how its digits were written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SudokuText {
    /// The grid.
    pub grid: Grid,
    /// Its notation, for what is answered.
    pub notation: Notation,
}

/// One puzzle of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// The line where it begins, from 1.
    pub line: usize,
    /// What stands behind it or above it: a name, a rating.
    pub name: Option<String>,
    /// The puzzle, or what is wrong with it.
    pub puzzle: Result<SudokuText, PuzzleError>,
}
