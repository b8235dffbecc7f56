//! `trm k-star`

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
use trm_bench::{KStar, Runs, measure, model_id};
use trm_core::TrmEngine;
use trm_solve::{check_maze, maze_task, sized_sudoku};
use trm_tasks::{Item, MazeTask, SudokuTask, Task};

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
    /// Where to write embeddings and runs (safetensors)
    #[arg(long)]
    out: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args, out: &mut Output) -> Result<()> {
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
            let (rows, data) = args.rows(&rows::sudoku(args.boxes))?;
            let geometry = rows.first().map_or(Geometry::STANDARD, |row| row.puzzle.geometry());
            if rows.iter().any(|row| row.puzzle.geometry() != geometry) {
                bail!("the files hold Sudoku of different sizes; they are measured one size at a time");
            }
            let (engine, task) = sized_sudoku(&engine, geometry)?;
            args.measure(&engine, (&task, SudokuTask::NAME), rows, data)?
        }
        Loaded::Known(Puzzle::Maze) => {
            let task = maze_task(&engine)?;
            let (rows, data) = args.rows(&rows::mazes())?;
            rows.iter().try_for_each(|row| check_maze(&engine, &row.maze))?;
            args.measure(&engine, (&task, MazeTask::NAME), rows, data)?
        }
        Loaded::File(file) => {
            if args.data.is_empty() {
                bail!("--data is needed: puzzles of {}, with answers", file.name);
            }
            let (rows, data) = args.read(&rows::rules(file.rules()))?;
            args.measure(&engine, (&file.task, file.rules().name()), rows, data)?
        }
    };
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
        if self.data.is_empty() {
            let rows = source.rows(None, self.limit, &|_| Ok(()))?;
            let all: Result<Vec<R>> = rows.items.map(|row| row.with_context(|| rows.data.clone())).collect();
            return Ok((all?, self.named(&rows.data)));
        }
        self.read(&source.files)
    }

    /// The rows of all files, and their names.
    fn read<R: Send + 'static>(&self, files: &Files<R>) -> Result<(Vec<R>, String)> {
        let (mut rows, mut names) = (Vec::new(), Vec::new());
        for path in &self.data {
            rows.extend(files.read_all(path, self.limit.unwrap_or(usize::MAX))?);
            names.push(self.named(&name_of(path)));
        }
        Ok((rows, names.join(", ")))
    }

    fn named(&self, name: &str) -> String {
        let name = base_name(name);
        if self.limit.is_some() { format!("{name} (in part)") } else { name.to_owned() }
    }

    fn measure<T: Task, R>(
        &self,
        engine: &TrmEngine,
        (task, puzzle): (&T, &str),
        rows: Vec<R>,
        data: String,
    ) -> Result<Runs>
    where
        Item<T>: From<R> + Sync,
    {
        let items: Vec<Item<T>> = rows.into_iter().map(Item::from).collect();
        let config = engine.model().config();
        let max_k = self.max_k.unwrap_or(config.max_k);
        let progress = Progress::new("k-star", "puzzles", Some(items.len()));
        let runs = measure(engine, task, &items, max_k, |n| progress.show(n, String::new))?;
        drop(progress);
        Ok(Runs {
            puzzle: puzzle.into(),
            data,
            model: model_id(engine.model())?,
            threshold: config.halt_threshold,
            max_k,
            runs,
        })
    }
}
