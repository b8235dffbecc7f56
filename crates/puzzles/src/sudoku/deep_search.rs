//! Local search for deep puzzles: those in which trying one candidate at a time refutes few.
//!
//! The published hard sets are deep: of 1,000 rows of Sudoku-Extreme 74 % are not solved by trials at all,
//! and in nine of ten of those they refute at most 3 % of the candidates. Puzzles that merely cost many
//! guesses are not deep, and a net that solves 99 % of those may solve half of the published ones.

use std::ops::Range;

use rand::seq::IndexedRandom;
use rand::{Rng, RngExt};

use super::bitboard::Board;
use super::exchange::{DRAWS, Exchange, MAX_SOLUTIONS};
use super::local_search::{Cells, Minimal, minimise};
use super::trial::{Trials, trials};

/// Puzzles that are searched from at the same time.
const POOL: usize = 24;
/// What a clue is worth, in candidates: without it the search goes to 20 clues, where a net finds
/// them easy, with 20 to 28. Published rows have 22 to 27.
const CLUE_WORTH: Range<f32> = 8.0..16.0;
/// Steps over which the cost of a refuted candidate grows from 1. A search that starts with more stays
/// with puzzles that are solved before any trial.
const RAMP: u64 = 20_000;
/// A puzzle is kept that falls behind by so many candidates, on average.
const TEMPERATURE: Range<f32> = 4.0..8.0;
/// So much worse a puzzle may be before it is minimised, which adds survivors and takes clues.
const SCREENED: f32 = 10.0;
/// Once in so many steps the better of two puzzles replaces the other.
const TAKEOVER: u32 = 150;

/// A pool of puzzles that grow deeper.
pub(super) struct DeepSearch {
    pool: Vec<(Cells, Trials)>,
    pub(super) n_steps: u64,
    clue_worth: f32,
    temperature: f32,
    /// What a refuted candidate costs in the end, in candidates.
    last_cost: f32,
}

impl DeepSearch {
    /// A search for many candidates of which few are refuted: one of these costs `last_cost` others.
    pub(super) fn new<R: Rng>(last_cost: f32, rng: &mut R) -> Self {
        let random = |_| (Minimal::random(rng).cells, Trials::default());
        Self {
            pool: (0..POOL).map(random).collect(),
            n_steps: 0,
            last_cost,
            clue_worth: rng.random_range(CLUE_WORTH),
            temperature: rng.random_range(TEMPERATURE),
        }
    }

    /// Exchanges clues of one puzzle in many ways; hands over what the pool keeps, with what trials
    /// do to each.
    pub(super) fn step<R: Rng>(&mut self, rng: &mut R) -> Vec<(Cells, Trials)> {
        self.n_steps += 1;
        if rng.random_ratio(1, TAKEOVER) {
            let (a, b) = (rng.random_range(0..POOL), rng.random_range(0..POOL));
            let is_better = self.score(&self.pool[a]) > self.score(&self.pool[b]);
            let (best, worst) = if is_better { (a, b) } else { (b, a) };
            self.pool[worst] = self.pool[best];
        }
        let place = rng.random_range(0..POOL);
        let cells = self.pool[place].0;
        let n_removed = *[1, 2, 2, 3].choose(rng).expect("four numbers");
        let Some(exchange) = Exchange::of(&cells, n_removed, MAX_SOLUTIONS, rng) else { return Vec::new() };
        let mut kept = Vec::new();
        for _ in 0..DRAWS {
            let Some(mut changed) = exchange.draw(rng) else { continue };
            // The logarithm of a uniform number: the rule of Metropolis.
            let gate = self.score(&self.pool[place]) + self.temperature * rng.random::<f32>().ln();
            if changed == cells || self.try_out(&changed, gate - SCREENED).is_none() {
                continue;
            }
            minimise(&mut changed, rng);
            if let Some(trials) = self.try_out(&changed, gate) {
                self.pool[place] = (changed, trials);
                kept.push((changed, trials));
            }
        }
        kept
    }

    /// What a refuted candidate costs now.
    fn cost(&self) -> f32 {
        let share = self.n_steps.min(RAMP) as f32 / RAMP as f32;
        1.0 + share * (self.last_cost - 1.0)
    }

    fn score(&self, (cells, trials): &(Cells, Trials)) -> f32 {
        let n_clues = cells.iter().filter(|cell| **cell != 0).count();
        n_clues as f32 * self.clue_worth + trials.open as f32 - self.cost() * trials.refuted as f32
    }

    /// Trials of all candidates, or `None` below the least score.
    fn try_out(&self, cells: &Cells, least: f32) -> Option<Trials> {
        let most_refuted = |open| {
            let spare = self.score(&(*cells, Trials { open, refuted: 0 })) - least;
            (spare >= 0.0).then_some((spare / self.cost()) as u32)
        };
        trials(Board::new(cells)?, most_refuted)
    }
}
