//! What can be wrong with a puzzle, a grid or a data file.

/// An error of this crate. Every variant carries the place and what was found there.
///
/// Rows, columns and lines count from 1 in messages of files (`line`) and from 0 in grids (`row`,
/// `column`).
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PuzzleError {
    // Maze
    /// A maze text without any cell.
    #[error("the maze has no cells")]
    MazeEmpty,
    /// A one-line maze whose length is no square number; trimmed spaces look like this.
    #[error("a maze of {n_cells} cells is not square (were its outer spaces trimmed?)")]
    MazeNotSquare {
        /// Characters found.
        n_cells: usize,
    },
    /// A maze or answer text with another number of cells than height x width.
    #[error("expected {expected} cells, found {found} (were outer spaces trimmed?)")]
    MazeLength {
        /// Height x width.
        expected: usize,
        /// Characters found.
        found: usize,
    },
    /// A side beyond [`MAX_SIDE`](crate::maze::MAX_SIDE), or 0.
    #[error("a maze of {height} x {width} cells; each side must be 1 to {max}")]
    MazeSide {
        /// Rows asked for.
        height: usize,
        /// Columns asked for.
        width: usize,
        /// The longest side allowed.
        max: usize,
    },
    /// A row longer or shorter than the first; a row with trimmed spaces looks like this.
    #[error("row {row} has {found} cells, the first row {expected} (were its spaces trimmed?)")]
    MazeRagged {
        /// The row, from 0.
        row: usize,
        /// Cells in the first row.
        expected: usize,
        /// Cells in this row.
        found: usize,
    },
    /// A character that is no cell.
    #[error("row {row} column {column}: {found:?} is none of '#', ' ', 'S', 'G', 'o'")]
    MazeCharacter {
        /// The row, from 0.
        row: usize,
        /// The column, from 0.
        column: usize,
        /// What stands there.
        found: char,
    },
    /// A maze without `S` or without `G`.
    #[error("the maze has no {cell:?}")]
    MazeMissing {
        /// `S` or `G`.
        cell: char,
    },
    /// A maze with two `S` or two `G`.
    #[error("{cell:?} stands at (row, column) {first:?} and again at {second:?}")]
    MazeRepeated {
        /// `S` or `G`.
        cell: char,
        /// Row and column of the first.
        first: (usize, usize),
        /// Row and column of the second.
        second: (usize, usize),
    },
    /// A label was asked for, and no path leads from start to goal.
    #[error("no path leads from (row, column) {start:?} to {goal:?}")]
    MazeUnreachable {
        /// Row and column of the start.
        start: (usize, usize),
        /// Row and column of the goal.
        goal: (usize, usize),
    },
    /// An answer that is not its question with some spaces turned to `o`.
    #[error("row {row} column {column}: the question has {expected:?}, the answer {found:?}")]
    MazeAnswer {
        /// The row, from 0.
        row: usize,
        /// The column, from 0.
        column: usize,
        /// The cell of the question.
        expected: char,
        /// The cell of the answer.
        found: char,
    },
    /// A file that does not begin with `source,question,answer,rating`.
    #[error("line 1: expected the header {expected:?}, found {found:?}")]
    MazeHeader {
        /// The published header.
        expected: &'static str,
        /// The line found, cut short.
        found: String,
    },
    /// A line that does not hold four fields.
    #[error("line {line}: expected 4 fields, found {found}")]
    MazeFields {
        /// The line, from 1.
        line: u64,
        /// Fields found.
        found: usize,
    },
    /// A rating that is no finite number.
    #[error("line {line}: the rating {found:?} is not a number")]
    MazeRating {
        /// The line, from 1.
        line: u64,
        /// The field found, cut short.
        found: String,
    },
    /// A line longer than any maze this crate accepts; reading stops there.
    #[error("line {line} has more than {max} bytes")]
    MazeLineTooLong {
        /// The line, from 1.
        line: u64,
        /// Bytes allowed.
        max: usize,
    },
    /// A line that is not UTF-8.
    #[error("line {line}: byte {byte} is not UTF-8")]
    MazeNotUtf8 {
        /// The line, from 1.
        line: u64,
        /// The first bad byte, from 0.
        byte: usize,
    },
    /// A question or answer of a file is wrong.
    #[error("line {line}: {error}")]
    MazeLine {
        /// The line, from 1.
        line: u64,
        /// What is wrong there.
        error: Box<PuzzleError>,
    },
    /// A maze file could not be opened, read or written.
    #[error("{place}: {message}")]
    MazeFile {
        /// The path, or the line reached.
        place: String,
        /// What the operating system said.
        message: String,
    },
    /// A generator was asked for wall probabilities outside 0 to 1, or for an empty range.
    #[error("wall probabilities {low} to {high} are not a range within 0 to 1")]
    MazeWallProbability {
        /// Lower end.
        low: f32,
        /// Upper end.
        high: f32,
    },
    /// A generator was asked for a path that no maze of this size can hold.
    #[error("a shortest path of {min_path} steps does not fit: at most {max}")]
    MazeMinPath {
        /// Steps asked for.
        min_path: usize,
        /// Cells less one.
        max: usize,
    },
    /// No maze drawn for this index was kept.
    #[error("none of {n_trials} mazes had a shortest path of {min_path} steps")]
    MazeNotFound {
        /// Mazes drawn.
        n_trials: u64,
        /// Steps asked for.
        min_path: usize,
    },
}
