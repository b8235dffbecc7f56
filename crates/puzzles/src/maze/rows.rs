//! Maze files as published: `source,question,answer,rating`.

use std::io::{BufRead, BufReader, Read, Write};

use crate::PuzzleError;
use crate::maze::{MAX_SIDE, Maze, MazePath};

/// The first line of a published file.
pub const HEADER: &str = "source,question,answer,rating";

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
/// quoted or not. Spaces are cells: nothing is trimmed. Empty lines are passed over.
///
/// A line that is wrong gives an error and the next line is read; after a file error, a bad header
/// or a line beyond [`MAX_LINE_BYTES`] the reading ends.
pub fn read_maze_csv<R: Read>(reader: R) -> MazeReader<R> {
    MazeReader {
        reader: BufReader::new(reader),
        line: Vec::new(),
        n_lines: 0,
        ended: false,
    }
}

/// The rows of a maze file; see [`read_maze_csv`].
#[derive(Debug)]
pub struct MazeReader<R> {
    reader: BufReader<R>,
    line: Vec<u8>,
    n_lines: u64,
    ended: bool,
}

impl<R: Read> Iterator for MazeReader<R> {
    type Item = Result<MazeRow, PuzzleError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        if self.n_lines == 0
            && let Err(error) = self.read_header()
        {
            self.ended = true;
            return Some(Err(error));
        }
        loop {
            match self.read_line() {
                Ok(true) if self.line.is_empty() => {}
                Ok(true) => return Some(parse_line(&self.line, self.n_lines)),
                Ok(false) => {
                    self.ended = true;
                    return None;
                }
                Err(error) => {
                    self.ended = true;
                    return Some(Err(error));
                }
            }
        }
    }
}

impl<R: Read> MazeReader<R> {
    fn read_header(&mut self) -> Result<(), PuzzleError> {
        self.read_line()?;
        let line = self
            .line
            .strip_prefix(b"\xef\xbb\xbf")
            .unwrap_or(&self.line);
        let fields = split_fields(line);
        if fields
            .iter()
            .map(Vec::as_slice)
            .eq(HEADER.split(',').map(str::as_bytes))
        {
            return Ok(());
        }
        Err(PuzzleError::MazeHeader {
            expected: HEADER,
            found: cut_short(line),
        })
    }

    /// Reads the next line into `self.line`, without its end; `false` at the end of the file.
    fn read_line(&mut self) -> Result<bool, PuzzleError> {
        self.line.clear();
        self.n_lines += 1;
        let line = self.n_lines;
        let limit = MAX_LINE_BYTES as u64 + 2;
        let read = self
            .reader
            .by_ref()
            .take(limit)
            .read_until(b'\n', &mut self.line);
        let n_bytes = read.map_err(|error| PuzzleError::MazeFile {
            place: format!("line {line}"),
            message: error.to_string(),
        })?;
        if self.line.last() == Some(&b'\n') {
            self.line.pop();
            if self.line.last() == Some(&b'\r') {
                self.line.pop();
            }
        }
        if self.line.len() > MAX_LINE_BYTES {
            return Err(PuzzleError::MazeLineTooLong {
                line,
                max: MAX_LINE_BYTES,
            });
        }
        Ok(n_bytes > 0)
    }
}

/// Writes rows as a maze file; what was published comes out byte for byte as it was read.
///
/// # Errors
/// [`PuzzleError::MazeFile`] if the writer fails.
pub fn write_maze_csv<'a, W: Write>(
    writer: W,
    rows: impl IntoIterator<Item = &'a MazeRow>,
) -> Result<(), PuzzleError> {
    let mut writer = csv::Writer::from_writer(writer);
    let mut written = writer.write_record(HEADER.split(','));
    let mut line = 1;
    for row in rows {
        if written.is_err() {
            break;
        }
        line += 1;
        let (question, answer) = (row.maze.to_string(), row.maze.answer_line(&row.answer));
        written = writer.write_record([&row.source, &question, &answer, &row.rating.to_string()]);
    }
    written
        .and_then(|()| Ok(writer.flush()?))
        .map_err(|error| PuzzleError::MazeFile {
            place: format!("line {line}"),
            message: error.to_string(),
        })
}

fn parse_line(bytes: &[u8], line: u64) -> Result<MazeRow, PuzzleError> {
    let text = std::str::from_utf8(bytes).map_err(|error| PuzzleError::MazeNotUtf8 {
        line,
        byte: error.valid_up_to(),
    })?;
    let fields: Vec<String> = split_fields(text.as_bytes())
        .into_iter()
        .map(|field| String::from_utf8_lossy(&field).into_owned())
        .collect();
    let [source, question, answer, rating] = fields.as_slice() else {
        return Err(PuzzleError::MazeFields {
            line,
            found: fields.len(),
        });
    };
    let at_line = |error| PuzzleError::MazeLine {
        line,
        error: Box::new(error),
    };
    let maze = Maze::parse(question).map_err(at_line)?;
    let answer = MazePath::parse(&maze, answer).map_err(at_line)?;
    let rating = match rating.parse::<f32>() {
        Ok(rating) if rating.is_finite() => rating,
        _ => {
            return Err(PuzzleError::MazeRating {
                line,
                found: cut_short(rating.as_bytes()),
            });
        }
    };
    Ok(MazeRow {
        source: source.clone(),
        maze,
        answer,
        rating,
    })
}

/// The fields of one line. A quote left open ends with the line, so that a lost quote cannot
/// swallow the rest of a file.
fn split_fields(line: &[u8]) -> Vec<Vec<u8>> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(line);
    match reader.byte_records().next() {
        Some(Ok(record)) => record.iter().map(<[u8]>::to_vec).collect(),
        _ => Vec::new(),
    }
}

/// The first characters of what was found, for an error.
fn cut_short(found: &[u8]) -> String {
    String::from_utf8_lossy(&found[..found.len().min(200)])
        .chars()
        .take(60)
        .collect()
}
