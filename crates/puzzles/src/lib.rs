//! Sudoku and mazes: parse, encode, decode, verify, generate.

mod error;
pub mod maze;
pub mod sudoku;

pub use error::PuzzleError;
