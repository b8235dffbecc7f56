//! What can be wrong with a puzzle, a grid or a data file.

use crate::sudoku::Unit;

/// An error of this crate. Every variant carries the place and what was found there.
///
/// Rows and columns count from 0 in the fields and from 1 in the messages; lines count from 1
/// in both.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PuzzleError {
    // Sudoku
    /// Box sizes outside 2 to 5.
    #[error("boxes of {box_rows}x{box_cols} cells: both sizes must lie between 2 and 5")]
    BoxSize {
        /// Rows of a box.
        box_rows: usize,
        /// Columns of a box.
        box_cols: usize,
    },
    /// A text with no characters where a grid was expected.
    #[error("the grid is empty: expected {expected} characters")]
    GridEmpty {
        /// Cells of the geometry.
        expected: usize,
    },
    /// A text or slice with too few or too many cells.
    #[error("a grid of {expected} cells was expected, found {found}")]
    GridLength {
        /// Cells of the geometry.
        expected: usize,
        /// Cells given.
        found: usize,
    },
    /// A character that is neither a digit of this geometry nor a blank.
    #[error("row {}, column {}: {found:?} is not a digit", row + 1, column + 1)]
    GridCharacter {
        /// Row of the cell.
        row: usize,
        /// Column of the cell.
        column: usize,
        /// The character.
        found: char,
    },
    /// A cell value above the side of the grid.
    #[error("row {}, column {}: {found} is above {max}", row + 1, column + 1)]
    GridDigit {
        /// Row of the cell.
        row: usize,
        /// Column of the cell.
        column: usize,
        /// The value.
        found: u8,
        /// The largest digit.
        max: usize,
    },
    /// The same digit twice in a row, column or box.
    #[error(
        "{digit} stands twice in {unit}: row {}, column {} and row {}, column {}",
        first.0 + 1, first.1 + 1, second.0 + 1, second.1 + 1
    )]
    GridConflict {
        /// The digit.
        digit: u8,
        /// Where it stands twice.
        unit: Unit,
        /// Row and column of the first cell.
        first: (usize, usize),
        /// Row and column of the second cell.
        second: (usize, usize),
    },
    /// No completion obeys the rules.
    #[error("the Sudoku has no solution")]
    NoSolution,
    /// More than one completion obeys the rules.
    #[error("the Sudoku has more than one solution")]
    ManySolutions,
    /// The search was stopped before it could answer.
    #[error("gave up after {max_guesses} guesses")]
    SearchLimit {
        /// The limit that was set.
        max_guesses: u64,
    },
    /// An answer that breaks a rule, leaves a blank or changes a given.
    #[error("the answer does not solve the question: {verdict}")]
    NotASolution {
        /// What is wrong with it.
        verdict: crate::sudoku::Verdict,
    },
    /// A rating that is not a finite number.
    #[error("the rating {found:?} is not a number")]
    BadRating {
        /// The field.
        found: String,
    },

    // Data files
    /// A header line without a column that is needed.
    #[error("the header has no column named {name:?}")]
    MissingColumn {
        /// The column.
        name: &'static str,
    },
    /// A line with fewer fields than the header promised.
    #[error("the field {name:?} is missing")]
    MissingField {
        /// The column.
        name: &'static str,
    },
    /// A line that would need more memory than any puzzle does.
    #[error("line {line}: longer than {max_bytes} bytes")]
    LineTooLong {
        /// Line where the record starts.
        line: u64,
        /// The limit.
        max_bytes: usize,
    },
    /// Something is wrong with one line of a data file.
    #[error("line {line}: {source}")]
    InLine {
        /// Line where the record starts.
        line: u64,
        /// What is wrong.
        source: Box<PuzzleError>,
    },
    /// The data could not be read, or are no UTF-8 CSV.
    #[error("line {line}: {reason}")]
    Unreadable {
        /// Line where the record starts.
        line: u64,
        /// What the reader said.
        reason: String,
    },
    /// A file could not be opened or written.
    #[error("{path}: {reason}")]
    File {
        /// The file.
        path: String,
        /// What the system said.
        reason: String,
    },
}
