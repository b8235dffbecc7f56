//! The engine: the learner behind a lock, and its file.

use std::path::Path;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::error::Result;
use crate::learner::{Learner, Prediction, SonaConfig};
use crate::math::sigmoid;
use crate::outcome::{Label, Signal};
use crate::pace::LabelledRun;
use crate::replan::{HaltingPolicy, Replanner};
use crate::state;

/// Figures of an engine.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stats {
    /// Examples learned.
    pub n_learned: u64,
    /// Bad examples that a method without a `Result` dropped.
    pub n_rejected: u64,
    /// Examples in the replay buffer.
    pub n_stored: usize,
    /// Consolidations, the first automatic one included.
    pub n_consolidations: u64,
    /// Share of questions that were solved within the bound predicted before they were learned.
    pub coverage: f64,
    /// Questions `coverage` is about.
    pub n_judged: u64,
    /// Memory of the engine.
    pub size_bytes: usize,
}

/// Predicts the number of steps a question needs, and learns it.
///
/// All methods take `&self`: the state is behind a read-write lock, so threads predict side by
/// side and learn one after another. [`force_learn`](Self::force_learn) holds the lock for as
/// long as it works; a prediction then waits.
#[derive(Debug)]
pub struct SonaEngine {
    learner: RwLock<Learner>,
}

impl SonaEngine {
    /// An engine for embeddings of `dim` numbers, otherwise [`SonaConfig::new`].
    ///
    /// # Panics
    /// If `dim` is 0 or above 65,536; [`with_config`](Self::with_config) returns an error instead.
    #[must_use]
    pub fn new(dim: usize) -> Self {
        match Self::with_config(SonaConfig::new(dim)) {
            Ok(engine) => engine,
            Err(error) => panic!("SonaEngine::new({dim}): {error}"),
        }
    }

    /// An engine as configured.
    ///
    /// # Errors
    /// [`SonaError::Config`](crate::SonaError::Config) if a value is out of its range.
    pub fn with_config(config: SonaConfig) -> Result<Self> {
        Ok(Self { learner: RwLock::new(Learner::new(config)?) })
    }

    // A poisoned lock means a bug panicked in another thread; the state is still whole enough to
    // use, because nothing in it is unsafe and predictions are clamped.
    fn read(&self) -> RwLockReadGuard<'_, Learner> {
        self.learner.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Learner> {
        self.learner.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The configuration.
    #[must_use]
    pub fn config(&self) -> SonaConfig {
        self.read().config
    }

    /// Figures of the engine.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let learner = self.read();
        let (coverage, n_judged) = learner.coverage();
        Stats {
            n_learned: learner.n_learned,
            n_rejected: learner.n_rejected,
            n_stored: learner.n_stored(),
            n_consolidations: learner.n_consolidations,
            coverage,
            n_judged,
            size_bytes: size_of::<Self>() - size_of::<Learner>() + learner.size_bytes(),
        }
    }

    /// Predicts the steps of a question that may take up to `max_k`.
    ///
    /// # Errors
    /// For a wrong dimension, a value that is not finite, or a `max_k` of 0 or above the limit.
    pub fn try_predict(&self, query: &[f32], max_k: usize) -> Result<Prediction> {
        let learner = self.read();
        learner.check_query(query)?;
        learner.check_steps(max_k)?;
        Ok(learner.predict(Some(query), max_k))
    }

    /// Predicts whatever comes: a bad query gets the history of all questions, a `max_k` above
    /// the limit counts as the limit, and 0 as 1.
    #[must_use]
    pub fn predict(&self, query: &[f32], max_k: usize) -> Prediction {
        let learner = self.read();
        let max_k = max_k.clamp(1, learner.config.limit);
        let query = learner.check_query(query).is_ok().then_some(query);
        learner.predict(query, max_k)
    }

    /// The whole forecast: entry `t - 1` is the chance that step `t` solves the question, and
    /// what is missing to 1 that `max_k` steps do not. Bad input is treated as in
    /// [`predict`](Self::predict). For a loss of your own, as in
    /// [`likeliest_within`](crate::likeliest_within); `predict` has the median.
    #[must_use]
    pub fn distribution(&self, query: &[f32], max_k: usize) -> Vec<f32> {
        let learner = self.read();
        let max_k = max_k.clamp(1, learner.config.limit);
        let query = learner.check_query(query).is_ok().then_some(query);
        let mut left = 1.0;
        let logits = learner.logits(query, max_k).into_iter();
        logits
            .map(|eta| {
                let solved = left * sigmoid(eta);
                left -= solved;
                solved
            })
            .collect()
    }

    /// Plans a run of up to `max_k` steps, to be corrected after every step. Bad input is treated
    /// as in [`predict`](Self::predict).
    #[must_use]
    pub fn plan(&self, query: &[f32], max_k: usize, policy: HaltingPolicy) -> Replanner {
        let learner = self.read();
        let max_k = max_k.clamp(1, learner.config.limit);
        let query = learner.check_query(query).is_ok().then_some(query);
        let planned = learner.predict(query, max_k).enough;
        Replanner::new(learner.logits(query, max_k), learner.pace().clone(), planned, policy)
    }

    /// Learns one example that counts `weight` (0 to 1), with its trace or without (`&[]`).
    ///
    /// Takes time linear in the embedding, except that the 32nd example fits the first model (a
    /// few tens of milliseconds, once).
    ///
    /// # Errors
    /// For a bad embedding, weight, number of steps or signal; then nothing is learned.
    pub fn try_learn(&self, query: &[f32], label: Label, weight: f32, trace: &[Signal]) -> Result<()> {
        self.write().learn(query, LabelledRun { label, trace, right: &[], weight })
    }

    /// Learns one run with the verdict on the answer of each step. The number of steps needed is that of
    /// [`Label::from_verdicts`]; from the trace it learns to stop wherever the answer is right, even if a later
    /// step spoils it.
    ///
    /// # Errors
    /// As [`try_learn`](Self::try_learn).
    pub fn try_learn_verdicts(
        &self,
        query: &[f32],
        right: &[bool],
        weight: f32,
        trace: &[Signal],
    ) -> Result<()> {
        let label = Label::from_verdicts(right);
        self.write().learn(query, LabelledRun { label, trace, right, weight })
    }

    /// As [`try_learn`](Self::try_learn), but a bad example is dropped and counted in
    /// [`Stats::n_rejected`].
    pub fn learn(&self, query: &[f32], label: Label, weight: f32, trace: &[Signal]) {
        let mut learner = self.write();
        if learner.learn(query, LabelledRun { label, trace, right: &[], weight }).is_err() {
            learner.n_rejected += 1;
        }
    }

    pub(crate) fn reject(&self) {
        self.write().n_rejected += 1;
    }

    /// Consolidates now: refits projection, metric, regression, hazard and calibration to the
    /// stored examples. With too few of them, or useless ones, the model stays as it is.
    pub fn force_learn(&self) {
        let _ = self.try_force_learn();
    }

    /// As [`force_learn`](Self::force_learn), but returns an error if it could not.
    ///
    /// # Errors
    /// [`TooFewExamples`](crate::SonaError::TooFewExamples) below 32 examples,
    /// [`Degenerate`](crate::SonaError::Degenerate) if they give no finite model.
    pub fn try_force_learn(&self) -> Result<()> {
        self.write().consolidate()
    }

    /// Drops the stored examples and keeps what was learned from them: a state file to ship, a fifth of
    /// the size. The engine predicts the same and goes on learning, but the next
    /// [`force_learn`](Self::force_learn) refits to the examples stored since alone.
    pub fn forget_examples(&self) {
        self.write().forget_examples();
    }

    /// The whole state as the bytes of a state file.
    ///
    /// # Errors
    /// [`Io`](crate::SonaError::Io) if encoding fails.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        state::encode(&self.read())
    }

    /// An engine from the bytes of a state file; it goes on exactly where the other stopped.
    ///
    /// # Errors
    /// If the bytes are foreign, damaged or inconsistent.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        Ok(Self { learner: RwLock::new(state::decode(bytes)?) })
    }

    /// Saves the state; the file at `path` is the old one or the new one at every moment.
    ///
    /// # Errors
    /// [`Io`](crate::SonaError::Io), and then the old file is still there.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        state::save(&self.read(), path.as_ref())
    }

    /// Loads a saved engine.
    ///
    /// # Errors
    /// If the file cannot be read, is foreign, damaged or inconsistent.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        Ok(Self { learner: RwLock::new(state::load(path.as_ref())?) })
    }

    /// Replaces this engine's state by a saved one.
    ///
    /// # Errors
    /// As [`load`](Self::load); the engine then keeps the state it had.
    pub fn restore(&self, path: impl AsRef<Path>) -> Result<()> {
        let learner = state::load(path.as_ref())?;
        *self.write() = learner;
        Ok(())
    }
}
