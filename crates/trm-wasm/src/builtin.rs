//! Sudoku and mazes, which need no puzzle file, with the models for them.

use crate::js::{self, MazeCheck, Solution, SudokuCheck};
use crate::model::{Model, Steps};
use crate::run::{self, Run};
use puzzles::PuzzleError;
use puzzles::maze::{MazeKind, MazeSpec, generate_maze as draw_maze};
use puzzles::sudoku::SudokuText;
use trm_solve::{check_maze as fits_maze, maze_task, sized_sudoku};
use trm_tasks::{MazeTask, SudokuTask};
use wasm_bindgen::prelude::*;

/// Solves a Sudoku of 4x4 to 25x25 cells with the embedded model, which halts by its own rule or after `max_k`
/// steps. The text may be one line, rows, or a drawn board, and the answer is
/// written with the same digits. `boxes` is the shape of a box, rows x columns, such as `"3x2"`, where a size has
/// more than one. `notation` is how digits are written where a text may be read in two ways: `"one-based"` (1-9,
/// then letters from A), `"zero-based"` (0-9, then letters from A), `"letters"`, `"numbers"` or
/// `"numbers-from-zero"`.
///
/// # Errors
/// What is wrong with the text, that the Sudoku has no solution, or that `max_k` is out of range.
#[wasm_bindgen]
pub fn solve_sudoku(
    text: &str,
    max_k: Option<u32>,
    boxes: Option<String>,
    notation: Option<String>,
) -> Result<Solution, JsValue> {
    Model::sudoku().solve_sudoku(text, max_k, boxes, notation)
}

/// The supervision steps of a Sudoku one by one, with the embedded model.
///
/// # Errors
/// As [`solve_sudoku`].
#[wasm_bindgen]
pub fn sudoku_steps(
    text: &str,
    max_k: Option<u32>,
    boxes: Option<String>,
    notation: Option<String>,
) -> Result<Steps, JsValue> {
    Model::sudoku().sudoku_steps(text, max_k, boxes, notation)
}

/// Solves a maze with the embedded model: one line per row of `#`, space, `S` and `G`, or one line for
/// a square maze.
///
/// # Errors
/// What is wrong with the text, that no path leads to the goal, or that `max_k` is out of range.
#[wasm_bindgen]
pub fn solve_maze(text: &str, max_k: Option<u32>) -> Result<Solution, JsValue> {
    Model::maze().solve_maze(text, max_k)
}

/// The supervision steps of a maze one by one, with the embedded model.
///
/// # Errors
/// As [`solve_maze`].
#[wasm_bindgen]
pub fn maze_steps(text: &str, max_k: Option<u32>) -> Result<Steps, JsValue> {
    Model::maze().maze_steps(text, max_k)
}

/// Reads a Sudoku and counts its solutions, up to two.
///
/// # Errors
/// What is wrong with the text, or that the Sudoku has no solution.
#[wasm_bindgen]
pub fn check_sudoku(
    text: &str,
    boxes: Option<String>,
    notation: Option<String>,
) -> Result<SudokuCheck, JsValue> {
    let SudokuText { grid, notation } =
        run::parse_sudoku(text, boxes.as_deref(), notation.as_deref()).map_err(puzzle_error)?;
    let solutions = run::judge_sudoku(&grid).map_err(puzzle_error)?;
    let geometry = grid.geometry();
    let check = js::object(&[
        ("text", notation.line(&grid).into()),
        ("side", js::number(geometry.side())),
        ("boxes", format!("{}x{}", geometry.box_rows(), geometry.box_cols()).into()),
        ("notation", notation.name().into()),
        ("givens", js::number(grid.n_givens())),
        ("solutions", solutions.map_or(JsValue::UNDEFINED, js::number)),
    ]);
    Ok(check.unchecked_into())
}

/// Reads a maze and measures its shortest path.
///
/// # Errors
/// What is wrong with the text, or that no path leads to the goal.
#[wasm_bindgen]
pub fn check_maze(text: &str) -> Result<MazeCheck, JsValue> {
    let (maze, shortest) = run::parse_maze(text).map_err(puzzle_error)?;
    let check = js::object(&[
        ("text", maze.draw(None).into()),
        ("height", js::number(maze.height())),
        ("width", js::number(maze.width())),
        ("shortest", js::number(shortest)),
    ]);
    Ok(check.unchecked_into())
}

/// Draws a random maze whose shortest path has at least `min_path` steps, as one line per row.
///
/// # Errors
/// Sides that are not 1 to 128, or a path that is not found after 20,000 trials.
#[wasm_bindgen]
pub fn generate_maze(height: usize, width: usize, min_path: usize, seed: u32) -> Result<String, JsValue> {
    let max_trials = 20_000;
    let kind = MazeKind::Scattered { wall_probability: 0.3..=0.4 };
    let spec = MazeSpec { height, width, kind, min_path, goals_per_start: 1, max_trials };
    let row = draw_maze(&spec, u64::from(seed), 0).map_err(|e: PuzzleError| puzzle_error(e))?;
    Ok(row.maze.draw(None))
}

#[wasm_bindgen]
impl Model {
    /// The embedded maze model.
    pub fn maze() -> Model {
        Model { engine: run::maze_engine() }
    }

    /// Solves a Sudoku; see the function of this name.
    ///
    /// # Errors
    /// As that one, and where the model is not one for Sudoku.
    pub fn solve_sudoku(
        &self,
        text: &str,
        max_k: Option<u32>,
        boxes: Option<String>,
        notation: Option<String>,
    ) -> Result<Solution, JsValue> {
        Ok(self.sudoku_steps(text, max_k, boxes, notation)?.solve())
    }

    /// The supervision steps of a Sudoku.
    ///
    /// # Errors
    /// As [`Model::solve_sudoku`].
    pub fn sudoku_steps(
        &self,
        text: &str,
        max_k: Option<u32>,
        boxes: Option<String>,
        notation: Option<String>,
    ) -> Result<Steps, JsValue> {
        Ok(Steps::of(self.sudoku_run(text, max_k, boxes, notation)?))
    }

    /// Solves a maze; see the function of this name.
    ///
    /// # Errors
    /// As that one, and where the model is not one for mazes.
    pub fn solve_maze(&self, text: &str, max_k: Option<u32>) -> Result<Solution, JsValue> {
        Ok(self.maze_steps(text, max_k)?.solve())
    }

    /// The supervision steps of a maze.
    ///
    /// # Errors
    /// As [`Model::solve_maze`].
    pub fn maze_steps(&self, text: &str, max_k: Option<u32>) -> Result<Steps, JsValue> {
        Ok(Steps::of(self.maze_run(text, max_k)?))
    }
}

impl Model {
    fn sudoku_run(
        &self,
        text: &str,
        max_k: Option<u32>,
        boxes: Option<String>,
        notation: Option<String>,
    ) -> Result<Run<SudokuTask>, JsValue> {
        let SudokuText { grid, notation } =
            run::parse_sudoku(text, boxes.as_deref(), notation.as_deref()).map_err(puzzle_error)?;
        run::judge_sudoku(&grid).map_err(puzzle_error)?;
        let (engine, task) = sized_sudoku(&self.engine, grid.geometry()).map_err(js::error)?;
        let run = Run::new(&engine, task, grid, max_k.map(|k| k as usize)).map_err(js::error)?;
        Ok(run.with_writer(move |answer| notation.line(answer)))
    }

    fn maze_run(&self, text: &str, max_k: Option<u32>) -> Result<Run<MazeTask>, JsValue> {
        let task = maze_task(&self.engine).map_err(js::error)?;
        let (maze, _) = run::parse_maze(text).map_err(puzzle_error)?;
        fits_maze(&self.engine, &maze).map_err(js::error)?;
        Run::new(&self.engine, task, maze, max_k.map(|k| k as usize)).map_err(js::error)
    }
}

/// An error of a puzzle with the cells that it is about.
fn puzzle_error(fault: PuzzleError) -> JsValue {
    let cells = match &fault {
        PuzzleError::GridConflict { first, second, .. } | PuzzleError::MazeRepeated { first, second, .. } => {
            vec![*first, *second]
        }
        PuzzleError::GridCharacter { row, column, .. } | PuzzleError::MazeCharacter { row, column, .. } => {
            vec![(*row, *column)]
        }
        PuzzleError::MazeUnreachable { start, goal } => vec![*start, *goal],
        _ => Vec::new(),
    };
    js::with_cells(js::error(fault), cells)
}
