//! Seeded generation of puzzles, in units that can be made in any order and on any thread.

use std::collections::HashSet;
use std::ops::Range;

use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;

use super::deep_search::DeepSearch;
use super::local_search::{Cells, LocalSearch, Minimal, solve};
use super::trial::Trials;
use super::vicinity::VicinitySearch;
use super::{Canonical, Geometry, Grid, Symmetry};
use crate::SudokuRow;

/// Rows of a unit.
pub const UNIT_ROWS: usize = 256;
/// Ratings of [`Kind::Moderate`].
const MODERATE: Range<f32> = 3.0..30.0;
/// Ratings of [`Kind::Hard`].
const HARD: Range<f32> = 30.0..60.0;
/// Ratings of [`Kind::Extreme`].
const EXTREME: Range<f32> = 60.0..f32::INFINITY;
/// Least candidates of [`Kind::Deep`] that no trial refutes: about as many as published rows have that
/// trials do not solve.
const DEEP_SURVIVORS: u32 = 150;
/// Most candidates of [`Kind::Resistant`] that a trial refutes, as a share of all. Of published rows that
/// trials do not solve, nine of ten have at most 3 %.
const RESISTANT_REFUTED: f32 = 0.1;
/// What one of them costs the search, in candidates.
const RESISTANT_COST: f32 = 3.0;
/// Rows of one search for deep puzzles: all puzzles of a search are relatives.
const DEEP_ROWS: usize = 64;
/// A search that has not found its rows by now has settled where changes are seldom kept.
const DEEP_STEPS: u64 = 60_000;

/// Rows of one vicinity search: all are relatives.
const VICINITY_ROWS: usize = 64;
/// Puzzles of a vicinity search before its first row: the first are close to its seed.
const VICINITY_BEFORE: usize = 256;
/// Least rating of [`Kind::Vicinity`]: nine of ten published hard puzzles have more than 56.
const VICINITY_RATING: f32 = 50.0;
/// A search that has not found its rows by now is in a small place.
const VICINITY_STEPS: u32 = 10_000;

/// How a puzzle is made and how hard it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Random minimal puzzles; one in eight gets clues back, up to 31 to 36.
    Easy,
    /// Local search, rated 3 to 30.
    Moderate,
    /// Local search, rated 30 to 60.
    Hard,
    /// Local search, rated 60 and more.
    Extreme,
    /// Local search for puzzles with many candidates that are not refuted by taking them for true,
    /// whatever their rating. Trials over and over still solve them.
    Deep,
    /// Local search for puzzles in which such trials refute next to nothing. Over and over they solve most.
    Resistant,
    /// Vicinity search for puzzles that such trials do not solve, however often repeated: the kind of the
    /// published hard sets.
    Vicinity,
}

/// How many puzzles of each kind, as parts of the sum.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Mix {
    /// Part of [`Kind::Easy`].
    pub easy: u32,
    /// Part of [`Kind::Moderate`].
    pub moderate: u32,
    /// Part of [`Kind::Hard`].
    pub hard: u32,
    /// Part of [`Kind::Extreme`].
    pub extreme: u32,
    /// Part of [`Kind::Deep`].
    pub deep: u32,
    /// Part of [`Kind::Resistant`].
    pub resistant: u32,
    /// Part of [`Kind::Vicinity`].
    pub vicinity: u32,
}

impl Mix {
    /// As hard as Sudoku-Extreme for a net that solves 93 % of either: single trials do not solve 74 % of 1,000
    /// published rows, and most others are easy.
    pub const PUBLISHED: Self =
        Self { easy: 8, moderate: 2, hard: 0, extreme: 0, deep: 0, resistant: 15, vicinity: 15 };

    /// How many of `count` rows are of each kind; the last kind with a part takes what rounding leaves.
    fn counts(self, count: usize) -> [(Kind, usize); 7] {
        use Kind::{Deep, Easy, Extreme, Hard, Moderate, Resistant, Vicinity};
        let Mix { easy, moderate, hard, extreme, deep, resistant, vicinity } = self;
        let kinds = [
            (Easy, easy),
            (Moderate, moderate),
            (Hard, hard),
            (Extreme, extreme),
            (Deep, deep),
            (Resistant, resistant),
            (Vicinity, vicinity),
        ];
        let sum = kinds.iter().map(|(_, part)| u128::from(*part)).sum::<u128>().max(1);
        let last = kinds.iter().rposition(|(_, part)| *part > 0);
        let mut counts = kinds.map(|(kind, part)| (kind, (count as u128 * u128::from(part) / sum) as usize));
        if let Some(last) = last {
            counts[last].1 += count - counts.iter().map(|(_, n)| n).sum::<usize>();
        }
        counts
    }
}

/// Makes [`UNIT_ROWS`] puzzles with 3x3 boxes; the same for the same arguments.
///
/// A trainer that goes through units in order can resume from the number of the next one.
pub fn generate_unit(kind: Kind, seed: u64, unit: u64) -> Vec<SudokuRow> {
    first_rows(kind, seed, unit, UNIT_ROWS)
}

/// The first `n_rows` of a unit.
fn first_rows(kind: Kind, seed: u64, unit: u64, n_rows: usize) -> Vec<SudokuRow> {
    let stream = unit.wrapping_mul(8).wrapping_add(kind as u64);
    let mixed = Xoshiro256PlusPlus::seed_from_u64(seed).random::<u64>();
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(mixed ^ stream);
    match kind {
        Kind::Easy => (0..n_rows).map(|i| easy(i, &mut rng)).collect(),
        Kind::Moderate => searched("gen_moderate", MODERATE, n_rows, &mut rng),
        Kind::Hard => searched("gen_hard", HARD, n_rows, &mut rng),
        Kind::Extreme => searched("gen_extreme", EXTREME, n_rows, &mut rng),
        Kind::Deep => {
            let is_deep = |trials: Trials| trials.open - trials.refuted >= DEEP_SURVIVORS;
            deep("gen_deep", 1.0, is_deep, n_rows, &mut rng)
        }
        Kind::Resistant => deep("gen_resistant", RESISTANT_COST, is_resistant, n_rows, &mut rng),
        Kind::Vicinity => vicinity(n_rows, &mut rng),
    }
}

/// Makes `count` puzzles in random order; the same for any number of threads.
///
/// `progress` hears how many rows are done, on the calling thread.
pub fn generate(count: usize, seed: u64, mix: Mix, progress: &mut dyn FnMut(usize)) -> Vec<SudokuRow> {
    let mut rows = Vec::new();
    for batch in parts(count, mix).chunks(rayon::current_num_threads().max(1)) {
        let made: Vec<_> = batch.par_iter().map(|part| part.rows(seed)).collect();
        rows.extend(made.into_iter().flatten());
        progress(rows.len());
    }
    shuffled(rows, seed)
}

/// Rows that are made together: the first of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// How its puzzles are made.
    pub kind: Kind,
    /// The unit of this kind.
    pub unit: u64,
    /// Rows of it.
    pub n_rows: usize,
}

impl Part {
    /// Makes the rows.
    pub fn rows(&self, seed: u64) -> Vec<SudokuRow> {
        first_rows(self.kind, seed, self.unit, self.n_rows.min(UNIT_ROWS))
    }
}

/// What [`generate`] makes: the rows of all parts, one after the other, then [`shuffled`]. Processes may share them.
pub fn parts(count: usize, mix: Mix) -> Vec<Part> {
    let of_kind = |(kind, n_rows): (Kind, usize)| {
        let part = move |unit: usize| {
            let n_rows = UNIT_ROWS.min(n_rows - unit * UNIT_ROWS);
            Part { kind, unit: unit as u64, n_rows }
        };
        (0..n_rows.div_ceil(UNIT_ROWS)).map(part)
    };
    mix.counts(count).into_iter().flat_map(of_kind).collect()
}

/// The rows of all parts in the random order of this seed.
pub fn shuffled(mut rows: Vec<SudokuRow>, seed: u64) -> Vec<SudokuRow> {
    rows.shuffle(&mut Xoshiro256PlusPlus::seed_from_u64(seed));
    rows
}

fn easy(index: usize, rng: &mut Xoshiro256PlusPlus) -> SudokuRow {
    let Minimal { mut cells, rating } = Minimal::random(rng);
    if index % 8 != 7 {
        return row("gen_easy", &cells, rating, rng);
    }
    let solution = solve(&cells).expect("a puzzle has a solution");
    let n_givens = rng.random_range(31..=36);
    let mut blanks: Vec<usize> = (0..81).filter(|&cell| cells[cell] == 0).collect();
    blanks.shuffle(rng);
    for &cell in &blanks[..(n_givens + blanks.len()).saturating_sub(81)] {
        cells[cell] = solution[cell];
    }
    row("gen_relaxed", &cells, super::solver::rating(&cells), rng)
}

fn searched(
    source: &str,
    ratings: Range<f32>,
    n_rows: usize,
    rng: &mut Xoshiro256PlusPlus,
) -> Vec<SudokuRow> {
    let mut search = LocalSearch::new(ratings.end, rng);
    let mut seen = HashSet::new();
    let mut rows = Vec::with_capacity(n_rows);
    while rows.len() < n_rows {
        if let Some(Minimal { cells, rating }) = search.step(rng)
            && ratings.contains(&rating)
            && seen.insert(cells)
        {
            rows.push(row(source, &cells, rating, rng));
        }
    }
    rows
}

/// Whether trials refute next to nothing.
pub(super) fn is_resistant(trials: Trials) -> bool {
    trials.open > 0 && trials.refuted as f32 <= RESISTANT_REFUTED * trials.open as f32
}

fn deep(
    source: &str,
    cost: f32,
    is_kept: impl Fn(Trials) -> bool,
    n_rows: usize,
    rng: &mut Xoshiro256PlusPlus,
) -> Vec<SudokuRow> {
    let mut seen = HashSet::new();
    let mut rows = Vec::with_capacity(n_rows);
    while rows.len() < n_rows {
        let mut search = DeepSearch::new(cost, rng);
        let end = n_rows.min(rows.len() + DEEP_ROWS);
        while rows.len() < end && search.n_steps < DEEP_STEPS {
            for (cells, trials) in search.step(rng) {
                if rows.len() < end && is_kept(trials) && seen.insert(cells) {
                    rows.push(row(source, &cells, super::solver::rating(&cells), rng));
                }
            }
        }
    }
    rows
}

fn vicinity(n_rows: usize, rng: &mut Xoshiro256PlusPlus) -> Vec<SudokuRow> {
    // Searches from seeds of one place meet.
    let mut found = Found { source: "gen_vicinity", seen: HashSet::new(), rows: Vec::with_capacity(n_rows) };
    while found.rows.len() < n_rows {
        let search = VicinitySearch::from_any_seed(rng);
        let end = n_rows.min(found.rows.len() + VICINITY_ROWS);
        found.extend(search, VICINITY_BEFORE, VICINITY_STEPS, end, rng);
    }
    found.rows
}

/// Rows of vicinity searches, no two of them the same up to a relabelling.
pub(super) struct Found {
    pub(super) source: &'static str,
    /// What is no row any more.
    pub(super) seen: HashSet<Option<Canonical>>,
    pub(super) rows: Vec<SudokuRow>,
}

impl Found {
    /// Adds what a search finds after its first `n_before` puzzles, in at most `n_steps` steps, until there are `end` rows.
    pub(super) fn extend(
        &mut self,
        mut search: VicinitySearch,
        n_before: usize,
        n_steps: u32,
        end: usize,
        rng: &mut Xoshiro256PlusPlus,
    ) {
        let (mut n_done, mut n_found) = (0, 0);
        while self.rows.len() < end && n_done < n_steps {
            n_done += 1;
            for (cells, rating) in search.step(rng) {
                n_found += 1;
                if n_found <= n_before || rating < VICINITY_RATING || self.rows.len() == end {
                    continue;
                }
                let row = row(self.source, &cells, rating, rng);
                if self.seen.insert(Canonical::of(&row.puzzle, &row.solution)) {
                    self.rows.push(row);
                }
            }
        }
    }
}

/// The puzzle relabelled at random, so that no trace of its making is left.
fn row(source: &str, cells: &Cells, rating: f32, rng: &mut Xoshiro256PlusPlus) -> SudokuRow {
    let symmetry = Symmetry::random(rng);
    let image = |cells: &Cells| {
        let grid = Grid::from_cells(Geometry::STANDARD, cells);
        symmetry.apply(&grid.expect("81 digits"))
    };
    let solution = image(&solve(cells).expect("a puzzle has a solution"));
    SudokuRow { source: source.to_owned(), puzzle: image(cells), solution, rating }
}
