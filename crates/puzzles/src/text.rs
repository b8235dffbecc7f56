//! Bytes as text: what an editor, a spreadsheet or a shell writes.

use std::io::Read;

use crate::PuzzleError;

/// The longest text that is read: some fifty thousand puzzles of 81 characters.
pub const MAX_TEXT_BYTES: usize = 1 << 22;

/// How the bytes of a text stand for its characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// UTF-8, and nothing else that is known.
    Utf8,
    /// UTF-16, little-endian.
    Utf16Le,
    /// UTF-16, big-endian.
    Utf16Be,
}

/// Reads a text to its end, see [`decode`].
///
/// # Errors
/// [`PuzzleError::TextTooLong`] beyond [`MAX_TEXT_BYTES`], [`PuzzleError::Unreadable`] with what the
/// system said, and those of [`decode`].
pub fn read(reader: impl Read) -> Result<String, PuzzleError> {
    let mut bytes = Vec::new();
    let limit = MAX_TEXT_BYTES as u64 + 1;
    reader.take(limit).read_to_end(&mut bytes).map_err(|error| failed(1, error))?;
    decode(&bytes)
}

/// What a reader said; an error of this crate that it carries is that error.
pub(crate) fn failed(line: u64, error: std::io::Error) -> PuzzleError {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<PuzzleError>()) {
        Some(inner) => inner.clone(),
        None => PuzzleError::Unreadable { line, reason: error.to_string() },
    }
}

/// A text as UTF-8: unpacked where it is packed with gzip (feature `gz`), and transcoded where it is UTF-16. Memory
/// does not grow with it, and two gigabytes come out of an archive at most.
#[cfg(feature = "csv")]
pub fn unpacked(reader: impl Read) -> impl Read {
    crate::table::Input::new(reader)
}

/// The text that bytes stand for: UTF-8, or UTF-16 with a byte order mark or with the NUL bytes that
/// give it away. A byte order mark is no part of the text.
///
/// # Errors
/// [`PuzzleError::TextTooLong`]; [`PuzzleError::OtherFormat`] for a file that is no text, where its first
/// bytes say so; [`PuzzleError::NotUtf8`] with the first byte that fits no encoding.
pub fn decode(bytes: &[u8]) -> Result<String, PuzzleError> {
    if bytes.len() > MAX_TEXT_BYTES {
        return Err(PuzzleError::TextTooLong { max_bytes: MAX_TEXT_BYTES });
    }
    match encoding(bytes)? {
        Encoding::Utf8 => {
            let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
            let text = std::str::from_utf8(bytes).map_err(|e| not_utf8(bytes, e.valid_up_to()))?;
            Ok(text.to_owned())
        }
        utf16 => {
            let units = bytes.chunks(2).map(|unit| code_unit(unit, utf16));
            let characters = char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER));
            Ok(characters.skip_while(|c| *c == '\u{feff}').collect())
        }
    }
}

/// One unit of UTF-16; the half of one at the end of a file is no character.
pub(crate) fn code_unit(bytes: &[u8], encoding: Encoding) -> u16 {
    match (bytes, encoding) {
        ([a, b], Encoding::Utf16Be) => u16::from_be_bytes([*a, *b]),
        ([a, b], _) => u16::from_le_bytes([*a, *b]),
        _ => char::REPLACEMENT_CHARACTER as u16,
    }
}

/// The encoding that the first bytes of a text give away.
///
/// # Errors
/// [`PuzzleError::OtherFormat`].
pub(crate) fn encoding(start: &[u8]) -> Result<Encoding, PuzzleError> {
    let lower = start[..start.len().min(64)].to_ascii_lowercase();
    let lower = lower.trim_ascii_start();
    if let Some((_, found, advice)) =
        FORMATS.iter().find(|(mark, ..)| start.starts_with(mark) || lower.starts_with(mark))
    {
        return Err(PuzzleError::OtherFormat { found, advice });
    }
    // A text of at least two characters; the first few are enough to tell.
    let start = &start[..start.len().min(16)];
    let pairs = start.chunks_exact(2);
    let few = pairs.len() < 2;
    Ok(match start {
        [0xff, 0xfe, ..] => Encoding::Utf16Le,
        [0xfe, 0xff, ..] => Encoding::Utf16Be,
        _ if !few && pairs.clone().all(|pair| pair[0] != 0 && pair[1] == 0) => Encoding::Utf16Le,
        _ if !few && pairs.clone().all(|pair| pair[0] == 0 && pair[1] != 0) => Encoding::Utf16Be,
        _ => Encoding::Utf8,
    })
}

/// First bytes, what begins with them, and what to do about it.
const FORMATS: [(&[u8], &str, &str); 18] = [
    (b"\xff\xfe\0\0", "UTF-32 text", "save it as UTF-8"),
    (b"\0\0\xfe\xff", "UTF-32 text", "save it as UTF-8"),
    (b"\x1f\x8b", "a gzip archive", "unpack it first"),
    (b"PK\x03\x04", "a ZIP archive or a spreadsheet", "unpack it, or save the table as CSV"),
    (b"BZh", "a bzip2 archive", "unpack it first"),
    (b"\xfd7zXZ", "an xz archive", "unpack it first"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive", "unpack it first"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack it first"),
    (b"\x93NUMPY", "a NumPy array", "give the folder that holds all__inputs.npy and all__labels.npy"),
    (b"PAR1", "a Parquet file", "convert it to CSV"),
    (b"SQLite format 3\0", "an SQLite database", "export the table as CSV"),
    (b"\xd0\xcf\x11\xe0", "a spreadsheet or document", "save the table as CSV"),
    (b"%PDF", "a PDF document", "copy the puzzle as text"),
    (b"\x89PNG", "an image", "type the puzzle as text"),
    (b"\xff\xd8\xff", "an image", "type the puzzle as text"),
    (b"version https://git-lfs", "a Git LFS pointer", "fetch the file itself with git lfs pull"),
    (b"<!doctype html", "a web page", "download the file itself"),
    (b"<html", "a web page", "download the file itself"),
];

/// Names the first byte that is no UTF-8 by its line and column.
pub(crate) fn not_utf8(bytes: &[u8], at: usize) -> PuzzleError {
    let before = String::from_utf8_lossy(&bytes[..at]);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    PuzzleError::NotUtf8 { line, column, byte: bytes[at] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_text_in_all_its_encodings() {
        let text = "S #\r\n# G ü";
        let utf16 = |mark: bool, be: bool| -> Vec<u8> {
            let units = mark.then_some(0xfeff).into_iter().chain(text.encode_utf16());
            units.flat_map(|unit: u16| if be { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
        };
        let marked = format!("\u{feff}{text}").into_bytes();
        let (le, be) = (utf16(true, false), utf16(true, true));
        for bytes in [text.as_bytes().to_vec(), marked, le, be, utf16(false, false), utf16(false, true)] {
            assert_eq!(decode(&bytes).as_deref(), Ok(text), "{bytes:?}");
        }
        assert_eq!(decode(b"\xff\xfe1\0\x41"), Ok("1\u{fffd}".into()), "cut off in a character");
    }

    #[test]
    fn what_is_no_text_is_named() {
        for (bytes, found) in [
            (&b"\x1f\x8b\x08rest"[..], "gzip"),
            (b"PK\x03\x04rest", "ZIP"),
            (b"PAR1rest", "Parquet"),
            (b"\x93NUMPY\x01\0", "NumPy"),
            (b"\xff\xfe\0\0S\0\0\0", "UTF-32"),
            (b"\n<!DOCTYPE HTML><html>", "web page"),
            (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS"),
        ] {
            let error = decode(bytes).expect_err(found).to_string();
            assert!(error.contains(found), "{error}");
        }
        let error = decode(b"12.\n4\xe9.").expect_err("Latin-1");
        assert_eq!(error, PuzzleError::NotUtf8 { line: 2, column: 2, byte: 0xe9 });
        assert_eq!(read(std::io::repeat(b'.')), Err(PuzzleError::TextTooLong { max_bytes: MAX_TEXT_BYTES }));
    }
}
