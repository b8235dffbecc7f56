//! From puzzle text to verdict: pipelines, metrics, reports.
//!
#![doc = include_str!("../README.md")]

mod error;
mod eval;
pub mod picture;
mod pipeline;
mod plot;
mod report;
mod search;
mod tally;
mod task;
pub mod tasks;

pub use error::{BenchError, Result};
pub use eval::{Evaluated, ModelInfo, Report, Standing, evaluate};
pub use pipeline::{Answered, Beyond, Halting, Policy, Step, answer};
pub use plot::TrainingLog;
pub use search::{SearchLimits, Searched, search};
pub use tally::{Band, Measures, Rate, SweepPoint};
pub use task::{Encoded, Item, MazeTask, Score, SudokuTask, Task};
