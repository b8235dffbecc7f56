//! The compiled half of the Python package `trm`: what crosses the border, and nothing that Python can do itself.
//!
//! Checks of types and shapes, defaults and documentation are in `python/trm`, which calls this.

mod board;
mod engine;
mod errors;
mod interrupt;
mod official;
mod pool;
mod rules;
mod run;
mod samples;
mod solver;
mod sona;
mod steps;
mod trace;
mod trainer;

use pyo3::prelude::*;

/// Raises what a panic becomes, so that the tests see it.
#[pyfunction]
fn panic(py: Python<'_>, message: String) -> errors::Result<()> {
    interrupt::inline(py, |_| panic!("{message}"))
}

#[pymodule]
mod _trm {
    #[pymodule_export]
    const VERSION: &str = env!("CARGO_PKG_VERSION");
    #[pymodule_export]
    const SUDOKU_FILE: &str = puzzles::rules::SUDOKU;
    #[pymodule_export]
    const MAX_PUZZLE_FILE_BYTES: usize = puzzles::rules::MAX_FILE_BYTES;
    #[pymodule_export]
    use super::panic;
    #[pymodule_export]
    use crate::engine::Engine;
    #[pymodule_export]
    use crate::official::{official_config, official_config_file, official_file, official_tensors};
    #[pymodule_export]
    use crate::rules::{Puzzle, RulesSolver};
    #[pymodule_export]
    use crate::solver::{MazeSolver, SudokuSolver};
    #[pymodule_export]
    use crate::sona::Predictor;
    #[pymodule_export]
    use crate::steps::{EngineSteps, PuzzleSteps};
    #[pymodule_export]
    use crate::trainer::Trainer;
}
