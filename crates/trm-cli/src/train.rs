//! `trm train`

mod file;
mod log;
mod provenance;
mod recipe;
mod run;

use crate::input::{name_of, read_model};
use crate::model_args::Factors;
use crate::output::Output;
use crate::rows;
use crate::set::channel;
use crate::values::{HaltBy, LeakUntil, MoveBy, longest_path, number, number32};
use crate::verdict::Verdict;
use anyhow::{Context, Result, anyhow, bail};
use clap::builder::RangedU64ValueParser;
use clap::{Parser, Subcommand, ValueEnum};
use puzzles::sudoku::Layout;
use run::Loop;
use std::path::{Path, PathBuf};
use trm_core::{Model, TrmConfigBuilder};
use trm_tasks::{
    MAZE_HINTS, MazeStream, SudokuStream, check_sudoku_sizes, maze_builder, maze_sample, shaped,
    sudoku_builder, sudoku_cells_builder, sudoku_sample,
};
use trm_tasks::{MazeTask, SudokuTask, Task};
use trm_train::{LeakConfig, OptimizerConfig, Schedule, TrainConfig};
use trm_world::World;

#[derive(Parser)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "Examples:\n  \
    trm train maze --out runs/maze --steps 20000 --sides 7,14\n  \
    trm train sudoku --data train.csv --validate test.csv --out runs/sudoku --steps 50000\n  \
    trm train sudoku --data easy.csv=1 --data deep.csv=3 --out runs/sudoku      a quarter and three\n  \
    trm train sudoku-x.toml --data rows.csv --init sudoku --minutes 20 --out runs/x    puzzles of a file\n  \
    trm train --recipe recipes/maze.toml                                        phase by phase\n\n\
    Ctrl-C saves and exits; the same command goes on exactly where it was."
)]
pub struct Args {
    #[command(subcommand)]
    puzzle: Option<Puzzle>,
    /// Train in the phases of this file; crates/trm-train/README.md says what it holds
    #[arg(long, value_name = "FILE", required = true)]
    recipe: Option<PathBuf>,
    /// Folder of the runs of a recipe
    #[arg(long, default_value = "runs")]
    out: String,
    /// Print the commands of a recipe, and run none
    #[arg(long)]
    dry_run: bool,
}

#[derive(Subcommand)]
enum Puzzle {
    /// Train on Sudoku from CSV files
    Sudoku {
        /// Training puzzles (source,question,answer,rating), of any sizes; may be repeated, each with its weight
        #[arg(long, required = true, value_name = "FILE[=WEIGHT]")]
        data: Vec<String>,
        /// What mixes the tokens: messages between candidates, or a SwiGLU across cells as in the paper
        #[arg(long, value_enum, default_value_t = Mixer::Relational)]
        mixer: Mixer,
        #[command(flatten)]
        run: Run,
    },
    /// Train on generated mazes
    Maze {
        /// Smallest and largest side
        #[arg(long, value_delimiter = ',', default_value = "7,14")]
        sides: Vec<usize>,
        /// Longest demanded shortest path, in sides
        #[arg(long, default_value_t = 2.5, value_parser = number32(0.0..=64.0), allow_negative_numbers = true)]
        min_path: f32,
        /// Share of open mazes, with few walls and many ways around each
        #[arg(long, default_value_t = 0.5, value_parser = number(0.0..=1.0), allow_negative_numbers = true)]
        open: f64,
        /// Goals tried for one start: 64 draw long mazes many times as fast, in slightly other proportions
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=4096))]
        goals: u32,
        /// Share of perfect mazes, with one way between any two cells
        #[arg(long, default_value_t = 0.0, value_parser = number(0.0..=1.0), allow_negative_numbers = true)]
        perfect: f64,
        /// Train the net to follow a breadth-first search of so many cells a step: a wave from the goal, then the path
        /// from the start. Inference sees nothing of it
        #[arg(long, value_name = "CELLS", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=64))]
        hints: u32,
        /// Marked cells count (unmarked / marked)^BALANCE times as much as the others
        #[arg(long, default_value_t = 0.0, value_parser = number32(0.0..=4.0), allow_negative_numbers = true)]
        balance: f32,
        #[command(flatten)]
        run: Run,
    },
    /// Train on the puzzles of a puzzle file (.toml): see `trm train FILE.toml --help`
    #[command(external_subcommand)]
    File(Vec<String>),
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Mixer {
    Relational,
    Mlp,
}

#[derive(Parser)]
struct Run {
    /// Folder of the run: checkpoint, log, model
    #[arg(long)]
    out: PathBuf,
    /// Validation puzzles (CSV); never trained on
    #[arg(long)]
    validate: Option<PathBuf>,
    /// Validation puzzles to use
    #[arg(long, default_value_t = 256, requires = "validate",
        value_parser = RangedU64ValueParser::<usize>::new().range(1..))]
    validate_limit: usize,
    /// Minutes between validations
    #[arg(long, default_value_t = 3.0, value_parser = number(0.0..=f64::INFINITY), allow_negative_numbers = true)]
    validate_minutes: f64,
    /// Steps K of a validation run
    #[arg(long, default_value_t = 64, requires = "validate",
        value_parser = RangedU64ValueParser::<usize>::new().range(1..=65536))]
    validate_k: usize,
    /// Start from the weights of this model
    #[arg(long)]
    init: Option<PathBuf>,
    /// Optimiser steps
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..))]
    steps: u64,
    /// Stop at this step; the learning rate stays laid over all steps
    #[arg(long)]
    until: Option<u64>,
    /// Running questions
    #[arg(long, default_value_t = 32)]
    batch: usize,
    /// Most supervision steps of a question
    #[arg(long, default_value_t = 16)]
    supervision: u32,
    /// Most further steps of a question that is answered right
    #[arg(long, default_value_t = 2)]
    linger: u32,
    /// How the weights are moved
    #[arg(long, value_enum, default_value_t = MoveBy::Muon)]
    optimizer: MoveBy,
    /// Learning rate
    #[arg(long, default_value_t = 3e-3, value_parser = number(0.0..=10.0), allow_negative_numbers = true)]
    lr: f64,
    /// Steps of warm-up
    #[arg(long, default_value_t = 100)]
    warmup: u64,
    /// Share of the steps after which the rate falls along a cosine; 1 keeps it
    #[arg(long, default_value_t = 1.0, value_parser = number(0.0..=1.0), allow_negative_numbers = true)]
    decay_from: f64,
    /// Share of the rate that is left at the end of the fall; 0.05 unless given
    #[arg(long, value_parser = number(0.0..=1.0), allow_negative_numbers = true)]
    floor: Option<f64>,
    /// Weight decay
    #[arg(long, default_value_t = 0.01, value_parser = number(0.0..=100.0), allow_negative_numbers = true)]
    weight_decay: f64,
    /// Decay of the averaged weights
    #[arg(long, default_value_t = 0.999, value_parser = number(0.0..=1.0), allow_negative_numbers = true)]
    ema: f64,
    /// Standard deviation of the noise on the initial latent
    #[arg(long, alias = "noise", default_value_t = 0.3, value_parser = number(0.0..=100.0),
        allow_negative_numbers = true)]
    latent_noise: f64,
    /// Standard deviation of the noise on the state before every step, so that the net learns to keep what it has found
    #[arg(long, value_name = "STD", default_value_t = 0.0, value_parser = number(0.0..=100.0),
        allow_negative_numbers = true)]
    state_noise: f64,
    /// Train an answer channel; in this share of the questions the target leaks through its noise
    #[arg(long, value_name = "SHARE", value_parser = number(0.0..=1.0), allow_negative_numbers = true)]
    leak: Option<f64>,
    /// Share of the leaked episodes that begin with noise alone
    #[arg(long, value_name = "SHARE", requires = "leak", default_value_t = 0.75,
        value_parser = number(0.0..=1.0), allow_negative_numbers = true)]
    leak_delayed: f64,
    /// When a leaked episode ends
    #[arg(long, value_enum, requires = "leak", default_value_t = LeakUntil::Right)]
    leak_until: LeakUntil,
    /// Standard deviation of the answer channel's noise, in training and at inference: one number, or the first one,
    /// after how many steps it rises, by how much in every step, and where it stops
    #[arg(long, value_name = "NOISE[,STEPS,RISE,MOST]", value_delimiter = ',', requires = "leak", default_value = "1",
        value_parser = number32(0.0..=100.0), allow_negative_numbers = true)]
    channel_noise: Vec<f32>,
    /// Width of the state
    #[arg(long, default_value_t = 32)]
    hidden: usize,
    /// Width inside the SwiGLU
    #[arg(long, default_value_t = 64)]
    ffn: usize,
    /// Blocks of the net
    #[arg(long, default_value_t = 2)]
    blocks: usize,
    /// n: latent iterations
    #[arg(long, default_value_t = 6)]
    n: usize,
    /// T: cycles
    #[arg(long, default_value_t = 1)]
    cycles: usize,
    /// How many of the cycles carry the gradient
    #[arg(long, default_value_t = 1)]
    gradient_cycles: usize,
    /// The rule by which runs of the model halt unless another is named
    #[arg(long, value_enum, default_value_t = HaltBy::Vote)]
    halting_rule: HaltBy,
    /// Instruction set to compute with, for the same bits on any processor that has it; without it the widest
    #[arg(long, value_name = "NAME")]
    kernel: Option<String>,
    /// Factors of the matrix products; bf16 is faster on some processors (`trm doctor` measures it)
    #[arg(long, value_enum, default_value_t = Factors::F32)]
    precision: Factors,
    /// Seed of weights, data order and noise
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Minutes between checkpoints
    #[arg(long, default_value_t = 5.0, value_parser = number(0.0..=f64::INFINITY), allow_negative_numbers = true)]
    save_minutes: f64,
}

pub fn run(args: Args, world: &dyn World, out: &mut Output) -> Result<Verdict> {
    match (args.puzzle, args.recipe) {
        (Some(puzzle), _) => train(puzzle, &std::env::args().skip(1).collect::<Vec<_>>(), world),
        (None, Some(path)) => recipe::run(&path, &args.out, args.dry_run, world, out),
        (None, None) => bail!("neither a puzzle nor a recipe"),
    }
}

/// Does what a command asks for; `words` are those behind `trm`.
fn train(puzzle: Puzzle, words: &[String], world: &dyn World) -> Result<Verdict> {
    match puzzle {
        Puzzle::File(arguments) => file::train(&arguments, words, world),
        Puzzle::Sudoku { data, mixer, run } => {
            let (builder, layout) = match mixer {
                Mixer::Relational => (sudoku_builder(), Layout::Candidates),
                Mixer::Mlp => {
                    (sudoku_cells_builder().embedding_scale((run.hidden as f32).sqrt()), Layout::Cells)
                }
            };
            let sets: Result<Vec<_>> = data.iter().map(|set| weighted(set, layout)).collect();
            let (files, sets): (Vec<_>, _) =
                sets?.into_iter().map(|(file, rows, weight)| (file, (rows, weight))).unzip();
            let stream = SudokuStream::new(sets, layout, run.seed).map_err(anyhow::Error::msg)?;
            let validation = match &run.validate {
                Some(path) => {
                    let rows = read_sudoku(path, run.validate_limit, layout)?;
                    rows.iter().map(|row| sudoku_sample(row, layout)).collect()
                }
                None => Vec::new(),
            };
            let this = Loop::new(&run, words, &files, world, &validation, SudokuTask::BANDS);
            this.train(run.model(builder)?, run.config()?, &stream)
        }
        Puzzle::Maze { sides, min_path, open, goals, perfect, hints, balance, run } => {
            let [low, high] = sides[..] else { bail!("--sides takes two numbers") };
            if !(2..=64).contains(&low) || !(low..=64).contains(&high) {
                bail!("--sides takes two sides from 2 to 64, the smaller one first");
            }
            let steps = min_path * high as f32;
            if steps > longest_path(high) as f32 {
                bail!(
                    "--min-path {min_path}: no maze of {high}x{high} cells has a shortest path of {steps} steps"
                );
            }
            let stream = MazeStream {
                sides: (low, high),
                min_path_per_side: min_path,
                open_share: open,
                goals_per_start: goals,
                perfect_share: perfect,
                speed: hints,
                seed: run.seed,
            };
            let validation = match &run.validate {
                Some(path) => {
                    let rows = rows::mazes().files.read_all(path, run.validate_limit)?;
                    rows.iter().map(maze_sample).collect()
                }
                None => Vec::new(),
            };
            let config = TrainConfig { balance, ..run.config()? };
            let this = Loop::new(&run, words, &[], world, &validation, MazeTask::BANDS);
            this.train(
                run.model(maze_builder().hint_dim(if hints > 0 { MAZE_HINTS } else { 0 }))?,
                config,
                &stream,
            )
        }
    }
}

/// `FILE` or `FILE=WEIGHT`; the name of a file may hold a `=` itself.
fn weighted(set: &str, layout: Layout) -> Result<(PathBuf, Vec<puzzles::SudokuRow>, f64)> {
    let whole = Path::new(set);
    let (path, weight) = match set.rsplit_once('=') {
        Some((path, weight)) if !whole.exists() => {
            let weight = weight.parse().ok().filter(|weight: &f64| weight.is_finite() && *weight > 0.0);
            let weight = weight.with_context(|| {
                format!("--data {set}: no file has this name, and what follows = is no weight above 0")
            })?;
            (Path::new(path), weight)
        }
        _ => (whole, 1.0),
    };
    Ok((path.to_owned(), read_sudoku(path, usize::MAX, layout)?, weight))
}

fn read_sudoku(path: &Path, limit: usize, layout: Layout) -> Result<Vec<puzzles::SudokuRow>> {
    let rows = rows::sudoku(None).files.read_all(path, limit)?;
    check_sudoku_sizes(&rows, layout).map_err(|error| anyhow!("{}: {error}", name_of(path)))?;
    Ok(rows)
}

impl Run {
    fn config(&self) -> Result<TrainConfig> {
        let schedule = if self.decay_from < 1.0 {
            Schedule::ConstantThenCosine { from: self.decay_from, floor: self.floor.unwrap_or(0.05) }
        } else if self.floor.is_some() {
            bail!("--floor is for a rate that falls, and has no effect without --decay-from below 1");
        } else {
            Schedule::Constant
        };
        Ok(TrainConfig {
            batch: self.batch,
            steps: self.steps,
            max_supervision_steps: self.supervision,
            linger: self.linger,
            balance: 0.0,
            latent_noise: self.latent_noise,
            state_noise: self.state_noise,
            leak: self.leak.map(|share| LeakConfig {
                share,
                delayed: self.leak_delayed,
                until_right: self.leak_until == LeakUntil::Right,
            }),
            kernel: self.kernel.clone(),
            precision: self.precision.into(),
            seed: self.seed,
            optimizer: OptimizerConfig {
                method: self.optimizer.into(),
                learning_rate: self.lr,
                warmup_steps: self.warmup,
                schedule,
                weight_decay: self.weight_decay,
                ema: self.ema,
                ..OptimizerConfig::default()
            },
        })
    }

    fn model(&self, builder: TrmConfigBuilder) -> Result<Model> {
        let builder = builder.latent_iterations(self.n).max_k(64).seed(self.seed);
        let channel = self.leak.map(|_| channel(&self.channel_noise)).transpose()?;
        let builder =
            builder.answer_channel(channel).cycles(self.cycles).gradient_cycles(self.gradient_cycles);
        let builder = builder.halting_rule(self.halting_rule.into());
        let mut model = Model::new(shaped(builder, self.hidden, self.ffn, self.blocks)?)?;
        if let Some(path) = &self.init {
            let init = read_model(path)?;
            model.start_from(&init).with_context(|| name_of(path))?;
        }
        Ok(model)
    }
}
