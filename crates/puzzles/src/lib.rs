//! Sudoku and mazes: parse, encode, decode, verify, generate.

pub mod dataset;
mod error;
pub mod maze;
pub mod sudoku;

pub use dataset::{Dataset, Origin};
pub use error::PuzzleError;
