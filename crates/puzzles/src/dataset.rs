//! Puzzles with where they came from.

#[cfg(feature = "csv")]
use std::fs::File;
#[cfg(feature = "csv")]
use std::path::Path;
use std::path::PathBuf;

use crate::PuzzleError;

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

/// A puzzle of a data file whose answer nobody needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question<P> {
    /// The line where its record starts, from 1.
    pub line: u64,
    /// The collection that it was taken from; empty where the file does not say.
    pub source: String,
    /// The puzzle.
    pub puzzle: P,
}

/// The rows of a data file of any form, one after the other, in memory that does not grow with the file.
pub type Rows<T> = Box<dyn Iterator<Item = Result<T, PuzzleError>> + Send>;

/// Reads up to `limit` rows and counts them: a file is checked so before long work on it begins.
///
/// # Errors
/// That of the first row that has one; it names the line.
pub fn check_rows<T>(
    rows: impl IntoIterator<Item = Result<T, PuzzleError>>,
    limit: usize,
) -> Result<usize, PuzzleError> {
    rows.into_iter().take(limit).try_fold(0, |n, row| row.map(|_| n + 1))
}

/// Opens a file; a folder is none.
#[cfg(feature = "csv")]
pub(crate) fn open(path: &Path) -> Result<File, PuzzleError> {
    let failed = |reason: String| PuzzleError::File { path: path.display().to_string(), reason };
    if path.is_dir() {
        return Err(failed("a folder, where a file was expected".into()));
    }
    File::open(path).map_err(|e| failed(e.to_string()))
}
