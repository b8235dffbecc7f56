//! Mazes: a grid of walls and free cells, a start, a goal, and the shortest path between them.
//!
//! A cell has up to four neighbours: down, left, right, up. Cells are numbered row by row from 0.
//!
//! ```
//! use puzzles::maze::{Maze, label, verify_maze_solution};
//!
//! let maze = Maze::parse_rows("S #\n  #\n# G")?;
//! let path = label(&maze)?;
//! assert!(verify_maze_solution(&maze, &path));
//! assert_eq!(maze.draw(Some(&path)), "S #\noo#\n#oG\n");
//! # Ok::<(), puzzles::PuzzleError>(())
//! ```

mod distance;
mod draw;
mod draws;
mod encode;
mod fault;
#[cfg(feature = "csv")]
mod files;
mod flood;
mod generate;
mod grid;
#[cfg(feature = "npy")]
mod npy;
mod path;
mod perfect;
mod read;
mod row;
mod symmetry;
mod verify;

pub use distance::{UNREACHED, distances_from, label, shortest_path_len};
pub use encode::{Layout, MazeDecoder, MazeEncoder, TOKENS};
pub use fault::PathError;
#[cfg(feature = "csv")]
pub use files::{
    MAX_LINE_BYTES, load_maze_hard_dataset, open_maze, read_maze_csv, read_maze_questions, write_maze_csv,
};
pub use generate::{MAX_GENERATED_SIDE, MazeKind, MazeSpec, generate, generate_maze};
pub use grid::{Cell, MAX_SIDE, Maze};
#[cfg(feature = "npy")]
pub use npy::read_maze_npy;
pub use path::MazePath;
pub use read::{MazeText, read_maze};
pub use row::MazeRow;
pub use verify::{Verdict, is_connected, is_valid_path, verdict, verify_maze_solution};
