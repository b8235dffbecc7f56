//! Puzzles as tensors: questions encoded for a model, its answers decoded.
//!
#![doc = include_str!("../README.md")]

mod builders;
pub mod embedding;
mod error;
mod maze;
#[cfg(feature = "train")]
mod maze_process;
mod rules;
#[cfg(feature = "train")]
mod streams;
mod sudoku;
mod task;

pub use builders::{maze_builder, shaped, sized, sudoku_builder, sudoku_cells_builder, sudoku_relations};
pub use error::{Result, TaskError};
pub use maze::MazeTask;
#[cfg(feature = "train")]
pub use maze_process::{MAZE_HINTS, maze_process};
pub use rules::{PUZZLE_NOTE, RulesTask, fit_rules, init_rules, rules_builder, rules_of};
#[cfg(feature = "train")]
pub use streams::{
    MazeStream, RulesStream, SudokuStream, check_sudoku_sizes, maze_sample, maze_sample_with, sudoku_sample,
};
pub use sudoku::SudokuTask;
pub use task::{CandidateTask, Encoded, Item, Score, Task};
