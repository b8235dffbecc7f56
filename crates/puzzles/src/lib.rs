//! Sudoku and mazes: parse, encode, decode, verify, generate.

pub mod dataset;
mod error;
pub mod maze;
pub mod sudoku;

pub use dataset::{
    Dataset, Origin, SudokuRow, load_sudoku_extreme_dataset, read_sized_sudoku_csv, read_sudoku_csv,
    write_sudoku_csv,
};
pub use error::PuzzleError;

/// The README, so that its example is tested.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
