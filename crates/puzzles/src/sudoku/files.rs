//! Sudoku files: `source,question,answer,rating`.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use super::fields::read_fields;
use super::verify::check_answer;
use super::{Geometry, ReadOptions, SudokuRow, SudokuText};
use crate::PuzzleError;
use crate::dataset::{Dataset, Origin, Question, Rows, open};
use crate::table::{self, Column, Format, Record, Table};

/// Names a Sudoku-Extreme test file to use in place of the committed set.
const SUDOKU_VARIABLE: &str = "SUDOKU_EXTREME_CSV";
/// The committed set: 1,000 generated puzzles, see `data/README.md`.
const SUDOKU_GENERATED: &str = include_str!("../../data/sudoku-extreme-gen.csv");
/// Memory allowed for one record; the published lines have below 300 bytes.
const MAX_LINE_BYTES: usize = 1 << 16;
const FORMAT: Format =
    Format { max_bytes: MAX_LINE_BYTES, has_long_fields: true, has_hashes: false, needs_answers: true };

/// Reads a Sudoku file row by row, in memory that does not grow with the file.
///
/// Columns are found by their names in the header, in any order and case: `question` and `answer`, or the
/// names of other collections (`quizzes`, `solutions`; `puzzle`, `solution`). `source` and `rating` may
/// be left out, and are empty and 0 then. Fields are divided by commas, semicolons, tabs or bars, with spaces
/// around them or none; lines that begin with `#` are comments. Text is UTF-8 or UTF-16, and may be packed
/// with gzip (feature `gz`). Every answer is checked against its question. After an error in a row the next
/// call goes on with the next row.
///
/// # Errors
/// Every error names the line: [`PuzzleError::InLine`], [`PuzzleError::LineTooLong`] or
/// [`PuzzleError::Unreadable`]; only [`PuzzleError::MissingColumn`] speaks of the header, and
/// [`PuzzleError::OtherFormat`] and [`PuzzleError::UnpacksTooLong`] of the file.
pub fn read_sudoku_csv<R: Read>(reader: R) -> impl Iterator<Item = Result<SudokuRow, PuzzleError>> {
    Table::new(reader, FORMAT).rows(|record| row(record, Some(Geometry::STANDARD)))
}

/// [`read_sudoku_csv`] for a file of any size that [`Geometry::of_cells`] knows: that of the first row
/// is that of all.
///
/// # Errors
/// Those of [`read_sudoku_csv`]. A row of another size is [`PuzzleError::GridLength`] in its line.
pub fn read_sized_sudoku_csv<R: Read>(reader: R) -> impl Iterator<Item = Result<SudokuRow, PuzzleError>> {
    read_boxed_sudoku_csv(reader, None)
}

/// [`read_sized_sudoku_csv`] with boxes of the given shape, where their number of cells leaves it open.
///
/// # Errors
/// Those of [`read_sized_sudoku_csv`].
pub fn read_boxed_sudoku_csv<R: Read>(
    reader: R,
    boxes: Option<Geometry>,
) -> impl Iterator<Item = Result<SudokuRow, PuzzleError>> {
    let mut geometry = boxes;
    Table::new(reader, FORMAT).rows(move |record| {
        // A row that could not be read settles nothing.
        let row = row(record, geometry)?;
        geometry = Some(row.puzzle.geometry());
        Ok(row)
    })
}

/// Reads the questions of a Sudoku file and no answers, each of its own size and in its own notation, where
/// `options` do not say them.
///
/// # Errors
/// Those of [`read_sudoku_csv`], without those of answers and ratings.
pub fn read_sudoku_questions<R: Read>(
    reader: R,
    options: ReadOptions,
) -> impl Iterator<Item = Result<Question<SudokuText>, PuzzleError>> {
    Table::new(reader, Format { needs_answers: false, ..FORMAT })
        .rows(move |record| question(record, &options))
}

fn question(record: &Record<'_>, options: &ReadOptions) -> Result<Question<SudokuText>, PuzzleError> {
    let text = record.text(Column::Question)?.unwrap_or_default();
    // An answer beside it says which notation it is.
    let answer = record.text(Column::Answer).ok().flatten();
    let alone = |_| read_fields(text, None, options);
    let (puzzle, _) = read_fields(text, answer, options).or_else(alone)?;
    puzzle.grid.conflicts()?;
    Ok(Question { line: record.line, source: record.source().unwrap_or_default(), puzzle })
}

fn row(record: &Record<'_>, geometry: Option<Geometry>) -> Result<SudokuRow, PuzzleError> {
    let missing = |column: Column| PuzzleError::MissingField { name: column.name() };
    let question = record.text(Column::Question)?.ok_or(missing(Column::Question))?;
    let answer = record.text(Column::Answer)?.ok_or(missing(Column::Answer))?;
    let options = ReadOptions { geometry, notation: None };
    let (puzzle, solution) = read_fields(question, Some(answer), &options)?;
    let (puzzle, solution) = (puzzle.grid, solution.ok_or(missing(Column::Answer))?);
    check_answer(&puzzle, &solution)?;
    let rating = record.rating()?.unwrap_or_default();
    let source = record.source()?;
    Ok(SudokuRow { source, puzzle, solution, rating })
}

/// Writes rows in the published format.
///
/// # Errors
/// [`PuzzleError::Unreadable`] with what the writer said.
pub fn write_sudoku_csv<W: Write>(writer: W, rows: &[SudokuRow]) -> Result<(), PuzzleError> {
    let record = |row: &SudokuRow| {
        vec![row.source.clone(), row.puzzle.to_string(), row.solution.to_string(), row.rating.to_string()]
    };
    table::write(writer, [], rows.iter().map(|row| Ok(record(row))))
}

/// The Sudoku test set: the file that `SUDOKU_EXTREME_CSV` names, else 1,000 generated puzzles.
///
/// # Errors
/// [`PuzzleError::File`] when the file cannot be opened, and those of [`read_sudoku_csv`].
pub fn load_sudoku_extreme_dataset() -> Result<Dataset<SudokuRow>, PuzzleError> {
    let variable = std::env::var_os(SUDOKU_VARIABLE).filter(|path| !path.is_empty());
    let Some(path) = variable.map(PathBuf::from) else {
        let rows = read_sudoku_csv(SUDOKU_GENERATED.as_bytes()).collect::<Result<_, _>>()?;
        return Ok(Dataset { rows, origin: Origin::Generated("sudoku-extreme-gen") });
    };
    let rows = read_sudoku_csv(open(&path)?).collect::<Result<_, _>>()?;
    Ok(Dataset { rows, origin: Origin::File(path) })
}

/// Opens a data file of any form: CSV as [`read_boxed_sudoku_csv`] reads it, packed with gzip or not, or
/// (feature `npy`) a folder of the reference's builder, see [`read_sudoku_npy`](super::read_sudoku_npy).
///
/// # Errors
/// [`PuzzleError::File`] where it cannot be opened, and [`PuzzleError::Numpy`] for a folder that holds
/// no data.
pub fn open_sudoku(path: &Path, boxes: Option<Geometry>) -> Result<Rows<SudokuRow>, PuzzleError> {
    #[cfg(feature = "npy")]
    if let Some(folder) = crate::numpy::folder_of(path) {
        return Ok(Box::new(super::npy::rows(crate::numpy::open(&folder)?, boxes)?));
    }
    Ok(Box::new(read_boxed_sudoku_csv(open(path)?, boxes)))
}
