//! A grid of digits and blanks, and its text.

use std::fmt;
use std::str::FromStr;

use super::{Geometry, Unit};
use crate::PuzzleError;

/// A Sudoku grid, solved or not; 0 is a blank.
///
/// ```
/// let grid = puzzles::sudoku::Grid::parse(&format!("12{}", ".".repeat(79)))?;
/// assert_eq!((grid.get(0, 1), grid.n_givens()), (2, 2));
/// # Ok::<(), puzzles::PuzzleError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Grid {
    geometry: Geometry,
    /// `[side x side]`, row-major.
    cells: Vec<u8>,
}

impl Grid {
    /// A grid of blanks.
    pub fn blank(geometry: Geometry) -> Self {
        Self { geometry, cells: vec![0; geometry.n_cells()] }
    }

    /// A grid from row-major cells.
    ///
    /// # Errors
    /// [`PuzzleError::GridLength`] and [`PuzzleError::GridDigit`].
    pub fn from_cells(geometry: Geometry, cells: &[u8]) -> Result<Self, PuzzleError> {
        let (expected, found) = (geometry.n_cells(), cells.len());
        if found != expected {
            return Err(PuzzleError::GridLength { expected, found });
        }
        let max = geometry.side();
        if let Some(i) = cells.iter().position(|&digit| usize::from(digit) > max) {
            let (row, column) = (i / max, i % max);
            return Err(PuzzleError::GridDigit { row, column, found: cells[i], max });
        }
        Ok(Self { geometry, cells: cells.to_vec() })
    }

    /// Reads the 81 characters of a usual Sudoku; `.` and `0` are blanks.
    ///
    /// Reads the text only: givens may contradict each other, see [`Grid::conflicts`].
    ///
    /// # Errors
    /// As [`Grid::parse_with`].
    pub fn parse(text: &str) -> Result<Self, PuzzleError> {
        Self::parse_with(Geometry::STANDARD, text)
    }

    /// Reads `side^2` characters: `1` to `9`, then letters from `A` for 10; `.` and `0` are blanks.
    ///
    /// # Errors
    /// [`PuzzleError::GridEmpty`], [`PuzzleError::GridLength`] or [`PuzzleError::GridCharacter`].
    pub fn parse_with(geometry: Geometry, text: &str) -> Result<Self, PuzzleError> {
        let expected = geometry.n_cells();
        if text.is_empty() {
            return Err(PuzzleError::GridEmpty { expected });
        }
        let found = text.chars().count();
        if found != expected {
            return Err(PuzzleError::GridLength { expected, found });
        }
        let side = geometry.side();
        let read = |(i, found): (usize, char)| {
            let place = PuzzleError::GridCharacter { row: i / side, column: i % side, found };
            digit_of(found, side).ok_or(place)
        };
        let cells = text.chars().enumerate().map(read).collect::<Result<_, _>>()?;
        Ok(Self { geometry, cells })
    }

    /// The shape of this grid.
    pub fn geometry(&self) -> Geometry {
        self.geometry
    }

    /// The digits `[side x side]`, row-major; 0 is a blank.
    pub fn cells(&self) -> &[u8] {
        &self.cells
    }

    /// The digit of a cell; 0 is a blank.
    ///
    /// # Panics
    /// When the cell is outside the grid.
    pub fn get(&self, row: usize, col: usize) -> u8 {
        self.cells[self.index(row, col)]
    }

    /// Writes a digit, or 0 for a blank.
    ///
    /// # Panics
    /// When the cell is outside the grid or the digit above its side.
    pub fn set(&mut self, row: usize, col: usize, digit: u8) {
        let side = self.geometry.side();
        assert!(usize::from(digit) <= side, "digit {digit} in a grid of side {side}");
        let index = self.index(row, col);
        self.cells[index] = digit;
    }

    /// The number of cells that are not blank.
    pub fn n_givens(&self) -> usize {
        self.cells.iter().filter(|&&digit| digit != 0).count()
    }

    /// Whether no cell is blank.
    pub fn is_complete(&self) -> bool {
        self.cells.iter().all(|&digit| digit != 0)
    }

    /// Checks that no digit stands twice in a unit.
    ///
    /// # Errors
    /// [`PuzzleError::GridConflict`] names the first such digit: rows before columns before boxes.
    pub fn conflicts(&self) -> Result<(), PuzzleError> {
        self.geometry.units().try_for_each(|unit| self.conflict_in(unit))
    }

    fn conflict_in(&self, unit: Unit) -> Result<(), PuzzleError> {
        let mut seen = [None; 26];
        for second in self.geometry.cells_of(unit) {
            let digit = self.get(second.0, second.1);
            if digit == 0 {
                continue;
            }
            if let Some(first) = seen[usize::from(digit)].replace(second) {
                return Err(PuzzleError::GridConflict { digit, unit, first, second });
            }
        }
        Ok(())
    }

    fn index(&self, row: usize, col: usize) -> usize {
        let side = self.geometry.side();
        assert!(row < side && col < side, "cell ({row}, {col}) in a grid of side {side}");
        row * side + col
    }
}

impl fmt::Display for Grid {
    /// One line of `side^2` characters, `.` for blanks: what [`Grid::parse_with`] reads.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line: String = self.cells.iter().map(|&digit| character(digit)).collect();
        f.pad(&line)
    }
}

impl FromStr for Grid {
    type Err = PuzzleError;

    fn from_str(text: &str) -> Result<Self, PuzzleError> {
        Self::parse(text)
    }
}

fn character(digit: u8) -> char {
    match digit {
        0 => '.',
        1..=9 => char::from(b'0' + digit),
        _ => char::from(b'A' + digit - 10),
    }
}

fn digit_of(character: char, side: usize) -> Option<u8> {
    let digit = match character {
        '.' => 0,
        _ => character.to_digit(36)? as u8,
    };
    (usize::from(digit) <= side).then_some(digit)
}
