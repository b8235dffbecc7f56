//! One form for all puzzles that are the same up to relabelling.

use std::cmp::Ordering;

use super::{Geometry, Grid};

/// The largest side with a canonical form: the arrangements of columns are tried one by one, and 12x12 has 82,944.
const MAX_SIDE: usize = 9;

/// A puzzle and its solution in the form that all their relabellings share: digits, rows within bands, bands, columns
/// within stacks, stacks, and for square boxes the transposition.
///
/// The solution is the lexicographically smallest of its class, and the givens the smallest of those that stand in it.
/// So two puzzles have the same form exactly where one is the other relabelled, givens and solution.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Canonical {
    /// `[side x side]`, row-major.
    pub solution: Vec<u8>,
    /// The same, 0 for a blank.
    pub givens: Vec<u8>,
}

impl Canonical {
    /// The form of a puzzle with its solution; `None` above 9x9, and for a solution with blanks or of another geometry.
    /// Takes about a millisecond for 9x9.
    ///
    /// ```
    /// use puzzles::sudoku::{Canonical, Grid, Symmetry};
    /// use rand::SeedableRng;
    /// let solution = Grid::parse("123456789456789123789123456231674895875912364694538217317265948542897631968341572")?;
    /// let mut puzzle = solution.clone();
    /// (0..40).for_each(|i| puzzle.set(i * 7 % 9, i * 5 % 9, 0));
    /// let symmetry = Symmetry::random(&mut rand_xoshiro::Xoshiro256PlusPlus::seed_from_u64(1));
    /// let form = Canonical::of(&puzzle, &solution);
    /// assert!(form.is_some());
    /// assert_eq!(form, Canonical::of(&symmetry.apply(&puzzle), &symmetry.apply(&solution)));
    /// # Ok::<(), puzzles::PuzzleError>(())
    /// ```
    pub fn of(puzzle: &Grid, solution: &Grid) -> Option<Self> {
        let geometry = solution.geometry();
        let side = geometry.side();
        if side > MAX_SIDE || !solution.is_complete() || puzzle.geometry() != geometry {
            return None;
        }
        let columns = line_orders(geometry.box_rows(), geometry.box_cols());
        let mut best: Option<Canonical> = None;
        let square = geometry.box_rows() == geometry.box_cols();
        for transposed in [false, true].into_iter().take(if square { 2 } else { 1 }) {
            let (puzzle, solution) = (cells(puzzle, transposed), cells(solution, transposed));
            for first in 0..side {
                for columns in &columns {
                    let image = Image::new(geometry, &solution, first, columns);
                    let order = match &best {
                        Some(best) => image.compare(&best.solution),
                        None => Ordering::Less,
                    };
                    if order == Ordering::Greater {
                        continue;
                    }
                    let form = Canonical { solution: image.apply(&solution), givens: image.apply(&puzzle) };
                    if best.as_ref().is_none_or(|best| form < *best) {
                        best = Some(form);
                    }
                }
            }
        }
        best
    }
}

/// The cells, transposed or not.
fn cells(grid: &Grid, transposed: bool) -> Vec<u8> {
    let side = grid.geometry().side();
    let at = |i: usize| if transposed { i % side * side + i / side } else { i };
    (0..side * side).map(|i| grid.cells()[at(i)]).collect()
}

/// A relabelled grid: the row `first` in front, with its digits in ascending order, the other rows in the order of their
/// first digits. Of all relabellings with these columns and this first row it is the smallest.
struct Image<'a> {
    cells: &'a [u8],
    columns: &'a [u8],
    /// The new name of each digit; blank stays blank.
    digits: [u8; MAX_SIDE + 1],
    rows: [u8; MAX_SIDE],
}

impl<'a> Image<'a> {
    fn new(geometry: Geometry, cells: &'a [u8], first: usize, columns: &'a [u8]) -> Self {
        let (side, height) = (geometry.side(), geometry.box_rows());
        let mut digits = [0; MAX_SIDE + 1];
        for (new, column) in columns.iter().enumerate() {
            digits[usize::from(cells[first * side + usize::from(*column)])] = new as u8 + 1;
        }
        let leader = |row: u8| digits[usize::from(cells[usize::from(row) * side + usize::from(columns[0])])];
        let mut rows = [0; MAX_SIDE];
        (0..side).for_each(|row| rows[row] = row as u8);
        let rows_here = &mut rows[..side];
        rows_here.chunks_mut(height).for_each(|band| band.sort_unstable_by_key(|row| leader(*row)));
        // Bands follow their first rows.
        let mut bands = [[0; MAX_SIDE]; MAX_SIDE];
        let copies = bands.iter_mut().zip(rows_here.chunks(height));
        copies.for_each(|(copy, band)| copy[..height].copy_from_slice(band));
        let bands = &mut bands[..side / height];
        bands.sort_unstable_by_key(|band| leader(band[0]));
        rows_here.chunks_mut(height).zip(bands).for_each(|(to, band)| to.copy_from_slice(&band[..height]));
        Image { cells, columns, digits, rows }
    }

    fn side(&self) -> usize {
        self.columns.len()
    }

    fn row(&self, cells: &'a [u8], row: u8) -> impl Iterator<Item = u8> + '_ {
        let start = usize::from(row) * self.side();
        self.columns.iter().map(move |column| self.digits[usize::from(cells[start + usize::from(*column)])])
    }

    /// How the relabelled grid compares with another.
    fn compare(&self, other: &[u8]) -> Ordering {
        let rows = self.rows[..self.side()].iter().zip(other.chunks_exact(self.side()));
        rows.map(|(row, other)| self.row(self.cells, *row).cmp(other.iter().copied()))
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    }

    fn apply(&self, cells: &'a [u8]) -> Vec<u8> {
        self.rows[..self.side()].iter().flat_map(|row| self.row(cells, *row)).collect()
    }
}

/// All orders of `n_blocks` blocks of `size` lines that keep the lines of a block together.
fn line_orders(n_blocks: usize, size: usize) -> Vec<Vec<u8>> {
    let mut orders = vec![Vec::new()];
    for blocks in permutations(n_blocks) {
        let mut partial = vec![Vec::new()];
        for block in &blocks {
            let within = permutations(size);
            let longer = |order: &Vec<u8>, lines: &Vec<u8>| {
                order.iter().copied().chain(lines.iter().map(|line| block * size as u8 + line)).collect()
            };
            partial = partial
                .iter()
                .flat_map(|order| within.iter().map(move |lines| longer(order, lines)))
                .collect();
        }
        orders.extend(partial);
    }
    orders.remove(0);
    orders
}

/// All orders of `0..n`.
fn permutations(n: usize) -> Vec<Vec<u8>> {
    let mut all = vec![Vec::new()];
    for next in 0..n as u8 {
        let insert = |order: &Vec<u8>, at: usize| {
            let mut longer = order.clone();
            longer.insert(at, next);
            longer
        };
        all = all.iter().flat_map(|order| (0..=order.len()).map(move |at| insert(order, at))).collect();
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sudoku::Symmetry;
    use rand::SeedableRng;
    use rand_xoshiro::Xoshiro256PlusPlus;

    /// Solutions of each geometry that has a form, with every third cell blank in the puzzle.
    fn puzzles() -> Vec<(Grid, Grid)> {
        let sizes =
            [(2, 2), (2, 3), (3, 2), (2, 4), (3, 3)].map(|(r, c)| Geometry::new(r, c).expect("a size"));
        let grid = |geometry: Geometry| {
            let (side, height, width) = (geometry.side(), geometry.box_rows(), geometry.box_cols());
            let mut solution = Grid::blank(geometry);
            for row in 0..side {
                for col in 0..side {
                    let digit = (row % height * width + row / height + col) % side;
                    solution.set(row, col, digit as u8 + 1);
                }
            }
            let mut puzzle = solution.clone();
            (0..side * side).step_by(3).for_each(|i| puzzle.set(i / side, i % side, 0));
            (puzzle, solution)
        };
        sizes.map(grid).into()
    }

    #[test]
    fn relabelled_puzzles_have_one_form() {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(5);
        for (puzzle, solution) in puzzles() {
            let form = Canonical::of(&puzzle, &solution).expect("a form");
            for _ in 0..5 {
                let symmetry = Symmetry::random_with(puzzle.geometry(), &mut rng);
                let image =
                    Canonical::of(&symmetry.apply(&puzzle), &symmetry.apply(&solution)).expect("a form");
                assert_eq!(image, form, "{:?}", puzzle.geometry());
            }
        }
    }

    #[test]
    fn other_givens_have_another_form() {
        for (mut puzzle, solution) in puzzles() {
            let form = Canonical::of(&puzzle, &solution).expect("a form");
            let (solved, n) = (Canonical::of(&solution, &solution).expect("a form"), puzzle.n_givens());
            assert_eq!(
                (&form.solution, n),
                (&solved.givens, form.givens.iter().filter(|d| **d != 0).count())
            );
            puzzle.set(0, 1, 0);
            assert_ne!(Canonical::of(&puzzle, &solution).expect("a form"), form);
        }
    }

    #[test]
    fn what_has_no_form_is_refused() {
        let (puzzle, solution) = puzzles().pop().expect("some");
        let large = Grid::blank(Geometry::new(3, 4).expect("a size"));
        for (puzzle, solution) in [(&puzzle, &puzzle), (&large, &large), (&large, &solution)] {
            assert_eq!(Canonical::of(puzzle, solution), None);
        }
    }
}
