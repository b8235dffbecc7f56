//! Questions and answers as `ndarray` arrays; the calls that take slices are thin wrappers of these.

use super::check::check_numbers;
use super::{Session, StepTrace, Steps, TrmEngine, TrmResult};
use crate::Result;
use ndarray::{Array2, ArrayView2};
use std::borrow::Cow;

/// The numbers of an array in row-major order, copied where they do not lie so.
fn row_major(array: ArrayView2<'_, f32>) -> Cow<'_, [f32]> {
    match array.to_slice() {
        Some(numbers) => Cow::Borrowed(numbers),
        None => Cow::Owned(array.iter().copied().collect()),
    }
}

impl TrmEngine {
    /// [`TrmEngine::try_reason`] on arrays: `question` is `[tokens, embedding_dim]` or `[1, embedding_dim]`, `answer`
    /// `[tokens, answer_dim]`.
    ///
    /// ```
    /// use ndarray::Array2;
    /// use trm_core::{TrmConfig, TrmEngine};
    /// let engine = TrmEngine::new(TrmConfig::builder().hidden_dim(16).embedding_dim(8).answer_dim(2).build()?);
    /// let (question, answer) = (Array2::from_elem((1, 8), 0.1), Array2::zeros((10, 2)));
    /// let result = engine.reason_array(question.view(), answer.view(), Some(3))?;
    /// assert_eq!(result.answer_array().dim(), (10, 2));
    /// # Ok::<(), trm_core::TrmError>(())
    /// ```
    ///
    /// # Errors
    /// [`TrmError::ArrayShape`](crate::TrmError::ArrayShape) with both shapes, or what [`TrmEngine::try_reason`] says.
    pub fn reason_array(
        &self,
        question: ArrayView2<'_, f32>,
        answer: ArrayView2<'_, f32>,
        k: Option<usize>,
    ) -> Result<TrmResult> {
        let mut result = TrmResult::default();
        let limit = self.limit(k)?;
        self.steps_array(question, answer)?.finish(limit, k.is_none(), &mut result);
        Ok(result)
    }

    /// [`TrmEngine::steps`] on arrays of the shapes of [`TrmEngine::reason_array`].
    ///
    /// # Errors
    /// What [`TrmEngine::reason_array`] says of the arrays.
    pub fn steps_array<'a>(
        &'a self,
        question: ArrayView2<'a, f32>,
        answer: ArrayView2<'_, f32>,
    ) -> Result<Steps<'a>> {
        let width = self.check(question, answer)?;
        let n_tokens = answer.nrows();
        let (question, answer) = (row_major(question), row_major(answer));
        check_numbers("question", &question)?;
        check_numbers("answer", &answer)?;
        let pooled = self.pool.lock().unwrap_or_else(|e| e.into_inner()).pop();
        let mut session = pooled.unwrap_or_default();
        let own = self.relations.as_deref();
        self.model.build_graph_over(own, &question, n_tokens, width, &mut session.graph);
        session.work.set_threads(self.threads);
        let Session { graph, state, work, .. } = &mut session;
        self.model.restart(self.isa, graph, &answer, state, work);
        session.output.logits.clear();
        let (engine, last, seed) = (Cow::Borrowed(self), StepTrace::default(), self.seed);
        Ok(Steps { engine, question, width, session, last, n_steps: 0, seed })
    }
}

impl TrmResult {
    /// The answer as `[tokens, answer_dim]`.
    pub fn answer_array(&self) -> ArrayView2<'_, f32> {
        array(&self.answer, self.answer_dim)
    }
}

impl Steps<'_> {
    /// [`Steps::answer`] as `[tokens, answer_dim]`.
    pub fn answer_array(&self) -> Array2<f32> {
        array(&self.answer(), self.engine.model.config().answer_dim).to_owned()
    }

    /// [`Steps::states`] as `[live, hidden_dim]`.
    pub fn states_array(&self) -> ArrayView2<'_, f32> {
        array(self.states(), self.engine.model.config().hidden_dim)
    }
}

fn array(numbers: &[f32], dim: usize) -> ArrayView2<'_, f32> {
    let dim = dim.max(1);
    ArrayView2::from_shape((numbers.len() / dim, dim), numbers).expect("a whole number of rows")
}
