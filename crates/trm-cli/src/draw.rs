//! Answers as text, coloured where they go to a terminal.

use crate::environment::wants_colours;
use crate::output::Output;
use puzzles::maze::{Cell, Maze, MazePath};
use puzzles::sudoku::{Grid, Notation};
use trm_solve::picture;
use trm_tasks::{MazeTask, SudokuTask, Task};

const BOLD: &str = "\x1b[1m";
const BLUE: &str = "\x1b[36m";
const GREEN: &str = "\x1b[32m";
const YELLOW: &str = "\x1b[1;7;33m";
const GREY: &str = "\x1b[90m";
const PLAIN: &str = "\x1b[0m";

/// Whether to colour what is printed.
#[derive(Clone, Copy)]
pub struct Colours(bool);

impl Colours {
    pub fn of(out: &Output) -> Self {
        Colours(wants_colours(out.is_terminal()))
    }

    fn paint(self, style: &str, text: impl std::fmt::Display) -> String {
        if self.0 { format!("{style}{text}{PLAIN}") } else { text.to_string() }
    }

    /// A cell of a board.
    pub fn cell(self, is_given: bool, changed: bool, symbol: impl std::fmt::Display) -> String {
        let style = match (is_given, changed) {
            (true, _) => BOLD,
            (false, true) => YELLOW,
            (false, false) => BLUE,
        };
        self.paint(style, symbol)
    }

    pub fn good(self, text: &str) -> String {
        self.paint(GREEN, text)
    }
}

/// Draws the answers to questions of a task.
pub trait Draw<T: Task> {
    /// The answer as a board, with what differs from `before` set off.
    fn board(
        &self,
        question: &T::Question,
        answer: &T::Answer,
        before: Option<&T::Answer>,
        colours: Colours,
    ) -> String;
    /// The answer in one line.
    fn line(&self, question: &T::Question, answer: &T::Answer) -> String;
    /// Cells that differ.
    fn n_changed(&self, answer: &T::Answer, before: &T::Answer) -> usize;
    /// Height and width.
    fn size(&self, question: &T::Question) -> (usize, usize);
    /// Rows and columns of a box; 0 for no boxes.
    fn boxes(&self, question: &T::Question) -> [usize; 2];
    /// The answer's cells, row by row.
    fn cells(&self, question: &T::Question, answer: &T::Answer) -> Vec<picture::Cell>;
}

/// A Sudoku is drawn in the notation it was written in; its givens are bold.
impl Draw<SudokuTask> for Notation {
    fn board(&self, question: &Grid, answer: &Grid, before: Option<&Grid>, colours: Colours) -> String {
        let text = Notation::board(*self, answer);
        let is_cell = |c: char| c.is_ascii_alphanumeric() || c == '.';
        let mut board = String::with_capacity(text.len());
        let (mut rest, mut cell) = (text.as_str(), 0);
        while let Some(start) = rest.find(is_cell) {
            let length = rest[start..].find(|c| !is_cell(c)).unwrap_or(rest.len() - start);
            let (now, given) = (answer.cells()[cell], question.cells()[cell] != 0);
            let changed = before.is_some_and(|before| before.cells()[cell] != now);
            board += &rest[..start];
            board += &colours.cell(given, changed, &rest[start..start + length]);
            rest = &rest[start + length..];
            cell += 1;
        }
        board + rest
    }

    fn line(&self, _: &Grid, answer: &Grid) -> String {
        Notation::line(*self, answer)
    }

    fn n_changed(&self, answer: &Grid, before: &Grid) -> usize {
        answer.cells().iter().zip(before.cells()).filter(|(a, b)| a != b).count()
    }

    fn size(&self, question: &Grid) -> (usize, usize) {
        (question.geometry().side(), question.geometry().side())
    }

    fn boxes(&self, question: &Grid) -> [usize; 2] {
        [question.geometry().box_rows(), question.geometry().box_cols()]
    }

    fn cells(&self, question: &Grid, answer: &Grid) -> Vec<picture::Cell> {
        let symbols = answer.to_string();
        let cells = symbols.chars().zip(question.cells());
        cells.map(|(symbol, given)| picture::Cell { symbol, given: *given != 0 }).collect()
    }
}

/// Mazes have one notation.
pub struct MazeDrawing;

impl Draw<MazeTask> for MazeDrawing {
    fn board(&self, maze: &Maze, answer: &MazePath, before: Option<&MazePath>, colours: Colours) -> String {
        let mut drawing = String::new();
        for i in 0..maze.n_cells() {
            let (marked, cell) = (answer.is_marked(i), maze.cell(i));
            let changed = before.is_some_and(|before| before.is_marked(i) != marked);
            let symbol = if marked && cell == Cell::Free { 'o' } else { cell.symbol() };
            drawing += &match cell {
                Cell::Wall => colours.paint(GREY, symbol),
                Cell::Free if symbol == ' ' && !changed => " ".into(),
                _ => colours.cell(cell != Cell::Free, changed, symbol),
            };
            if (i + 1).is_multiple_of(maze.width()) {
                drawing.push('\n');
            }
        }
        drawing
    }

    fn line(&self, maze: &Maze, answer: &MazePath) -> String {
        maze.answer_line(answer)
    }

    fn n_changed(&self, answer: &MazePath, before: &MazePath) -> usize {
        answer.marks().iter().zip(before.marks()).filter(|(a, b)| a != b).count()
    }

    fn size(&self, maze: &Maze) -> (usize, usize) {
        (maze.height(), maze.width())
    }

    fn boxes(&self, _: &Maze) -> [usize; 2] {
        [0, 0]
    }

    fn cells(&self, maze: &Maze, answer: &MazePath) -> Vec<picture::Cell> {
        let symbols = maze.answer_line(answer);
        symbols.chars().map(|symbol| picture::Cell { symbol, given: symbol != 'o' }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_adds_nothing_but_colours() {
        let question = Grid::parse(&format!("12{}", ".".repeat(79))).expect("a grid");
        let answer = Grid::parse(&format!("123{}", ".".repeat(78))).expect("a grid");
        let maze = Maze::parse("S  # # G ").expect("a maze");
        let (before, path) = (MazePath::empty(3, 3), MazePath::parse(&maze, "So # # G ").expect("a path"));
        for notation in [Notation::OneBased, Notation::Numbers, Notation::Letters] {
            let draw = |colours| {
                let board = Draw::board(&notation, &question, &answer, Some(&question), colours);
                board + &MazeDrawing.board(&maze, &path, Some(&before), colours)
            };
            let (plain, mut coloured) = (draw(Colours(false)), draw(Colours(true)));
            assert!(!plain.contains('\x1b'));
            for style in [PLAIN, BLUE, YELLOW, BOLD, GREY] {
                assert!(coloured.contains(style), "{style:?}");
                coloured = coloured.replace(style, "");
            }
            assert_eq!(coloured, plain);
        }
    }
}
