//! Local search for hard puzzles: exchange clues, minimise, keep what is about as hard.

use rand::seq::{IndexedRandom, SliceRandom};
use rand::{Rng, RngExt};

use super::bitboard::{self, Board};
use super::outcome::Limits;
use super::solver::rating;

/// Row-major cells of a puzzle with 3x3 boxes; 0 is a blank.
pub(super) type Cells = [u8; 81];

/// Puzzles that are searched from at the same time.
const POOL: usize = 24;
/// A change is kept when it leaves at least this part of the rating. In 36 s, 1.0 gave 138 puzzles
/// rated 80 and more, 0.97 gave 109 and 0.9 at most as many in twice the time.
const KEPT_RATING: f32 = 1.0;
/// A change is not even minimised when it leaves less than this part of the rating.
const SCREENED_RATING: f32 = 0.3;
/// Changes in a row without a better rating after which a place in the pool starts anew.
const MAX_STAGNATION: u32 = 20_000;

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
        Self { cells, rating: rating(&cells) }
    }

    /// One or two clues fewer, as many or one more anew, minimised; `None` where that leaves
    /// no puzzle with one solution, or one far easier than this.
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
        // Few pass, at some 6 us an attempt. Listing the solutions left and choosing a clue that
        // decides between them passes more often, but such clues make easy puzzles: 25 ms per
        // puzzle kept, against 11 ms here.
        if cells == self.cells || count(&cells, 2) != 1 {
            return None;
        }
        // Minimising takes most of the time and seldom makes a puzzle more than twice as hard.
        if rating(&cells) < SCREENED_RATING * self.rating {
            return None;
        }
        minimise(&mut cells, rng);
        Some(Self { cells, rating: rating(&cells) })
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

    /// Tries one change and returns the puzzle it gave, kept in the pool or not.
    pub(super) fn step<R: Rng>(&mut self, rng: &mut R) -> Option<Minimal> {
        let place = rng.random_range(0..POOL);
        let (puzzle, stagnation) = &mut self.pool[place];
        *stagnation += 1;
        if *stagnation > MAX_STAGNATION || puzzle.rating > self.max_rating {
            self.pool[place] = (Minimal::random(rng), 0);
            return None;
        }
        let changed = puzzle.changed(rng)?;
        if changed.rating > puzzle.rating {
            *stagnation = 0;
        }
        if changed.rating >= KEPT_RATING * puzzle.rating {
            *puzzle = changed.clone();
        }
        Some(changed)
    }
}

/// The solution found first: the only one of a puzzle.
pub(super) fn solve(cells: &Cells) -> Option<Cells> {
    let limits = Limits::solutions(1);
    bitboard::search(Board::new(cells), limits).solutions.pop()
}

fn count(cells: &Cells, max_solutions: usize) -> usize {
    let limits = Limits::solutions(max_solutions);
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

/// Writes a random digit into a random blank whose units do not hold it.
fn add_clue<R: Rng>(cells: &mut Cells, rng: &mut R) {
    // Drawn until it fits; a grid where nothing fits is left as it is.
    for _ in 0..1000 {
        let (cell, digit) = (rng.random_range(0..81), rng.random_range(1..=9));
        let (row, col) = (cell / 9, cell % 9);
        let corner = row / 3 * 27 + col / 3 * 3;
        let seen = |i: usize| {
            let others = [row * 9 + i, i * 9 + col, corner + i / 3 * 9 + i % 3];
            others.iter().any(|&other| cells[other] == digit)
        };
        if cells[cell] == 0 && !(0..9).any(seen) {
            cells[cell] = digit;
            return;
        }
    }
}

/// Takes every clue that the others imply, in random order.
pub(super) fn minimise<R: Rng>(cells: &mut Cells, rng: &mut R) {
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
    let limits = Limits::solutions(1);
    bitboard::search(board, limits).n_solutions == 1
}
