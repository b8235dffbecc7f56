//! The records of a table, one after the other.

use std::io::Read;

use super::header::{Column, Header, declared_delimiter};
use super::lines::Lines;
use crate::PuzzleError;

/// What sort of table it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Format {
    /// The longest record.
    pub(crate) max_bytes: usize,
    /// Whether a quoted field may hold line ends. Where not, a lost quote ends with its line.
    pub(crate) has_long_fields: bool,
    /// Whether puzzles may begin with `#`, so that not every such line is a comment.
    pub(crate) has_hashes: bool,
    /// Whether every row needs an answer.
    pub(crate) needs_answers: bool,
}

/// A table that is read record by record, in memory that does not grow with the file.
pub(crate) struct Table<R: Read> {
    lines: Lines<R>,
    format: Format,
    header: Option<Header>,
    bytes: Vec<u8>,
    ended: bool,
}

/// The fields of one record, and the line where it starts.
pub(crate) struct Record<'a> {
    header: &'a Header,
    fields: csv::ByteRecord,
    pub(crate) line: u64,
}

impl Record<'_> {
    /// A field of a column that is needed.
    pub(crate) fn needed(&self, column: Column) -> Result<&[u8], PuzzleError> {
        self.get(column)?.ok_or(PuzzleError::MissingField { name: column.name() })
    }

    /// A field; `None` where the table has no such column.
    ///
    /// # Errors
    /// [`PuzzleError::MissingField`] in a record that is too short for the column.
    pub(crate) fn get(&self, column: Column) -> Result<Option<&[u8]>, PuzzleError> {
        let Some(at) = self.header.at(column) else { return Ok(None) };
        let missing = PuzzleError::MissingField { name: column.name() };
        self.fields.get(at).map(Some).ok_or(missing)
    }

    /// A field as text without outer spaces.
    pub(crate) fn text(&self, column: Column) -> Result<Option<&str>, PuzzleError> {
        let Some(bytes) = self.get(column)? else { return Ok(None) };
        Ok(Some(as_text(bytes)?.trim()))
    }

    /// A field of a column of any name, as text without outer spaces; `None` where the record has none.
    pub(crate) fn named(&self, name: &str) -> Result<Option<&str>, PuzzleError> {
        let field = self.header.named(name).and_then(|at| self.fields.get(at));
        field.map(|bytes| Ok(as_text(bytes)?.trim())).transpose()
    }

    /// The source of a puzzle, empty where the table has none. Its outer spaces are its own, unless the
    /// header has such spaces too.
    pub(crate) fn source(&self) -> Result<String, PuzzleError> {
        let Some(bytes) = self.get(Column::Source)? else { return Ok(String::new()) };
        let text = as_text(bytes)?;
        Ok(if self.header.is_spaced { text.trim() } else { text }.to_owned())
    }

    /// The rating of a puzzle; `None` where the table has none.
    pub(crate) fn rating(&self) -> Result<Option<f32>, PuzzleError> {
        let Some(text) = self.text(Column::Rating)? else { return Ok(None) };
        // Where fields are divided by semicolons, a comma stands for the decimal point.
        let number = if self.header.delimiter == b';' { text.replace(',', ".") } else { text.to_owned() };
        match number.parse::<f32>() {
            Ok(rating) if rating.is_finite() => Ok(Some(rating)),
            _ => Err(PuzzleError::BadRating { found: text.chars().take(60).collect() }),
        }
    }

    /// Wraps an error of this record.
    pub(crate) fn in_line(line: u64) -> impl Fn(PuzzleError) -> PuzzleError {
        move |source| match source {
            PuzzleError::NotUtf8 { .. } => {
                PuzzleError::Unreadable { line, reason: "no UTF-8 text; save it as UTF-8".into() }
            }
            source => PuzzleError::InLine { line, source: Box::new(source) },
        }
    }
}

fn as_text(bytes: &[u8]) -> Result<&str, PuzzleError> {
    std::str::from_utf8(bytes).map_err(|e| crate::text::not_utf8(bytes, e.valid_up_to()))
}

impl<R: Read> Table<R> {
    pub(crate) fn new(reader: R, format: Format) -> Self {
        let lines = Lines::new(reader, format.max_bytes);
        Table { lines, format, header: None, bytes: Vec::new(), ended: false }
    }

    /// The next record; nothing follows an error.
    pub(crate) fn next(&mut self) -> Option<Result<Record<'_>, PuzzleError>> {
        if self.ended {
            return None;
        }
        self.ended = true;
        let line = match self.advance() {
            Ok(line) => line?,
            Err(error) => return Some(Err(error)),
        };
        self.ended = false;
        let header = self.header.as_ref()?;
        let fields = split(&self.bytes, header.delimiter);
        Some(Ok(Record { header, fields, line }))
    }

    /// What `read` makes of each record; an error of it names the line.
    pub(crate) fn rows<T>(
        mut self,
        mut read: impl FnMut(&Record<'_>) -> Result<T, PuzzleError>,
    ) -> impl Iterator<Item = Result<T, PuzzleError>> {
        std::iter::from_fn(move || {
            Some(self.next()?.and_then(|record| read(&record).map_err(Record::in_line(record.line))))
        })
    }

    /// Reads the bytes of the next record that is no comment; its first line, or `None` at the end.
    fn advance(&mut self) -> Result<Option<u64>, PuzzleError> {
        if self.header.is_none() {
            self.header = Some(self.read_header()?);
        }
        while let Some(line) = self.read_bytes()? {
            if !self.is_blank() && !self.is_comment() {
                return Ok(Some(line));
            }
        }
        Ok(None)
    }

    fn read_header(&mut self) -> Result<Header, PuzzleError> {
        let mut declared = None;
        loop {
            self.bytes.clear();
            let more = self.lines.read(&mut self.bytes)?;
            let line = self.bytes.trim_ascii();
            if more && declared.is_none() {
                declared = declared_delimiter(line);
                if declared.is_some() {
                    continue;
                }
            }
            if more && line.is_empty() {
                continue;
            }
            let header = Header::read(line, declared, self.format.needs_answers);
            // A comment, unless the header is one.
            if !more || !line.starts_with(b"#") || header.is_ok() {
                return header;
            }
        }
    }

    /// Reads a line, and those that a quoted field goes on with.
    fn read_bytes(&mut self) -> Result<Option<u64>, PuzzleError> {
        self.bytes.clear();
        let first = self.lines.n_lines + 1;
        let in_first = |error| match error {
            PuzzleError::LineTooLong { max_bytes, .. } => PuzzleError::LineTooLong { line: first, max_bytes },
            other => other,
        };
        if !self.lines.read(&mut self.bytes)? {
            return Ok(None);
        }
        let delimiter = self.header.as_ref().map_or(b',', |header| header.delimiter);
        let mut quotes = Quotes { delimiter, is_open: false, at_start: true };
        let mut scanned = 0;
        while self.format.has_long_fields {
            quotes.scan(&self.bytes[scanned..]);
            scanned = self.bytes.len();
            if !quotes.is_open {
                break;
            }
            self.bytes.push(b'\n');
            if !self.lines.read(&mut self.bytes).map_err(in_first)? {
                return Err(PuzzleError::Unreadable {
                    line: first,
                    reason: "a quote that is not closed".into(),
                });
            }
        }
        Ok(Some(first))
    }

    /// A line of spaces may be a row of the only column, not of several.
    fn is_blank(&self) -> bool {
        let is_wide =
            self.header.as_ref().is_some_and(|header| header.n_fields > 1 && header.delimiter != b'\t');
        self.bytes.is_empty() || is_wide && self.bytes.trim_ascii().is_empty()
    }

    /// A line that begins with `#` is one where that cannot be a row: it has other fields than the header,
    /// or a puzzle would stand there.
    fn is_comment(&self) -> bool {
        let Some(header) = &self.header else { return false };
        if !self.bytes.trim_ascii_start().starts_with(b"#") {
            return false;
        }
        let begins = |column| header.at(column) == Some(0);
        if begins(Column::Question) || begins(Column::Answer) {
            return !self.format.has_hashes;
        }
        let fields = split(&self.bytes, header.delimiter);
        let is_maze =
            self.format.has_hashes && fields.get(0).is_some_and(|f| f.iter().all(|b| b"# SGo".contains(b)));
        fields.len() != header.n_fields && !is_maze
    }
}

/// Follows quotes: one opens at the start of a field, and two in a quoted field are one of its characters.
struct Quotes {
    delimiter: u8,
    is_open: bool,
    at_start: bool,
}

impl Quotes {
    fn scan(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            if self.is_open {
                // A doubled quote closes and opens again.
                self.is_open = byte != b'"';
                self.at_start = !self.is_open;
            } else {
                self.is_open = byte == b'"' && self.at_start;
                self.at_start = byte == self.delimiter || self.at_start && byte == b' ';
            }
        }
    }
}

/// The fields of one record. A quote left open ends with it.
fn split(record: &[u8], delimiter: u8) -> csv::ByteRecord {
    let mut fields = csv::ByteRecord::new();
    if !record.contains(&b'"') {
        record.split(|byte| *byte == delimiter).for_each(|field| fields.push_field(field));
        return fields;
    }
    // Spaces between a delimiter and a quote are none of the field.
    let mut plain: Vec<u8> = Vec::with_capacity(record.len());
    let mut quotes = Quotes { delimiter, is_open: false, at_start: true };
    for &byte in record {
        if byte == b'"' && !quotes.is_open && quotes.at_start {
            plain.truncate(plain.iter().rposition(|byte| *byte != b' ').map_or(0, |i| i + 1));
        }
        quotes.scan(&[byte]);
        plain.push(byte);
    }
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).delimiter(delimiter).from_reader(plain.as_slice());
    // Reading from memory cannot fail; an empty record stays empty.
    let _ = reader.read_byte_record(&mut fields);
    fields
}
