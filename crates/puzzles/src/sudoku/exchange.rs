//! Clues exchanged for others: the solutions of a puzzle without some of its clues, and what decides between them.

use rand::seq::IndexedRandom;
use rand::{Rng, RngExt};

use super::bitboard::{self, Board};
use super::local_search::Cells;
use super::outcome::Limits;

/// The most solutions that can be listed.
pub(super) const MAX_SOLUTIONS: usize = 512;
/// Puzzles to draw from one exchange.
pub(super) const DRAWS: usize = 48;

/// A puzzle without some of its clues, in whose places others are drawn.
pub(super) struct Exchange {
    fewer: Cells,
    n_removed: usize,
    solutions: Solutions,
}

impl Exchange {
    /// Takes `n_removed` clues away; `None` where `max_solutions` or more are left, which is [`MAX_SOLUTIONS`] at most.
    pub(super) fn of<R: Rng>(
        cells: &Cells,
        n_removed: usize,
        max_solutions: usize,
        rng: &mut R,
    ) -> Option<Self> {
        let givens: Vec<usize> = (0..81).filter(|&cell| cells[cell] != 0).collect();
        let mut fewer = *cells;
        for &cell in givens.sample(rng, n_removed) {
            fewer[cell] = 0;
        }
        Some(Self { fewer, n_removed, solutions: Solutions::list(&fewer, max_solutions)? })
    }

    /// A puzzle with one solution and as many clues as before or one more; `None` where the draw leads to none. It may
    /// be the one that it began with, and not minimal.
    pub(super) fn draw<R: Rng>(&self, rng: &mut R) -> Option<Cells> {
        let n_added = self.n_removed + usize::from(rng.random_ratio(1, 3));
        let mut changed = self.fewer;
        self.solutions.clues(n_added, rng)?.iter().for_each(|(cell, digit)| changed[*cell] = *digit);
        Some(changed)
    }
}

/// One bit for each listed solution.
type Set = [u64; MAX_SOLUTIONS / 64];

fn size(set: &Set) -> u32 {
    set.iter().map(|word| word.count_ones()).sum()
}

/// The solutions of a puzzle, and which of them hold a digit in a cell.
struct Solutions {
    /// `[81 x 9]`
    holding: Vec<Set>,
    /// Blank cells and digits, from 1, that some solution holds.
    open: Vec<(usize, u8)>,
    all: Set,
}

impl Solutions {
    /// `None` where there are too many.
    fn list(cells: &Cells, max_solutions: usize) -> Option<Self> {
        let limits = Limits::solutions(max_solutions.min(MAX_SOLUTIONS));
        let found = bitboard::search(Board::new(cells), limits).solutions;
        if found.len() == limits.max_solutions {
            return None;
        }
        let (mut holding, mut all) = (vec![Set::default(); 81 * 9], Set::default());
        for (i, solution) in found.iter().enumerate() {
            let bit = 1 << (i % 64);
            all[i / 64] |= bit;
            for (cell, digit) in solution.iter().enumerate() {
                holding[cell * 9 + usize::from(*digit) - 1][i / 64] |= bit;
            }
        }
        let open = (0..81 * 9).filter(|&i| cells[i / 9] == 0 && size(&holding[i]) > 0);
        let open = open.map(|i| (i / 9, (i % 9) as u8 + 1)).collect();
        Some(Solutions { holding, open, all })
    }

    /// The solutions of `set` that hold a digit.
    fn with(&self, set: &Set, (cell, digit): (usize, u8)) -> Set {
        let holding = &self.holding[cell * 9 + usize::from(digit) - 1];
        std::array::from_fn(|i| set[i] & holding[i])
    }

    /// `n` clues that leave one solution: all but the last at random, the last of those that do.
    fn clues<R: Rng>(&self, n: usize, rng: &mut R) -> Option<Vec<(usize, u8)>> {
        let mut left = self.all;
        let mut clues = Vec::with_capacity(n);
        for _ in 1..n {
            let clue = *self.open.choose(rng)?;
            left = self.with(&left, clue);
            clues.push(clue);
        }
        let decides = |clue: &&(usize, u8)| size(&self.with(&left, **clue)) == 1;
        let last: Vec<_> = self.open.iter().filter(decides).collect();
        clues.push(**last.choose(rng)?);
        Some(clues)
    }
}
