//! What the rules say of an answer.

use std::fmt;

use super::Unit;

/// What the rules say of an answer; the first thing wrong is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Complete, obeys the rules and keeps the givens.
    Solved,
    /// The answer has another shape than the puzzle.
    OtherGeometry,
    /// A given was changed or blanked.
    GivenChanged {
        /// Row of the given.
        row: usize,
        /// Column of the given.
        column: usize,
    },
    /// Cells were left blank.
    Incomplete {
        /// How many.
        n_blanks: usize,
    },
    /// A digit stands twice.
    RuleBroken {
        /// The digit.
        digit: u8,
        /// Where it stands twice.
        unit: Unit,
    },
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Solved => write!(f, "solved"),
            Self::OtherGeometry => write!(f, "the grids differ in size"),
            Self::GivenChanged { row, column } => {
                write!(f, "the given in row {}, column {} was changed", row + 1, column + 1)
            }
            Self::Incomplete { n_blanks } => write!(f, "{n_blanks} blank cells"),
            Self::RuleBroken { digit, unit } => write!(f, "{digit} stands twice in {unit}"),
        }
    }
}
