//! Maze arrays as the reference's `dataset/build_maze_dataset.py` writes them.

use std::io::Read;

use crate::PuzzleError;
use crate::maze::{Maze, MazePath, MazeRow, TOKENS};
use crate::numpy::{Pair, Pairs, wrong};

/// Reads `all__inputs.npy` and `all__labels.npy`: a square maze in each row, with the tokens of [`TOKENS`]
/// from 1. They have no source; the rating is the number of cells on the answer. Every answer is checked
/// to be a path of its question.
///
/// # Errors
/// [`PuzzleError::Numpy`] for arrays of another kind, and [`PuzzleError::InRow`] for a row, after which the
/// next call goes on.
pub fn read_maze_npy<R: Read>(
    inputs: R,
    labels: R,
) -> Result<impl Iterator<Item = Result<MazeRow, PuzzleError>>, PuzzleError> {
    rows(Pairs::new(inputs, labels)?)
}

pub(super) fn rows<R: Read>(
    mut pairs: Pairs<R>,
) -> Result<impl Iterator<Item = Result<MazeRow, PuzzleError>> + use<R>, PuzzleError> {
    let n_tokens = pairs.n_tokens();
    let side = n_tokens.isqrt();
    if side * side != n_tokens {
        return Err(wrong("all__inputs.npy", format!("{n_tokens} tokens in a row are no square maze")));
    }
    pairs.check_vocabulary(TOKENS.len() + 1)?;
    Ok(std::iter::from_fn(move || Some(pairs.next()?.and_then(|pair| row(side, &pair)))))
}

fn row(side: usize, pair: &Pair) -> Result<MazeRow, PuzzleError> {
    let read = || {
        let maze = Maze::parse(&text(side, &pair.input)?)?;
        let answer = MazePath::parse(&maze, &text(side, &pair.label)?)?;
        answer.ordered(&maze).map_err(|fault| PuzzleError::MazeNotAPath { fault })?;
        let rating = (answer.n_marked() + 2) as f32;
        Ok(MazeRow { source: String::new(), maze, answer, rating })
    };
    read().map_err(|source| PuzzleError::InRow { row: pair.row, source: Box::new(source) })
}

fn text(side: usize, tokens: &[i64]) -> Result<String, PuzzleError> {
    let cell = |(i, &found): (usize, &i64)| {
        let token = usize::try_from(found).ok().and_then(|token| TOKENS.get(token.wrapping_sub(1)));
        let max = TOKENS.len();
        token.copied().ok_or(PuzzleError::Token { row: i / side, column: i % side, found, max })
    };
    tokens.iter().enumerate().map(cell).collect()
}
