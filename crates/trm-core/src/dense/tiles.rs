//! How rows are split into tiles.

/// `n` rows in equal tiles of at most `max` rows, as (start, end).
pub(super) fn tiles(n: usize, max: usize) -> impl Iterator<Item = (usize, usize)> {
    let size = n.div_ceil(n.div_ceil(max).max(1)).max(1);
    (0..n).step_by(size).map(move |start| (start, (start + size).min(n)))
}
