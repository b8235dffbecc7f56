//! What a group of cells demands, and where its cells come from.

use super::make::Make;

/// What holds in a group of cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// No symbol stands twice; where there are as many cells as symbols, each stands once.
    AllDifferent,
    /// This symbol, an index, stands once or not at all.
    AtMostOne(u8),
    /// This symbol, an index, stands once.
    ExactlyOne(u8),
}

/// Groups of one name, rule and kind.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupSet {
    /// Their name.
    pub name: String,
    /// Their rule.
    pub rule: Rule,
    /// The kind of weights that their messages pass.
    pub kind: String,
    /// Whether intersections with groups of other sets are relations too.
    pub intersect: bool,
    /// Their cells.
    pub source: Source,
}

impl GroupSet {
    /// The groups, where the file has them.
    #[must_use]
    pub fn cells(&self) -> Option<&[Vec<u32>]> {
        match &self.source {
            Source::Cells(list) => Some(list),
            Source::Column { .. } => None,
        }
    }

    /// Whether the groups come with each puzzle.
    #[must_use]
    pub fn is_of_rows(&self) -> bool {
        self.cells().is_none()
    }
}

/// Where the cells of groups come from.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// The file.
    Cells(Vec<Vec<u32>>),
    /// A column of the data.
    Column {
        /// Its name.
        name: String,
        /// How the generator makes such groups.
        make: Option<Make>,
    },
}
