//! A puzzle and its answer as fields of a table.

use super::notation::{Symbol, grid_of, notations};
use super::{Geometry, Grid};
use crate::PuzzleError;

/// Reads the fields of a table: a puzzle, and its answer if there is one, in the same notation.
pub(super) fn read_fields(
    geometry: Geometry,
    question: &str,
    answer: Option<&str>,
) -> Result<(Grid, Option<Grid>), PuzzleError> {
    let side = geometry.side();
    if side <= 9
        && let Ok(puzzle) = Grid::parse_with(geometry, question)
        && let Ok(solution) = answer.map(|text| Grid::parse_with(geometry, text)).transpose()
    {
        return Ok((puzzle, solution));
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
    let mut candidates = notations(answer.as_ref().unwrap_or(&question), side);
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
        return Err(PuzzleError::Ambiguous { readings });
    }
    let chosen = grids.iter().position(|grid| grid.conflicts().is_ok()).unwrap_or(0);
    let solution = answer.map(|answer| read(&answer, candidates[chosen])).transpose()?;
    Ok((grids[chosen].clone(), solution))
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
