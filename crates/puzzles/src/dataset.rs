//! Published data files and the committed sets.

use std::path::PathBuf;

/// Where a data set came from; a result is worth as much as its origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A published file, named by an environment variable.
    File(PathBuf),
    /// A generated set, committed under this name.
    Generated(&'static str),
}

/// Puzzles with their origin.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset<T> {
    /// The puzzles, in the order of the file.
    pub rows: Vec<T>,
    /// Where they came from.
    pub origin: Origin,
}
