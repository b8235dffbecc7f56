//! The interface between a kind of puzzle and the crates that solve, train and measure.

use std::sync::Arc;
use trm_core::Relations;

/// A kind of puzzle: encodes questions as tensors, decodes answers and judges them.
pub trait Task: Sync {
    /// A puzzle to solve.
    type Question: Send + Sync;
    /// A solution, right or wrong.
    type Answer: Clone + PartialEq + Send + Sync;
    /// Name in reports.
    const NAME: &'static str;
    /// Names of the rates in reports, in the order of [`Score::marks`]: the share of answers equal to the
    /// label, the share that obeys the rules, then others.
    const RATES: &'static [&'static str];
    /// Lower bounds of the rating bands in reports.
    const BANDS: &'static [f32];
    /// Length of a question's embedding.
    const EMBEDDING_DIM: usize;
    /// The probability of a right answer at which learned halting ends a run.
    const SETTLED: f32;

    /// Encodes a question as tensors.
    fn encode(&self, question: &Self::Question) -> Encoded;
    /// Decodes a question that [`Task::encode`] encoded, on a grid of `width` columns if it has one; `None`
    /// where the tensor is no encoded question.
    fn decode_question(&self, encoded: &[f32], width: usize) -> Option<Self::Question>;
    /// The query embedding for learned halting, from the question alone: see [`embedding`](crate::embedding).
    /// Empty for sizes that have none.
    fn embedding(&self, question: &Self::Question) -> Vec<u16>;
    /// Decodes a model's answer `[tokens, answer_dim]`.
    fn decode(&self, question: &Self::Question, answer: &[f32]) -> Self::Answer;
    /// Writes an answer as the published data sets do.
    fn text(&self, question: &Self::Question, answer: &Self::Answer) -> String;
    /// What is wrong with an answer, as a sentence; `None` where it obeys the rules. Does not use the label.
    fn fault(&self, question: &Self::Question, answer: &Self::Answer) -> Option<String>;
    /// Whether an answer obeys the rules. Does not use the label.
    fn obeys_rules(&self, question: &Self::Question, answer: &Self::Answer) -> bool;
    /// Compares an answer with rules and label.
    fn score(&self, question: &Self::Question, answer: &Self::Answer, label: &Self::Answer) -> Score;
}

/// A kind of puzzle in which every cell gets a symbol, and the tokens are its candidates: token
/// `cell * n_symbols + symbol`, whose first feature says whether it is open.
pub trait CandidateTask: Task {
    /// Number of symbols.
    fn n_symbols(&self) -> usize;
    /// `[cells]`: the symbols of a question, counted from 1; 0 is a blank.
    fn cells<'a>(&self, question: &'a Self::Question) -> &'a [u8];
    /// The question with one more cell filled.
    fn filled(&self, question: &Self::Question, cell: usize, symbol: u8) -> Self::Question;
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
    /// Relations of its own, where they are not those of the model.
    pub relations: Option<Arc<Relations>>,
}

/// A question with its label.
#[derive(Clone, Debug, PartialEq)]
pub struct Item<T: Task> {
    /// The question.
    pub question: T::Question,
    /// The label: its published answer.
    pub label: T::Answer,
    /// Difficulty, in the units of its data set.
    pub rating: f32,
    /// Where its data set has it from.
    pub source: String,
}

/// The score of one answer against rules and label.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Score {
    /// One mark per name in [`Task::RATES`]; the others are unused.
    pub marks: [bool; 4],
    /// Cells that agree with the label.
    pub n_cells_right: usize,
    /// All cells.
    pub n_cells: usize,
}
