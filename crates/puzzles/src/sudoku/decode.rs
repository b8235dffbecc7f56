//! Logits as a grid.

use super::{Geometry, Grid, Layout};

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
        let side = self.geometry.side();
        let expected = self.layout.n_tokens(self.geometry) * self.layout.answer_dim(self.geometry);
        let found = answer.len();
        assert!(found == expected, "answer of {expected} logits expected, found {found}");
        let mut grid = Grid::blank(self.geometry);
        for (cell, logits) in answer.chunks_exact(expected / self.geometry.n_cells()).enumerate() {
            let digit = match self.layout {
                Layout::Candidates if logits.iter().all(|logit| *logit == logits[0]) => 0,
                Layout::Candidates => largest(logits).map_or(0, |i| i + 1),
                Layout::Cells => largest(logits).map_or(0, |i| i.saturating_sub(1)),
            };
            grid.set(cell / side, cell % side, digit as u8);
        }
        grid
    }
}

/// The first index of the largest number that is not NaN.
fn largest(logits: &[f32]) -> Option<usize> {
    let mut best: Option<usize> = None;
    for (i, &logit) in logits.iter().enumerate() {
        if !logit.is_nan() && best.is_none_or(|j| logit > logits[j]) {
            best = Some(i);
        }
    }
    best
}
