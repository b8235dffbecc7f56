//! The puzzles that `trm solve` is given: one, or a list.

use crate::input::{is_stdin, name_of, open};
use anyhow::{Context, Result};
use puzzles::maze::{Maze, read_maze, read_maze_questions};
use puzzles::sudoku::{Geometry, Notation, ReadOptions, SudokuText, read_sudokus};
use puzzles::text::MAX_TEXT_BYTES;
use puzzles::{PuzzleError, Question, is_csv, read_sudoku_questions, text};
use std::io::{Cursor, Read};
use std::path::Path;

/// Bytes that hold the header of a table.
const HEAD_BYTES: u64 = 1 << 16;

/// The questions of an argument.
pub enum Questions<Q> {
    /// One, as it is typed or drawn.
    One(Q),
    /// Those of a list or a table.
    Many(Box<dyn Iterator<Item = Entry<Q>>>),
}

/// A puzzle of a list.
pub struct Entry<Q> {
    /// The line where it begins, from 1.
    pub line: u64,
    pub name: Option<String>,
    /// The puzzle, or what is wrong with it.
    pub question: Result<Q, PuzzleError>,
}

/// The text behind an argument.
enum Source {
    Text(String),
    /// A file that begins as a table does, or is packed as tables are.
    Table(Box<dyn Read + Send>),
}

/// Questions with their name in messages and reports.
pub struct Named<Q> {
    pub name: String,
    pub questions: Questions<Q>,
}

/// Sudoku in any notation and layout that the readers of `puzzles` know; `boxes` are the shape of the boxes,
/// where the number of cells leaves it open.
///
/// # Errors
/// The argument, and what keeps it from being read.
pub fn sudoku(argument: &str, boxes: Option<Geometry>) -> Result<Named<SudokuText>> {
    let (source, name) = source(argument)?;
    let questions = match source {
        Source::Table(table) => {
            let plain = |grid| SudokuText { grid, notation: Notation::default() };
            many(read_sudoku_questions(table, boxes), plain).context(name.clone())?
        }
        Source::Text(text) => {
            let options = ReadOptions { geometry: boxes, notation: None };
            let mut listed = read_sudokus(&text, &options).context(name.clone())?;
            if listed.len() == 1 {
                Questions::One(listed.remove(0).puzzle.context(name.clone())?)
            } else {
                Questions::Many(Box::new(listed.into_iter().map(|listed| Entry {
                    line: listed.line as u64,
                    name: listed.name,
                    question: listed.puzzle,
                })))
            }
        }
    };
    Ok(Named { name, questions })
}

/// A maze, or a table of mazes.
///
/// # Errors
/// The argument, and what keeps it from being read.
pub fn maze(argument: &str) -> Result<Named<Maze>> {
    let (source, name) = source(argument)?;
    let questions = match source {
        Source::Table(table) => many(read_maze_questions(table), |maze| maze).context(name.clone())?,
        Source::Text(text) => Questions::One(read_maze(&text).context(name.clone())?.maze),
    };
    Ok(Named { name, questions })
}

/// `-` is standard input, the name of a file, FIFO or descriptor its content, and anything else the puzzle
/// itself.
fn source(argument: &str) -> Result<(Source, String)> {
    let path = Path::new(argument);
    if !is_stdin(path) && !path.exists() {
        let short: String = argument.chars().take(100).collect();
        let dots = if short.len() < argument.len() { ".." } else { "" };
        return Ok((Source::Text(argument.to_owned()), format!("{short:?}{dots} (no file has this name)")));
    }
    let name = name_of(path);
    let mut file = open(path)?;
    let mut head = Vec::new();
    file.by_ref().take(HEAD_BYTES).read_to_end(&mut head).with_context(|| name.clone())?;
    let is_packed = head.starts_with(b"\x1f\x8b");
    // The head may end within a character.
    let begins = text::decode(&head).unwrap_or_else(|_| String::from_utf8_lossy(&head).into_owned());
    let whole = Cursor::new(head).chain(file);
    if is_packed || is_csv(&begins) {
        return Ok((Source::Table(Box::new(whole)), name));
    }
    let text = text::read(whole.take(MAX_TEXT_BYTES as u64 + 1)).with_context(|| name.clone())?;
    Ok((Source::Text(text), name))
}

/// The rows of a table. What is wrong with all of it is an error; what is wrong with a row is part of the list.
fn many<P, Q: 'static>(
    rows: impl Iterator<Item = Result<Question<P>, PuzzleError>> + 'static,
    question: impl Fn(P) -> Q + 'static,
) -> Result<Questions<Q>, PuzzleError> {
    let mut rows = rows.peekable();
    if let Some(Err(error)) = rows.next_if(|row| row.as_ref().is_err_and(|error| line_of(error).is_none())) {
        return Err(error);
    }
    let entry = move |row: Result<Question<P>, PuzzleError>| match row {
        Ok(Question { line, source, puzzle }) => {
            let name = (!source.is_empty()).then_some(source);
            Entry { line, name, question: Ok(question(puzzle)) }
        }
        Err(error) => {
            let line = line_of(&error).unwrap_or_default();
            let question = Err(match error {
                PuzzleError::InLine { source, .. } => *source,
                error => error,
            });
            Entry { line, name: None, question }
        }
    };
    Ok(Questions::Many(Box::new(rows.map(entry))))
}

fn line_of(error: &PuzzleError) -> Option<u64> {
    match error {
        PuzzleError::InLine { line, .. }
        | PuzzleError::LineTooLong { line, .. }
        | PuzzleError::Unreadable { line, .. } => Some(*line),
        _ => None,
    }
}
