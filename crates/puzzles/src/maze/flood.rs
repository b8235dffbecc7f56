//! Breadth-first search over whole rows: one word per row, one bit per cell.

use num_traits::PrimInt;

use crate::maze::draws::Draws;

/// The most rows and columns.
pub(crate) const MAX_FLOOD_SIDE: usize = 128;
/// Numbers of [`Rows`] for the sides that a `u64` holds, and for all.
pub(crate) const SHORT: usize = 64 + 2;
pub(crate) const LONG: usize = MAX_FLOOD_SIDE + 2;

/// A row of cells, one bit each.
pub(crate) trait Word: PrimInt {
    /// As [`Draws::coins`].
    fn coins(draws: &mut Draws, threshold: u64, lanes: Self) -> Self;
}

impl Word for u64 {
    fn coins(draws: &mut Draws, threshold: u64, lanes: Self) -> Self {
        draws.coins(threshold, lanes)
    }
}

impl Word for u128 {
    fn coins(draws: &mut Draws, threshold: u64, lanes: Self) -> Self {
        let mut half = |shift: u32| u128::from(draws.coins(threshold, (lanes >> shift) as u64)) << shift;
        half(0) | half(64)
    }
}

/// Free cells as bits, between two rows of walls: `[top wall, height rows, bottom wall]`.
pub(crate) type Rows<W, const N: usize> = [W; N];

/// The bit of a column.
pub(crate) fn bit<W: Word>(column: usize) -> W {
    W::one() << column
}

/// Steps from `start` to `goal`, each `(row, column)` and free; `None` if no path leads there.
///
/// One step moves the whole frontier down, left, right and up at once, then keeps what is free
/// and new, which is what a queue does cell by cell; so the number of steps is the same. Ends as
/// soon as the goal is reached or the frontier is empty. Destroys `open`.
pub(crate) fn flood_steps<W: Word, const N: usize>(
    open: &mut Rows<W, N>,
    start: (usize, usize),
    goal: (usize, usize),
) -> Option<usize> {
    let (goal_row, goal_bit) = (goal.0 + 1, bit::<W>(goal.1));
    let mut flood = Flood::new(open, start);
    let mut steps = 0;
    loop {
        if !(flood.frontier[goal_row] & goal_bit).is_zero() {
            return Some(steps);
        }
        steps += 1;
        if !flood.spread(open) {
            return None;
        }
    }
}

/// The cells that take at least `least` steps from `start`, and at least one; `None` where there are none. Destroys
/// `open`.
pub(crate) fn flood_far<W: Word, const N: usize>(
    open: &mut Rows<W, N>,
    start: (usize, usize),
    least: usize,
) -> Option<Rows<W, N>> {
    let mut flood = Flood::new(open, start);
    for _ in 0..least.max(1) {
        if !flood.spread(open) {
            return None;
        }
    }
    let mut far = flood.frontier;
    while flood.spread(open) {
        far.iter_mut().zip(&flood.frontier).for_each(|(far, new)| *far = *far | *new);
    }
    Some(far)
}

/// The frontier of a search.
struct Flood<W, const N: usize> {
    frontier: Rows<W, N>,
    /// The rows that hold it, within the walls above and below.
    first: usize,
    last: usize,
}

impl<W: Word, const N: usize> Flood<W, N> {
    fn new(open: &mut Rows<W, N>, start: (usize, usize)) -> Self {
        let mut frontier = [W::zero(); N];
        let first = start.0 + 1;
        frontier[first] = bit(start.1);
        open[first] = open[first] & !frontier[first];
        Flood { frontier, first, last: first }
    }

    /// One step: moves the frontier to the free cells beside it, which are then no longer open. Whether there are any.
    #[inline(always)]
    fn spread(&mut self, open: &mut Rows<W, N>) -> bool {
        let Flood { frontier, first, last } = self;
        *first = (*first - 1).max(1);
        *last = (*last + 1).min(N - 2);
        let (mut above, mut any) = (W::zero(), W::zero());
        for row in *first..=*last {
            let here = frontier[row];
            let spread = here << 1 | here >> 1 | above | frontier[row + 1];
            let next = spread & open[row];
            open[row] = open[row] & !next;
            frontier[row] = next;
            above = here;
            any = any | next;
        }
        if any.is_zero() {
            return false;
        }
        while frontier[*first].is_zero() {
            *first += 1;
        }
        while frontier[*last].is_zero() {
            *last -= 1;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::{LONG, Rows, SHORT, Word, bit, flood_steps};
    use crate::maze::{Maze, shortest_path_len};
    use proptest::prelude::*;

    fn rows_of<W: Word, const N: usize>(maze: &Maze) -> Rows<W, N> {
        let mut rows = [W::zero(); N];
        for i in (0..maze.n_cells()).filter(|&i| !maze.is_wall(i)) {
            let (row, column) = maze.row_column(i);
            rows[row + 1] = rows[row + 1] | bit(column);
        }
        rows
    }

    proptest! {
        #[test]
        fn flood_agrees_with_plain_search(
            (height, width, walls, start, goal) in (2usize..=80, 2usize..=128, 0.0f64..0.5)
                .prop_flat_map(|(height, width, density)| {
                    let n = height * width;
                    let walls = prop::collection::vec(prop::bool::weighted(density), n);
                    (Just(height), Just(width), walls, 0..n, 1..n)
                })
        ) {
            let goal = (start + goal) % (height * width);
            let mut walls = walls;
            (walls[start], walls[goal]) = (false, false);
            let maze = Maze::from_parts(width, walls, start, goal);
            prop_assert_eq!(maze.height(), height);
            let (from, to, steps) = (maze.row_column(start), maze.row_column(goal), shortest_path_len(&maze));
            prop_assert_eq!(flood_steps::<u128, LONG>(&mut rows_of(&maze), from, to), steps);
            if height.max(width) <= 64 {
                prop_assert_eq!(flood_steps::<u64, SHORT>(&mut rows_of(&maze), from, to), steps);
            }
        }
    }

    #[test]
    fn flood_follows_a_snake() {
        // Walls on every other row, open at alternate ends: the longest way round.
        let (height, width) = (63, 64);
        let mut walls = vec![false; height * width];
        for row in (1..height).step_by(2) {
            let gap = if row % 4 == 1 { width - 1 } else { 0 };
            (0..width).filter(|&c| c != gap).for_each(|c| walls[row * width + c] = true);
        }
        let goal = (height - 1) * width + width - 1;
        let maze = Maze::from_parts(width, walls, 0, goal);
        let steps = flood_steps::<u64, SHORT>(&mut rows_of(&maze), (0, 0), maze.row_column(goal));
        assert_eq!(steps, shortest_path_len(&maze));
        assert!(steps.is_some_and(|steps| steps > 31 * 64), "{steps:?}");
    }
}
