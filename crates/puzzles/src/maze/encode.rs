//! Mazes as numbers for a model, and a model's numbers as marked cells.

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
        let dim = self.embedding_dim();
        let mut question = vec![0.0; maze.n_cells() * dim];
        for (i, features) in question.chunks_exact_mut(dim).enumerate() {
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
        let dim = self.answer_dim();
        let mut answer = vec![0.0; maze.n_cells() * dim];
        let hot = match self.layout {
            Layout::Marks => 0,
            Layout::Cells => token(Cell::Start),
        };
        answer[maze.start() * dim + hot] = 1.0;
        answer
    }

    /// The answer to learn: 1 on each `o`, else 0; in [`Layout::Cells`] one-hot over tokens.
    ///
    /// # Shapes
    /// `[n_cells x answer_dim]`
    pub fn target_answer(&self, row: &MazeRow) -> Vec<f32> {
        let marks = row.answer.marks();
        match self.layout {
            Layout::Marks => marks.iter().map(|&marked| f32::from(u8::from(marked))).collect(),
            Layout::Cells => {
                let mut answer = vec![0.0; marks.len() * N_TOKENS];
                for (i, tokens) in answer.chunks_exact_mut(N_TOKENS).enumerate() {
                    let hot = if marks[i] { PATH_TOKEN } else { token(row.maze.cell(i)) };
                    tokens[hot] = 1.0;
                }
                answer
            }
        }
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
        let n_cells = answer.len() / dim;
        let side = n_cells.isqrt();
        let (height, width) = self.size.unwrap_or((side, side));
        let expected = height * width * dim;
        assert_eq!(answer.len(), expected, "answer of {height} x {width} x {dim}");
        let marked = answer.chunks_exact(dim).map(|cell| match self.layout {
            Layout::Marks => cell[0] > 0.0,
            Layout::Cells => cell[..PATH_TOKEN].iter().all(|&other| cell[PATH_TOKEN] > other),
        });
        MazePath::from_marks(height, width, marked.collect())
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
