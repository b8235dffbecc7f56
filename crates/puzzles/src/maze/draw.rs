//! The maze as text, with or without a path in it.

use std::fmt;

use crate::maze::{Cell, Maze, MazePath};

impl Maze {
    /// The maze as one line per row, with the cells of `path` as `o`.
    ///
    /// # Panics
    /// If the path is of another size.
    pub fn draw(&self, path: Option<&MazePath>) -> String {
        let mut drawing = String::with_capacity(self.n_cells() + self.height());
        for (i, symbol) in self.symbols(path).enumerate() {
            drawing.push(symbol);
            if (i + 1) % self.width() == 0 {
                drawing.push('\n');
            }
        }
        drawing
    }

    /// The maze as one line, with the cells of `path` as `o`: the published form of an answer.
    ///
    /// # Panics
    /// If the path is of another size.
    pub fn answer_line(&self, path: &MazePath) -> String {
        self.symbols(Some(path)).collect()
    }

    /// A mark on a wall, `S` or `G` is not drawn: what the maze has there is drawn instead.
    fn symbols<'a>(&'a self, path: Option<&'a MazePath>) -> impl Iterator<Item = char> + 'a {
        if let Some(path) = path {
            assert_eq!((path.height(), path.width()), (self.height(), self.width()), "path size");
        }
        (0..self.n_cells()).map(move |i| match self.cell(i) {
            Cell::Free if path.is_some_and(|p| p.is_marked(i)) => 'o',
            cell => cell.symbol(),
        })
    }
}

/// Prints the maze as one line, as published.
impl fmt::Display for Maze {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.symbols(None).collect::<String>())
    }
}
