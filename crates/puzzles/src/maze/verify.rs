//! Is it an answer? Decided by the maze alone, never by a label.

use crate::maze::{Maze, MazePath, shortest_path_len};

/// How good an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Verdict {
    /// Every cell as in the label, start and goal included; `None` without a label.
    pub exact: Option<bool>,
    /// One simple path from start to goal, as short as can be.
    pub optimal: bool,
    /// One simple path from start to goal, of any length, and no other mark.
    pub valid: bool,
    /// Marked cells join start and goal; forks, strays and marked walls do not count against it.
    pub connected: bool,
}

/// Judges an answer; `label` serves [`Verdict::exact`] alone.
pub fn verdict(maze: &Maze, path: &MazePath, label: Option<&MazePath>) -> Verdict {
    Verdict {
        exact: label.map(|label| label == path),
        optimal: verify_maze_solution(maze, path),
        valid: is_valid_path(maze, path),
        connected: is_connected(maze, path),
    }
}

/// Whether the marked cells are exactly one simple path from start to goal, as short as
/// breadth-first search says.
pub fn verify_maze_solution(maze: &Maze, path: &MazePath) -> bool {
    let Ok(cells) = path.ordered(maze) else {
        return false;
    };
    shortest_path_len(maze) == Some(cells.len() - 1)
}

/// Whether the marked cells are exactly one simple path from start to goal, of any length.
pub fn is_valid_path(maze: &Maze, path: &MazePath) -> bool {
    path.ordered(maze).is_ok()
}

/// Whether start and goal are joined over marked cells, whatever else is marked.
///
/// For reports: it says how far a wrong answer is off.
pub fn is_connected(maze: &Maze, path: &MazePath) -> bool {
    if (path.height(), path.width()) != (maze.height(), maze.width()) {
        return false;
    }
    let mut visited = vec![false; maze.n_cells()];
    visited[maze.start()] = true;
    let mut open = vec![maze.start()];
    while let Some(cell) = open.pop() {
        for next in maze.neighbours(cell).filter(|&next| path.is_on_path(maze, next)) {
            if !visited[next] {
                visited[next] = true;
                open.push(next);
            }
        }
    }
    visited[maze.goal()]
}
