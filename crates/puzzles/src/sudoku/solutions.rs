//! How many solutions a question has, as far as it can be told in a few seconds.
//!
//! [`Solver`](super::Solver) branches on a cell with few candidates, which is part of what a rating means.
//! Where there is no solution that may take for ever: what few clues contradict each other about may be a
//! digit with few places, while the search tries the digits of a cell elsewhere. Here the branch is on
//! whichever is fewer.

use super::bitboard::Board;
use super::generic::{self, Tables};
use super::outcome::{Limits, Outcome};
use super::{Geometry, Grid};

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

/// The guesses after which [`solutions`] gives up, a second or a few. They take longer on larger grids,
/// so that those have fewer.
pub fn max_guesses(geometry: Geometry) -> u64 {
    match geometry.side() {
        ..=9 => 1_000_000,
        10..=16 => 100_000,
        _ => 20_000,
    }
}

/// Whether a question has no solution, one or several. Givens that contradict each other leave none.
///
/// ```
/// use puzzles::sudoku::{Grid, Solutions, solutions};
/// let text = ".....52.....9..5............6.29.............29..6.............81....6...5...291.";
/// assert_eq!(solutions(&Grid::parse(text)?), Solutions::None);
/// # Ok::<(), puzzles::PuzzleError>(())
/// ```
pub fn solutions(grid: &Grid) -> Solutions {
    let geometry = grid.geometry();
    let max_guesses = max_guesses(geometry);
    let limits = Limits { max_solutions: 2, max_kept: 1, max_guesses };
    let mut outcome = Outcome::new();
    if grid.conflicts().is_ok() {
        match <&[u8; 81]>::try_from(grid.cells()) {
            Ok(cells) => {
                if let Some(board) = Board::new(cells) {
                    descend(board, limits, &mut outcome);
                }
            }
            Err(_) => {
                let tables = Tables::new(geometry);
                let candidates = generic::candidates(&tables, geometry, grid.cells());
                if let Some(candidates) = candidates {
                    descend(AnySize { tables: &tables, candidates }, limits, &mut outcome);
                }
            }
        }
    }
    let first = outcome.solutions.first().and_then(|cells| Grid::from_cells(geometry, cells).ok());
    match (outcome.n_solutions, first) {
        (2.., _) => Solutions::Several,
        _ if outcome.limit_reached => Solutions::Unknown { max_guesses },
        (1, Some(grid)) => Solutions::One(grid),
        _ => Solutions::None,
    }
}

/// What is left of a grid.
trait State: Clone {
    /// Follows what can be told without a guess; `false` at a contradiction.
    fn propagate(&mut self) -> bool;
    /// The candidates of a cell, or of a digit in a unit, whichever has fewer: cells, and digits from 0.
    /// Empty where all is solved.
    fn choices(&self) -> Vec<(usize, usize)>;
    /// Writes a digit; `false` at a contradiction.
    fn write(&mut self, cell: usize, digit: usize) -> bool;
    fn cells(&self) -> Vec<u8>;
}

/// Returns whether to go on. At most as many levels deep as there are cells.
fn descend<S: State>(mut state: S, limits: Limits, outcome: &mut Outcome<Vec<u8>>) -> bool {
    if !state.propagate() {
        return true;
    }
    let choices = state.choices();
    if choices.is_empty() {
        return outcome.record(limits, || state.cells());
    }
    for (cell, digit) in choices {
        if !outcome.guess(limits) {
            return false;
        }
        let mut below = state.clone();
        if below.write(cell, digit) && !descend(below, limits, outcome) {
            return false;
        }
    }
    true
}

/// `[27 x 3]`: the cells of each unit in each band.
static UNITS: [[u32; 3]; 27] = units();

const fn units() -> [[u32; 3]; 27] {
    let mut units = [[0; 3]; 27];
    let mut cell = 0;
    while cell < 81 {
        let (row, column) = (cell / 9, cell % 9);
        let bit = 1 << (cell % 27);
        units[row][cell / 27] |= bit;
        units[9 + column][cell / 27] |= bit;
        units[18 + row / 3 * 3 + column / 3][cell / 27] |= bit;
        cell += 1;
    }
    units
}

impl State for Board {
    fn propagate(&mut self) -> bool {
        self.propagate_locked()
    }

    fn choices(&self) -> Vec<(usize, usize)> {
        let Some(cell) = self.branch_cell() else { return Vec::new() };
        let digits = self.digits(cell);
        let (mut fewest, mut places) = (digits.count_ones(), None);
        for (digit, unit) in (0..9).flat_map(|digit| UNITS.iter().map(move |unit| (digit, unit))) {
            let cells: [u32; 3] = std::array::from_fn(|band| self.candidates[band][digit] & unit[band]);
            let n: u32 = cells.iter().map(|cells| cells.count_ones()).sum();
            if n > 1 && n <= fewest {
                (fewest, places) = (n, Some((digit, cells)));
            }
        }
        match places {
            None => (0..9).filter(|digit| digits >> digit & 1 == 1).map(|digit| (cell, digit)).collect(),
            Some((digit, cells)) => {
                let is_place = |cell: &usize| cells[cell / 27] >> (cell % 27) & 1 == 1;
                (0..81).filter(is_place).map(|cell| (cell, digit)).collect()
            }
        }
    }

    fn write(&mut self, cell: usize, digit: usize) -> bool {
        self.assign(cell, digit)
    }

    fn cells(&self) -> Vec<u8> {
        Board::cells(self).to_vec()
    }
}

/// A grid of any size: the candidates as bits.
#[derive(Clone)]
struct AnySize<'a> {
    tables: &'a Tables,
    candidates: Vec<u32>,
}

impl State for AnySize<'_> {
    fn propagate(&mut self) -> bool {
        generic::propagate(self.tables, &mut self.candidates)
    }

    fn choices(&self) -> Vec<(usize, usize)> {
        let Some(cell) = generic::branch_cell(&self.candidates) else { return Vec::new() };
        let digits = self.candidates[cell];
        let side = self.tables.units.len() / 3;
        let (mut fewest, mut places) = (digits.count_ones() as usize, None);
        for unit in &self.tables.units {
            let mut counts = [0; 25];
            for cell in unit {
                let mut left = self.candidates[*cell];
                while left != 0 {
                    counts[left.trailing_zeros() as usize] += 1;
                    left &= left - 1;
                }
            }
            for (digit, n) in counts[..side].iter().enumerate() {
                if *n > 1 && *n <= fewest {
                    (fewest, places) = (*n, Some((digit, unit)));
                }
            }
        }
        match places {
            None => (0..side).filter(|digit| digits >> digit & 1 == 1).map(|digit| (cell, digit)).collect(),
            Some((digit, unit)) => {
                let is_place = |cell: &&usize| self.candidates[**cell] >> digit & 1 == 1;
                unit.iter().filter(is_place).map(|cell| (*cell, digit)).collect()
            }
        }
    }

    fn write(&mut self, cell: usize, digit: usize) -> bool {
        generic::assign(self.tables, &mut self.candidates, cell, 1 << digit)
    }

    fn cells(&self) -> Vec<u8> {
        generic::digits(&self.candidates)
    }
}
