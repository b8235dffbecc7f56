//! Many questions measured: streaming evaluation, recorded runs, policies compared, reports, plots.
//!
#![doc = include_str!("../README.md")]

mod error;
mod eval;
mod k_star;
mod plot;
mod policies;
mod policy_report;
mod report;
mod runs;
mod tally;

pub use error::{BenchError, Result};
pub use eval::{Evaluated, ModelInfo, Report, Standing, evaluate};
pub use k_star::{KStar, measure};
pub use plot::TrainingLog;
pub use policies::{Comparison, MIN_RUNS, PolicyRow, PredictorRow, Target, compare, learn, settled};
pub use runs::{MAX_STEPS, Run, Runs, Voted, model_id};
pub use tally::{Band, Measures, Rate, SweepPoint};
