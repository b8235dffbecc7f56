//! The rules, checked without knowing the answer.

use super::{Grid, Verdict};
use crate::PuzzleError;

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

/// Refuses a question that contradicts itself, and an answer that does not solve it.
#[cfg(feature = "csv")]
pub(super) fn check_answer(puzzle: &Grid, solution: &Grid) -> Result<(), PuzzleError> {
    puzzle.conflicts()?;
    match verdict(puzzle, solution) {
        Verdict::Solved => Ok(()),
        verdict => Err(PuzzleError::NotASolution { verdict }),
    }
}

fn changed_given(puzzle: &Grid, answer: &Grid) -> Option<usize> {
    let mut pairs = puzzle.cells().iter().zip(answer.cells());
    pairs.position(|(&given, &digit)| given != 0 && given != digit)
}
