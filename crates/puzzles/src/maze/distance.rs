//! Breadth-first distances, and the label they give.

use std::collections::VecDeque;

use crate::PuzzleError;
use crate::maze::{Maze, MazePath};

/// The distance of a cell that cannot be reached, walls included.
pub const UNREACHED: u32 = u32::MAX;

/// Steps from `from` to every cell, [`UNREACHED`] where no path leads: `[height x width]`.
///
/// # Panics
/// If `from` lies outside the maze.
pub fn distances_from(maze: &Maze, from: usize) -> Vec<u32> {
    let mut distances = vec![UNREACHED; maze.n_cells()];
    if maze.is_wall(from) {
        return distances;
    }
    distances[from] = 0;
    let mut queue = VecDeque::from([from]);
    while let Some(cell) = queue.pop_front() {
        for next in maze.neighbours(cell) {
            if distances[next] == UNREACHED {
                distances[next] = distances[cell] + 1;
                queue.push_back(next);
            }
        }
    }
    distances
}

/// Steps of a shortest path from start to goal, or `None` where there is none.
pub fn shortest_path_len(maze: &Maze) -> Option<usize> {
    match distances_from(maze, maze.goal())[maze.start()] {
        UNREACHED => None,
        steps => Some(steps as usize),
    }
}

/// The shortest path of the published labels: from the start always the first move in the order
/// down, left, right, up that brings the goal one step nearer.
///
/// Found by trial; it gives back all 1,000 answers of the published Maze-Hard training file.
///
/// # Errors
/// [`PuzzleError::MazeUnreachable`] if there is no path.
pub fn label(maze: &Maze) -> Result<MazePath, PuzzleError> {
    let distances = distances_from(maze, maze.goal());
    let mut path = MazePath::empty(maze.height(), maze.width());
    let mut cell = maze.start();
    while cell != maze.goal() {
        let nearer = maze.neighbours(cell).find(|&next| distances[next] < distances[cell]);
        cell = nearer.ok_or_else(|| PuzzleError::MazeUnreachable {
            start: maze.row_column(maze.start()),
            goal: maze.row_column(maze.goal()),
        })?;
        if cell != maze.goal() {
            path.mark(cell);
        }
    }
    Ok(path)
}
