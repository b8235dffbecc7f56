//! Puzzles while a model thinks about them, natively: no JavaScript takes part.

use puzzles::PuzzleError;
use puzzles::rules::{Recipe, Rules, RulesError, generate_row};
use puzzles::sudoku::Grid;
use std::sync::Arc;
use trm_solve::{AfterHalt, Halting, Policy, answer, sized_sudoku};
use trm_tasks::{MazeTask, RulesTask, SudokuTask, Task, fit_rules};
use trm_wasm::run::{Run, judge_puzzle, judge_sudoku, maze_engine, parse_maze, parse_sudoku, sudoku_engine};

const PUZZLE: &str = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79";

fn sudoku(max_k: Option<usize>) -> (Run<SudokuTask>, SudokuTask, Grid) {
    let engine = sudoku_engine();
    let task = SudokuTask::of(engine.model().config()).expect("a Sudoku model");
    let grid = parse_sudoku(PUZZLE, None, None).expect("a Sudoku").grid;
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
        // Some end at the limit.
        for max_k in [2, 6, 40] {
            let policy = Policy::of(config, config.halting_rule.into(), Some(max_k)).expect("a limit");
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
    assert_eq!(early, [true; 2], "both ends were view");
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
    let view = run.advance();
    assert_eq!((view.probabilities.len(), view.activity.len()), (729, 81));
    for (cell, given) in grid.cells().iter().enumerate() {
        let beliefs = &view.probabilities[9 * cell..9 * cell + 9];
        assert!((beliefs.iter().sum::<f32>() - 1.0).abs() < 1e-5, "cell {cell}: {beliefs:?}");
        match *given {
            0 => assert!(view.activity[cell] > 0.0, "cell {cell} was not thought about"),
            digit => {
                assert_eq!((view.activity[cell], beliefs[usize::from(digit) - 1]), (0.0, 1.0), "cell {cell}");
            }
        }
    }
}

#[test]
fn a_solved_board_has_nothing_to_think_about() {
    let engine = sudoku_engine();
    let task = SudokuTask::of(engine.model().config()).expect("a Sudoku model");
    let solved = "534678912672195348198342567859761423426853791713924856961537284287419635345286179";
    let mut run = Run::new(&engine, task, parse_sudoku(solved, None, None).expect("a Sudoku").grid, None)
        .expect("it fits");
    let view = run.advance();
    assert_eq!((view.answer.as_str(), view.fault), (solved, None));
    assert!(view.activity.iter().all(|a| *a == 0.0) && view.probabilities.iter().all(|p| p.is_finite()));
}

#[test]
fn walls_are_on_no_path() {
    let engine = maze_engine();
    let task = MazeTask::of(engine.model().config()).expect("a maze model");
    let (maze, shortest) = parse_maze("S  \n## \nG  \n").expect("a maze");
    assert_eq!(shortest, 6);
    let view = Run::new(&engine, task, maze, None).expect("it fits").advance();
    assert_eq!((view.probabilities.len(), view.activity.len(), view.answer.len()), (9, 9, 9));
    assert_eq!((view.probabilities[3], view.activity[3]), (0.0, 0.0));
}

#[test]
fn boards_are_read_as_by_the_command() {
    let read = |text: &str| parse_sudoku(text, None, None).map(|read| read.grid);
    let grid = read(PUZZLE).expect("81 characters");
    assert_eq!(read(&grid.pretty()).expect("a drawn board"), grid);
    assert_eq!(judge_sudoku(&grid), Ok(Some(1)));
    assert_eq!(judge_sudoku(&read(&".".repeat(81)).expect("blanks")), Ok(Some(2)));
    let hopeless = format!("12345678.........9{}", ".".repeat(63));
    assert_eq!(judge_sudoku(&read(&hopeless).expect("no conflict")), Err(PuzzleError::NoSolution));
    for boxes in ["9", "3x", "1x9", "x"] {
        assert!(
            matches!(parse_sudoku(PUZZLE, Some(boxes), None), Err(PuzzleError::BoxSize { .. })),
            "{boxes}"
        );
    }
}

#[test]
fn a_notation_decides_between_two_readings() {
    // A shifted grid without its first and its last digit.
    let symbol = |i: usize| match (i + i / 16 % 4 * 4 + i / 64) % 16 {
        0 | 15 => '.',
        digit => char::from_digit(digit as u32, 16).expect("a digit"),
    };
    let text: String = (0..256).map(symbol).collect();
    let error = parse_sudoku(&text, None, None).expect_err("1-G or 0-F");
    assert!(matches!(error, PuzzleError::Ambiguous { .. }), "{error}");
    assert!(error.to_string().contains("(zero-based)"), "{error}");
    for (name, first) in [("one-based", 1), ("zero-based", 2)] {
        let read = parse_sudoku(&text, None, Some(name)).expect("decided");
        assert_eq!((read.notation.name(), read.grid.cells()[1]), (name, first));
    }
    let error = parse_sudoku(&text, None, Some("hex")).expect_err("no name");
    assert!(matches!(error, PuzzleError::NotationName { .. }), "{error}");
}

#[test]
fn other_sizes_are_answered_in_their_notation() {
    let engine = sudoku_engine();
    for (text, answer) in [
        ("1.34.4.22.4.432.", "1234341221434321"),
        ("A.CD.D.BB.D.DCB.", "ABCDCDABBADCDCBA"),
        ("1.34564561.3231.64564.31312645645.12", "123456456123231564564231312645645312"),
    ] {
        let read = parse_sudoku(text, None, None).expect("a Sudoku");
        let (engine, task) = sized_sudoku(&engine, read.grid.geometry()).expect("any size");
        let n = read.grid.cells().len();
        let run = Run::new(&engine, task, read.grid, None).expect("it fits");
        let mut run = run.with_writer(move |answer| read.notation.line(answer));
        let mut last = run.advance();
        while !run.halted() {
            last = run.advance();
        }
        assert_eq!((last.activity.len(), last.probabilities.len()), (n, n * n.isqrt()), "{text}");
        assert_eq!((last.answer.as_str(), last.fault), (answer, None), "{text}");
    }
}

#[test]
fn puzzles_of_a_file_end_with_what_evaluation_counts() {
    let jigsaw = "name = \"jigsaw\"\ngrid = [6, 6]\nsymbols = \"123456\"\ngroups = [
        { name = \"row\", cells = \"rows\", kind = \"line\" }, { name = \"column\", cells = \"columns\", kind = \"line\" },
        { name = \"region\", column = \"regions\", make = \"regions\", kind = \"box\" }]";
    let rules = Arc::new(Rules::parse(jigsaw).expect("rules"));
    let task = RulesTask::new(rules.clone());
    let engine = fit_rules(sudoku_engine().model(), &rules).expect("kinds of Sudoku");
    let policy = Policy::of(engine.model().config(), Halting::of(&engine), Some(8)).expect("a limit");
    for index in 0..4 {
        let recipe = Recipe { extra: 0.5, ..Recipe::default() };
        let puzzle = generate_row(&rules, 5, index, &recipe).expect("a puzzle").puzzle;
        assert_eq!(judge_puzzle(&puzzle), Ok(Some(1)));
        let whole = answer(&engine, &task, &puzzle, &policy, AfterHalt::Stop, |_| ()).expect("a question");
        let mut run = Run::new(&engine, task.clone(), puzzle.clone(), Some(8)).expect("a question that fits");
        let mut last = run.advance();
        while !run.halted() {
            last = run.advance();
        }
        assert_eq!((last.k, last.trace.confidence), (whole.k, whole.confidence));
        assert_eq!(last.answer, task.text(&puzzle, &whole.answer));
        assert_eq!((last.probabilities.len(), last.activity.len()), (216, 36));
    }
    let sudoku = Rules::sudoku();
    let judged = |text: &str| judge_puzzle(&sudoku.puzzle(text, &[]).expect("a puzzle"));
    assert_eq!(judged(&".".repeat(81)), Ok(Some(2)));
    assert_eq!(judged(&format!("12345678.........9{}", ".".repeat(63))), Err(RulesError::NoSolution));
}
