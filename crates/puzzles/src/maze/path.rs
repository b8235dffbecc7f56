//! An answer: which cells are marked, and the path they form.

use crate::PuzzleError;
use crate::maze::{Cell, Maze, PathError};

/// The marked cells of an answer.
///
/// Start and goal belong to the path whether they are marked or not; published answers do not
/// mark them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MazePath {
    width: usize,
    marked: Vec<bool>, // [height x width]
}

impl MazePath {
    /// No cell marked.
    pub fn empty(height: usize, width: usize) -> Self {
        Self::from_marks(height, width, vec![false; height * width])
    }

    /// Marks given cell by cell.
    ///
    /// # Panics
    /// If there are not `height * width` marks.
    pub fn from_marks(height: usize, width: usize, marked: Vec<bool>) -> Self {
        assert_eq!(marked.len(), height * width, "marks of a {height} x {width} maze");
        Self { width, marked }
    }

    /// Reads the answer of `maze` from one line: the question with some spaces turned to `o`.
    ///
    /// # Errors
    /// Another length, another character, or a cell other than the question's.
    pub fn parse(maze: &Maze, text: &str) -> Result<Self, PuzzleError> {
        let (expected, found) = (maze.n_cells(), text.chars().count());
        if found != expected {
            return Err(PuzzleError::MazeLength { expected, found });
        }
        let mut path = Self::empty(maze.height(), maze.width());
        for (i, found) in text.chars().enumerate() {
            let cell = maze.cell(i);
            let (row, column) = maze.row_column(i);
            match found {
                'o' if cell == Cell::Free => path.mark(i),
                _ if found == cell.symbol() => {}
                '#' | ' ' | 'S' | 'G' | 'o' => {
                    let expected = cell.symbol();
                    return Err(PuzzleError::MazeAnswer { row, column, expected, found });
                }
                _ => return Err(PuzzleError::MazeCharacter { row, column, found }),
            }
        }
        Ok(path)
    }

    /// Rows.
    pub fn height(&self) -> usize {
        self.marked.len().checked_div(self.width).unwrap_or(0)
    }

    /// Columns.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Whether a cell is marked.
    ///
    /// # Panics
    /// Outside the maze.
    pub fn is_marked(&self, i: usize) -> bool {
        self.marked[i]
    }

    /// The marks, row by row: `[height x width]`.
    pub fn marks(&self) -> &[bool] {
        &self.marked
    }

    /// Marks a cell.
    ///
    /// # Panics
    /// Outside the maze.
    pub fn mark(&mut self, i: usize) {
        self.marked[i] = true;
    }

    /// Takes the mark off a cell.
    ///
    /// # Panics
    /// Outside the maze.
    pub fn clear(&mut self, i: usize) {
        self.marked[i] = false;
    }

    /// Marked cells.
    pub fn n_marked(&self) -> usize {
        self.marked.iter().filter(|&&marked| marked).count()
    }

    /// Rows and columns of the path from start to goal, both included.
    ///
    /// The marked cells, with start and goal, must be joined in one way only: no forks, no loops,
    /// no strays. A path that touches itself has a short cut, and so counts as forked.
    ///
    /// # Errors
    /// The first fault met on the way from the start.
    pub fn ordered(&self, maze: &Maze) -> Result<Vec<(usize, usize)>, PathError> {
        self.check_cells(maze)?;
        let mut path = vec![maze.start()];
        let mut previous = maze.start();
        let mut cell = maze.start();
        // This ends: a cell that could be entered twice has three ways (the start, two), and was
        // a fork the first time.
        loop {
            let (row, column) = maze.row_column(cell);
            let mut ways =
                maze.neighbours(cell).filter(|&next| next != previous && self.is_on_path(maze, next));
            match (ways.next(), ways.next()) {
                (None, _) if cell == maze.goal() => break,
                (None, _) => return Err(PathError::DeadEnd { row, column }),
                (Some(next), None) if cell != maze.goal() => {
                    (previous, cell) = (cell, next);
                    path.push(next);
                }
                _ => return Err(PathError::Fork { row, column }),
            }
        }
        self.check_strays(maze, &path)?;
        Ok(path.into_iter().map(|i| maze.row_column(i)).collect())
    }

    /// Whether a cell is marked, or the start, or the goal.
    pub(crate) fn is_on_path(&self, maze: &Maze, i: usize) -> bool {
        self.marked[i] || i == maze.start() || i == maze.goal()
    }

    fn check_cells(&self, maze: &Maze) -> Result<(), PathError> {
        let (maze_size, path_size) = ((maze.height(), maze.width()), (self.height(), self.width));
        if maze_size != path_size {
            return Err(PathError::Size { maze: maze_size, path: path_size });
        }
        match (0..maze.n_cells()).find(|&i| self.marked[i] && maze.is_wall(i)) {
            None => Ok(()),
            Some(i) => {
                let (row, column) = maze.row_column(i);
                Err(PathError::Wall { row, column })
            }
        }
    }

    fn check_strays(&self, maze: &Maze, path: &[usize]) -> Result<(), PathError> {
        let mut visited = vec![false; maze.n_cells()];
        for &i in path {
            visited[i] = true;
        }
        match (0..maze.n_cells()).find(|&i| self.marked[i] && !visited[i]) {
            None => Ok(()),
            Some(i) => {
                let (row, column) = maze.row_column(i);
                Err(PathError::Stray { row, column })
            }
        }
    }
}
