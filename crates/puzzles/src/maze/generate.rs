//! Makes mazes: scattered ones by plain rejection, as the published ones appear to be made, and perfect ones
//! (`perfect.rs`).
//!
//! A trial of a scattered maze draws a wall probability, a start and a goal, then each other cell: wall or
//! free. It is kept if the shortest path is long enough. Trials are independent and each is dropped only on
//! what breadth-first search says of it, so the mazes kept follow the distribution of the naive loop exactly;
//! all the speed comes from drawing and searching a row of cells at a time.

use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use crate::PuzzleError;
use crate::maze::draws::Draws;
use crate::maze::flood::{LONG, MAX_FLOOD_SIDE, Rows, SHORT, Word, bit, flood_far, flood_steps};
use crate::maze::{Maze, MazeRow, label, perfect};

/// The longest side of a generated maze.
pub const MAX_GENERATED_SIDE: usize = MAX_FLOOD_SIDE;

/// How a maze is drawn.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum MazeKind {
    /// Every cell is a wall or free by itself, as in Maze-Hard: open fields, dead ends, several ways.
    Scattered {
        /// Each maze draws its wall probability uniformly from here.
        wall_probability: RangeInclusive<f32>,
    },
    /// Corridors carved by depth-first search, as in the easy-to-hard mazes of Deep Thinking networks (arXiv
    /// 2106.04537): rooms in odd rows and columns, walls between, and one simple path from each cell to each
    /// other.
    Perfect,
}

/// Which mazes to make.
#[derive(Debug, Clone, PartialEq)]
pub struct MazeSpec {
    /// Rows, up to [`MAX_GENERATED_SIDE`].
    pub height: usize,
    /// Columns, up to the same.
    pub width: usize,
    /// How they are drawn.
    pub kind: MazeKind,
    /// Least steps of the shortest path.
    pub min_path: usize,
    /// For scattered walls: how many goals are tried for one start. Long paths are rare, and most trials fail at once for
    /// every goal that they could have had. So 64 make mazes like Maze-Hard many times as fast as 1, which is how the
    /// test sets are made; where few goals of a start are far enough they come almost as often as where many are.
    pub goals_per_start: u32,
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
        let kind = MazeKind::Scattered { wall_probability: 0.3..=0.5 };
        Self { height: side, width: side, kind, min_path, goals_per_start: 1, max_trials }
    }

    /// Square perfect mazes.
    pub fn perfect(side: usize, min_path: usize) -> Self {
        // A second or two at the longest side.
        let kind = MazeKind::Perfect;
        Self { height: side, width: side, kind, min_path, goals_per_start: 1, max_trials: 10_000 }
    }

    /// Refuses what no maze can be; [`generate_maze`] does so too.
    ///
    /// # Errors
    /// [`PuzzleError::MazeSide`], [`PuzzleError::MazeWallProbability`] and [`PuzzleError::MazeMinPath`].
    pub fn check(&self) -> Result<(), PuzzleError> {
        let (height, width) = (self.height, self.width);
        let max = MAX_GENERATED_SIDE;
        let least = match self.kind {
            MazeKind::Scattered { .. } => 1,
            MazeKind::Perfect => 3,
        };
        if [height, width].iter().any(|side| !(least..=max).contains(side)) {
            return Err(PuzzleError::MazeSide { height, width, least, max });
        }
        let longest = match &self.kind {
            MazeKind::Scattered { wall_probability } => {
                let (low, high) = (*wall_probability.start(), *wall_probability.end());
                if !(0.0 <= low && low <= high && high <= 1.0) {
                    return Err(PuzzleError::MazeWallProbability { low, high });
                }
                height * width - 1
            }
            MazeKind::Perfect => 2 * (perfect::n_rooms(height, width) - 1),
        };
        if self.min_path > longest || longest == 0 {
            return Err(PuzzleError::MazeMinPath { min_path: self.min_path, max: longest });
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
        let maze = match &spec.kind {
            MazeKind::Scattered { wall_probability } => {
                if spec.height.max(spec.width) <= u64::BITS as usize {
                    Trial::<u64, SHORT>::kept(spec, wall_probability, &mut draws)
                } else {
                    Trial::<u128, LONG>::kept(spec, wall_probability, &mut draws)
                }
            }
            MazeKind::Perfect => perfect::draw(spec.height, spec.width, spec.min_path, &mut draws),
        };
        if let Some(maze) = maze {
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
struct Trial<W, const N: usize> {
    open: Rows<W, N>,
    start: (usize, usize),
    goal: (usize, usize),
}

impl<W: Word, const N: usize> Trial<W, N> {
    /// The maze of one trial, if its path is long enough.
    fn kept(spec: &MazeSpec, wall_probability: &RangeInclusive<f32>, draws: &mut Draws) -> Option<Maze> {
        let trial = Self::draw(spec, wall_probability, draws);
        let trial = match spec.goals_per_start {
            0 | 1 => {
                let steps = flood_steps(&mut trial.open.clone(), trial.start, trial.goal)?;
                (steps >= spec.min_path).then_some(trial)
            }
            n_goals => trial.with_far_goal(spec, n_goals, draws),
        };
        trial.map(|trial| trial.maze(spec))
    }

    fn draw(spec: &MazeSpec, wall_probability: &RangeInclusive<f32>, draws: &mut Draws) -> Self {
        let threshold = draws.threshold(wall_probability);
        let n_cells = (spec.height * spec.width) as u64;
        let start = draws.below(n_cells);
        // Uniform among the others: those from `start` on move up by one.
        let goal = draws.below(n_cells - 1);
        let goal = goal + u64::from(goal >= start);
        let place = |cell: u64| (cell as usize / spec.width, cell as usize % spec.width);
        let (start, goal) = (place(start), place(goal));

        let inside = W::max_value() >> (W::zero().count_zeros() as usize - spec.width);
        let mut open = [W::zero(); N];
        for row in &mut open[1..=spec.height] {
            *row = !W::coins(draws, threshold, inside) & inside;
        }
        for (row, column) in [start, goal] {
            open[row + 1] = open[row + 1] | bit(column);
        }
        Self { open, start, goal }
    }

    /// With the first of `n_goals` more goals that is far enough from the start.
    fn with_far_goal(mut self, spec: &MazeSpec, n_goals: u32, draws: &mut Draws) -> Option<Self> {
        let far = flood_far(&mut self.open.clone(), self.start, spec.min_path)?;
        let n_cells = (spec.height * spec.width) as u64;
        let mut goals = (0..n_goals).map(|_| draws.below(n_cells) as usize);
        let goal = goals.find(|cell| !(far[cell / spec.width + 1] & bit(cell % spec.width)).is_zero())?;
        self.goal = (goal / spec.width, goal % spec.width);
        Some(self)
    }

    fn maze(&self, spec: &MazeSpec) -> Maze {
        let cells = (0..spec.height).flat_map(|row| (0..spec.width).map(move |col| (row, col)));
        let walls = cells.map(|(row, col)| (self.open[row + 1] & bit(col)).is_zero());
        let number = |(row, col): (usize, usize)| row * spec.width + col;
        let (start, goal) = (number(self.start), number(self.goal));
        Maze::from_parts(spec.width, walls.collect(), start, goal)
    }
}

#[cfg(test)]
mod tests {
    use super::{Draws, LONG, MazeKind, MazeSpec, SHORT, Trial, generate_maze};
    use crate::maze::shortest_path_len;

    #[test]
    fn the_first_trial_that_plain_search_keeps_is_made() {
        let specs = [
            MazeSpec { height: 7, ..MazeSpec::square(11, 20) },
            MazeSpec::square(9, 16),
            MazeSpec::square(30, 40),
            MazeSpec::square(64, 60),
            MazeSpec { height: 9, ..MazeSpec::square(128, 60) },
        ];
        for spec in &specs {
            let MazeKind::Scattered { wall_probability } = &spec.kind else { continue };
            for index in 0..20 {
                let mut draws = Draws::new(5, index);
                let first_kept = std::iter::repeat_with(|| match spec.width {
                    ..=64 => Trial::<u64, SHORT>::draw(spec, wall_probability, &mut draws).maze(spec),
                    _ => Trial::<u128, LONG>::draw(spec, wall_probability, &mut draws).maze(spec),
                })
                .find(|maze| shortest_path_len(maze).is_some_and(|n| n >= spec.min_path));
                let made = generate_maze(spec, 5, index).expect("an easy spec");
                assert_eq!(Some(made.maze), first_kept);
            }
        }
    }

    #[test]
    fn many_goals_make_long_mazes_too() {
        for min_path in [0, 1, 20, 70] {
            let spec = MazeSpec { goals_per_start: 64, ..MazeSpec::square(24, min_path) };
            let mut longest = 0;
            for index in 0..20 {
                let made = generate_maze(&spec, 6, index).expect("an easy spec");
                let steps = shortest_path_len(&made.maze).expect("a way");
                assert!(
                    steps >= min_path.max(1) && made.rating as usize == steps + 1,
                    "{steps} of {min_path}"
                );
                assert_eq!(generate_maze(&spec, 6, index).expect("again").maze, made.maze);
                longest = longest.max(steps);
            }
            assert!(longest > min_path, "all paths have {longest} steps");
        }
    }
}
