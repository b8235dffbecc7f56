//! The options of `trm eval`, and the rows that they name.

use crate::input::{ModelArgs, Puzzle, sudoku_task};
use crate::verdict::Verdict;
use anyhow::{Context, Result};
use clap::Parser;
use puzzles::PuzzleError;
use puzzles::dataset::{Dataset, Origin};
use puzzles::sudoku::Geometry;
use std::fs::File;
use std::iter::Peekable;
use std::path::PathBuf;
use trm_core::TrmEngine;
use trm_tasks::{Item, MazeTask, SudokuTask, Task};

#[derive(Parser)]
#[command(after_help = "Examples:\n  \
    trm eval sudoku                                  the 1,000 generated puzzles of this program\n  \
    trm eval sudoku --data test.csv --limit 1000     a published file\n  \
    trm eval maze --k 32 --json\n  \
    trm eval maze --sweep --max-k 64                 what every K gives, from the same runs\n  \
    trm eval sudoku --rollouts 16                    16 runs from disturbed latents\n  \
    trm eval sudoku --search 64                      the network proposes, a stack decides\n  \
    trm eval sudoku --target 80                      exit code 1 unless above 80 %\n\n\
    exact_accuracy is the share of answers equal to the label; solved_rate and optimal_path_rate are\n\
    the share that obeys the rules, found without the label. Intervals are 95 %.\n\
    RAYON_NUM_THREADS sets the number of threads.")]
pub struct Args {
    /// Which puzzle
    pub puzzle: Puzzle,
    /// Puzzles (CSV: source,question,answer,rating; Sudoku of 4x4 to 25x25 cells, all of one size);
    /// without it the committed set
    #[arg(long)]
    pub data: Option<PathBuf>,
    /// Puzzles to use, from the start of the file
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
    #[command(flatten)]
    pub model_args: ModelArgs,
    /// Go on to the last step and report every K
    #[arg(long)]
    pub sweep: bool,
    /// Run every puzzle N times from disturbed latents; choose by confidence, and by the rules
    #[arg(long, value_name = "N", conflicts_with_all = ["sweep", "search"], value_parser = clap::value_parser!(u16).range(1..))]
    pub rollouts: Option<u16>,
    /// Standard deviation of the noise of --rollouts
    #[arg(long, default_value_t = 0.5, requires = "rollouts")]
    pub noise: f64,
    /// Seed of that noise
    #[arg(long, default_value_t = 1, requires = "rollouts")]
    pub seed: u64,
    /// Sudoku: search around the network, in at most N calls; no score of the network
    #[arg(long, value_name = "N", conflicts_with = "sweep", value_parser = clap::value_parser!(u32).range(1..))]
    pub search: Option<u32>,
    /// Fail unless solved_rate or optimal_path_rate is above this percentage
    #[arg(long, value_name = "PERCENT")]
    pub target: Option<f64>,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

type Items<T> = Box<dyn Iterator<Item = Result<Item<T>, PuzzleError>> + Send>;

/// The questions to ask.
pub struct Rows<T: Task> {
    pub items: Peekable<Items<T>>,
    /// Where they come from, in words.
    pub data: String,
}

/// Sudoku, all of the size of the first, with the engine and the task for that size.
pub fn sudoku_rows(args: &Args, engine: TrmEngine) -> Result<(TrmEngine, SudokuTask, Rows<SudokuTask>)> {
    let mut rows = args.rows(puzzles::read_sized_sudoku_csv, puzzles::load_sudoku_extreme_dataset)?;
    let geometry = match rows.items.peek() {
        Some(Ok(first)) => first.question.geometry(),
        // The evaluation says what is wrong with the first row.
        _ => Geometry::STANDARD,
    };
    let (engine, task) = sudoku_task(engine, geometry)?;
    Ok((engine, task, rows))
}

pub fn maze_rows(args: &Args) -> Result<Rows<MazeTask>> {
    args.rows(puzzles::maze::read_maze_csv, puzzles::maze::load_maze_hard_dataset)
}

impl Args {
    /// The rows of the file that was named, else of the committed set.
    fn rows<T: Task, R: Send + 'static, I>(
        &self,
        read: impl Fn(File) -> I,
        committed: impl Fn() -> Result<Dataset<R>, PuzzleError>,
    ) -> Result<Rows<T>>
    where
        I: Iterator<Item = Result<R, PuzzleError>> + Send + 'static,
        Item<T>: From<R>,
    {
        if let Some(path) = &self.data {
            let data = path.display().to_string();
            let file = File::open(path).with_context(|| data.clone())?;
            let items: Items<T> = Box::new(read(file).map(|row| row.map(Item::from)));
            return Ok(Rows { items: items.peekable(), data });
        }
        let set = committed()?;
        let data = match set.origin {
            Origin::File(path) => path.display().to_string(),
            Origin::Generated(name) => format!("{name} (generated, committed)"),
        };
        let items: Items<T> = Box::new(set.rows.into_iter().map(|row| Ok(row.into())));
        Ok(Rows { items: items.peekable(), data })
    }

    /// Whether a rate is above the target, if there is one.
    pub fn reached(&self, name: &str, rate: f64) -> Verdict {
        let Some(target) = self.target else { return Verdict::Yes };
        let percent = 100.0 * rate;
        let passed = percent > target;
        let word = if passed { "PASS" } else { "FAIL" };
        eprintln!("{word}: {name} {percent:.2} %, target above {target} %");
        if passed { Verdict::Yes } else { Verdict::No }
    }
}
