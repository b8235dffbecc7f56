//! `trm train`

use crate::Verdict;
use anyhow::{Context, Result, bail};
use clap::builder::RangedU64ValueParser;
use clap::{Parser, Subcommand, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use puzzles::sudoku::Layout;
use serde_json::json;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;
use trm_core::kernel::Isa;
use trm_core::{AnswerChannel, Model, TrmConfigBuilder};
use trm_tasks::{
    MazeStream, SudokuStream, maze_builder, maze_sample, shaped, sudoku_builder, sudoku_cells_builder,
    sudoku_sample,
};
use trm_tasks::{MazeTask, SudokuTask, Task};
use trm_train::{
    Checkpoint, Data, Evaluation, LeakConfig, OptimizerConfig, Sample, Schedule, TrainConfig, Trainer,
    evaluate,
};

#[derive(Parser)]
#[command(after_help = "Examples:\n  \
    trm train maze --out runs/maze --steps 20000 --sides 7,14\n  \
    trm train sudoku --data train.csv --validate test.csv --out runs/sudoku --steps 50000\n  \
    trm train sudoku --data easy.csv=1 --data deep.csv=3 --out runs/sudoku      a quarter and three\n\n\
    Ctrl-C saves and exits; the same command goes on exactly where it was.")]
pub struct Args {
    #[command(subcommand)]
    puzzle: Puzzle,
}

#[derive(Subcommand)]
enum Puzzle {
    /// Train on Sudoku from CSV files
    Sudoku {
        /// Training puzzles (source,question,answer,rating); may be repeated, each with its weight
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
        #[arg(long, default_value_t = 2.5)]
        min_path: f32,
        /// Share of open mazes, with few walls and many ways around each
        #[arg(long, default_value_t = 0.5)]
        open: f64,
        /// Marked cells count (unmarked / marked)^BALANCE times as much as the others
        #[arg(long, default_value_t = 0.0)]
        balance: f32,
        #[command(flatten)]
        run: Run,
    },
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
    #[arg(long, default_value_t = 256)]
    validate_limit: usize,
    /// Minutes between validations
    #[arg(long, default_value_t = 3.0)]
    validate_minutes: f64,
    /// Steps K of a validation run
    #[arg(long, default_value_t = 64, value_parser = RangedU64ValueParser::<usize>::new().range(1..=65536))]
    validate_k: usize,
    /// Start from the weights of this model
    #[arg(long)]
    init: Option<PathBuf>,
    /// Optimiser steps
    #[arg(long, default_value_t = 10_000)]
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
    /// Learning rate
    #[arg(long, default_value_t = 3e-3)]
    lr: f64,
    /// Steps of warm-up
    #[arg(long, default_value_t = 100)]
    warmup: u64,
    /// Share of the steps after which the rate falls along a cosine; 1 keeps it
    #[arg(long, default_value_t = 1.0)]
    decay_from: f64,
    /// Share of the rate that is left at the end of the fall
    #[arg(long, default_value_t = 0.05)]
    floor: f64,
    /// Weight decay
    #[arg(long, default_value_t = 0.01)]
    weight_decay: f64,
    /// Decay of the averaged weights
    #[arg(long, default_value_t = 0.999)]
    ema: f64,
    /// Standard deviation of the noise on the initial latent
    #[arg(long, default_value_t = 0.3)]
    noise: f64,
    /// Train an answer channel; in this share of the questions the target leaks through its noise
    #[arg(long, value_name = "SHARE")]
    leak: Option<f64>,
    /// Share of the leaked episodes that begin with noise alone
    #[arg(long, value_name = "SHARE", requires = "leak", default_value_t = 0.75)]
    leak_delayed: f64,
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
    /// Seed of weights, data order and noise
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Minutes between checkpoints
    #[arg(long, default_value_t = 5.0)]
    save_minutes: f64,
}

pub fn run(args: Args) -> Result<Verdict> {
    match args.puzzle {
        Puzzle::Sudoku { data, mixer, run } => {
            let (builder, layout) = match mixer {
                Mixer::Relational => (sudoku_builder(), Layout::Candidates),
                Mixer::Mlp => {
                    (sudoku_cells_builder().embedding_scale((run.hidden as f32).sqrt()), Layout::Cells)
                }
            };
            let sets: Result<Vec<_>> = data.iter().map(|set| weighted(set)).collect();
            let stream = SudokuStream::new(sets?, layout, run.seed).map_err(anyhow::Error::msg)?;
            let validation = match &run.validate {
                Some(path) => {
                    let rows = read_sudoku(path, run.validate_limit)?;
                    rows.iter().map(|row| sudoku_sample(row, layout)).collect()
                }
                None => Vec::new(),
            };
            run.train(builder, run.config(), &stream, &validation, SudokuTask::BANDS)
        }
        Puzzle::Maze { sides, min_path, open, balance, run } => {
            let [low, high] = sides[..] else { bail!("--sides takes two numbers") };
            if !min_path.is_finite() || min_path < 0.0 {
                bail!("--min-path takes a number of sides");
            }
            if !(2..=64).contains(&low) || !(low..=64).contains(&high) || !(0.0..=1.0).contains(&open) {
                bail!("--sides takes two sides from 2 to 64, --open a share from 0 to 1");
            }
            let stream = MazeStream {
                sides: (low, high),
                min_path_per_side: min_path,
                open_share: open,
                seed: run.seed,
            };
            let validation = match &run.validate {
                Some(path) => {
                    let file = File::open(path).with_context(|| path.display().to_string())?;
                    let rows = puzzles::maze::read_maze_csv(file).take(run.validate_limit);
                    rows.map(|row| Ok(maze_sample(&row?))).collect::<Result<_>>()?
                }
                None => Vec::new(),
            };
            let config = TrainConfig { balance, ..run.config() };
            run.train(maze_builder(), config, &stream, &validation, MazeTask::BANDS)
        }
    }
}

/// `FILE` or `FILE=WEIGHT`.
fn weighted(set: &str) -> Result<(Vec<puzzles::SudokuRow>, f64)> {
    let (path, weight) = match set.rsplit_once('=') {
        Some((path, weight)) => (path, weight.parse().with_context(|| format!("--data {set}: no weight"))?),
        None => (set, 1.0),
    };
    Ok((read_sudoku(Path::new(path), usize::MAX)?, weight))
}

fn read_sudoku(path: &Path, limit: usize) -> Result<Vec<puzzles::SudokuRow>> {
    let file = File::open(path).with_context(|| path.display().to_string())?;
    let rows: Result<Vec<_>, _> = puzzles::read_sudoku_csv(file).take(limit).collect();
    rows.with_context(|| path.display().to_string())
}

impl Run {
    fn config(&self) -> TrainConfig {
        let schedule = if self.decay_from >= 1.0 {
            Schedule::Constant
        } else {
            Schedule::ConstantThenCosine { from: self.decay_from, floor: self.floor }
        };
        TrainConfig {
            batch: self.batch,
            steps: self.steps,
            max_supervision_steps: self.supervision,
            linger: self.linger,
            balance: 0.0,
            latent_noise: self.noise,
            leak: self.leak.map(|share| LeakConfig { share, delayed: self.leak_delayed }),
            seed: self.seed,
            optimizer: OptimizerConfig {
                learning_rate: self.lr,
                warmup_steps: self.warmup,
                schedule,
                weight_decay: self.weight_decay,
                ema: self.ema,
                ..OptimizerConfig::default()
            },
        }
    }

    fn model(&self, builder: TrmConfigBuilder) -> Result<Model> {
        let builder = builder.latent_iterations(self.n).max_k(64).seed(self.seed);
        let channel = self.leak.map(|_| AnswerChannel { noise: 1.0 });
        let builder =
            builder.answer_channel(channel).cycles(self.cycles).gradient_cycles(self.gradient_cycles);
        let mut model = Model::new(shaped(builder, self.hidden, self.ffn, self.blocks)?)?;
        if let Some(path) = &self.init {
            let init = Model::load(path).with_context(|| path.display().to_string())?;
            model.start_from(&init).with_context(|| path.display().to_string())?;
        }
        Ok(model)
    }

    fn train(
        &self,
        builder: TrmConfigBuilder,
        config: TrainConfig,
        data: &dyn Data,
        validation: &[Sample],
        bands: &[f32],
    ) -> Result<Verdict> {
        std::fs::create_dir_all(&self.out).with_context(|| self.out.display().to_string())?;
        let saved = self.out.join("checkpoint.bin");
        let model = self.model(builder)?;
        let mut trainer = if saved.exists() {
            Trainer::resume(model, config, data, Checkpoint::load(&saved)?)?
        } else {
            Trainer::new(model, config, data)?
        };
        let mut log = Log::open(&self.out.join("log.jsonl"))?;
        let stop = Arc::new(AtomicBool::new(false));
        let handler = stop.clone();
        ctrlc::set_handler(move || handler.store(true, Ordering::Relaxed))?;
        let style = ProgressStyle::with_template("{bar:30} {pos}/{len} ETA {eta} {msg}")?;
        let bar = ProgressBar::new(self.steps).with_style(style);
        let (mut saved_at, mut validated_at, mut reported_at) =
            (Instant::now(), Instant::now(), Instant::now());
        let minutes = |t: Instant| t.elapsed().as_secs_f64() / 60.0;
        let last = self.until.unwrap_or(self.steps).min(self.steps);
        while trainer.step_count() < last && !stop.load(Ordering::Relaxed) {
            trainer.step()?;
            if reported_at.elapsed().as_secs() >= 10 {
                reported_at = Instant::now();
                let p = trainer.progress();
                bar.set_position(p.step);
                bar.set_message(format!(
                    "loss {:.3} exact {:.3} {:.0} questions/s {:.0} GFLOP/s",
                    p.loss, p.batch_exact, p.question_steps_per_second, p.gflops
                ));
                log.write(&json!({ "train": p }))?;
            }
            if minutes(validated_at) >= self.validate_minutes {
                self.validate(&trainer, validation, bands, &mut log)?;
                validated_at = Instant::now();
            }
            if minutes(saved_at) >= self.save_minutes {
                trainer.checkpoint().save(&saved)?;
                saved_at = Instant::now();
            }
        }
        trainer.checkpoint().save(&saved)?;
        self.validate(&trainer, validation, bands, &mut log)?;
        bar.abandon();
        eprintln!("the model is {}", self.out.join("model.safetensors").display());
        // An interrupted run is none that another command should go on from.
        Ok(if trainer.step_count() < last { Verdict::No } else { Verdict::Yes })
    }

    /// Saves the averaged weights, with what they score.
    fn validate(&self, trainer: &Trainer, samples: &[Sample], bands: &[f32], log: &mut Log) -> Result<()> {
        let mut model = trainer.averaged();
        let phase = model.note.len() + 1;
        let (step, steps) = (trainer.step_count(), self.steps);
        model.note.insert(format!("phase {phase}"), format!("{}; step {step} of {steps}", noted_command()));
        model.save(self.out.join("model.safetensors"))?;
        model.save(self.out.join(format!("model-{step}.safetensors")))?;
        if samples.is_empty() {
            return Ok(());
        }
        let start = Instant::now();
        let evaluation: Evaluation = evaluate(&model, Isa::best(), samples, self.validate_k, bands);
        log.write(&json!({
            "step": step, "validation": evaluation, "seconds": start.elapsed().as_secs_f64()
        }))
    }
}

/// The command as a model file keeps it: without the places of this machine.
fn noted_command() -> String {
    let mut words = vec!["trm".to_string()];
    let mut arguments = std::env::args().skip(1);
    while let Some(word) = arguments.next() {
        let flag = word.split('=').next().unwrap_or_default();
        match flag {
            "--out" | "--validate" | "--init" => {
                if flag == word {
                    arguments.next();
                }
            }
            _ => words.push(word.rsplit('/').next().unwrap_or_default().to_string()),
        }
    }
    words.join(" ")
}

/// A file of JSON lines.
struct Log(File);

impl Log {
    fn open(path: &Path) -> Result<Self> {
        let open = || {
            let mut file = OpenOptions::new().create(true).read(true).append(true).open(path)?;
            drop_cut_line(&mut file)?;
            std::io::Result::Ok(Log(file))
        };
        open().with_context(|| path.display().to_string())
    }

    /// A whole line in one write: a kill rarely cuts it.
    fn write(&mut self, line: &serde_json::Value) -> Result<()> {
        Ok(self.0.write_all(format!("{line}\n").as_bytes())?)
    }
}

/// Takes away a last line that a kill or a full disk has cut, lest the next one is written behind it.
fn drop_cut_line(file: &mut File) -> std::io::Result<()> {
    const MAX_LINE_BYTES: u64 = 1 << 16;
    let length = file.metadata()?.len();
    let start = length.saturating_sub(MAX_LINE_BYTES);
    let mut end = Vec::new();
    file.seek(SeekFrom::Start(start))?;
    file.take(MAX_LINE_BYTES).read_to_end(&mut end)?;
    let n_cut = end.iter().rev().take_while(|byte| **byte != b'\n').count() as u64;
    // No line of a log is as long as that.
    if n_cut == 0 || n_cut == MAX_LINE_BYTES { Ok(()) } else { file.set_len(length - n_cut) }
}
