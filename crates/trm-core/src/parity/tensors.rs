//! Reading the tensors of a fixture, and their differences.

use crate::error::{Result, TrmError};
use crate::kernel::Real;
use crate::weights::describe;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};

pub(super) fn tensor<'a>(tensors: &SafeTensors<'a>, name: &str) -> Result<TensorView<'a>> {
    tensors.tensor(name).map_err(|_| TrmError::MissingTensor { name: name.into() })
}

fn words<const N: usize>(data: &[u8]) -> impl Iterator<Item = [u8; N]> {
    data.chunks_exact(N).map(|c| c.try_into().expect("chunks of N"))
}

pub(super) fn integers(tensors: &SafeTensors, name: &str) -> Result<Vec<i64>> {
    let view = tensor(tensors, name)?;
    match view.dtype() {
        Dtype::I32 => Ok(words(view.data()).map(|w| i64::from(i32::from_le_bytes(w))).collect()),
        Dtype::I64 => Ok(words(view.data()).map(i64::from_le_bytes).collect()),
        _ => Err(wrong_type(name, &view, "I32 or I64")),
    }
}

pub(super) fn numbers(tensors: &SafeTensors, name: &str) -> Result<Vec<f64>> {
    let view = tensor(tensors, name)?;
    match view.dtype() {
        Dtype::F32 => Ok(words(view.data()).map(|w| f64::from(f32::from_le_bytes(w))).collect()),
        Dtype::F64 => Ok(words(view.data()).map(f64::from_le_bytes).collect()),
        _ => Err(wrong_type(name, &view, "F32 or F64")),
    }
}

pub(super) fn wrong_type(name: &str, view: &TensorView, expected: &str) -> TrmError {
    TrmError::TensorShape { name: name.into(), found: describe(view), expected: expected.into() }
}

/// The maximum of two differences; NaN counts as the largest.
pub(super) fn max(a: f64, b: f64) -> f64 {
    if a >= b || a.is_nan() { a } else { b }
}

/// The maximum absolute difference of two slices.
pub(super) fn max_difference<A: Real, B: Real>(a: &[A], b: &[B]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a.to_f64() - b.to_f64()).abs()).fold(0.0, max)
}
