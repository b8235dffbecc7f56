//! Arrays in a state file: their numbers in a row, behind how many there are.

use ndarray::{Array, Array1, Array2, Dimension, ShapeBuilder};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serializer};

/// Writes an array of any shape.
pub(crate) fn serialize<D: Dimension, S: Serializer>(
    array: &Array<f32, D>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(array)
}

/// Reads a vector.
pub(crate) fn vector<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Array1<f32>, D::Error> {
    Vec::deserialize(deserializer).map(Array1::from)
}

/// Reads a matrix of `N` rows.
pub(crate) fn matrix<'de, const N: usize, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Array2<f32>, D::Error> {
    let numbers: Vec<f32> = Vec::deserialize(deserializer)?;
    let n = numbers.len();
    let fault = |_| D::Error::custom(format_args!("{n} numbers are no matrix of {N} rows"));
    Array2::from_shape_vec((N, n / N), numbers).map_err(fault)
}

/// As [`matrix`], into a matrix that lies in memory column by column.
pub(crate) fn columns<'de, const N: usize, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Array2<f32>, D::Error> {
    let rows = matrix::<N, D>(deserializer)?;
    let mut columns = Array2::zeros(rows.dim().f());
    columns.assign(&rows);
    Ok(columns)
}
