//! Vicinity search: puzzles a few exchanged clues away from puzzles that trials do not solve.
//!
//! Collections of the hardest known puzzles were made in this way, by exchanging one or two clues of known ones
//! (`{-1+1}`, `{-2+2}`), since hard puzzles cluster. It needs seeds, and a local search does not find any: it
//! ends in puzzles of which trials refute few candidates, but the right ones. So the seeds come from nested
//! sampling (Skilling, Bayesian Analysis 1(4), 2006): of a population of puzzles the one with the least value is
//! always replaced by a puzzle from the vicinity of another that has more. The population keeps to where many
//! puzzles are good, which is what a vicinity search needs of its seeds.
//!
//! "Trials do not solve it" is T&E(1) of Berthier, Pattern-Based Constraint Satisfaction and Logic Puzzles (2012),
//! here with singles and locked candidates.

use std::collections::HashSet;

use rand::seq::IndexedRandom;
use rand::{Rng, RngExt};

use super::bitboard::Board;
use super::exchange::{DRAWS, Solutions};
use super::local_search::{Cells, Minimal, minimise};
use super::solver::rating;
use super::trial::{idleness, outlasts_trials, trials};

/// Puzzles of the nested sampling. With 300 it comes to the same puzzles in five times the time.
const LIVE: usize = 60;
/// What a refuted candidate costs, in candidates that a trial leaves. With 2, half as many seeds in the same time,
/// and puzzles in few vicinities.
const REFUTED_COST: f32 = 5.0;
/// So much less a puzzle may be worth before it is minimised.
const SCREENED: f32 = 0.075;
/// Seeds of one search.
const SEEDS: usize = 16;
/// Steps after which nested sampling starts anew; most need 5,000 to 15,000.
const MAX_SAMPLING: u32 = 40_000;
/// Solutions listed of a puzzle without some of its clues; one with more is left alone.
const MAX_SOLUTIONS: usize = 128;
/// Most candidates that a trial refutes, as a share of all: as in nine of ten published hard puzzles.
const MOST_REFUTED: f32 = 0.03;
/// Puzzles that are searched from at the same time.
const POOL: usize = 256;

/// A source of puzzles that are not solved by trials.
pub(super) struct VicinitySearch {
    /// With their ratings.
    pool: Vec<(Cells, f32)>,
    seen: HashSet<Cells>,
}

impl VicinitySearch {
    /// Finds the seeds.
    pub(super) fn new<R: Rng>(rng: &mut R) -> Self {
        let seeds = loop {
            if let Some(seeds) = seeds(rng) {
                break seeds;
            }
        };
        Self {
            seen: seeds.iter().copied().collect(),
            pool: seeds.iter().map(|seed| (*seed, rating(seed))).collect(),
        }
    }

    /// Exchanges clues of one puzzle in many ways; hands over what is new and not solved by trials, with its rating.
    pub(super) fn step<R: Rng>(&mut self, rng: &mut R) -> Vec<(Cells, f32)> {
        // The better of two is searched from and the worse of two replaced, so that ratings rise.
        let [a, b] = [0; 2].map(|_| rng.random_range(0..self.pool.len()));
        let from = if self.pool[a].1 > self.pool[b].1 { a } else { b };
        let (cells, mut found) = (self.pool[from].0, Vec::new());
        for changed in exchanged(&cells, rng) {
            if !resists(&changed) {
                continue;
            }
            let mut changed = changed;
            // Fewer clues refute no more, so that this need not be tried again.
            minimise(&mut changed, rng);
            let outlasts = Board::new(&changed).is_some_and(outlasts_trials);
            if outlasts && self.seen.insert(changed) {
                found.push((changed, rating(&changed)));
            }
        }
        for &puzzle in &found {
            if self.pool.len() < POOL {
                self.pool.push(puzzle);
                continue;
            }
            let [a, b] = [0; 2].map(|_| rng.random_range(0..POOL));
            let worse = if self.pool[a].1 < self.pool[b].1 { a } else { b };
            self.pool[worse] = puzzle;
        }
        found
    }
}

fn resists(cells: &Cells) -> bool {
    let most_refuted = |open: u32| (open > 0).then_some((MOST_REFUTED * open as f32) as u32);
    Board::new(cells).and_then(|board| trials(board, most_refuted)).is_some()
}

/// Puzzles with one solution in which one or two clues are exchanged for as many or one more. Not all are minimal.
fn exchanged<R: Rng>(cells: &Cells, rng: &mut R) -> Vec<Cells> {
    let givens: Vec<usize> = (0..81).filter(|&cell| cells[cell] != 0).collect();
    let n_removed = *[1, 2, 2].choose(rng).expect("three numbers");
    let mut fewer = *cells;
    for &cell in givens.sample(rng, n_removed) {
        fewer[cell] = 0;
    }
    let Some(solutions) = Solutions::list(&fewer, MAX_SOLUTIONS) else { return Vec::new() };
    let mut seen = HashSet::from([*cells]);
    let mut puzzles = Vec::with_capacity(DRAWS);
    for _ in 0..DRAWS {
        let n_added = n_removed + usize::from(rng.random_ratio(1, 3));
        let Some(clues) = solutions.clues(n_added, rng) else { continue };
        let mut changed = fewer;
        clues.iter().for_each(|(cell, digit)| changed[*cell] = *digit);
        if seen.insert(changed) {
            puzzles.push(changed);
        }
    }
    puzzles
}

/// Puzzles that trials do not solve, by nested sampling from random ones; `None` where it takes too long.
fn seeds<R: Rng>(rng: &mut R) -> Option<Vec<Cells>> {
    let value = |cells: &Cells, least| idleness(Board::new(cells)?, REFUTED_COST, least);
    let mut live = Vec::with_capacity(LIVE);
    while live.len() < LIVE {
        let cells = Minimal::random(rng).cells;
        if let Some(value) = value(&cells, -REFUTED_COST) {
            live.push((cells, value));
        }
    }
    let mut seeds = Vec::new();
    for _ in 0..MAX_SAMPLING {
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
            if resists(&changed)
                && Board::new(&changed).is_some_and(outlasts_trials)
                && !seeds.contains(&changed)
            {
                seeds.push(changed);
            }
            break;
        }
        if seeds.len() == SEEDS {
            return Some(seeds);
        }
    }
    None
}
