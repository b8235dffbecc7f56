//! Measuring models on many questions: streaming evaluation, recorded runs, policy comparison, reports, plots.
//!
#![doc = include_str!("../README.md")]

mod answers;
mod error;
mod eval;
mod k_star;
mod paired;
mod plot;
mod policies;
mod policy_report;
mod report;
mod runs;
mod tally;

pub use answers::{RowAnswer, read_answers, write_answers};
pub use error::{BenchError, Result};
pub use eval::{EvalPart, EvalProgress, EvalResult, Evaluator, ModelInfo, Report, evaluate};
pub use k_star::{KStar, Recorder, measure};
pub use paired::Paired;
pub use plot::TrainingLog;
pub use policies::{Comparison, MIN_RUNS, PolicyRow, PredictorRow, Target, compare, learn, tune_settled};
pub use runs::{MAX_STEPS, Run, Runs, VoteResult, model_id};
pub use tally::{Band, MAX_SOURCES, Measures, Rate, Source, SweepPoint};
