//! Local search for hard puzzles: exchange clues, minimise, keep what is about as hard.

use rand::seq::{IndexedRandom, SliceRandom};
use rand::{Rng, RngExt};

use super::bitboard::{self, Board};
use super::solver::{Limits, rating};

/// Row-major cells of a puzzle with 3x3 boxes; 0 is a blank.
pub(super) type Cells = [u8; 81];

/// Puzzles that are searched from at the same time.
const POOL: usize = 24;
/// A change is kept when it leaves at least this part of the rating.
const KEPT_RATING: f32 = 0.9;
/// Changes in a row without a better rating after which a place in the pool starts anew.
const MAX_STAGNATION: u32 = 800;

/// A puzzle with one solution from which no clue can be taken.
#[derive(Debug, Clone)]
pub(super) struct Minimal {
    pub(super) cells: Cells,
    pub(super) rating: f32,
}

impl Minimal {
    /// A random grid, minimised in random order.
    pub(super) fn random<R: Rng>(rng: &mut R) -> Self {
        let mut cells = random_solution(rng);
        minimise(&mut cells, rng);
        Self {
            cells,
            rating: rating(&cells),
        }
    }

    /// One or two clues fewer, as many or one more anew, minimised; `None` where that leaves no
    /// puzzle with one solution.
    fn changed<R: Rng>(&self, rng: &mut R) -> Option<Self> {
        let mut cells = self.cells;
        let givens: Vec<usize> = (0..81).filter(|&cell| cells[cell] != 0).collect();
        let n_removed = rng.random_range(1..=2);
        for &cell in givens.sample(rng, n_removed) {
            cells[cell] = 0;
        }
        let n_added = n_removed + usize::from(rng.random_ratio(1, 4));
        for _ in 0..n_added {
            add_clue(&mut cells, rng);
        }
        if cells == self.cells || count(&cells, 2) != 1 {
            return None;
        }
        minimise(&mut cells, rng);
        Some(Self {
            cells,
            rating: rating(&cells),
        })
    }
}

/// A pool of puzzles that grow harder; an endless source of puzzles.
pub(super) struct LocalSearch {
    pool: Vec<(Minimal, u32)>,
    /// A puzzle rated higher starts anew.
    max_rating: f32,
}

impl LocalSearch {
    pub(super) fn new<R: Rng>(max_rating: f32, rng: &mut R) -> Self {
        let pool = (0..POOL).map(|_| (Minimal::random(rng), 0)).collect();
        Self { pool, max_rating }
    }

    /// Tries one change; returns the puzzle when it was kept.
    pub(super) fn step<R: Rng>(&mut self, rng: &mut R) -> Option<Minimal> {
        let place = rng.random_range(0..POOL);
        let (puzzle, stagnation) = &mut self.pool[place];
        *stagnation += 1;
        if *stagnation > MAX_STAGNATION || puzzle.rating > self.max_rating {
            self.pool[place] = (Minimal::random(rng), 0);
            return None;
        }
        let changed = puzzle.changed(rng)?;
        if changed.rating < KEPT_RATING * puzzle.rating {
            return None;
        }
        if changed.rating > puzzle.rating {
            *stagnation = 0;
        }
        *puzzle = changed;
        Some(puzzle.clone())
    }
}

/// The solution found first: the only one of a puzzle.
pub(super) fn solve(cells: &Cells) -> Option<Cells> {
    let limits = Limits {
        max_solutions: 1,
        max_guesses: u64::MAX,
    };
    bitboard::search(Board::new(cells), limits).first
}

fn count(cells: &Cells, max_solutions: usize) -> usize {
    let limits = Limits {
        max_solutions,
        max_guesses: u64::MAX,
    };
    bitboard::search(Board::new(cells), limits).n_solutions
}

/// A full grid: three random boxes on the diagonal, then random digits as long as they can be
/// completed.
fn random_solution<R: Rng>(rng: &mut R) -> Cells {
    let mut cells = [0; 81];
    let mut digits = [1, 2, 3, 4, 5, 6, 7, 8, 9];
    for first in [0, 30, 60] {
        digits.shuffle(rng);
        for (i, &digit) in digits.iter().enumerate() {
            cells[first + i / 3 * 9 + i % 3] = digit;
        }
    }
    loop {
        match count(&cells, 2) {
            1 => return solve(&cells).expect("counted one solution"),
            0 => unreachable!("only clues that can be completed were added"),
            _ => {}
        }
        let before = cells;
        add_clue(&mut cells, rng);
        if count(&cells, 1) == 0 {
            cells = before;
        }
    }
}

/// Writes a random digit into a random blank, unless it stands in a unit of that cell.
fn add_clue<R: Rng>(cells: &mut Cells, rng: &mut R) {
    let (cell, digit) = (rng.random_range(0..81), rng.random_range(1..=9));
    let (row, col) = (cell / 9, cell % 9);
    let corner = row / 3 * 27 + col / 3 * 3;
    let seen = |i: usize| {
        let others = [row * 9 + i, i * 9 + col, corner + i / 3 * 9 + i % 3];
        others.iter().any(|&other| cells[other] == digit)
    };
    if cells[cell] == 0 && !(0..9).any(seen) {
        cells[cell] = digit;
    }
}

/// Takes every clue that the others imply, in random order.
fn minimise<R: Rng>(cells: &mut Cells, rng: &mut R) {
    let mut order: Vec<usize> = (0..81).filter(|&cell| cells[cell] != 0).collect();
    order.shuffle(rng);
    for cell in order {
        let digit = std::mem::take(&mut cells[cell]);
        if has_other(cells, cell, digit) {
            cells[cell] = digit;
        }
    }
}

/// Whether a solution exists with another digit in `cell`.
pub(super) fn has_other(cells: &Cells, cell: usize, digit: u8) -> bool {
    let mut board = Board::new(cells);
    if let Some(board) = &mut board {
        board.exclude(cell, digit);
    }
    let limits = Limits {
        max_solutions: 1,
        max_guesses: u64::MAX,
    };
    bitboard::search(board, limits).n_solutions == 1
}
