//! Maze files as published: `source,question,answer,rating`.

use std::io::{BufRead, BufReader, Read, Write};

use crate::PuzzleError;
use crate::maze::{MAX_SIDE, Maze, MazePath};

const COLUMNS: [&str; 4] = ["source", "question", "answer", "rating"];
/// Position of each of [`COLUMNS`] in a file.
type Columns = [usize; 4];

/// The longest line read: two of the largest mazes, with room for the other fields.
pub const MAX_LINE_BYTES: usize = 2 * MAX_SIDE * MAX_SIDE + 4096;

/// One line of a file: a maze and its answer.
#[derive(Debug, Clone, PartialEq)]
pub struct MazeRow {
    /// Where it comes from; empty in the published files.
    pub source: String,
    /// The question.
    pub maze: Maze,
    /// The answer.
    pub answer: MazePath,
    /// Cells on the shortest path, start and goal included: its steps and one.
    pub rating: f32,
}

/// Reads a maze file line by line, with `\n` or `\r\n`, with or without a byte order mark, fields
/// quoted or not. Columns are found by their names in the header. Spaces are cells: nothing is
/// trimmed. Empty lines are passed over. Every answer is checked to be a path of its question.
///
/// # Errors
/// A wrong row gives [`PuzzleError::InLine`], and the next call goes on with the next row. After
/// [`PuzzleError::MissingColumn`], [`PuzzleError::LineTooLong`] and [`PuzzleError::Unreadable`]
/// nothing follows.
pub fn read_maze_csv<R: Read>(reader: R) -> MazeReader<R> {
    MazeReader { reader: BufReader::new(reader), line: Vec::new(), n_lines: 0, columns: None, ended: false }
}

/// The rows of a maze file; see [`read_maze_csv`].
#[derive(Debug)]
pub struct MazeReader<R> {
    reader: BufReader<R>,
    line: Vec<u8>,
    n_lines: u64,
    columns: Option<Columns>,
    ended: bool,
}

impl<R: Read> Iterator for MazeReader<R> {
    type Item = Result<MazeRow, PuzzleError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let row = self.next_row().transpose();
        // What is wrong with one row is no reason to stop.
        self.ended = !matches!(row, Some(Ok(_) | Err(PuzzleError::InLine { .. })));
        row
    }
}

impl<R: Read> MazeReader<R> {
    fn next_row(&mut self) -> Result<Option<MazeRow>, PuzzleError> {
        let columns = match self.columns {
            Some(columns) => columns,
            None => {
                let columns = self.read_header()?;
                *self.columns.insert(columns)
            }
        };
        while self.read_line()? {
            if !self.line.is_empty() {
                let in_line = |source| PuzzleError::InLine { line: self.n_lines, source: Box::new(source) };
                return parse_row(&columns, &self.line).map(Some).map_err(in_line);
            }
        }
        Ok(None)
    }

    fn read_header(&mut self) -> Result<Columns, PuzzleError> {
        self.read_line()?;
        let line = self.line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&self.line);
        let header = split_fields(line);
        let mut columns = [0; 4];
        for (column, name) in columns.iter_mut().zip(COLUMNS) {
            let found = header.iter().position(|field| field == name.as_bytes());
            *column = found.ok_or(PuzzleError::MissingColumn { name })?;
        }
        Ok(columns)
    }

    /// Reads the next line into `self.line`, without its end; `false` at the end of the file.
    fn read_line(&mut self) -> Result<bool, PuzzleError> {
        self.line.clear();
        self.n_lines += 1;
        let line = self.n_lines;
        let limit = MAX_LINE_BYTES as u64 + 2;
        let read = self.reader.by_ref().take(limit).read_until(b'\n', &mut self.line);
        let n_bytes = read.map_err(|error| PuzzleError::Unreadable { line, reason: error.to_string() })?;
        if self.line.last() == Some(&b'\n') {
            self.line.pop();
            if self.line.last() == Some(&b'\r') {
                self.line.pop();
            }
        }
        if self.line.len() > MAX_LINE_BYTES {
            return Err(PuzzleError::LineTooLong { line, max_bytes: MAX_LINE_BYTES });
        }
        Ok(n_bytes > 0)
    }
}

/// Writes rows as a maze file; what was published comes out byte for byte as it was read.
///
/// # Errors
/// [`PuzzleError::Unreadable`] with what the writer said, and [`PuzzleError::InLine`] for a maze
/// that is not square: a line does not tell its width, and would be read as another maze.
pub fn write_maze_csv<'a, W: Write>(
    writer: W,
    rows: impl IntoIterator<Item = &'a MazeRow>,
) -> Result<(), PuzzleError> {
    let mut writer = csv::Writer::from_writer(writer);
    let failed = |line: u64, reason: String| PuzzleError::Unreadable { line, reason };
    writer.write_record(COLUMNS).map_err(|e| failed(1, e.to_string()))?;
    let mut line = 1;
    for row in rows {
        line += 1;
        if row.maze.height() != row.maze.width() {
            let source = Box::new(PuzzleError::MazeNotSquare { n_cells: row.maze.n_cells() });
            return Err(PuzzleError::InLine { line, source });
        }
        let (question, answer) = (row.maze.to_string(), row.maze.answer_line(&row.answer));
        let record = [&row.source, &question, &answer, &row.rating.to_string()];
        writer.write_record(record).map_err(|e| failed(line, e.to_string()))?;
    }
    writer.flush().map_err(|e| failed(line, e.to_string()))
}

fn parse_row(columns: &Columns, line: &[u8]) -> Result<MazeRow, PuzzleError> {
    let fields = split_fields(line);
    let field = |i: usize| {
        let name = COLUMNS[i];
        let bytes = fields.get(columns[i]).ok_or(PuzzleError::MissingField { name })?;
        // A byte that is no UTF-8 becomes a character that is no cell, and is reported as such.
        Ok(String::from_utf8_lossy(bytes))
    };
    let (source, maze) = (field(0)?.into_owned(), Maze::parse(&field(1)?)?);
    let answer = MazePath::parse(&maze, &field(2)?)?;
    answer.ordered(&maze).map_err(|fault| PuzzleError::MazeNotAPath { fault })?;
    let rating = field(3)?;
    match rating.parse::<f32>() {
        Ok(rating) if rating.is_finite() => Ok(MazeRow { source, maze, answer, rating }),
        _ => Err(PuzzleError::BadRating { found: rating.chars().take(60).collect() }),
    }
}

/// The fields of one line. A quote left open ends with the line, so that a lost quote cannot
/// swallow the rest of a file.
fn split_fields(line: &[u8]) -> csv::ByteRecord {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(line);
    let mut fields = csv::ByteRecord::new();
    // Reading from memory cannot fail; an empty line leaves the record empty.
    let _ = reader.read_byte_record(&mut fields);
    fields
}
