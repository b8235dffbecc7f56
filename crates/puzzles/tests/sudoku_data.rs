//! The committed set, and the published training sample where `TRM_REAL_DATA` names its folder.

use std::fs::File;
use std::path::Path;

use puzzles::sudoku::{Solver, verify_sudoku};
use puzzles::{SudokuRow, load_sudoku_extreme_dataset, read_sudoku_csv, write_sudoku_csv};

fn check(rows: &[SudokuRow]) {
    assert_eq!(rows.len(), 1000);
    for row in rows {
        assert!(verify_sudoku(&row.solution));
        assert_eq!(Solver::new().solve_unique(&row.puzzle).unwrap().grid, row.solution);
    }
}

#[test]
fn every_committed_puzzle_has_its_answer_as_the_only_solution() {
    check(&load_sudoku_extreme_dataset().unwrap().rows);
}

#[test]
fn written_rows_are_read_back() {
    let rows = load_sudoku_extreme_dataset().unwrap().rows;
    let mut text = Vec::new();
    write_sudoku_csv(&mut text, &rows).unwrap();
    let read: Result<Vec<_>, _> = read_sudoku_csv(text.as_slice()).collect();
    assert_eq!(read.unwrap(), rows);
}

#[test]
fn every_published_puzzle_has_its_answer_as_the_only_solution() {
    let Some(folder) = std::env::var_os("TRM_REAL_DATA") else {
        return;
    };
    let file = File::open(Path::new(&folder).join("sudoku_extreme_train_1k.csv")).unwrap();
    let rows: Result<Vec<_>, _> = read_sudoku_csv(file).collect();
    check(&rows.unwrap());
}
