//! What a command works on: a puzzle that this program knows, or one that a file describes.

use crate::input::{name_of, read_model, read_text};
use crate::model_args::{ModelArgs, Puzzle};
use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use puzzles::rules::{self, Rules};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use trm_bench::ModelInfo;
use trm_core::{Model, TrmEngine};
use trm_solve::LearnedHalting;
use trm_tasks::{RulesTask, fit_rules, rules_of};

/// A puzzle.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    Known(Puzzle),
    /// That of a puzzle file, or of a model that carries one.
    File(PathBuf),
}

impl Kind {
    /// Reads the file, where it is one.
    pub fn load(&self) -> Result<Loaded> {
        Ok(match self {
            Kind::Known(puzzle) => Loaded::Known(*puzzle),
            Kind::File(path) => Loaded::File(Box::new(PuzzleFile::read(path)?)),
        })
    }
}

/// A [`Kind`] with the content of its file.
pub enum Loaded {
    Known(Puzzle),
    File(Box<PuzzleFile>),
}

impl Loaded {
    /// The model that answers its puzzles.
    pub fn engine(&self, args: &ModelArgs) -> Result<(TrmEngine, ModelInfo)> {
        match self {
            Loaded::Known(puzzle) => args.engine(*puzzle),
            Loaded::File(file) => file.engine(args),
        }
    }
}

/// Reads the name of a puzzle, or of a file.
pub fn kind(text: &str) -> Result<Kind, String> {
    if let Ok(puzzle) = Puzzle::from_str(text, true) {
        return Ok(Kind::Known(puzzle));
    }
    let path = Path::new(text);
    if ends_in(path, "toml") || ends_in(path, "safetensors") || path.is_file() {
        return Ok(Kind::File(path.into()));
    }
    Err("possible values: sudoku, maze, a puzzle file (.toml), or a model that carries one".into())
}

/// Whether the name of a file ends so.
pub fn ends_in(path: &Path, end: &str) -> bool {
    path.extension().is_some_and(|found| found == end)
}

/// A puzzle file, alone or in a model.
pub struct PuzzleFile {
    /// In messages and reports.
    pub name: String,
    pub task: RulesTask,
    model: Option<Model>,
}

impl PuzzleFile {
    /// Reads `path`.
    ///
    /// # Errors
    /// The line and the reason; a model that carries no puzzle file.
    pub fn read(path: &Path) -> Result<Self> {
        let name = name_of(path);
        if ends_in(path, "safetensors") {
            let model = read_model(path)?;
            let Some(rules) = rules_of(&model).with_context(|| name.clone())? else {
                bail!("{name}: this model carries no puzzle file; name the file, and the model with --model");
            };
            return Ok(PuzzleFile { name, task: RulesTask::new(Arc::new(rules)), model: Some(model) });
        }
        let rules = Rules::parse(&read_text(path)?).with_context(|| name.clone())?;
        Ok(PuzzleFile { name, task: RulesTask::new(Arc::new(rules)), model: None })
    }

    pub fn rules(&self) -> &Arc<Rules> {
        self.task.rules()
    }

    /// The engine of [`PuzzleFile::loaded`] as these options want it.
    pub fn engine(&self, args: &ModelArgs) -> Result<(TrmEngine, ModelInfo)> {
        let sona = args.learned_state(None)?;
        let (engine, info) = self.loaded(args.model.as_deref())?;
        let engine = args.tuned(engine, &info)?;
        Ok(match sona {
            Some(sona) => {
                (engine.with_halting(Arc::new(LearnedHalting::new(self.task.clone(), sona)?)), info)
            }
            None => (engine, info),
        })
    }

    /// The model that answers its puzzles: the one that is named, the one that carries the file, or that of Sudoku,
    /// whose weights of cells, lines, boxes and their intersections serve other puzzles too.
    pub fn loaded(&self, model: Option<&Path>) -> Result<(TrmEngine, ModelInfo)> {
        let (model, name) = match (model, &self.model) {
            (Some(path), _) => (read_model(path)?, name_of(path)),
            (None, Some(model)) => (model.clone(), self.name.clone()),
            (None, None) => (Puzzle::Sudoku.embedded().0.model().clone(), "embedded sudoku".into()),
        };
        let engine = fit_rules(&model, self.rules()).with_context(|| name.clone())?;
        let info = ModelInfo { untrained: model.is_untrained(), ..ModelInfo::of(name, engine.model()) };
        Ok((engine, info))
    }
}

/// Refuses a puzzle without a solution; what else there is to say of it is returned.
pub fn judge(puzzle: &rules::Puzzle) -> Result<Option<String>> {
    let solutions = rules::solutions(puzzle, rules::Limits::default());
    Ok(match solutions {
        rules::Solutions::None => return Err(rules::RulesError::NoSolution.into()),
        rules::Solutions::One(_) if puzzle.n_givens() == puzzle.cells.len() => {
            Some("this puzzle is solved already".into())
        }
        rules::Solutions::One(_) => None,
        rules::Solutions::Several => {
            Some("this puzzle has more than one solution; any of them is accepted".into())
        }
        rules::Solutions::Unknown { max_work } => {
            Some(format!("could not tell how many solutions there are: gave up after {max_work} steps"))
        }
    })
}

/// Refuses options that files of rules do not have.
pub fn refuse(options: &[(&str, bool)]) -> Result<()> {
    match options.iter().find(|(_, given)| *given) {
        Some((name, _)) => bail!("{name} has no effect with a puzzle file"),
        None => Ok(()),
    }
}
