//! The answers to the rows of a file, one by one, as `trm eval --rows` writes them.

use crate::error::{BenchError, Result};
use serde::{Deserialize, Serialize};
use std::io::{Read, Write};

/// Files with more rows than this are refused: what two of them need is memory for all rows.
const MAX_ROWS: usize = 10_000_000;

/// The answer to one row of a data file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RowAnswer {
    /// The row, from 1.
    pub row: usize,
    /// The answer as text, as in data files.
    pub answer: String,
    /// Supervision steps until the halt.
    pub steps: usize,
    /// The model's confidence at the halt, in 0..1.
    pub confidence: f32,
    /// Whether the answer equals the label.
    pub exact: bool,
    /// Whether the answer obeys the rules of the puzzle.
    pub solved: bool,
}

/// Writes the answers as CSV, in the order of their rows.
///
/// # Errors
/// [`BenchError::Answers`] with what the writer says.
pub fn write_answers(answers: &mut [RowAnswer], to: impl Write) -> Result<()> {
    let fault = |error: csv::Error| BenchError::Answers { reason: error.to_string() };
    answers.sort_unstable_by_key(|answer| answer.row);
    let mut writer = csv::Writer::from_writer(to);
    answers.iter().try_for_each(|answer| writer.serialize(answer)).map_err(fault)?;
    writer.flush().map_err(|error| fault(error.into()))
}

/// Reads what [`write_answers`] wrote.
///
/// # Errors
/// [`BenchError::Answers`] naming the line.
pub fn read_answers(from: impl Read) -> Result<Vec<RowAnswer>> {
    let fault = |reason: String| BenchError::Answers { reason };
    let mut answers: Vec<RowAnswer> = Vec::new();
    for answer in csv::Reader::from_reader(from).into_deserialize() {
        let answer: RowAnswer = answer.map_err(|error| fault(error.to_string()))?;
        let line = answers.len() + 2;
        if answers.last().is_some_and(|before| before.row >= answer.row) {
            return Err(fault(format!("line {line}: row {} is not above the row before it", answer.row)));
        }
        if !(0.0..=1.0).contains(&answer.confidence) {
            return Err(fault(format!("line {line}: confidence {}, must be 0 to 1", answer.confidence)));
        }
        if answers.len() == MAX_ROWS {
            return Err(fault(format!("more than {MAX_ROWS} rows")));
        }
        answers.push(answer);
    }
    match answers.is_empty() {
        true => Err(BenchError::NoPuzzles),
        false => Ok(answers),
    }
}
