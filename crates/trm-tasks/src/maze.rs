//! Mazes as a task: grids as tensors, answers as paths.

use crate::embedding;
use crate::error::{Result, other_task};
use crate::task::{Encoded, Item, Score, Task};
use puzzles::maze::{self, Maze, MazeDecoder, MazeEncoder, MazePath, MazeRow};
use trm_core::TrmConfig;

/// Mazes of any size.
#[derive(Clone, Copy, Debug, Default)]
pub struct MazeTask {
    encoder: MazeEncoder,
}

impl MazeTask {
    /// The task in the layout of a model: marks, or cells as in the reference.
    ///
    /// # Errors
    /// [`TaskError::OtherTask`](crate::TaskError::OtherTask) where the model has neither layout.
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
    const SETTLED: f32 = 0.995;

    fn encode(&self, question: &Maze) -> Encoded {
        Encoded {
            question: self.encoder.encode_maze(question),
            answer: self.encoder.encode_start_position(question),
            grid: Some((question.height(), question.width())),
            relations: None,
        }
    }

    fn decode_question(&self, encoded: &[f32], width: usize) -> Option<Maze> {
        let n_cells = encoded.len() / self.encoder.embedding_dim();
        // Nets on cells have no grid: their mazes are square.
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

    /// Marks on start and goal are ignored: both are on every path, and published answers leave them
    /// unmarked.
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

impl From<MazeRow> for Item<MazeTask> {
    fn from(row: MazeRow) -> Self {
        Item { question: row.maze, label: row.answer, rating: row.rating, source: row.source }
    }
}
