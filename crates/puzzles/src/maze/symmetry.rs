//! The eight ways to lay a maze down.

use crate::maze::Maze;

impl Maze {
    /// One line for all rotations and reflections of this maze: the height, and the smallest of its eight texts.
    ///
    /// ```
    /// use puzzles::maze::Maze;
    /// let (maze, mirrored, other) = (Maze::parse("S #  # G ")?, Maze::parse("# S#   G ")?, Maze::parse("S##  # G ")?);
    /// assert_eq!(maze.canonical(), mirrored.canonical());
    /// assert_ne!(maze.canonical(), other.canonical());
    /// # Ok::<(), puzzles::PuzzleError>(())
    /// ```
    pub fn canonical(&self) -> (usize, String) {
        let (height, width) = (self.height(), self.width());
        let image = |way: usize| {
            let (rows, columns) = if way & 4 == 0 { (height, width) } else { (width, height) };
            let cell = |i: usize| {
                let (row, column) = (i / columns, i % columns);
                let row = if way & 1 == 0 { row } else { rows - 1 - row };
                let column = if way & 2 == 0 { column } else { columns - 1 - column };
                let (row, column) = if way & 4 == 0 { (row, column) } else { (column, row) };
                self.cell(row * width + column).symbol()
            };
            (rows, (0..rows * columns).map(cell).collect::<String>())
        };
        (0..8).map(image).min().expect("eight images")
    }
}
