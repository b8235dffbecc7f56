//! The ways in which cells are laid out in lines.
//!
//! Each gives the symbols of a whole grid with their places, or nothing where the lines are not laid out
//! so.

use super::line::{Line, is_bar, is_decoration};
use crate::sudoku::Geometry;
use crate::sudoku::notation::Symbol;

/// No grid has more.
pub(super) const MAX_CELLS: usize = 625;

/// A symbol, and where it stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Placed {
    pub(super) symbol: Symbol,
    pub(super) line: usize,
    pub(super) column: usize,
}

/// What dashes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dashes {
    /// Parts of rules.
    Rules,
    /// Blanks, and a line of nothing else is a rule.
    BlanksAndRules,
    /// Blanks.
    Blanks,
}

pub(super) const DASHES: [Dashes; 3] = [Dashes::Rules, Dashes::BlanksAndRules, Dashes::Blanks];

/// The last letter that is needed to take all characters of a line for cells or decoration, by its number
/// from 1; 0 where it has none but `x`, and [`FOREIGN`] where no letter would do.
pub(super) fn last_letter(line: &Line<'_>) -> u8 {
    let mut last = 0;
    let mut characters = line.text.chars().peekable();
    while let Some(c) = characters.next() {
        last = last.max(match Symbol::of(c) {
            // A digit that was no given, see `word_symbol`.
            Some(Symbol::Character('u')) if characters.peek().is_some_and(char::is_ascii_digit) => 0,
            Some(Symbol::Character('x' | 'X')) => 0,
            Some(Symbol::Character(c)) if c.is_ascii_alphabetic() => c.to_ascii_uppercase() as u8 - b'A' + 1,
            symbol if symbol.is_some() || c == '-' || is_decoration(c) => 0,
            _ => return FOREIGN,
        });
    }
    last
}

/// No letter has this number.
const FOREIGN: u8 = 27;

/// The lines without titles and empty lines above and below, where letters up to `last` may be cells; `None`
/// where something foreign stands between rows. `letters` are those of [`last_letter`] for each line.
pub(super) fn body<'a, 'b>(lines: &'b [Line<'a>], letters: &[u8], last: u8) -> Option<&'b [Line<'a>]> {
    let is_row = |(line, letter): (&Line<'_>, &u8)| *letter <= last && !line.is_blank();
    let first = lines.iter().zip(letters).position(is_row)?;
    let end = lines.iter().zip(letters).rposition(is_row)? + 1;
    // A row may be nothing but spaces.
    let is_spaces = |line: &&Line<'_>| line.is_blank() && !line.text.is_empty();
    let above = lines[..first].iter().rev().take_while(is_spaces).count();
    let below = lines[end..].iter().take_while(is_spaces).count();
    let all_cells = letters[first..end].iter().all(|letter| *letter <= last);
    all_cells.then_some(&lines[first - above..end + below])
}

/// Every character is a cell, but for decoration and spaces.
pub(super) fn characters(body: &[Line<'_>], dashes: Dashes) -> Option<Vec<Placed>> {
    let mut cells = Vec::new();
    for line in body {
        if line.is_rule(dashes != Dashes::Blanks) {
            continue;
        }
        let mut before = ' ';
        let mut characters = line.text.chars().enumerate().peekable();
        while let Some((i, c)) = characters.next() {
            let is_apart = is_decoration(std::mem::replace(&mut before, c));
            let symbol = match c {
                // A number below 0, which is no digit with a rule before it.
                '-' if dashes == Dashes::Rules && is_apart && characters.peek().is_some_and(is_digit) => {
                    return None;
                }
                '-' if dashes == Dashes::Rules => None,
                '-' => Some(Symbol::Blank),
                _ => Symbol::of(c),
            };
            cells.extend(symbol.map(|symbol| Placed { symbol, line: line.number, column: i + 1 }));
            if cells.len() > MAX_CELLS {
                return None;
            }
        }
    }
    Some(cells)
}

fn is_digit((_, c): &(usize, char)) -> bool {
    matches!(Symbol::of(*c), Some(Symbol::Character('0'..='9')))
}

/// Cells are words: numbers where one of them has several digits. Dashes are parts of rules or blanks.
pub(super) fn words(body: &[Line<'_>]) -> Option<Vec<Placed>> {
    let mut cells = Vec::new();
    let mut has_numbers = false;
    for line in body.iter().filter(|line| !line.is_rule(true)) {
        let mut column = 1;
        for word in line.text.split(is_decoration) {
            if !word.is_empty() {
                let symbol = word_symbol(word)?;
                has_numbers |= matches!(symbol, Symbol::Number(_)) || word == "-1";
                cells.push(Placed { symbol, line: line.number, column });
                if cells.len() > MAX_CELLS {
                    return None;
                }
            }
            column += word.chars().count() + 1;
        }
    }
    has_numbers.then_some(cells)
}

/// A word as a cell. SadMan marks digits that were no givens: `u5`; programs have -1 for a blank.
fn word_symbol(word: &str) -> Option<Symbol> {
    let mut characters = word.chars();
    match (characters.next()?, characters.next()) {
        ('-', None) => Some(Symbol::Blank),
        (c, None) => Symbol::of(c),
        ('u', Some('1'..='9')) | ('-', Some('1')) if word.len() == 2 => Some(Symbol::Blank),
        _ if word.len() <= 9 && word.bytes().all(|b| b.is_ascii_digit()) => {
            word.parse().ok().map(Symbol::Number)
        }
        _ => None,
    }
}

/// Every cell is a field of its own between bars, commas, semicolons or tabs; an empty one is a blank.
pub(super) fn fields(body: &[Line<'_>]) -> Option<Vec<Placed>> {
    let body = without_header(body);
    // A row of empty cells is nothing but tabs, or an empty line where an editor took those away.
    let has_tabs = body.iter().any(|line| line.text.contains('\t'));
    let mut rows: Vec<&Line<'_>> = body.iter().filter(|line| !line.is_rule(true)).collect();
    if !has_tabs || Geometry::all().all(|geometry| geometry.side() != rows.len()) {
        rows.retain(|line| !line.is_blank() || line.text.contains('\t'));
    }
    let delimiters: [fn(char) -> bool; 4] = [is_bar, |c| c == ',', |c| c == ';', |c| c == '\t'];
    delimiters.into_iter().find_map(|is_delimiter| fields_between(&rows, is_delimiter))
}

/// The rows of a table in Markdown, whose header a rule follows.
fn without_header<'a, 'b>(body: &'b [Line<'a>]) -> &'b [Line<'a>] {
    match body {
        [_, rule, rest @ ..] if rule.is_rule(true) && rule.text.contains('|') => {
            let n_rows = rest.iter().filter(|line| !line.is_rule(true) && !line.is_blank()).count();
            let is_side = |n: usize| Geometry::all().any(|geometry| geometry.side() == n);
            if is_side(n_rows) && rest.iter().all(|line| !line.is_rule(true)) { rest } else { body }
        }
        _ => body,
    }
}

fn fields_between(rows: &[&Line<'_>], is_delimiter: fn(char) -> bool) -> Option<Vec<Placed>> {
    let mut cells = Vec::new();
    for line in rows {
        // A tab at the ends of a line is a field, a space is none.
        let text = line.text.trim_matches(' ');
        let mut fields: Vec<&str> = text.split(is_delimiter).collect();
        if text.starts_with(|c| is_bar(c) && is_delimiter(c)) {
            fields.remove(0);
        }
        // One line may hold all rows, and one behind the last field closes it.
        let expected = if rows.len() == 1 { fields.len().isqrt().pow(2) } else { rows.len() };
        if fields.len() == expected + 1 && fields.last().is_some_and(|field| field.trim().is_empty()) {
            fields.pop();
        }
        // Editors take away tabs at the ends of lines.
        if is_delimiter('\t') && rows.iter().any(|line| line.text.contains('\t')) && rows.len() > 1 {
            fields.resize(fields.len().max(expected), "");
        }
        if fields.len() != expected || cells.len() + fields.len() > MAX_CELLS {
            return None;
        }
        for (i, field) in fields.iter().enumerate() {
            let word = field.trim_matches(is_decoration);
            let symbol = if word.is_empty() { Symbol::Blank } else { word_symbol(word)? };
            cells.push(Placed { symbol, line: line.number, column: i + 1 });
        }
    }
    Some(cells)
}

/// Spaces are blanks: a line for each row with a column or two for each cell, or all cells in one line.
pub(super) fn columns(body: &[Line<'_>]) -> Option<Vec<Placed>> {
    let mut rows: Vec<&Line<'_>> = body.iter().filter(|line| !line.is_rule(true)).collect();
    if Geometry::all().all(|geometry| geometry.side() != rows.len()) {
        rows.retain(|line| !line.text.is_empty());
    }
    let is_framed =
        rows.iter().all(|line| line.text.trim().starts_with(is_bar) && line.text.trim().ends_with(is_bar));
    let side = match rows.as_slice() {
        [line] => {
            let n_cells = line.text.chars().filter(|c| !is_bar(*c)).count();
            return (n_cells <= MAX_CELLS).then(|| row_of(line, is_framed, 1, n_cells)).flatten();
        }
        rows => rows.len(),
    };
    [1, 2].into_iter().find_map(|pitch| {
        let mut cells = Vec::new();
        for line in &rows {
            let row = row_of(line, is_framed, pitch, side)?;
            // Without a bar at the end nothing says that the last blanks were not trimmed.
            if is_framed && row.len() < side || cells.len() + side > MAX_CELLS {
                return None;
            }
            let missing = row.len()..side;
            cells.extend(row);
            cells.extend(missing.map(|i| {
                let column = i * pitch + 1;
                Placed { symbol: Symbol::Blank, line: line.number, column }
            }));
        }
        Some(cells)
    })
}

/// A space, perhaps as wide as a Chinese character.
pub(super) fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\u{a0}' | '\u{3000}')
}

/// The cells of one row, at most `side`: one in each `pitch` columns between bars.
fn row_of(line: &Line<'_>, is_framed: bool, pitch: usize, side: usize) -> Option<Vec<Placed>> {
    let text = if is_framed { line.text.trim() } else { line.text };
    let has_bars = text.contains(is_bar);
    let indent = line.text.chars().count() - line.text.trim_start().chars().count();
    let mut column = if is_framed { indent } else { 0 };
    let mut cells = Vec::new();
    for part in text.split(is_bar) {
        let start = column;
        column += part.chars().count() + 1;
        let skipped = usize::from(pitch == 2 && has_bars && start > 0 && part.starts_with(is_space));
        for (i, c) in part.chars().skip(skipped).enumerate() {
            let symbol = if is_space(c) { Symbol::Blank } else { Symbol::of(c)? };
            if i % pitch == 0 {
                cells.push(Placed { symbol, line: line.number, column: start + skipped + i + 1 });
            } else if !is_space(c) {
                return None;
            }
        }
        if cells.len() > side {
            return None;
        }
    }
    Some(cells)
}
