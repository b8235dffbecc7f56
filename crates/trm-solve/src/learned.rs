//! Learned halting: `sona-learn` as a [`HaltingPredictor`] of `trm-core`.

use crate::error::{Result, SolveError};
use sona_learn::{Decision, HaltingPolicy, Signal, SonaEngine};
use std::fmt::{self, Debug, Formatter};
use trm_core::{HaltingPredictor, HaltingQuery, StepTrace};
use trm_tasks::Task;

/// A halting predictor for the puzzles of one task.
///
/// ```
/// use std::sync::Arc;
/// use trm_solve::LearnedHalting;
/// use trm_tasks::{MazeTask, Task};
///
/// let engine = trm_models::maze();
/// let task = MazeTask::of(engine.model().config())?;
/// let sona = sona_learn::SonaEngine::from_bytes(trm_models::maze_halting_bytes()).expect("as shipped");
/// let engine = engine.with_halting(Arc::new(LearnedHalting::new(task, sona)?));
/// let maze = puzzles::maze::Maze::parse("S #  # G#")?;
/// let encoded = task.encode(&maze);
/// let result = engine.reason(&encoded.question, &encoded.answer, None); // until it is likely settled
/// println!("{} steps", result.iterations_used);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct LearnedHalting<T> {
    task: T,
    sona: SonaEngine,
    policy: HaltingPolicy,
}

impl<T: Task> LearnedHalting<T> {
    /// A predictor from a learned state. It ends a run once the answer is right with probability
    /// [`Task::SETTLED`].
    ///
    /// # Errors
    /// [`SolveError::OtherState`] where the state was learned from embeddings of another length.
    pub fn new(task: T, sona: SonaEngine) -> Result<Self> {
        let (found, expected) = (sona.config().dim, T::EMBEDDING_DIM);
        if found != expected {
            return Err(SolveError::OtherState { puzzle: T::NAME, found, expected });
        }
        Ok(LearnedHalting { task, sona, policy: HaltingPolicy { settled: T::SETTLED, hopeless: 0.0 } })
    }

    /// The embedding of a question as the engine received it. A tensor that is no encoded puzzle has none, and
    /// gets the average prediction.
    fn embedding(&self, query: HaltingQuery<'_>) -> Vec<f32> {
        let question = self.task.decode_question(query.question, query.width);
        let embedding = question.map(|question| self.task.embedding(&question));
        embedding.unwrap_or_default().into_iter().map(f32::from).collect()
    }
}

/// A supervision step as `sona-learn` reads it.
pub fn signal(step: StepTrace) -> Signal {
    Signal { confidence: step.confidence, change: step.changed }
}

impl<T> Debug for LearnedHalting<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("LearnedHalting")
            .field("sona", &self.sona.stats())
            .field("policy", &self.policy)
            .finish()
    }
}

impl<T: Task + Send> HaltingPredictor for LearnedHalting<T> {
    fn predict(&self, query: HaltingQuery<'_>) -> usize {
        self.sona.predict(&self.embedding(query), query.max_k).enough
    }

    fn plan(&self, query: HaltingQuery<'_>) -> Box<dyn FnMut(StepTrace) -> bool + Send> {
        let mut plan = self.sona.plan(&self.embedding(query), query.max_k, self.policy);
        Box::new(move |step| matches!(plan.observe(signal(step)).decision, Decision::Stop(_)))
    }
}
