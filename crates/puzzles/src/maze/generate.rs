//! Makes mazes by plain rejection, as the published ones appear to be made.
//!
//! A trial draws a wall probability, a start and a goal, then each other cell: wall or free. It is
//! kept if the shortest path is long enough. Trials are independent and each is dropped only on
//! what breadth-first search says of it, so the mazes kept follow the distribution of the naive
//! loop exactly; all the speed comes from drawing and searching 64 cells at a time.

use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicUsize, Ordering};

use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;

use crate::PuzzleError;
use crate::maze::flood::{MAX_FLOOD_SIDE, Rows, flood_steps};
use crate::maze::{Maze, MazeRow, label};

/// The longest side of a generated maze.
pub const MAX_GENERATED_SIDE: usize = MAX_FLOOD_SIDE;

/// Which mazes to make.
#[derive(Debug, Clone, PartialEq)]
pub struct MazeSpec {
    /// Rows, up to [`MAX_GENERATED_SIDE`].
    pub height: usize,
    /// Columns, up to [`MAX_GENERATED_SIDE`].
    pub width: usize,
    /// Each maze draws its wall probability uniformly from here.
    pub wall_probability: RangeInclusive<f32>,
    /// Least steps of the shortest path.
    pub min_path: usize,
    /// Trials for one maze before [`PuzzleError::MazeNotFound`].
    pub max_trials: u64,
}

impl MazeSpec {
    /// Mazes like the published Maze-Hard: 30 x 30, walls 0.3 to 0.5, at least 109 steps (rating
    /// 110).
    pub fn maze_hard() -> Self {
        Self::square(30, 109)
    }

    /// Square mazes with walls as in Maze-Hard.
    pub fn square(side: usize, min_path: usize) -> Self {
        // About 2 in 100,000 hard mazes are kept: none in 20 million trials is out of the question.
        let max_trials = 20_000_000;
        Self { height: side, width: side, wall_probability: 0.3..=0.5, min_path, max_trials }
    }

    fn check(&self) -> Result<(), PuzzleError> {
        let (height, width) = (self.height, self.width);
        let allowed = 1..=MAX_GENERATED_SIDE;
        if !allowed.contains(&height) || !allowed.contains(&width) {
            return Err(PuzzleError::MazeSide { height, width, max: MAX_GENERATED_SIDE });
        }
        let (low, high) = (*self.wall_probability.start(), *self.wall_probability.end());
        if !(0.0 <= low && low <= high && high <= 1.0) {
            return Err(PuzzleError::MazeWallProbability { low, high });
        }
        let max = height * width - 1;
        if self.min_path > max || max == 0 {
            return Err(PuzzleError::MazeMinPath { min_path: self.min_path, max });
        }
        Ok(())
    }
}

/// The maze number `index` of this spec and seed: the same whenever and wherever it is made.
///
/// # Errors
/// A spec that asks for the impossible, or [`PuzzleError::MazeNotFound`] after its trials.
pub fn generate_maze(spec: &MazeSpec, seed: u64, index: u64) -> Result<MazeRow, PuzzleError> {
    spec.check()?;
    let mut draws = Draws::new(seed, index);
    for _ in 0..spec.max_trials {
        let trial = Trial::draw(spec, &mut draws);
        let steps = flood_steps(&mut trial.open.clone(), trial.start, trial.goal);
        if steps.is_some_and(|steps| steps >= spec.min_path) {
            let maze = trial.maze(spec);
            let answer = label(&maze)?;
            let rating = (answer.n_marked() + 2) as f32;
            return Ok(MazeRow { source: format!("generated {seed}:{index}"), maze, answer, rating });
        }
    }
    Err(PuzzleError::MazeNotFound { n_trials: spec.max_trials, min_path: spec.min_path })
}

/// The mazes 0 to `count` of this spec and seed, made on all threads of the rayon pool.
///
/// `progress` hears how many are done, from any thread.
///
/// # Errors
/// As [`generate_maze`].
pub fn generate(
    spec: &MazeSpec,
    count: usize,
    seed: u64,
    progress: impl Fn(usize) + Sync,
) -> Result<Vec<MazeRow>, PuzzleError> {
    spec.check()?;
    let n_done = AtomicUsize::new(0);
    // One maze may take a hundred times as long as the next, so each is its own piece of work.
    (0..count)
        .into_par_iter()
        .with_max_len(1)
        .map(|index| {
            let row = generate_maze(spec, seed, index as u64)?;
            progress(n_done.fetch_add(1, Ordering::Relaxed) + 1);
            Ok(row)
        })
        .collect()
}

/// One maze drawn, not yet known to be kept.
struct Trial {
    open: Rows,
    start: (usize, usize),
    goal: (usize, usize),
}

impl Trial {
    fn draw(spec: &MazeSpec, draws: &mut Draws) -> Self {
        let threshold = draws.threshold(&spec.wall_probability);
        let n_cells = (spec.height * spec.width) as u64;
        let start = draws.below(n_cells);
        // Uniform among the others: those from `start` on move up by one.
        let goal = draws.below(n_cells - 1);
        let goal = goal + u64::from(goal >= start);
        let place = |cell: u64| (cell as usize / spec.width, cell as usize % spec.width);
        let (start, goal) = (place(start), place(goal));

        let inside = u64::MAX >> (64 - spec.width);
        let mut open: Rows = [0; MAX_FLOOD_SIDE + 2];
        for row in &mut open[1..=spec.height] {
            *row = !draws.coins(threshold, inside) & inside;
        }
        open[start.0 + 1] |= 1 << start.1;
        open[goal.0 + 1] |= 1 << goal.1;
        Self { open, start, goal }
    }

    fn maze(&self, spec: &MazeSpec) -> Maze {
        let cells = (0..spec.height).flat_map(|row| (0..spec.width).map(move |col| (row, col)));
        let walls = cells.map(|(row, col)| self.open[row + 1] >> col & 1 == 0);
        let number = |(row, col): (usize, usize)| row * spec.width + col;
        let (start, goal) = (number(self.start), number(self.goal));
        Maze::from_parts(spec.width, walls.collect(), start, goal)
    }
}

/// The random numbers of one maze.
///
/// Made of raw 64-bit words alone, so that a seed gives the same mazes whatever `rand` does to its
/// distributions between versions.
struct Draws(Xoshiro256PlusPlus);

impl Draws {
    fn new(seed: u64, index: u64) -> Self {
        let spread = Xoshiro256PlusPlus::seed_from_u64(seed).next_u64();
        Self(Xoshiro256PlusPlus::seed_from_u64(spread ^ index))
    }

    /// A number below `n`; the bias of at most n / 2^64 is beyond notice.
    fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.0.next_u64()) * u128::from(n)) >> 64) as u64
    }

    /// A probability drawn uniformly from the range, in units of 2^-32.
    fn threshold(&mut self, range: &RangeInclusive<f32>) -> u64 {
        let (low, high) = (f64::from(*range.start()), f64::from(*range.end()));
        let unit = (self.0.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
        ((low + (high - low) * unit) * (1u64 << 32) as f64) as u64
    }

    /// 64 coins, each 1 with probability `threshold / 2^32`; only those in `lanes` are thrown.
    ///
    /// Each lane draws a 32-bit number bit by bit, highest first, and is decided at the first bit
    /// that differs from the threshold's; about 8 words decide 64 lanes.
    fn coins(&mut self, threshold: u64, lanes: u64) -> u64 {
        if threshold >> 32 != 0 {
            return lanes;
        }
        let mut undecided = lanes;
        let mut below = 0;
        for bit in (0..32).rev() {
            if undecided == 0 {
                break;
            }
            let drawn = self.0.next_u64();
            if threshold >> bit & 1 == 1 {
                below |= undecided & !drawn;
                undecided &= drawn;
            } else {
                undecided &= !drawn;
            }
        }
        below
    }
}

#[cfg(test)]
mod tests {
    use super::{Draws, MazeSpec, Trial, generate_maze};
    use crate::maze::shortest_path_len;

    #[test]
    fn the_first_trial_that_plain_search_keeps_is_made() {
        let specs = [
            MazeSpec { height: 7, ..MazeSpec::square(11, 20) },
            MazeSpec::square(9, 16),
            MazeSpec::square(30, 40),
            MazeSpec::square(64, 60),
        ];
        for spec in &specs {
            for index in 0..20 {
                let mut draws = Draws::new(5, index);
                let first_kept = std::iter::repeat_with(|| Trial::draw(spec, &mut draws).maze(spec))
                    .find(|maze| shortest_path_len(maze).is_some_and(|n| n >= spec.min_path));
                let made = generate_maze(spec, 5, index).expect("an easy spec");
                assert_eq!(Some(made.maze), first_kept);
            }
        }
    }

    #[test]
    fn coins_fall_with_their_probability() {
        let mut draws = Draws::new(1, 2);
        for probability in [0.0, 0.3, 0.37, 0.5, 0.999, 1.0] {
            let threshold = (probability * (1u64 << 32) as f64) as u64;
            let n_words = 20_000;
            let ones: u32 = (0..n_words).map(|_| draws.coins(threshold, !0).count_ones()).sum();
            let share = f64::from(ones) / f64::from(n_words * 64);
            // Four standard deviations of 1.28 million coins are at most 0.0018.
            assert!((share - probability).abs() < 0.0018, "{probability}: {share}");
        }
    }

    #[test]
    fn neighbouring_seeds_and_indices_differ() {
        let first = |seed, index| Draws::new(seed, index).below(u64::MAX);
        let words = [first(0, 0), first(0, 1), first(1, 0), first(1, 1)];
        for (i, word) in words.iter().enumerate() {
            assert!(!words[..i].contains(word));
        }
    }
}
