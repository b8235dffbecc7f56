//! Bytes as UTF-8: unpacked, and transcoded where they are UTF-16.

use std::io::{self, BufRead, BufReader, Cursor, Read};

#[cfg(feature = "gz")]
use crate::PuzzleError;
use crate::text::{Encoding, code_unit, encoding};

/// What an archive may unpack to; nine million puzzles with their answers have 1.5 gigabytes.
const MAX_UNPACKED_BYTES: u64 = 2 << 30;
/// First bytes that are looked at.
const N_SNIFFED: usize = 64;

/// The first bytes of a reader, and the reader with them put back.
type Sniffed<R> = io::Chain<Cursor<Vec<u8>>, R>;

fn sniff<R: Read>(mut reader: R) -> io::Result<(Vec<u8>, Sniffed<R>)> {
    let mut start = Vec::new();
    reader.by_ref().take(N_SNIFFED as u64).read_to_end(&mut start)?;
    Ok((start.clone(), Cursor::new(start).chain(reader)))
}

/// Text as UTF-8 without a byte order mark. Nothing is read before it is asked for.
pub(crate) struct Input<R: Read> {
    state: State<R>,
    max_unpacked: u64,
}

enum State<R: Read> {
    Fresh(R),
    Utf8(BufReader<Sniffed<Unpacked<R>>>),
    Utf16(Transcoded<BufReader<Sniffed<Unpacked<R>>>>),
    /// After an error.
    Ended,
}

impl<R: Read> Input<R> {
    pub(crate) fn new(reader: R) -> Self {
        Input { state: State::Fresh(reader), max_unpacked: MAX_UNPACKED_BYTES }
    }
}

impl<R: Read> Read for Input<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let State::Fresh(_) = self.state {
            let State::Fresh(reader) = std::mem::replace(&mut self.state, State::Ended) else {
                return Ok(0);
            };
            self.state = begin(reader, self.max_unpacked)?;
        }
        match &mut self.state {
            State::Utf8(text) => text.read(buffer),
            State::Utf16(text) => text.read(buffer),
            State::Fresh(_) | State::Ended => Ok(0),
        }
    }
}

fn begin<R: Read>(reader: R, max_unpacked: u64) -> io::Result<State<R>> {
    let (start, text) = sniff(Unpacked::new(reader, max_unpacked)?)?;
    let mut text = BufReader::new(text);
    let found = encoding(&start).map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e))?;
    if found == Encoding::Utf8 {
        if start.starts_with(b"\xef\xbb\xbf") {
            text.read_exact(&mut [0; 3])?;
        }
        return Ok(State::Utf8(text));
    }
    Ok(State::Utf16(Transcoded { text, encoding: found, left: Vec::new(), is_first: true }))
}

/// A reader, or what an archive in it holds.
enum Unpacked<R: Read> {
    Plain(Sniffed<R>),
    #[cfg(feature = "gz")]
    Gzip {
        archive: Box<flate2::read::MultiGzDecoder<Sniffed<R>>>,
        /// Bytes that may still come out of it.
        left: u64,
        max_bytes: u64,
    },
}

impl<R: Read> Unpacked<R> {
    fn new(reader: R, _max_unpacked: u64) -> io::Result<Self> {
        let (_start, reader) = sniff(reader)?;
        #[cfg(feature = "gz")]
        if _start.starts_with(b"\x1f\x8b") {
            let archive = Box::new(flate2::read::MultiGzDecoder::new(reader));
            return Ok(Unpacked::Gzip { archive, left: _max_unpacked, max_bytes: _max_unpacked });
        }
        Ok(Unpacked::Plain(reader))
    }
}

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Unpacked::Plain(reader) => reader.read(buffer),
            #[cfg(feature = "gz")]
            Unpacked::Gzip { archive, left, max_bytes } => {
                let n = archive.read(buffer)?;
                let Some(rest) = left.checked_sub(n as u64) else {
                    let error = PuzzleError::UnpacksTooLong { max_bytes: *max_bytes };
                    return Err(io::Error::new(io::ErrorKind::InvalidData, error));
                };
                *left = rest;
                Ok(n)
            }
        }
    }
}

/// UTF-16 as UTF-8; half a surrogate pair becomes the replacement character.
struct Transcoded<R> {
    text: R,
    encoding: Encoding,
    /// Bytes of a character that did not fit the caller's buffer.
    left: Vec<u8>,
    is_first: bool,
}

impl<R: BufRead> Transcoded<R> {
    fn unit(&mut self) -> io::Result<Option<u16>> {
        let mut bytes = [0; 2];
        let mut n = 0;
        while n < 2 {
            match self.text.read(&mut bytes[n..])? {
                0 => break,
                more => n += more,
            }
        }
        Ok((n > 0).then(|| code_unit(&bytes[..n], self.encoding)))
    }

    fn character(&mut self) -> io::Result<Option<char>> {
        let Some(first) = self.unit()? else { return Ok(None) };
        let mut pair = vec![first];
        if (0xd800..0xdc00).contains(&first) {
            pair.extend(self.unit()?);
        }
        let character = char::decode_utf16(pair).next();
        Ok(character.map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)))
    }
}

impl<R: BufRead> Read for Transcoded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.left.len() < buffer.len() {
            let Some(character) = self.character()? else { break };
            if !std::mem::take(&mut self.is_first) || character != '\u{feff}' {
                self.left.extend(character.encode_utf8(&mut [0; 4]).bytes());
            }
        }
        let n = self.left.len().min(buffer.len());
        buffer[..n].copy_from_slice(&self.left[..n]);
        self.left.drain(..n);
        Ok(n)
    }
}

#[cfg(all(test, feature = "gz"))]
mod tests {
    use super::*;
    use std::io::Write;

    /// The same archive over and over.
    struct Endless(Vec<u8>, usize);

    impl Read for Endless {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let n = buffer.len().min(self.0.len() - self.1);
            buffer[..n].copy_from_slice(&self.0[self.1..self.1 + n]);
            self.1 = (self.1 + n) % self.0.len();
            Ok(n)
        }
    }

    #[test]
    fn an_archive_without_end_ends() {
        let mut block = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        block.write_all(&b"\n".repeat(1 << 20)).expect("in memory");
        let archive = Endless(block.finish().expect("in memory"), 0);
        let mut input = Input { state: State::Fresh(archive), max_unpacked: 1 << 24 };
        let mut n_bytes = 0;
        let mut buffer = vec![0; 1 << 16];
        let error = loop {
            match input.read(&mut buffer) {
                Ok(0) => panic!("it ended by itself"),
                Ok(n) => n_bytes += n,
                Err(error) => break error.to_string(),
            }
        };
        assert!(n_bytes <= 1 << 24 && error.contains("unpacks to more than 16777216 bytes"), "{error}");
    }
}
