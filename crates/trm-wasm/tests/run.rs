//! Puzzles while a model thinks about them, natively: no JavaScript takes part.

use puzzles::PuzzleError;
use puzzles::sudoku::Grid;
use trm_solve::{AfterHalt, Halting, Policy, answer};
use trm_tasks::{MazeTask, SudokuTask, Task};
use trm_wasm::run::{Run, judge_sudoku, maze_engine, parse_maze, parse_sudoku, sudoku_engine};

const PUZZLE: &str = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79";

fn sudoku(max_k: Option<usize>) -> (Run<SudokuTask>, SudokuTask, Grid) {
    let engine = sudoku_engine();
    let task = SudokuTask::of(engine.model().config()).expect("a Sudoku model");
    let grid = parse_sudoku(PUZZLE).expect("a Sudoku");
    (Run::new(&engine, task, grid.clone(), max_k).expect("a question that fits"), task, grid)
}

#[test]
fn a_run_ends_with_what_evaluation_counts() {
    let rows = puzzles::load_sudoku_extreme_dataset().expect("the committed set").rows;
    let hard: Vec<Grid> = rows.into_iter().rev().take(4).map(|row| row.puzzle).collect();
    let engine = sudoku_engine();
    let config = engine.model().config();
    let task = SudokuTask::of(config).expect("a Sudoku model");
    let mut early = [false; 2];
    for grid in hard.into_iter().chain([sudoku(None).2]) {
        // Some end at the limit, with the answer that has the most votes.
        for max_k in [2, 6, 40] {
            let policy = Policy::of(config, Halting::Vote, Some(max_k)).expect("a limit");
            let whole = answer(&engine, &task, &grid, &policy, AfterHalt::Stop, |_| ()).expect("a question");
            let mut run = Run::new(&engine, task, grid.clone(), Some(max_k)).expect("a question that fits");
            let mut last = run.advance();
            while !run.halted() {
                last = run.advance();
            }
            assert_eq!((last.k, last.trace.confidence), (whole.k, whole.confidence), "{grid}");
            assert_eq!(last.answer, task.text(&grid, &whole.answer), "{grid}");
            assert_eq!(run.early_stopped(), whole.early_stopped, "{grid}");
            early[usize::from(whole.early_stopped)] = true;
            run.advance();
            assert_eq!(run.early_stopped(), whole.early_stopped, "one step more changes nothing");
        }
    }
    assert_eq!(early, [true; 2], "both ends were seen");
}

#[test]
fn it_halts_at_its_limit_and_can_go_on() {
    let (mut run, ..) = sudoku(Some(1));
    assert!(!run.halted());
    assert!(run.advance().halted && !run.early_stopped());
    assert_eq!(run.advance().k, 2);
}

#[test]
fn givens_stand_still() {
    let (mut run, _, grid) = sudoku(None);
    let seen = run.advance();
    assert_eq!((seen.probabilities.len(), seen.activity.len()), (729, 81));
    for (cell, given) in grid.cells().iter().enumerate() {
        let beliefs = &seen.probabilities[9 * cell..9 * cell + 9];
        assert!((beliefs.iter().sum::<f32>() - 1.0).abs() < 1e-5, "cell {cell}: {beliefs:?}");
        match *given {
            0 => assert!(seen.activity[cell] > 0.0, "cell {cell} was not thought about"),
            digit => {
                assert_eq!((seen.activity[cell], beliefs[usize::from(digit) - 1]), (0.0, 1.0), "cell {cell}");
            }
        }
    }
}

#[test]
fn a_solved_board_has_nothing_to_think_about() {
    let engine = sudoku_engine();
    let task = SudokuTask::of(engine.model().config()).expect("a Sudoku model");
    let solved = "534678912672195348198342567859761423426853791713924856961537284287419635345286179";
    let mut run = Run::new(&engine, task, parse_sudoku(solved).expect("a Sudoku"), None).expect("it fits");
    let seen = run.advance();
    assert_eq!((seen.answer.as_str(), seen.fault), (solved, None));
    assert!(seen.activity.iter().all(|a| *a == 0.0) && seen.probabilities.iter().all(|p| p.is_finite()));
}

#[test]
fn walls_are_on_no_path() {
    let engine = maze_engine();
    let task = MazeTask::of(engine.model().config()).expect("a maze model");
    let (maze, shortest) = parse_maze("S  \n## \nG  \n").expect("a maze");
    assert_eq!(shortest, 6);
    let seen = Run::new(&engine, task, maze, None).expect("it fits").advance();
    assert_eq!((seen.probabilities.len(), seen.activity.len(), seen.answer.len()), (9, 9, 9));
    assert_eq!((seen.probabilities[3], seen.activity[3]), (0.0, 0.0));
}

#[test]
fn drawn_boards_are_read() {
    let grid = parse_sudoku(PUZZLE).expect("81 characters");
    assert_eq!(parse_sudoku(&grid.pretty()).expect("a drawn board"), grid);
    assert_eq!(judge_sudoku(&grid), Ok(Some(1)));
    assert_eq!(judge_sudoku(&parse_sudoku(&".".repeat(81)).expect("blanks")), Ok(Some(2)));
    let hopeless = format!("12345678.........9{}", ".".repeat(63));
    assert_eq!(judge_sudoku(&parse_sudoku(&hopeless).expect("no conflict")), Err(PuzzleError::NoSolution));
}
