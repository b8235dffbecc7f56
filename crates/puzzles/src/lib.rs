//! Sudoku, mazes, and kinds of puzzles that a file describes: parse, encode, decode, verify, generate.
//!
//! Readers of data files are behind features, all on by default: `csv`, `gz` for packed CSV, and `npy` for
//! NumPy arrays.

pub mod dataset;
mod error;
pub mod maze;
#[cfg(feature = "npy")]
mod numpy;
pub mod rules;
pub mod sudoku;
#[cfg(feature = "csv")]
mod table;
pub mod text;

pub use dataset::{Dataset, Origin, Question, Rows, check_rows};
pub use error::PuzzleError;
pub use sudoku::SudokuRow;
#[cfg(feature = "csv")]
pub use sudoku::{
    load_sudoku_extreme_dataset, open_sudoku, read_boxed_sudoku_csv, read_sized_sudoku_csv, read_sudoku_csv,
    read_sudoku_questions, write_sudoku_csv,
};
#[cfg(feature = "csv")]
pub use table::is_csv;

/// The README, so that its example is tested.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
