//! A puzzle as features, a solution as targets. No learned weights here.

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
        self.check(puzzle);
        let mut features = vec![0.0; self.n_tokens() * self.embedding_dim()];
        match self.layout {
            Layout::Candidates => write_candidates(puzzle, &mut features),
            Layout::Cells => {
                for (token, row) in features.chunks_exact_mut(self.embedding_dim()).enumerate() {
                    row[usize::from(puzzle.cells()[token]) + 1] = 1.0;
                }
            }
        }
        features
    }

    /// An answer about which nothing is known: zeros `[n_tokens x answer_dim]`.
    pub fn encode_empty_solution(&self) -> Vec<f32> {
        vec![0.0; self.n_tokens() * self.answer_dim()]
    }

    /// The answer to learn `[side^3]`: 1 at the true candidates of a solution, else 0.
    ///
    /// # Panics
    /// When the grid has another geometry than the encoder.
    pub fn target_answer(&self, solution: &Grid) -> Vec<f32> {
        self.check(solution);
        let side = self.geometry.side();
        let mut target = vec![0.0; self.geometry.n_candidates()];
        for (cell, &digit) in solution.cells().iter().enumerate() {
            if digit != 0 {
                target[cell * side + usize::from(digit) - 1] = 1.0;
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

/// Writes `[open, given]` per candidate.
fn write_candidates(puzzle: &Grid, features: &mut [f32]) {
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
    for (cell, pairs) in features.chunks_exact_mut(2 * side).enumerate() {
        let (row, col) = (cell / side, cell % side);
        let given = puzzle.cells()[cell];
        if given != 0 {
            pairs[2 * usize::from(given) - 1] = 1.0;
            continue;
        }
        let excluded = rows[row] | columns[col] | boxes[geometry.box_of(row, col)];
        for (digit, pair) in pairs.chunks_exact_mut(2).enumerate() {
            pair[0] = f32::from(u8::from(excluded >> digit & 1 == 0));
        }
    }
}
