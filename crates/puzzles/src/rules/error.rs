//! What can be wrong with a file of rules, and with a puzzle of its kind.

/// An error of this module. Cells are named as in the file: `r2c5`, or a number from 1.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RulesError {
    /// The file of rules cannot be used.
    #[error("line {line}: {fault}")]
    File {
        /// The line, from 1.
        line: usize,
        /// What is wrong there.
        fault: FileFault,
    },
    /// A puzzle with another number of cells.
    #[error("{found} cells, {expected} were expected")]
    Length {
        /// Cells of the rules.
        expected: usize,
        /// Cells found.
        found: usize,
    },
    /// A character that is neither a symbol nor a blank.
    #[error("{cell}: {found:?} is neither a symbol nor a blank")]
    Character {
        /// The cell.
        cell: String,
        /// The character.
        found: char,
    },
    /// A cell that holds what the file excludes there.
    #[error("{cell}: the rules exclude {symbol:?} there")]
    Excluded {
        /// The cell.
        cell: String,
        /// The symbol.
        symbol: char,
    },
    /// The givens break a rule.
    #[error("{0}")]
    Conflict(super::Fault),
    /// An answer that is not one of its question.
    #[error("the answer is wrong: {0}")]
    Answer(super::Fault),
    /// Groups that should come with the puzzle, and did not.
    #[error("the rules take the groups {group:?} from the column {column:?}, and there is none")]
    NoColumn {
        /// The group.
        group: String,
        /// The column.
        column: String,
    },
    /// Groups that came with the puzzle and cannot be used.
    #[error("column {column:?}: {fault}")]
    Column {
        /// The column.
        column: String,
        /// What is wrong.
        fault: FileFault,
    },
    /// No completion obeys the rules.
    #[error("the puzzle has no solution")]
    NoSolution,
    /// The generator cannot make groups of this column.
    #[error("the file does not say how to make the groups {group:?}: `make` is missing")]
    NoMaker {
        /// The group.
        group: String,
    },
    /// The generator found nothing within its limits.
    #[error(
        "gave up on puzzle {index} after {n_trials} trials without a filled board within {max_work} steps each"
    )]
    GaveUp {
        /// The puzzle, from 0.
        index: u64,
        /// Boards tried.
        n_trials: u64,
        /// Steps of each.
        max_work: u64,
    },
}

/// What is wrong at a place of a file of rules.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FileFault {
    /// No TOML.
    #[error("{0}")]
    Syntax(String),
    /// A key that means nothing.
    #[error("unknown key `{found}`, expected one of {expected}")]
    UnknownKey {
        /// The key.
        found: String,
        /// The keys that are known there.
        expected: &'static str,
    },
    /// A key that is needed.
    #[error("`{0}` is missing")]
    Missing(&'static str),
    /// A value of another type.
    #[error("`{key}` is {expected}")]
    Type {
        /// The key.
        key: &'static str,
        /// What it should be.
        expected: &'static str,
    },
    /// Both `grid` and `cells`, or neither.
    #[error("either `grid = [rows, columns]` or `cells = N` says which cells there are")]
    Shape,
    /// More than this program takes.
    #[error("{found} {what}, at most {max} are possible")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many.
        found: usize,
        /// How many are possible.
        max: usize,
    },
    /// Fewer than a puzzle needs.
    #[error("{found} {what}, at least {min} are needed")]
    TooFew {
        /// Of what.
        what: &'static str,
        /// How many.
        found: usize,
        /// How many are needed.
        min: usize,
    },
    /// A character that cannot be a symbol.
    #[error("{0:?} cannot be a symbol: it is a blank, a separator of data files, or no printed character")]
    Symbol(char),
    /// The same thing twice.
    #[error("{what} {found} stands twice")]
    Twice {
        /// What.
        what: &'static str,
        /// Which.
        found: String,
    },
    /// A name that is none.
    #[error("{0:?} is no name: 1 to 32 letters, digits, `-` and `_` are")]
    Name(String),
    /// A cell that is not there.
    #[error("there is no cell {found}: {known}")]
    Cell {
        /// The cell as it is written.
        found: String,
        /// The cells that there are.
        known: String,
    },
    /// A symbol that is not one of `symbols`.
    #[error("{0:?} is not one of the symbols")]
    UnknownSymbol(char),
    /// A group with more cells than symbols, all of which would have to differ.
    #[error("a group {name:?} of {cells} cells that all differ, and there are {symbols} symbols")]
    GroupTooLarge {
        /// The group.
        name: String,
        /// Its cells.
        cells: usize,
        /// The symbols.
        symbols: usize,
    },
    /// A word for cells that is not known.
    #[error(
        "{found:?} names no cells: known are `rows`, `columns`, `boxes HxW`, `diagonals`, `all diagonals`, \
         `knight moves`, `king moves`, and lists such as [\"r1c1 r2c2\", \"r4c4:r6c6\"] or [[1, 2], [2, 3]]"
    )]
    Generator {
        /// The word.
        found: String,
    },
    /// Groups by rows and columns, and the cells are no grid.
    #[error("`{0}` needs a `grid`")]
    NeedsGrid(String),
    /// Boxes that do not divide the grid.
    #[error("boxes of {height}x{width} do not divide a grid of {rows}x{columns}")]
    Boxes {
        /// Rows of a box.
        height: usize,
        /// Columns of a box.
        width: usize,
        /// Rows of the grid.
        rows: usize,
        /// Columns of the grid.
        columns: usize,
    },
    /// A word that is not known.
    #[error("{key} {found:?} is not known: {expected}")]
    Word {
        /// The key.
        key: &'static str,
        /// The word.
        found: String,
        /// What is known.
        expected: &'static str,
    },
    /// A rule about a symbol without it, or a symbol that the rule does not need.
    #[error("`symbol` belongs to the rules at_most_one and exactly_one, which need it")]
    RuleSymbol,
    /// A cell that may hold nothing.
    #[error("{0} may hold no symbol")]
    NothingLeft(String),
    /// Groups that cannot be made.
    #[error("`make = {make:?}` does not fit: {expected}")]
    Make {
        /// What should be made.
        make: String,
        /// What it needs.
        expected: &'static str,
    },
}
