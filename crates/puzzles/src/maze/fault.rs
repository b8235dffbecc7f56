//! What keeps marked cells from being one simple path.

/// Why marked cells are not one simple path from start to goal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PathError {
    /// The path and the maze differ in size.
    #[error("the maze has {} x {} cells, the answer {} x {}", maze.0, maze.1, path.0, path.1)]
    Size {
        /// Height and width of the maze.
        maze: (usize, usize),
        /// Height and width of the path.
        path: (usize, usize),
    },
    /// A wall is marked.
    #[error("row {}, column {}: a wall is marked", row + 1, column + 1)]
    Wall {
        /// The row, from 0.
        row: usize,
        /// The column, from 0.
        column: usize,
    },
    /// The path ends before the goal.
    #[error("row {}, column {}: the path ends before the goal", row + 1, column + 1)]
    DeadEnd {
        /// The row, from 0.
        row: usize,
        /// The column, from 0.
        column: usize,
    },
    /// The path can go on in two ways.
    #[error("row {}, column {}: the path can go on in two ways", row + 1, column + 1)]
    Fork {
        /// The row, from 0.
        row: usize,
        /// The column, from 0.
        column: usize,
    },
    /// A marked cell lies off the path.
    #[error("row {}, column {}: marked, but not on the path", row + 1, column + 1)]
    Stray {
        /// The row, from 0.
        row: usize,
        /// The column, from 0.
        column: usize,
    },
}
