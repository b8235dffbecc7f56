//! Sudoku arrays as the reference's `dataset/build_sudoku_dataset.py` writes them.

use std::io::Read;

use super::verify::check_answer;
use super::{Geometry, Grid, SudokuRow};
use crate::PuzzleError;
use crate::numpy::{Pair, Pairs, wrong};

/// Reads `all__inputs.npy` and `all__labels.npy`: a puzzle in each row, token 1 a blank and `d + 1` the digit
/// `d`. They have no source, and rating 0. Every answer is checked against its question.
///
/// # Errors
/// [`PuzzleError::Numpy`] for arrays of another kind, and [`PuzzleError::InRow`] for a row, after which the
/// next call goes on.
pub fn read_sudoku_npy<R: Read>(
    inputs: R,
    labels: R,
    boxes: Option<Geometry>,
) -> Result<impl Iterator<Item = Result<SudokuRow, PuzzleError>>, PuzzleError> {
    rows(Pairs::new(inputs, labels)?, boxes)
}

pub(super) fn rows<R: Read>(
    mut pairs: Pairs<R>,
    boxes: Option<Geometry>,
) -> Result<impl Iterator<Item = Result<SudokuRow, PuzzleError>> + use<R>, PuzzleError> {
    let n_tokens = pairs.n_tokens();
    let geometry = boxes.filter(|geometry| geometry.n_cells() == n_tokens).or(Geometry::of_cells(n_tokens));
    let Some(geometry) = geometry else {
        return Err(wrong(
            "all__inputs.npy",
            format!("{n_tokens} tokens in a row, and no Sudoku has as many"),
        ));
    };
    pairs.check_vocabulary(geometry.side() + 2)?;
    Ok(std::iter::from_fn(move || Some(pairs.next()?.and_then(|pair| row(geometry, &pair)))))
}

fn row(geometry: Geometry, pair: &Pair) -> Result<SudokuRow, PuzzleError> {
    let read = || {
        let (puzzle, solution) = (grid(geometry, &pair.input)?, grid(geometry, &pair.label)?);
        check_answer(&puzzle, &solution)?;
        Ok(SudokuRow { source: String::new(), puzzle, solution, rating: 0.0 })
    };
    read().map_err(|source| PuzzleError::InRow { row: pair.row, source: Box::new(source) })
}

fn grid(geometry: Geometry, tokens: &[i64]) -> Result<Grid, PuzzleError> {
    let side = geometry.side();
    let digit = |(i, &found): (usize, &i64)| match found {
        1.. if found <= side as i64 + 1 => Ok(found as u8 - 1),
        _ => Err(PuzzleError::Token { row: i / side, column: i % side, found, max: side + 1 }),
    };
    let cells = tokens.iter().enumerate().map(digit).collect::<Result<Vec<u8>, _>>()?;
    Grid::from_cells(geometry, &cells)
}
