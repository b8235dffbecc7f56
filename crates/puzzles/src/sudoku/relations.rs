//! Which candidates belong together: the rules as data for a relational mixer.

use super::Geometry;

/// One way to divide all candidates into groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relation {
    /// `cell`, `row`, `column`, `box`, `triad_row` or `triad_column`.
    pub name: &'static str,
    /// Which weight matrix the relation uses; relations alike by symmetry share one.
    pub matrix: usize,
    /// `[side^3]`: the group of each candidate.
    pub group_of: Vec<u32>,
    /// Groups count from 0 to below this.
    pub n_groups: usize,
}

/// The relations between candidates, indexed as in [`super::Layout::Candidates`].
///
/// In a group of `cell`, `row`, `column` or `box` exactly one candidate is true. A triad holds
/// the places of one digit where a box meets a row or a column; at most one of them is true.
///
/// | name | a group is one | matrix |
/// |---|---|---|
/// | `cell` | cell | 0 |
/// | `row`, `column` | row or column, and digit | 1 |
/// | `box` | box and digit | 2 |
/// | `triad_row`, `triad_column` | box, row or column in it, and digit | 3 |
pub fn relations(geometry: Geometry) -> Vec<Relation> {
    let side = geometry.side();
    let (n_bands, n_stacks) = (geometry.box_cols(), geometry.box_rows());
    let band = |row: usize| row / geometry.box_rows();
    let stack = |col: usize| col / geometry.box_cols();
    let relation = |name, matrix, n_groups, group: &dyn Fn(usize, usize, usize) -> usize| {
        let group_of = (0..geometry.n_candidates())
            .map(|i| group(i / side / side, i / side % side, i % side) as u32)
            .collect();
        Relation { name, matrix, group_of, n_groups }
    };
    vec![
        relation("cell", 0, side * side, &|row, col, _| row * side + col),
        relation("row", 1, side * side, &|row, _, digit| row * side + digit),
        relation("column", 1, side * side, &|_, col, digit| col * side + digit),
        relation("box", 2, side * side, &|row, col, digit| geometry.box_of(row, col) * side + digit),
        relation("triad_row", 3, side * n_stacks * side, &|row, col, digit| {
            (row * n_stacks + stack(col)) * side + digit
        }),
        relation("triad_column", 3, n_bands * side * side, &|row, col, digit| {
            (band(row) * side + col) * side + digit
        }),
    ]
}
