//! The interface of learned halting: what ends an adaptive run in place of a fixed confidence.

use std::fmt::Debug;

/// What one supervision step said of its answer.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct StepTrace {
    /// The model's probability that the answer is right, in 0..1.
    pub confidence: f32,
    /// Part of the answer that changed against the step before, in 0..1; 1 in the first step.
    pub changed: f32,
    /// Mean sureness of the answer's parts, in 0..1.
    pub sureness: f32,
}

/// A question about a question: what a predictor knows before the run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HaltingQuery<'a> {
    /// `[tokens, embedding_dim]`, or one row for all tokens.
    pub question: &'a [f32],
    /// Columns of a grid of tokens; 1 where there is no grid.
    pub width: usize,
    /// The most supervision steps of the run.
    pub max_k: usize,
}

/// Predicts how many supervision steps a question needs; see
/// [`TrmEngine::with_halting`](crate::TrmEngine::with_halting).
pub trait HaltingPredictor: Debug + Send + Sync {
    /// A number of steps that should be enough, predicted before the run, in `1..=max_k`.
    fn predict(&self, query: HaltingQuery<'_>) -> usize;

    /// The stopping rule of one run: called with the trace of each step in order, it returns `true` when the run
    /// should end.
    fn plan(&self, query: HaltingQuery<'_>) -> Box<dyn FnMut(StepTrace) -> bool + Send>;
}
