//! `trm overlap`: puzzles that several files have in common, up to every relabelling.

use crate::input::name_of;
use crate::model_args::Puzzle;
use crate::output::Output;
use crate::progress::Progress;
use crate::rows::{self, Source};
use crate::values::boxes;
use crate::verdict::Verdict;
use anyhow::{Context, Result, bail};
use clap::Parser;
use puzzles::SudokuRow;
use puzzles::maze::MazeRow;
use puzzles::sudoku::{Canonical, Geometry};
use rayon::prelude::*;
use serde::Serialize;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

#[derive(Parser)]
#[command(after_help = "Examples:\n  \
    trm overlap sudoku train.csv validation.csv      every pair of files\n  \
    trm overlap sudoku train.csv --committed         against the committed test set too\n  \
    trm overlap maze a.csv b.csv --json\n\n\
    Two Sudoku are the same if one is the other with digits renamed, rows moved within bands, bands moved,\n\
    columns and stacks likewise, and the grid transposed; \"same solution\" says it of the solved grids alone.\n\
    Two mazes are the same if one is the other turned or mirrored. What a file holds twice is counted too.\n\n\
    Exit codes: 0 no two files share a puzzle, 1 some do, 2 bad input.")]
pub struct Args {
    /// Which puzzle
    puzzle: Puzzle,
    /// Puzzles with their answers, as for `trm eval`
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Compare with the committed test set too
    #[arg(long)]
    committed: bool,
    /// Sudoku: rows and columns of a box, where a size has more than one shape
    #[arg(long = "box", value_name = "ROWSxCOLUMNS", value_parser = boxes)]
    boxes: Option<Geometry>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Hashes that two puzzles share where they are the same: of the whole, and of the solved grid.
type Keys = [[u8; 16]; 2];

/// The puzzles of a file.
struct Set {
    name: String,
    keys: Vec<Keys>,
    /// The first row, from 1, of each whole puzzle; the number of solved grids is all that is asked for.
    rows: HashMap<[u8; 16], usize>,
    solved: HashSet<[u8; 16]>,
}

#[derive(Serialize)]
struct FileReport<'a> {
    name: &'a str,
    n: usize,
    n_distinct: usize,
    n_solutions: usize,
}

/// What the second of two files has in common with the first.
#[derive(Serialize)]
struct PairReport<'a> {
    a: &'a str,
    b: &'a str,
    /// Rows of the second whose puzzle is in the first.
    same_puzzle: usize,
    /// Rows of the second whose solved grid is in the first.
    same_solution: usize,
    /// Some of the former: row of the first, row of the second.
    examples: Vec<[usize; 2]>,
}

/// Pairs of rows that a report lists.
const MAX_EXAMPLES: usize = 5;

pub fn run(args: &Args, out: &mut Output) -> Result<Verdict> {
    let sets = match args.puzzle {
        Puzzle::Sudoku => args.sets(&rows::sudoku(args.boxes), |row: &SudokuRow| {
            let side = row.puzzle.geometry().side();
            let refused = || format!("a Sudoku of {side}x{side} cells: overlaps are found up to 9x9");
            let form = Canonical::of(&row.puzzle, &row.solution).with_context(refused)?;
            Ok([hash(&[&form.givens[..], &form.solution].concat()), hash(&form.solution)])
        })?,
        Puzzle::Maze if args.boxes.is_some() => bail!("--box is for Sudoku"),
        Puzzle::Maze => args.sets(&rows::mazes(), |row: &MazeRow| {
            let (height, text) = row.maze.canonical();
            let key = hash(format!("{height} {text}").as_bytes());
            Ok([key, key])
        })?,
    };
    let files: Vec<_> = sets.iter().map(Set::report).collect();
    let pairs = sets.iter().enumerate().flat_map(|(i, a)| sets[i + 1..].iter().map(move |b| a.beside(b)));
    let pairs: Vec<_> = pairs.collect();
    let verdict = Verdict::from(pairs.iter().all(|pair| pair.same_puzzle == 0));
    out.set_verdict(verdict);
    if args.json {
        let names: Vec<_> = sets.iter().map(|set| &set.name).collect();
        let object = json!({ "puzzle": args.puzzle.name(), "data": names, "model": null, "files": files,
            "pairs": pairs });
        out.json(&object, None)?;
        return Ok(verdict);
    }
    let has_solutions = args.puzzle == Puzzle::Sudoku;
    for FileReport { name, n, n_distinct, n_solutions } in files {
        let solutions = if has_solutions { format!(", {n_solutions} solved grids") } else { String::new() };
        writeln!(out, "{name}: {n} puzzles, {n_distinct} distinct{solutions}")?;
    }
    for PairReport { a, b, same_puzzle, same_solution, examples } in pairs {
        let solutions = if has_solutions {
            format!(", {same_solution} with the same solved grid")
        } else {
            String::new()
        };
        writeln!(out, "{b} in {a}: {same_puzzle} rows with the same puzzle{solutions}")?;
        for [row_a, row_b] in examples {
            writeln!(out, "  row {row_b} is row {row_a}")?;
        }
    }
    Ok(verdict)
}

impl Args {
    /// The files, and the committed set if it is asked for.
    fn sets<R: Send + Sync + 'static>(
        &self,
        source: &Source<R>,
        keys: impl Fn(&R) -> Result<Keys> + Sync,
    ) -> Result<Vec<Set>> {
        let mut sets = Vec::new();
        for path in &self.files {
            sets.push(Set::of(name_of(path), &source.files.read_all(path, usize::MAX)?, &keys)?);
        }
        if self.committed {
            let committed = (source.committed)()?;
            sets.push(Set::of("the committed set".into(), &committed.rows, &keys)?);
        }
        Ok(sets)
    }
}

impl Set {
    fn of<R: Sync>(name: String, rows: &[R], keys: &(impl Fn(&R) -> Result<Keys> + Sync)) -> Result<Self> {
        let progress = Progress::new("overlap", "puzzles", Some(rows.len()));
        let n_done = AtomicUsize::new(0);
        let all = rows.par_iter().enumerate().map(|(i, row)| {
            let found = keys(row).with_context(|| format!("{name}: puzzle {}", i + 1));
            progress.show(n_done.fetch_add(1, Ordering::Relaxed) + 1, String::new);
            found
        });
        let keys = all.collect::<Result<Vec<_>>>()?;
        drop(progress);
        let mut rows = HashMap::with_capacity(keys.len());
        keys.iter().enumerate().for_each(|(i, [whole, _])| {
            rows.entry(*whole).or_insert(i + 1);
        });
        let solved = keys.iter().map(|[_, solved]| *solved).collect();
        Ok(Set { name, keys, rows, solved })
    }

    fn report(&self) -> FileReport<'_> {
        let Set { name, keys, rows, solved } = self;
        FileReport { name, n: keys.len(), n_distinct: rows.len(), n_solutions: solved.len() }
    }

    fn beside<'a>(&'a self, other: &'a Set) -> PairReport<'a> {
        let shared = other.keys.iter().enumerate();
        let shared = shared.filter_map(|(i, [whole, _])| Some([*self.rows.get(whole)?, i + 1]));
        let shared: Vec<_> = shared.collect();
        PairReport {
            a: &self.name,
            b: &other.name,
            same_puzzle: shared.len(),
            same_solution: other.keys.iter().filter(|[_, solved]| self.solved.contains(solved)).count(),
            examples: shared.into_iter().take(MAX_EXAMPLES).collect(),
        }
    }
}

/// Half of a SHA-256: no two of any number of puzzles that fit a disk will share it by chance.
fn hash(bytes: &[u8]) -> [u8; 16] {
    let digest = Sha256::digest(bytes);
    std::array::from_fn(|i| digest[i])
}
