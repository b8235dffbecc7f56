//! Lines as one puzzle or as many.

use super::block::readings;
use super::embedded::{self, MIN_CELLS};
use super::layout::{self, Dashes};
use super::line::{Line, is_decoration};
use super::{Listed, ReadOptions, SudokuText, fault};
use crate::PuzzleError;
use crate::sudoku::Geometry;
use crate::sudoku::notation::Symbol;

type Outcome = Option<Result<SudokuText, PuzzleError>>;

/// Reads all puzzles of some lines.
pub(super) fn read(lines: &[Line<'_>], options: &ReadOptions) -> Result<Vec<Listed>, PuzzleError> {
    let full: Vec<&Line<'_>> = lines.iter().filter(|line| !line.is_blank()).collect();
    let Some(first) = full.first() else {
        return Err(fault::explain(lines, options));
    };
    let one = |puzzle| {
        let name = if full.len() == 1 { embedded::readings(first, options).1 } else { None };
        let line = full.iter().find(|line| looks_like_cells(line)).unwrap_or(first).number;
        Ok(vec![Listed { line, name, puzzle: Ok(puzzle) }])
    };
    let whole = readings(lines, options).choose();
    if full.len() == 1 {
        let (puzzle, _) = read_line(first, options);
        return puzzle.unwrap_or_else(|| Err(fault::explain(lines, options))).and_then(one);
    }
    let by_line: Vec<(Outcome, Option<String>)> = full.iter().map(|line| read_line(line, options)).collect();
    let n_read = by_line.iter().filter(|(puzzle, _)| matches!(puzzle, Some(Ok(_)))).count();
    // All but one line may have been taken for titles.
    let is_line =
        |puzzle: &SudokuText| by_line.iter().any(|(line, _)| matches!(line, Some(Ok(p)) if p == puzzle));
    let n_cells = full.iter().filter(|line| looks_like_cells(line)).count();
    match whole {
        Some(Ok(puzzle)) if n_read.max(n_cells) > 1 && is_line(&puzzle) => {
            Ok(listed(&full, by_line, options))
        }
        // Rows of a board may be small puzzles themselves; a row for each digit is a board.
        Some(Ok(puzzle)) if n_read < full.len().max(2) || full.len() == puzzle.grid.geometry().side() => {
            one(puzzle)
        }
        Some(Ok(puzzle)) => {
            let side = puzzle.grid.geometry().side();
            let readings = vec![format!("one of {side}x{side}"), format!("{n_read}, one in each line")];
            Err(PuzzleError::Ambiguous { readings, notations: Vec::new() })
        }
        _ if n_read > 0 => Ok(listed(&full, by_line, options)),
        whole => match boards(lines, options, 0) {
            Some(boards) => Ok(boards),
            None => Err(whole.and_then(Result::err).unwrap_or_else(|| fault::explain(lines, options))),
        },
    }
}

/// The puzzle of one line, and what else the line says.
fn read_line(line: &Line<'_>, options: &ReadOptions) -> (Outcome, Option<String>) {
    if line.text.len() < MIN_CELLS {
        return (None, None);
    }
    let (embedded, name) = embedded::readings(line, options);
    // Almost every line of a list is a word of cells, and nothing else can be meant.
    let is_word = !line.text.trim().contains(char::is_whitespace);
    if is_word && !embedded.is_empty() {
        return (embedded.choose(), name);
    }
    let all = embedded.merged(&readings(std::slice::from_ref(line), options));
    (all.choose(), name)
}

/// The puzzles of a list with one in each line. What looks like one and is none is listed with its error;
/// other lines are titles.
fn listed(
    lines: &[&Line<'_>],
    by_line: Vec<(Outcome, Option<String>)>,
    options: &ReadOptions,
) -> Vec<Listed> {
    let mut puzzles = Vec::new();
    let mut title = None;
    for (line, (puzzle, name)) in lines.iter().zip(by_line) {
        let name = name.or_else(|| title.take());
        match puzzle {
            Some(puzzle) => puzzles.push(Listed { line: line.number, name, puzzle }),
            None if looks_like_cells(line) => {
                let puzzle = Err(fault::explain(&[**line], options));
                puzzles.push(Listed { line: line.number, name, puzzle });
            }
            None => title = title_of(line),
        }
    }
    puzzles
}

/// Whether a line is meant as cells: most of what it says are digits and blanks.
fn looks_like_cells(line: &Line<'_>) -> bool {
    if line.is_rule(true) {
        return false;
    }
    let word = line.text.split_whitespace().max_by_key(|word| word.len()).unwrap_or_default();
    let is_cell = |c: &char| match Symbol::of(*c) {
        Some(Symbol::Character(digit)) => digit.is_ascii_digit(),
        symbol => symbol.is_some() || *c == '-',
    };
    let share = |text: &str| {
        let (mut cells, mut all) = (0, 0);
        for c in text.chars().filter(|c| !is_decoration(*c)) {
            all += 1;
            cells += usize::from(is_cell(&c));
        }
        (cells, all)
    };
    let ((cells, all), (in_word, of_word)) = (share(line.text), share(word));
    all > 0 && cells * 4 >= all * 3 || of_word >= MIN_CELLS && in_word * 4 >= of_word * 3
}

fn title_of(line: &Line<'_>) -> Option<String> {
    let title: String = line.text.trim().chars().take(80).collect();
    (!title.is_empty() && !line.is_rule(true)).then_some(title)
}

/// The boards of a list: between titles or double rules, between empty lines, or one below the other.
fn boards(lines: &[Line<'_>], options: &ReadOptions, level: usize) -> Option<Vec<Listed>> {
    let is_double_rule = |line: &Line<'_>| line.is_rule(true) && line.text.trim().chars().all(|c| c == '=');
    let is_title = |line: &Line<'_>| !line.is_blank() && !line.is_rule(true) && !looks_like_cells(line);
    let divides = |line: &Line<'_>| match level {
        0 => is_title(line) || is_double_rule(line),
        _ => line.is_blank(),
    };
    if level > 1 {
        return below_each_other(lines, options);
    }
    let mut puzzles = Vec::new();
    let mut title = None;
    let mut rest = lines;
    while !rest.is_empty() {
        let length = rest.iter().position(divides).unwrap_or(rest.len());
        let (board, behind) = rest.split_at(length);
        let name = title.take();
        if let Some(first) = board.iter().find(|line| !line.is_blank()) {
            puzzles.extend(board_or_boards(board, first.number, name, options, level));
        }
        title = behind.first().and_then(title_of);
        rest = behind.get(1..).unwrap_or_default();
    }
    puzzles.iter().any(|listed| listed.puzzle.is_ok()).then_some(puzzles)
}

fn board_or_boards(
    board: &[Line<'_>],
    line: usize,
    name: Option<String>,
    options: &ReadOptions,
    level: usize,
) -> Vec<Listed> {
    let whole = readings(board, options).choose();
    if let Some(puzzle) = whole {
        return vec![Listed { line, name, puzzle }];
    }
    let parts = boards(board, options, level + 1);
    let fault = || Listed { line, name: name.clone(), puzzle: Err(fault::explain(board, options)) };
    parts.unwrap_or_else(|| vec![fault()])
}

/// Boards without anything between: so many lines of so many cells.
fn below_each_other(lines: &[Line<'_>], options: &ReadOptions) -> Option<Vec<Listed>> {
    let rows: Vec<&Line<'_>> = lines.iter().filter(|line| !line.is_blank() && !line.is_rule(true)).collect();
    let width = |line: &Line<'_>| layout::characters(&[*line], Dashes::Blanks).map(|cells| cells.len());
    let side = width(rows.first()?)?;
    let is_side = Geometry::all().any(|geometry| geometry.side() == side);
    if !is_side || rows.len() < 2 * side || rows.iter().any(|line| width(line) != Some(side)) {
        return None;
    }
    let board = |rows: &[&Line<'_>]| {
        let lines: Vec<Line<'_>> = rows.iter().map(|line| **line).collect();
        let puzzle = readings(&lines, options).choose();
        let puzzle = puzzle.unwrap_or_else(|| Err(fault::explain(&lines, options)));
        Listed { line: lines[0].number, name: None, puzzle }
    };
    let puzzles: Vec<Listed> = rows.chunks(side).map(board).collect();
    puzzles.iter().any(|listed| listed.puzzle.is_ok()).then_some(puzzles)
}
