//! Answers to puzzles of a file of rules as text: the rows of a grid, or a line.

use crate::draw::{Colours, Draw};
use puzzles::rules::{Puzzle, Rules};
use std::sync::Arc;
use trm_solve::picture;
use trm_tasks::RulesTask;

/// Draws puzzles of these rules.
pub struct RulesDrawing(pub Arc<Rules>);

impl Draw<RulesTask> for RulesDrawing {
    fn board(
        &self,
        question: &Puzzle,
        answer: &Vec<u8>,
        before: Option<&Vec<u8>>,
        colours: Colours,
    ) -> String {
        let (_, width) = self.size(question);
        let mut board = String::new();
        for (cell, found) in answer.iter().enumerate() {
            let changed = before.is_some_and(|before| before[cell] != *found);
            board += &colours.cell(question.cells[cell] != 0, changed, self.0.symbol(*found));
            let ends = (cell + 1).is_multiple_of(width);
            board.push(if ends { '\n' } else { ' ' });
        }
        board
    }

    fn line(&self, _: &Puzzle, answer: &Vec<u8>) -> String {
        self.0.text(answer)
    }

    fn n_changed(&self, answer: &Vec<u8>, before: &Vec<u8>) -> usize {
        answer.iter().zip(before).filter(|(a, b)| a != b).count()
    }

    fn size(&self, _: &Puzzle) -> (usize, usize) {
        let shape = self.0.shape();
        shape.grid.unwrap_or((1, shape.n_cells))
    }

    fn boxes(&self, _: &Puzzle) -> [usize; 2] {
        self.0.boxes().map_or([0, 0], |(height, width)| [height, width])
    }

    fn cells(&self, question: &Puzzle, answer: &Vec<u8>) -> Vec<picture::Cell> {
        let cells = answer.iter().zip(&question.cells);
        cells
            .map(|(found, given)| picture::Cell { symbol: self.0.symbol(*found), given: *given != 0 })
            .collect()
    }
}
