//! The rules, checked without knowing the answer.

use std::fmt;

use super::{Grid, Unit};
use crate::PuzzleError;

/// What the rules say of an answer; the first thing wrong is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Complete, obeys the rules and keeps the givens.
    Solved,
    /// The answer has another shape than the puzzle.
    OtherGeometry,
    /// A given was changed or blanked.
    GivenChanged {
        /// Row of the given.
        row: usize,
        /// Column of the given.
        column: usize,
    },
    /// Cells were left blank.
    Incomplete {
        /// How many.
        n_blanks: usize,
    },
    /// A digit stands twice.
    RuleBroken {
        /// The digit.
        digit: u8,
        /// Where it stands twice.
        unit: Unit,
    },
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Solved => write!(f, "solved"),
            Self::OtherGeometry => write!(f, "the grids differ in size"),
            Self::GivenChanged { row, column } => {
                write!(f, "the given in row {}, column {} was changed", row + 1, column + 1)
            }
            Self::Incomplete { n_blanks } => write!(f, "{n_blanks} blank cells"),
            Self::RuleBroken { digit, unit } => write!(f, "{digit} stands twice in {unit}"),
        }
    }
}

/// Whether the grid is complete and every digit stands once in each row, column and box.
pub fn verify_sudoku(grid: &Grid) -> bool {
    grid.is_complete() && grid.conflicts().is_ok()
}

/// Whether the solution keeps every given of the puzzle.
pub fn matches_puzzle(puzzle: &Grid, solution: &Grid) -> bool {
    puzzle.geometry() == solution.geometry() && changed_given(puzzle, solution).is_none()
}

/// Whether `answer` solves `puzzle`, and if not, why: [`verify_sudoku`] and [`matches_puzzle`].
pub fn verdict(puzzle: &Grid, answer: &Grid) -> Verdict {
    if puzzle.geometry() != answer.geometry() {
        return Verdict::OtherGeometry;
    }
    if let Some(i) = changed_given(puzzle, answer) {
        let side = puzzle.geometry().side();
        return Verdict::GivenChanged { row: i / side, column: i % side };
    }
    if let Err(PuzzleError::GridConflict { digit, unit, .. }) = answer.conflicts() {
        return Verdict::RuleBroken { digit, unit };
    }
    match answer.cells().len() - answer.n_givens() {
        0 => Verdict::Solved,
        n_blanks => Verdict::Incomplete { n_blanks },
    }
}

fn changed_given(puzzle: &Grid, answer: &Grid) -> Option<usize> {
    let mut pairs = puzzle.cells().iter().zip(answer.cells());
    pairs.position(|(&given, &digit)| given != 0 && given != digit)
}
