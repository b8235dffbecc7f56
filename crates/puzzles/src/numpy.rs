//! Folders of NumPy arrays as the reference's builders write them: `all__inputs.npy` and
//! `all__labels.npy`, a row of integer tokens for each puzzle, and `dataset.json`.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use ndarray_npy::npy::header::{Header, Layout};
use ndarray_npy::{ReadDataError, ReadableElement};

use crate::PuzzleError;
use crate::dataset::open as open_file;

const INPUTS: &str = "all__inputs.npy";
const LABELS: &str = "all__labels.npy";
const METADATA: &str = "dataset.json";
/// NumPy pads the header of a matrix to 128 bytes; longer ones describe what is none.
const MAX_HEADER_BYTES: usize = 1024;
const MAX_METADATA_BYTES: u64 = 1 << 16;
/// Bytes that tell what a file is that is no array.
const N_SNIFFED: u64 = 64;

/// Puzzles and their answers as tokens, in memory that does not grow with the arrays.
pub(crate) struct Pairs<R> {
    inputs: Tokens<R>,
    labels: Tokens<R>,
    metadata: Option<Metadata>,
    row: u64,
}

/// One puzzle and its answer.
pub(crate) struct Pair {
    /// From 1.
    pub(crate) row: u64,
    pub(crate) input: Vec<i64>,
    pub(crate) label: Vec<i64>,
}

/// What is used of `dataset.json`.
#[derive(serde::Deserialize)]
struct Metadata {
    seq_len: usize,
    vocab_size: usize,
}

/// The folder that a path means: itself, or that of a file of it.
pub(crate) fn folder_of(path: &Path) -> Option<PathBuf> {
    let names = [INPUTS, LABELS, METADATA];
    let is_array = path.file_name().is_some_and(|name| names.iter().any(|known| name == *known));
    match path {
        path if path.is_dir() => Some(path.to_owned()),
        path if is_array => path.parent().map(Path::to_owned),
        _ => None,
    }
}

/// Opens a folder of the builder.
pub(crate) fn open(folder: &Path) -> Result<Pairs<File>, PuzzleError> {
    if !folder.join(INPUTS).is_file() {
        let inner = ["test", "train"].into_iter().find(|name| folder.join(name).join(INPUTS).is_file());
        let advice = inner.map_or(String::new(), |name| format!("; give its folder {name:?}"));
        let reason = format!("a folder without {INPUTS}{advice}");
        return Err(PuzzleError::File { path: folder.display().to_string(), reason });
    }
    let metadata = match open_file(&folder.join(METADATA)) {
        Ok(file) => Some(read_metadata(file)?),
        Err(_) => None,
    };
    let mut pairs = Pairs::new(open_file(&folder.join(INPUTS))?, open_file(&folder.join(LABELS))?)?;
    let n_tokens = pairs.n_tokens();
    if let Some(Metadata { seq_len, .. }) = metadata.as_ref().filter(|metadata| metadata.seq_len != n_tokens)
    {
        return Err(wrong(
            METADATA,
            format!("seq_len is {seq_len}, but {INPUTS} has {n_tokens} tokens in a row"),
        ));
    }
    pairs.metadata = metadata;
    Ok(pairs)
}

fn read_metadata(file: impl Read) -> Result<Metadata, PuzzleError> {
    let mut text = String::new();
    let read = file.take(MAX_METADATA_BYTES).read_to_string(&mut text);
    read.map_err(|e| wrong(METADATA, e.to_string()))?;
    serde_json::from_str(&text).map_err(|e| wrong(METADATA, e.to_string()))
}

impl<R: Read> Pairs<R> {
    pub(crate) fn new(inputs: R, labels: R) -> Result<Self, PuzzleError> {
        let (inputs, labels) = (Tokens::new(inputs, INPUTS)?, Tokens::new(labels, LABELS)?);
        let shapes = [(inputs.n_rows, inputs.n_tokens), (labels.n_rows, labels.n_tokens)];
        if shapes[0] != shapes[1] {
            let [(a, b), (c, d)] = shapes;
            return Err(wrong(LABELS, format!("{c} x {d} tokens, but {INPUTS} has {a} x {b}")));
        }
        Ok(Pairs { inputs, labels, metadata: None, row: 0 })
    }

    /// Tokens of a puzzle.
    pub(crate) fn n_tokens(&self) -> usize {
        self.inputs.n_tokens
    }

    /// Refuses arrays that `dataset.json` says to be of another puzzle.
    pub(crate) fn check_vocabulary(&self, expected: usize) -> Result<(), PuzzleError> {
        match &self.metadata {
            Some(Metadata { vocab_size, .. }) if *vocab_size != expected => {
                Err(wrong(METADATA, format!("vocab_size is {vocab_size}, this puzzle has {expected}")))
            }
            _ => Ok(()),
        }
    }

    /// The next puzzle; nothing follows an error.
    pub(crate) fn next(&mut self) -> Option<Result<Pair, PuzzleError>> {
        if self.row >= self.inputs.n_rows {
            return None;
        }
        self.row += 1;
        let row = self.row;
        let pair = self.inputs.row(row).and_then(|input| Ok((input, self.labels.row(row)?)));
        if pair.is_err() {
            self.row = u64::MAX;
        }
        Some(pair.map(|(input, label)| Pair { row, input, label }))
    }
}

/// An array of integers, read row by row.
struct Tokens<R> {
    reader: BufReader<R>,
    header: Header,
    /// Bytes of a number.
    size: usize,
    n_rows: u64,
    n_tokens: usize,
    file: &'static str,
}

impl<R: Read> Tokens<R> {
    fn new(reader: R, file: &'static str) -> Result<Self, PuzzleError> {
        let mut reader = BufReader::new(reader);
        let start = header_bytes(&mut reader, file)?;
        let header = Header::from_reader(&mut start.as_slice()).map_err(|e| wrong(file, e.to_string()))?;
        let kind = header
            .type_descriptor
            .as_string()
            .map_or("", |kind| kind.trim_start_matches(['|', '<', '>', '=']));
        let size = match kind {
            "u1" | "i1" | "B" | "b" => 1,
            "u2" | "i2" => 2,
            "u4" | "i4" => 4,
            "u8" | "i8" => 8,
            _ => {
                return Err(wrong(
                    file,
                    format!("numbers of type {}, integers are needed", header.type_descriptor),
                ));
            }
        };
        let shape = || header.shape.iter().map(usize::to_string).collect::<Vec<_>>().join(" x ");
        let Some((&n_rows, columns)) = header.shape.split_first().filter(|(_, columns)| !columns.is_empty())
        else {
            return Err(wrong(file, format!("{} numbers, puzzles x tokens are needed", shape())));
        };
        let n_tokens = columns.iter().try_fold(1usize, |product, n| product.checked_mul(*n));
        let Some(n_tokens) = n_tokens.filter(|n| (1..=MAX_TOKENS).contains(n)) else {
            return Err(wrong(file, format!("{} numbers are too many in a row", shape())));
        };
        if header.layout == Layout::Fortran && n_rows > 1 && n_tokens > 1 {
            return Err(wrong(file, "columns one after the other (Fortran order), rows are needed".into()));
        }
        Ok(Tokens { reader, header, size, n_rows: n_rows as u64, n_tokens, file })
    }

    fn row(&mut self, row: u64) -> Result<Vec<i64>, PuzzleError> {
        let kind = self.header.type_descriptor.as_string().map_or("", String::as_str);
        let is_signed = kind.contains(['i', 'b']);
        let tokens = match (self.size, is_signed) {
            (1, true) => self.numbers::<i8>(),
            (1, false) => self.numbers::<u8>(),
            (2, true) => self.numbers::<i16>(),
            (2, false) => self.numbers::<u16>(),
            (4, true) => self.numbers::<i32>(),
            (4, false) => self.numbers::<u32>(),
            (_, true) => self.numbers::<i64>(),
            (_, false) => self.numbers::<u64>(),
        };
        tokens.map_err(|error| match error {
            ReadDataError::MissingData => wrong(self.file, format!("ends in row {row} of {}", self.n_rows)),
            other => wrong(self.file, other.to_string()),
        })
    }

    fn numbers<T: ReadableElement + TryInto<i64>>(&mut self) -> Result<Vec<i64>, ReadDataError> {
        let bytes = self.reader.by_ref().take((self.n_tokens * self.size) as u64);
        let numbers = T::read_to_end_exact_vec(bytes, &self.header.type_descriptor, self.n_tokens)?;
        Ok(numbers.into_iter().map(|number| number.try_into().unwrap_or(i64::MAX)).collect())
    }
}

/// Tokens of the largest maze.
const MAX_TOKENS: usize = crate::maze::MAX_SIDE * crate::maze::MAX_SIDE;

/// The header of an array with what stands before it; its length is bounded before memory is taken.
fn header_bytes(reader: &mut impl Read, file: &str) -> Result<Vec<u8>, PuzzleError> {
    let failed = |e: std::io::Error| wrong(file, e.to_string());
    // Magic bytes, version, and two bytes or four for the length.
    let mut start = Vec::new();
    reader.by_ref().take(10).read_to_end(&mut start).map_err(failed)?;
    if start.len() < 10 || !start.starts_with(b"\x93NUMPY") {
        reader.take(N_SNIFFED).read_to_end(&mut start).map_err(failed)?;
        let what = crate::text::encoding(&start).err();
        return Err(wrong(file, what.map_or("no NumPy array".into(), |what| what.to_string())));
    }
    if !(1..=3).contains(&start[6]) {
        return Err(wrong(file, format!("version {} of the format, 1 to 3 are read", start[6])));
    }
    let mut length = u32::from(u16::from_le_bytes([start[8], start[9]]));
    if start[6] > 1 {
        let mut high = [0; 2];
        reader.read_exact(&mut high).map_err(failed)?;
        length |= u32::from(u16::from_le_bytes(high)) << 16;
        start.extend(high);
    }
    if length as usize > MAX_HEADER_BYTES {
        return Err(wrong(file, format!("a header of {length} bytes, at most {MAX_HEADER_BYTES} are read")));
    }
    let n_header = reader.take(u64::from(length)).read_to_end(&mut start).map_err(failed)?;
    if n_header < length as usize {
        return Err(wrong(file, "ends in its header".into()));
    }
    Ok(start)
}

pub(crate) fn wrong(file: &str, reason: String) -> PuzzleError {
    PuzzleError::Numpy { file: file.to_owned(), reason }
}
