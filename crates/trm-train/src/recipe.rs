//! Recipes: the phases that train a model, as a TOML file.
//!
//! The README of this crate shows the format. `trm train --recipe FILE` runs the commands of its phases:
//!
//! ```
//! use std::path::Path;
//! use trm_train::recipe::Recipe;
//!
//! let text = r#"
//! puzzle = "maze"
//! [[phase]]
//! name = "short"
//! sides = [7, 16]
//! lr = 3e-3
//! [[phase]]
//! name = "long"
//! sides = [20, 30]
//! "#;
//! let recipe = Recipe::parse(text, Path::new("maze.toml"))?;
//! let commands = recipe.phases.iter().map(|phase| recipe.command(phase, "runs").join(" "));
//! let expected = [
//!     "train maze --out runs/maze-short --sides 7,16 --lr 3e-3",
//!     "train maze --out runs/maze-long --sides 20,30 --init runs/maze-short/model.safetensors",
//! ];
//! assert!(commands.eq(expected));
//! # Ok::<(), trm_train::TrainError>(())
//! ```

mod options;
mod parse;
mod phase;

pub use options::{Options, Settings, Share};
pub use phase::{Phase, Weights, Work};

use crate::{Result, TrainError};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// A recipe is written by hand.
const MAX_BYTES: u64 = 1 << 20;

/// How a model is trained.
#[derive(Clone, Debug, PartialEq)]
pub struct Recipe {
    /// What it is trained on, as `trm train` names it.
    pub puzzle: String,
    /// What is done, one after the other; at least one, and every weights file it names is made before.
    pub phases: Vec<Phase>,
}

impl Recipe {
    /// Reads a recipe.
    ///
    /// # Errors
    /// [`TrainError::Io`], or [`TrainError::Recipe`] with the line.
    pub fn read(path: &Path) -> Result<Self> {
        let io = |source| TrainError::Io { path: path.to_path_buf(), source };
        let mut text = String::new();
        let file = File::open(path).map_err(io)?;
        file.take(MAX_BYTES + 1).read_to_string(&mut text).map_err(io)?;
        if text.len() as u64 > MAX_BYTES {
            let reason = format!("more than {MAX_BYTES} bytes");
            return Err(TrainError::Recipe { path: path.to_path_buf(), line: 1, reason });
        }
        Self::parse(&text, path)
    }

    /// Reads the text of a recipe; `path` is for messages.
    ///
    /// # Errors
    /// [`TrainError::Recipe`] with the line.
    pub fn parse(text: &str, path: &Path) -> Result<Self> {
        let (puzzle, phases) = parse::parse(text).map_err(|fault| TrainError::Recipe {
            path: path.to_path_buf(),
            line: fault.line(text),
            reason: fault.reason,
        })?;
        Ok(Recipe { puzzle, phases })
    }

    /// The words behind `trm` that do a phase, with all runs below the folder `out`.
    #[must_use]
    pub fn command(&self, phase: &Phase, out: &str) -> Vec<String> {
        let word = String::from;
        match &phase.work {
            Work::Train { from, options } => {
                let run = format!("{out}/{}-{}", self.puzzle, phase.name);
                let mut words = vec![word("train"), self.puzzle.clone(), word("--out"), run];
                words.extend(options.arguments());
                let init = from.iter().map(|weights| self.weights(weights, out));
                words.extend(init.flat_map(|path| [word("--init"), path]));
                words
            }
            Work::Mean(of) => {
                let mut words = vec![word("average")];
                words.extend(of.iter().map(|weights| self.weights(weights, out)));
                words.extend([word("--out"), self.last_weights(phase, out)]);
                words
            }
            Work::Set(of, settings) => {
                let mut words = vec![word("set"), self.weights(of, out)];
                words.extend(settings.arguments());
                words.extend([word("--out"), self.last_weights(phase, out)]);
                words
            }
        }
    }

    /// The model file that holds these weights once their phase is done.
    #[must_use]
    pub fn weights(&self, weights: &Weights, out: &str) -> String {
        let Weights { phase, step } = weights;
        let is_file = |p: &Phase| p.name == *phase && !matches!(p.work, Work::Train { .. });
        let start = format!("{out}/{}-{phase}", self.puzzle);
        match step {
            _ if self.phases.iter().any(is_file) => format!("{start}.safetensors"),
            Some(step) => format!("{start}/model-{step}.safetensors"),
            None => format!("{start}/model.safetensors"),
        }
    }

    /// The model file that the last phase leaves.
    #[must_use]
    pub fn result(&self, out: &str) -> Option<String> {
        self.phases.last().map(|last| self.last_weights(last, out))
    }

    fn last_weights(&self, phase: &Phase, out: &str) -> String {
        self.weights(&Weights { phase: phase.name.clone(), step: None }, out)
    }
}
