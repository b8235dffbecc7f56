//! What a pipeline must know of a kind of puzzle.

use crate::embedding;
use crate::error::{BenchError, Result};
use puzzles::maze::{self, Maze, MazeDecoder, MazeEncoder, MazePath, MazeRow};
use puzzles::sudoku::{self, Geometry, Grid, SudokuDecoder, SudokuEncoder};
use puzzles::{SudokuRow, sudoku::Verdict};
use trm_core::TrmConfig;

/// A kind of puzzle: text as tensors, tensors as an answer, an answer as a verdict.
pub trait Task: Sync {
    /// What is asked.
    type Question: Send + Sync;
    /// What is answered.
    type Answer: Clone + PartialEq + Send + Sync;
    /// Name in reports.
    const NAME: &'static str;
    /// The share of answers equal to the label, the share that obeys the rules, and further
    /// shares, in the order of [`Score::marks`].
    const RATES: &'static [&'static str];
    /// Lowest ratings of the bands that reports tell apart.
    const BANDS: &'static [f32];
    /// Numbers in a question's embedding.
    const EMBEDDING_DIM: usize;
    /// The chance of a right answer that ends a run under learned halting.
    const SETTLED: f32;

    /// The question as a model reads it.
    fn encode(&self, question: &Self::Question) -> Encoded;
    /// The question that [`Task::encode`] turned into these numbers, on a grid of `width` columns
    /// if on one; `None` where it cannot have been one.
    fn read(&self, encoded: &[f32], width: usize) -> Option<Self::Question>;
    /// What a question shows before any step: [`embedding`](crate::embedding). Empty where there
    /// is none for a question of its size.
    fn embedding(&self, question: &Self::Question) -> Vec<u16>;
    /// The answer `[tokens, answer_dim]` of a model, read.
    fn decode(&self, question: &Self::Question, answer: &[f32]) -> Self::Answer;
    /// An answer as published files write it.
    fn text(&self, question: &Self::Question, answer: &Self::Answer) -> String;
    /// What is wrong with an answer, in words; `None` where it obeys the rules. Sees no label.
    fn fault(&self, question: &Self::Question, answer: &Self::Answer) -> Option<String>;
    /// Whether an answer obeys the rules. Sees no label.
    fn obeys_rules(&self, question: &Self::Question, answer: &Self::Answer) -> bool;
    /// Compares an answer with rules and label.
    fn score(&self, question: &Self::Question, answer: &Self::Answer, label: &Self::Answer) -> Score;
}

/// A question as tensors.
#[derive(Clone, Debug, PartialEq)]
pub struct Encoded {
    /// `[tokens, embedding_dim]`
    pub question: Vec<f32>,
    /// `[tokens, answer_dim]`, before the first step.
    pub answer: Vec<f32>,
    /// Height and width, where the tokens form a grid.
    pub grid: Option<(usize, usize)>,
}

/// A question with its label.
#[derive(Clone, Debug, PartialEq)]
pub struct Item<T: Task> {
    /// What is asked.
    pub question: T::Question,
    /// What should be answered.
    pub label: T::Answer,
    /// How hard it is, in the units of its data set.
    pub rating: f32,
}

/// How good one answer is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Score {
    /// One mark per name in [`Task::RATES`]; the rest is not used.
    pub marks: [bool; 4],
    /// Cells as in the label.
    pub n_cells_right: usize,
    /// Cells.
    pub n_cells: usize,
}

/// Sudoku of one geometry; 9 x 9 cells by default.
#[derive(Clone, Copy, Debug, Default)]
pub struct SudokuTask {
    encoder: SudokuEncoder,
    decoder: SudokuDecoder,
}

impl SudokuTask {
    /// Sudoku in the layout that a model takes: candidates, or cells as in the reference.
    ///
    /// # Errors
    /// [`BenchError::OtherTask`] where it takes neither.
    pub fn of(config: &TrmConfig) -> Result<Self> {
        Self::sized(config, Geometry::STANDARD)
    }

    /// [`SudokuTask::of`] for any geometry; [`sized`](crate::tasks::sized) gives the model.
    ///
    /// # Errors
    /// [`BenchError::OtherTask`] where the model takes neither layout.
    pub fn sized(config: &TrmConfig, geometry: Geometry) -> Result<Self> {
        let layouts = [sudoku::Layout::Candidates, sudoku::Layout::Cells];
        let encoders = layouts.map(|layout| SudokuEncoder::with(geometry, layout));
        let fits = |e: &&SudokuEncoder| {
            (e.embedding_dim(), e.answer_dim()) == (config.embedding_dim, config.answer_dim)
        };
        let encoder = *encoders
            .iter()
            .find(fits)
            .ok_or_else(|| other_task("Sudoku", config, "2 and 1 (candidates) or 11 and 11 (cells)"))?;
        Ok(SudokuTask { encoder, decoder: SudokuDecoder::with(geometry, encoder.layout()) })
    }

    /// The size.
    pub fn geometry(&self) -> Geometry {
        self.encoder.geometry()
    }

    /// Whether a token is a candidate, and not a cell.
    pub fn is_of_candidates(&self) -> bool {
        self.encoder.layout() == sudoku::Layout::Candidates
    }
}

impl Task for SudokuTask {
    type Question = Grid;
    type Answer = Grid;
    const NAME: &'static str = "sudoku";
    const RATES: &'static [&'static str] = &["exact_accuracy", "solved_rate"];
    const BANDS: &'static [f32] = &[0.0, 1.0, 10.0, 30.0, 60.0];
    const EMBEDDING_DIM: usize = embedding::SUDOKU_DIM;
    const SETTLED: f32 = 0.995;

    fn encode(&self, question: &Grid) -> Encoded {
        let answer = self.encoder.encode_empty_solution();
        Encoded { question: self.encoder.encode_puzzle(question), answer, grid: None }
    }

    fn read(&self, encoded: &[f32], _: usize) -> Option<Grid> {
        let geometry = self.encoder.geometry();
        if encoded.len() != self.encoder.n_tokens() * self.encoder.embedding_dim() {
            return None;
        }
        let cells = encoded.chunks_exact(encoded.len() / geometry.n_cells()).map(|cell| {
            let hot = match self.encoder.layout() {
                sudoku::Layout::Candidates => {
                    cell.chunks_exact(2).position(|c| c[1] != 0.0).map_or(0, |digit| digit + 1)
                }
                sudoku::Layout::Cells => cell.iter().position(|x| *x != 0.0)?.checked_sub(1)?,
            };
            u8::try_from(hot).ok()
        });
        Grid::from_cells(geometry, &cells.collect::<Option<Vec<u8>>>()?).ok()
    }

    fn embedding(&self, question: &Grid) -> Vec<u16> {
        embedding::sudoku(question).unwrap_or_default()
    }

    fn decode(&self, _: &Grid, answer: &[f32]) -> Grid {
        self.decoder.decode(answer)
    }

    fn text(&self, _: &Grid, answer: &Grid) -> String {
        answer.to_string()
    }

    fn fault(&self, question: &Grid, answer: &Grid) -> Option<String> {
        match sudoku::verdict(question, answer) {
            Verdict::Solved => None,
            fault => Some(fault.to_string()),
        }
    }

    fn obeys_rules(&self, question: &Grid, answer: &Grid) -> bool {
        sudoku::verdict(question, answer) == Verdict::Solved
    }

    fn score(&self, question: &Grid, answer: &Grid, label: &Grid) -> Score {
        let pairs = answer.cells().iter().zip(label.cells());
        Score {
            marks: [answer == label, self.obeys_rules(question, answer), false, false],
            n_cells_right: pairs.filter(|(a, b)| a == b).count(),
            n_cells: label.cells().len(),
        }
    }
}

/// Mazes of any size.
#[derive(Clone, Copy, Debug, Default)]
pub struct MazeTask {
    encoder: MazeEncoder,
}

impl MazeTask {
    /// Mazes in the layout that a model takes: marks, or cells as in the reference.
    ///
    /// # Errors
    /// [`BenchError::OtherTask`] where it takes neither.
    pub fn of(config: &TrmConfig) -> Result<Self> {
        let encoders = [maze::Layout::Marks, maze::Layout::Cells].map(MazeEncoder::with_layout);
        let fits = |e: &&MazeEncoder| {
            (e.embedding_dim(), e.answer_dim()) == (config.embedding_dim, config.answer_dim)
        };
        match encoders.iter().find(fits) {
            Some(encoder) => Ok(MazeTask { encoder: *encoder }),
            None => Err(other_task("maze", config, "3 and 1 (marks) or 6 and 6 (cells)")),
        }
    }
}

impl Task for MazeTask {
    type Question = Maze;
    type Answer = MazePath;
    const NAME: &'static str = "maze";
    const RATES: &'static [&'static str] =
        &["exact_accuracy", "optimal_path_rate", "valid_path_rate", "connected_rate"];
    const BANDS: &'static [f32] = &[0.0, 110.0, 120.0, 140.0];
    const EMBEDDING_DIM: usize = embedding::MAZE_DIM;
    const SETTLED: f32 = 0.9;

    fn encode(&self, question: &Maze) -> Encoded {
        Encoded {
            question: self.encoder.encode_maze(question),
            answer: self.encoder.encode_start_position(question),
            grid: Some((question.height(), question.width())),
        }
    }

    fn read(&self, encoded: &[f32], width: usize) -> Option<Maze> {
        let n_cells = encoded.len() / self.encoder.embedding_dim();
        // Nets that take cells know of no grid: theirs are square.
        let (symbols, width) = match self.encoder.layout() {
            maze::Layout::Marks => (&[' ', 'S', 'G'][..], width),
            maze::Layout::Cells => (&['#', '#', ' ', 'S', 'G'][..], n_cells.isqrt()),
        };
        let symbol = |cell: &[f32]| match cell.iter().position(|x| *x != 0.0) {
            Some(hot) => symbols.get(hot).copied(),
            None => Some('#'),
        };
        let cells = encoded.chunks(self.encoder.embedding_dim());
        let height = n_cells.checked_div(width)?;
        Maze::parse_with(height, width, &cells.map(symbol).collect::<Option<String>>()?).ok()
    }

    fn embedding(&self, question: &Maze) -> Vec<u16> {
        embedding::maze(question)
    }

    /// What an answer marks on start and goal is not read: they are on every path, and published
    /// answers leave them as they are.
    fn decode(&self, question: &Maze, answer: &[f32]) -> MazePath {
        let (height, width) = (question.height(), question.width());
        let mut path = MazeDecoder::with(height, width, self.encoder.layout()).decode(answer);
        path.clear(question.start());
        path.clear(question.goal());
        path
    }

    fn text(&self, question: &Maze, answer: &MazePath) -> String {
        question.answer_line(answer)
    }

    fn fault(&self, question: &Maze, answer: &MazePath) -> Option<String> {
        let Some(shortest) = maze::shortest_path_len(question) else {
            return Some("no path leads to the goal".into());
        };
        match answer.ordered(question) {
            Err(fault) => Some(fault.to_string()),
            Ok(cells) if cells.len() > shortest + 1 => {
                Some(format!("the path has {} steps, the shortest {shortest}", cells.len() - 1))
            }
            Ok(_) => None,
        }
    }

    fn obeys_rules(&self, question: &Maze, answer: &MazePath) -> bool {
        maze::verify_maze_solution(question, answer)
    }

    fn score(&self, question: &Maze, answer: &MazePath, label: &MazePath) -> Score {
        let verdict = maze::verdict(question, answer, Some(label));
        let pairs = answer.marks().iter().zip(label.marks());
        Score {
            marks: [verdict.exact == Some(true), verdict.optimal, verdict.valid, verdict.connected],
            n_cells_right: pairs.filter(|(a, b)| a == b).count(),
            n_cells: label.marks().len(),
        }
    }
}

fn other_task(puzzle: &'static str, config: &TrmConfig, expected: &'static str) -> BenchError {
    let TrmConfig { embedding_dim, answer_dim, .. } = *config;
    BenchError::OtherTask { puzzle, embedding_dim, answer_dim, expected }
}

impl From<SudokuRow> for Item<SudokuTask> {
    fn from(row: SudokuRow) -> Self {
        Item { question: row.puzzle, label: row.solution, rating: row.rating }
    }
}

impl From<MazeRow> for Item<MazeTask> {
    fn from(row: MazeRow) -> Self {
        Item { question: row.maze, label: row.answer, rating: row.rating }
    }
}
