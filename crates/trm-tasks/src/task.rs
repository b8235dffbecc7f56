//! What solving and training must know of a kind of puzzle.

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
