//! How many solutions a question has, as far as it can be told in a second or so.

use super::bitboard::Board;
use super::outcome::{Limits, Outcome};
use super::{Geometry, Grid, generic};

/// What an exact solver says of a question before a model is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Solutions {
    /// No completion obeys the rules.
    None,
    /// One completion does.
    One(Grid),
    /// More than one does.
    Several,
    /// The search was stopped before it could tell.
    Unknown {
        /// Its limit.
        max_guesses: u64,
    },
}

/// The guesses after which [`solutions`] gives up. A guess takes longer on a larger grid, so that larger
/// grids have fewer.
pub fn max_guesses(geometry: Geometry) -> u64 {
    match geometry.side() {
        ..=9 => 1_000_000,
        10..=16 => 50_000,
        _ => 10_000,
    }
}

/// Whether a question has no solution, one or several. Givens that contradict each other leave none.
///
/// ```
/// use puzzles::sudoku::{Grid, Solutions, solutions};
/// // Norvig's puzzle without a solution, which guessing alone takes long to tell.
/// let text = ".....52.....9..5............6.29.............29..6.............81....6...5...291.";
/// assert_eq!(solutions(&Grid::parse(text)?), Solutions::None);
/// # Ok::<(), puzzles::PuzzleError>(())
/// ```
pub fn solutions(grid: &Grid) -> Solutions {
    if grid.conflicts().is_err() {
        return Solutions::None;
    }
    let max_guesses = max_guesses(grid.geometry());
    let limits = Limits { max_solutions: 2, max_kept: 1, max_guesses };
    let outcome = match <&[u8; 81]>::try_from(grid.cells()) {
        Ok(cells) => search(Board::new(cells), limits),
        Err(_) => generic::search(grid.geometry(), grid.cells(), limits),
    };
    let first = outcome.solutions.first().and_then(|cells| Grid::from_cells(grid.geometry(), cells).ok());
    match (outcome.n_solutions, first) {
        (2.., _) => Solutions::Several,
        _ if outcome.limit_reached => Solutions::Unknown { max_guesses },
        (1, Some(grid)) => Solutions::One(grid),
        _ => Solutions::None,
    }
}

/// The search of [`Solver`](super::Solver) with locked candidates in every step: slower by the guess, but it does not run on
/// where they alone show that there is no solution.
fn search(board: Option<Board>, limits: Limits) -> Outcome<Vec<u8>> {
    let mut outcome = Outcome::new();
    if let Some(board) = board {
        descend(board, limits, &mut outcome);
    }
    outcome
}

/// Returns whether to go on. At most 81 levels deep, as every level solves a cell.
fn descend(mut board: Board, limits: Limits, outcome: &mut Outcome<Vec<u8>>) -> bool {
    if !board.propagate_locked() {
        return true;
    }
    let Some(cell) = board.branch_cell() else {
        return outcome.record(limits, || board.cells().to_vec());
    };
    let mut digits = board.digits(cell);
    while digits != 0 {
        let digit = digits.trailing_zeros() as usize;
        digits &= digits - 1;
        if !outcome.guess(limits) {
            return false;
        }
        let mut below = board.clone();
        if below.assign(cell, digit) && !descend(below, limits, outcome) {
            return false;
        }
    }
    true
}
