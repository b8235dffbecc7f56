//! From the text of a file to rules, each fault with its line.

use super::Rules;
use super::cells::{MAX_CELLS, Shape, check_size};
use super::error::{FileFault, RulesError};
use super::make::Make;
use super::rule::{GroupSet, Rule, Source};
use super::structure::{CELL_KIND, Structure};
use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

/// The longest file.
pub const MAX_FILE_BYTES: usize = 1 << 20;
/// The most symbols: a cell's candidates are bits.
pub const MAX_SYMBOLS: usize = 64;
/// The most candidates of a puzzle.
pub const MAX_CANDIDATES: usize = 1 << 16;
/// The most sets of groups.
const MAX_SETS: usize = 32;
/// The longest name.
const MAX_NAME: usize = 32;
/// Blanks and separators of data files.
const NO_SYMBOLS: &str = ".#\",;|";

/// A fault and the bytes it is in.
struct At(Range<usize>, FileFault);

type Result<T> = std::result::Result<T, At>;

fn at<T>(span: &Range<usize>, result: std::result::Result<T, FileFault>) -> Result<T> {
    result.map_err(|fault| At(span.clone(), fault))
}

fn fault<T>(span: &Range<usize>, fault: FileFault) -> Result<T> {
    Err(At(span.clone(), fault))
}

/// Reads a file of rules.
pub(super) fn parse(text: &str) -> std::result::Result<Rules, RulesError> {
    if text.len() > MAX_FILE_BYTES {
        let fault = FileFault::TooMany { what: "bytes", found: text.len(), max: MAX_FILE_BYTES };
        return Err(RulesError::File { line: 1, fault });
    }
    read(text).map_err(|At(span, fault)| {
        let line = 1 + text.bytes().take(span.start).filter(|byte| *byte == b'\n').count();
        RulesError::File { line, fault }
    })
}

fn read(text: &str) -> Result<Rules> {
    let whole = 0..0;
    let mut table = DeTable::parse(text)
        .map_err(|error| {
            At(error.span().unwrap_or(whole.clone()), FileFault::Syntax(error.message().to_owned()))
        })?
        .into_inner();
    let name = match table.remove("name") {
        Some(value) => string("name", &value)?.chars().take(100).collect(),
        None => return fault(&whole, FileFault::Missing("name")),
    };
    let shape = shape(&mut table)?;
    let Some(value) = table.remove("symbols") else { return fault(&whole, FileFault::Missing("symbols")) };
    let symbols = symbols(&value, shape)?;
    let Some(value) = table.remove("groups") else { return fault(&whole, FileFault::Missing("groups")) };
    let span = value.span();
    let sets = sets(value, shape, &symbols)?;
    let mut rules = Rules {
        name,
        text: text.to_owned(),
        shape,
        allowed: vec![u64::MAX >> (64 - symbols.len()); shape.n_cells],
        fixed: vec![0; shape.n_cells],
        givens: u64::MAX >> (64 - symbols.len()),
        symbols,
        sets,
        structure: None,
    };
    fixed_cells(&mut table, &mut rules)?;
    if let Some(value) = table.remove("givens") {
        rules.givens = mask(&value.span(), &string("givens", &value)?, &rules.symbols)?;
    }
    refuse_unknown(&table, "`name`, `grid`, `cells`, `symbols`, `groups`, `fixed`, `excluded`, `givens`")?;
    let lists: Option<Vec<&[Vec<u32>]>> = rules.sets.iter().map(GroupSet::cells).collect();
    if let Some(lists) = lists {
        let structure = Structure::new(&rules.allowed, rules.symbols.len(), &rules.sets, &lists);
        rules.structure = Some(Arc::new(at(&span, structure)?));
    }
    Ok(rules)
}

fn refuse_unknown(table: &DeTable, expected: &'static str) -> Result<()> {
    match table.iter().next() {
        Some((key, _)) => {
            let found = key.get_ref().chars().take(40).collect();
            fault(&key.span(), FileFault::UnknownKey { found, expected })
        }
        None => Ok(()),
    }
}

fn string<'a>(key: &'static str, value: &'a Spanned<DeValue>) -> Result<Cow<'a, str>> {
    match value.get_ref() {
        DeValue::String(text) => Ok(Cow::Borrowed(text)),
        _ => fault(&value.span(), FileFault::Type { key, expected: "a text in quotes" }),
    }
}

fn integer(value: &Spanned<DeValue>) -> Option<i64> {
    match value.get_ref() {
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix()).ok(),
        _ => None,
    }
}

fn array<'a, 'de>(key: &'static str, value: &'a Spanned<DeValue<'de>>) -> Result<&'a DeArray<'de>> {
    match value.get_ref() {
        DeValue::Array(array) => Ok(array),
        _ => fault(&value.span(), FileFault::Type { key, expected: "a list in brackets" }),
    }
}

fn shape(table: &mut DeTable) -> Result<Shape> {
    let (value, sizes, is_grid) = match (table.remove("grid"), table.remove("cells")) {
        (Some(value), None) => {
            let sizes: Option<Vec<i64>> = array("grid", &value)?.iter().map(integer).collect();
            (value, sizes.filter(|sizes| sizes.len() == 2), true)
        }
        (None, Some(value)) => {
            let size = integer(&value);
            (value, size.map(|size| vec![size]), false)
        }
        (None, None) => return fault(&(0..0), FileFault::Shape),
        (Some(value), Some(_)) => return fault(&value.span(), FileFault::Shape),
    };
    let Some(sizes) = sizes else { return fault(&value.span(), FileFault::Shape) };
    let sizes: Vec<usize> = sizes.iter().map(|size| usize::try_from(*size).unwrap_or(0)).collect();
    let n_cells = sizes.iter().fold(1, |n: usize, size| n.saturating_mul(*size));
    if n_cells == 0 {
        return fault(&value.span(), FileFault::TooFew { what: "cells", found: 0, min: 1 });
    }
    if n_cells > MAX_CELLS {
        return fault(&value.span(), FileFault::TooMany { what: "cells", found: n_cells, max: MAX_CELLS });
    }
    Ok(Shape { n_cells, grid: is_grid.then(|| (sizes[0], sizes[1])) })
}

fn symbols(value: &Spanned<DeValue>, shape: Shape) -> Result<Vec<char>> {
    let (span, text) = (value.span(), string("symbols", value)?);
    let symbols: Vec<char> = text.chars().take(MAX_SYMBOLS + 1).collect();
    let n = symbols.len();
    if n < 2 {
        return fault(&span, FileFault::TooFew { what: "symbols", found: n, min: 2 });
    }
    if n > MAX_SYMBOLS {
        let found = text.chars().count();
        return fault(&span, FileFault::TooMany { what: "symbols", found, max: MAX_SYMBOLS });
    }
    let candidates = n * shape.n_cells;
    if candidates > MAX_CANDIDATES {
        let what = "candidates (cells times symbols)";
        return fault(&span, FileFault::TooMany { what, found: candidates, max: MAX_CANDIDATES });
    }
    for (i, symbol) in symbols.iter().enumerate() {
        if symbol.is_whitespace() || symbol.is_control() || NO_SYMBOLS.contains(*symbol) {
            return fault(&span, FileFault::Symbol(*symbol));
        }
        if symbols[..i].contains(symbol) {
            return fault(&span, FileFault::Twice { what: "symbol", found: symbol.to_string() });
        }
    }
    Ok(symbols)
}

/// The symbols of a text as bits.
fn mask(span: &Range<usize>, text: &str, symbols: &[char]) -> Result<u64> {
    text.chars().try_fold(0, |mask, c| match symbols.iter().position(|symbol| *symbol == c) {
        Some(i) => Ok(mask | 1 << i),
        None => fault(span, FileFault::UnknownSymbol(c)),
    })
}

fn sets(value: Spanned<DeValue>, shape: Shape, symbols: &[char]) -> Result<Vec<GroupSet>> {
    let span = value.span();
    let entries = array("groups", &value)?;
    if entries.is_empty() {
        return fault(&span, FileFault::TooFew { what: "groups", found: 0, min: 1 });
    }
    if entries.len() > MAX_SETS {
        let found = entries.len();
        return fault(&span, FileFault::TooMany { what: "entries of `groups`", found, max: MAX_SETS });
    }
    let mut sets: Vec<GroupSet> = Vec::new();
    for entry in entries.iter() {
        let set = set(entry, shape, symbols)?;
        if sets.iter().any(|other| other.name == set.name) {
            return fault(&entry.span(), FileFault::Twice { what: "group", found: set.name });
        }
        sets.push(set);
        let all = sets.iter().filter_map(GroupSet::cells).flatten();
        at(&entry.span(), check_size(all))?;
    }
    Ok(sets)
}

fn set(entry: &Spanned<DeValue>, shape: Shape, symbols: &[char]) -> Result<GroupSet> {
    let span = entry.span();
    let DeValue::Table(table) = entry.get_ref() else {
        let expected = "a list of tables such as { name = \"row\", cells = \"rows\" }";
        return fault(&span, FileFault::Type { key: "groups", expected });
    };
    let mut table = table.clone();
    let mut text = |key: &'static str| -> Result<Option<(Range<usize>, String)>> {
        let Some(value) = table.remove(key) else { return Ok(None) };
        Ok(Some((value.span(), string(key, &value)?.into_owned())))
    };
    let named = |(span, name): (Range<usize>, String)| {
        let letters = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
        let is_name = letters && (1..=MAX_NAME).contains(&name.len());
        if is_name && name != CELL_KIND { Ok(name) } else { fault(&span, FileFault::Name(name)) }
    };
    let Some(name) = text("name")? else { return fault(&span, FileFault::Missing("name")) };
    let name = named(name)?;
    let kind = text("kind")?.map(named).transpose()?.unwrap_or_else(|| name.clone());
    let (rule, symbol, column, make) = (text("rule")?, text("symbol")?, text("column")?, text("make")?);
    let rule = match (rule.as_ref().map(|(_, rule)| rule.as_str()), &symbol) {
        (None | Some("all_different"), None) => Rule::AllDifferent,
        (Some(word @ ("at_most_one" | "exactly_one")), Some((span, symbol))) => {
            let bits = mask(span, symbol, symbols)?;
            if !bits.is_power_of_two() {
                return fault(span, FileFault::RuleSymbol);
            }
            let symbol = bits.trailing_zeros() as u8;
            if word == "at_most_one" { Rule::AtMostOne(symbol) } else { Rule::ExactlyOne(symbol) }
        }
        (None | Some("all_different" | "at_most_one" | "exactly_one"), _) => {
            return fault(&span, FileFault::RuleSymbol);
        }
        (Some(word), _) => {
            let expected = "`all_different`, `at_most_one` and `exactly_one` are";
            let found = word.chars().take(40).collect();
            return fault(&span, FileFault::Word { key: "rule", found, expected });
        }
    };
    let intersect = match table.remove("intersections") {
        None => true,
        Some(value) => match value.get_ref() {
            DeValue::Boolean(yes) => *yes,
            _ => {
                let expected = "true or false";
                return fault(&value.span(), FileFault::Type { key: "intersections", expected });
            }
        },
    };
    let source = match (table.remove("cells"), column, make) {
        (Some(cells), None, None) => Source::Cells(groups(&cells, shape, symbols.len(), &name, rule)?),
        (None, Some((_, column)), make) => {
            let make = make.map(|(span, make)| at(&span, Make::parse(&make, shape, symbols.len())));
            Source::Column { name: column, make: make.transpose()? }
        }
        _ => return fault(&span, FileFault::Missing("cells (or column)")),
    };
    let expected = "`name`, `cells` or `column`, `rule`, `symbol`, `kind`, `intersections`, `make`";
    refuse_unknown(&table, expected)?;
    Ok(GroupSet { name, rule, kind, intersect, source })
}

/// The groups of a word, or of a list.
fn groups(
    value: &Spanned<DeValue>,
    shape: Shape,
    n_symbols: usize,
    name: &str,
    rule: Rule,
) -> Result<Vec<Vec<u32>>> {
    let span = value.span();
    let checked = |span: &Range<usize>, cells: Vec<u32>| {
        if cells.is_empty() {
            return fault(span, FileFault::TooFew { what: "cells in a group", found: 0, min: 1 });
        }
        if rule == Rule::AllDifferent && cells.len() > n_symbols {
            let (name, cells) = (name.to_owned(), cells.len());
            return fault(span, FileFault::GroupTooLarge { name, cells, symbols: n_symbols });
        }
        Ok(cells)
    };
    let list: Vec<Vec<u32>> = match value.get_ref() {
        DeValue::String(word) => {
            let list = at(&span, shape.generated(word))?;
            list.into_iter().map(|cells| checked(&span, cells)).collect::<Result<_>>()?
        }
        DeValue::Array(list) => list
            .iter()
            .map(|group| {
                let span = group.span();
                let cells = match group.get_ref() {
                    DeValue::String(text) => at(&span, shape.listed(text))?,
                    DeValue::Array(cells) => {
                        let number = |cell: &Spanned<DeValue>| match integer(cell) {
                            Some(number) => at(&cell.span(), shape.numbered(number)),
                            None => fault(&cell.span(), FileFault::Type { key: "cells", expected: CELLS }),
                        };
                        let cells = cells.iter().map(number).collect::<Result<_>>()?;
                        at(&span, shape.sorted(cells))?
                    }
                    _ => return fault(&span, FileFault::Type { key: "cells", expected: CELLS }),
                };
                checked(&span, cells)
            })
            .collect::<Result<_>>()?,
        _ => return fault(&span, FileFault::Type { key: "cells", expected: CELLS }),
    };
    if list.is_empty() {
        return fault(&span, FileFault::TooFew { what: "groups", found: 0, min: 1 });
    }
    Ok(list)
}

const CELLS: &str = "a word such as \"rows\", or a list of groups such as \"r1c1 r2c2\" or [1, 2]";

/// Reads `fixed` and `excluded`.
fn fixed_cells(table: &mut DeTable, rules: &mut Rules) -> Result<()> {
    for key in ["excluded", "fixed"] {
        let Some(value) = table.remove(key) else { continue };
        let DeValue::Table(cells) = value.get_ref() else {
            let expected = "a table such as { \"r1c1\" = \"5\" }";
            return fault(&value.span(), FileFault::Type { key, expected });
        };
        for (cells, symbols) in cells.iter() {
            let listed = at(&cells.span(), rules.shape.listed(cells.get_ref()))?;
            let span = symbols.span();
            let bits = mask(&span, &string(key, symbols)?, &rules.symbols)?;
            for cell in listed.into_iter().map(|cell| cell as usize) {
                if key == "fixed" {
                    if !bits.is_power_of_two() {
                        let expected = "one symbol for each cell";
                        return fault(&span, FileFault::Type { key, expected });
                    }
                    rules.fixed[cell] = bits.trailing_zeros() as u8 + 1;
                    rules.allowed[cell] &= bits;
                } else {
                    rules.allowed[cell] &= !bits;
                }
                if rules.allowed[cell] == 0 {
                    return fault(&span, FileFault::NothingLeft(rules.shape.name(cell)));
                }
            }
        }
    }
    Ok(())
}
