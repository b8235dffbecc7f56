//! Tiny recursive models in the browser and in node.
//!
#![doc = include_str!("../README.md")]

#[cfg(feature = "builtin")]
mod builtin;
mod js;
mod model;
#[cfg(feature = "files")]
mod puzzle;
pub mod run;

#[cfg(feature = "builtin")]
pub use builtin::{
    check_maze, check_sudoku, generate_maze, maze_steps, solve_maze, solve_sudoku, sudoku_steps,
};
pub use js::{
    Answer, GeneratedPuzzle, MazeCheck, ModelConfig, NextStep, PuzzleCheck, PuzzleColumns, Solution, Step,
    SudokuCheck,
};
pub use model::{Model, Steps};
#[cfg(feature = "files")]
pub use puzzle::{Puzzle, puzzle_steps, solve_puzzle};
