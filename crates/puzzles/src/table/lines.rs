//! Lines of bounded length, however they end.

use std::io::{BufRead, BufReader, Read};

use super::input::Input;
use crate::PuzzleError;
use crate::text::failed;

/// Lines that end with `\n`, `\r\n` or `\r`.
pub(super) struct Lines<R: Read> {
    reader: BufReader<Input<R>>,
    max_bytes: usize,
    /// Lines read so far; that is the number of the last one.
    pub(super) n_lines: u64,
    after_return: bool,
}

impl<R: Read> Lines<R> {
    pub(super) fn new(reader: R, max_bytes: usize) -> Self {
        let reader = BufReader::new(Input::new(reader));
        Lines { reader, max_bytes, n_lines: 0, after_return: false }
    }

    /// Adds the next line to `line`, without its end; `false` at the end of the file.
    ///
    /// # Errors
    /// [`PuzzleError::LineTooLong`] once `line` is longer than allowed: no memory is taken beyond.
    pub(super) fn read(&mut self, line: &mut Vec<u8>) -> Result<bool, PuzzleError> {
        let number = self.n_lines + 1;
        let mut has_begun = false;
        loop {
            let buffer = self.reader.fill_buf().map_err(|error| failed(number, error))?;
            if buffer.is_empty() {
                self.n_lines += u64::from(has_begun);
                return Ok(has_begun);
            }
            if std::mem::take(&mut self.after_return) && buffer[0] == b'\n' {
                self.reader.consume(1);
                continue;
            }
            has_begun = true;
            let end = buffer.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let part = &buffer[..end.unwrap_or(buffer.len())];
            if line.len() + part.len() > self.max_bytes {
                return Err(PuzzleError::LineTooLong { line: number, max_bytes: self.max_bytes });
            }
            line.extend_from_slice(part);
            self.after_return = end.is_some_and(|i| buffer[i] == b'\r');
            let n_read = part.len() + usize::from(end.is_some());
            self.reader.consume(n_read);
            if end.is_some() {
                self.n_lines += 1;
                return Ok(true);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &[u8], max_bytes: usize) -> Vec<Result<String, PuzzleError>> {
        let mut lines = Lines::new(text, max_bytes);
        let mut read = Vec::new();
        loop {
            let mut line = Vec::new();
            match lines.read(&mut line) {
                Ok(false) => break read,
                Ok(true) => read.push(Ok(String::from_utf8(line).expect("text"))),
                Err(error) => {
                    read.push(Err(error));
                    break read;
                }
            }
        }
    }

    #[test]
    fn all_line_ends_are_line_ends() {
        for text in ["a\nb\n\nc", "a\r\nb\r\n\r\nc\r\n", "a\rb\r\rc\r", "\u{feff}a\nb\r\n\rc\n"] {
            let expected: Vec<_> = ["a", "b", "", "c"].map(|line| Ok(line.to_owned())).into();
            assert_eq!(lines(text.as_bytes(), 10), expected, "{text:?}");
            let utf16 = text.trim_start_matches('\u{feff}').encode_utf16();
            let bytes: Vec<u8> = [0xff, 0xfe].into_iter().chain(utf16.flat_map(u16::to_le_bytes)).collect();
            assert_eq!(lines(&bytes, 10), expected, "UTF-16 of {text:?}");
        }
        assert_eq!(lines(b"", 10), []);
    }

    #[test]
    fn long_lines_are_refused() {
        let too_long = PuzzleError::LineTooLong { line: 2, max_bytes: 3 };
        assert_eq!(lines(b"abc\nabcd\n", 3), [Ok("abc".into()), Err(too_long)]);
    }
}
