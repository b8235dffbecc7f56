//! Which model, and when its runs halt: options that several commands share.

use crate::identity::Identity;
use crate::input::{name_of, read_bytes, read_model};
use crate::output::message;
use crate::values::number32;
use anyhow::{Context, Result, bail};
use clap::{Parser, ValueEnum};
use sona_learn::SonaEngine;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use trm_bench::ModelInfo;
use trm_core::{HaltingPredictor, Precision, TrmEngine};
use trm_solve::{Halting, LearnedHalting, Policy, maze_task, sudoku_task};
use trm_tasks::Task;

/// Larger halting states are refused.
const MAX_STATE_BYTES: u64 = 1 << 25;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Puzzle {
    Sudoku,
    Maze,
}

impl Puzzle {
    /// The puzzle whose carried model a word means: its name, where no file has that name.
    pub fn carried(word: &Path) -> Option<Self> {
        let puzzle = Puzzle::from_str(word.to_str()?, true).ok()?;
        (!word.exists()).then_some(puzzle)
    }

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
            Some(path) => (read_model(path)?.into(), name_of(path)),
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
pub struct ModelArgs {
    /// Model file; without it the one that this program carries
    #[arg(long)]
    pub model: Option<PathBuf>,
    /// Think for exactly K supervision steps
    #[arg(long, value_name = "K", group = "halting")]
    pub k: Option<usize>,
    /// Think until the model is confident. Without one of these options the model file says how to halt
    #[arg(long, group = "halting")]
    pub adaptive: bool,
    /// Think until enough steps agree, each by its confidence
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
    /// Seed of all that is random, 0 unless given: the noise of a model's answer channel, and of rollouts
    #[arg(long)]
    seed: Option<u64>,
    /// Standard deviation of the noise of a model's answer channel; without it what the model says
    #[arg(long, value_name = "STD", value_parser = number32(0.0..=100.0), allow_negative_numbers = true)]
    pub channel_noise: Option<f32>,
    /// Factors of matrix products; bf16 is faster on some processors (`trm doctor` measures it), and gives
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

impl ModelArgs {
    pub fn engine(&self, puzzle: Puzzle) -> Result<(TrmEngine, ModelInfo)> {
        let sona = self.learned_state(Some(puzzle.halting_bytes()))?;
        let (engine, info) = puzzle.engine(self.model.as_deref())?;
        let engine = self.tuned(engine, &info)?;
        let Some(sona) = sona else { return Ok((engine, info)) };
        let halting: Arc<dyn HaltingPredictor> = match puzzle {
            Puzzle::Sudoku => Arc::new(LearnedHalting::new(sudoku_task(&engine)?, sona)?),
            Puzzle::Maze => Arc::new(LearnedHalting::new(maze_task(&engine)?, sona)?),
        };
        Ok((engine.with_halting(halting), info))
    }

    /// The engine with the precision, seed and noise of these options.
    pub fn tuned(&self, engine: TrmEngine, info: &ModelInfo) -> Result<TrmEngine> {
        let engine = engine.with_precision(self.precision.into())?.with_seed(self.seed());
        let Some(std) = self.channel_noise else { return Ok(engine) };
        let refused = || format!("--channel-noise {std}: {} has no answer channel", info.name);
        engine.with_channel_noise(std).with_context(refused)
    }

    /// What --learned and --predicted know, where one of them is given. `carried` is what this program knows of its
    /// own model.
    pub fn learned_state(&self, carried: Option<&[u8]>) -> Result<Option<SonaEngine>> {
        if !self.learned && !self.predicted {
            if self.halting_state.is_some() {
                bail!("--halting is for --learned and --predicted, and has no effect without one of them");
            }
            return Ok(None);
        }
        let sona = match (&self.halting_state, carried) {
            (Some(path), _) => {
                let bytes = read_bytes(path, MAX_STATE_BYTES)?;
                SonaEngine::from_bytes(&bytes).with_context(|| name_of(path))?
            }
            (None, Some(bytes)) => {
                if self.model.is_some() {
                    message!("note: what is learned of halting is about another model; give --halting FILE");
                }
                SonaEngine::from_bytes(bytes).context("the embedded halting state")?
            }
            (None, None) => bail!("--learned and --predicted take --halting FILE with a puzzle file"),
        };
        Ok(Some(sona))
    }

    pub fn seed(&self) -> u64 {
        self.seed.unwrap_or_default()
    }

    /// The seed, where single runs of this engine depend on it; see [`seed_of_runs`].
    pub fn seed_of_runs(&self, engine: &TrmEngine, name: &str) -> Result<Option<u64>> {
        seed_of_runs(self.seed, engine, name)
    }

    /// What decides the answers of `command`: the model, when it halts, and what is random.
    pub fn identity(&self, command: &str, engine: &TrmEngine, policy: &Policy) -> Result<Identity> {
        let state = match &self.halting_state {
            Some(path) => read_bytes(path, MAX_STATE_BYTES)?,
            None => Vec::new(),
        };
        let numbers = (self.seed(), self.channel_noise, self.precision == Factors::Bf16);
        let identity = Identity::new(command).with(&engine.model().to_bytes()?).with(&state);
        Ok(identity.with(&serde_json::to_vec(&(policy, numbers))?))
    }

    /// Refuses the halting policies, where `option` has one of its own.
    pub fn refuse_halting(&self, option: &str) -> Result<()> {
        let flags = [
            ("--k", self.k.is_some()),
            ("--adaptive", self.adaptive),
            ("--vote", self.vote),
            ("--stable", self.stable.is_some()),
            ("--learned", self.learned),
            ("--predicted", self.predicted),
            ("--verified", self.verified),
        ];
        match flags.into_iter().find(|(_, given)| *given) {
            Some((flag, _)) => bail!("{flag} has no effect with {option}, which halt in their own way"),
            None => Ok(()),
        }
    }

    pub fn policy(&self, engine: &TrmEngine) -> Result<Policy> {
        let halting = match (self.k, self.stable) {
            (Some(k), _) => Halting::Fixed(k),
            (_, Some(n)) => Halting::Stable(n),
            _ if self.verified => Halting::Verified,
            _ if self.adaptive => Halting::Adaptive,
            _ if self.learned => Halting::Learned,
            _ if self.predicted => Halting::Predicted,
            _ if self.vote => Halting::Vote,
            _ => Halting::of(engine),
        };
        Ok(Policy::of(engine.model().config(), halting, self.max_k)?)
    }
}

/// The seed, where single runs of this engine depend on it: 0 unless given.
///
/// # Errors
/// Where they do not, and one was given.
pub fn seed_of_runs(seed: Option<u64>, engine: &TrmEngine, name: &str) -> Result<Option<u64>> {
    match engine.model().config().answer_channel {
        Some(_) => Ok(Some(seed.unwrap_or_default())),
        None if seed.is_some() => bail!("--seed has no effect: {name} has no answer channel"),
        None => Ok(None),
    }
}
