//! A puzzle as features, a solution as targets. No learned weights here.

use ndarray::{Array2, ArrayViewMut2};

use super::{Geometry, Grid};

/// What a token of the question stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Layout {
    /// One token per candidate, `side^3` in all, at `(row * side + col) * side + digit - 1`.
    ///
    /// Two features: `open`, `given`. A candidate excluded by a given in its cell, row, column or
    /// box has neither, and an engine may leave it out. Nothing else is worked out beforehand.
    #[default]
    Candidates,
    /// One token per cell, one-hot over `side + 2` symbols: padding, blank, digit `d` at `d + 1`.
    ///
    /// For 3x3 boxes the vocabulary of 11 of the reference, `dataset/build_sudoku_dataset.py`.
    Cells,
}

/// Turns a puzzle into features and its solution into targets.
///
/// ```
/// use puzzles::sudoku::{Grid, SudokuEncoder};
/// let puzzle = Grid::parse(&format!("5{}", ".".repeat(80)))?;
/// let features = SudokuEncoder::new().encode_puzzle(&puzzle);
/// assert_eq!(features.len(), 729 * 2);
/// assert_eq!(features[2 * 3..2 * 5], [0.0, 0.0, 0.0, 1.0]); // 4 is excluded, 5 is given
/// # Ok::<(), puzzles::PuzzleError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SudokuEncoder {
    geometry: Geometry,
    layout: Layout,
}

impl SudokuEncoder {
    /// Boxes of 3x3, one token per candidate.
    pub fn new() -> Self {
        Self::default()
    }

    /// Any geometry and layout.
    pub fn with(geometry: Geometry, layout: Layout) -> Self {
        Self { geometry, layout }
    }

    /// The geometry of the grids to encode.
    pub fn geometry(&self) -> Geometry {
        self.geometry
    }

    /// What a token stands for.
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// Number of tokens: 729 candidates or 81 cells for 3x3 boxes.
    pub fn n_tokens(&self) -> usize {
        self.layout.n_tokens(self.geometry)
    }

    /// Features per token of the question: 2, or `side + 2`.
    pub fn embedding_dim(&self) -> usize {
        match self.layout {
            Layout::Candidates => 2,
            Layout::Cells => self.geometry.side() + 2,
        }
    }

    /// Logits per token of the answer: 1, or `side + 2`.
    pub fn answer_dim(&self) -> usize {
        self.layout.answer_dim(self.geometry)
    }

    /// The question `[n_tokens x embedding_dim]`.
    ///
    /// # Panics
    /// When the grid has another geometry than the encoder.
    pub fn encode_puzzle(&self, puzzle: &Grid) -> Vec<f32> {
        self.encode_puzzle_array(puzzle).into_raw_vec_and_offset().0
    }

    /// [`encode_puzzle`](Self::encode_puzzle) as an array.
    ///
    /// # Panics
    /// When the grid has another geometry than the encoder.
    pub fn encode_puzzle_array(&self, puzzle: &Grid) -> Array2<f32> {
        self.check(puzzle);
        let mut features = Array2::zeros((self.n_tokens(), self.embedding_dim()));
        match self.layout {
            Layout::Candidates => write_candidates(puzzle, features.view_mut()),
            Layout::Cells => {
                for (mut token, digit) in features.outer_iter_mut().zip(puzzle.cells()) {
                    token[usize::from(*digit) + 1] = 1.0;
                }
            }
        }
        features
    }

    /// An answer about which nothing is known: zeros `[n_tokens x answer_dim]`.
    pub fn encode_empty_solution(&self) -> Vec<f32> {
        self.encode_empty_solution_array().into_raw_vec_and_offset().0
    }

    /// [`encode_empty_solution`](Self::encode_empty_solution) as an array.
    pub fn encode_empty_solution_array(&self) -> Array2<f32> {
        Array2::zeros((self.n_tokens(), self.answer_dim()))
    }

    /// The answer to learn `[side^3]`: 1 at the true candidates of a solution, else 0.
    ///
    /// # Panics
    /// When the grid has another geometry than the encoder.
    pub fn target_answer(&self, solution: &Grid) -> Vec<f32> {
        self.target_answer_array(solution).into_raw_vec_and_offset().0
    }

    /// [`target_answer`](Self::target_answer) as an array with a row for each cell, `[side^2 x side]`.
    ///
    /// # Panics
    /// When the grid has another geometry than the encoder.
    pub fn target_answer_array(&self, solution: &Grid) -> Array2<f32> {
        self.check(solution);
        let mut target = Array2::zeros((self.geometry.n_cells(), self.geometry.side()));
        for (mut cell, digit) in target.outer_iter_mut().zip(solution.cells()) {
            if *digit != 0 {
                cell[usize::from(*digit) - 1] = 1.0;
            }
        }
        target
    }

    /// The symbols to learn `[side^2]`: `d + 1` for digit `d`, 1 for a blank.
    ///
    /// # Panics
    /// When the grid has another geometry than the encoder.
    pub fn target_tokens(&self, solution: &Grid) -> Vec<u32> {
        self.check(solution);
        solution.cells().iter().map(|&digit| u32::from(digit) + 1).collect()
    }

    fn check(&self, grid: &Grid) {
        let (expected, found) = (self.geometry, grid.geometry());
        assert!(found == expected, "encoder for {expected:?}, grid of {found:?}");
    }
}

impl Layout {
    /// Number of tokens of a question and of an answer.
    pub(super) fn n_tokens(self, geometry: Geometry) -> usize {
        match self {
            Self::Candidates => geometry.n_candidates(),
            Self::Cells => geometry.n_cells(),
        }
    }

    /// Logits per token of the answer.
    pub(super) fn answer_dim(self, geometry: Geometry) -> usize {
        match self {
            Self::Candidates => 1,
            Self::Cells => geometry.side() + 2,
        }
    }
}

/// Writes `[open, given]` per candidate: `[side^3 x 2]`.
fn write_candidates(puzzle: &Grid, mut features: ArrayViewMut2<f32>) {
    let geometry = puzzle.geometry();
    let side = geometry.side();
    // Bit `d - 1` of an entry: a given of that unit is `d`.
    let (mut rows, mut columns, mut boxes) = ([0u32; 25], [0u32; 25], [0u32; 25]);
    for (cell, &digit) in puzzle.cells().iter().enumerate() {
        let (row, col) = (cell / side, cell % side);
        let bit = if digit == 0 { 0 } else { 1 << (digit - 1) };
        rows[row] |= bit;
        columns[col] |= bit;
        boxes[geometry.box_of(row, col)] |= bit;
    }
    for (token, mut features) in features.outer_iter_mut().enumerate() {
        let (cell, digit) = (token / side, token % side);
        let (row, col) = (cell / side, cell % side);
        let given = usize::from(puzzle.cells()[cell]);
        let excluded = rows[row] | columns[col] | boxes[geometry.box_of(row, col)];
        let is_open = given == 0 && excluded >> digit & 1 == 0;
        features[0] = f32::from(u8::from(is_open));
        features[1] = f32::from(u8::from(given == digit + 1));
    }
}
