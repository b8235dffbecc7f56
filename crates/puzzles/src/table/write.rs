//! Writing a table.

use std::io::Write;

use super::records::Record;
use crate::PuzzleError;

/// Writes the columns of all puzzles and some more, and then rows of as many fields.
///
/// # Errors
/// [`PuzzleError::Unreadable`] with what the writer said, and the error of a row in its line.
pub(crate) fn write<'a, W: Write>(
    writer: W,
    more_columns: impl IntoIterator<Item = &'a str>,
    rows: impl IntoIterator<Item = Result<Vec<String>, PuzzleError>>,
) -> Result<(), PuzzleError> {
    let mut csv = csv::Writer::from_writer(writer);
    let failed = |line: u64, reason: String| PuzzleError::Unreadable { line, reason };
    let mut line = 1;
    let header = ["source", "question", "answer", "rating"].into_iter().chain(more_columns);
    csv.write_record(header).map_err(|e| failed(line, e.to_string()))?;
    for row in rows {
        line += 1;
        let row = row.map_err(Record::in_line(line))?;
        csv.write_record(row).map_err(|e| failed(line, e.to_string()))?;
    }
    csv.flush().map_err(|e| failed(line, e.to_string()))
}
