//! What keeps a text from being read.

use super::ReadOptions;
use super::layout;
use super::line::{Line, is_decoration};
use crate::PuzzleError;
use crate::sudoku::notation::Symbol;
use crate::sudoku::{Geometry, Notation};

/// The first thing that is wrong with lines that are no puzzle: a character that is no cell, a digit that
/// is too large, or the number of cells.
pub(super) fn explain(lines: &[Line<'_>], options: &ReadOptions) -> PuzzleError {
    let rows: Vec<&Line<'_>> = lines.iter().filter(|line| !line.is_blank() && !line.is_rule(true)).collect();
    let n_symbols = |line: &&Line<'_>| line.text.chars().filter(|c| Symbol::of(*c).is_some()).count();
    let found = rows.iter().map(n_symbols).sum();
    let wanted = options.geometry.or_else(|| Geometry::of_cells(found));
    let geometry = wanted.unwrap_or_default();
    if rows.is_empty() {
        return PuzzleError::GridEmpty { expected: geometry.n_cells() };
    }
    if let Some(error) = strange_character(&rows, geometry.side(), options) {
        return error;
    }
    if let Some(error) =
        options.notation.and_then(|notation| other_notation(&rows, notation, geometry.side()))
        && wanted.is_some()
    {
        return error;
    }
    if let Some(error) = large_digit(&rows, wanted.filter(|geometry| geometry.n_cells() == found)) {
        return error;
    }
    let expected = options.geometry.map(|geometry| geometry.n_cells());
    PuzzleError::SudokuCells { found, expected, row: odd_row(&rows) }
}

/// The first character that is no digit, no blank and nothing between them.
fn strange_character(rows: &[&Line<'_>], side: usize, options: &ReadOptions) -> Option<PuzzleError> {
    let notation = match options.notation {
        Some(notation) => notation,
        // Which letters are digits is told by all of them.
        None if side > 9 => Notation::Letters,
        None => Notation::OneBased,
    };
    let last_letter = notation.symbol(side as u8).chars().next().filter(char::is_ascii_alphabetic);
    let is_cell = |c: char| match Symbol::of(c) {
        Some(Symbol::Character(c)) if c.is_ascii_alphabetic() => {
            matches!(c, 'x' | 'X') || last_letter.is_some_and(|last| c.to_ascii_uppercase() <= last)
        }
        symbol => symbol.is_some() || c == '-' || is_decoration(c),
    };
    rows.iter().find_map(|line| {
        let (i, found) = line.text.chars().enumerate().find(|(_, c)| !is_cell(*c))?;
        let digits = match options.notation {
            None if side > 9 => [Notation::OneBased, Notation::ZeroBased, Notation::Letters]
                .map(|notation| notation.range(side))
                .join(", "),
            _ => notation.range(side),
        };
        Some(PuzzleError::SudokuCharacter { line: line.number, column: i + 1, found, side, digits })
    })
}

/// The first character that is a digit in other notations alone.
fn other_notation(rows: &[&Line<'_>], notation: Notation, side: usize) -> Option<PuzzleError> {
    rows.iter().filter(|_| !notation.is_numbers()).find_map(|line| {
        let is_other = |c: char| Symbol::of(c).is_some_and(|symbol| notation.digit(symbol, side).is_none());
        let (i, found) = line.text.chars().enumerate().find(|(_, c)| is_other(*c))?;
        let (line, column, digits) = (line.number, i + 1, notation.range(side));
        Some(PuzzleError::SudokuCharacter { line, column, found, side, digits })
    })
}

/// The first digit above the side of a grid of this size, or number in so many words.
fn large_digit(rows: &[&Line<'_>], wanted: Option<Geometry>) -> Option<PuzzleError> {
    let lines: Vec<Line<'_>> = rows.iter().map(|line| **line).collect();
    if let Some(words) = layout::words(&lines)
        && let Some(side) = Geometry::of_cells(words.len()).map(|geometry| geometry.side())
    {
        let is_large = |cell: &&layout::Placed| matches!(cell.symbol, Symbol::Number(n) if n as usize > side);
        let cell = words.iter().find(is_large)?;
        let Symbol::Number(number) = cell.symbol else { return None };
        let (line, column, found) = (cell.line, cell.column, number.to_string());
        return Some(PuzzleError::SudokuDigit { line, column, found, largest: side.to_string() });
    }
    let side = wanted?.side();
    let largest = Notation::OneBased.symbol(side as u8);
    rows.iter().find_map(|line| {
        let is_large = |c: char| {
            let Some(Symbol::Character(c)) = Symbol::of(c) else { return false };
            !matches!(c, 'x' | 'X') && c.to_digit(36).is_some_and(|digit| digit as usize > side)
        };
        let (i, found) = line.text.chars().enumerate().find(|(_, c)| is_large(*c))?;
        let (found, largest) = (found.to_string(), largest.clone());
        Some(PuzzleError::SudokuDigit { line: line.number, column: i + 1, found, largest })
    })
}

/// The row that has another number of cells than most of at least three others have.
fn odd_row(rows: &[&Line<'_>]) -> Option<(usize, usize, usize)> {
    let n_cells = |line: &Line<'_>| line.text.chars().filter(|c| Symbol::of(*c).is_some()).count();
    // More rows are no board.
    let counts: Vec<usize> = rows.iter().take(64).map(|line| n_cells(line)).collect();
    let usual = *counts.iter().max_by_key(|n| counts.iter().filter(|other| other == n).count())?;
    let n_usual = counts.iter().filter(|n| **n == usual).count();
    let odd = counts.iter().position(|n| *n != usual)?;
    (n_usual >= 3 && 2 * n_usual > counts.len()).then_some((rows[odd].number, counts[odd], usual))
}
