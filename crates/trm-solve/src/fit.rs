//! Whether a model can answer a question, and the engine that does, before it is run.

use crate::error::{Result, SolveError};
use puzzles::maze::Maze;
use puzzles::sudoku::Geometry;
use trm_core::{Mixer, TrmConfig, TrmEngine};
use trm_tasks::{MazeTask, SudokuTask, TaskError, sized};

/// The task of a model for Sudoku of 9x9 cells.
///
/// # Errors
/// [`SolveError::OtherPuzzle`] for a model of mazes, [`SolveError::Task`] for any other.
pub fn sudoku_task(engine: &TrmEngine) -> Result<SudokuTask> {
    let config = engine.model().config();
    SudokuTask::of(config).map_err(|error| match MazeTask::of(config) {
        Ok(_) => SolveError::OtherPuzzle { puzzle: "Sudoku", known: "mazes" },
        Err(_) => error.into(),
    })
}

/// The task of a model for mazes.
///
/// # Errors
/// [`SolveError::OtherPuzzle`] for a model of Sudoku, [`SolveError::Task`] for any other.
pub fn maze_task(engine: &TrmEngine) -> Result<MazeTask> {
    let config = engine.model().config();
    MazeTask::of(config).map_err(|error: TaskError| match SudokuTask::of(config) {
        Ok(_) => SolveError::OtherPuzzle { puzzle: "maze", known: "Sudoku" },
        Err(_) => error.into(),
    })
}

/// The engine and the task for Sudoku of a size. The weights of a model of candidates serve all sizes; only
/// its relations differ.
///
/// # Errors
/// Those of [`sudoku_task`]; [`SolveError::OtherSize`] where a model of cells, or a halting predictor, knows 9x9
/// alone.
pub fn sized_sudoku(engine: &TrmEngine, geometry: Geometry) -> Result<(TrmEngine, SudokuTask)> {
    let task = sudoku_task(engine)?;
    if geometry == Geometry::STANDARD {
        return Ok((engine.clone(), task));
    }
    let other_size = |what| {
        let side = geometry.side();
        SolveError::OtherSize { what, known: "Sudoku of 9x9 cells".into(), found: format!("{side}x{side}") }
    };
    if !task.is_of_candidates() {
        return Err(other_size("this model"));
    }
    if engine.halting().is_some() {
        return Err(other_size("the halting predictor"));
    }
    let resized = TrmEngine::from(sized(engine.model(), geometry)?).with_precision(engine.precision())?;
    let task = SudokuTask::sized(resized.model().config(), geometry)?;
    Ok((resized, task))
}

/// Refuses a maze that a model cannot answer. Relational models take all sizes. Models of cells, as in the
/// reference, take the mazes that they have positions for, and these are square.
///
/// # Errors
/// [`SolveError::OtherSize`].
pub fn check_maze(engine: &TrmEngine, maze: &Maze) -> Result<()> {
    let (height, width) = (maze.height(), maze.width());
    let TrmConfig { mixer, prefix_tokens, .. } = engine.model().config();
    let known = match mixer {
        Mixer::Relational(_) => return Ok(()),
        Mixer::Mlp { seq_len, .. } if seq_len - prefix_tokens != maze.n_cells() => {
            let side = (seq_len - prefix_tokens).isqrt();
            format!("mazes of {side}x{side} cells")
        }
        _ if height != width => "square mazes".into(),
        _ => return Ok(()),
    };
    Err(SolveError::OtherSize { what: "this model", known, found: format!("{height}x{width}") })
}
