//! Relabellings under which a Sudoku stays a Sudoku.

use rand::Rng;
use rand::seq::SliceRandom;

use super::{Geometry, Grid};

/// A digit permutation with a permutation of rows and columns that keeps units together.
///
/// Rows move within their band and bands as a whole, columns within their stack and stacks as a
/// whole; square boxes allow a transposition too. For 3x3 boxes these are `9! * 6^8 * 2`.
///
/// ```
/// use puzzles::sudoku::{Grid, Symmetry};
/// use rand::SeedableRng;
/// let mut rng = rand_xoshiro::Xoshiro256PlusPlus::seed_from_u64(1);
/// let symmetry = Symmetry::random(&mut rng);
/// let grid = Grid::parse(&format!("123456789{}", ".".repeat(72)))?;
/// assert_eq!(symmetry.inverse().apply(&symmetry.apply(&grid)), grid);
/// # Ok::<(), puzzles::PuzzleError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Symmetry {
    geometry: Geometry,
    /// `[side + 1]`: the new name of each digit; blank stays blank.
    digits: Vec<u8>,
    /// `[side]`: which row comes to each place, after transposing.
    rows: Vec<u8>,
    /// `[side]`: which column comes to each place, after transposing.
    columns: Vec<u8>,
    transpose: bool,
}

impl Symmetry {
    /// The relabelling that changes nothing.
    pub fn identity(geometry: Geometry) -> Self {
        let side = geometry.side() as u8;
        Self {
            geometry,
            digits: (0..=side).collect(),
            rows: (0..side).collect(),
            columns: (0..side).collect(),
            transpose: false,
        }
    }

    /// A uniformly drawn symmetry of the usual Sudoku.
    pub fn random<R: Rng + ?Sized>(rng: &mut R) -> Self {
        Self::random_with(Geometry::STANDARD, rng)
    }

    /// A uniformly drawn symmetry of any geometry.
    pub fn random_with<R: Rng + ?Sized>(geometry: Geometry, rng: &mut R) -> Self {
        let mut symmetry = Self::identity(geometry);
        symmetry.digits[1..].shuffle(rng);
        symmetry.rows = shuffled_lines(geometry.box_cols(), geometry.box_rows(), rng);
        symmetry.columns = shuffled_lines(geometry.box_rows(), geometry.box_cols(), rng);
        symmetry.transpose = geometry.box_rows() == geometry.box_cols() && rng.next_u32() & 1 == 1;
        symmetry
    }

    /// The relabelled grid.
    ///
    /// # Panics
    /// When the grid has another geometry.
    pub fn apply(&self, grid: &Grid) -> Grid {
        let (expected, found) = (self.geometry, grid.geometry());
        assert!(found == expected, "symmetry of {expected:?}, grid of {found:?}");
        let mut image = Grid::blank(self.geometry);
        let side = self.geometry.side();
        for to in 0..self.geometry.n_cells() {
            let (row, col) = (to / side, to % side);
            let digit = grid.cells()[self.origin_of(to)];
            image.set(row, col, self.digits[usize::from(digit)]);
        }
        image
    }

    /// The relabelling that undoes this one.
    pub fn inverse(&self) -> Self {
        let (rows, columns) = (inverse(&self.rows), inverse(&self.columns));
        let (rows, columns) = if self.transpose { (columns, rows) } else { (rows, columns) };
        Self { digits: inverse(&self.digits), rows, columns, ..*self }
    }

    /// Where a candidate comes to lie, indexed as in [`super::Layout::Candidates`].
    ///
    /// # Panics
    /// When the candidate is outside the geometry.
    pub fn candidate(&self, index: usize) -> usize {
        let side = self.geometry.side();
        let (cell, digit) = (index / side, index % side);
        let to = self.inverse().origin_of(cell);
        to * side + usize::from(self.digits[digit + 1]) - 1
    }

    /// The cell whose digit comes to cell `to`.
    pub(super) fn origin_of(&self, to: usize) -> usize {
        let side = self.geometry.side();
        let (row, col) = (self.rows[to / side], self.columns[to % side]);
        let (row, col) = if self.transpose { (col, row) } else { (row, col) };
        usize::from(row) * side + usize::from(col)
    }

    /// The new name of a digit; a blank stays a blank.
    pub(super) fn digit(&self, digit: u8) -> u8 {
        self.digits[usize::from(digit)]
    }
}

/// `n_blocks` blocks of `size` lines: blocks in random order, lines in random order within.
fn shuffled_lines<R: Rng + ?Sized>(n_blocks: usize, size: usize, rng: &mut R) -> Vec<u8> {
    let mut blocks: Vec<usize> = (0..n_blocks).collect();
    blocks.shuffle(rng);
    let mut lines = Vec::with_capacity(n_blocks * size);
    for block in blocks {
        let start = lines.len();
        lines.extend((block * size..(block + 1) * size).map(|line| line as u8));
        lines[start..].shuffle(rng);
    }
    lines
}

fn inverse(permutation: &[u8]) -> Vec<u8> {
    let mut inverse = vec![0; permutation.len()];
    for (from, &to) in permutation.iter().enumerate() {
        inverse[usize::from(to)] = from as u8;
    }
    inverse
}
