//! A question with its answer.

use crate::maze::{Maze, MazePath};

/// One line of a file: a maze and its answer.
#[derive(Debug, Clone, PartialEq)]
pub struct MazeRow {
    /// Where it comes from; empty in the published files.
    pub source: String,
    /// The question.
    pub maze: Maze,
    /// The answer.
    pub answer: MazePath,
    /// Cells on the shortest path, start and goal included: its steps and one.
    pub rating: f32,
}
