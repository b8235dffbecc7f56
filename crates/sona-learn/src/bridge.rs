//! Between a recursive solver and the engine: results in, numbers of steps out.

use std::borrow::Borrow;

use crate::engine::SonaEngine;
use crate::error::Result;
use crate::learner::Prediction;
use crate::outcome::{Label, Outcome};

/// From this quality on an answer counts as right.
pub const SOLVED_QUALITY: f32 = 0.5;

/// Learns from a solver's results and predicts how many steps the next question needs.
///
/// Everything takes `&self` and may be called from many threads; see [`SonaEngine`]. A result is
/// anything that turns into an [`Outcome`]: an `Outcome`, or any type `R` with
/// `(usize, f32, bool): From<&R>` (iterations used, confidence, early stopped).
///
/// ```
/// use sona_learn::{SonaEngine, TrmSonaBridge, Outcome};
///
/// let bridge = TrmSonaBridge::new(SonaEngine::new(4));
/// for i in 0..200 {
///     let hard = (i % 10) as f32;
///     let query = [hard, 1.0, -hard, 0.5];
///     let result = Outcome { iterations_used: 1 + i % 10, ..Outcome::default() };
///     bridge.learn_from_trm(&query, &result, 0.9);
/// }
/// bridge.sona.force_learn();
/// assert_eq!(bridge.predict_optimal_k(&[6.0, 1.0, -6.0, 0.5], 30), 7);
/// ```
#[derive(Debug)]
pub struct TrmSonaBridge {
    /// The engine.
    pub sona: SonaEngine,
}

impl TrmSonaBridge {
    /// A bridge to `sona`.
    #[must_use]
    pub fn new(sona: SonaEngine) -> Self {
        Self { sona }
    }

    /// The median number of steps, in `1..=max_k`.
    ///
    /// Never panics: a bad query gets the prediction from the history of all questions, a `max_k` of 0
    /// counts as 1, and one above the engine's limit as the limit.
    #[must_use]
    pub fn predict_optimal_k(&self, query: &[f32], max_k: usize) -> usize {
        self.sona.predict(query, max_k).steps
    }

    /// The whole prediction, or what is wrong with the query.
    ///
    /// # Errors
    /// As [`SonaEngine::try_predict`].
    pub fn try_predict_optimal_k(&self, query: &[f32], max_k: usize) -> Result<Prediction> {
        self.sona.try_predict(query, max_k)
    }

    /// Learns a result of quality 0 to 1.
    ///
    /// From 0.5 on the answer was right and `iterations_used` is what it took (of a run that went
    /// on after it was solved, give the measured label instead); below, the
    /// question is unsolved after `iterations_used` (right-censored). The example counts as much
    /// as the quality is far on its side: `quality`, or `1 - quality`. A bad example is dropped
    /// and counted in [`Stats::n_rejected`](crate::Stats::n_rejected).
    pub fn learn_from_trm<R>(&self, query: &[f32], result: &R, quality: f32)
    where
        Outcome: for<'a> From<&'a R>,
    {
        if self.try_learn_from_trm(query, result, quality).is_err() {
            self.sona.reject();
        }
    }

    /// As [`learn_from_trm`](Self::learn_from_trm), but returns what is wrong.
    ///
    /// # Errors
    /// For a bad embedding, quality, number of steps or signal; then nothing is learned.
    pub fn try_learn_from_trm<R>(&self, query: &[f32], result: &R, quality: f32) -> Result<()>
    where
        Outcome: for<'a> From<&'a R>,
    {
        let outcome = Outcome::from(result);
        let steps = outcome.iterations_used;
        // NaN goes the first way and is refused by the engine.
        let (label, weight) = if (0.0..SOLVED_QUALITY).contains(&quality) {
            (Label::Censored(steps), 1.0 - quality)
        } else {
            (Label::Solved(steps), quality)
        };
        self.sona.try_learn(query, label, weight, &outcome.trace)
    }

    /// Learns a result with its optimal number of steps (`usize` or `&usize`).
    ///
    /// A bad example is dropped and counted in [`Stats::n_rejected`](crate::Stats::n_rejected).
    pub fn learn_from_trm_with_optimal_k<R>(&self, query: &[f32], result: &R, optimal_k: impl Borrow<usize>)
    where
        Outcome: for<'a> From<&'a R>,
    {
        let label = Label::Solved(*optimal_k.borrow());
        if self.try_learn_from_trm_with_label(query, result, label).is_err() {
            self.sona.reject();
        }
    }

    /// Learns a result whose label was measured: K* or a censored run.
    ///
    /// # Errors
    /// For a bad embedding, number of steps or signal; then nothing is learned.
    pub fn try_learn_from_trm_with_label<R>(&self, query: &[f32], result: &R, label: Label) -> Result<()>
    where
        Outcome: for<'a> From<&'a R>,
    {
        self.sona.try_learn(query, label, 1.0, &Outcome::from(result).trace)
    }
}
