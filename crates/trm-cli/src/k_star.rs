//! `trm k-star`

use crate::blocks::{Job, rows_per_block};
use crate::identity::Identity;
use crate::input::{base_name, name_of};
use crate::kind::{Kind, Loaded, kind};
use crate::model_args::{Puzzle, seed_of_runs};
use crate::output::{Output, OutputFile};
use crate::progress::Progress;
use crate::rows::{self, Files, Source};
use crate::values::boxes;
use anyhow::{Context, Result, bail};
use clap::Parser;
use puzzles::sudoku::Geometry;
use std::path::{Path, PathBuf};
use trm_bench::{BenchError, KStar, Recorder, Runs, model_id};
use trm_core::TrmEngine;
use trm_solve::{check_maze, maze_task, sized_sudoku};
use trm_tasks::{Item, MazeTask, SudokuTask, Task};
use trm_world::World;

#[derive(Parser)]
#[command(after_help = "Examples:\n  \
    trm k-star sudoku                                  the 1,000 generated puzzles of this program\n  \
    trm k-star sudoku --data puzzles.csv --out runs.safetensors\n  \
    trm k-star maze --data small.csv --data large.csv --max-k 128 --json\n  \
    trm k-star runs/latin/model.safetensors --data rows.csv --out runs.safetensors\n\n\
    K* of a question is the first supervision step whose answer is right and stays right up to\n\
    max_k; a question without one is right-censored: it needs more steps, or none suffice.\n\
    The file that --out writes is for `trm policies`.")]
pub struct Args {
    /// sudoku, maze, a puzzle file (.toml), or a model that carries one
    #[arg(value_name = "PUZZLE|FILE", value_parser = kind)]
    puzzle: Kind,
    /// Puzzles, as for `trm eval`, may be repeated; without it the committed set of Sudoku or mazes
    #[arg(long, value_name = "FILE")]
    data: Vec<PathBuf>,
    /// Sudoku: rows and columns of a box, where a size has more than one shape
    #[arg(long = "box", value_name = "ROWSxCOLUMNS", value_parser = boxes)]
    boxes: Option<Geometry>,
    /// Puzzles to use, from the start of each file
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Model file; without it the one that this program carries
    #[arg(long)]
    model: Option<PathBuf>,
    /// Steps of each run; without it what the model says
    #[arg(long, value_name = "K")]
    max_k: Option<usize>,
    /// Seed of the noise of a model's answer channel
    #[arg(long)]
    seed: Option<u64>,
    /// Keep what is finished in this folder, from which the same command goes on after a kill; remove it when done
    #[arg(long, value_name = "FOLDER")]
    blocks: Option<PathBuf>,
    /// Where to write embeddings and runs (safetensors)
    #[arg(long)]
    out: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args, world: &dyn World, out: &mut Output) -> Result<()> {
    if args.json {
        out.reserve("--json")?;
    }
    // Opened before the minutes of work, and renamed after them.
    let inputs: Vec<&Path> = args.data.iter().chain(&args.model).map(PathBuf::as_path).collect();
    let create = |path: &PathBuf| OutputFile::create("--out", path, &inputs, out);
    let file = args.out.as_ref().map(create).transpose()?;
    let puzzle = args.puzzle.load()?;
    let (engine, info) = match &puzzle {
        Loaded::Known(puzzle) => puzzle.engine(args.model.as_deref())?,
        Loaded::File(file) => file.loaded(args.model.as_deref())?,
    };
    let seed = seed_of_runs(args.seed, &engine, &info.name)?;
    let engine = engine.with_seed(seed.unwrap_or_default());
    if args.boxes.is_some() && !matches!(puzzle, Loaded::Known(Puzzle::Sudoku)) {
        bail!("--box is for Sudoku");
    }
    let runs = match &puzzle {
        Loaded::Known(Puzzle::Sudoku) => {
            let set = args.set(&rows::sudoku(args.boxes))?;
            let geometry = set.rows.first().map_or(Geometry::STANDARD, |row| row.puzzle.geometry());
            if set.rows.iter().any(|row| row.puzzle.geometry() != geometry) {
                bail!("the files hold Sudoku of different sizes; they are measured one size at a time");
            }
            let (engine, task) = sized_sudoku(&engine, geometry)?;
            args.measure(world, &engine, (&task, SudokuTask::NAME), set)?
        }
        Loaded::Known(Puzzle::Maze) => {
            let task = maze_task(&engine)?;
            let set = args.set(&rows::mazes())?;
            set.rows.iter().try_for_each(|row| check_maze(&engine, &row.maze))?;
            args.measure(world, &engine, (&task, MazeTask::NAME), set)?
        }
        Loaded::File(file) => {
            if args.data.is_empty() {
                bail!("--data is needed: puzzles of {}, with answers", file.name);
            }
            let mut set = args.read(&rows::rules(file.rules()))?;
            // Other groups are other puzzles, with the same rows.
            set.digest.extend_from_slice(file.rules().source().as_bytes());
            args.measure(world, &engine, (&file.task, file.rules().name()), set)?
        }
    };
    let Some(runs) = runs else { return Ok(()) };
    if let Some(file) = file {
        file.write(&runs.to_bytes()?)?;
    }
    let k_star = KStar::of(&runs);
    if args.json {
        out.json(&k_star, seed)?;
    } else {
        writeln!(out, "model: {}{}", info.name, if info.untrained { ", UNTRAINED" } else { "" })?;
        write!(out, "{k_star}")?;
    }
    Ok(())
}

/// Puzzles to measure.
struct Set<R> {
    rows: Vec<R>,
    /// Name in reports.
    data: String,
    /// Hash of the rows.
    digest: Vec<u8>,
}

impl Args {
    /// The puzzles of all files, or of the set that stands in for them.
    fn set<R: Send + 'static>(&self, source: &Source<R>) -> Result<Set<R>> {
        if !self.data.is_empty() {
            return self.read(&source.files);
        }
        let found = source.rows(None, self.limit, &|_| Ok(()))?;
        let rows: Result<Vec<R>> = found.items.map(|row| row.with_context(|| found.data.clone())).collect();
        let rows = rows?;
        Ok(Set { digest: source.files.digest(&rows)?, data: self.named(&found.data), rows })
    }

    /// The puzzles of all files.
    fn read<R: Send + 'static>(&self, files: &Files<R>) -> Result<Set<R>> {
        let (mut rows, mut names) = (Vec::new(), Vec::new());
        for path in &self.data {
            rows.extend(files.read_all(path, self.limit.unwrap_or(usize::MAX))?);
            names.push(self.named(&name_of(path)));
        }
        Ok(Set { digest: files.digest(&rows)?, data: names.join(", "), rows })
    }

    fn named(&self, name: &str) -> String {
        let name = base_name(name);
        if self.limit.is_some() { format!("{name} (in part)") } else { name.to_owned() }
    }

    /// The runs of all rows, on rank 0.
    fn measure<T: Task, R>(
        &self,
        world: &dyn World,
        engine: &TrmEngine,
        (task, puzzle): (&T, &str),
        Set { rows, data, digest }: Set<R>,
    ) -> Result<Option<Runs>>
    where
        Item<T>: From<R> + Sync,
    {
        let items: Vec<Item<T>> = rows.into_iter().map(Item::from).collect();
        if items.is_empty() {
            return Err(BenchError::NoPuzzles.into());
        }
        let config = engine.model().config();
        let max_k = self.max_k.unwrap_or(config.max_k);
        let recorder = Recorder::new(engine, task, max_k)?;
        let model = model_id(engine.model())?;
        let seed = self.seed.unwrap_or_default();
        let identity = Identity::new("k-star").with(&engine.model().to_bytes()?).with(puzzle.as_bytes());
        let identity = identity.with(&max_k.to_le_bytes()).with(&seed.to_le_bytes()).with(&digest);
        let length = rows_per_block(items.len());
        let blocks: Vec<&[Item<T>]> = items.chunks(length).collect();
        let progress = Progress::new("k-star", "puzzles", Some(items.len()));
        let (mut made, mut n_done) = (vec![Vec::new(); blocks.len()], 0);
        let work = |block: usize, ()| Ok(recorder.to_bytes(blocks[block])?);
        let job = Job { world, folder: self.blocks.as_deref(), identity };
        job.run(
            blocks.len(),
            |_| Ok(()),
            work,
            |block, bytes| {
                made[block] = recorder.runs_of(&bytes)?;
                n_done += made[block].len();
                progress.show(n_done, String::new);
                Ok(())
            },
        )?;
        drop(progress);
        let (puzzle, threshold) = (puzzle.into(), config.halt_threshold);
        let runs = made.into_iter().flatten().collect();
        Ok((world.rank() == 0).then_some(Runs { puzzle, data, model, threshold, max_k, runs }))
    }
}
