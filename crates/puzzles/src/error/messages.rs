//! Messages that take more than a format string.

use crate::sudoku::Notation;

/// What a notation may be called.
pub(super) fn notation_names() -> String {
    Notation::ALL.map(Notation::name).join(", ")
}

/// `PuzzleError::MissingColumn` in words.
pub(super) fn missing_column(name: &str, others: &[&str], header: &str) -> String {
    let others = if others.is_empty() { String::new() } else { format!(" (or {})", others.join(", ")) };
    match header.trim() {
        "" => format!("there is no header with a column named {name:?}{others}"),
        header => format!("the header {header:?} has no column named {name:?}{others}"),
    }
}

/// `PuzzleError::SudokuCells` in words.
pub(super) fn sudoku_cells(
    found: usize,
    expected: Option<usize>,
    row: Option<(usize, usize, usize)>,
) -> String {
    let expected = match expected {
        Some(n_cells) => format!("{n_cells} were expected"),
        None => "a Sudoku has 81, or 16, 36, 64, 100, 144, 225, 256, 400 or 625".into(),
    };
    let row = row.map(|(line, found, usual)| format!(" (line {line} has {found}, most others {usual})"));
    format!("{found} cells: {expected}{}", row.unwrap_or_default())
}
