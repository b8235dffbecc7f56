//! Sudoku of other sizes, with the weights of the usual one.

use puzzles::sudoku::{Geometry, Grid, Verdict, verdict};
use trm_core::{Model, TrmEngine};
use trm_solve::{AfterHalt, Halting, Policy, answer};
use trm_tasks::SudokuTask;
use trm_tasks::{maze_builder, shaped, sized};

/// A full grid of a pattern, with every fifth cell blank.
fn easy(geometry: Geometry) -> Grid {
    let (rows, side) = (geometry.box_rows(), geometry.side());
    let digit = |cell: usize| {
        let (row, col) = (cell / side, cell % side);
        ((row % rows * geometry.box_cols() + row / rows + col) % side + 1) as u8
    };
    let cells: Vec<u8> = (0..side * side).map(|cell| if cell % 5 == 2 { 0 } else { digit(cell) }).collect();
    Grid::from_cells(geometry, &cells).expect("digits of this size")
}

#[test]
fn the_weights_solve_other_sizes() {
    let embedded = trm_models::sudoku();
    for (rows, cols) in [(2, 2), (2, 3), (3, 3), (4, 4)] {
        let geometry = Geometry::new(rows, cols).expect("a size");
        let puzzle = easy(geometry);
        let engine: TrmEngine = sized(embedded.model(), geometry).expect("the same matrices").into();
        let config = engine.model().config();
        let task = SudokuTask::sized(config, geometry).expect("candidates");
        let policy = Policy::of(config, Halting::Adaptive, Some(16)).expect("a limit");
        let result = answer(&engine, &task, &puzzle, &policy, AfterHalt::Stop, |_| ()).expect("a question");
        assert_eq!(verdict(&puzzle, &result.answer), Verdict::Solved, "{rows} x {cols}");
    }
}

#[test]
fn a_model_of_another_puzzle_is_refused() {
    let maze = Model::new(shaped(maze_builder(), 8, 16, 1).expect("a small model")).expect("weights");
    assert!(sized(&maze, Geometry::STANDARD).is_err());
}
