//! Breadth-first search over whole rows: one word per row, one bit per cell.

/// The most rows and columns: a row is one `u64`.
pub(crate) const MAX_FLOOD_SIDE: usize = 64;

/// Free cells as bits, between two rows of walls: `[top wall, height rows, bottom wall]`.
pub(crate) type Rows = [u64; MAX_FLOOD_SIDE + 2];

/// Steps from `start` to `goal`, each `(row, column)` and free; `None` if no path leads there.
///
/// One step moves the whole frontier down, left, right and up at once, then keeps what is free
/// and new, which is what a queue does cell by cell; so the number of steps is the same. Ends as
/// soon as the goal is reached or the frontier is empty. Destroys `open`.
pub(crate) fn flood_steps(open: &mut Rows, start: (usize, usize), goal: (usize, usize)) -> Option<usize> {
    let (goal_row, goal_bit) = (goal.0 + 1, 1u64 << goal.1);
    let mut flood = Flood::new(open, start);
    let mut steps = 0;
    loop {
        if flood.frontier[goal_row] & goal_bit != 0 {
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
pub(crate) fn flood_far(open: &mut Rows, start: (usize, usize), least: usize) -> Option<Rows> {
    let mut flood = Flood::new(open, start);
    for _ in 0..least.max(1) {
        if !flood.spread(open) {
            return None;
        }
    }
    let mut far = flood.frontier;
    while flood.spread(open) {
        far.iter_mut().zip(&flood.frontier).for_each(|(far, new)| *far |= new);
    }
    Some(far)
}

/// The frontier of a search.
struct Flood {
    frontier: Rows,
    /// The rows that hold it, within the walls above and below.
    first: usize,
    last: usize,
}

impl Flood {
    fn new(open: &mut Rows, start: (usize, usize)) -> Self {
        let mut frontier: Rows = [0; MAX_FLOOD_SIDE + 2];
        let first = start.0 + 1;
        frontier[first] = 1 << start.1;
        open[first] &= !frontier[first];
        Flood { frontier, first, last: first }
    }

    /// One step: moves the frontier to the free cells beside it, which are then no longer open. Whether there are any.
    #[inline(always)]
    fn spread(&mut self, open: &mut Rows) -> bool {
        let Flood { frontier, first, last } = self;
        *first = (*first - 1).max(1);
        *last = (*last + 1).min(MAX_FLOOD_SIDE);
        let mut above = 0;
        let mut any = 0;
        for row in *first..=*last {
            let here = frontier[row];
            let spread = here << 1 | here >> 1 | above | frontier[row + 1];
            let next = spread & open[row];
            open[row] &= !next;
            frontier[row] = next;
            above = here;
            any |= next;
        }
        if any == 0 {
            return false;
        }
        while frontier[*first] == 0 {
            *first += 1;
        }
        while frontier[*last] == 0 {
            *last -= 1;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_FLOOD_SIDE, Rows, flood_steps};
    use crate::maze::{Maze, shortest_path_len};
    use proptest::prelude::*;

    fn rows_of(maze: &Maze) -> Rows {
        let mut rows = [0; MAX_FLOOD_SIDE + 2];
        for i in (0..maze.n_cells()).filter(|&i| !maze.is_wall(i)) {
            let (row, column) = maze.row_column(i);
            rows[row + 1] |= 1 << column;
        }
        rows
    }

    proptest! {
        #[test]
        fn flood_agrees_with_plain_search(
            (height, width, walls, start, goal) in (2usize..=64, 2usize..=64, 0.0f64..0.5)
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
            let steps =
                flood_steps(&mut rows_of(&maze), maze.row_column(start), maze.row_column(goal));
            prop_assert_eq!(steps, shortest_path_len(&maze));
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
        let steps = flood_steps(&mut rows_of(&maze), (0, 0), maze.row_column(goal));
        assert_eq!(steps, shortest_path_len(&maze));
        assert!(steps.is_some_and(|steps| steps > 31 * 64), "{steps:?}");
    }
}
