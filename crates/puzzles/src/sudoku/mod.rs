//! Sudoku with boxes of 2x2 to 5x5 cells: text, tensors, rules, solver and generator.

mod bitboard;
mod decode;
mod deep_search;
mod encode;
mod generate;
mod generic;
mod geometry;
mod grid;
mod lanes;
mod local_search;
mod locked;
mod relations;
mod solver;
mod symmetry;
mod trial;
mod verify;

pub use decode::SudokuDecoder;
pub use encode::{Layout, SudokuEncoder};
pub use generate::{Kind, Mix, UNIT_ROWS, generate, generate_unit};
pub use geometry::{Geometry, Unit};
pub use grid::Grid;
pub use relations::{Relation, relations};
pub use solver::{Solution, Solver};
pub use symmetry::Symmetry;
pub use verify::{Verdict, matches_puzzle, verdict, verify_sudoku};
