//! What commands read: models, puzzle texts, halting policies.

use anyhow::{Context, Result, bail};
use clap::{Parser, ValueEnum};
use puzzles::maze::Maze;
use puzzles::sudoku::{Geometry, Grid};
use sona_learn::SonaEngine;
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use trm_bench::ModelInfo;
use trm_core::file::AtomicFile;
use trm_core::{HaltingPredictor, Precision, TrmConfig, TrmEngine};
use trm_solve::{Halting, LearnedHalting, Policy};
use trm_tasks::sized;
use trm_tasks::{MazeTask, SudokuTask, Task};

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

    /// What was learned of halting this model's runs.
    fn halting_bytes(self) -> &'static [u8] {
        match self {
            Puzzle::Sudoku => trm_models::sudoku_halting_bytes(),
            Puzzle::Maze => trm_models::maze_halting_bytes(),
        }
    }

    /// The model of a file, or the one that the program carries.
    pub fn engine(self, model: Option<&Path>) -> Result<(TrmEngine, ModelInfo)> {
        let (engine, name) = match model {
            Some(path) => {
                let name = path.display().to_string();
                (TrmEngine::load(path).with_context(|| name.clone())?, name)
            }
            None => (self.embedded().0, format!("embedded {}", self.name())),
        };
        let info = ModelInfo::of(name, engine.model());
        Ok((engine, info))
    }

    pub fn name(self) -> &'static str {
        match self {
            Puzzle::Sudoku => trm_tasks::SudokuTask::NAME,
            Puzzle::Maze => trm_tasks::MazeTask::NAME,
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
    /// Think until the model is confident
    #[arg(long, group = "halting")]
    pub adaptive: bool,
    /// Think until enough steps agree, each by its confidence (the default)
    #[arg(long, group = "halting")]
    pub vote: bool,
    /// Think until the answer stayed the same for N steps in a row
    #[arg(long, value_name = "N", group = "halting")]
    pub stable: Option<usize>,
    /// Think until what was learned of such runs says that the answer is settled
    #[arg(long, group = "halting")]
    pub learned: bool,
    /// Think for as many steps as are foreseen to be enough, before the run
    #[arg(long, group = "halting")]
    pub predicted: bool,
    /// What --learned and --predicted know (from `trm policies --state`); without it what this
    /// program carries
    #[arg(long = "halting", value_name = "FILE")]
    pub halting_state: Option<PathBuf>,
    /// Think until an answer obeys the rules: the network and the rules, not the network alone
    #[arg(long, group = "halting")]
    pub verified: bool,
    /// Think for at most this many steps; without it what the model says
    #[arg(long, value_name = "K", conflicts_with = "k")]
    pub max_k: Option<usize>,
    /// Factors of matrix products; bf16 is faster on processors with AVX512_BF16 (see `trm doctor`), and gives
    /// other answers now and then
    #[arg(long, value_enum, default_value_t = Factors::F32)]
    pub precision: Factors,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
pub enum Factors {
    F32,
    Bf16,
}

impl From<Factors> for Precision {
    fn from(factors: Factors) -> Self {
        match factors {
            Factors::F32 => Precision::F32,
            Factors::Bf16 => Precision::Bf16,
        }
    }
}

impl Thinking {
    pub fn engine(&self, puzzle: Puzzle) -> Result<(TrmEngine, ModelInfo)> {
        let (engine, info) = puzzle.engine(self.model.as_deref())?;
        let engine = engine.with_precision(self.precision.into())?;
        if !self.learned && !self.predicted {
            return Ok((engine, info));
        }
        if self.model.is_some() && self.halting_state.is_none() {
            eprintln!("note: what is learned of halting is about another model; give --halting FILE");
        }
        let sona = match &self.halting_state {
            Some(path) => SonaEngine::load(path).with_context(|| path.display().to_string())?,
            None => SonaEngine::from_bytes(puzzle.halting_bytes()).context("the embedded halting state")?,
        };
        let config = engine.model().config();
        let halting: Arc<dyn HaltingPredictor> = match puzzle {
            Puzzle::Sudoku => Arc::new(LearnedHalting::new(SudokuTask::of(config)?, sona)?),
            Puzzle::Maze => Arc::new(LearnedHalting::new(MazeTask::of(config)?, sona)?),
        };
        Ok((engine.with_halting(halting), info))
    }

    pub fn policy(&self, config: &TrmConfig) -> Result<Policy> {
        let halting = match (self.k, self.stable) {
            (Some(k), _) => Halting::Fixed(k),
            (_, Some(n)) => Halting::Stable(n),
            _ if self.verified => Halting::Verified,
            _ if self.adaptive => Halting::Adaptive,
            _ if self.learned => Halting::Learned,
            _ if self.predicted => Halting::Predicted,
            _ => Halting::Vote,
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
    let geometry = Geometry::of_cells(text.chars().count()).unwrap_or_default();
    let grid = Grid::parse_with(geometry, &text).map_err(anyhow::Error::from).and_then(|grid| {
        grid.conflicts()?;
        Ok(grid)
    });
    grid.with_context(|| shown(argument))
}

/// The engine and the task for Sudoku of a size: the weights serve all of them.
pub fn sudoku_task(mut engine: TrmEngine, geometry: Geometry) -> Result<(TrmEngine, SudokuTask)> {
    if geometry != Geometry::STANDARD {
        if engine.halting().is_some() {
            bail!("--learned and --predicted know Sudoku of 9x9 cells, and of no other size");
        }
        let precision = engine.precision();
        engine = TrmEngine::from(sized(engine.model(), geometry)?).with_precision(precision)?;
    }
    let task = SudokuTask::sized(engine.model().config(), geometry)?;
    Ok((engine, task))
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

/// Opens a file for the result of work still to come.
pub fn open_output(path: &Path) -> Result<AtomicFile> {
    AtomicFile::create(path).with_context(|| path.display().to_string())
}

/// Writes a whole file, and puts it into its place.
pub fn write_output(mut out: AtomicFile, bytes: &[u8]) -> Result<()> {
    let name = out.path().display().to_string();
    out.file().write_all(bytes).and_then(|()| out.commit()).context(name)
}
