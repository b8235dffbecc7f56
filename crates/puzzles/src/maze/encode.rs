//! Mazes as numbers for a model, and a model's numbers as marked cells.

use ndarray::{Array2, ArrayView2};

use crate::PuzzleError;
use crate::maze::{Cell, Maze, MazePath, MazeRow};

/// Tokens of the official checkpoints: 0 padding, then `#`, space, `S`, `G`, `o`.
pub const TOKENS: [char; 5] = ['#', ' ', 'S', 'G', 'o'];

const N_TOKENS: usize = TOKENS.len() + 1;
const PATH_TOKEN: usize = 5;

/// How cells become numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Layout {
    /// Question: one-hot over free, `S`, `G`; a wall is all zero, which is an absent token.
    /// Answer: one logit, above 0 on the path.
    #[default]
    Marks,
    /// Question and answer: one-hot over the six tokens of the official checkpoints ([`TOKENS`]).
    Cells,
}

impl Layout {
    /// Numbers per cell of a question.
    pub fn embedding_dim(self) -> usize {
        match self {
            Layout::Marks => 3,
            Layout::Cells => N_TOKENS,
        }
    }

    /// Numbers per cell of an answer.
    pub fn answer_dim(self) -> usize {
        match self {
            Layout::Marks => 1,
            Layout::Cells => N_TOKENS,
        }
    }
}

/// Turns mazes into rows of features. Owns no weights.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MazeEncoder {
    layout: Layout,
}

impl MazeEncoder {
    /// An encoder of [`Layout::Marks`].
    pub fn new() -> Self {
        Self::default()
    }

    /// An encoder of the given layout.
    pub fn with_layout(layout: Layout) -> Self {
        Self { layout }
    }

    /// The layout.
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// Numbers per cell of a question: 3, or 6 in [`Layout::Cells`].
    pub fn embedding_dim(&self) -> usize {
        self.layout.embedding_dim()
    }

    /// Numbers per cell of an answer: 1, or 6 in [`Layout::Cells`].
    pub fn answer_dim(&self) -> usize {
        self.layout.answer_dim()
    }

    /// The question.
    ///
    /// # Shapes
    /// `[n_cells x embedding_dim]`
    pub fn encode_maze(&self, maze: &Maze) -> Vec<f32> {
        self.encode_maze_array(maze).into_raw_vec_and_offset().0
    }

    /// [`encode_maze`](Self::encode_maze) as an array.
    pub fn encode_maze_array(&self, maze: &Maze) -> Array2<f32> {
        let mut question = Array2::zeros((maze.n_cells(), self.embedding_dim()));
        for (i, mut features) in question.outer_iter_mut().enumerate() {
            let hot = match self.layout {
                Layout::Marks => match maze.cell(i) {
                    Cell::Wall => continue,
                    Cell::Free => 0,
                    Cell::Start => 1,
                    Cell::Goal => 2,
                },
                Layout::Cells => token(maze.cell(i)),
            };
            features[hot] = 1.0;
        }
        question
    }

    /// The initial answer: the path is at the start, and has gone nowhere yet.
    ///
    /// # Shapes
    /// `[n_cells x answer_dim]`, 1 at the start (in [`Layout::Cells`] at its token `S`), else 0.
    pub fn encode_start_position(&self, maze: &Maze) -> Vec<f32> {
        self.encode_start_position_array(maze).into_raw_vec_and_offset().0
    }

    /// [`encode_start_position`](Self::encode_start_position) as an array.
    pub fn encode_start_position_array(&self, maze: &Maze) -> Array2<f32> {
        let mut answer = Array2::zeros((maze.n_cells(), self.answer_dim()));
        let hot = match self.layout {
            Layout::Marks => 0,
            Layout::Cells => token(Cell::Start),
        };
        answer[(maze.start(), hot)] = 1.0;
        answer
    }

    /// The answer to learn: 1 on each `o`, else 0; in [`Layout::Cells`] one-hot over tokens.
    ///
    /// # Shapes
    /// `[n_cells x answer_dim]`
    pub fn target_answer(&self, row: &MazeRow) -> Vec<f32> {
        self.target_answer_array(row).into_raw_vec_and_offset().0
    }

    /// [`target_answer`](Self::target_answer) as an array.
    pub fn target_answer_array(&self, row: &MazeRow) -> Array2<f32> {
        let marks = row.answer.marks();
        let mut answer = Array2::zeros((marks.len(), self.answer_dim()));
        for (i, mut cell) in answer.outer_iter_mut().enumerate() {
            match self.layout {
                Layout::Marks => cell[0] = f32::from(u8::from(marks[i])),
                Layout::Cells => {
                    let hot = if marks[i] { PATH_TOKEN } else { token(row.maze.cell(i)) };
                    cell[hot] = 1.0;
                }
            }
        }
        answer
    }
}

/// Turns a model's answer into marked cells. Owns no weights.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MazeDecoder {
    size: Option<(usize, usize)>, // any square if none
    layout: Layout,
}

impl MazeDecoder {
    /// A decoder of square mazes of any size, in [`Layout::Marks`].
    pub fn new() -> Self {
        Self::default()
    }

    /// A decoder of mazes of one size.
    pub fn with(height: usize, width: usize, layout: Layout) -> Self {
        Self { size: Some((height, width)), layout }
    }

    /// The marked cells: a logit above 0, or in [`Layout::Cells`] the greatest of six at `o`.
    /// A number that is not one (NaN) marks nothing.
    ///
    /// # Shapes
    /// `answer`: `[height x width x answer_dim]`
    ///
    /// # Panics
    /// On any other length.
    pub fn decode(&self, answer: &[f32]) -> MazePath {
        let dim = self.layout.answer_dim();
        let (height, width) = self.size_of(answer.len() / dim);
        let cells = ArrayView2::from_shape((answer.len() / dim, dim), &answer[..answer.len() / dim * dim]);
        let is_whole = answer.len() == height * width * dim;
        let decoded = cells.ok().filter(|_| is_whole).map(|answer| self.decode_array(answer));
        let found = answer.len();
        decoded
            .and_then(Result::ok)
            .unwrap_or_else(|| panic!("answer of {height} x {width} x {dim}, found {found}"))
    }

    /// [`decode`](Self::decode) of an array `[height x width, answer_dim]`.
    ///
    /// # Errors
    /// [`PuzzleError::Shape`] for an array of another shape.
    pub fn decode_array(&self, answer: ArrayView2<f32>) -> Result<MazePath, PuzzleError> {
        let (height, width) = self.size_of(answer.nrows());
        let (expected, found) =
            ([height * width, self.layout.answer_dim()], [answer.nrows(), answer.ncols()]);
        if found != expected {
            return Err(PuzzleError::Shape { expected, found });
        }
        let marked = answer.outer_iter().map(|cell| match self.layout {
            Layout::Marks => cell[0] > 0.0,
            Layout::Cells => cell.iter().take(PATH_TOKEN).all(|&other| cell[PATH_TOKEN] > other),
        });
        Ok(MazePath::from_marks(height, width, marked.collect()))
    }

    /// Rows and columns: those that were asked for, else the square of about so many cells.
    fn size_of(&self, n_cells: usize) -> (usize, usize) {
        let side = n_cells.isqrt();
        self.size.unwrap_or((side, side))
    }
}

fn token(cell: Cell) -> usize {
    match cell {
        Cell::Wall => 1,
        Cell::Free => 2,
        Cell::Start => 3,
        Cell::Goal => 4,
    }
}
