//! A puzzle and its answer as fields of a table.

use super::notation::{Symbol, grid_of, notations};
use super::{Geometry, Grid, Notation, ReadOptions, SudokuText, read_sudoku};
use crate::PuzzleError;

/// Reads the fields of a table: a puzzle, and its answer if there is one, in the same notation. A cell is a
/// character, or a field is laid out in a way that [`read_sudoku`] knows. Without a geometry the number of cells
/// tells the size.
pub(super) fn read_fields(
    question: &str,
    answer: Option<&str>,
    options: &ReadOptions,
) -> Result<(SudokuText, Option<Grid>), PuzzleError> {
    let n_cells = question.chars().count();
    // What is no size is told of as the usual one.
    let geometry = options.geometry.or(Geometry::of_cells(n_cells)).unwrap_or_default();
    read_characters(geometry, question, answer, options.notation).or_else(|error| match error {
        PuzzleError::GridLength { .. } | PuzzleError::GridCharacter { .. } => {
            read_layout(question, answer, options).ok_or(error)
        }
        error => Err(error),
    })
}

/// Fields with rows, numbers or anything else that takes more than a character for a cell.
fn read_layout(
    question: &str,
    answer: Option<&str>,
    options: &ReadOptions,
) -> Option<(SudokuText, Option<Grid>)> {
    // A dash is a blank where a cell is a character.
    let is_between = |c: char| c != '-' && Symbol::of(c).is_none();
    if !question.contains(is_between) && !answer.is_some_and(|answer| answer.contains(is_between)) {
        return None;
    }
    let solution = |options| answer.map(|answer| read_sudoku(answer, options)).transpose().ok();
    match read_sudoku(question, options) {
        Ok(puzzle) => {
            let (geometry, notation) = (Some(puzzle.grid.geometry()), Some(puzzle.notation));
            let solution = solution(&ReadOptions { geometry, notation })?;
            Some((puzzle, solution.map(|text| text.grid)))
        }
        // The answer has all digits, and may tell the notation.
        Err(PuzzleError::Ambiguous { .. }) => {
            let SudokuText { grid, notation } = solution(options)??;
            let (geometry, notation) = (Some(grid.geometry()), Some(notation));
            Some((read_sudoku(question, &ReadOptions { geometry, notation }).ok()?, Some(grid)))
        }
        Err(_) => None,
    }
}

/// Fields of exactly one character for each cell.
fn read_characters(
    geometry: Geometry,
    question: &str,
    answer: Option<&str>,
    notation: Option<Notation>,
) -> Result<(SudokuText, Option<Grid>), PuzzleError> {
    let side = geometry.side();
    if side <= 9
        && notation.is_none()
        && let Ok(grid) = Grid::parse_with(geometry, question)
        && let Ok(solution) = answer.map(|text| Grid::parse_with(geometry, text)).transpose()
    {
        return Ok((SudokuText { grid, notation: Notation::OneBased }, solution));
    }
    let symbols_of = |text: &str| symbols_of(geometry, text);
    let (question, answer) = (symbols_of(question)?, answer.map(symbols_of).transpose()?);
    let read = |symbols: &[Symbol], notation| {
        grid_of(symbols, geometry, notation).map_err(|i| {
            let found = match symbols.get(i) {
                Some(Symbol::Character(c)) => *c,
                _ => '.',
            };
            PuzzleError::GridCharacter { row: i / side, column: i % side, found }
        })
    };
    let mut candidates = match notation {
        Some(notation) => vec![notation],
        None => notations(answer.as_ref().unwrap_or(&question), side),
    };
    if let Some(answer) = &answer {
        // An answer has no blanks.
        candidates.sort_by_key(|notation| !read(answer, *notation).is_ok_and(|grid| grid.is_complete()));
        candidates.truncate(1);
    }
    let grids =
        candidates.iter().map(|notation| read(&question, *notation)).collect::<Result<Vec<_>, _>>()?;
    let sound = grids.iter().filter(|grid| grid.conflicts().is_ok()).count();
    let differ = grids.windows(2).any(|pair| pair[0] != pair[1]);
    if differ && sound > 1 {
        let readings = candidates.iter().map(|notation| notation.describe(side)).collect();
        return Err(PuzzleError::Ambiguous { readings, notations: candidates });
    }
    let chosen = grids.iter().position(|grid| grid.conflicts().is_ok()).unwrap_or(0);
    let notation = candidates[chosen];
    let solution = answer.map(|answer| read(&answer, notation)).transpose()?;
    Ok((SudokuText { grid: grids[chosen].clone(), notation }, solution))
}

/// The symbols of a text of exactly `side^2` characters.
fn symbols_of(geometry: Geometry, text: &str) -> Result<Vec<Symbol>, PuzzleError> {
    let (expected, side) = (geometry.n_cells(), geometry.side());
    let found = text.chars().count();
    if found == 0 {
        return Err(PuzzleError::GridEmpty { expected });
    }
    if found != expected {
        return Err(PuzzleError::GridLength { expected, found });
    }
    let read = |(i, found): (usize, char)| {
        let symbol = if found == '-' { Some(Symbol::Blank) } else { Symbol::of(found) };
        symbol.ok_or(PuzzleError::GridCharacter { row: i / side, column: i % side, found })
    };
    text.chars().enumerate().map(read).collect()
}
