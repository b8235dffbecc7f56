//! Iterators over supervision steps.

use crate::errors::{Error, Result};
use crate::interrupt::{in_background, inline};
use crate::pool::{in_pool, pool};
use crate::run::Stepped;
use numpy::{IntoPyArray, PyArray1, PyArray2, PyArrayMethods};
use pyo3::prelude::*;
use std::sync::{Mutex, MutexGuard};
use trm_core::Steps;

/// A run that one call at a time moves on. The call takes it out, so that no lock is held while it runs.
struct Running<S> {
    run: Mutex<Option<S>>,
    /// The threads of its pool, where it runs in one.
    threads: Option<usize>,
}

impl<S: Send + 'static> Running<S> {
    fn new(run: S, threads: Option<usize>) -> Self {
        Running { run: Mutex::new(Some(run)), threads }
    }

    fn lock(&self) -> MutexGuard<'_, Option<S>> {
        self.run.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Moves the run on. After an interrupt it is gone.
    fn advance<R: Send + 'static>(
        &self,
        py: Python<'_>,
        step: impl FnOnce(&mut S) -> R + Send + 'static,
    ) -> Result<R> {
        let busy = || Error::State("another call is moving this run on, or it was interrupted".into());
        let mut run = self.lock().take().ok_or_else(busy)?;
        let work = move || {
            let result = step(&mut run);
            Ok((run, result))
        };
        let (run, result) = match self.threads {
            None => inline(py, |_| work())?,
            Some(threads) => in_background(py, &*pool(Some(threads))?, |_| work())?,
        };
        *self.lock() = Some(run);
        Ok(result)
    }
}

/// A step of a puzzle: k, confidence, changed, sureness, cells, line, drawing, verified, halted, logits.
type PuzzleStep<'py> = (
    (usize, f32, f32, f32),
    Bound<'py, PyArray2<u8>>,
    (String, String),
    (bool, bool),
    Bound<'py, PyArray2<f32>>,
);

/// The next step of a puzzle's run.
pub type NextStep = Box<dyn FnMut() -> Option<Stepped> + Send>;

/// The steps of a puzzle.
#[pyclass(frozen, module = "trm._trm")]
pub struct PuzzleSteps {
    running: Running<NextStep>,
}

impl PuzzleSteps {
    pub fn new(next: NextStep, threads: Option<usize>) -> Self {
        PuzzleSteps { running: Running::new(next, threads) }
    }
}

#[pymethods]
impl PuzzleSteps {
    /// The next step, or `None` at the end.
    fn advance<'py>(&self, py: Python<'py>) -> Result<Option<PuzzleStep<'py>>> {
        let Some(step) = self.running.advance(py, |next| next())? else { return Ok(None) };
        let Stepped { k, trace, shape, cells, line, drawing, verified, halted, logits, answer_dim } = step;
        let tokens = [logits.len() / answer_dim, answer_dim];
        let cells = cells.into_pyarray(py).reshape(shape)?;
        let logits = logits.into_pyarray(py).reshape(tokens)?;
        let numbers = (k, trace.confidence, trace.changed, trace.sureness);
        Ok(Some((numbers, cells, (line, drawing), (verified, halted), logits)))
    }
}

/// A step of an engine: k, confidence, changed, sureness, and the answer `[tokens, answer_dim]`.
type EngineStep<'py> = ((usize, f32, f32, f32), Bound<'py, PyArray2<f32>>);

/// The steps of an engine, without end.
#[pyclass(frozen, module = "trm._trm")]
pub struct EngineSteps {
    running: Running<Steps<'static>>,
}

impl EngineSteps {
    pub fn new(steps: Steps<'static>, threads: usize) -> Self {
        let threads = in_pool(&steps, threads).then_some(threads);
        EngineSteps { running: Running::new(steps, threads) }
    }
}

#[pymethods]
impl EngineSteps {
    fn advance<'py>(&self, py: Python<'py>) -> Result<EngineStep<'py>> {
        let (k, trace, answer) = self.running.advance(py, |steps| {
            let trace = steps.advance();
            (steps.n_steps(), trace, steps.answer_array())
        })?;
        let answer = answer.into_pyarray(py);
        Ok(((k, trace.confidence, trace.changed, trace.sureness), answer))
    }

    /// The answer state y `[live, hidden_dim]`, and which tokens are live.
    fn states<'py>(&self, py: Python<'py>) -> Result<(Bound<'py, PyArray2<f32>>, Bound<'py, PyArray1<u32>>)> {
        let (states, live) =
            self.running.advance(py, |steps| (steps.states_array().to_owned(), steps.live().to_vec()))?;
        Ok((states.into_pyarray(py), live.into_pyarray(py)))
    }
}
