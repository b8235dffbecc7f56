//! The solver for any geometry: plain tables, an explicit stack, the same counts as the bitboard.

use super::Geometry;
use super::outcome::{Limits, Outcome};

/// Which cells share a unit.
pub(super) struct Tables {
    /// `[3 x side]`: the cells of each unit.
    pub(super) units: Vec<Vec<usize>>,
    /// `[n_cells x 3]`: the units of each cell.
    units_of: Vec<[usize; 3]>,
}

impl Tables {
    pub(super) fn new(geometry: Geometry) -> Self {
        let side = geometry.side();
        let cells_of = |unit| geometry.cells_of(unit).map(|(row, col)| row * side + col).collect();
        let units = geometry.units().map(cells_of).collect();
        let units_of = (0..geometry.n_cells())
            .map(|cell| (cell / side, cell % side))
            .map(|(row, col)| [row, side + col, 2 * side + geometry.box_of(row, col)])
            .collect();
        Self { units, units_of }
    }
}

/// One level of the search.
struct Level {
    /// `[n_cells]`: the candidates as bits, propagated.
    candidates: Vec<u32>,
    cell: usize,
    /// The digits of `cell` yet to be tried.
    untried: u32,
}

/// Finds up to `limits.max_solutions` solutions of a grid.
pub(super) fn search(geometry: Geometry, cells: &[u8], limits: Limits) -> Outcome<Vec<u8>> {
    let tables = Tables::new(geometry);
    let mut outcome = Outcome::new();
    let Some(root) = candidates(&tables, geometry, cells) else { return outcome };
    let mut levels: Vec<Level> = Vec::new();
    let mut next = Some(root);
    loop {
        if let Some(mut candidates) = next.take()
            && propagate(&tables, &mut candidates)
        {
            match branch_cell(&candidates) {
                None if !outcome.record(limits, || digits(&candidates)) => return outcome,
                None => {}
                Some(cell) => {
                    let untried = candidates[cell];
                    levels.push(Level { candidates, cell, untried });
                }
            }
        }
        let Some(level) = levels.last_mut() else {
            return outcome;
        };
        if level.untried == 0 {
            levels.pop();
            continue;
        }
        let bit = level.untried & level.untried.wrapping_neg();
        level.untried ^= bit;
        if !outcome.guess(limits) {
            return outcome;
        }
        let mut below = level.candidates.clone();
        next = assign(&tables, &mut below, level.cell, bit).then_some(below);
    }
}

/// The candidates that the givens leave; `None` where they contradict each other.
pub(super) fn candidates(tables: &Tables, geometry: Geometry, cells: &[u8]) -> Option<Vec<u32>> {
    let all = (1u32 << geometry.side()) - 1;
    let mut root = vec![all; geometry.n_cells()];
    let mut givens = cells.iter().enumerate().filter(|(_, digit)| **digit != 0);
    givens.all(|(cell, digit)| assign(tables, &mut root, cell, 1 << (digit - 1))).then_some(root)
}

/// Writes a digit and follows the naked singles that this leaves.
pub(super) fn assign(tables: &Tables, candidates: &mut [u32], cell: usize, bit: u32) -> bool {
    if candidates[cell] & bit == 0 {
        return false;
    }
    candidates[cell] = bit;
    let mut queue = vec![cell];
    while let Some(from) = queue.pop() {
        let bit = candidates[from];
        for &to in tables.units_of[from].iter().flat_map(|&unit| &tables.units[unit]) {
            if to == from || candidates[to] & bit == 0 {
                continue;
            }
            candidates[to] ^= bit;
            match candidates[to].count_ones() {
                0 => return false,
                1 => queue.push(to),
                _ => {}
            }
        }
    }
    true
}

/// Hidden singles until nothing changes; `false` at a contradiction.
pub(super) fn propagate(tables: &Tables, candidates: &mut [u32]) -> bool {
    let all = (1u32 << (tables.units.len() / 3)) - 1;
    loop {
        let mut changed = false;
        for unit in &tables.units {
            let (mut one, mut two) = (0, 0);
            for &cell in unit {
                two |= one & candidates[cell];
                one |= candidates[cell];
            }
            if one != all {
                return false;
            }
            for &cell in unit {
                let bit = candidates[cell] & one & !two;
                if bit == 0 || bit.is_power_of_two() && bit == candidates[cell] {
                    continue;
                }
                // Two digits with no other place make two bits: a contradiction.
                if !bit.is_power_of_two() || !assign(tables, candidates, cell, bit) {
                    return false;
                }
                changed = true;
            }
        }
        if !changed {
            return true;
        }
    }
}

/// The unsolved cell with the fewest candidates.
pub(super) fn branch_cell(candidates: &[u32]) -> Option<usize> {
    let unsolved = (0..candidates.len()).filter(|&cell| !candidates[cell].is_power_of_two());
    unsolved.min_by_key(|&cell| candidates[cell].count_ones())
}

pub(super) fn digits(candidates: &[u32]) -> Vec<u8> {
    candidates.iter().map(|bits| bits.trailing_zeros() as u8 + 1).collect()
}

#[cfg(all(test, feature = "csv"))]
mod tests {
    use super::*;
    use crate::sudoku::bitboard::{self, Board};

    /// Both solvers walk the same tree, guess by guess.
    #[test]
    fn agrees_with_the_bitboard() {
        let rows = crate::load_sudoku_extreme_dataset().unwrap().rows;
        for row in rows.iter().take(100) {
            for removed in 0..3 {
                let mut cells: [u8; 81] = row.puzzle.cells().try_into().unwrap();
                let givens = (0..81).filter(|&cell| row.puzzle.cells()[cell] != 0);
                givens.take(removed).for_each(|cell| cells[cell] = 0);
                let limits = Limits::solutions(20);
                let fast = bitboard::search(Board::new(&cells), limits);
                let slow = search(Geometry::STANDARD, &cells, limits);
                assert_eq!((fast.n_solutions, fast.guesses), (slow.n_solutions, slow.guesses));
                assert!(fast.solutions.iter().map(|cells| &cells[..]).eq(&slow.solutions));
            }
        }
    }
}
