//! A trainer for tiny recursive models on an ordinary CPU.
//!
//! A batch of running questions, each with its carried state; one optimiser step is one
//! supervision step for every question of the batch; a question that is answered right or has
//! used up its steps makes room for a new one (arXiv 2510.04871, section 4).

mod ahead;
mod balance;
mod checkpoint;
mod config;
mod difference;
mod evaluate;
mod gradient_sum;
mod leak;
mod muon;
mod optimizer;
mod process;
mod progress;
pub mod recipe;
mod share;
mod slot;
mod trainer;

pub use checkpoint::{Checkpoint, SlotState};
pub use config::TrainConfig;
pub use evaluate::{Evaluation, evaluate, evaluate_in};
pub use leak::LeakConfig;
pub use optimizer::{Method, Optimizer, OptimizerConfig, Schedule, Trained};
pub use process::Process;
pub use progress::Progress;
pub use trainer::Trainer;

use std::path::PathBuf;
use std::sync::Arc;
use trm_core::loss::Target;
use trm_core::{Graph, Model, Relations};

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrainError {
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    Io {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file is not a checkpoint that this program can read.
    #[error("{path}: {reason}")]
    Checkpoint {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A checkpoint belongs to another model or run.
    #[error("the checkpoint belongs to another run: {reason}")]
    OtherRun {
        /// What differs.
        reason: String,
    },
    /// A recipe cannot be followed.
    #[error("{path}:{line}: {reason}")]
    Recipe {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong there.
        reason: String,
    },
    /// A field of the training configuration is out of range.
    #[error("training configuration: {field} is {found}, must be {expected}")]
    Config {
        /// The field.
        field: &'static str,
        /// Its value.
        found: String,
        /// What it must be.
        expected: &'static str,
    },
    /// Ranks of one run differ where they must not.
    #[error("rank {rank} differs from rank 0: {reason}")]
    OtherRank {
        /// The first that differs.
        rank: usize,
        /// In what.
        reason: String,
    },
    /// The loss or its gradient is not a number any more; the weights are those of the step before.
    #[error("loss or gradient at step {step} are not finite (loss {loss}): lower the learning rate")]
    Diverged {
        /// The optimiser step.
        step: u64,
        /// The loss.
        loss: f64,
    },
}

/// A result with a [`TrainError`].
pub type Result<T> = std::result::Result<T, TrainError>;

/// One question with its answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sample {
    /// `[tokens, embedding_dim]`
    pub question: Vec<f32>,
    /// Width of the grid, where the tokens form one.
    pub width: usize,
    /// `[tokens]`: what should be answered.
    pub answer: Answer,
    /// How hard it is, in the units of its data set.
    pub rating: f32,
    /// Relations of its own, through the matrices of the model; without them those of the model.
    pub relations: Option<Arc<Relations>>,
    /// How the answer should come about, step by step; without it, it is due at once.
    pub process: Option<Process>,
}

impl Sample {
    /// Decides which tokens are live, and which of them exchange messages.
    pub(crate) fn build_graph(&self, model: &Model, graph: &mut Graph) {
        let own = self.relations.as_deref();
        model.build_graph_over(own, &self.question, self.n_tokens(), self.width, graph);
    }

    /// Tokens, absent ones included.
    pub fn n_tokens(&self) -> usize {
        match &self.answer {
            Answer::Marks(marks) => marks.len(),
            Answer::Classes(classes) => classes.len(),
        }
    }

    /// The answer as the loss reads it. `balance` is for marks of [`Output::Binary`](trm_core::Output): see
    /// [`Target::Balanced`].
    pub fn target(&self, balance: f32) -> Target<'_> {
        match &self.answer {
            Answer::Marks(marks) if balance == 0.0 => Target::Marks(marks),
            Answer::Marks(marks) => Target::Balanced(marks, balance),
            Answer::Classes(classes) => Target::Classes(classes),
        }
    }
}

/// What should be answered, for each token.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// Whether it is marked: for [`Output::GroupSoftmax`](trm_core::Output) and
    /// [`Output::Binary`](trm_core::Output).
    Marks(Vec<bool>),
    /// Its class: for [`Output::TokenSoftmax`](trm_core::Output) and
    /// [`Output::TokenStablemax`](trm_core::Output).
    Classes(Vec<u32>),
}

impl Default for Answer {
    fn default() -> Self {
        Answer::Marks(Vec::new())
    }
}

/// Where questions come from: question `index` is always the same one, so that a run can be
/// resumed and does not depend on the number of threads.
pub trait Data: Sync {
    /// What tells this stream from others; a resumed run must have the same.
    fn describe(&self) -> String;
    /// Question `index` of an endless stream.
    fn sample(&self, index: u64) -> Sample;
}

/// The README, so that its example is tested.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
