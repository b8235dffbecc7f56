//! What can be wrong with a puzzle, a grid or a data file.

mod messages;

use messages::{missing_column, notation_names, sudoku_cells};

use crate::sudoku::{Notation, Unit};

/// An error of this crate. Every variant carries the place and what was found there.
///
/// Rows and columns count from 0 in the fields and from 1 in the messages; lines count from 1
/// in both.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PuzzleError {
    /// A file of rules, or a puzzle of its kind.
    #[error(transparent)]
    Rules(#[from] crate::rules::RulesError),
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
    /// A character of a text that is no cell.
    #[error(
        "line {line}, column {column}: {found:?} is no cell of a {side}x{side} Sudoku; digits are {digits}, and \
         blanks . 0 _ * x ? -"
    )]
    SudokuCharacter {
        /// Line of the text, from 1.
        line: usize,
        /// Column of the line, from 1.
        column: usize,
        /// The character.
        found: char,
        /// Side of the grid.
        side: usize,
        /// What is read as digits.
        digits: String,
    },
    /// A digit of a text above the side of its grid.
    #[error("line {line}, column {column}: {found} is above {largest}")]
    SudokuDigit {
        /// Line of the text, from 1.
        line: usize,
        /// Column of the line, from 1.
        column: usize,
        /// The digit as it was written.
        found: String,
        /// The largest digit.
        largest: String,
    },
    /// A text with a number of cells that no grid has.
    #[error("{}", sudoku_cells(*found, *expected, *row))]
    SudokuCells {
        /// Cells found.
        found: usize,
        /// Cells of the size that was asked for.
        expected: Option<usize>,
        /// A line that differs from most others, with its cells and theirs.
        row: Option<(usize, usize, usize)>,
    },
    /// A text that can be meant as several different puzzles.
    #[error("this can be read in {} ways: {}", readings.len(), readings.join("; or "))]
    Ambiguous {
        /// What it can be read as.
        readings: Vec<String>,
        /// The notations of these readings, where each of them would leave one; else none.
        notations: Vec<Notation>,
    },
    /// A word that names no notation.
    #[error("{found:?} is no notation; they are {}", notation_names())]
    NotationName {
        /// The word.
        found: String,
    },
    /// More than one puzzle where one was expected.
    #[error("{found} puzzles where one was expected: the first in line {}, the second in line {}", lines.0, lines.1)]
    ManyPuzzles {
        /// Puzzles found.
        found: usize,
        /// Lines of the first two.
        lines: (usize, usize),
    },
    /// A rating that is not a finite number.
    #[error("the rating {found:?} is not a number")]
    BadRating {
        /// The field.
        found: String,
    },

    // Texts and data files
    /// A text that is longer than any puzzle, or list of puzzles, that is read at once.
    #[error("more than {max_bytes} bytes")]
    TextTooLong {
        /// The limit.
        max_bytes: usize,
    },
    /// A text with more lines than any list of puzzles that is read at once.
    #[error("more than {max_lines} lines")]
    TooManyLines {
        /// The limit.
        max_lines: usize,
    },
    /// A file whose first bytes say that it is something else.
    #[error("this is {found}: {advice}")]
    OtherFormat {
        /// What it is.
        found: &'static str,
        /// What to do about it.
        advice: &'static str,
    },
    /// A byte that is no text.
    #[error("line {line}, column {column}: byte {byte:#04x} is no UTF-8 text; save it as UTF-8")]
    NotUtf8 {
        /// Line of the text, from 1.
        line: usize,
        /// Column of the line, from 1.
        column: usize,
        /// The byte.
        byte: u8,
    },
    /// An archive that holds more than any data file.
    #[error("the archive unpacks to more than {max_bytes} bytes")]
    UnpacksTooLong {
        /// The limit.
        max_bytes: u64,
    },
    /// A header line without a column that is needed.
    #[error("{}", missing_column(name, others, header))]
    MissingColumn {
        /// The column.
        name: &'static str,
        /// Other names that it may have.
        others: &'static [&'static str],
        /// The header that was found, its start if it is long.
        header: String,
    },
    /// A header line with a column that is needed once.
    #[error("the header has two columns named {name:?}")]
    RepeatedColumn {
        /// The column.
        name: &'static str,
    },
    /// An array of numbers that is not as the reference's builder writes it.
    #[error("{file}: {reason}")]
    Numpy {
        /// The file.
        file: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Something is wrong with one row of an array.
    #[error("row {row}: {source}")]
    InRow {
        /// The row, from 1.
        row: u64,
        /// What is wrong.
        source: Box<PuzzleError>,
    },
    /// A number in an array that is no token of the puzzle.
    #[error("row {}, column {}: {found} is no token, they are 1 to {max}", row + 1, column + 1)]
    Token {
        /// Row of the cell.
        row: usize,
        /// Column of the cell.
        column: usize,
        /// The number.
        found: i64,
        /// The largest token.
        max: usize,
    },
    /// An array of another shape than a decoder reads.
    #[error("an array of {} x {} was expected, found {} x {}", expected[0], expected[1], found[0], found[1])]
    Shape {
        /// Rows and columns expected.
        expected: [usize; 2],
        /// Rows and columns found.
        found: [usize; 2],
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
    // Maze
    /// A maze text without any cell.
    #[error("the maze has no cells")]
    MazeEmpty,
    /// A one-line maze that is not square; trimmed spaces look like this.
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
    #[error("a maze of {height} x {width} cells; each side must be {least} to {max}")]
    MazeSide {
        /// Rows asked for.
        height: usize,
        /// Columns asked for.
        width: usize,
        /// The shortest side allowed.
        least: usize,
        /// The longest side allowed.
        max: usize,
    },
    /// A row longer or shorter than the first; a row with trimmed spaces looks like this.
    #[error(
        "row {} has {found} cells, the first row {expected} (were its spaces trimmed?)",
        row + 1
    )]
    MazeRagged {
        /// The row, from 0.
        row: usize,
        /// Cells in the first row.
        expected: usize,
        /// Cells in this row.
        found: usize,
    },
    /// A character that is no cell.
    #[error("row {}, column {}: {found:?} is none of '#', ' ', 'S', 'G', 'o'", row + 1, column + 1)]
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
    #[error(
        "{cell:?} stands twice: row {}, column {} and row {}, column {}",
        first.0 + 1, first.1 + 1, second.0 + 1, second.1 + 1
    )]
    MazeRepeated {
        /// `S` or `G`.
        cell: char,
        /// Row and column of the first.
        first: (usize, usize),
        /// Row and column of the second.
        second: (usize, usize),
    },
    /// A label was asked for, and no path leads from start to goal.
    #[error(
        "no path leads from row {}, column {} to row {}, column {}",
        start.0 + 1, start.1 + 1, goal.0 + 1, goal.1 + 1
    )]
    MazeUnreachable {
        /// Row and column of the start.
        start: (usize, usize),
        /// Row and column of the goal.
        goal: (usize, usize),
    },
    /// An answer that is not its question with some spaces turned to `o`.
    #[error(
        "row {}, column {}: the question has {expected:?}, the answer {found:?}",
        row + 1, column + 1
    )]
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
    /// The answer in a file is no path from start to goal.
    #[error("the answer is not a path: {fault}")]
    MazeNotAPath {
        /// What is wrong with it.
        fault: crate::maze::PathError,
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
