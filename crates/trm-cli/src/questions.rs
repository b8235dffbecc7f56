//! The puzzles that `trm solve` is given: one, or a list.

use crate::input::{is_arrays, is_stdin, name_of, open};
use anyhow::{Context, Result, anyhow, bail};
use puzzles::maze::{Maze, open_maze, read_maze, read_maze_questions};
use puzzles::rules::{self, Rules, read_rules_questions};
use puzzles::sudoku::{Notation, ReadOptions, SudokuText, read_sudokus};
use puzzles::text::MAX_TEXT_BYTES;
use puzzles::{PuzzleError, Question, SudokuRow, is_csv, open_sudoku, read_sudoku_questions, text};
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

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
    /// A folder of NumPy arrays.
    Arrays(PathBuf),
    /// A file that begins as a table does.
    Table(Box<dyn Read + Send>),
}

/// Questions with their names.
pub struct Named<Q> {
    /// In messages.
    pub name: String,
    /// In reports.
    pub data: String,
    pub questions: Questions<Q>,
}

/// The text of an argument with its names, as [`Named`] has them.
struct Input {
    source: Source,
    name: String,
    data: String,
}

/// Sudoku in any notation and layout that the readers of `puzzles` know, where `options` leave them open.
///
/// # Errors
/// The argument, and what keeps it from being read.
pub fn sudoku(argument: &str, options: ReadOptions) -> Result<Named<SudokuText>> {
    let Input { source, name, data } = input(argument)?;
    let questions = match source {
        Source::Table(table) => many(read_sudoku_questions(table, options)),
        Source::Arrays(path) => open_sudoku(&path, options.geometry).and_then(|rows| {
            let plain = |row: SudokuRow| SudokuText { grid: row.puzzle, notation: Notation::default() };
            many(numbered(rows, plain))
        }),
        Source::Text(text) => read_sudokus(&text, &options).and_then(|mut listed| {
            if listed.len() == 1 {
                return Ok(Questions::One(listed.remove(0).puzzle?));
            }
            Ok(Questions::Many(Box::new(listed.into_iter().map(|listed| Entry {
                line: listed.line as u64,
                name: listed.name,
                question: listed.puzzle,
            }))))
        }),
    };
    let questions = questions.map_err(advise).context(name.clone())?;
    Ok(Named { name, data, questions })
}

/// Names the option that decides between two readings, where there is one.
pub fn advise(error: PuzzleError) -> anyhow::Error {
    match &error {
        PuzzleError::Ambiguous { notations, .. } if !notations.is_empty() => {
            anyhow!("{error}; --notation says which")
        }
        _ => error.into(),
    }
}

/// A maze, or a table of mazes.
///
/// # Errors
/// The argument, and what keeps it from being read.
pub fn maze(argument: &str) -> Result<Named<Maze>> {
    let Input { source, name, data } = input(argument)?;
    let questions = match source {
        Source::Table(table) => many(read_maze_questions(table)).context(name.clone())?,
        Source::Arrays(path) => {
            open_maze(&path).and_then(|rows| many(numbered(rows, |row| row.maze))).context(name.clone())?
        }
        Source::Text(text) => Questions::One(read_maze(&text).context(name.clone())?.maze),
    };
    Ok(Named { name, data, questions })
}

/// Puzzles of a file of rules: one, as characters of any layout, or a list of lines or a table. `columns` are the groups
/// that come with those of no table.
///
/// # Errors
/// The argument, and what keeps it from being read.
pub fn rules(argument: &str, rules: &Arc<Rules>, columns: &[&str]) -> Result<Named<rules::Puzzle>> {
    let Input { source, name, data } = input(argument)?;
    let questions = match source {
        Source::Table(table) => many(read_rules_questions(table, rules.clone())).context(name.clone())?,
        Source::Arrays(_) => bail!("{name}: NumPy arrays hold Sudoku or mazes"),
        Source::Text(text) => {
            let n_cells = |text: &str| text.chars().filter(|c| !c.is_whitespace()).count();
            let read = |text: &str| Ok(rules.puzzle(text, columns)?);
            let lines = || (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
            let is_list = lines().count() > 1 && n_cells(&text) != rules.shape().n_cells;
            let is_list = is_list && lines().any(|(_, line)| n_cells(line) == rules.shape().n_cells);
            if is_list {
                let entry = |(line, text)| Entry { line, name: None, question: read(text) };
                Questions::Many(Box::new(lines().map(entry).collect::<Vec<_>>().into_iter()))
            } else {
                Questions::One(read(&text).context(name.clone())?)
            }
        }
    };
    Ok(Named { name, data, questions })
}

/// `-` is standard input, the name of a file, FIFO or descriptor its content, and anything else the puzzle
/// itself.
fn input(argument: &str) -> Result<Input> {
    let path = Path::new(argument);
    if !is_stdin(path) && !path.exists() {
        let short: String = argument.chars().take(100).collect();
        let dots = if short.len() < argument.len() { ".." } else { "" };
        let name = format!("{short:?}{dots} (no file has this name)");
        return Ok(Input {
            source: Source::Text(argument.to_owned()),
            name,
            data: "the command line".into(),
        });
    }
    let name = name_of(path);
    if is_arrays(path) {
        return Ok(Input { source: Source::Arrays(path.to_owned()), data: name.clone(), name });
    }
    let mut file = text::unpacked(open(path)?);
    let mut head = Vec::new();
    file.by_ref().take(HEAD_BYTES).read_to_end(&mut head).with_context(|| name.clone())?;
    // The head may end within a character.
    let is_table = is_csv(&String::from_utf8_lossy(&head));
    let whole = Cursor::new(head).chain(file);
    if is_table {
        return Ok(Input { source: Source::Table(Box::new(whole)), data: name.clone(), name });
    }
    let text = text::read(whole.take(MAX_TEXT_BYTES as u64 + 1)).with_context(|| name.clone())?;
    Ok(Input { source: Source::Text(text), data: name.clone(), name })
}

/// The questions of arrays, by their rows.
fn numbered<R, Q>(
    rows: puzzles::Rows<R>,
    question: impl Fn(R) -> Q,
) -> impl Iterator<Item = Result<Question<Q>, PuzzleError>> {
    (1..).zip(rows).map(move |(line, row)| {
        row.map(|row| Question { line, source: String::new(), puzzle: question(row) })
    })
}

/// The rows of a table. What is wrong with all of it is an error; what is wrong with a row is part of the list.
fn many<Q: 'static>(
    rows: impl Iterator<Item = Result<Question<Q>, PuzzleError>> + 'static,
) -> Result<Questions<Q>, PuzzleError> {
    let mut rows = rows.peekable();
    if let Some(Err(error)) = rows.next_if(|row| row.as_ref().is_err_and(|error| line_of(error).is_none())) {
        return Err(error);
    }
    let entry = |row: Result<Question<Q>, PuzzleError>| match row {
        Ok(Question { line, source, puzzle }) => {
            let name = (!source.is_empty()).then_some(source);
            Entry { line, name, question: Ok(puzzle) }
        }
        Err(error) => {
            let line = line_of(&error).unwrap_or_default();
            let question = Err(match error {
                PuzzleError::InLine { source, .. } | PuzzleError::InRow { source, .. } => *source,
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
        | PuzzleError::InRow { row: line, .. }
        | PuzzleError::LineTooLong { line, .. }
        | PuzzleError::Unreadable { line, .. } => Some(*line),
        _ => None,
    }
}
