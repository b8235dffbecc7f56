//! Puzzles on a board: what Python sees of a question and of an answer.

use puzzles::maze::{Maze, MazePath};
use puzzles::rules::{Puzzle, Rules};
use puzzles::sudoku::{Grid, Notation};
use std::sync::Arc;
use trm_tasks::{MazeTask, RulesTask, SudokuTask, Task};

/// A kind of puzzle that has a board of cells.
pub trait Board: Task<Question: 'static, Answer: 'static> + Clone + Send + 'static {
    /// How answers are written.
    type Style: Clone + Send + Sync + 'static;

    /// Rows and columns.
    fn shape(question: &Self::Question, style: &Self::Style) -> [usize; 2];
    /// Tokens of the question, absent ones included.
    fn n_tokens(question: &Self::Question) -> usize;
    /// The answer cell by cell: digits, or 1 on the path.
    fn cells(answer: &Self::Answer) -> Vec<u8>;
    /// The answer in one line, as `trm solve --json` writes it.
    fn line(question: &Self::Question, answer: &Self::Answer, style: &Self::Style) -> String;
    /// The answer as a drawing.
    fn drawing(question: &Self::Question, answer: &Self::Answer, style: &Self::Style) -> String;
}

impl Board for SudokuTask {
    type Style = Notation;

    fn shape(question: &Grid, _: &Notation) -> [usize; 2] {
        [question.geometry().side(); 2]
    }

    fn n_tokens(question: &Grid) -> usize {
        question.geometry().n_candidates()
    }

    fn cells(answer: &Grid) -> Vec<u8> {
        answer.cells().to_vec()
    }

    fn line(_: &Grid, answer: &Grid, style: &Notation) -> String {
        style.line(answer)
    }

    fn drawing(_: &Grid, answer: &Grid, style: &Notation) -> String {
        style.board(answer)
    }
}

impl Board for MazeTask {
    type Style = ();

    fn shape(question: &Maze, (): &()) -> [usize; 2] {
        [question.height(), question.width()]
    }

    fn n_tokens(question: &Maze) -> usize {
        question.n_cells()
    }

    fn cells(answer: &MazePath) -> Vec<u8> {
        answer.marks().iter().map(|marked| u8::from(*marked)).collect()
    }

    fn line(question: &Maze, answer: &MazePath, (): &()) -> String {
        question.answer_line(answer)
    }

    fn drawing(question: &Maze, answer: &MazePath, (): &()) -> String {
        question.draw(Some(answer))
    }
}

impl Board for RulesTask {
    type Style = Arc<Rules>;

    fn shape(question: &Puzzle, rules: &Arc<Rules>) -> [usize; 2] {
        rules.shape().grid.map_or([1, question.cells.len()], |(height, width)| [height, width])
    }

    fn n_tokens(question: &Puzzle) -> usize {
        question.structure.n_cells * question.structure.n_symbols
    }

    fn cells(answer: &Vec<u8>) -> Vec<u8> {
        answer.clone()
    }

    fn line(_: &Puzzle, answer: &Vec<u8>, rules: &Arc<Rules>) -> String {
        rules.text(answer)
    }

    fn drawing(question: &Puzzle, answer: &Vec<u8>, rules: &Arc<Rules>) -> String {
        rules.board(&question.structure, |cell| rules.symbol(answer[cell]).into())
    }
}
