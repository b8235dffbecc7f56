//! Prints what the native kernels say, step by step, for the tests of the bundle to compare with.

use puzzles::maze::{Maze, MazeSpec, generate_maze};
use puzzles::sudoku::Grid;
use serde_json::{Value, json};
use trm_tasks::{MazeTask, SudokuTask};
use trm_wasm::run::{CellProbabilities, Run, maze_engine, sudoku_engine};

/// A Sudoku that takes several steps.
const SUDOKU: &str = "57..........5....3..4...6.......52.471...8...9..........371..........12.8...9....";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (sudoku, maze) = (sudoku_engine(), maze_engine());
    let grid = Grid::parse(SUDOKU)?;
    let spec = MazeSpec { height: 12, width: 17, ..MazeSpec::square(12, 12) };
    let drawn: Maze = generate_maze(&spec, 7, 0)?.maze;
    let text = drawn.draw(None);
    let task = (SudokuTask::of(sudoku.model().config())?, MazeTask::of(maze.model().config())?);
    let traces = json!({
        "isa": sudoku.isa().name(),
        "sudoku": trace(SUDOKU, Run::new(&sudoku, task.0, grid, None)?),
        "maze": trace(&text, Run::new(&maze, task.1, drawn, None)?),
    });
    println!("{traces}");
    Ok(())
}

fn trace<T: CellProbabilities>(puzzle: &str, mut run: Run<T>) -> Value {
    let mut steps = Vec::new();
    while !run.halted() {
        let view = run.advance();
        steps.push(json!({
            "k": view.k, "confidence": view.trace.confidence, "probabilities": view.probabilities,
            "activity": view.activity, "answer": view.answer,
        }));
    }
    json!({ "puzzle": puzzle, "steps": steps })
}
