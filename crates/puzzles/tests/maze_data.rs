//! The committed set, and the published file where `TRM_REAL_DATA` names its folder.

use std::collections::HashSet;
use std::path::PathBuf;

use puzzles::maze::{
    MazeRow, label, load_maze_hard_dataset, read_maze_csv, shortest_path_len, verify_maze_solution,
    write_maze_csv,
};

fn check_hard(rows: &[MazeRow]) {
    assert_eq!(rows.len(), 1000);
    for (i, row) in rows.iter().enumerate() {
        assert_eq!((row.maze.height(), row.maze.width()), (30, 30), "row {i}");
        assert_eq!(label(&row.maze).as_ref(), Ok(&row.answer), "row {i}");
        assert!(verify_maze_solution(&row.maze, &row.answer), "row {i}");
        let steps = shortest_path_len(&row.maze).expect("reachable");
        assert!(steps >= 109, "row {i}: {steps} steps");
        assert_eq!(row.rating, (steps + 1) as f32, "row {i}");
    }
    let questions: HashSet<String> = rows.iter().map(|row| row.maze.to_string()).collect();
    assert_eq!(questions.len(), rows.len(), "two rows ask the same");
}

#[test]
fn the_test_set_is_hard_and_labelled_by_the_rule() {
    check_hard(&load_maze_hard_dataset().expect("the test set").rows);
}

#[test]
fn the_published_file_is_labelled_by_the_rule() {
    let Some(folder) = std::env::var_os("TRM_REAL_DATA").map(PathBuf::from) else {
        return;
    };
    let published = std::fs::read(folder.join("maze_hard_train.csv")).expect("the published file");
    let rows: Vec<MazeRow> = read_maze_csv(published.as_slice()).collect::<Result<_, _>>().expect("its rows");
    check_hard(&rows);
    let mut written = Vec::new();
    write_maze_csv(&mut written, &rows).expect("memory");
    assert!(written == published, "writing changed the file");
}
