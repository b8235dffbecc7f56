//! The Maze-Hard test set.

use std::fs::File;
use std::path::PathBuf;

use crate::PuzzleError;
use crate::dataset::{Dataset, Origin};
use crate::maze::{MazeRow, read_maze_csv};

/// Names a Maze-Hard file to use in place of the committed set.
const MAZE_VARIABLE: &str = "MAZE_HARD_CSV";
/// The committed set: 1,000 generated mazes, see `data/maze-hard-gen.md`. A program that never
/// loads it does not carry it.
const MAZE_GENERATED: &str = include_str!("../../data/maze-hard-gen.csv");

/// The maze test set: the file that `MAZE_HARD_CSV` names, else 1,000 generated mazes.
///
/// # Errors
/// [`PuzzleError::File`] when the file cannot be opened, and those of [`read_maze_csv`].
pub fn load_maze_hard_dataset() -> Result<Dataset<MazeRow>, PuzzleError> {
    load(std::env::var_os(MAZE_VARIABLE).map(PathBuf::from))
}

fn load(published: Option<PathBuf>) -> Result<Dataset<MazeRow>, PuzzleError> {
    let Some(path) = published else {
        let rows = read_maze_csv(MAZE_GENERATED.as_bytes()).collect::<Result<_, _>>()?;
        let origin = Origin::Generated("maze-hard-gen");
        return Ok(Dataset { rows, origin });
    };
    let file = File::open(&path).map_err(|e| {
        let (path, reason) = (path.display().to_string(), e.to_string());
        PuzzleError::File { path, reason }
    })?;
    let rows = read_maze_csv(file).collect::<Result<_, _>>()?;
    let origin = Origin::File(path);
    Ok(Dataset { rows, origin })
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::load;
    use crate::PuzzleError;
    use crate::dataset::Origin;

    #[test]
    fn origins_are_told_apart() {
        let committed = load(None).expect("the committed set");
        assert_eq!(committed.origin, Origin::Generated("maze-hard-gen"));
        let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/data/maze-hard-gen.csv"));
        let named = load(Some(path.clone())).expect("the same file by name");
        assert_eq!(named.origin, Origin::File(path));
        assert_eq!(named.rows, committed.rows);
    }

    #[test]
    fn missing_files_are_named() {
        let error = load(Some(PathBuf::from("no/such.csv"))).expect_err("no such file");
        assert!(matches!(error, PuzzleError::File { path, .. } if path == "no/such.csv"));
    }
}
