//! Whether cells obey the rules of their groups.

use super::Rules;
use super::puzzle::Puzzle;
use super::rule::Rule;
use super::structure::{Group, Structure};

/// The first rule that an answer breaks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// A cell that holds nothing.
    #[error("{cell} is blank")]
    Blank {
        /// The cell.
        cell: String,
    },
    /// A given that the answer changed.
    #[error("{cell} was given as {given}, and is {found}")]
    Changed {
        /// The cell.
        cell: String,
        /// The symbol of the question.
        given: char,
        /// The symbol of the answer.
        found: char,
    },
    /// A symbol that the file excludes in a cell.
    #[error("{cell} may not hold {symbol}")]
    Excluded {
        /// The cell.
        cell: String,
        /// The symbol.
        symbol: char,
    },
    /// A symbol twice in a group.
    #[error("{symbol} stands twice in a {group}: {} and {}", cells[0], cells[1])]
    Repeated {
        /// The name of the group.
        group: String,
        /// The symbol.
        symbol: char,
        /// The first two cells that hold it.
        cells: [String; 2],
    },
    /// A symbol that a group needs.
    #[error("no {symbol} in the {group} that begins at {cell}")]
    NotThere {
        /// The name of the group.
        group: String,
        /// The symbol.
        symbol: char,
        /// The first cell of the group.
        cell: String,
    },
}

impl Rules {
    /// What is wrong with an answer to a puzzle; `None` where it obeys the rules.
    #[must_use]
    pub fn fault(&self, puzzle: &Puzzle, cells: &[u8]) -> Option<Fault> {
        let name = |cell: usize| self.shape.name(cell);
        for (cell, (given, found)) in puzzle.cells.iter().zip(cells).enumerate() {
            let (symbol, given_symbol) = (self.symbol(*found), self.symbol(*given));
            match (*given, *found) {
                (_, 0) => return Some(Fault::Blank { cell: name(cell) }),
                (0, found) if self.allowed[cell] >> (found - 1) & 1 == 0 => {
                    return Some(Fault::Excluded { cell: name(cell), symbol });
                }
                (given, found) if given != 0 && given != found => {
                    return Some(Fault::Changed { cell: name(cell), given: given_symbol, found: symbol });
                }
                _ => {}
            }
        }
        let missing = |group: &Group| match group.rule {
            Rule::ExactlyOne(symbol) if group.cells.iter().all(|c| cells[*c as usize] != symbol + 1) => {
                let (symbol, cell) = (self.symbol(symbol + 1), name(group.cells[0] as usize));
                Some(Fault::NotThere { group: self.sets[group.set].name.clone(), symbol, cell })
            }
            _ => None,
        };
        let structure = &puzzle.structure;
        self.conflict(structure, cells).or_else(|| structure.groups.iter().find_map(missing))
    }

    /// The first symbol that stands twice where it may not; blanks break no rule.
    pub(super) fn conflict(&self, structure: &Structure, cells: &[u8]) -> Option<Fault> {
        structure.groups.iter().find_map(|group| {
            let mut first = [None; 65];
            for &cell in &group.cells {
                let found = cells[cell as usize];
                let counts = match group.rule {
                    Rule::AllDifferent => found != 0,
                    Rule::AtMostOne(symbol) | Rule::ExactlyOne(symbol) => found == symbol + 1,
                };
                if !counts {
                    continue;
                }
                if let Some(first) = first[usize::from(found)].replace(cell) {
                    let cells = [first, cell].map(|cell| self.shape.name(cell as usize));
                    let group = self.sets[group.set].name.clone();
                    return Some(Fault::Repeated { group, symbol: self.symbol(found), cells });
                }
            }
            None
        })
    }
}
