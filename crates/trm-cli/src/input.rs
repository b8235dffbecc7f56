//! What commands read: models, puzzle texts, halting policies.

use anyhow::{Context, Result, bail};
use clap::{Parser, ValueEnum};
use puzzles::maze::Maze;
use puzzles::sudoku::{Geometry, Grid};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use trm_bench::{Halting, ModelInfo, Policy, Task};
use trm_core::{TrmConfig, TrmEngine};

/// Longer texts are refused; the largest maze has a million cells.
const MAX_TEXT_BYTES: u64 = 1 << 22;

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Puzzle {
    Sudoku,
    Maze,
}

impl Puzzle {
    /// The model of this name that the program carries.
    pub fn embedded(self) -> (TrmEngine, &'static [u8]) {
        match self {
            Puzzle::Sudoku => (trm_models::sudoku(), trm_models::sudoku_bytes()),
            Puzzle::Maze => (trm_models::maze(), trm_models::maze_bytes()),
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Puzzle::Sudoku => trm_bench::SudokuTask::NAME,
            Puzzle::Maze => trm_bench::MazeTask::NAME,
        }
    }
}

/// Which model, and when it stops.
#[derive(Parser)]
pub struct Thinking {
    /// Model file; without it the one that this program carries
    #[arg(long)]
    pub model: Option<PathBuf>,
    /// Think for exactly K supervision steps
    #[arg(long, value_name = "K", group = "halting")]
    pub k: Option<usize>,
    /// Think until the model is confident (the default)
    #[arg(long, group = "halting")]
    pub adaptive: bool,
    /// Think until the answer stayed the same for N steps in a row
    #[arg(long, value_name = "N", group = "halting")]
    pub stable: Option<usize>,
    /// Think until an answer obeys the rules: the network and the rules, not the network alone
    #[arg(long, group = "halting")]
    pub verified: bool,
    /// Think for at most this many steps; without it what the model says
    #[arg(long, value_name = "K", conflicts_with = "k")]
    pub max_k: Option<usize>,
}

impl Thinking {
    pub fn engine(&self, puzzle: Puzzle) -> Result<(TrmEngine, ModelInfo)> {
        let (engine, name) = match &self.model {
            Some(path) => {
                let engine = TrmEngine::load(path).with_context(|| path.display().to_string())?;
                (engine, path.display().to_string())
            }
            None => (puzzle.embedded().0, format!("embedded {}", puzzle.name())),
        };
        let info = ModelInfo::of(name, engine.model());
        Ok((engine, info))
    }

    pub fn policy(&self, config: &TrmConfig) -> Result<Policy> {
        let halting = match (self.k, self.stable, self.verified) {
            (Some(k), ..) => Halting::Fixed(k),
            (_, Some(n), _) => Halting::Stable(n),
            (.., true) => Halting::Verified,
            _ => Halting::Adaptive,
        };
        Ok(Policy::of(config, halting, self.max_k)?)
    }
}

/// The text behind an argument: `-` is standard input, the name of a file its content, and
/// anything else the puzzle itself.
pub fn read_text(argument: &str) -> Result<String> {
    if argument == "-" {
        return read_bounded(std::io::stdin()).context("standard input");
    }
    let path = Path::new(argument);
    if path.is_file() {
        return read_file(path).with_context(|| argument.to_owned());
    }
    Ok(argument.to_owned())
}

/// The text of a small file.
pub fn read_file(path: &Path) -> Result<String> {
    read_bounded(File::open(path)?)
}

fn read_bounded(from: impl Read) -> Result<String> {
    let mut bytes = Vec::new();
    from.take(MAX_TEXT_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_TEXT_BYTES {
        bail!("more than {MAX_TEXT_BYTES} bytes are no puzzle and no configuration");
    }
    let text = String::from_utf8(bytes).context("no UTF-8 text")?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned())
}

/// A Sudoku of 81 characters in any lines, or of 16, 256 or 625 with other boxes.
pub fn parse_sudoku(argument: &str) -> Result<Grid> {
    let text: String = read_text(argument)?.split_whitespace().collect();
    let box_side =
        [(16, 2), (256, 4), (625, 5)].into_iter().find(|(cells, _)| *cells == text.chars().count());
    let geometry = box_side.map_or(Ok(Geometry::STANDARD), |(_, side)| Geometry::new(side, side))?;
    let grid = Grid::parse_with(geometry, &text).map_err(anyhow::Error::from).and_then(|grid| {
        grid.conflicts()?;
        Ok(grid)
    });
    grid.with_context(|| shown(argument))
}

/// A maze: one line per row, or the single line of published files, which is square.
pub fn parse_maze(argument: &str) -> Result<Maze> {
    let text = read_text(argument)?;
    let text = text.trim_end_matches(['\n', '\r']);
    let maze = if text.contains('\n') { Maze::parse_rows(text) } else { Maze::parse(text) };
    maze.with_context(|| shown(argument))
}

/// The argument as it stands in an error message.
fn shown(argument: &str) -> String {
    if argument == "-" {
        return "standard input".into();
    }
    let short: String = argument.chars().take(100).collect();
    let dots = if short.len() < argument.len() { ".." } else { "" };
    if Path::new(argument).is_file() { short } else { format!("{short:?}{dots} (no file has this name)") }
}
