//! An exact solver, for generation, rating and verification only: no model ever sees it.

use std::sync::LazyLock;

use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::bitboard::{self, Board};
use super::outcome::{Limits, Outcome};
use super::{Geometry, Grid, Symmetry, generic};
use crate::PuzzleError;

/// Relabellings over which a rating is the mean.
const RATING_RUNS: usize = 4;
/// Seed of these relabellings; part of the definition of a rating.
const RATING_SEED: u64 = 0x5d0c;

/// The only solution of a puzzle, and what it cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Solution {
    /// The solved grid.
    pub grid: Grid,
    /// Digits tried in cells with more than one candidate, until the solution was found and
    /// shown to be the only one.
    pub guesses: u64,
}

/// Naked and hidden singles, then a search on the cell with the fewest candidates.
///
/// ```
/// use puzzles::sudoku::{Grid, Solver};
/// let text = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79";
/// let solution = Solver::new().solve_unique(&Grid::parse(text)?)?;
/// assert_eq!((solution.guesses, solution.grid.get(0, 2)), (0, 4));
/// # Ok::<(), puzzles::PuzzleError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Solver {
    max_guesses: u64,
}

impl Default for Solver {
    fn default() -> Self {
        Self::new()
    }
}

impl Solver {
    /// A solver that gives up after 50,000 guesses; hard 9x9 puzzles take some hundreds.
    pub fn new() -> Self {
        Self::with_max_guesses(50_000)
    }

    /// A solver that gives up after `max_guesses` guesses.
    pub fn with_max_guesses(max_guesses: u64) -> Self {
        Self { max_guesses }
    }

    /// The number of solutions, counted up to `limit`.
    ///
    /// # Errors
    /// [`PuzzleError::SearchLimit`].
    pub fn count_solutions(&self, grid: &Grid, limit: usize) -> Result<usize, PuzzleError> {
        if limit == 0 {
            return Ok(0);
        }
        Ok(self.search(grid, limit)?.n_solutions)
    }

    /// The solution of a puzzle that has one only. A solved grid is its own solution.
    ///
    /// # Errors
    /// [`PuzzleError::GridConflict`], [`PuzzleError::NoSolution`], [`PuzzleError::ManySolutions`]
    /// or [`PuzzleError::SearchLimit`].
    pub fn solve_unique(&self, grid: &Grid) -> Result<Solution, PuzzleError> {
        grid.conflicts()?;
        let outcome = self.search(grid, 2)?;
        match (outcome.n_solutions, outcome.solutions.first()) {
            (1, Some(cells)) => {
                let grid = Grid::from_cells(grid.geometry(), cells)?;
                Ok(Solution { grid, guesses: outcome.guesses })
            }
            (0, _) | (_, None) => Err(PuzzleError::NoSolution),
            _ => Err(PuzzleError::ManySolutions),
        }
    }

    /// How hard a puzzle is: the mean number of guesses until the solution is found, over four
    /// fixed random relabellings. 0 for a puzzle that singles alone solve.
    ///
    /// # Errors
    /// As [`Solver::solve_unique`].
    pub fn rating(&self, grid: &Grid) -> Result<f32, PuzzleError> {
        let unique = self.solve_unique(grid)?;
        if unique.guesses == 0 {
            return Ok(0.0);
        }
        if let Ok(cells) = <&[u8; 81]>::try_from(grid.cells()) {
            return Ok(rating(cells));
        }
        let geometry = grid.geometry();
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(RATING_SEED);
        let mut guesses = 0;
        for _ in 0..RATING_RUNS {
            let relabelled = Symmetry::random_with(geometry, &mut rng).apply(grid);
            guesses += self.search(&relabelled, 1)?.guesses;
        }
        Ok(guesses as f32 / RATING_RUNS as f32)
    }

    fn search(&self, grid: &Grid, max_solutions: usize) -> Result<Outcome<Vec<u8>>, PuzzleError> {
        let limits = Limits { max_solutions, max_kept: 1, max_guesses: self.max_guesses };
        let outcome = match <&[u8; 81]>::try_from(grid.cells()) {
            Ok(cells) => {
                let found = bitboard::search(Board::new(cells), limits);
                let solutions = found.solutions.iter().map(|cells| cells.to_vec()).collect();
                let Outcome { n_solutions, guesses, limit_reached, .. } = found;
                Outcome { n_solutions, solutions, guesses, limit_reached }
            }
            Err(_) => generic::search(grid.geometry(), grid.cells(), limits),
        };
        if outcome.limit_reached {
            return Err(PuzzleError::SearchLimit { max_guesses: self.max_guesses });
        }
        Ok(outcome)
    }
}

/// [`Solver::rating`] of a puzzle with one solution, for the generator.
pub(super) fn rating(cells: &[u8; 81]) -> f32 {
    type Relabelling = ([usize; 81], [u8; 10]);
    static RELABELLINGS: LazyLock<[Relabelling; RATING_RUNS]> = LazyLock::new(|| {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(RATING_SEED);
        std::array::from_fn(|_| {
            let symmetry = Symmetry::random_with(Geometry::STANDARD, &mut rng);
            let origins = std::array::from_fn(|cell| symmetry.origin_of(cell));
            (origins, std::array::from_fn(|digit| symmetry.digit(digit as u8)))
        })
    });
    let limits = Limits::solutions(1);
    let guesses = |(origins, digits): &Relabelling| {
        let relabelled = origins.map(|origin| digits[usize::from(cells[origin])]);
        bitboard::search(Board::new(&relabelled), limits).guesses
    };
    RELABELLINGS.iter().map(guesses).sum::<u64>() as f32 / RATING_RUNS as f32
}
