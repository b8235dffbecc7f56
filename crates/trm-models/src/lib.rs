//! Pretrained weights of tiny recursive models, as data.
//!
#![doc = include_str!("../README.md")]

use trm_core::{Model, TrmEngine};

/// The file of the Sudoku model; its card is `weights/sudoku.md`.
pub fn sudoku_bytes() -> &'static [u8] {
    include_bytes!("../weights/sudoku.safetensors")
}

/// The file of the maze model; its card is `weights/maze.md`.
pub fn maze_bytes() -> &'static [u8] {
    include_bytes!("../weights/maze.safetensors")
}

/// The card of the Sudoku model: where its weights come from and what they score.
pub fn sudoku_card() -> &'static str {
    include_str!("../weights/sudoku.md")
}

/// The card of the maze model.
pub fn maze_card() -> &'static str {
    include_str!("../weights/maze.md")
}

/// What `sona-learn` learned of the Sudoku model's runs: a state file for learned halting, about this
/// model alone. `cargo xtask data k-star` makes it.
pub fn sudoku_halting_bytes() -> &'static [u8] {
    include_bytes!("../weights/sudoku.halting")
}

/// What `sona-learn` learned of the maze model's runs; as [`sudoku_halting_bytes`].
pub fn maze_halting_bytes() -> &'static [u8] {
    include_bytes!("../weights/maze.halting")
}

/// The Sudoku model: 729 candidates of `[open, given]`, one logit each.
///
/// ```
/// let engine = trm_models::sudoku();
/// let config = engine.model().config();
/// assert_eq!((config.embedding_dim, config.answer_dim), (2, 1));
/// ```
pub fn sudoku() -> TrmEngine {
    read(sudoku_bytes())
}

/// The maze model: cells of `[free, start, goal]`, one logit each, on a grid of any size.
///
/// ```
/// let engine = trm_models::maze().with_grid(1, 3);
/// let result = engine.reason(&[0., 1., 0., 1., 0., 0., 0., 0., 1.], &[0.; 3], Some(2));
/// assert_eq!((result.answer.len(), result.iterations_used), (3, 2));
/// ```
pub fn maze() -> TrmEngine {
    read(maze_bytes())
}

fn read(bytes: &[u8]) -> TrmEngine {
    Model::from_bytes(bytes).expect("the files of this crate are read in its tests").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_small_and_written_back_the_same() {
        for bytes in [sudoku_bytes(), maze_bytes()] {
            assert!(bytes.len() < 4 << 20, "{} bytes", bytes.len());
            assert_eq!(read(bytes).model().to_bytes().expect("a valid model"), bytes);
        }
    }
}
