//! Vicinity search: puzzles a few exchanged clues away from puzzles that trials do not solve.
//!
//! Collections of the hardest known puzzles were made in this way, by exchanging one or two clues of known ones
//! (`{-1+1}`, `{-2+2}`), since hard puzzles cluster. What it needs is seeds in dense places, and a local search does
//! not find any: it ends in puzzles of which trials refute few candidates, but the right ones. So the seeds come from
//! nested sampling (Skilling, Bayesian Analysis 1(4), 2006): of a population of puzzles the one with the least value
//! is always replaced by a puzzle from the vicinity of another that has more. The population keeps to where many
//! puzzles are good. It takes a minute or two of one core for each dense place, so that seeds are data
//! (`vicinity_seeds.txt`).
//!
//! "Trials do not solve it" is "beyond T&E(1)" of Berthier, Pattern-Based Constraint Satisfaction and Logic Puzzles
//! (2012), here with singles and locked candidates.

use std::collections::HashSet;

use rand::seq::IndexedRandom;
use rand::{Rng, RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::bitboard::Board;
use super::exchange::{DRAWS, Exchange};
use super::local_search::{Cells, Minimal, minimise};
use super::solver::rating;
use super::trial::{idleness, outlasts_trials};
use super::{Geometry, Grid};

/// What `examples/vicinity_seeds.rs` prints.
static SEED_LINES: &str = include_str!("vicinity_seeds.txt");

/// Puzzles of the nested sampling. With 24 to 60 two of sixteen runs came to a dense place, with 150 two of five.
const LIVE: usize = 150;
/// What a refuted candidate costs, in candidates that a trial leaves. With 2, a sixth of the puzzles in the same time.
const REFUTED_COST: f32 = 5.0;
/// So much less a puzzle may be worth before it is minimised.
const SCREENED: f32 = 0.075;
/// Puzzles that trials do not solve when a run of nested sampling ends.
const FOUND_LIVE: usize = 30;
/// Steps without a better puzzle after which a run is given up: its population is in too small a place.
const MAX_IDLE: u32 = 3000;
/// Steps of the vicinity search that judges a place, and the puzzles that it must find.
const PROBE: (u32, usize) = (8000, 150);
/// Seeds taken from one place.
const SEEDS: usize = 4;
/// Solutions listed of a puzzle without some of its clues; one with more is left alone.
const MAX_SOLUTIONS: usize = 128;
/// Least value of a puzzle that is kept: nine of ten published hard puzzles have more.
const KEPT: f32 = 0.65;
/// Puzzles that are searched from at the same time.
const POOL: usize = 256;

/// A source of puzzles that are not solved by trials.
pub(super) struct VicinitySearch {
    pool: Vec<Cells>,
    seen: HashSet<Cells>,
}

impl VicinitySearch {
    /// A search from one of the seeds of `vicinity_seeds.txt`.
    pub(super) fn from_any_seed<R: Rng>(rng: &mut R) -> Self {
        let seeds: Vec<&str> = SEED_LINES.lines().collect();
        let seed = Grid::parse(seeds.choose(rng).expect("some seeds")).expect("a grid");
        Self::new(&[seed.cells().try_into().expect("81 cells")])
    }

    /// A search from these seeds.
    pub(super) fn new(seeds: &[Cells]) -> Self {
        Self { pool: seeds.to_vec(), seen: seeds.iter().copied().collect() }
    }

    /// Exchanges clues of one puzzle in many ways; hands over what is new and not solved by trials, with its rating.
    pub(super) fn step<R: Rng>(&mut self, rng: &mut R) -> Vec<(Cells, f32)> {
        let from = *self.pool.choose(rng).expect("seeds");
        let mut found = Vec::new();
        for mut changed in exchanged(&from, rng) {
            if value(&changed, KEPT).is_none() {
                continue;
            }
            // Trials come to no more with fewer clues, so that the value need not be computed again.
            minimise(&mut changed, rng);
            if !self.seen.insert(changed) {
                continue;
            }
            // What trials solve is searched from too: without it a search from most seeds finds next to nothing.
            if self.pool.len() < POOL {
                self.pool.push(changed);
            } else {
                self.pool[rng.random_range(0..POOL)] = changed;
            }
            if outlasts(&changed) {
                found.push((changed, rating(&changed)));
            }
        }
        found
    }
}

/// Of two puzzles that trials do not solve, the one in which they come to less is harder for a net.
fn value(cells: &Cells, least: f32) -> Option<f32> {
    idleness(Board::new(cells)?, REFUTED_COST, least)
}

pub(super) fn outlasts(cells: &Cells) -> bool {
    Board::new(cells).is_some_and(outlasts_trials)
}

/// Puzzles with one solution in which one or two clues are exchanged for as many or one more. Not all are minimal.
fn exchanged<R: Rng>(cells: &Cells, rng: &mut R) -> Vec<Cells> {
    let n_removed = *[1, 2, 2].choose(rng).expect("three numbers");
    let Some(exchange) = Exchange::of(cells, n_removed, MAX_SOLUTIONS, rng) else { return Vec::new() };
    let mut seen = HashSet::from([*cells]);
    (0..DRAWS).filter_map(|_| exchange.draw(rng)).filter(|changed| seen.insert(*changed)).collect()
}

/// Puzzles that trials do not solve and that have many such neighbours, or none where this run of the search comes to
/// no dense place. Some minutes of one core at most; the same for the same arguments.
pub fn vicinity_seeds(seed: u64, run: u64) -> Vec<Grid> {
    let mixed = Xoshiro256PlusPlus::seed_from_u64(seed).random::<u64>();
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(mixed ^ run);
    let Some(found) = sampled(&mut rng) else { return Vec::new() };
    let mut search = VicinitySearch::new(&found);
    let mut found = Vec::new();
    for _ in 0..PROBE.0 {
        found.extend(search.step(&mut rng));
    }
    if found.len() < PROBE.1 {
        return Vec::new();
    }
    // The later half is farther from the first seeds; of each part of it the highest rating.
    let later = &found[found.len() / 2..];
    let best = |part: &[(Cells, f32)]| part.iter().max_by(|a, b| a.1.total_cmp(&b.1)).expect("a part").0;
    let seeds = later.chunks(later.len().div_ceil(SEEDS)).map(best);
    seeds.map(|cells| Grid::from_cells(Geometry::STANDARD, &cells).expect("81 digits")).collect()
}

/// Puzzles that trials do not solve, by nested sampling from random ones; `None` where that comes to an end before.
fn sampled<R: Rng>(rng: &mut R) -> Option<Vec<Cells>> {
    let mut live = Vec::with_capacity(LIVE);
    while live.len() < LIVE {
        let cells = Minimal::random(rng).cells;
        if let Some(value) = value(&cells, -REFUTED_COST) {
            live.push((cells, value));
        }
    }
    let (mut found, mut n_idle) = (Vec::new(), 0);
    while n_idle < MAX_IDLE && found.len() < FOUND_LIVE {
        n_idle += 1;
        let least = (0..LIVE).min_by(|&a, &b| live[a].1.total_cmp(&live[b].1)).expect("some puzzles");
        let gate = live[least].1;
        let (from, _) = *live.choose(rng).expect("some puzzles");
        // One of them at most, or the population would be relatives of the first good puzzle.
        for mut changed in exchanged(&from, rng) {
            if value(&changed, gate - SCREENED).is_none() {
                continue;
            }
            minimise(&mut changed, rng);
            let is_known = live.iter().any(|(cells, _)| *cells == changed);
            let Some(value) = value(&changed, gate).filter(|_| !is_known) else { continue };
            live[least] = (changed, value);
            n_idle = 0;
            if value >= KEPT && outlasts(&changed) && !found.contains(&changed) {
                found.push(changed);
            }
            break;
        }
    }
    (found.len() == FOUND_LIVE).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::super::local_search::has_other;
    use super::*;

    fn is_minimal(cells: &Cells) -> bool {
        (0..81).filter(|&cell| cells[cell] != 0).all(|cell| {
            let mut fewer = *cells;
            let digit = std::mem::take(&mut fewer[cell]);
            has_other(&fewer, cell, digit)
        })
    }

    #[test]
    fn seeds_and_what_is_found_near_them_are_beyond_trials() {
        let easy = Minimal::random(&mut Xoshiro256PlusPlus::seed_from_u64(3)).cells;
        assert!(is_minimal(&easy) && !outlasts(&easy));
        for line in SEED_LINES.lines() {
            let grid = Grid::parse(line).expect("a grid");
            let cells = grid.cells().try_into().expect("81 cells");
            assert!(is_minimal(&cells) && outlasts(&cells), "{line}");
            assert!(super::super::Solver::new().solve_unique(&grid).is_ok(), "{line}");
        }
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(3);
        let mut search = VicinitySearch::from_any_seed(&mut rng);
        let found: Vec<_> = (0..500).flat_map(|_| search.step(&mut rng)).collect();
        assert!(found.len() > 3, "{}", found.len());
        for (cells, _) in &found {
            assert!(is_minimal(cells) && outlasts(cells), "{cells:?}");
        }
    }
}
