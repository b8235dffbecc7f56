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

mod dataset;
mod distance;
mod encode;
mod flood;
mod generate;
mod grid;
mod path;
mod rows;
mod verify;

pub use dataset::load_maze_hard_dataset;
pub use distance::{UNREACHED, distances_from, label, shortest_path_len};
pub use encode::{Layout, MazeDecoder, MazeEncoder, TOKENS};
pub use generate::{MAX_GENERATED_SIDE, MazeSpec, generate, generate_maze};
pub use grid::{Cell, MAX_SIDE, Maze};
pub use path::{MazePath, PathError};
pub use rows::{MAX_LINE_BYTES, MazeReader, MazeRow, read_maze_csv, write_maze_csv};
pub use verify::{Verdict, is_connected, is_valid_path, verdict, verify_maze_solution};
