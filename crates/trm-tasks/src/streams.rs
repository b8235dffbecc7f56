//! Endless streams of training puzzles.

use crate::maze_process::maze_process;
use crate::{RulesTask, sudoku_relations};
use puzzles::SudokuRow;
use puzzles::maze::{MazeEncoder, MazeKind, MazeRow, MazeSpec, generate_maze};
use puzzles::rules;
use puzzles::sudoku::{Geometry, Layout, SudokuEncoder, Symmetry};
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use std::ops::RangeInclusive;
use std::sync::Arc;
use trm_train::{Answer, Data, Sample};

/// Set in the index of every training maze, so that none is in a generated test set: those are numbered from
/// zero.
const MAZE_STREAM: u64 = 1 << 63;
/// Trials per maze: twenty times what one like Maze-Hard takes.
const MAZE_TRIALS: u64 = 1_000_000;
/// With hints no path is demanded that takes more than the cells by this: in a small maze hardly any is so long, and half the time
/// of a run went into trials for those.
const CELLS_PER_STEP: f32 = 3.0;
/// Wall probabilities of an open maze.
const OPEN_WALLS: RangeInclusive<f32> = 0.05..=0.35;

/// A Sudoku with its solution as a training sample. Candidates of another size than 9x9 bring their relations along.
pub fn sudoku_sample(row: &SudokuRow, layout: Layout) -> Sample {
    let geometry = row.puzzle.geometry();
    let has_own = layout == Layout::Candidates && geometry != Geometry::STANDARD;
    let encoder = SudokuEncoder::with(geometry, layout);
    let answer = match layout {
        Layout::Candidates => Answer::Marks(marks(&encoder.target_answer(&row.solution))),
        Layout::Cells => Answer::Classes(encoder.target_tokens(&row.solution)),
    };
    Sample {
        question: encoder.encode_puzzle(&row.puzzle),
        width: 1,
        answer,
        rating: row.rating,
        relations: has_own.then(|| Arc::new(sudoku_relations(geometry))),
        process: None,
    }
}

/// Refuses what models of a layout cannot learn from: those of cells have weights for every cell of 9x9, those of
/// candidates take every size.
///
/// # Errors
/// A sentence with the size of the first such row.
pub fn check_sudoku_sizes(rows: &[SudokuRow], layout: Layout) -> std::result::Result<(), String> {
    let other = rows.iter().map(|row| row.puzzle.geometry()).find(|g| *g != Geometry::STANDARD);
    match other {
        Some(geometry) if layout == Layout::Cells => {
            let side = geometry.side();
            Err(format!("Sudoku of {side}x{side} cells; models of cells are trained on 9x9"))
        }
        _ => Ok(()),
    }
}

/// A maze with its path as a training sample.
pub fn maze_sample(row: &MazeRow) -> Sample {
    maze_sample_with(row, 0)
}

/// [`maze_sample`] with the [`maze_process`] of so many cells a step; none for 0.
pub fn maze_sample_with(row: &MazeRow, speed: u32) -> Sample {
    let encoder = MazeEncoder::new();
    let answer = Answer::Marks(marks(&encoder.target_answer(row)));
    let (question, width) = (encoder.encode_maze(&row.maze), row.maze.width());
    Sample {
        question,
        width,
        answer,
        rating: row.rating,
        relations: None,
        process: (speed > 0).then(|| maze_process(row, speed)),
    }
}

fn marks(target: &[f32]) -> Vec<bool> {
    target.iter().map(|mark| *mark > 0.0).collect()
}

/// An endless stream over weighted sets of Sudoku.
pub struct SudokuStream {
    /// None is empty.
    sets: Vec<Vec<SudokuRow>>,
    /// Cumulative shares of the sets.
    shares: Vec<f64>,
    layout: Layout,
    seed: u64,
}

impl SudokuStream {
    /// Sets of rows, each with its weight, of any sizes where tokens are candidates. With [`Layout::Cells`] each row is relabelled by a random
    /// [`Symmetry`], as the reference augments its data; nets of candidates have the symmetries built in.
    ///
    /// # Errors
    /// A sentence, where there is no set, one has no row or one of a size that the layout does not take, or a weight is not
    /// a number above 0.
    pub fn new(
        sets: Vec<(Vec<SudokuRow>, f64)>,
        layout: Layout,
        seed: u64,
    ) -> std::result::Result<Self, String> {
        if sets.is_empty() || sets.iter().any(|(rows, _)| rows.is_empty()) {
            return Err("a set without a row".into());
        }
        if sets.iter().any(|(_, weight)| !weight.is_finite() || *weight <= 0.0) {
            return Err("a weight is not a number above 0".into());
        }
        for (rows, _) in &sets {
            check_sudoku_sizes(rows, layout)?;
        }
        let total: f64 = sets.iter().map(|(_, weight)| weight).sum();
        let shares = sets.iter().scan(0.0, |sum, (_, weight)| {
            *sum += weight / total;
            Some(*sum)
        });
        Ok(SudokuStream {
            shares: shares.collect(),
            sets: sets.into_iter().map(|(rows, _)| rows).collect(),
            layout,
            seed,
        })
    }
}

impl Data for SudokuStream {
    fn describe(&self) -> String {
        let clues = |row: &SudokuRow| {
            row.puzzle.cells().iter().fold(0u64, |h, c| h.wrapping_mul(31).wrapping_add(u64::from(*c)))
        };
        let rows = self.sets.iter().flatten();
        let hash = rows.fold(0u64, |h, row| h.wrapping_mul(1_000_003).wrapping_add(clues(row)));
        let sizes: Vec<_> = self.sets.iter().map(Vec::len).collect();
        format!("{sizes:?} Sudoku {hash:x}, shares {:?}, seed {}", self.shares, self.seed)
    }

    fn sample(&self, index: u64) -> Sample {
        let mut rng = stream_rng(self.seed, index);
        let at: f64 = rng.random();
        // Rounding may leave the last share a little below one.
        let set = self.shares.iter().position(|share| at < *share).unwrap_or(self.sets.len() - 1);
        let row = &self.sets[set][rng.random_range(0..self.sets[set].len())];
        match self.layout {
            Layout::Candidates => sudoku_sample(row, self.layout),
            Layout::Cells => sudoku_sample(&relabelled(row, &mut rng), self.layout),
        }
    }
}

/// An endless stream of generated mazes of many sizes.
pub struct MazeStream {
    /// Smallest and largest side.
    pub sides: (usize, usize),
    /// Least steps of the shortest path, per side; with hints at most a third of the cells.
    pub min_path_per_side: f32,
    /// Share of open mazes: few walls, so many ways around each, that only a comparison of
    /// distances tells apart. Filling dead ends solves most of the others.
    pub open_share: f64,
    /// See [`MazeSpec::goals_per_start`]: with 1, drawing long mazes takes as long as learning from them.
    pub goals_per_start: u32,
    /// Share of perfect mazes.
    pub perfect_share: f64,
    /// Cells a step of the search that is hinted at; 0 for none.
    pub speed: u32,
    /// Seed.
    pub seed: u64,
}

impl Data for MazeStream {
    fn describe(&self) -> String {
        let MazeStream { sides, min_path_per_side, open_share, goals_per_start, perfect_share, speed, seed } =
            self;
        let goals = match goals_per_start {
            0 | 1 => String::new(),
            n => format!(", {n} goals"),
        };
        // What older streams had not is said where it is there.
        let perfect = if *perfect_share > 0.0 { format!(", perfect {perfect_share}") } else { String::new() };
        let hints = if *speed > 0 { format!(", hints at {speed} cells a step") } else { String::new() };
        let cap = if *speed > 0 { format!(" sides or {CELLS_PER_STEP} cells a step") } else { String::new() };
        format!(
            "mazes of {sides:?}, path {min_path_per_side}{cap}, open {open_share}{goals}{perfect}{hints}, seed {seed}"
        )
    }

    fn sample(&self, index: u64) -> Sample {
        let mut rng = stream_rng(self.seed, index);
        let side = rng.random_range(self.sides.0..=self.sides.1);
        let mut spec = MazeSpec {
            goals_per_start: self.goals_per_start,
            max_trials: MAZE_TRIALS,
            ..MazeSpec::square(side, side / 2)
        };
        if self.perfect_share > 0.0 && rng.random_bool(self.perfect_share) {
            spec = MazeSpec::perfect(side.max(5) | 1, 2);
        } else if rng.random_bool(self.open_share) {
            spec.kind = MazeKind::Scattered { wall_probability: OPEN_WALLS };
        } else {
            // Half of these are long for their size, the others as they come.
            let share: f32 = rng.random();
            let mut longest = self.min_path_per_side * side as f32;
            if self.speed > 0 {
                longest = longest.min((side * side) as f32 / CELLS_PER_STEP);
            }
            spec.min_path = (longest * (2.0 * share).min(1.0)).max(2.0) as usize;
        }
        // Where no maze with so long a path is found, half the length is tried.
        let index = index | MAZE_STREAM;
        loop {
            match generate_maze(&spec, self.seed, index) {
                Ok(row) => return maze_sample_with(&row, self.speed),
                Err(_) => spec.min_path /= 2,
            }
        }
    }
}

/// An endless stream over puzzles of a file of rules, which come in random order.
pub struct RulesStream {
    task: RulesTask,
    /// Not empty.
    rows: Vec<rules::Row>,
    seed: u64,
}

impl RulesStream {
    /// The stream of these rows.
    ///
    /// # Errors
    /// A sentence, where there is no row.
    pub fn new(task: RulesTask, rows: Vec<rules::Row>, seed: u64) -> std::result::Result<Self, String> {
        if rows.is_empty() { Err("no puzzles".into()) } else { Ok(RulesStream { task, rows, seed }) }
    }
}

impl Data for RulesStream {
    fn describe(&self) -> String {
        let cells = self.rows.iter().flat_map(|row| row.puzzle.cells.iter().chain(&row.solution));
        let hash = cells.fold(0u64, |h, cell| h.wrapping_mul(1_000_003).wrapping_add(u64::from(*cell)));
        let (rules, n) = (self.task.rules().source(), self.rows.len());
        format!("{n} puzzles {hash:x} of {rules:?}, seed {}", self.seed)
    }

    fn sample(&self, index: u64) -> Sample {
        let row = stream_rng(self.seed, index).random_range(0..self.rows.len());
        self.task.sample(&self.rows[row])
    }
}

fn relabelled(row: &SudokuRow, rng: &mut Xoshiro256PlusPlus) -> SudokuRow {
    let symmetry = Symmetry::random_with(row.puzzle.geometry(), rng);
    SudokuRow { puzzle: symmetry.apply(&row.puzzle), solution: symmetry.apply(&row.solution), ..row.clone() }
}

fn stream_rng(seed: u64, index: u64) -> Xoshiro256PlusPlus {
    Xoshiro256PlusPlus::seed_from_u64(seed.rotate_left(32) ^ index)
}
