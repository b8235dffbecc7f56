//! Hard puzzles from the vicinity of given ones.

use std::collections::HashSet;

use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::generate::Found;
use super::vicinity::{VicinitySearch, outlasts};
use super::{Canonical, Grid, Solver};
use crate::{PuzzleError, SudokuRow};

/// Steps of one search. From the published hard puzzles, 600 steps find 13 others each in 0.15 s.
const STEPS: u32 = 600;

/// At most `n_rows` puzzles that differ from `puzzle`, and from each other, by a few exchanged clues and more than a
/// relabelling. Trying one candidate at a time does not solve them, however often repeated. None where it solves
/// `puzzle`. The same for the same arguments; some tenths of a second.
///
/// # Errors
/// A grid that is not of 9x9 cells with 3x3 boxes, or without exactly one solution.
pub fn near(puzzle: &Grid, seed: u64, n_rows: usize) -> Result<Vec<SudokuRow>, PuzzleError> {
    let Ok(cells) = puzzle.cells().try_into() else {
        return Err(PuzzleError::GridLength { expected: 81, found: puzzle.cells().len() });
    };
    let solution = Solver::new().solve_unique(puzzle)?.grid;
    if !outlasts(&cells) {
        return Ok(Vec::new());
    }
    let seen = HashSet::from([Canonical::of(puzzle, &solution)]);
    let mut found = Found { source: "gen_near", seen, rows: Vec::new() };
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    found.extend(VicinitySearch::new(&[cells]), 0, STEPS, n_rows, &mut rng);
    Ok(found.rows)
}

/// At most `count` of `rows`, in the random order of this seed: none that is one of `puzzles` or of the rows before it, up
/// to a relabelling. Searches from neighbouring puzzles meet.
pub fn distinct(rows: Vec<SudokuRow>, puzzles: &[SudokuRow], count: usize, seed: u64) -> Vec<SudokuRow> {
    let form = |row: &SudokuRow| Canonical::of(&row.puzzle, &row.solution);
    let mut seen: HashSet<_> = puzzles.iter().map(form).collect();
    let mut rows = super::shuffled(rows, seed);
    rows.retain(|row| seen.insert(form(row)));
    rows.truncate(count);
    rows
}

#[cfg(all(test, feature = "csv"))]
mod tests {
    use super::super::Geometry;
    use super::*;

    #[test]
    fn neighbours_are_hard_puzzles_and_no_relabelling_of_each_other() {
        let text = include_str!("../../data/sudoku-extreme-gen.csv");
        let read = crate::read_sudoku_csv(text.as_bytes()).map(|row| row.expect("a row"));
        let seeds: Vec<_> = read.filter(|row| row.source == "gen_vicinity").take(4).collect();
        let found: Vec<_> = seeds.iter().flat_map(|row| near(&row.puzzle, 7, 5).expect("a puzzle")).collect();
        assert!((4..=20).contains(&found.len()), "{}", found.len());
        for row in &found {
            assert_eq!(Solver::new().solve_unique(&row.puzzle).expect("one solution").grid, row.solution);
            assert!(outlasts(&row.puzzle.cells().try_into().expect("81 cells")));
        }
        let (n, twice) = (found.len(), [&found[..], &found[..], &seeds[..]].concat());
        let left = distinct(twice.clone(), &seeds, usize::MAX, 1);
        assert!(left.len() <= n && left.len() > n / 2, "{} of {n}", left.len());
        assert_eq!(distinct(twice, &seeds, 2, 1), left[..2]);
        assert_eq!(
            near(&seeds[0].puzzle, 7, 5).expect("a puzzle"),
            near(&seeds[0].puzzle, 7, 5).expect("a puzzle")
        );
    }

    #[test]
    fn what_has_no_neighbours_says_so() {
        let blank = Grid::from_cells(Geometry::STANDARD, &[0; 81]).expect("81 cells");
        assert!(matches!(near(&blank, 1, 5), Err(PuzzleError::ManySolutions)));
        let small = Grid::from_cells(Geometry::new(2, 2).expect("boxes"), &[0; 16]).expect("16 cells");
        assert!(matches!(near(&small, 1, 5), Err(PuzzleError::GridLength { expected: 81, found: 16 })));
        let easy = super::super::generate_unit(super::super::Kind::Easy, 1, 0).swap_remove(0);
        assert_eq!(near(&easy.puzzle, 1, 5).expect("a puzzle"), []);
    }
}
