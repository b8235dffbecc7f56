//! The options of `trm eval`, and the rows that they name.

use crate::blocks::Job;
use crate::identity::Identity;
use crate::kind::{Kind, Loaded, PuzzleFile, kind, refuse};
use crate::model_args::ModelArgs;
use crate::output::{Output, OutputFile, message};
use crate::rows::{self, Rows};
use crate::values::{boxes, number};
use crate::verdict::Verdict;
use anyhow::{Result, bail};
use clap::Parser;
use puzzles::SudokuRow;
use puzzles::maze::MazeRow;
use puzzles::rules;
use puzzles::sudoku::Geometry;
use std::cell::Cell;
use std::path::{Path, PathBuf};
use trm_bench::ModelInfo;
use trm_core::TrmEngine;
use trm_solve::{check_maze, maze_task, sized_sudoku, sudoku_task};
use trm_tasks::{MazeTask, SudokuTask};
use trm_world::World;

#[derive(Parser)]
#[command(after_help = "Examples:\n  \
    trm eval sudoku                                  the 1,000 generated puzzles of this program\n  \
    trm eval sudoku --data test.csv --limit 1000     a published file\n  \
    trm eval maze --k 32 --json\n  \
    trm eval maze --sweep --max-k 64                 what every K gives, from the same runs\n  \
    trm eval sudoku --rollouts 16                    16 runs from disturbed latents\n  \
    trm eval sudoku --search 64                      the network proposes, a stack decides\n  \
    trm eval sudoku --rows a.csv                     every answer, for `trm compare a.csv b.csv`\n  \
    trm eval sudoku --data all.csv --blocks finished the same command goes on after a kill; docs/cluster.md\n  \
    trm eval sudoku --target 80                      exit code 1 unless above 80 %\n  \
    trm eval sudoku-x.toml --data rows.csv           puzzles of a file; docs/own-puzzle.md\n\n\
    exact_accuracy is the share of answers equal to the label; solved_rate and optimal_path_rate are\n\
    the share that obeys the rules, found without the label. Intervals are 95 %.\n\
    RAYON_NUM_THREADS sets the number of threads.")]
pub struct Args {
    /// sudoku, maze, a puzzle file (.toml), or a model that carries one
    #[arg(value_name = "PUZZLE|FILE", value_parser = kind)]
    pub puzzle: Kind,
    /// Puzzles: CSV with the columns question and answer (or those of the Kaggle sets), packed with gzip or
    /// not, or a folder of the reference's NumPy arrays; Sudoku of 4x4 to 25x25 cells, all of one size; - is
    /// standard input; without it the committed set
    #[arg(long, value_name = "FILE")]
    pub data: Option<PathBuf>,
    /// Sudoku: rows and columns of a box, where a size has more than one shape
    #[arg(long = "box", value_name = "ROWSxCOLUMNS", value_parser = boxes)]
    pub boxes: Option<Geometry>,
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
    /// Standard deviation of the noise on the latents of --rollouts
    #[arg(long, alias = "noise", value_name = "STD", default_value_t = 0.5, requires = "rollouts",
        value_parser = number(0.0..=100.0), allow_negative_numbers = true)]
    pub latent_noise: f64,
    /// Sudoku and puzzle files: search around the network, in at most N calls; no score of the network
    #[arg(long, value_name = "N", conflicts_with = "sweep", value_parser = clap::value_parser!(u32).range(1..))]
    pub search: Option<u32>,
    /// Write every row's answer, steps, confidence and verdicts into this CSV file, for `trm compare`
    #[arg(long, value_name = "FILE", conflicts_with_all = ["rollouts", "search"])]
    pub rows: Option<PathBuf>,
    /// Keep what is finished in this folder, from which the same command goes on after a kill; remove it when done
    #[arg(long, value_name = "FOLDER")]
    pub blocks: Option<PathBuf>,
    /// Fail unless solved_rate or optimal_path_rate is above this percentage
    #[arg(long, value_name = "PERCENT", value_parser = number(0.0..=100.0), allow_negative_numbers = true)]
    pub target: Option<f64>,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

impl Args {
    /// The engine, task and rows for Sudoku, all of the size of the first.
    pub fn sudoku(&self, engine: &TrmEngine) -> Result<(TrmEngine, SudokuTask, Rows<SudokuRow>)> {
        sudoku_task(engine)?;
        let known = Cell::new(None);
        let fits = |row: &SudokuRow| {
            let geometry = Some(row.puzzle.geometry());
            if known.replace(geometry) != geometry {
                sized_sudoku(engine, row.puzzle.geometry())?;
            }
            Ok(())
        };
        let mut rows = rows::sudoku(self.boxes).rows(self.data.as_deref(), self.limit, &fits)?;
        let geometry = match rows.items.peek() {
            Some(Ok(first)) => first.puzzle.geometry(),
            _ => Geometry::STANDARD,
        };
        let (engine, task) = sized_sudoku(engine, geometry)?;
        Ok((engine, task, rows))
    }

    /// The task and the rows for mazes.
    pub fn mazes(&self, engine: &TrmEngine) -> Result<(MazeTask, Rows<MazeRow>)> {
        if self.boxes.is_some() {
            bail!("--box is for Sudoku");
        }
        let task = maze_task(engine)?;
        let fits = |row: &MazeRow| Ok(check_maze(engine, &row.maze)?);
        Ok((task, rows::mazes().rows(self.data.as_deref(), self.limit, &fits)?))
    }

    /// The rows for a puzzle file.
    pub fn rules(&self, file: &PuzzleFile) -> Result<Rows<rules::Row>> {
        refuse(&[("--box", self.boxes.is_some())])?;
        let Some(path) = &self.data else {
            bail!("--data is needed: puzzles of {}, with answers", file.name)
        };
        rows::rules(file.rules()).rows(path, self.limit.unwrap_or(usize::MAX), &|_| Ok(()))
    }

    /// The file of --rows.
    pub fn rows_file(&self, out: &mut Output) -> Result<Option<OutputFile>> {
        let Some(path) = &self.rows else { return Ok(None) };
        let puzzle = match &self.puzzle {
            Kind::File(path) => Some(path),
            Kind::Known(_) => None,
        };
        let inputs = [&self.data, &self.model_args.model, &self.model_args.halting_state];
        let inputs = inputs.into_iter().flatten().chain(puzzle);
        let inputs: Vec<&Path> = inputs.map(PathBuf::as_path).collect();
        OutputFile::create("--rows", path, &inputs, out).map(Some)
    }

    /// Whether a rate is above the target, if there is one.
    pub fn reached(&self, name: &str, rate: f64) -> Verdict {
        let Some(target) = self.target else { return Verdict::Yes };
        let percent = 100.0 * rate;
        let passed = percent > target;
        let word = if passed { "PASS" } else { "FAIL" };
        message!("{word}: {name} {percent:.2} %, target above {target} %");
        passed.into()
    }
}

/// An evaluation as its command asks for it.
pub struct Run<'a> {
    pub args: &'a Args,
    pub puzzle: &'a Loaded,
    pub info: ModelInfo,
    pub world: &'a dyn World,
}

impl Run<'_> {
    /// Its work in blocks; `identity` is what decides the answers.
    pub fn job(&self, identity: Identity) -> Job<'_> {
        let identity = match self.puzzle {
            Loaded::Known(puzzle) => identity.with(puzzle.name().as_bytes()),
            Loaded::File(file) => identity.with(file.rules().source().as_bytes()),
        };
        Job { world: self.world, folder: self.args.blocks.as_deref(), identity }
    }
}
