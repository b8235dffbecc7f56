//! What the steps of a run said, as an array.

use crate::errors::Result;
use numpy::{IntoPyArray, PyArray2, PyArrayMethods};
use pyo3::prelude::*;
use trm_core::StepTrace;

/// `[steps, 3]`: confidence, changed, sureness.
pub fn trace_array<'py>(py: Python<'py>, trace: &[StepTrace]) -> Result<Bound<'py, PyArray2<f32>>> {
    let numbers: Vec<f32> = trace.iter().flat_map(|s| [s.confidence, s.changed, s.sureness]).collect();
    Ok(numbers.into_pyarray(py).reshape([trace.len(), 3])?)
}
