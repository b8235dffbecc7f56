//! Published data files and the committed sets.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::PathBuf;

use crate::PuzzleError;
use crate::sudoku::{Geometry, Grid, Verdict, verdict};

/// Names a Sudoku-Extreme test file to use in place of the committed set.
const SUDOKU_VARIABLE: &str = "SUDOKU_EXTREME_CSV";
/// The committed set: 1,000 generated puzzles, see `data/README.md`.
const SUDOKU_GENERATED: &str = include_str!("../data/sudoku-extreme-gen.csv");
/// Memory allowed for one record; the published lines have below 300 bytes.
const MAX_LINE_BYTES: usize = 1 << 16;

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

/// One line of a Sudoku file: `source,question,answer,rating`.
#[derive(Debug, Clone, PartialEq)]
pub struct SudokuRow {
    /// Collection that the puzzle was taken from.
    pub source: String,
    /// The question.
    pub puzzle: Grid,
    /// The answer.
    pub solution: Grid,
    /// Guesses that a solver needs, on a scale that depends on the source.
    pub rating: f32,
}

impl SudokuRow {
    /// Without a geometry the question's length gives it.
    fn read(
        geometry: Option<Geometry>,
        columns: &Columns,
        fields: &csv::StringRecord,
    ) -> Result<Self, PuzzleError> {
        let field = |i: usize| {
            let name = COLUMNS[i];
            fields.get(columns[i]).ok_or(PuzzleError::MissingField { name })
        };
        let question = field(1)?;
        let geometry = geometry.or_else(|| Geometry::of_cells(question.chars().count())).unwrap_or_default();
        let (puzzle, solution) =
            (Grid::parse_with(geometry, question)?, Grid::parse_with(geometry, field(2)?)?);
        puzzle.conflicts()?;
        let verdict = verdict(&puzzle, &solution);
        if verdict != Verdict::Solved {
            return Err(PuzzleError::NotASolution { verdict });
        }
        let rating: f32 = field(3)?.trim().parse().unwrap_or(f32::NAN);
        if !rating.is_finite() {
            return Err(PuzzleError::BadRating { found: field(3)?.to_owned() });
        }
        Ok(Self { source: field(0)?.to_owned(), puzzle, solution, rating })
    }
}

const COLUMNS: [&str; 4] = ["source", "question", "answer", "rating"];
/// Position of each of [`COLUMNS`] in a file.
type Columns = [usize; 4];

/// Reads a Sudoku file row by row, in memory that does not grow with the file.
///
/// Columns are found by their names in the header. Every answer is checked against its question.
/// After an error in a row the next call goes on with the next row.
///
/// # Errors
/// Every error names the line: [`PuzzleError::InLine`], [`PuzzleError::LineTooLong`] or
/// [`PuzzleError::Unreadable`]; only [`PuzzleError::MissingColumn`] speaks of the header.
pub fn read_sudoku_csv<R: Read>(reader: R) -> impl Iterator<Item = Result<SudokuRow, PuzzleError>> {
    Rows::new(reader, Some(Geometry::STANDARD))
}

/// [`read_sudoku_csv`] for a file of any size that [`Geometry::of_cells`] knows: that of the first row
/// is that of all.
///
/// # Errors
/// Those of [`read_sudoku_csv`]. A row of another size is [`PuzzleError::GridLength`] in its line.
pub fn read_sized_sudoku_csv<R: Read>(reader: R) -> impl Iterator<Item = Result<SudokuRow, PuzzleError>> {
    Rows::new(reader, None)
}

/// Writes rows in the published format.
///
/// # Errors
/// [`PuzzleError::Unreadable`] with what the writer said.
pub fn write_sudoku_csv<W: Write>(writer: W, rows: &[SudokuRow]) -> Result<(), PuzzleError> {
    let mut csv = csv::Writer::from_writer(writer);
    let failed = |line: usize| move |reason: String| PuzzleError::Unreadable { line: line as u64, reason };
    csv.write_record(COLUMNS).map_err(|e| failed(1)(e.to_string()))?;
    for (i, row) in rows.iter().enumerate() {
        let (puzzle, solution) = (row.puzzle.to_string(), row.solution.to_string());
        let record = [&row.source, &puzzle, &solution, &row.rating.to_string()];
        csv.write_record(record).map_err(|e| failed(i + 2)(e.to_string()))?;
    }
    csv.flush().map_err(|e| failed(rows.len() + 1)(e.to_string()))
}

/// The Sudoku test set: the file that `SUDOKU_EXTREME_CSV` names, else 1,000 generated puzzles.
///
/// # Errors
/// [`PuzzleError::File`] when the file cannot be opened, and those of [`read_sudoku_csv`].
pub fn load_sudoku_extreme_dataset() -> Result<Dataset<SudokuRow>, PuzzleError> {
    let Some(path) = std::env::var_os(SUDOKU_VARIABLE).map(PathBuf::from) else {
        let rows = read_sudoku_csv(SUDOKU_GENERATED.as_bytes()).collect::<Result<_, _>>()?;
        return Ok(Dataset { rows, origin: Origin::Generated("sudoku-extreme-gen") });
    };
    let file = File::open(&path).map_err(|e| {
        let (path, reason) = (path.display().to_string(), e.to_string());
        PuzzleError::File { path, reason }
    })?;
    let rows = read_sudoku_csv(file).collect::<Result<_, _>>()?;
    Ok(Dataset { rows, origin: Origin::File(path) })
}

struct Rows<R> {
    csv: csv::Reader<Budgeted<R>>,
    /// `None` until a row has told it.
    geometry: Option<Geometry>,
    columns: Option<Columns>,
    finished: bool,
}

impl<R: Read> Rows<R> {
    fn new(reader: R, geometry: Option<Geometry>) -> Self {
        let budgeted = Budgeted { inner: reader, budget: MAX_LINE_BYTES };
        let csv = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(budgeted);
        Rows { csv, geometry, columns: None, finished: false }
    }

    /// The next record and the line where it starts.
    fn record(&mut self) -> Result<Option<(u64, csv::StringRecord)>, PuzzleError> {
        self.csv.get_mut().budget = MAX_LINE_BYTES;
        let mut fields = csv::StringRecord::new();
        let start = self.csv.position().line();
        match self.csv.read_record(&mut fields) {
            Ok(true) => {
                let line = fields.position().map_or(start, csv::Position::line);
                Ok(Some((line, fields)))
            }
            Ok(false) => Ok(None),
            Err(error) => {
                let bad_text = matches!(error.kind(), csv::ErrorKind::Utf8 { .. });
                self.finished = !bad_text;
                if self.csv.get_ref().budget == 0 && !bad_text {
                    let max_bytes = MAX_LINE_BYTES;
                    return Err(PuzzleError::LineTooLong { line: start, max_bytes });
                }
                Err(PuzzleError::Unreadable { line: start, reason: error.to_string() })
            }
        }
    }

    fn header(&mut self) -> Result<Columns, PuzzleError> {
        let header = self.record()?.map(|(_, fields)| fields).unwrap_or_default();
        let mut columns = [0; 4];
        for (column, name) in columns.iter_mut().zip(COLUMNS) {
            let found = header.iter().position(|field| field.trim() == name);
            *column = found.ok_or(PuzzleError::MissingColumn { name })?;
        }
        Ok(columns)
    }

    fn row(&mut self) -> Result<Option<SudokuRow>, PuzzleError> {
        let columns = match self.columns {
            Some(columns) => columns,
            None => {
                self.finished = true;
                let columns = self.header()?;
                self.finished = false;
                *self.columns.insert(columns)
            }
        };
        let Some((line, fields)) = self.record()? else {
            return Ok(None);
        };
        let in_line = |source| PuzzleError::InLine { line, source: Box::new(source) };
        let row = SudokuRow::read(self.geometry, &columns, &fields).map_err(in_line)?;
        self.geometry = Some(row.puzzle.geometry());
        Ok(Some(row))
    }
}

impl<R: Read> Iterator for Rows<R> {
    type Item = Result<SudokuRow, PuzzleError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.finished {
            return None;
        }
        self.row().transpose()
    }
}

/// A reader that fails once a record has taken its budget, so that no line or unclosed quote can
/// fill the memory.
struct Budgeted<R> {
    inner: R,
    budget: usize,
}

impl<R: Read> Read for Budgeted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.budget == 0 {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the line is too long"));
        }
        let length = buffer.len().min(self.budget);
        let n = self.inner.read(&mut buffer[..length])?;
        self.budget -= n;
        Ok(n)
    }
}
