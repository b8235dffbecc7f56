//! Logits as a grid.

use ndarray::{ArrayView2, Axis};

use super::{Geometry, Grid, Layout};
use crate::PuzzleError;

/// Reads a grid from the logits of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SudokuDecoder {
    geometry: Geometry,
    layout: Layout,
}

impl SudokuDecoder {
    /// Boxes of 3x3, one token per candidate.
    pub fn new() -> Self {
        Self::default()
    }

    /// Any geometry and layout.
    pub fn with(geometry: Geometry, layout: Layout) -> Self {
        Self { geometry, layout }
    }

    /// The digit of the largest logit in every cell; the lowest such digit in a tie.
    ///
    /// A cell whose candidates all have the same logit, or none but NaN, is blank; so is one
    /// whose largest symbol is padding or blank ([`Layout::Cells`]). NaN never wins.
    ///
    /// # Shapes
    /// `answer`: `[n_tokens x answer_dim]` of the encoder with the same geometry and layout.
    ///
    /// # Panics
    /// When the answer has another length.
    pub fn decode(&self, answer: &[f32]) -> Grid {
        let [n_tokens, dim] = self.shape();
        let (expected, found) = (n_tokens * dim, answer.len());
        let answer = ArrayView2::from_shape((n_tokens, dim), answer).ok();
        // A slice of the right length has the right shape.
        let decoded = answer.map(|answer| self.decode_array(answer));
        decoded
            .and_then(Result::ok)
            .unwrap_or_else(|| panic!("answer of {expected} logits expected, found {found}"))
    }

    /// [`decode`](Self::decode) of an array `[n_tokens x answer_dim]`.
    ///
    /// # Errors
    /// [`PuzzleError::Shape`] for an array of another shape.
    pub fn decode_array(&self, answer: ArrayView2<f32>) -> Result<Grid, PuzzleError> {
        let expected = self.shape();
        let found = [answer.nrows(), answer.ncols()];
        if found != expected {
            return Err(PuzzleError::Shape { expected, found });
        }
        let side = self.geometry.side();
        let tokens_per_cell = expected[0] / self.geometry.n_cells();
        let mut grid = Grid::blank(self.geometry);
        for (cell, logits) in answer.axis_chunks_iter(Axis(0), tokens_per_cell).enumerate() {
            let mut all = logits.iter();
            let first = logits.first().copied();
            let digit = match self.layout {
                Layout::Candidates if all.all(|logit| Some(*logit) == first) => 0,
                Layout::Candidates => largest(logits).map_or(0, |i| i + 1),
                Layout::Cells => largest(logits).map_or(0, |i| i.saturating_sub(1)),
            };
            grid.set(cell / side, cell % side, digit as u8);
        }
        Ok(grid)
    }

    /// `[n_tokens, answer_dim]`
    fn shape(&self) -> [usize; 2] {
        [self.layout.n_tokens(self.geometry), self.layout.answer_dim(self.geometry)]
    }
}

/// The first index of the largest number that is not NaN.
fn largest(logits: ArrayView2<f32>) -> Option<usize> {
    let mut best: Option<(usize, f32)> = None;
    for (i, &logit) in logits.iter().enumerate() {
        if !logit.is_nan() && best.is_none_or(|(_, most)| logit > most) {
            best = Some((i, logit));
        }
    }
    best.map(|(i, _)| i)
}
