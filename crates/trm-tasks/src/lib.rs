//! Puzzles as tensors: questions encoded for a model, its answers decoded.
//!
#![doc = include_str!("../README.md")]

mod builders;
pub mod embedding;
mod error;
mod maze;
mod rules;
#[cfg(feature = "train")]
mod streams;
mod sudoku;
mod task;

pub use builders::{maze_builder, shaped, sized, sudoku_builder, sudoku_cells_builder, sudoku_relations};
pub use error::{Result, TaskError};
pub use maze::MazeTask;
pub use rules::{PUZZLE_NOTE, RulesTask, fit_rules, init_rules, rules_builder, rules_of};
#[cfg(feature = "train")]
pub use streams::{MazeStream, RulesStream, SudokuStream, maze_sample, sudoku_sample};
pub use sudoku::SudokuTask;
pub use task::{CandidateTask, Encoded, Item, Score, Task};
