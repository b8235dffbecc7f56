//! From puzzle text to verdict: pipelines, metrics, reports.
//!
#![doc = include_str!("../README.md")]

pub mod embedding;
mod error;
mod eval;
mod k_star;
mod learned;
pub mod picture;
mod pipeline;
mod plot;
mod policies;
mod policy_report;
mod report;
mod rollout;
mod runs;
mod search;
mod tally;
mod task;
pub mod tasks;

pub use error::{BenchError, Result};
pub use eval::{Evaluated, ModelInfo, Report, Standing, evaluate};
pub use k_star::{KStar, measure};
pub use learned::{LearnedHalting, signal};
pub use pipeline::{Answered, Beyond, Halting, Policy, Step, VOTES, Votes, answer};
pub use plot::TrainingLog;
pub use policies::{Comparison, MIN_RUNS, PolicyRow, PredictorRow, Target, compare, learn, settled};
pub use rollout::{Chosen, Rollouts, rollouts};
pub use runs::{MAX_STEPS, Run, Runs, Voted, model_id};
pub use search::{SearchLimits, Searched, search};
pub use tally::{Band, Measures, Rate, SweepPoint};
pub use task::{Encoded, Item, MazeTask, Score, SudokuTask, Task};
