//! Answers as text, coloured where they go to a terminal.

use puzzles::maze::{Cell, Maze, MazePath};
use puzzles::sudoku::Grid;
use std::io::IsTerminal;

const BOLD: &str = "\x1b[1m";
const BLUE: &str = "\x1b[36m";
const GREEN: &str = "\x1b[32m";
const YELLOW: &str = "\x1b[1;7;33m";
const GREY: &str = "\x1b[90m";
const PLAIN: &str = "\x1b[0m";

/// Whether to colour what is printed: not in a pipe, and not where `NO_COLOR` is set.
#[derive(Clone, Copy)]
pub struct Colours(bool);

impl Colours {
    pub fn of_stdout() -> Self {
        Colours(std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none())
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
}
