//! What can be wrong with a puzzle, a grid or a data file.

/// An error of this crate. Every variant carries the place and what was found there.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PuzzleError {}
