//! Kinds of puzzles as data: cells, symbols, and groups of cells with a rule each, read from a TOML file.
//!
//! ```
//! use puzzles::rules::{Limits, Rules, Solutions, solutions};
//! let rules = Rules::parse(
//!     r#"
//!     name = "Latin square of 3"
//!     grid = [3, 3]
//!     symbols = "ABC"
//!     groups = [{ name = "row", cells = "rows" }, { name = "column", cells = "columns" }]
//!     "#,
//! )?;
//! let puzzle = rules.puzzle("A.. .B. ...", &[])?;
//! let Solutions::One(cells) = solutions(&puzzle, Limits::default()) else { panic!() };
//! assert_eq!(rules.text(&cells), "ACBCBABAC");
//! # Ok::<(), puzzles::rules::RulesError>(())
//! ```

mod board;
mod cells;
mod encode;
mod error;
mod generate;
mod make;
mod parse;
mod puzzle;
#[cfg(feature = "csv")]
mod rows;
mod rule;
mod solver;
mod structure;
mod verdict;

pub use cells::{MAX_CELLS, Shape};
pub use error::{FileFault, RulesError};
pub use generate::{Recipe, generate, generate_row};
pub use make::Make;
pub use parse::{MAX_CANDIDATES, MAX_FILE_BYTES, MAX_SYMBOLS};
pub use puzzle::{Puzzle, Row};
#[cfg(feature = "csv")]
pub use rows::{open_rules, read_rules_csv, read_rules_questions, write_rules_csv};
pub use rule::{GroupSet, Rule, Source};
pub use solver::{Limits, Solutions, solutions};
pub use structure::{CELL_KIND, Group, NO_GROUP, Relation, Structure, TRIAD_KIND};
pub use verdict::Fault;

use std::sync::Arc;

/// The file of the usual Sudoku.
pub const SUDOKU: &str = include_str!("sudoku.toml");

/// A kind of puzzle.
#[derive(Debug, Clone, PartialEq)]
pub struct Rules {
    name: String,
    text: String,
    shape: Shape,
    symbols: Vec<char>,
    sets: Vec<GroupSet>,
    /// `[cells]`: the symbols that each may hold, as bits.
    allowed: Vec<u64>,
    /// `[cells]`: the symbol that the file fixes, from 1, or 0.
    fixed: Vec<u8>,
    /// The symbols that the generator may give, as bits.
    givens: u64,
    /// The structure of all puzzles, where no groups come with them.
    structure: Option<Arc<Structure>>,
}

impl Rules {
    /// Reads a file of rules.
    ///
    /// # Errors
    /// [`RulesError::File`] with the line and the reason. Every size is bounded before memory is taken.
    pub fn parse(text: &str) -> Result<Self, RulesError> {
        parse::parse(text)
    }

    /// The usual Sudoku.
    #[must_use]
    pub fn sudoku() -> Self {
        Self::parse(SUDOKU).expect("a file of this crate")
    }

    /// The name of the kind.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The file that they were read from.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.text
    }

    /// The cells.
    #[must_use]
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// The symbols.
    #[must_use]
    pub fn symbols(&self) -> &[char] {
        &self.symbols
    }

    /// The sets of groups.
    #[must_use]
    pub fn sets(&self) -> &[GroupSet] {
        &self.sets
    }

    /// The columns of data files that groups come from.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.sets.iter().filter_map(|set| match &set.source {
            Source::Column { name, .. } => Some(name.as_str()),
            Source::Cells(_) => None,
        })
    }

    /// The structure of all puzzles of the kind, where no groups come with each.
    #[must_use]
    pub fn structure(&self) -> Option<&Arc<Structure>> {
        self.structure.as_ref()
    }

    /// A structure that all puzzles of the kind have the size and the kinds of weights of: that of all, or one whose
    /// groups that come with a puzzle are missing.
    #[must_use]
    pub fn template(&self) -> Arc<Structure> {
        self.structure.clone().unwrap_or_else(|| {
            let lists: Vec<_> = self.sets.iter().map(|set| set.cells().unwrap_or_default()).collect();
            Arc::new(
                Structure::new(&self.allowed, self.symbols.len(), &self.sets, &lists).expect("fewer groups"),
            )
        })
    }

    /// The structure of a puzzle with these groups of its own: a list for each column.
    ///
    /// # Errors
    /// [`RulesError::Column`]
    fn structure_with(&self, lists: &[Vec<Vec<u32>>]) -> Result<Arc<Structure>, RulesError> {
        if let Some(structure) = &self.structure {
            return Ok(structure.clone());
        }
        let mut own = lists.iter();
        let mut next = || own.next().map_or(&[][..], Vec::as_slice);
        let all: Vec<&[Vec<u32>]> =
            self.sets.iter().map(|set| set.cells().unwrap_or_else(&mut next)).collect();
        let wrong = |fault| {
            let column = self.columns().next().unwrap_or_default().to_owned();
            RulesError::Column { column, fault }
        };
        cells::check_size(all.iter().copied().flatten()).map_err(wrong)?;
        let structure = Structure::new(&self.allowed, self.symbols.len(), &self.sets, &all).map_err(wrong)?;
        Ok(Arc::new(structure))
    }
}
