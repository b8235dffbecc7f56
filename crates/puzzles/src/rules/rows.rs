//! Files of puzzles: `source,question,answer,rating`, and the columns that groups come from.

use super::puzzle::{Puzzle, Row};
use super::{MAX_CELLS, Rules};
use crate::PuzzleError;
use crate::dataset::{Question, Rows, open};
use crate::table::{self, Column, Format, Record, Table};
use std::io::{Read, Write};
use std::path::Path;
use std::sync::Arc;

/// Memory allowed for one record: question and answer, and groups.
const MAX_LINE_BYTES: usize = 8 * MAX_CELLS + (1 << 18);
const FORMAT: Format =
    Format { max_bytes: MAX_LINE_BYTES, has_long_fields: true, has_hashes: false, needs_answers: true };

/// Reads a file of puzzles with their answers, row by row, as [`read_sudoku_csv`](crate::read_sudoku_csv) does; groups
/// that come with each are in the columns that the rules name.
///
/// # Errors
/// Every error names the line: [`PuzzleError::InLine`], [`PuzzleError::LineTooLong`] or
/// [`PuzzleError::Unreadable`]; only [`PuzzleError::MissingColumn`] speaks of the header.
pub fn read_rules_csv<R: Read>(
    reader: R,
    rules: Arc<Rules>,
) -> impl Iterator<Item = Result<Row, PuzzleError>> {
    Table::new(reader, FORMAT).rows(move |record| row(record, &rules))
}

/// Opens a file for [`read_rules_csv`].
///
/// # Errors
/// [`PuzzleError::File`] where it cannot be opened.
pub fn open_rules(path: &Path, rules: Arc<Rules>) -> Result<Rows<Row>, PuzzleError> {
    Ok(Box::new(read_rules_csv(open(path)?, rules)))
}

/// Reads the questions of a file and no answers.
///
/// # Errors
/// Those of [`read_rules_csv`].
pub fn read_rules_questions<R: Read>(
    reader: R,
    rules: Arc<Rules>,
) -> impl Iterator<Item = Result<Question<Puzzle>, PuzzleError>> {
    Table::new(reader, Format { needs_answers: false, ..FORMAT }).rows(move |record| question(record, &rules))
}

fn question(record: &Record<'_>, rules: &Rules) -> Result<Question<Puzzle>, PuzzleError> {
    let text = record.text(Column::Question)?.unwrap_or_default();
    let puzzle = rules.puzzle(text, &columns(record, rules)?)?;
    Ok(Question { line: record.line, source: record.source().unwrap_or_default(), puzzle })
}

fn row(record: &Record<'_>, rules: &Rules) -> Result<Row, PuzzleError> {
    let text = |column: Column| record.text(column)?.ok_or(PuzzleError::MissingField { name: column.name() });
    let (question, answer) = (text(Column::Question)?, text(Column::Answer)?);
    let (puzzle, solution) = rules.row(question, answer, &columns(record, rules)?)?;
    Ok(Row { source: record.source()?, puzzle, solution, rating: record.rating()?.unwrap_or_default() })
}

/// The fields that groups come from, as far as the table has them.
fn columns<'a>(record: &'a Record<'_>, rules: &Rules) -> Result<Vec<&'a str>, PuzzleError> {
    let fields: Result<Vec<_>, _> = rules.columns().map(|name| record.named(name)).collect();
    Ok(fields?.into_iter().map_while(|field| field).collect())
}

/// Writes rows in the format that [`read_rules_csv`] reads.
///
/// # Errors
/// [`PuzzleError::Unreadable`] with what the writer said.
pub fn write_rules_csv<W: Write>(writer: W, rules: &Rules, rows: &[Row]) -> Result<(), PuzzleError> {
    let record = |row: &Row| {
        let (question, answer) = (rules.text(&row.puzzle.cells), rules.text(&row.solution));
        let known = [row.source.clone(), question, answer, row.rating.to_string()];
        known.into_iter().chain(row.puzzle.columns.iter().cloned()).collect()
    };
    table::write(writer, rules.columns(), rows.iter().map(|row| Ok(record(row))))
}
