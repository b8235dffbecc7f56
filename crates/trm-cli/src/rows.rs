//! Rows of data files: checked before the work begins, then read one by one.

use crate::environment::variable;
use crate::identity::Hashed;
use crate::input::{is_stdin, name_of, open};
use anyhow::{Context, Result, bail};
use puzzles::dataset::{Dataset, Origin};
use puzzles::maze::MazeRow;
use puzzles::rules::{self, Rules, open_rules, read_rules_csv, write_rules_csv};
use puzzles::sudoku::Geometry;
use puzzles::{PuzzleError, SudokuRow};
use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::iter::Peekable;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What is wrong with a file that has a header at most.
const EMPTY: &str = "no puzzles in this file";

/// The data files of a kind of puzzle.
pub struct Files<R> {
    /// Reads rows from the bytes of a file.
    read: Box<dyn Fn(Box<dyn Read + Send>) -> Items<R> + Sync>,
    /// Opens a file or a folder of arrays.
    open: Box<dyn Fn(&Path) -> Opened<R> + Sync>,
    /// Writes rows, so that they can be read again.
    write: WriteRows<R>,
}

/// The data files of a kind of puzzle, and the committed set that stands in for one.
pub struct Source<R> {
    pub files: Files<R>,
    /// The environment variable that names a file to use by default.
    pub variable: &'static str,
    pub committed: fn() -> Result<Dataset<R>, PuzzleError>,
}

pub type Items<R> = puzzles::Rows<R>;
type Opened<R> = Result<Items<R>, PuzzleError>;
type WriteRows<R> = Box<dyn Fn(&mut dyn Write, &[R]) -> Result<(), PuzzleError> + Sync>;

/// Sudoku, all of one size, with boxes of this shape where their number of cells leaves it open.
pub fn sudoku(boxes: Option<Geometry>) -> Source<SudokuRow> {
    Source {
        files: Files {
            read: Box::new(move |file| Box::new(puzzles::read_boxed_sudoku_csv(file, boxes))),
            open: Box::new(move |path| puzzles::open_sudoku(path, boxes)),
            write: Box::new(|to, rows| puzzles::write_sudoku_csv(to, rows)),
        },
        variable: "SUDOKU_EXTREME_CSV",
        committed: puzzles::load_sudoku_extreme_dataset,
    }
}

pub fn mazes() -> Source<MazeRow> {
    Source {
        files: Files {
            read: Box::new(|file| Box::new(puzzles::maze::read_maze_csv(file))),
            open: Box::new(puzzles::maze::open_maze),
            write: Box::new(|to, rows| puzzles::maze::write_maze_csv(to, rows)),
        },
        variable: "MAZE_HARD_CSV",
        committed: puzzles::maze::load_maze_hard_dataset,
    }
}

/// Puzzles of a file of rules.
pub fn rules(rules: &Arc<Rules>) -> Files<rules::Row> {
    let (of_bytes, of_file, to_file) = (rules.clone(), rules.clone(), rules.clone());
    Files {
        read: Box::new(move |file| Box::new(read_rules_csv(file, of_bytes.clone()))),
        open: Box::new(move |path| open_rules(path, of_file.clone())),
        write: Box::new(move |to, rows| write_rules_csv(to, &to_file, rows)),
    }
}

/// The rows of one data set.
pub struct Rows<R> {
    pub items: Peekable<Items<R>>,
    /// Name of the data in reports.
    pub data: String,
    /// How many there are.
    pub n: usize,
    /// The hash of them all.
    pub digest: Vec<u8>,
}

impl<R: Send + 'static> Source<R> {
    /// The first `limit` rows of `path`, else of the file that the variable names, else of the committed set.
    /// Every row of a file has been read once without error, and `fits` has accepted it.
    ///
    /// # Errors
    /// The file, with the first bad row; a file without a row.
    pub fn rows(
        &self,
        path: Option<&Path>,
        limit: Option<usize>,
        fits: &dyn Fn(&R) -> Result<()>,
    ) -> Result<Rows<R>> {
        let limit = limit.unwrap_or(usize::MAX);
        let by_default = variable(self.variable).map(PathBuf::from);
        let Some(path) = path.or(by_default.as_deref()) else {
            let set = (self.committed)()?;
            let data = match set.origin {
                Origin::File(path) => path.display().to_string(),
                Origin::Generated(name) => format!("{name} (generated, committed)"),
            };
            if let Some(row) = set.rows.first() {
                fits(row)?;
            }
            let n = set.rows.len().min(limit);
            let digest = self.files.digest(&set.rows[..n])?;
            let items: Items<R> = Box::new(set.rows.into_iter().take(limit).map(Ok));
            return Ok(Rows { items: items.peekable(), data, n, digest });
        };
        self.files.rows(path, limit, fits)
    }
}

impl<R: Send + 'static> Files<R> {
    /// The first `limit` rows of a file. Every one has been read once without error, and `fits` has accepted it.
    ///
    /// # Errors
    /// The file, with the first bad row; a file without a row.
    pub fn rows(&self, path: &Path, limit: usize, fits: &dyn Fn(&R) -> Result<()>) -> Result<Rows<R>> {
        let data = name_of(path);
        let (rows, n, digest) = self.checked(path, limit, fits).with_context(|| data.clone())?;
        let items: Items<R> = Box::new(rows.take(limit));
        Ok(Rows { items: items.peekable(), data, n, digest })
    }

    /// The first `limit` rows of a file, all at once.
    ///
    /// # Errors
    /// The file, with the first bad row; a file without a row.
    pub fn read_all(&self, path: &Path, limit: usize) -> Result<Vec<R>> {
        let read = || {
            let rows = match is_regular(path) {
                true => (self.open)(path)?,
                false => (self.read)(open(path)?),
            };
            let rows = rows.take(limit).collect::<Result<Vec<R>, _>>()?;
            if rows.is_empty() && limit > 0 {
                bail!(EMPTY);
            }
            Ok(rows)
        };
        read().with_context(|| name_of(path))
    }

    /// Reads the rows once, and opens the file anew; with their number and hash. What can be read only once is copied to
    /// a temporary file on the way, as far as its rows are good.
    fn checked(
        &self,
        path: &Path,
        limit: usize,
        fits: &dyn Fn(&R) -> Result<()>,
    ) -> Result<(Items<R>, usize, Vec<u8>)> {
        let check = |rows: Items<R>| {
            let (mut n, mut hashed) = (0, Hashed::default());
            for row in rows.take(limit) {
                n += 1;
                let row = row?;
                fits(&row).with_context(|| format!("puzzle {n}"))?;
                (self.write)(&mut hashed, std::slice::from_ref(&row))?;
            }
            if n == 0 && limit > 0 {
                bail!(EMPTY);
            }
            Ok((n, hashed.hash()))
        };
        if is_regular(path) {
            let (n, digest) = check((self.open)(path)?)?;
            return Ok(((self.open)(path)?, n, digest));
        }
        let mut copy = tempfile::tempfile().context("a temporary file")?;
        let tee = Tee { from: open(path)?, to: copy.try_clone().context("a temporary file")? };
        let (n, digest) = check((self.read)(Box::new(tee)))?;
        copy.rewind().context("a temporary file")?;
        Ok(((self.read)(Box::new(copy)), n, digest))
    }

    /// The hash of rows.
    pub fn digest(&self, rows: &[R]) -> Result<Vec<u8>> {
        let mut hashed = Hashed::default();
        rows.iter().try_for_each(|row| (self.write)(&mut hashed, std::slice::from_ref(row)))?;
        Ok(hashed.hash())
    }

    /// Rows as bytes.
    pub fn to_bytes(&self, rows: &[R]) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        (self.write)(&mut bytes, rows)?;
        Ok(bytes)
    }

    /// The rows that [`Files::to_bytes`] made bytes of.
    pub fn of_bytes(&self, bytes: Vec<u8>) -> Result<Vec<R>> {
        Ok((self.read)(Box::new(io::Cursor::new(bytes))).collect::<Result<_, _>>()?)
    }
}

/// Whether a path can be opened again and again: a file, or a folder of arrays.
fn is_regular(path: &Path) -> bool {
    // What is missing is reported where it is opened.
    !is_stdin(path) && std::fs::metadata(path).map_or(true, |found| found.is_file() || found.is_dir())
}

/// Copies all that is read.
struct Tee {
    from: Box<dyn Read + Send>,
    to: File,
}

impl Read for Tee {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.from.read(buffer)?;
        self.to.write_all(&buffer[..n])?;
        Ok(n)
    }
}
