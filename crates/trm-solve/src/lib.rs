//! Solving one question: halting policies, votes, rollouts, search.
//!
#![doc = include_str!("../README.md")]

mod answer;
mod error;
mod fit;
mod halter;
mod halting;
mod learned;
pub mod picture;
mod rollout;
mod search;

pub use answer::{AfterHalt, RunResult, Step, answer, fitted};
pub use error::{Result, SolveError};
pub use fit::{check_maze, maze_task, sized_sudoku, sudoku_task};
pub use halter::{Halt, Halter};
pub use halting::{Halting, Policy, VOTES, Votes};
pub use learned::{LearnedHalting, signal};
pub use rollout::{RolloutConfig, RolloutResult, rollouts};
pub use search::{SearchLimits, SearchResult, search};
