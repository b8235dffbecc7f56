//! The engine: a question and a first answer in, a refined answer out.

mod array;
mod check;
mod relations;
mod steps;

use relations::Turns;
pub use steps::Steps;

use crate::halting::{HaltingPredictor, StepTrace};
use crate::kernel::Isa;
use crate::model::{StepOutput, Workspace};
use crate::recursion::State;
use crate::{Buffer, Graph, MAX_K, Model, Relations, Result, TrmConfig, TrmError};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::sync::{Arc, Mutex};

/// A refined answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TrmResult {
    /// `[tokens, answer_dim]`, row-major; [`TrmResult::answer_array`] gives it its shape.
    pub answer: Vec<f32>,
    /// Numbers of a token of the answer.
    pub answer_dim: usize,
    /// Supervision steps K that were run.
    pub iterations_used: usize,
    /// The model's probability that the answer is right, in 0..1.
    pub confidence: f32,
    /// Whether the run stopped before its limit because the confidence, or the predictor, said so.
    pub early_stopped: bool,
    /// One entry per step.
    pub trace: Vec<StepTrace>,
}

/// Steps, confidence, early stopped: what another crate may want to know of a result without
/// knowing this one.
impl From<&TrmResult> for (usize, f32, bool) {
    fn from(result: &TrmResult) -> Self {
        (result.iterations_used, result.confidence, result.early_stopped)
    }
}

/// What the factors of matrix products are rounded to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// 32 bits: as trained.
    #[default]
    F32,
    /// The upper 16 of them: faster on some processors where [`Isa::has_bf16`], slower elsewhere, and
    /// other answers now and then.
    Bf16,
}

/// The state of one running question, and its buffers.
#[derive(Clone, Debug, Default)]
struct Session {
    graph: Graph,
    state: State<f32>,
    output: StepOutput<f32>,
    /// `[live, answer_dim]`: the answer channel of the step, for models that have one.
    channel: Vec<f32>,
    work: Workspace<f32>,
}

/// The most threads that share a question: each has buffers of its own.
const MAX_THREADS: usize = 256;

/// A model that answers questions. One engine serves many threads: each call takes buffers
/// from a pool, and a warmed-up engine allocates only what it returns.
#[derive(Debug)]
pub struct TrmEngine {
    model: Arc<Model>,
    isa: Isa,
    /// Height and width of the questions, for relations on a grid that is not square.
    grid: Option<(usize, usize)>,
    /// Relations of the questions, where they are not the model's.
    relations: Option<Arc<Relations>>,
    turns: Option<Turns>,
    halting: Option<Arc<dyn HaltingPredictor>>,
    /// Threads that share a question; at least 1.
    threads: usize,
    /// Seed of the answer channel's noise.
    seed: u64,
    /// Standard deviation of that noise; without it the model's.
    channel_noise: Option<f32>,
    /// The matrices in bf16, where products are computed in it.
    pairs: Option<Arc<Buffer<f32>>>,
    pool: Mutex<Vec<Session>>,
}

impl Clone for TrmEngine {
    /// Shares the weights; the buffers are the clone's own.
    fn clone(&self) -> Self {
        let TrmEngine {
            model,
            isa,
            grid,
            relations,
            turns,
            halting,
            threads,
            seed,
            channel_noise,
            pairs,
            ..
        } = self;
        TrmEngine {
            model: model.clone(),
            isa: *isa,
            grid: *grid,
            relations: relations.clone(),
            turns: turns.clone(),
            halting: halting.clone(),
            threads: *threads,
            seed: *seed,
            channel_noise: *channel_noise,
            pairs: pairs.clone(),
            pool: Mutex::default(),
        }
    }
}

impl From<Model> for TrmEngine {
    fn from(model: Model) -> Self {
        let (isa, pool) = (Isa::best(), Mutex::default());
        let (grid, halting, channel_noise, pairs) = (None, None, None, None);
        TrmEngine {
            model: Arc::new(model),
            isa,
            grid,
            relations: None,
            turns: None,
            halting,
            threads: 1,
            seed: 0,
            channel_noise,
            pairs,
            pool,
        }
    }
}

impl TrmEngine {
    /// An untrained engine.
    ///
    /// ```
    /// use trm_core::{TrmConfig, TrmEngine};
    /// let engine = TrmEngine::new(TrmConfig::default());
    /// let result = engine.reason(&[0.1; 256], &[0.2; 2560], Some(5));
    /// assert_eq!((result.answer.len(), result.iterations_used), (2560, 5));
    /// ```
    ///
    /// # Panics
    /// Where the configuration is not valid; one from the builder is.
    pub fn new(config: TrmConfig) -> Self {
        Model::new(config).expect("a valid configuration").into()
    }

    /// An engine with the weights of a model file.
    ///
    /// # Errors
    /// What [`Model::load`] says.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        Ok(Model::load(path)?.into())
    }

    /// Writes the model file.
    ///
    /// # Errors
    /// What [`Model::save`] says.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        self.model.save(path)
    }

    /// Its model.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The instructions it uses.
    pub fn isa(&self) -> Isa {
        self.isa
    }

    /// The same engine with these instructions.
    pub fn with_isa(mut self, isa: Isa) -> Self {
        self.isa = isa;
        self
    }

    /// The same engine for questions on a grid of this size; without it grids are square.
    pub fn with_grid(mut self, height: usize, width: usize) -> Self {
        self.grid = Some((height, width));
        self
    }

    /// The same engine whose questions are shared by `threads` threads of the rayon pool each (0 counts as 1): less
    /// time for one large question, and the same numbers. Many questions are better left to
    /// [`TrmEngine::reason_batch`], which gives each a thread. Only relational nets share.
    ///
    /// ```
    /// let engine = trm_core::TrmEngine::new(trm_core::TrmConfig::default()).with_threads(2);
    /// assert_eq!(engine.threads(), 2);
    /// ```
    pub fn with_threads(mut self, threads: usize) -> Self {
        self.threads = threads.clamp(1, MAX_THREADS);
        self
    }

    /// The same engine whose matrix products take their factors in this precision; sums and states stay `f32`.
    ///
    /// ```
    /// use trm_core::{Precision, TrmConfig, TrmEngine};
    /// let engine = TrmEngine::new(TrmConfig::default()).with_precision(Precision::Bf16)?;
    /// assert_eq!(engine.precision(), Precision::Bf16);
    /// # Ok::<(), trm_core::TrmError>(())
    /// ```
    ///
    /// # Errors
    /// [`TrmError::Config`] where the net has no products in this precision.
    pub fn with_precision(mut self, precision: Precision) -> Result<Self> {
        self.pairs = match precision {
            Precision::F32 => None,
            Precision::Bf16 => Some(Arc::new(self.model.packed()?)),
        };
        Ok(self)
    }

    /// The same engine with another seed for the noise of the [`AnswerChannel`](crate::AnswerChannel), 0 unless set.
    /// The same seed gives the same bits, alone or in a batch, on any number of threads.
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The same engine whose answer channel carries noise of this standard deviation instead of the model's.
    ///
    /// # Errors
    /// [`TrmError::Config`] where the model has no such channel, or the number is not in 0..=100.
    pub fn with_channel_noise(mut self, std: f32) -> Result<Self> {
        let expected = match self.model.config().answer_channel {
            None => "a model with an answer channel",
            Some(_) if (0.0..=100.0).contains(&std) => {
                self.channel_noise = Some(std);
                return Ok(self);
            }
            Some(_) => "0 to 100",
        };
        Err(TrmError::Config { field: "channel_noise", found: std.to_string(), expected })
    }

    /// Seed of the noise.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// What its products are computed in.
    pub fn precision(&self) -> Precision {
        self.pairs.as_ref().map_or(Precision::F32, |_| Precision::Bf16)
    }

    /// Threads that share a question.
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// The same engine whose adaptive runs end when this predictor says, not at a fixed confidence.
    pub fn with_halting(mut self, halting: Arc<dyn HaltingPredictor>) -> Self {
        self.halting = Some(halting);
        self
    }

    /// The predictor it was given.
    pub fn halting(&self) -> Option<&dyn HaltingPredictor> {
        self.halting.as_deref()
    }

    /// Refines `answer` (`[tokens, answer_dim]`) to the question (`[tokens, embedding_dim]`, or
    /// one row for all tokens): exactly `k` supervision steps, or with `None` until the
    /// predictor given by [`TrmEngine::with_halting`] ends the run, or without one until the
    /// confidence reaches the configuration's threshold; at most `max_k`.
    ///
    /// # Panics
    /// Where [`TrmEngine::try_reason`] returns an error.
    pub fn reason(&self, question: &[f32], answer: &[f32], k: Option<usize>) -> TrmResult {
        match self.try_reason(question, answer, k) {
            Ok(result) => result,
            Err(error) => panic!("{error}"),
        }
    }

    /// [`TrmEngine::reason`], for input from outside.
    ///
    /// # Errors
    /// [`TrmError::Shape`] or [`TrmError::NotFinite`] for question and answer,
    /// [`TrmError::Config`] for a `k` that is not in 1..=[`MAX_K`].
    pub fn try_reason(&self, question: &[f32], answer: &[f32], k: Option<usize>) -> Result<TrmResult> {
        let mut result = TrmResult::default();
        self.reason_into(question, answer, k, &mut result)?;
        Ok(result)
    }

    /// [`TrmEngine::try_reason`] in the memory of an earlier result: an engine that has answered
    /// a question of this size, into this result, allocates nothing.
    ///
    /// # Errors
    /// What [`TrmEngine::try_reason`] says; `result` is then as it was.
    pub fn reason_into(
        &self,
        question: &[f32],
        answer: &[f32],
        k: Option<usize>,
        result: &mut TrmResult,
    ) -> Result<()> {
        let limit = self.limit(k)?;
        self.steps(question, answer)?.finish(limit, k.is_none(), result);
        Ok(())
    }

    /// The supervision steps one by one, without end: for halting policies of one's own and for
    /// drawing the recursion.
    ///
    /// # Errors
    /// [`TrmError::Shape`] or [`TrmError::NotFinite`] for question and answer.
    pub fn steps<'a>(&'a self, question: &'a [f32], answer: &[f32]) -> Result<Steps<'a>> {
        let (question, answer) = self.views(question, answer)?;
        self.steps_array(question, answer)
    }

    /// Answers many questions on all threads of the rayon pool.
    ///
    /// # Errors
    /// What [`TrmEngine::try_reason`] says of each question.
    pub fn reason_batch<Q, A>(&self, questions: &[(Q, A)], k: Option<usize>) -> Vec<Result<TrmResult>>
    where
        Q: AsRef<[f32]> + Sync,
        A: AsRef<[f32]> + Sync,
    {
        questions.par_iter().map(|(q, a)| self.try_reason(q.as_ref(), a.as_ref(), k)).collect()
    }

    /// Answers one question several times, each from another initial latent (normal noise of
    /// standard deviation `noise`) and with another seed of the answer channel; the first rollout is
    /// [`TrmEngine::try_reason`].
    ///
    /// # Errors
    /// What [`TrmEngine::try_reason`] says.
    pub fn reason_many(
        &self,
        question: &[f32],
        answer: &[f32],
        k: Option<usize>,
        n_rollouts: usize,
        noise: f64,
        seed: u64,
    ) -> Result<Vec<TrmResult>> {
        let limit = self.limit(k)?;
        let rollout = |i: u64| {
            let mut steps = self.steps(question, answer)?;
            if i > 0 {
                steps.disturb(noise, seed.rotate_left(32) ^ i);
                steps.reseed(seed.rotate_left(32) ^ i);
            }
            let mut result = TrmResult::default();
            steps.finish(limit, k.is_none(), &mut result);
            Ok(result)
        };
        (0..n_rollouts as u64).into_par_iter().map(rollout).collect()
    }

    /// The most steps of a run.
    fn limit(&self, k: Option<usize>) -> Result<usize> {
        let limit = k.unwrap_or(self.model.config().max_k);
        if !(1..=MAX_K).contains(&limit) {
            let (found, expected) = (limit.to_string(), "1 to 65536");
            return Err(TrmError::Config { field: "k", found, expected });
        }
        Ok(limit)
    }
}
