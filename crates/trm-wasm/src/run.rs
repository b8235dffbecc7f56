//! A puzzle, the model that solves it, and the state of the run.

use puzzles::PuzzleError;
use puzzles::maze::{Maze, read_maze, shortest_path_len};
use puzzles::sudoku::{Geometry, Grid, ReadOptions, Solutions, SudokuText, read_sudoku, solutions};
use std::sync::OnceLock;
use trm_core::{Model, StepTrace, Steps, TrmEngine};
use trm_solve::{Halter, Halting, Policy, SolveError};
use trm_tasks::{MazeTask, SudokuTask, Task};

/// The embedded Sudoku model: that of trm-models, rounded to half precision.
pub fn sudoku_engine() -> TrmEngine {
    static EMBEDDED: OnceLock<TrmEngine> = OnceLock::new();
    let read = || embedded(include_bytes!(concat!(env!("OUT_DIR"), "/sudoku.safetensors")));
    EMBEDDED.get_or_init(read).clone()
}

/// The embedded maze model: that of trm-models, rounded to half precision.
pub fn maze_engine() -> TrmEngine {
    static EMBEDDED: OnceLock<TrmEngine> = OnceLock::new();
    let read = || embedded(include_bytes!(concat!(env!("OUT_DIR"), "/maze.safetensors")));
    EMBEDDED.get_or_init(read).clone()
}

fn embedded(bytes: &[u8]) -> TrmEngine {
    Model::from_bytes(bytes).expect("the build script wrote it from a valid file").into()
}

/// What a page draws of an answer beyond the answer itself.
pub trait CellProbabilities: Task {
    /// The model's probabilities: `[cells, side]` of each digit, or `[cells]` of lying on the path. `logits` is
    /// `[tokens, answer_dim]`.
    fn probabilities(&self, question: &Self::Question, logits: &[f32]) -> Vec<f32>;
    /// Cells of the puzzle.
    fn n_cells(&self, question: &Self::Question) -> usize;
}

impl CellProbabilities for SudokuTask {
    fn probabilities(&self, question: &Grid, logits: &[f32]) -> Vec<f32> {
        let per_cell = logits.len() / question.cells().len();
        // Cells as in the reference have padding and blank in front of the digits.
        let before_digits = per_cell - question.geometry().side();
        logits.chunks_exact(per_cell).flat_map(|cell| softmax(&cell[before_digits..])).collect()
    }

    fn n_cells(&self, question: &Grid) -> usize {
        question.cells().len()
    }
}

impl CellProbabilities for MazeTask {
    fn probabilities(&self, question: &Maze, logits: &[f32]) -> Vec<f32> {
        let on_path = |cell: &[f32]| match cell {
            [logit] => 1.0 / (1.0 + (-logit).exp()),
            tokens => softmax(tokens).last().copied().unwrap_or_default(),
        };
        logits.chunks_exact(logits.len() / question.n_cells()).map(on_path).collect()
    }

    fn n_cells(&self, question: &Maze) -> usize {
        question.n_cells()
    }
}

/// `exp(x) / sum(exp(x))`; nothing but zeros where every token is absent.
fn softmax(logits: &[f32]) -> Vec<f32> {
    let most = logits.iter().copied().fold(trm_core::ABSENT_LOGIT, f32::max);
    if most == trm_core::ABSENT_LOGIT {
        return vec![0.0; logits.len()];
    }
    let powers: Vec<f32> = logits.iter().map(|x| (x - most).exp()).collect();
    let sum: f32 = powers.iter().sum();
    powers.iter().map(|p| p / sum).collect()
}

/// One supervision step, with what a page draws of it.
#[derive(Clone, Debug, PartialEq)]
pub struct StepView {
    /// Steps so far.
    pub k: usize,
    /// Confidence, change and sureness of the step.
    pub trace: StepTrace,
    /// See [`CellProbabilities::probabilities`].
    pub probabilities: Vec<f32>,
    /// How far the answer state moved in this step: the root mean square over its numbers, of the
    /// token of each cell that moved most. `[cells]`
    pub activity: Vec<f32>,
    /// The answer as text: that of this step, or at the step limit the one with the most votes.
    pub answer: String,
    /// What is wrong with it.
    pub fault: Option<String>,
    /// Whether the run has halted, at this step or before.
    pub halted: bool,
}

/// Writes an answer as text.
type Write<A> = Box<dyn Fn(&A) -> String>;

/// A question and a run of the model on it.
pub struct Run<T: CellProbabilities> {
    task: T,
    question: T::Question,
    steps: Steps<'static>,
    halter: Halter<T::Answer>,
    answer_dim: usize,
    /// Writes answers; without it they are written as in data files.
    write: Option<Write<T::Answer>>,
    /// The answer state after the step before, `[live, hidden_dim]`.
    before: Vec<f32>,
    halted: bool,
    early_stopped: bool,
}

impl<T: CellProbabilities> Run<T> {
    /// Starts a run under the halting rule of the model, with at most `max_k` steps or those of its configuration.
    ///
    /// # Errors
    /// Where `max_k` is out of range, or the question does not fit the model.
    pub fn new(
        engine: &TrmEngine,
        task: T,
        question: T::Question,
        max_k: Option<usize>,
    ) -> Result<Self, SolveError> {
        let config = engine.model().config();
        let policy = Policy::of(config, Halting::of(engine), max_k)?;
        let answer_dim = config.answer_dim;
        let encoded = task.encode(&question);
        let engine = match encoded.grid {
            Some((height, width)) => engine.clone().with_grid(height, width),
            None => engine.clone(),
        };
        let steps = engine.steps(&encoded.question, &encoded.answer)?.into_owned();
        let (halter, before) = (Halter::new(&policy, &engine, &steps)?, Vec::new());
        let (halted, early_stopped) = (false, false);
        Ok(Run { task, question, steps, halter, answer_dim, write: None, before, halted, early_stopped })
    }

    /// The run with answers written in another way than that of data files.
    pub fn with_writer(mut self, write: impl Fn(&T::Answer) -> String + 'static) -> Self {
        self.write = Some(Box::new(write));
        self
    }

    /// Whether the run has halted.
    pub fn halted(&self) -> bool {
        self.halted
    }

    /// Whether the run halted before its step limit because enough steps agreed.
    pub fn early_stopped(&self) -> bool {
        self.early_stopped
    }

    /// Runs one more supervision step; this is allowed after the halt too.
    pub fn advance(&mut self) -> StepView {
        self.before.clear();
        self.before.extend_from_slice(self.steps.states());
        let trace = self.steps.advance();
        let k = self.steps.n_steps();
        let logits = self.steps.answer();
        let mut answer = self.task.decode(&self.question, &logits);
        let obeys_rules = || self.task.obeys_rules(&self.question, &answer);
        if let Some(halt) = self.halter.observe(trace, &answer, obeys_rules) {
            (self.halted, self.early_stopped) = (true, halt.early_stopped);
            answer = halt.answer;
        }
        StepView {
            k,
            trace,
            probabilities: self.task.probabilities(&self.question, &logits),
            activity: self.activity(logits.len() / self.answer_dim),
            answer: match &self.write {
                Some(write) => write(&answer),
                None => self.task.text(&self.question, &answer),
            },
            fault: self.task.fault(&self.question, &answer),
            halted: self.halted,
        }
    }

    fn activity(&self, n_tokens: usize) -> Vec<f32> {
        let n_cells = self.task.n_cells(&self.question);
        let mut activity = vec![0.0f32; n_cells];
        let (now, live) = (self.steps.states(), self.steps.live());
        if live.is_empty() {
            return activity;
        }
        let width = now.len() / live.len();
        let rows = now.chunks_exact(width).zip(self.before.chunks_exact(width));
        for (token, (now, before)) in live.iter().zip(rows) {
            let square: f32 = now.iter().zip(before).map(|(a, b)| (a - b) * (a - b)).sum();
            let cell = &mut activity[*token as usize / (n_tokens / n_cells)];
            *cell = cell.max((square / width as f32).sqrt());
        }
        activity
    }
}

/// Reads a Sudoku in any layout and notation that [`read_sudoku`] knows. `boxes` is the shape of its boxes,
/// rows x columns, where the number of cells leaves it open, and `notation` the name of its notation, where
/// the text may be read in two.
///
/// # Errors
/// What keeps the text from being read, or givens that contradict each other.
pub fn parse_sudoku(
    text: &str,
    boxes: Option<&str>,
    notation: Option<&str>,
) -> Result<SudokuText, PuzzleError> {
    let geometry = boxes.map(geometry).transpose()?;
    let notation = notation.map(str::parse).transpose()?;
    read_sudoku(text, &ReadOptions { geometry, notation })
}

/// `3x2`: rows and columns of a box.
fn geometry(boxes: &str) -> Result<Geometry, PuzzleError> {
    let size = |text: &str| text.trim().parse().unwrap_or_default();
    let (rows, columns) = boxes.split_once(['x', 'X']).unwrap_or((boxes, ""));
    Geometry::new(size(rows), size(columns))
}

/// The solutions of a Sudoku, counted up to 2; `None` where counting took too long. An exact solver
/// judges the question here; no model sees what it found.
///
/// # Errors
/// [`PuzzleError::NoSolution`].
pub fn judge_sudoku(grid: &Grid) -> Result<Option<usize>, PuzzleError> {
    match solutions(grid) {
        Solutions::None => Err(PuzzleError::NoSolution),
        Solutions::One(_) => Ok(Some(1)),
        Solutions::Several => Ok(Some(2)),
        Solutions::Unknown { .. } => Ok(None),
    }
}

/// Reads a maze, as [`read_maze`] does, and measures its shortest path.
///
/// # Errors
/// What stands where it cannot, or no way from start to goal.
pub fn parse_maze(text: &str) -> Result<(Maze, usize), PuzzleError> {
    let maze = read_maze(text)?.maze;
    let (start, goal) = (maze.row_column(maze.start()), maze.row_column(maze.goal()));
    match shortest_path_len(&maze) {
        Some(shortest) => Ok((maze, shortest)),
        None => Err(PuzzleError::MazeUnreachable { start, goal }),
    }
}
