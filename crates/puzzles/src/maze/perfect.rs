//! Perfect mazes: a random spanning tree of rooms, carved by depth-first search.

use crate::maze::draws::Draws;
use crate::maze::{Maze, UNREACHED, distances_from};

/// Rooms lie in odd rows and columns, within the outer wall.
pub(super) fn n_rooms(height: usize, width: usize) -> usize {
    ((height - 1) / 2) * ((width - 1) / 2)
}

/// A maze, with start and goal in two rooms that are at least `min_path` steps apart; `None` where
/// no room is so far from the start. Sides are at least 3.
pub(super) fn draw(height: usize, width: usize, min_path: usize, draws: &mut Draws) -> Option<Maze> {
    let (n_rows, n_columns) = ((height - 1) / 2, (width - 1) / 2);
    let cell = |room: usize| (2 * (room / n_columns) + 1) * width + 2 * (room % n_columns) + 1;
    let n_rooms = n_rows * n_columns;
    let mut walls = vec![true; height * width];
    let first = draws.below(n_rooms as u64) as usize;
    walls[cell(first)] = false;
    let mut path = vec![first];
    while let Some(&room) = path.last() {
        let (row, column) = (room / n_columns, room % n_columns);
        let closed = [
            (row + 1 < n_rows).then(|| room + n_columns),
            (column > 0).then(|| room.wrapping_sub(1)),
            (column + 1 < n_columns).then(|| room + 1),
            (row > 0).then(|| room.wrapping_sub(n_columns)),
        ];
        let mut next = closed.into_iter().flatten().filter(|&next| walls[cell(next)]);
        let n_closed = next.clone().count() as u64;
        if n_closed == 0 {
            path.pop();
            continue;
        }
        let chosen = next.nth(draws.below(n_closed) as usize)?;
        walls[(cell(room) + cell(chosen)) / 2] = false;
        walls[cell(chosen)] = false;
        path.push(chosen);
    }
    let start = cell(draws.below(n_rooms as u64) as usize);
    // Any goal will do to measure from the start.
    let any = (0..n_rooms).map(cell).find(|room| *room != start)?;
    let maze = Maze::from_parts(width, walls.clone(), start, any);
    let distances = distances_from(&maze, start);
    let is_far = |room: &usize| {
        let steps = distances[cell(*room)];
        steps != UNREACHED && steps > 0 && steps as usize >= min_path
    };
    let far: Vec<usize> = (0..n_rooms).filter(is_far).collect();
    if far.is_empty() {
        return None;
    }
    let goal = cell(far[draws.below(far.len() as u64) as usize]);
    Some(Maze::from_parts(width, walls, start, goal))
}
