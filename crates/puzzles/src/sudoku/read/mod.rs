//! Sudoku as people have them: in a line or in many, drawn with bars and rules, with names and comments,
//! one or a whole list.
//!
//! A text is tried in every way that could be meant (`layout`, `embedded`), each size and notation in turn.
//! It is read where exactly one of them gives a grid; where several do they are named, and where none does
//! the first thing in the way is (`fault`).

mod block;
mod embedded;
mod fault;
mod layout;
mod line;
mod list;
mod types;

pub use types::{Listed, ReadOptions, SudokuText};

use crate::PuzzleError;

/// Lines of a text; the smallest boards, each below a title, have as many in the longest text that is read.
const MAX_LINES: usize = 1 << 18;

/// Reads the one puzzle of a text, whatever its layout: see [`read_sudokus`].
///
/// ```
/// use puzzles::sudoku::{ReadOptions, read_sudoku};
/// let board = "+-----+-----+
///              | 1 . | . 4 |
///              | . . | 2 . |
///              +-----+-----+
///              | . 3 | . . |
///              | 4 . | . 1 |
///              +-----+-----+";
/// let read = read_sudoku(board, &ReadOptions::default())?;
/// assert_eq!(read.grid.to_string(), "1..4..2..3..4..1");
/// # Ok::<(), puzzles::PuzzleError>(())
/// ```
///
/// # Errors
/// Those of [`read_sudokus`], that of the puzzle, and [`PuzzleError::ManyPuzzles`].
pub fn read_sudoku(text: &str, options: &ReadOptions) -> Result<SudokuText, PuzzleError> {
    let mut puzzles = read_sudokus(text, options)?;
    if let [first, second, ..] = puzzles.as_slice() {
        let (found, lines) = (puzzles.len(), (first.line, second.line));
        return Err(PuzzleError::ManyPuzzles { found, lines });
    }
    puzzles.remove(0).puzzle
}

/// Reads all puzzles of a text, in their order; at least one of them is readable.
///
/// Cells may stand in one line, in one line per row, or in any other lines; bars, rules and box-drawing
/// characters between them are passed over, and so are comments (`#`), section headers and sections other
/// than `[Puzzle]`, titles, and what stands behind a puzzle that fills a line. Blanks are `.`, `0`, `_`, `*`,
/// `?`, `x`, `-` and spaces, where they can be meant as such. Sizes are those of
/// [`Geometry::all`](super::Geometry::all), notations those of [`Notation`](super::Notation). A list has a
/// puzzle in each line, or boards with titles or empty lines between. One of its puzzles that cannot be read
/// does not end the rest. Givens do not contradict each other. A CSV file is a list too (feature `csv`).
///
/// # Errors
/// [`PuzzleError::GridEmpty`], [`PuzzleError::SudokuCharacter`], [`PuzzleError::SudokuDigit`] and
/// [`PuzzleError::SudokuCells`] where there is no puzzle; [`PuzzleError::Ambiguous`] where there may be
/// several; [`PuzzleError::GridConflict`] where the only one cannot be; [`PuzzleError::TextTooLong`].
pub fn read_sudokus(text: &str, options: &ReadOptions) -> Result<Vec<Listed>, PuzzleError> {
    if text.len() > crate::text::MAX_TEXT_BYTES {
        return Err(PuzzleError::TextTooLong { max_bytes: crate::text::MAX_TEXT_BYTES });
    }
    #[cfg(feature = "csv")]
    if crate::is_csv(text) {
        return table(text, options);
    }
    if text.split(['\n', '\r']).count() > MAX_LINES {
        return Err(PuzzleError::TooManyLines { max_lines: MAX_LINES });
    }
    let sections = line::sections(text);
    let mut puzzles = Vec::new();
    let mut fault = None;
    for lines in &sections {
        match list::read(lines, options) {
            Ok(listed) => puzzles.extend(listed),
            // Of several sections without a puzzle the first is told of.
            Err(error) => fault = fault.or(Some(error)),
        }
    }
    match fault {
        Some(error) if puzzles.is_empty() => Err(error),
        None if puzzles.is_empty() => Err(fault::explain(&[], options)),
        _ => Ok(puzzles),
    }
}

/// The puzzles of a CSV file, whether it has answers or not.
#[cfg(feature = "csv")]
fn table(text: &str, options: &ReadOptions) -> Result<Vec<Listed>, PuzzleError> {
    let mut puzzles = Vec::new();
    for question in crate::read_sudoku_questions(text.as_bytes(), *options) {
        puzzles.push(match question {
            Ok(question) => {
                let name = Some(question.source).filter(|source| !source.is_empty());
                Listed { line: question.line as usize, name, puzzle: Ok(question.puzzle) }
            }
            Err(PuzzleError::InLine { line, source }) => {
                Listed { line: line as usize, name: None, puzzle: Err(*source) }
            }
            Err(error) => return Err(error),
        });
    }
    match puzzles.first() {
        None => Err(fault::explain(&[], options)),
        Some(Listed { puzzle: Err(error), .. }) if puzzles.iter().all(|listed| listed.puzzle.is_err()) => {
            Err(error.clone())
        }
        _ => Ok(puzzles),
    }
}
