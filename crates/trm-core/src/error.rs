//! Errors of configurations, questions and model files.

use std::path::PathBuf;

/// An error of this crate. Every variant names the place and what was found there.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrmError {
    /// A field of the configuration is out of range.
    #[error("configuration: {field} is {found}, must be {expected}")]
    Config {
        /// Its name.
        field: &'static str,
        /// Its value.
        found: String,
        /// What is allowed.
        expected: &'static str,
    },
    /// A slice has the wrong length.
    #[error("{what}: {found} numbers, expected {expected}")]
    Shape {
        /// Which slice.
        what: &'static str,
        /// Its length.
        found: usize,
        /// The length it must have.
        expected: String,
    },
    /// An array has the wrong shape.
    #[error("{what}: an array of {} x {}, expected {expected}", found.0, found.1)]
    ArrayShape {
        /// Which array.
        what: &'static str,
        /// Its rows and columns.
        found: (usize, usize),
        /// What they must be.
        expected: String,
    },
    /// A number is NaN or infinite, or so large that the net would overflow.
    #[error("{what}: number {index} is {value}")]
    NotFinite {
        /// Which slice or tensor.
        what: String,
        /// Its index.
        index: usize,
        /// The number.
        value: f32,
    },
    /// A tensor is not in the file.
    #[error("tensor {name} is missing")]
    MissingTensor {
        /// Its name.
        name: String,
    },
    /// A tensor in the file is not one of the model's.
    #[error("tensor {name} does not belong to this model")]
    ExtraTensor {
        /// Its name.
        name: String,
    },
    /// A tensor has the wrong shape or data type.
    #[error("tensor {name} is {found}, expected {expected}")]
    TensorShape {
        /// Its name.
        name: String,
        /// What the file holds.
        found: String,
        /// What the model needs.
        expected: String,
    },
    /// The file is not safetensors, or its header contradicts its contents.
    #[error("not a readable model file: {reason}")]
    Format {
        /// What is wrong with it.
        reason: String,
    },
    /// The file could not be read or written.
    #[error("{path}: {source}")]
    Io {
        /// Which file.
        path: PathBuf,
        /// The error of the operating system.
        source: std::io::Error,
    },
}

/// A result with a [`TrmError`].
pub type Result<T> = std::result::Result<T, TrmError>;

/// Refuses a field of a configuration unless it is `ok`.
pub(crate) fn check(
    ok: bool,
    field: &'static str,
    found: impl ToString,
    expected: &'static str,
) -> Result<()> {
    ok.then_some(()).ok_or_else(|| TrmError::Config { field, found: found.to_string(), expected })
}
