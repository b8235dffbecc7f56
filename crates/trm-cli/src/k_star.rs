//! `trm k-star`

use crate::input::{Puzzle, open_output, write_output};
use crate::progress::Progress;
use anyhow::{Context, Result};
use clap::Parser;
use puzzles::PuzzleError;
use puzzles::dataset::Dataset;
use std::fs::File;
use std::path::PathBuf;
use trm_bench::{KStar, Runs, measure, model_id};
use trm_core::TrmEngine;
use trm_tasks::{Item, MazeTask, SudokuTask, Task};

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
    /// Puzzles (CSV: source,question,answer,rating), may be repeated; without it the committed set
    #[arg(long)]
    data: Vec<PathBuf>,
    /// Puzzles to use, from the start of each file
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Model file; without it the one that this program carries
    #[arg(long)]
    model: Option<PathBuf>,
    /// Steps of each run; without it what the model says
    #[arg(long, value_name = "K")]
    max_k: Option<usize>,
    /// Where to write embeddings and runs (safetensors)
    #[arg(long)]
    out: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> Result<()> {
    // Opened before the minutes of work, and renamed after them.
    let out = args.out.as_deref().map(open_output).transpose()?;
    let (engine, info) = args.puzzle.engine(args.model.as_deref())?;
    let config = engine.model().config();
    let runs = match args.puzzle {
        Puzzle::Sudoku => {
            let rows = args.rows(puzzles::read_sudoku_csv, puzzles::load_sudoku_extreme_dataset)?;
            args.measure(&engine, &SudokuTask::of(config)?, rows)?
        }
        Puzzle::Maze => {
            let rows = args.rows(puzzles::maze::read_maze_csv, puzzles::maze::load_maze_hard_dataset)?;
            args.measure(&engine, &MazeTask::of(config)?, rows)?
        }
    };
    if let Some(out) = out {
        write_output(out, &runs.to_bytes()?)?;
    }
    let k_star = KStar::of(&runs);
    if args.json {
        println!("{}", serde_json::to_string(&k_star)?);
    } else {
        println!("model: {}{}", info.name, if info.untrained { ", UNTRAINED" } else { "" });
        print!("{k_star}");
    }
    Ok(())
}

impl Args {
    /// The rows of all files, or of the committed set.
    fn rows<R, I: Iterator<Item = Result<R, PuzzleError>>>(
        &self,
        read: impl Fn(File) -> I,
        committed: impl Fn() -> Result<Dataset<R>, PuzzleError>,
    ) -> Result<Vec<R>> {
        let limit = self.limit.unwrap_or(usize::MAX);
        if self.data.is_empty() {
            return Ok(committed()?.rows.into_iter().take(limit).collect());
        }
        let mut rows = Vec::new();
        for path in &self.data {
            let named = || path.display().to_string();
            let file = File::open(path).with_context(named)?;
            let read: Result<Vec<R>, _> = read(file).take(limit).collect();
            rows.extend(read.with_context(named)?);
        }
        Ok(rows)
    }

    fn measure<T: Task, R>(&self, engine: &TrmEngine, task: &T, rows: Vec<R>) -> Result<Runs>
    where
        Item<T>: From<R> + Sync,
    {
        let items: Vec<Item<T>> = rows.into_iter().map(Item::from).collect();
        let config = engine.model().config();
        let max_k = self.max_k.unwrap_or(config.max_k);
        let progress = Progress::new(T::NAME, Some(items.len()));
        let runs = measure(engine, task, &items, max_k, |n| progress.show(n, None))?;
        drop(progress);
        let names = self.data.iter().map(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if self.limit.is_some() { format!("{name} (in part)") } else { name.into_owned() }
        });
        let data: Vec<String> = names.collect();
        Ok(Runs {
            puzzle: T::NAME.into(),
            data: if data.is_empty() { "the committed set".into() } else { data.join(", ") },
            model: model_id(engine.model())?,
            threshold: config.halt_threshold,
            max_k,
            runs,
        })
    }
}
