//! Configurations of models for these puzzles.

use puzzles::maze::MazeEncoder;
use puzzles::sudoku::{Geometry, Layout, SudokuEncoder, relations};
use trm_core::{GroupRelation, Mixer, Model, Output, Relations, Result, TrmConfig, TrmConfigBuilder};

/// Factor on the sum over a group of candidates; see docs/decisions/003-group-sums.md.
pub(crate) const GROUP_SCALE: f32 = 1.0 / 3.0;
/// Positions in front of a question in the reference (`puzzle_emb_len`).
const REFERENCE_PREFIX: usize = 16;

/// The relations between Sudoku candidates, for a model configuration.
pub fn sudoku_relations(geometry: Geometry) -> Relations {
    let relations = relations(geometry)
        .into_iter()
        .map(|r| GroupRelation { name: r.name.into(), matrix: r.matrix, group_of: r.group_of })
        .collect();
    Relations::Groups { scale: GROUP_SCALE, relations }
}

/// A Sudoku model with its weights for another geometry: only the relations differ.
///
/// # Errors
/// [`trm_core::TrmError::Config`] where the model does not work on candidates.
pub fn sized(model: &Model, geometry: Geometry) -> Result<Model> {
    model.with_relations(sudoku_relations(geometry))
}

/// The builder of a relational Sudoku model on candidates; the caller sets widths and depths.
pub fn sudoku_builder() -> TrmConfigBuilder {
    let encoder = SudokuEncoder::new();
    TrmConfig::builder()
        .embedding_dim(encoder.embedding_dim())
        .answer_dim(encoder.answer_dim())
        .given_feature(Some(1))
        .output(Output::GroupSoftmax { relation: 0 })
        .mixer(Mixer::Relational(sudoku_relations(Geometry::STANDARD)))
}

/// The builder of a dense Sudoku model on cells as in the reference, with its 16 prefix positions; the caller
/// sets widths, depths and mixer.
pub fn sudoku_cells_builder() -> TrmConfigBuilder {
    let encoder = SudokuEncoder::with(Geometry::STANDARD, Layout::Cells);
    TrmConfig::builder()
        .embedding_dim(encoder.embedding_dim())
        .answer_dim(encoder.answer_dim())
        .prefix_tokens(REFERENCE_PREFIX)
        .output(Output::TokenStablemax)
        .mixer(Mixer::mlp(REFERENCE_PREFIX + encoder.n_tokens()))
}

/// The builder of a relational maze model; the caller sets widths and depths.
pub fn maze_builder() -> TrmConfigBuilder {
    let encoder = MazeEncoder::new();
    TrmConfig::builder()
        .embedding_dim(encoder.embedding_dim())
        .answer_dim(encoder.answer_dim())
        .output(Output::Binary)
        .mixer(Mixer::Relational(Relations::Grid4))
}

/// Builds a configuration with these dimensions.
///
/// # Errors
/// The errors of [`TrmConfig::validate`].
pub fn shaped(
    builder: TrmConfigBuilder,
    hidden_dim: usize,
    ffn_dim: usize,
    n_blocks: usize,
) -> Result<TrmConfig> {
    builder.hidden_dim(hidden_dim).ffn_dim(ffn_dim).n_blocks(n_blocks).build()
}
