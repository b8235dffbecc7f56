//! Sudoku and mazes, from text or cells to answers.

use crate::board::Board;
use crate::engine::Engine;
use crate::errors::{Error, InPlace, Result};
use crate::interrupt::{Interrupt, guarded, in_background, inline};
use crate::pool::pool;
use crate::run::{Job, Settings, Solved};
use crate::steps::PuzzleSteps;
use crate::trace::trace_array;
use numpy::{IntoPyArray, PyArray2, PyArrayMethods, PyReadonlyArray2};
use puzzles::PuzzleError;
use puzzles::maze::{Maze, TOKENS, read_maze, shortest_path_len};
use puzzles::sudoku::{Geometry, Grid, Notation, ReadOptions, Solutions, read_sudoku, solutions};
use pyo3::prelude::*;
use rayon::prelude::*;
use sona_learn::SonaEngine;
use std::sync::{Arc, Mutex};
use trm_core::TrmEngine;
use trm_solve::{Halting, LearnedHalting, Policy, check_maze, maze_task, sized_sudoku, sudoku_task};
use trm_tasks::{MazeTask, SudokuTask, Task};

/// A puzzle as Python has it.
#[derive(FromPyObject)]
enum Input<'py> {
    Text(String),
    /// `[height, width]`: digits with 0 for a blank, or the tokens of a maze.
    Cells(PyReadonlyArray2<'py, u8>),
}

/// When runs end: name of the policy, its number, the step limit.
#[derive(FromPyObject)]
struct Options {
    halting: String,
    count: Option<usize>,
    max_k: Option<usize>,
    seed: Option<u64>,
    /// Refuse questions without a solution.
    check: bool,
}

impl Options {
    fn settings(&self, engine: &TrmEngine) -> Result<Settings> {
        let count = self.count.unwrap_or_default();
        let halting = match self.halting.as_str() {
            "fixed" => Halting::Fixed(count),
            "stable" => Halting::Stable(count),
            "model" => Halting::of(engine),
            "vote" => Halting::Vote,
            "adaptive" => Halting::Adaptive,
            "learned" => Halting::Learned,
            "predicted" => Halting::Predicted,
            "verified" => Halting::Verified,
            other => return Err(Error::Config(format!("no halting policy is named {other:?}"))),
        };
        let policy = Policy::of(engine.model().config(), halting, self.max_k)?;
        Ok(Settings { policy, seed: self.seed })
    }

    fn needs_predictor(&self) -> bool {
        matches!(self.halting.as_str(), "learned" | "predicted")
    }
}

/// The end of a run: cells, line and drawing, steps, confidence, early stopped, fault, trace, seconds.
type SolvedTuple<'py> = (
    Bound<'py, PyArray2<u8>>,
    (String, String),
    (usize, f32, bool),
    Option<String>,
    Bound<'py, PyArray2<f32>>,
    f64,
);

fn to_python<'py>(py: Python<'py>, solved: Solved) -> Result<SolvedTuple<'py>> {
    let Solved { shape, cells, line, drawing, confidence, early_stopped, fault, trace, seconds } = solved;
    let cells = cells.into_pyarray(py).reshape(shape)?;
    let numbers = (trace.len(), confidence, early_stopped);
    Ok((cells, (line, drawing), numbers, fault, trace_array(py, &trace)?, seconds))
}

fn solve_one<'py, T: Board>(py: Python<'py>, job: Job<T>, settings: Settings) -> Result<SolvedTuple<'py>> {
    let solved = if job.in_pool() {
        let pool = pool(Some(job.engine.threads()))?;
        in_background(py, &pool, move |mut interrupt| job.solve(&settings, &mut interrupt))?
    } else {
        inline(py, |mut interrupt| job.solve(&settings, &mut interrupt))?
    };
    to_python(py, solved)
}

/// Solves jobs on the threads of a pool, in any order, and returns their results in the order of the jobs.
fn solve_all<'py, T: Board>(
    py: Python<'py>,
    jobs: Vec<Job<T>>,
    settings: Settings,
    threads: Option<usize>,
) -> Result<Vec<SolvedTuple<'py>>> {
    let pool = pool(threads)?;
    let work = move |interrupt: Interrupt| {
        let solve = |job: Job<T>| job.solve(&settings, &mut interrupt.clone());
        jobs.into_par_iter().map(solve).collect::<Result<Vec<Solved>>>()
    };
    let solved = in_background(py, &pool, work)?;
    solved.into_iter().map(|solved| to_python(py, solved)).collect()
}

/// Puzzle `i` of a list.
fn job<T: Board>(i: usize, read: impl FnOnce() -> Result<Job<T>>) -> Result<Job<T>> {
    guarded(read).at(|| format!("puzzle {i}"))
}

fn steps_of<T: Board>(
    py: Python<'_>,
    job: Job<T>,
    settings: &Settings,
    after_halt: bool,
) -> Result<PuzzleSteps> {
    let threads = job.in_pool().then_some(job.engine.threads());
    let next = inline(py, |_| job.into_steps(settings, after_halt))?;
    Ok(PuzzleSteps::new(Box::new(next), threads))
}

/// The engine that halts as it has learned, made when it is first asked for.
struct Learned {
    state: Option<Vec<u8>>,
    engine: Mutex<Option<Arc<TrmEngine>>>,
}

impl Learned {
    /// From a state file, or from what is shipped with a shipped model.
    fn new(engine: &Engine, state: Option<Vec<u8>>) -> Self {
        let shipped = match engine.shipped {
            Some("sudoku") => Some(trm_models::sudoku_halting_bytes().to_vec()),
            Some("maze") => Some(trm_models::maze_halting_bytes().to_vec()),
            _ => None,
        };
        Learned { state: state.or(shipped), engine: Mutex::default() }
    }

    fn engine<T: Task + Send + 'static>(&self, engine: &TrmEngine, task: T) -> Result<Arc<TrmEngine>> {
        let mut learned = self.engine.lock().unwrap_or_else(|e| e.into_inner());
        if let Some(learned) = &*learned {
            return Ok(learned.clone());
        }
        let state = self.state.as_ref().ok_or(trm_solve::SolveError::NoPredictor)?;
        let sona = SonaEngine::from_bytes(state).at(|| "halting state".into())?;
        let made = Arc::new(engine.clone().with_halting(Arc::new(LearnedHalting::new(task, sona)?)));
        *learned = Some(made.clone());
        Ok(made)
    }
}

/// An engine for one size of Sudoku, and its task.
type Sized = (Geometry, Arc<TrmEngine>, SudokuTask);

/// Answers Sudoku.
#[pyclass(frozen, module = "trm._trm")]
pub struct SudokuSolver {
    engine: Arc<TrmEngine>,
    task: SudokuTask,
    /// Engines for other sizes than 9x9, as they come.
    sized: Mutex<Vec<Sized>>,
    learned: Learned,
}

impl SudokuSolver {
    fn job(
        &self,
        input: &Input<'_>,
        boxes: Option<(usize, usize)>,
        options: &Options,
    ) -> Result<Job<SudokuTask>> {
        let geometry = boxes.map(|(rows, columns)| Geometry::new(rows, columns)).transpose()?;
        let (question, style) = match input {
            Input::Text(text) => {
                let read = read_sudoku(text, &ReadOptions { geometry, notation: None })?;
                (read.grid, read.notation)
            }
            Input::Cells(cells) => (grid(cells, geometry)?, Notation::default()),
        };
        if options.check && matches!(solutions(&question), Solutions::None) {
            return Err(PuzzleError::NoSolution.into());
        }
        let (engine, task) = self.sized(question.geometry(), options)?;
        Ok(Job { engine, task, question, style })
    }

    fn sized(&self, geometry: Geometry, options: &Options) -> Result<(Arc<TrmEngine>, SudokuTask)> {
        let standard = geometry == Geometry::STANDARD;
        if options.needs_predictor() {
            let engine = self.learned.engine(&self.engine, self.task)?;
            if !standard {
                // Says that the predictor knows one size.
                sized_sudoku(&engine, geometry)?;
            }
            return Ok((engine, self.task));
        }
        if standard {
            return Ok((self.engine.clone(), self.task));
        }
        let mut known = self.sized.lock().unwrap_or_else(|e| e.into_inner());
        if let Some((_, engine, task)) = known.iter().find(|(known, ..)| *known == geometry) {
            return Ok((engine.clone(), *task));
        }
        let (engine, task) = sized_sudoku(&self.engine, geometry)?;
        let engine = engine.with_threads(self.engine.threads()).with_seed(self.engine.seed());
        let engine = Arc::new(engine);
        known.push((geometry, engine.clone(), task));
        Ok((engine, task))
    }
}

/// A grid of digits, with 0 for a blank.
fn grid(cells: &PyReadonlyArray2<'_, u8>, geometry: Option<Geometry>) -> Result<Grid> {
    let cells = cells.as_array();
    let (height, width) = cells.dim();
    let geometry = match geometry {
        Some(geometry) => geometry,
        None => Geometry::of_cells(cells.len()).filter(|_| height == width).ok_or_else(|| {
            Error::Shape(format!(
                "puzzle: an array of {height} x {width}, expected the side of a Sudoku twice"
            ))
        })?,
    };
    if (height, width) != (geometry.side(), geometry.side()) {
        let side = geometry.side();
        let message = format!("puzzle: an array of {height} x {width}, expected {side} x {side}");
        return Err(Error::Shape(message));
    }
    let cells: Vec<u8> = cells.iter().copied().collect();
    let grid = Grid::from_cells(geometry, &cells)?;
    grid.conflicts()?;
    Ok(grid)
}

#[pymethods]
impl SudokuSolver {
    #[new]
    fn new(engine: &Engine, halting_state: Option<Vec<u8>>) -> Result<Self> {
        let learned = Learned::new(engine, halting_state);
        let (engine, sized) = (engine.engine.clone(), Mutex::default());
        Ok(SudokuSolver { task: sudoku_task(&engine)?, engine, sized, learned })
    }

    fn solve<'py>(
        &self,
        py: Python<'py>,
        puzzle: Input<'py>,
        boxes: Option<(usize, usize)>,
        options: Options,
    ) -> Result<SolvedTuple<'py>> {
        let settings = options.settings(&self.engine)?;
        solve_one(py, guarded(|| self.job(&puzzle, boxes, &options))?, settings)
    }

    fn solve_many<'py>(
        &self,
        py: Python<'py>,
        puzzles: Vec<Input<'py>>,
        boxes: Option<(usize, usize)>,
        options: Options,
        threads: Option<usize>,
    ) -> Result<Vec<SolvedTuple<'py>>> {
        let settings = options.settings(&self.engine)?;
        let jobs = puzzles.iter().enumerate();
        let jobs: Result<Vec<_>> =
            jobs.map(|(i, puzzle)| job(i, || self.job(puzzle, boxes, &options))).collect();
        solve_all(py, jobs?, settings, threads)
    }

    fn steps(
        &self,
        py: Python<'_>,
        puzzle: Input<'_>,
        boxes: Option<(usize, usize)>,
        options: Options,
        after_halt: bool,
    ) -> Result<PuzzleSteps> {
        let settings = options.settings(&self.engine)?;
        steps_of(py, guarded(|| self.job(&puzzle, boxes, &options))?, &settings, after_halt)
    }
}

/// Answers mazes.
#[pyclass(frozen, module = "trm._trm")]
pub struct MazeSolver {
    engine: Arc<TrmEngine>,
    task: MazeTask,
    learned: Learned,
}

impl MazeSolver {
    fn job(&self, input: &Input<'_>, options: &Options) -> Result<Job<MazeTask>> {
        let question = match input {
            Input::Text(text) => read_maze(text)?.maze,
            Input::Cells(cells) => maze(cells)?,
        };
        if options.check && shortest_path_len(&question).is_none() {
            let place = |cell| question.row_column(cell);
            let (start, goal) = (place(question.start()), place(question.goal()));
            return Err(PuzzleError::MazeUnreachable { start, goal }.into());
        }
        check_maze(&self.engine, &question)?;
        let engine = match options.needs_predictor() {
            true => self.learned.engine(&self.engine, self.task)?,
            false => self.engine.clone(),
        };
        let (height, width) = (question.height(), question.width());
        let engine = match height == width {
            true => engine,
            false => Arc::new(engine.as_ref().clone().with_grid(height, width)),
        };
        Ok(Job { engine, task: self.task, question, style: () })
    }
}

/// A maze of the tokens of the official data: 1 to 4 for `#`, space, `S` and `G`, 5 for a free cell that an answer
/// marks.
fn maze(cells: &PyReadonlyArray2<'_, u8>) -> Result<Maze> {
    let cells = cells.as_array();
    let symbol = |((row, column), token): ((usize, usize), &u8)| {
        let symbol = usize::from(*token).checked_sub(1).and_then(|i| TOKENS.get(i));
        symbol.copied().ok_or_else(|| {
            Error::Puzzle(PuzzleError::MazeCharacter { row, column, found: char::from(*token) })
        })
    };
    let text: Result<String> = cells.indexed_iter().map(symbol).collect();
    Ok(Maze::parse_with(cells.nrows(), cells.ncols(), &text?)?)
}

#[pymethods]
impl MazeSolver {
    #[new]
    fn new(engine: &Engine, halting_state: Option<Vec<u8>>) -> Result<Self> {
        let learned = Learned::new(engine, halting_state);
        let engine = engine.engine.clone();
        Ok(MazeSolver { task: maze_task(&engine)?, engine, learned })
    }

    fn solve<'py>(&self, py: Python<'py>, puzzle: Input<'py>, options: Options) -> Result<SolvedTuple<'py>> {
        let settings = options.settings(&self.engine)?;
        solve_one(py, guarded(|| self.job(&puzzle, &options))?, settings)
    }

    fn solve_many<'py>(
        &self,
        py: Python<'py>,
        puzzles: Vec<Input<'py>>,
        options: Options,
        threads: Option<usize>,
    ) -> Result<Vec<SolvedTuple<'py>>> {
        let settings = options.settings(&self.engine)?;
        let jobs = puzzles.iter().enumerate();
        let jobs: Result<Vec<_>> = jobs.map(|(i, puzzle)| job(i, || self.job(puzzle, &options))).collect();
        solve_all(py, jobs?, settings, threads)
    }

    fn steps(
        &self,
        py: Python<'_>,
        puzzle: Input<'_>,
        options: Options,
        after_halt: bool,
    ) -> Result<PuzzleSteps> {
        let settings = options.settings(&self.engine)?;
        steps_of(py, guarded(|| self.job(&puzzle, &options))?, &settings, after_halt)
    }
}
