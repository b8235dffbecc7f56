//! `trm k-star`

use crate::blocks::{Job, rows_per_block};
use crate::identity::Identity;
use crate::input::{base_name, name_of};
use crate::model_args::{Puzzle, seed_of_runs};
use crate::output::{Output, OutputFile};
use crate::progress::Progress;
use crate::rows::{self, Source};
use crate::values::boxes;
use anyhow::{Context, Result, bail};
use clap::Parser;
use puzzles::sudoku::Geometry;
use std::path::{Path, PathBuf};
use trm_bench::{BenchError, KStar, Recorder, Runs, model_id};
use trm_core::TrmEngine;
use trm_solve::{check_maze, maze_task, sized_sudoku};
use trm_tasks::{Item, Task};
use trm_world::World;

#[derive(Parser)]
#[command(after_help = "Examples:\n  \
    trm k-star sudoku                                  the 1,000 generated puzzles of this program\n  \
    trm k-star sudoku --data puzzles.csv --out runs.safetensors\n  \
    trm k-star maze --data small.csv --data large.csv --max-k 128 --json\n\n\
    K* of a question is the first supervision step whose answer is right and stays right up to\n\
    max_k; a question without one is right-censored: it needs more steps, or none suffice.\n\
    The file that --out writes is for `trm policies`.")]
pub struct Args {
    /// Which puzzle
    puzzle: Puzzle,
    /// Puzzles, as for `trm eval`, may be repeated; without it the committed set
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
    let (engine, info) = args.puzzle.engine(args.model.as_deref())?;
    let seed = seed_of_runs(args.seed, &engine, &info.name)?;
    let engine = engine.with_seed(seed.unwrap_or_default());
    let runs = match args.puzzle {
        Puzzle::Sudoku => {
            let source = rows::sudoku(args.boxes);
            let (rows, data) = args.rows(&source)?;
            let digest = source.files.digest(&rows)?;
            let geometry = rows.first().map_or(Geometry::STANDARD, |row| row.puzzle.geometry());
            if rows.iter().any(|row| row.puzzle.geometry() != geometry) {
                bail!("the files hold Sudoku of different sizes; they are measured one size at a time");
            }
            let (engine, task) = sized_sudoku(&engine, geometry)?;
            args.measure(world, &engine, &task, rows, data, &digest)?
        }
        Puzzle::Maze => {
            if args.boxes.is_some() {
                bail!("--box is for Sudoku");
            }
            let task = maze_task(&engine)?;
            let source = rows::mazes();
            let (rows, data) = args.rows(&source)?;
            let digest = source.files.digest(&rows)?;
            rows.iter().try_for_each(|row| check_maze(&engine, &row.maze))?;
            args.measure(world, &engine, &task, rows, data, &digest)?
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

impl Args {
    /// The rows of all files, or of the set that stands in for them, and their names.
    fn rows<R: Send + 'static>(&self, source: &Source<R>) -> Result<(Vec<R>, String)> {
        let named = |name: &str| {
            let name = base_name(name);
            if self.limit.is_some() { format!("{name} (in part)") } else { name.to_owned() }
        };
        if self.data.is_empty() {
            let rows = source.rows(None, self.limit, &|_| Ok(()))?;
            let all: Result<Vec<R>> = rows.items.map(|row| row.with_context(|| rows.data.clone())).collect();
            return Ok((all?, named(&rows.data)));
        }
        let (mut rows, mut names) = (Vec::new(), Vec::new());
        for path in &self.data {
            rows.extend(source.read_all(path, self.limit.unwrap_or(usize::MAX))?);
            names.push(named(&name_of(path)));
        }
        Ok((rows, names.join(", ")))
    }

    /// The runs of all rows, on rank 0; `digest` is the hash of the rows.
    fn measure<T: Task, R>(
        &self,
        world: &dyn World,
        engine: &TrmEngine,
        task: &T,
        rows: Vec<R>,
        data: String,
        digest: &[u8],
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
        let identity = Identity::new("k-star").with(&engine.model().to_bytes()?).with(T::NAME.as_bytes());
        let identity = identity.with(&max_k.to_le_bytes()).with(&seed.to_le_bytes()).with(digest);
        let length = rows_per_block(items.len());
        let blocks: Vec<&[Item<T>]> = items.chunks(length).collect();
        let progress = Progress::new(T::NAME, "puzzles", Some(items.len()));
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
        let (puzzle, threshold) = (T::NAME.into(), config.halt_threshold);
        let runs = made.into_iter().flatten().collect();
        Ok((world.rank() == 0).then_some(Runs { puzzle, data, model, threshold, max_k, runs }))
    }
}
