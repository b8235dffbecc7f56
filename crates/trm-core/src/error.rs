//! What can be wrong with a configuration, a question or a model file.

use std::path::PathBuf;

/// An error of this crate. Every variant carries the place and what was found there.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrmError {
    /// A field of the configuration is out of range.
    #[error("configuration: {field} is {found}, must be {expected}")]
    Config {
        /// The field.
        field: &'static str,
        /// Its value.
        found: String,
        /// What it must be.
        expected: &'static str,
    },
    /// A slice has the wrong length.
    #[error("{what}: {found} numbers, expected {expected}")]
    Shape {
        /// Which slice.
        what: &'static str,
        /// Its length.
        found: usize,
        /// What it must be.
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
    /// A number is NaN or infinite, or so large that a net would make it so.
    #[error("{what}: number {index} is {value}")]
    NotFinite {
        /// Which slice or tensor.
        what: String,
        /// Where in it.
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
    /// A tensor is in the file that the configuration has no place for.
    #[error("tensor {name} does not belong to this model")]
    ExtraTensor {
        /// Its name.
        name: String,
    },
    /// A tensor has the wrong shape or number type.
    #[error("tensor {name} is {found}, expected {expected}")]
    TensorShape {
        /// Its name.
        name: String,
        /// What the file holds.
        found: String,
        /// What the model needs.
        expected: String,
    },
    /// The file is not safetensors, or its header lies about its content.
    #[error("not a readable model file: {reason}")]
    Format {
        /// What the reader said.
        reason: String,
    },
    /// The file could not be read or written.
    #[error("{path}: {source}")]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// A result with a [`TrmError`].
pub type Result<T> = std::result::Result<T, TrmError>;
