//! The seam for learned halting: who ends an adaptive run, if not a fixed confidence.

use crate::StepTrace;
use std::fmt::Debug;

/// A question as the engine got it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Asked<'a> {
    /// `[tokens, embedding_dim]`, or one row for all tokens.
    pub question: &'a [f32],
    /// Columns of a grid of tokens; 1 where there is no grid.
    pub width: usize,
    /// The most supervision steps of the run.
    pub max_k: usize,
}

/// Says how many supervision steps a question needs; see
/// [`TrmEngine::with_halting`](crate::TrmEngine::with_halting).
pub trait HaltingPredictor: Debug + Send + Sync {
    /// Steps that should be enough, known before the run, in `1..=max_k`.
    fn predict(&self, asked: Asked<'_>) -> usize;

    /// The judge of one run: told each step in its turn, it answers `true` when the run should end.
    fn plan(&self, asked: Asked<'_>) -> Box<dyn FnMut(StepTrace) -> bool>;
}
