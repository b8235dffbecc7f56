//! Query embeddings: features of a question from which learned halting predicts K before the run.
//!
//! An embedding holds counts only: of the question, and of rounds of cell-by-cell deduction (singles of a
//! Sudoku, dead ends of a maze). It contains no search and no guess, and takes microseconds. One round does
//! what one message between neighbours can do, so the number of rounds measures how deep a question is.

use puzzles::maze::Maze;
use puzzles::sudoku::Grid;

/// Length of a Sudoku's embedding.
pub const SUDOKU_DIM: usize = 53;
/// Length of a maze's embedding.
pub const MAZE_DIM: usize = 39;
/// The rounds after which cells are counted; they are counted again at the end.
const ROUNDS: [usize; 6] = [1, 2, 4, 8, 16, 32];

/// Appends `most` counts: how many of `values` are 1, 2, .. `most`.
fn histogram(values: impl Iterator<Item = usize>, most: usize, to: &mut Vec<u16>) {
    let start = to.len();
    to.resize(start + most, 0);
    values.filter(|v| (1..=most).contains(v)).for_each(|v| to[start + v - 1] += 1);
}

/// The embedding of a Sudoku of 9 x 9 cells, or `None` of another size:
///
/// | | |
/// |---|---|
/// | 1 | givens |
/// | 1 | candidates that no given excludes |
/// | 9 | blank cells with 1, 2, .. 9 of them |
/// | 9 | digits of a unit with 1, 2, .. 9 places |
/// | 9 | givens of each digit, rising |
/// | 6 | least and most givens of a row, a column, a box |
/// | 6 | blank cells after 1, 2, 4, .. 32 rounds of filling naked and hidden singles |
/// | 3 | at the end of them: blank cells, candidates, rounds |
/// | 9 | at the end of them: blank cells with 1, 2, .. 9 candidates |
pub fn sudoku(puzzle: &Grid) -> Option<Vec<u16>> {
    let units = Units::of(puzzle)?;
    let mut cells: [u8; 81] = puzzle.cells().try_into().ok()?;
    let n_givens = puzzle.n_givens();
    let mut found = Vec::with_capacity(SUDOKU_DIM);
    let open = units.candidates(&cells);
    found.push(n_givens as u16);
    found.push(n_candidates(&open));
    histogram(open.iter().map(|c| c.count_ones() as usize), 9, &mut found);
    histogram(units.places(&open).map(|p| p.count_ones() as usize), 9, &mut found);
    let mut digits: Vec<u16> =
        (1..=9).map(|digit| cells.iter().filter(|c| **c == digit).count() as u16).collect();
    digits.sort_unstable();
    found.extend(digits);
    for kind in units.0.chunks_exact(9) {
        let givens = kind.iter().map(|unit| unit.iter().filter(|c| cells[**c] != 0).count() as u16);
        found.extend([givens.clone().min().unwrap_or(0), givens.max().unwrap_or(0)]);
    }
    let n_blank = |cells: &[u8; 81]| cells.iter().filter(|c| **c == 0).count() as u16;
    let mut n_rounds = 0;
    for until in ROUNDS.into_iter().chain([81]) {
        while n_rounds < until && units.fill_singles(&mut cells) {
            n_rounds += 1;
        }
        found.push(n_blank(&cells));
    }
    let open = units.candidates(&cells);
    found.extend([n_candidates(&open), n_rounds as u16]);
    histogram(open.iter().map(|c| c.count_ones() as usize), 9, &mut found);
    Some(found)
}

fn n_candidates(open: &[u16; 81]) -> u16 {
    open.iter().map(|c| c.count_ones() as u16).sum()
}

/// The cells of 9 rows, 9 columns and 9 boxes.
struct Units(Vec<[usize; 9]>);

impl Units {
    /// `None` unless the grid has nine digits.
    fn of(puzzle: &Grid) -> Option<Self> {
        let geometry = puzzle.geometry();
        let units = geometry.units().map(|unit| {
            let cells: Vec<usize> = geometry.cells_of(unit).map(|(row, col)| row * 9 + col).collect();
            cells.try_into().ok()
        });
        (geometry.side() == 9).then(|| units.collect::<Option<_>>().map(Units))?
    }

    /// The digits that each blank cell may hold by its row, column and box, digit `d` at bit `d - 1`; none
    /// of a filled cell.
    fn candidates(&self, cells: &[u8; 81]) -> [u16; 81] {
        let mut open = cells.map(|digit| if digit == 0 { 0x1ff } else { 0 });
        for unit in &self.0 {
            let held = unit.iter().filter(|c| cells[**c] != 0).fold(0, |held, c| held | 1 << (cells[*c] - 1));
            unit.iter().for_each(|c| open[*c] &= !held);
        }
        open
    }

    /// The cells of each unit that can still hold each digit, as bits.
    fn places<'a>(&'a self, open: &'a [u16; 81]) -> impl Iterator<Item = u16> + 'a {
        self.0.iter().flat_map(move |unit| {
            (0..9).map(move |digit| {
                let place = |(i, c): (usize, &usize)| (open[*c] >> digit & 1) << i;
                unit.iter().enumerate().map(place).sum()
            })
        })
    }

    /// Fills all naked and hidden singles at once; returns whether there was one.
    fn fill_singles(&self, cells: &mut [u8; 81]) -> bool {
        let open = self.candidates(cells);
        let before = *cells;
        for (cell, open) in cells.iter_mut().zip(&open) {
            if open.count_ones() == 1 {
                *cell = open.trailing_zeros() as u8 + 1;
            }
        }
        for (i, places) in self.places(&open).enumerate() {
            if places.count_ones() == 1 {
                cells[self.0[i / 9][places.trailing_zeros() as usize]] = (i % 9) as u8 + 1;
            }
        }
        before != *cells
    }
}

/// The embedding of a maze; counts saturate at 65,535:
///
/// | | |
/// |---|---|
/// | 4 | height, width, free cells, those with a wall or the border beside them |
/// | 4 | rows and columns between start and goal, their sum, the larger of both |
/// | 2 | free cells beside the start, beside the goal |
/// | 5 | free cells with 0, 1, .. 4 free neighbours |
/// | 6 | free cells after 1, 2, 4, .. 32 rounds of filling dead ends |
/// | 3 | at the end of them: free cells, rounds, links between free cells |
/// | 5 | at the end of them: cells with 0, 1, .. 4 free neighbours |
/// | 10 | at the end of them: free cells by tenths of their way from start to goal |
pub fn maze(maze: &Maze) -> Vec<u16> {
    let count = |n: usize| n.min(usize::from(u16::MAX)) as u16;
    let ends = [maze.start(), maze.goal()];
    let mut free: Vec<bool> = (0..maze.n_cells()).map(|i| !maze.is_wall(i)).collect();
    let degrees = |free: &[bool]| -> Vec<usize> {
        let degree = |i| maze.neighbours(i).filter(|n| free[*n]).count();
        (0..free.len()).map(|i| if free[i] { 1 + degree(i) } else { 0 }).collect()
    };
    let n_free = |free: &[bool]| count(free.iter().filter(|f| **f).count());
    let [start, goal] = ends.map(|end| maze.row_column(end));
    let apart = [start.0.abs_diff(goal.0), start.1.abs_diff(goal.1)];
    let beside_wall = (0..free.len()).filter(|i| free[*i] && maze.neighbours(*i).count() < 4).count();
    let mut found = vec![count(maze.height()), count(maze.width()), n_free(&free), count(beside_wall)];
    found.extend([apart[0], apart[1], apart[0] + apart[1], apart[0].max(apart[1])].map(count));
    let mut degree = degrees(&free);
    found.extend(ends.map(|end| count(degree[end].saturating_sub(1))));
    histogram(degree.iter().copied(), 5, &mut found);
    let mut n_rounds = 0;
    let is_dead_end = |degree: &[usize], i: usize| matches!(degree[i], 1 | 2) && !ends.contains(&i);
    let mut dead: Vec<usize> = (0..free.len()).filter(|i| is_dead_end(&degree, *i)).collect();
    for until in ROUNDS.into_iter().chain([usize::MAX]) {
        while n_rounds < until && !dead.is_empty() {
            dead = fill(maze, &dead, &mut free, &mut degree, |degree, i| is_dead_end(degree, i));
            n_rounds += 1;
        }
        found.push(n_free(&free));
    }
    let links = degree.iter().map(|d| d.saturating_sub(1)).sum::<usize>() / 2;
    found.extend([count(n_rounds), count(links)]);
    histogram(degree.iter().copied(), 5, &mut found);
    along(maze, &free, &mut found);
    found
}

/// Fills dead ends; returns the cells that have become dead ends.
fn fill(
    maze: &Maze,
    dead: &[usize],
    free: &mut [bool],
    degree: &mut [usize],
    is_dead_end: impl Fn(&[usize], usize) -> bool,
) -> Vec<usize> {
    dead.iter().for_each(|i| (free[*i], degree[*i]) = (false, 0));
    let mut beside: Vec<usize> = dead.iter().flat_map(|i| maze.neighbours(*i)).filter(|n| free[*n]).collect();
    beside.iter().for_each(|n| degree[*n] -= 1);
    beside.sort_unstable();
    beside.dedup();
    beside.retain(|i| is_dead_end(degree, *i));
    beside
}

/// Histogram of free cells over tenths of the way: distance to the start over the sum of both distances.
fn along(maze: &Maze, free: &[bool], to: &mut Vec<u16>) {
    let distance = |i: usize, end: usize| {
        let (a, b) = (maze.row_column(i), maze.row_column(end));
        a.0.abs_diff(b.0) + a.1.abs_diff(b.1)
    };
    let tenths = (0..free.len()).filter(|i| free[*i]).map(|i| {
        let (from, left) = (distance(i, maze.start()), distance(i, maze.goal()));
        1 + (10 * from / (from + left).max(1)).min(9)
    });
    histogram(tenths, 10, to);
}

#[cfg(test)]
mod tests {
    use super::*;
    use puzzles::sudoku::Geometry;

    const EASY: &str = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79";

    #[test]
    fn a_sudoku_is_counted() {
        let grid = Grid::parse(EASY).expect("a grid");
        let found = sudoku(&grid).expect("nine digits");
        assert_eq!((found.len(), found[0]), (SUDOKU_DIM, 30));
        assert_eq!(found[2..11].iter().sum::<u16>(), 51, "every blank cell has a candidate");
        assert_eq!(found[20..29].iter().sum::<u16>(), 30, "every given has a digit");
        let after = &found[35..42];
        assert!(after.windows(2).all(|w| w[0] >= w[1]) && after[6] == 0, "singles solve it: {after:?}");
        assert!(sudoku(&Grid::blank(Geometry::new(2, 2).expect("4 x 4"))).is_none());
        let blank = sudoku(&Grid::blank(Geometry::STANDARD)).expect("nine digits");
        assert_eq!((blank[1], blank[10], blank[43]), (729, 81, 0));
    }

    #[test]
    fn relabelled_digits_change_nothing() {
        let relabelled: String =
            EASY.chars().map(|c| if c == '.' { c } else { (b'1' + b'9' - c as u8) as char }).collect();
        let embedding = |text: &str| sudoku(&Grid::parse(text).expect("a grid"));
        assert_eq!(embedding(EASY), embedding(&relabelled));
    }

    #[test]
    fn a_maze_is_counted() {
        // One way from S to G, and a dead end of two cells below it.
        let found = maze(&Maze::parse_rows("S  G\n# ##\n# ##").expect("a maze"));
        assert_eq!(found.len(), MAZE_DIM);
        assert_eq!(found[..10], [3, 4, 6, 6, 0, 3, 3, 3, 1, 1]);
        assert_eq!(found[15..24], [5, 4, 4, 4, 4, 4, 4, 2, 3]);
        assert_eq!(found[29..].iter().sum::<u16>(), 4);
        // Walls all around: nothing overflows, nothing is negative.
        assert_eq!(maze(&Maze::parse_rows("S#\n#G").expect("a maze")).len(), MAZE_DIM);
        assert_eq!(maze(&Maze::parse_rows("SG").expect("a maze"))[21..24], [2, 0, 1]);
    }
}
