//! Bad mazes, paths and specs, one test per error: nothing panics, hangs or takes memory without bound.

use puzzles::PuzzleError;
use puzzles::maze::{
    MAX_GENERATED_SIDE, MAX_SIDE, Maze, MazeKind, MazePath, MazeSpec, PathError, generate, generate_maze,
    is_connected, is_valid_path, label, verify_maze_solution,
};

fn maze(rows: &str) -> Maze {
    Maze::parse_rows(rows).expect("a maze")
}

#[test]
fn empty_texts_are_named() {
    assert_eq!(Maze::parse(""), Err(PuzzleError::MazeEmpty));
    assert_eq!(Maze::parse_rows(""), Err(PuzzleError::MazeEmpty));
    assert_eq!(Maze::parse_rows("\n\n"), Err(PuzzleError::MazeEmpty));
    assert_eq!(Maze::parse_with(2, 2, ""), Err(PuzzleError::MazeEmpty));
}

#[test]
fn trimmed_lines_are_not_square() {
    let error = Maze::parse("S # G   ".trim_end()).unwrap_err();
    assert_eq!(error, PuzzleError::MazeNotSquare { n_cells: 5 });
    let long = Maze::parse(&" ".repeat(100_000)).unwrap_err();
    assert_eq!(long, PuzzleError::MazeNotSquare { n_cells: 100_000 });
}

#[test]
fn lengths_must_fit_the_sides() {
    let error = Maze::parse_with(2, 3, "S G #").unwrap_err();
    assert_eq!(error, PuzzleError::MazeLength { expected: 6, found: 5 });
    let question = maze("S \n G");
    let error = MazePath::parse(&question, "So ").unwrap_err();
    assert_eq!(error, PuzzleError::MazeLength { expected: 4, found: 3 });
}

#[test]
fn sides_are_bounded() {
    let max = MAX_SIDE;
    for (height, width) in [(0, 3), (3, 0), (MAX_SIDE + 1, 1), (usize::MAX, usize::MAX)] {
        let error = Maze::parse_with(height, width, "S G").unwrap_err();
        assert_eq!(error, PuzzleError::MazeSide { height, width, least: 1, max });
    }
    let tall = Maze::parse_rows(&"SG\n".repeat(5000)).unwrap_err();
    assert_eq!(tall, PuzzleError::MazeSide { height: 5000, width: 2, least: 1, max });
    let wide = Maze::parse_rows(&" ".repeat(100_000)).unwrap_err();
    assert_eq!(wide, PuzzleError::MazeSide { height: 1, width: 100_000, least: 1, max });
}

#[test]
fn ragged_and_trimmed_rows_are_named() {
    let error = Maze::parse_rows("S  \n#\n  G").unwrap_err();
    assert_eq!(error, PuzzleError::MazeRagged { row: 1, expected: 3, found: 1 });
    assert!(error.to_string().contains("row 2 has 1 cells"), "{error}");
}

#[test]
fn other_characters_are_named() {
    let error = Maze::parse("S #?").unwrap_err();
    assert_eq!(error, PuzzleError::MazeCharacter { row: 1, column: 1, found: '?' });
    assert_eq!(error.to_string(), "row 2, column 2: '?' is none of '#', ' ', 'S', 'G', 'o'");
    let error = MazePath::parse(&maze("S \n G"), "Sé G").unwrap_err();
    assert_eq!(error, PuzzleError::MazeCharacter { row: 0, column: 1, found: 'é' });
}

#[test]
fn start_and_goal_stand_once() {
    assert_eq!(Maze::parse("G"), Err(PuzzleError::MazeMissing { cell: 'S' }));
    assert_eq!(Maze::parse("S"), Err(PuzzleError::MazeMissing { cell: 'G' }));
    let (first, second) = ((0, 0), (1, 0));
    let error = Maze::parse("SGS ").unwrap_err();
    assert_eq!(error, PuzzleError::MazeRepeated { cell: 'S', first, second });
    let error = Maze::parse("GSG ").unwrap_err();
    assert_eq!(error, PuzzleError::MazeRepeated { cell: 'G', first, second });
}

#[test]
fn unreachable_goals_have_no_label() {
    let maze = maze("S#G\n # ");
    let error = label(&maze).unwrap_err();
    assert_eq!(error, PuzzleError::MazeUnreachable { start: (0, 0), goal: (0, 2) });
    let nothing = MazePath::empty(2, 3);
    assert!(!verify_maze_solution(&maze, &nothing) && !is_connected(&maze, &nothing));
}

#[test]
fn answers_keep_their_question() {
    let question = maze("S \n#G");
    let answer = |text| MazePath::parse(&question, text);
    assert!(answer("So#G").is_ok());
    let error = answer("So G").unwrap_err();
    let expected = PuzzleError::MazeAnswer { row: 1, column: 0, expected: '#', found: ' ' };
    assert_eq!(error, expected);
    let error = answer("o #G").unwrap_err();
    let expected = PuzzleError::MazeAnswer { row: 0, column: 0, expected: 'S', found: 'o' };
    assert_eq!(error, expected);
}

#[test]
fn large_mazes_are_fine() {
    let side = 200;
    let text = format!("S{}G", " ".repeat(side * side - 2));
    let maze = Maze::parse(&text).expect("200 x 200");
    let path = label(&maze).expect("an open field");
    assert_eq!(path.n_marked(), 2 * (side - 1) - 1);
    assert!(verify_maze_solution(&maze, &path));
}

#[test]
fn faults_of_paths_are_named() {
    let question = maze("S   \n ## \n   G");
    let fault = |answer: &str| {
        let marked = answer.chars().map(|c| c == 'o').collect();
        MazePath::from_marks(3, 4, marked).ordered(&question).unwrap_err()
    };
    let (row, column) = (0, 2);
    assert_eq!(fault("Soo  ##    G"), PathError::DeadEnd { row, column });
    let (row, column) = (0, 0);
    assert_eq!(fault("So  o##    G"), PathError::Fork { row, column });
    assert_eq!(fault("Soooo##ooooG"), PathError::Fork { row, column });
    let (row, column) = (2, 3);
    assert_eq!(fault("Sooo ##o  oG"), PathError::Fork { row, column });
    let (row, column) = (2, 0);
    assert_eq!(fault("Sooo ##oo  G"), PathError::Stray { row, column });
    let (row, column) = (1, 1);
    assert_eq!(fault("Sooo o#o   G"), PathError::Wall { row, column });
    assert_eq!(fault("Sooo o#o   G").to_string(), "row 2, column 2: a wall is marked");
    let other = MazePath::empty(4, 3).ordered(&question).unwrap_err();
    assert_eq!(other, PathError::Size { maze: (3, 4), path: (4, 3) });
}

#[test]
fn detours_are_valid_but_not_optimal() {
    let question = maze("S G\n   \n   ");
    let detour = MazePath::parse(&question, "S Go oooo").expect("an answer");
    assert!(is_valid_path(&question, &detour));
    assert!(!verify_maze_solution(&question, &detour));
}

#[test]
fn specs_are_checked_before_any_work() {
    let spec = MazeSpec::square(MAX_GENERATED_SIDE + 1, 10);
    let (height, width, max) = (129, 129, MAX_GENERATED_SIDE);
    assert_eq!(generate_maze(&spec, 0, 0), Err(PuzzleError::MazeSide { height, width, least: 1, max }));
    assert!(generate(&MazeSpec::square(0, 0), 3, 0, |_| {}).is_err());
    let error = generate_maze(&MazeSpec::square(1, 0), 0, 0).unwrap_err();
    assert_eq!(error, PuzzleError::MazeMinPath { min_path: 0, max: 0 });
    let error = generate_maze(&MazeSpec::square(6, 36), 0, 0).unwrap_err();
    assert_eq!(error, PuzzleError::MazeMinPath { min_path: 36, max: 35 });
    for range in [-0.1..=0.5, 0.5..=0.4, 0.0..=1.1, f32::NAN..=0.5] {
        let spec =
            MazeSpec { kind: MazeKind::Scattered { wall_probability: range }, ..MazeSpec::square(6, 3) };
        let error = generate_maze(&spec, 0, 0).unwrap_err();
        assert!(matches!(error, PuzzleError::MazeWallProbability { .. }), "{error}");
    }
}

#[test]
fn hopeless_searches_end() {
    let spec = MazeSpec { max_trials: 1000, ..MazeSpec::square(6, 35) };
    let error = generate_maze(&spec, 0, 0).unwrap_err();
    assert_eq!(error, PuzzleError::MazeNotFound { n_trials: 1000, min_path: 35 });
}
