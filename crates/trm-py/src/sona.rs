//! The predictor of steps.

use crate::errors::{InPlace, Result};
use crate::interrupt::inline;
use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use sona_learn::{Label, Prediction, Signal, SonaConfig, SonaEngine};
use std::path::PathBuf;

/// Learns how many steps questions need.
#[pyclass(frozen, module = "trm._trm")]
pub struct Predictor {
    sona: SonaEngine,
}

/// Numbers of the engine: learned, stored, consolidations, coverage, judged, size in bytes.
type Stats = (u64, usize, u64, f64, u64, usize);

fn vector(query: &PyReadonlyArray1<'_, f32>) -> Vec<f32> {
    query.as_array().to_vec()
}

/// `[steps, 2]`: confidence and change.
fn signals(trace: Option<PyReadonlyArray2<'_, f32>>) -> Vec<Signal> {
    let rows = trace.map(|trace| {
        let rows = trace.as_array();
        rows.rows().into_iter().map(|row| Signal { confidence: row[0], change: row[1] }).collect()
    });
    rows.unwrap_or_default()
}

#[pymethods]
impl Predictor {
    #[new]
    fn new(dim: usize, limit: usize, miss_rate: f32, seed: u64) -> Result<Self> {
        Ok(Predictor { sona: SonaEngine::with_config(SonaConfig { dim, limit, miss_rate, seed })? })
    }

    #[staticmethod]
    fn load(py: Python<'_>, path: PathBuf) -> Result<Self> {
        let sona = inline(py, |_| SonaEngine::load(&path).at(|| path.display().to_string()))?;
        Ok(Predictor { sona })
    }

    #[staticmethod]
    fn from_bytes(py: Python<'_>, bytes: &[u8]) -> Result<Self> {
        Ok(Predictor { sona: inline(py, |_| Ok(SonaEngine::from_bytes(bytes)?))? })
    }

    fn save(&self, py: Python<'_>, path: PathBuf) -> Result<()> {
        inline(py, |_| self.sona.save(&path).at(|| path.display().to_string()))
    }

    fn to_bytes<'py>(&self, py: Python<'py>) -> Result<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &inline(py, |_| Ok(self.sona.to_bytes()?))?))
    }

    /// dim, limit, miss rate, seed.
    fn config(&self) -> (usize, usize, f32, u64) {
        let SonaConfig { dim, limit, miss_rate, seed } = self.sona.config();
        (dim, limit, miss_rate, seed)
    }

    /// steps, enough, capped, solvable.
    fn predict(
        &self,
        py: Python<'_>,
        query: PyReadonlyArray1<'_, f32>,
        max_k: usize,
    ) -> Result<(usize, usize, bool, f32)> {
        let query = vector(&query);
        let prediction = inline(py, |_| Ok(self.sona.try_predict(&query, max_k)?))?;
        let Prediction { steps, enough, capped, solvable } = prediction;
        Ok((steps, enough, capped, solvable))
    }

    fn distribution<'py>(
        &self,
        py: Python<'py>,
        query: PyReadonlyArray1<'_, f32>,
        max_k: usize,
    ) -> Result<Bound<'py, PyArray1<f32>>> {
        let query = vector(&query);
        let chances = inline(py, |_| {
            // `distribution` takes whatever comes; this says what is wrong with it.
            self.sona.try_predict(&query, max_k)?;
            Ok(self.sona.distribution(&query, max_k))
        })?;
        Ok(chances.into_pyarray(py))
    }

    fn learn(
        &self,
        py: Python<'_>,
        query: PyReadonlyArray1<'_, f32>,
        steps: usize,
        solved: bool,
        weight: f32,
        trace: Option<PyReadonlyArray2<'_, f32>>,
    ) -> Result<()> {
        let (query, trace) = (vector(&query), signals(trace));
        let label = if solved { Label::Solved(steps) } else { Label::Censored(steps) };
        inline(py, |_| Ok(self.sona.try_learn(&query, label, weight, &trace)?))
    }

    fn learn_verdicts(
        &self,
        py: Python<'_>,
        query: PyReadonlyArray1<'_, f32>,
        right: Vec<bool>,
        weight: f32,
        trace: Option<PyReadonlyArray2<'_, f32>>,
    ) -> Result<()> {
        let (query, trace) = (vector(&query), signals(trace));
        inline(py, |_| Ok(self.sona.try_learn_verdicts(&query, &right, weight, &trace)?))
    }

    fn consolidate(&self, py: Python<'_>) -> Result<()> {
        inline(py, |_| Ok(self.sona.try_force_learn()?))
    }

    fn forget_examples(&self, py: Python<'_>) -> Result<()> {
        inline(py, |_| {
            self.sona.forget_examples();
            Ok(())
        })
    }

    fn stats(&self) -> Stats {
        let stats = self.sona.stats();
        (
            stats.n_learned,
            stats.n_stored,
            stats.n_consolidations,
            stats.coverage,
            stats.n_judged,
            stats.size_bytes,
        )
    }
}
