//! Mazes as people have them.

use crate::PuzzleError;
use crate::maze::{Maze, MazePath, shortest_path_len};
use crate::text::MAX_TEXT_BYTES;

/// A longer line that is no square was a square once: its outer spaces were trimmed.
const MAX_ROW: usize = 64;

/// A maze that was read, and what was marked in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MazeText {
    /// The maze.
    pub maze: Maze,
    /// The path that the text has drawn in it with `o`, right or wrong.
    pub path: Option<MazePath>,
}

/// Reads a maze: a line for each row, or one line, which is a square as in the published files, else
/// one row.
///
/// Cells are `#`, space, `S` and `G`, with `o` for what an answer marks. `E` is the goal where there is no
/// `G`, `.` is free where there is no space, and full blocks are walls where there is no `#`. Empty lines around the maze are passed over. Spaces are
/// cells: no row is trimmed.
///
/// ```
/// use puzzles::maze::read_maze;
/// let read = read_maze("\n#####\n#So.#\n###.#\n#E..#\n#####\n\n")?;
/// assert_eq!((read.maze.height(), read.maze.width()), (5, 5));
/// assert_eq!(read.path.map(|path| path.n_marked()), Some(1));
/// # Ok::<(), puzzles::PuzzleError>(())
/// ```
///
/// # Errors
/// Those of [`Maze::parse_rows`] and [`Maze::parse`]; rows count from the first of the maze.
pub fn read_maze(text: &str) -> Result<MazeText, PuzzleError> {
    if text.len() > MAX_TEXT_BYTES {
        return Err(PuzzleError::TextTooLong { max_bytes: MAX_TEXT_BYTES });
    }
    let text = text.trim_start_matches('\u{feff}');
    let lines = text.split('\n').flat_map(|line| line.strip_suffix('\r').unwrap_or(line).split('\r'));
    let lines: Vec<&str> = lines.collect();
    let rows = without_margins(&lines);
    let rows = in_published_cells(rows);
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let maze = match rows.as_slice() {
        [line] => one_line(line)?,
        rows => Maze::from_rows(rows)?,
    };
    let marked: Vec<bool> = rows.iter().flat_map(|row| row.chars()).map(|c| c == 'o').collect();
    let path = marked.contains(&true).then(|| MazePath::from_marks(maze.height(), maze.width(), marked));
    Ok(MazeText { maze, path })
}

/// The rows without lines above and below that are none: empty, or spaces of another width than the maze.
fn without_margins<'a, 'b>(lines: &'b [&'a str]) -> &'b [&'a str] {
    let is_blank = |line: &str| line.trim().is_empty();
    let Some(first) = lines.iter().position(|line| !is_blank(line)) else { return &[] };
    let last = lines.iter().rposition(|line| !is_blank(line)).unwrap_or(first);
    let width = lines[first].chars().count();
    let is_row = |line: &&&str| line.chars().count() == width;
    let above = lines[..first].iter().rev().take_while(is_row).count();
    let below = lines[last + 1..].iter().take_while(is_row).count();
    &lines[first - above..=last + below]
}

/// The rows, or the fields of a table, in the cells of the published files.
pub(super) fn in_published_cells(rows: &[&str]) -> Vec<String> {
    let has = |cell: char| rows.iter().any(|row| row.contains(cell));
    let (has_goal, has_wall) = (has('G'), has('#'));
    let has_space = has(' ') || has('\u{a0}') || has('\u{3000}');
    let published = |cell: char| match cell {
        'E' if !has_goal => 'G',
        '.' | '⬜' | '□' if !has_space => ' ',
        '█' | '▓' | '■' | '⬛' | '＃' if !has_wall => '#',
        '\u{a0}' | '\u{3000}' => ' ',
        cell => cell,
    };
    rows.iter().map(|row| row.chars().map(published).collect()).collect()
}

fn one_line(line: &str) -> Result<Maze, PuzzleError> {
    let square = Maze::parse(line);
    let Err(PuzzleError::MazeNotSquare { n_cells }) = square else { return square };
    let row = Maze::from_rows(&[line])?;
    if n_cells > MAX_ROW && shortest_path_len(&row).is_none() {
        return Err(PuzzleError::MazeNotSquare { n_cells });
    }
    Ok(row)
}
