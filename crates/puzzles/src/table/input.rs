//! Bytes as UTF-8: unpacked, and transcoded where they are UTF-16.

use std::io::{self, BufRead, BufReader, Cursor, Read};

use crate::PuzzleError;
use crate::text::{Encoding, code_unit, encoding};

/// What an archive may unpack to; the largest published file has less than one gigabyte.
#[cfg(feature = "gz")]
const MAX_UNPACKED_BYTES: u64 = 4 << 30;
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
pub(crate) struct Input<R: Read>(State<R>);

enum State<R: Read> {
    Fresh(R),
    Utf8(BufReader<Sniffed<Unpacked<R>>>),
    Utf16(Transcoded<BufReader<Sniffed<Unpacked<R>>>>),
    /// After an error.
    Ended,
}

impl<R: Read> Input<R> {
    pub(crate) fn new(reader: R) -> Self {
        Input(State::Fresh(reader))
    }
}

impl<R: Read> Read for Input<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let State::Fresh(_) = self.0 {
            let State::Fresh(reader) = std::mem::replace(&mut self.0, State::Ended) else {
                return Ok(0);
            };
            self.0 = begin(reader)?;
        }
        match &mut self.0 {
            State::Utf8(text) => text.read(buffer),
            State::Utf16(text) => text.read(buffer),
            State::Fresh(_) | State::Ended => Ok(0),
        }
    }
}

fn begin<R: Read>(reader: R) -> io::Result<State<R>> {
    let (start, text) = sniff(Unpacked::new(reader)?)?;
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
        n_bytes: u64,
    },
}

impl<R: Read> Unpacked<R> {
    fn new(reader: R) -> io::Result<Self> {
        let (_start, reader) = sniff(reader)?;
        #[cfg(feature = "gz")]
        if _start.starts_with(b"\x1f\x8b") {
            let archive = Box::new(flate2::read::MultiGzDecoder::new(reader));
            return Ok(Unpacked::Gzip { archive, n_bytes: 0 });
        }
        Ok(Unpacked::Plain(reader))
    }
}

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Unpacked::Plain(reader) => reader.read(buffer),
            #[cfg(feature = "gz")]
            Unpacked::Gzip { archive, n_bytes } => {
                let n = archive.read(buffer)?;
                *n_bytes += n as u64;
                if *n_bytes > MAX_UNPACKED_BYTES {
                    let error = PuzzleError::UnpacksTooLong { max_bytes: MAX_UNPACKED_BYTES };
                    return Err(io::Error::new(io::ErrorKind::InvalidData, error));
                }
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
