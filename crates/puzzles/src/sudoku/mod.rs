//! Sudoku with boxes of 2x2 to 5x5 cells: text, tensors, rules, solver and generator.

mod bitboard;
mod canonical;
mod decode;
mod deep_search;
mod encode;
mod exchange;
#[cfg(feature = "csv")]
mod fields;
#[cfg(feature = "csv")]
mod files;
mod generate;
mod generic;
mod geometry;
mod grid;
mod lanes;
mod local_search;
mod locked;
mod near;
mod notation;
#[cfg(feature = "npy")]
mod npy;
mod outcome;
mod read;
mod relations;
mod row;
mod solutions;
mod solver;
mod symmetry;
mod trial;
mod unit;
mod verdict;
mod verify;
mod vicinity;

pub use canonical::Canonical;
pub use decode::SudokuDecoder;
pub use encode::{Layout, SudokuEncoder};
#[cfg(feature = "csv")]
pub use files::{
    load_sudoku_extreme_dataset, open_sudoku, read_boxed_sudoku_csv, read_sized_sudoku_csv, read_sudoku_csv,
    read_sudoku_questions, write_sudoku_csv,
};
pub use generate::{Kind, Mix, Part, UNIT_ROWS, generate, generate_unit, parts, shuffled};
pub use geometry::Geometry;
pub use grid::Grid;
pub use near::{distinct, near};
pub use notation::Notation;
#[cfg(feature = "npy")]
pub use npy::read_sudoku_npy;
pub use read::{Listed, ReadOptions, SudokuText, read_sudoku, read_sudokus};
pub use relations::{Relation, relations};
pub use row::SudokuRow;
pub use solutions::{Solutions, max_guesses, solutions};
pub use solver::{Solution, Solver};
pub use symmetry::Symmetry;
pub use unit::Unit;
pub use verdict::Verdict;
pub use verify::{matches_puzzle, verdict, verify_sudoku};
pub use vicinity::vicinity_seeds;
