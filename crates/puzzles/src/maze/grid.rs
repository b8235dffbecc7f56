//! The maze itself: cells, parsing, printing.

use crate::PuzzleError;

/// The longest side of a maze; what is larger is refused before memory is taken for it.
pub const MAX_SIDE: usize = 1024;

/// What stands in a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cell {
    /// `#`: no way through.
    Wall,
    /// A space.
    Free,
    /// `S`: where the path begins.
    Start,
    /// `G`: where it ends.
    Goal,
}

impl Cell {
    /// The character of this cell in the published files.
    pub fn symbol(self) -> char {
        match self {
            Cell::Wall => '#',
            Cell::Free => ' ',
            Cell::Start => 'S',
            Cell::Goal => 'G',
        }
    }
}

/// A maze of `height` x `width` cells with one start and one goal.
///
/// The goal need not be reachable: only a [`label`](crate::maze::label) asks for that.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Maze {
    height: usize,
    width: usize,
    walls: Vec<bool>, // [height x width]
    start: usize,
    goal: usize,
}

impl Maze {
    /// Reads a square maze from one line, as published: `#`, space, `S`, `G`; the `o` of an
    /// answer reads as a free cell. Spaces are cells: nothing is trimmed.
    ///
    /// # Errors
    /// An empty line, a length that is no square, sides beyond [`MAX_SIDE`], other characters, no
    /// or two `S` or `G`.
    pub fn parse(text: &str) -> Result<Self, PuzzleError> {
        let n_cells = text.chars().count();
        if n_cells == 0 {
            return Err(PuzzleError::MazeEmpty);
        }
        let side = n_cells.isqrt();
        if side * side != n_cells {
            return Err(PuzzleError::MazeNotSquare { n_cells });
        }
        Self::parse_with(side, side, text)
    }

    /// Reads a maze of any shape from one line, row after row.
    ///
    /// # Errors
    /// As [`Maze::parse`], and a length other than `height * width`.
    pub fn parse_with(height: usize, width: usize, text: &str) -> Result<Self, PuzzleError> {
        check_sides(height, width)?;
        let found = text.chars().count();
        if found == 0 {
            return Err(PuzzleError::MazeEmpty);
        }
        if found != height * width {
            let expected = height * width;
            return Err(PuzzleError::MazeLength { expected, found });
        }
        let mut walls = vec![false; found];
        let (mut start, mut goal) = (None, None);
        for (i, found) in text.chars().enumerate() {
            let (row, column) = (i / width, i % width);
            match found {
                '#' => walls[i] = true,
                ' ' | 'o' => {}
                'S' => set_once(&mut start, found, (row, column))?,
                'G' => set_once(&mut goal, found, (row, column))?,
                _ => return Err(PuzzleError::MazeCharacter { row, column, found }),
            }
        }
        let (row, column) = start.ok_or(PuzzleError::MazeMissing { cell: 'S' })?;
        let start = row * width + column;
        let (row, column) = goal.ok_or(PuzzleError::MazeMissing { cell: 'G' })?;
        let goal = row * width + column;
        Ok(Self { height, width, walls, start, goal })
    }

    /// Reads a maze from one line of text per row; a line end may be `\n` or `\r\n`.
    ///
    /// # Errors
    /// As [`Maze::parse_with`], and rows of unequal length.
    pub fn parse_rows(text: &str) -> Result<Self, PuzzleError> {
        Self::from_rows(&text.lines().collect::<Vec<_>>())
    }

    /// A maze from its rows.
    pub(crate) fn from_rows(rows: &[&str]) -> Result<Self, PuzzleError> {
        let width = rows.first().map_or(0, |row| row.chars().count());
        if rows.len() > MAX_SIDE || width > MAX_SIDE {
            check_sides(rows.len(), width)?;
        }
        for (row, cells) in rows.iter().enumerate() {
            let found = cells.chars().count();
            if found != width {
                return Err(PuzzleError::MazeRagged { row, expected: width, found });
            }
        }
        if width == 0 {
            return Err(PuzzleError::MazeEmpty);
        }
        Self::parse_with(rows.len(), width, &rows.concat())
    }

    /// A maze from its parts, for the generator, which knows them to fit.
    pub(crate) fn from_parts(width: usize, walls: Vec<bool>, start: usize, goal: usize) -> Self {
        let height = walls.len() / width;
        assert_eq!(height * width, walls.len(), "walls do not fill rows of {width}");
        assert!(start != goal && !walls[start] && !walls[goal]);
        Self { height, width, walls, start, goal }
    }

    /// What stands at this row and column.
    ///
    /// # Panics
    /// Outside the maze.
    pub fn get(&self, row: usize, column: usize) -> Cell {
        let (height, width) = (self.height, self.width);
        assert!(row < height && column < width, "({row}, {column}) in {height} x {width}");
        self.cell(row * width + column)
    }

    /// What stands in this cell, counted row by row.
    ///
    /// # Panics
    /// Outside the maze.
    pub fn cell(&self, i: usize) -> Cell {
        match i {
            _ if i == self.start => Cell::Start,
            _ if i == self.goal => Cell::Goal,
            _ if self.walls[i] => Cell::Wall,
            _ => Cell::Free,
        }
    }

    /// Rows.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Columns.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows times columns.
    pub fn n_cells(&self) -> usize {
        self.walls.len()
    }

    /// The cell of `S`.
    pub fn start(&self) -> usize {
        self.start
    }

    /// The cell of `G`.
    pub fn goal(&self) -> usize {
        self.goal
    }

    /// Whether a cell is a wall.
    ///
    /// # Panics
    /// Outside the maze.
    pub fn is_wall(&self, i: usize) -> bool {
        self.walls[i]
    }

    /// Row and column of a cell.
    pub fn row_column(&self, i: usize) -> (usize, usize) {
        (i / self.width, i % self.width)
    }

    /// The cells one step from `i` that are no walls: down, left, right, up, in this order.
    pub fn neighbours(&self, i: usize) -> impl Iterator<Item = usize> + use<'_> {
        let (row, column) = self.row_column(i);
        let down = (row + 1 < self.height).then(|| i + self.width);
        let left = (column > 0).then(|| i - 1);
        let right = (column + 1 < self.width).then(|| i + 1);
        let up = (row > 0).then(|| i - self.width);
        [down, left, right, up].into_iter().flatten().filter(|&next| !self.walls[next])
    }
}

/// Refuses sides of 0 and beyond [`MAX_SIDE`].
pub(crate) fn check_sides(height: usize, width: usize) -> Result<(), PuzzleError> {
    let allowed = 1..=MAX_SIDE;
    if allowed.contains(&height) && allowed.contains(&width) {
        return Ok(());
    }
    Err(PuzzleError::MazeSide { height, width, least: 1, max: MAX_SIDE })
}

fn set_once(
    slot: &mut Option<(usize, usize)>,
    cell: char,
    second: (usize, usize),
) -> Result<(), PuzzleError> {
    match slot.replace(second) {
        None => Ok(()),
        Some(first) => Err(PuzzleError::MazeRepeated { cell, first, second }),
    }
}
