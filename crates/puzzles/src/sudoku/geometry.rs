//! The shape of a Sudoku: how many cells, which of them share a unit.

use super::Unit;
use crate::PuzzleError;

/// The box size of a Sudoku; everything else follows from it.
///
/// A box has `box_rows` x `box_cols` cells and the grid `box_rows * box_cols` digits, rows,
/// columns and boxes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Geometry {
    box_rows: u8,
    box_cols: u8,
}

impl Geometry {
    /// The usual Sudoku: nine digits, boxes of 3x3.
    pub const STANDARD: Self = Self { box_rows: 3, box_cols: 3 };

    /// A geometry with boxes of `box_rows` x `box_cols` cells.
    ///
    /// # Errors
    /// [`PuzzleError::BoxSize`] when a size is outside 2 to 5.
    pub fn new(box_rows: usize, box_cols: usize) -> Result<Self, PuzzleError> {
        if !(2..=5).contains(&box_rows) || !(2..=5).contains(&box_cols) {
            return Err(PuzzleError::BoxSize { box_rows, box_cols });
        }
        Ok(Self { box_rows: box_rows as u8, box_cols: box_cols as u8 })
    }

    /// The usual geometry of each size, from 4x4 to 25x25: boxes are square, or have fewer rows than columns.
    pub fn all() -> impl Iterator<Item = Self> {
        // 4, 6, 8, 9, 10, 12, 15, 16, 20, 25
        const BOXES: [(u8, u8); 10] =
            [(2, 2), (2, 3), (2, 4), (3, 3), (2, 5), (3, 4), (3, 5), (4, 4), (4, 5), (5, 5)];
        BOXES.into_iter().map(|(box_rows, box_cols)| Self { box_rows, box_cols })
    }

    /// The geometry of [`all`](Self::all) that has so many cells: 16, 36, 64, 81, 100, 144, 225, 256, 400 or
    /// 625.
    pub fn of_cells(n_cells: usize) -> Option<Self> {
        Self::all().find(|geometry| geometry.n_cells() == n_cells)
    }

    /// Rows of a box; also the number of stacks.
    pub fn box_rows(&self) -> usize {
        usize::from(self.box_rows)
    }

    /// Columns of a box; also the number of bands.
    pub fn box_cols(&self) -> usize {
        usize::from(self.box_cols)
    }

    /// Number of digits, of rows, of columns and of boxes.
    pub fn side(&self) -> usize {
        self.box_rows() * self.box_cols()
    }

    /// Number of cells: `side^2`.
    pub fn n_cells(&self) -> usize {
        self.side().pow(2)
    }

    /// Number of candidates, one per cell and digit: `side^3`.
    pub fn n_candidates(&self) -> usize {
        self.side().pow(3)
    }

    /// The box of a cell, counted row by row.
    pub fn box_of(&self, row: usize, col: usize) -> usize {
        row / self.box_rows() * self.box_rows() + col / self.box_cols()
    }

    /// The index of a candidate: `(row * side + col) * side + digit - 1`.
    pub fn candidate(&self, row: usize, col: usize, digit: u8) -> usize {
        (row * self.side() + col) * self.side() + usize::from(digit) - 1
    }

    /// The cells of a unit in reading order.
    pub fn cells_of(&self, unit: Unit) -> impl Iterator<Item = (usize, usize)> {
        let geometry = *self;
        (0..self.side()).map(move |i| match unit {
            Unit::Row(row) => (row, i),
            Unit::Column(col) => (i, col),
            Unit::Box(index) => {
                let (height, width) = (geometry.box_rows(), geometry.box_cols());
                (index / height * height + i / width, index % height * width + i % width)
            }
        })
    }

    /// All rows, then all columns, then all boxes.
    pub fn units(&self) -> impl Iterator<Item = Unit> {
        let side = self.side();
        let rows = (0..side).map(Unit::Row);
        rows.chain((0..side).map(Unit::Column)).chain((0..side).map(Unit::Box))
    }
}

impl Default for Geometry {
    fn default() -> Self {
        Self::STANDARD
    }
}
