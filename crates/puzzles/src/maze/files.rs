//! Maze files as published: `source,question,answer,rating`.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use crate::PuzzleError;
use crate::dataset::{Dataset, Origin, Question, Rows, open};
use crate::maze::read::in_published_cells;
use crate::maze::{MAX_SIDE, Maze, MazePath, MazeRow};
use crate::table::{self, Column, Format, Record, Table};

/// Names a Maze-Hard file to use in place of the committed set.
const MAZE_VARIABLE: &str = "MAZE_HARD_CSV";
/// The committed set: 1,000 generated mazes, see `data/maze-hard-gen.md`. A program that never
/// loads it does not carry it.
const MAZE_GENERATED: &str = include_str!("../../data/maze-hard-gen.csv");

/// The longest line read: two of the largest mazes, with room for the other fields.
pub const MAX_LINE_BYTES: usize = 2 * MAX_SIDE * MAX_SIDE + 4096;

const FORMAT: Format =
    Format { max_bytes: MAX_LINE_BYTES, has_long_fields: false, has_hashes: true, needs_answers: true };

/// Reads a maze file line by line, in memory that does not grow with the file.
///
/// Columns are found by their names in the header, as those of Sudoku files are
/// ([`read_sudoku_csv`](crate::read_sudoku_csv)). Cells are those of [`read_maze`](crate::maze::read_maze);
/// spaces are cells, and nothing is trimmed from mazes and answers. Without a column of ratings the rating is the number of cells on the answer. Empty lines are
/// passed over. Every answer is checked to be a path of its question.
///
/// # Errors
/// A wrong row gives [`PuzzleError::InLine`], and the next call goes on with the next row. After
/// [`PuzzleError::MissingColumn`], [`PuzzleError::LineTooLong`] and [`PuzzleError::Unreadable`]
/// nothing follows.
pub fn read_maze_csv<R: Read>(reader: R) -> impl Iterator<Item = Result<MazeRow, PuzzleError>> {
    Table::new(reader, FORMAT).rows(row)
}

/// Reads the questions of a maze file and no answers.
///
/// # Errors
/// Those of [`read_maze_csv`], without those of answers and ratings.
pub fn read_maze_questions<R: Read>(reader: R) -> impl Iterator<Item = Result<Question<Maze>, PuzzleError>> {
    Table::new(reader, Format { needs_answers: false, ..FORMAT }).rows(|record| {
        let question = cells(record, Column::Question)?;
        let puzzle = Maze::parse(&in_published_cells(&[&question])[0])?;
        Ok(Question { line: record.line, source: record.source().unwrap_or_default(), puzzle })
    })
}

/// A field with cells. A byte that is no UTF-8 becomes a character that is no cell, and is reported as
/// such.
fn cells(record: &Record<'_>, column: Column) -> Result<String, PuzzleError> {
    Ok(String::from_utf8_lossy(record.needed(column)?).into_owned())
}

fn row(record: &Record<'_>) -> Result<MazeRow, PuzzleError> {
    let (question, answer) = (cells(record, Column::Question)?, cells(record, Column::Answer));
    // Which cells stand for which is told by both.
    let both = in_published_cells(&[&question, answer.as_deref().unwrap_or_default()]);
    let maze = Maze::parse(&both[0])?;
    let answer = answer.and_then(|_| MazePath::parse(&maze, &both[1]))?;
    answer.ordered(&maze).map_err(|fault| PuzzleError::MazeNotAPath { fault })?;
    let rating = record.rating()?.unwrap_or((answer.n_marked() + 2) as f32);
    let source = record.source()?;
    Ok(MazeRow { source, maze, answer, rating })
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
    let record = |row: &MazeRow| {
        if row.maze.height() != row.maze.width() {
            return Err(PuzzleError::MazeNotSquare { n_cells: row.maze.n_cells() });
        }
        let answer = row.maze.answer_line(&row.answer);
        Ok(vec![row.source.clone(), row.maze.to_string(), answer, row.rating.to_string()])
    };
    table::write(writer, [], rows.into_iter().map(record))
}

/// The maze test set: the file that `MAZE_HARD_CSV` names, else 1,000 generated mazes.
///
/// # Errors
/// [`PuzzleError::File`] when the file cannot be opened, and those of [`read_maze_csv`].
pub fn load_maze_hard_dataset() -> Result<Dataset<MazeRow>, PuzzleError> {
    load(std::env::var_os(MAZE_VARIABLE).filter(|path| !path.is_empty()).map(PathBuf::from))
}

fn load(published: Option<PathBuf>) -> Result<Dataset<MazeRow>, PuzzleError> {
    let Some(path) = published else {
        let rows = read_maze_csv(MAZE_GENERATED.as_bytes()).collect::<Result<_, _>>()?;
        let origin = Origin::Generated("maze-hard-gen");
        return Ok(Dataset { rows, origin });
    };
    let rows = read_maze_csv(open(&path)?).collect::<Result<_, _>>()?;
    let origin = Origin::File(path);
    Ok(Dataset { rows, origin })
}

/// Opens a data file of any form: CSV as [`read_maze_csv`] reads it, packed with gzip or not, or (feature
/// `npy`) a folder of the reference's builder, see [`read_maze_npy`](crate::maze::read_maze_npy).
///
/// # Errors
/// [`PuzzleError::File`] where it cannot be opened, and [`PuzzleError::Numpy`] for a folder that holds
/// no data.
pub fn open_maze(path: &Path) -> Result<Rows<MazeRow>, PuzzleError> {
    #[cfg(feature = "npy")]
    if let Some(folder) = crate::numpy::folder_of(path) {
        return Ok(Box::new(crate::maze::npy::rows(crate::numpy::open(&folder)?)?));
    }
    Ok(Box::new(read_maze_csv(open(path)?)))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::load;
    use crate::PuzzleError;
    use crate::dataset::Origin;

    #[test]
    fn origins_are_told_apart() {
        let committed = load(None).expect("the committed set");
        assert_eq!(committed.origin, Origin::Generated("maze-hard-gen"));
        let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/data/maze-hard-gen.csv"));
        let named = load(Some(path.clone())).expect("the same file by name");
        assert_eq!(named.origin, Origin::File(path));
        assert_eq!(named.rows, committed.rows);
    }

    #[test]
    fn missing_files_are_named() {
        let error = load(Some(PathBuf::from("no/such.csv"))).expect_err("no such file");
        assert!(matches!(error, PuzzleError::File { path, .. } if path == "no/such.csv"));
    }
}
