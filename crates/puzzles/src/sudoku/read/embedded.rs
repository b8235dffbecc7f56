//! A puzzle that is one word of a line: with a name, a rating, its answer or markup beside it.

use super::block::{Readings, geometry_of};
use super::line::{Line, is_decoration};
use super::{ReadOptions, SudokuText};
use crate::sudoku::notation::Symbol;
use crate::sudoku::{Verdict, verdict};

/// The smallest grid has 16 cells.
pub(super) const MIN_CELLS: usize = 16;

/// What may stand beside a puzzle without a space between.
fn is_separator(c: char) -> bool {
    is_decoration(c) || matches!(c, '&' | '<' | '>' | '/' | '\\' | '#')
}

/// The grids that a word of a line may stand for, and what the line says beside it.
pub(super) fn readings(line: &Line<'_>, options: &ReadOptions) -> (Readings, Option<String>) {
    let text = without_state(line.text);
    let mut readings = Readings::default();
    let mut puzzle: Option<SudokuText> = None;
    let mut name = None;
    let mut at = 0;
    for word in text.split(is_separator) {
        let (start, end) = (at, at + word.len());
        at = end + text[end..].chars().next().map_or(0, char::len_utf8);
        if word.len() < MIN_CELLS {
            continue;
        }
        let Some(symbols) = symbols(word) else { continue };
        if geometry_of(symbols.len(), options).is_none() {
            // A puzzle with a cell too few or too many, perhaps with its answer beside it.
            if is_puzzle_like(&symbols) {
                return (Readings::default(), None);
            }
            continue;
        }
        let mut found = Readings::default();
        found.add_symbols(&symbols, options);
        // An answer behind its question is no second puzzle.
        if let (Some(puzzle), Some(Ok(answer))) = (&puzzle, found.choose())
            && verdict(&puzzle.grid, &answer.grid) == Verdict::Solved
        {
            continue;
        }
        if puzzle.is_none() {
            name = name_of(&text[..start], &text[end..]);
            puzzle = found.choose().and_then(Result::ok);
        }
        readings = readings.merged(&found);
    }
    (readings, name.or_else(|| name_of(line.comment, "")))
}

fn is_puzzle_like(symbols: &[Symbol]) -> bool {
    let is_digit = |symbol: &Symbol| !matches!(symbol, Symbol::Character(c) if c.is_ascii_alphabetic());
    symbols.iter().all(is_digit)
}

/// The symbols of a word that is nothing else.
fn symbols(word: &str) -> Option<Vec<Symbol>> {
    let symbol = |c: char| if c == '-' { Some(Symbol::Blank) } else { Symbol::of(c) };
    word.chars().map(symbol).collect()
}

/// HoDoKu writes a digit that was no given as `+5`, in lines that begin with a colon.
fn without_state(text: &str) -> std::borrow::Cow<'_, str> {
    if !text.starts_with(':') || !text.contains('+') {
        return text.into();
    }
    let mut givens = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        let is_placed = c == '+' && characters.clone().next().is_some_and(|c| c.is_ascii_digit());
        givens.push(if is_placed { '.' } else { c });
        if is_placed {
            characters.next();
        }
    }
    givens.into()
}

/// What stands behind a puzzle, else before it.
fn name_of(before: &str, behind: &str) -> Option<String> {
    let plain =
        |text: &str| text.trim_matches(|c: char| is_separator(c)).chars().take(80).collect::<String>();
    [plain(behind), plain(before)].into_iter().find(|name| !name.is_empty())
}
