//! Answers as text, coloured where they go to a terminal.

use puzzles::maze::{Cell, Maze, MazePath};
use puzzles::sudoku::Grid;
use std::io::IsTerminal;
use trm_solve::picture;

const BOLD: &str = "\x1b[1m";
const BLUE: &str = "\x1b[36m";
const GREEN: &str = "\x1b[32m";
const YELLOW: &str = "\x1b[1;7;33m";
const GREY: &str = "\x1b[90m";
const PLAIN: &str = "\x1b[0m";

/// Whether to colour what is printed: not in a pipe, and not where `NO_COLOR` is set and not empty.
#[derive(Clone, Copy)]
pub struct Colours(bool);

impl Colours {
    pub fn of_stdout() -> Self {
        Colours(
            std::io::stdout().is_terminal()
                && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
        )
    }

    fn paint(self, style: &str, text: impl std::fmt::Display) -> String {
        if self.0 { format!("{style}{text}{PLAIN}") } else { text.to_string() }
    }

    pub fn good(self, text: &str) -> String {
        self.paint(GREEN, text)
    }
}

/// Draws the answers to one question.
pub trait Draw<A> {
    /// The answer, with what differs from `before` set off.
    fn draw(&self, answer: &A, before: Option<&A>, colours: Colours) -> String;
    /// Cells that differ.
    fn n_changed(&self, answer: &A, before: &A) -> usize;
    /// Width of a board, and after how many cells a box ends (0 for no boxes).
    fn shape(&self) -> (usize, usize);
    /// The answer's cells, row by row.
    fn cells(&self, answer: &A) -> Vec<picture::Cell>;
}

impl Draw<Grid> for Grid {
    /// `self` is the question: its givens are bold.
    fn draw(&self, answer: &Grid, before: Option<&Grid>, colours: Colours) -> String {
        let mut board = String::new();
        let mut cells = 0;
        for symbol in answer.pretty().chars() {
            if !(symbol.is_ascii_alphanumeric() || symbol == '.') {
                board.push(symbol);
                continue;
            }
            let (now, given) = (answer.cells()[cells], self.cells()[cells] != 0);
            let style = match before {
                _ if given => BOLD,
                Some(before) if before.cells()[cells] != now => YELLOW,
                _ => BLUE,
            };
            board += &colours.paint(style, symbol);
            cells += 1;
        }
        board
    }

    fn n_changed(&self, answer: &Grid, before: &Grid) -> usize {
        answer.cells().iter().zip(before.cells()).filter(|(a, b)| a != b).count()
    }

    fn shape(&self) -> (usize, usize) {
        (self.geometry().side(), self.geometry().box_rows())
    }

    fn cells(&self, answer: &Grid) -> Vec<picture::Cell> {
        let symbols = answer.to_string();
        let cells = symbols.chars().zip(self.cells());
        cells.map(|(symbol, given)| picture::Cell { symbol, given: *given != 0 }).collect()
    }
}

impl Draw<MazePath> for Maze {
    fn draw(&self, answer: &MazePath, before: Option<&MazePath>, colours: Colours) -> String {
        let mut drawing = String::new();
        for i in 0..self.n_cells() {
            let (marked, cell) = (answer.is_marked(i), self.cell(i));
            let changed = before.is_some_and(|before| before.is_marked(i) != marked);
            let symbol = if marked && cell == Cell::Free { 'o' } else { cell.symbol() };
            let style = match cell {
                Cell::Wall => GREY,
                Cell::Start | Cell::Goal => BOLD,
                Cell::Free if changed => YELLOW,
                Cell::Free => BLUE,
            };
            drawing += &if symbol == ' ' && !changed { " ".into() } else { colours.paint(style, symbol) };
            if (i + 1).is_multiple_of(self.width()) {
                drawing.push('\n');
            }
        }
        drawing
    }

    fn n_changed(&self, answer: &MazePath, before: &MazePath) -> usize {
        answer.marks().iter().zip(before.marks()).filter(|(a, b)| a != b).count()
    }

    fn shape(&self) -> (usize, usize) {
        (self.width(), 0)
    }

    fn cells(&self, answer: &MazePath) -> Vec<picture::Cell> {
        let symbols = self.answer_line(answer);
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
        let draw = |colours| {
            let (board, path) = (
                question.draw(&answer, Some(&question), colours),
                Draw::draw(&maze, &path, Some(&before), colours),
            );
            board + &path
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
