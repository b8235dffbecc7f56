//! Sudoku as a task: grids as tensors, answers as grids.

use crate::embedding;
use crate::error::{Result, other_task};
use crate::task::{CandidateTask, Encoded, Item, Score, Task};
use puzzles::SudokuRow;
use puzzles::sudoku::{self, Geometry, Grid, SudokuDecoder, SudokuEncoder, Verdict};
use trm_core::TrmConfig;

/// Sudoku of one geometry; 9 x 9 cells by default.
#[derive(Clone, Copy, Debug, Default)]
pub struct SudokuTask {
    encoder: SudokuEncoder,
    decoder: SudokuDecoder,
}

impl SudokuTask {
    /// The task in the layout of a model: candidates, or cells as in the reference.
    ///
    /// # Errors
    /// [`TaskError::OtherTask`](crate::TaskError::OtherTask) where the model has neither layout.
    pub fn of(config: &TrmConfig) -> Result<Self> {
        Self::sized(config, Geometry::STANDARD)
    }

    /// [`SudokuTask::of`] for any geometry; [`sized`](crate::sized) gives the model.
    ///
    /// # Errors
    /// [`TaskError::OtherTask`](crate::TaskError::OtherTask) where the model has neither layout.
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

    /// The size of the grid and its boxes.
    pub fn geometry(&self) -> Geometry {
        self.encoder.geometry()
    }

    /// Whether tokens are candidates rather than cells.
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
        Encoded { question: self.encoder.encode_puzzle(question), answer, grid: None, relations: None }
    }

    fn decode_question(&self, encoded: &[f32], _: usize) -> Option<Grid> {
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

impl CandidateTask for SudokuTask {
    fn n_symbols(&self) -> usize {
        self.geometry().side()
    }

    fn cells<'a>(&self, question: &'a Grid) -> &'a [u8] {
        question.cells()
    }

    fn filled(&self, question: &Grid, cell: usize, symbol: u8) -> Grid {
        let (mut filled, side) = (question.clone(), question.geometry().side());
        filled.set(cell / side, cell % side, symbol);
        filled
    }
}

impl From<SudokuRow> for Item<SudokuTask> {
    fn from(row: SudokuRow) -> Self {
        Item { question: row.puzzle, label: row.solution, rating: row.rating, source: row.source }
    }
}
