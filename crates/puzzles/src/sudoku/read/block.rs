//! All readings of some lines as one grid, and the choice between them.

use super::layout::{self, DASHES, MAX_CELLS, Placed};
use super::line::Line;
use super::{ReadOptions, SudokuText};
use crate::PuzzleError;
use crate::sudoku::notation::{Symbol, grid_of, notations};
use crate::sudoku::{Geometry, Notation};

/// More text than the widest board has.
const MAX_BOARD_BYTES: usize = 1 << 15;

/// The different grids that a text may stand for.
#[derive(Debug, Default)]
pub(super) struct Readings(Vec<SudokuText>);

impl Readings {
    /// Adds a grid, unless it was found in another way already.
    pub(super) fn add(&mut self, reading: SudokuText) {
        if self.0.iter().all(|other| other.grid != reading.grid) {
            self.0.push(reading);
        }
    }

    /// Adds the grids that symbols stand for.
    pub(super) fn add_symbols(&mut self, symbols: &[Symbol], options: &ReadOptions) {
        let Some(geometry) = geometry_of(symbols.len(), options) else { return };
        let possible = match options.notation {
            Some(notation) => vec![notation],
            None => notations(symbols, geometry.side()),
        };
        for notation in possible {
            if let Ok(grid) = grid_of(symbols, geometry, notation) {
                self.add(SudokuText { grid, notation });
            }
        }
    }

    /// The only grid, or the only one without a contradiction; `None` where there is none at all.
    pub(super) fn choose(&self) -> Option<Result<SudokuText, PuzzleError>> {
        let Readings(found) = self;
        let first = found.first()?;
        let conflict = first.grid.conflicts();
        let mut sound: Vec<&SudokuText> = found.iter().filter(|text| text.grid.conflicts().is_ok()).collect();
        Some(match (sound.pop(), sound.len()) {
            (None, _) => conflict.map(|()| first.clone()),
            (Some(only), 0) => Ok(only.clone()),
            (Some(last), _) => {
                let sound: Vec<&SudokuText> = sound.into_iter().chain([last]).collect();
                Err(ambiguous(&sound))
            }
        })
    }

    /// These, and the others of `more`.
    pub(super) fn merged(mut self, more: &Readings) -> Self {
        more.0.iter().for_each(|reading| self.add(reading.clone()));
        self
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn ambiguous(texts: &[&SudokuText]) -> PuzzleError {
    let mut notations: Vec<Notation> = Vec::new();
    for text in texts {
        if !notations.contains(&text.notation) {
            notations.push(text.notation);
        }
    }
    // A notation that two readings have decides nothing.
    if notations.len() < texts.len() {
        notations.clear();
    }
    PuzzleError::Ambiguous { readings: texts.iter().copied().map(describe).collect(), notations }
}

fn describe(text: &SudokuText) -> String {
    let side = text.grid.geometry().side();
    let n_givens = text.grid.n_givens();
    format!("{side}x{side} with {n_givens} {}", text.notation.describe(side))
}

/// The size of so many cells, if it is one and is wanted.
pub(super) fn geometry_of(n_cells: usize, options: &ReadOptions) -> Option<Geometry> {
    match options.geometry {
        Some(geometry) => (geometry.n_cells() == n_cells).then_some(geometry),
        None => Geometry::of_cells(n_cells),
    }
}

/// The sizes that may be meant.
fn geometries(options: &ReadOptions) -> impl Iterator<Item = Geometry> {
    let usual = Geometry::all().filter(|_| options.geometry.is_none());
    options.geometry.into_iter().chain(usual)
}

/// Every way in which some lines are one grid.
pub(super) fn readings(lines: &[Line<'_>], options: &ReadOptions) -> Readings {
    let mut readings = Readings::default();
    if lines.iter().map(|line| line.text.len()).sum::<usize>() > MAX_BOARD_BYTES {
        return readings;
    }
    let letters: Vec<u8> = lines.iter().map(layout::last_letter).collect();
    let mut tried: Vec<(&[Line<'_>], Vec<Vec<Placed>>)> = Vec::new();
    for geometry in geometries(options) {
        for last in last_letters(geometry.side()) {
            let Some(body) = layout::body(lines, &letters, last) else { continue };
            // Sizes differ in the letters that they allow, and seldom in what is left then.
            let known = tried.iter().position(|(other, _)| std::ptr::eq(*other, body));
            let i = known.unwrap_or_else(|| {
                tried.push((body, layouts(body)));
                tried.len() - 1
            });
            for cells in tried[i].1.iter().filter(|cells| cells.len() == geometry.n_cells()) {
                let symbols: Vec<Symbol> = cells.iter().map(|cell| cell.symbol).collect();
                readings.add_symbols(&symbols, options);
            }
        }
    }
    readings
}

/// The letters that cells of a grid may be, by the number of the last: beside digits, and where all cells are
/// letters.
fn last_letters(side: usize) -> [u8; 2] {
    let side = side as u8;
    [side.saturating_sub(9), side]
}

fn layouts(body: &[Line<'_>]) -> Vec<Vec<Placed>> {
    let has_dashes = body.iter().any(|line| line.text.contains('-'));
    let mut layouts: Vec<Vec<Placed>> = Vec::new();
    for dashes in DASHES.into_iter().take(if has_dashes { DASHES.len() } else { 1 }) {
        layouts.extend(layout::characters(body, dashes));
    }
    layouts.extend(layout::words(body));
    layouts.extend(layout::fields(body));
    if body.iter().any(|line| line.text.contains(layout::is_space)) {
        layouts.extend(layout::columns(body));
    }
    layouts.retain(|cells| cells.len() <= MAX_CELLS);
    layouts
}
