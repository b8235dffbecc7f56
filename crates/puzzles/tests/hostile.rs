//! One test per error: what is wrong and where, without panic, hang or unbounded memory.

use puzzles::sudoku::{Geometry, Grid, Solver, Unit, Verdict, verdict};
use puzzles::{PuzzleError, SudokuRow, read_sized_sudoku_csv, read_sudoku_csv};

const PUZZLE: &str = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79";
const SOLUTION: &str = "534678912672195348198342567859761423426853791713924856961537284287419635345286179";

fn puzzle() -> Grid {
    Grid::parse(PUZZLE).unwrap()
}

fn rows(text: &str) -> Vec<Result<SudokuRow, PuzzleError>> {
    let header = "source,question,answer,rating\n";
    read_sudoku_csv(format!("{header}{text}").as_bytes()).collect()
}

#[test]
fn box_sizes_lie_between_2_and_5() {
    for (box_rows, box_cols) in [(1, 9), (3, 6), (0, 0), (usize::MAX, 2)] {
        let error = PuzzleError::BoxSize { box_rows, box_cols };
        assert_eq!(Geometry::new(box_rows, box_cols), Err(error));
    }
}

#[test]
fn empty_text_has_its_own_error() {
    assert_eq!(Grid::parse(""), Err(PuzzleError::GridEmpty { expected: 81 }));
}

#[test]
fn eighty_and_eighty_two_characters_are_refused() {
    for found in [80, 82] {
        let error = PuzzleError::GridLength { expected: 81, found };
        assert_eq!(Grid::parse(&".".repeat(found)), Err(error));
    }
}

#[test]
fn another_character_is_named_with_its_place() {
    for found in ['x', ' ', 'A', 'é', '\u{663}'] {
        let text = format!("{}{found}{}", ".".repeat(12), ".".repeat(68));
        let error = PuzzleError::GridCharacter { row: 1, column: 3, found };
        assert_eq!(Grid::parse(&text), Err(error.clone()));
        assert!(error.to_string().starts_with("row 2, column 4"));
    }
}

#[test]
fn digits_above_the_side_are_refused() {
    let geometry = Geometry::new(2, 2).unwrap();
    let mut cells = [0; 16];
    cells[6] = 5;
    let error = PuzzleError::GridDigit { row: 1, column: 2, found: 5, max: 4 };
    assert_eq!(Grid::from_cells(geometry, &cells), Err(error));
    let error = PuzzleError::GridCharacter { row: 0, column: 0, found: '5' };
    assert_eq!(Grid::parse_with(geometry, "5..............."), Err(error));
}

#[test]
fn conflicting_givens_are_named() {
    for (second, unit) in [((0, 8), Unit::Row(0)), ((8, 0), Unit::Column(0)), ((1, 2), Unit::Box(0))] {
        let mut grid = Grid::blank(Geometry::STANDARD);
        grid.set(0, 0, 7);
        grid.set(second.0, second.1, 7);
        let error = PuzzleError::GridConflict { digit: 7, unit, first: (0, 0), second };
        assert_eq!(Solver::new().solve_unique(&grid), Err(error.clone()));
        assert_eq!(Solver::new().count_solutions(&grid, 5), Ok(0));
        assert_eq!(grid.conflicts(), Err(error));
    }
}

#[test]
fn puzzles_without_or_with_many_solutions_are_told_apart() {
    let mut grid = Grid::blank(Geometry::STANDARD);
    assert_eq!(Solver::new().solve_unique(&grid), Err(PuzzleError::ManySolutions));
    for col in 0..8 {
        grid.set(0, col, col as u8 + 1);
    }
    grid.set(8, 8, 9);
    assert_eq!(Solver::new().solve_unique(&grid), Err(PuzzleError::NoSolution));
}

#[test]
fn a_solved_grid_is_legal() {
    let solution = Grid::parse(SOLUTION).unwrap();
    let solved = Solver::new().solve_unique(&solution).unwrap();
    assert_eq!((solved.grid, solved.guesses), (solution, 0));
}

#[test]
fn a_search_without_end_is_stopped() {
    let blank = Grid::blank(Geometry::STANDARD);
    let error = PuzzleError::SearchLimit { max_guesses: 100 };
    assert_eq!(Solver::with_max_guesses(100).count_solutions(&blank, usize::MAX), Err(error));
    // A blank 25x25 grid, and one where the last cell of a row has no digit left.
    let geometry = Geometry::new(5, 5).unwrap();
    let mut large = Grid::blank(geometry);
    let solver = Solver::with_max_guesses(2_000);
    let _ = solver.solve_unique(&large);
    for col in 0..23 {
        large.set(0, col, col as u8 + 1);
    }
    large.set(12, 23, 24);
    large.set(18, 24, 24);
    assert_eq!(solver.solve_unique(&large), Err(PuzzleError::NoSolution));
}

#[test]
fn a_wrong_answer_is_a_verdict() {
    let solution = Grid::parse(SOLUTION).unwrap();
    assert_eq!(verdict(&puzzle(), &solution), Verdict::Solved);
    assert_eq!(verdict(&puzzle(), &puzzle()), Verdict::Incomplete { n_blanks: 51 });
    let mut changed = solution.clone();
    changed.set(0, 1, 5);
    let row_and_column = Verdict::GivenChanged { row: 0, column: 1 };
    assert_eq!(verdict(&puzzle(), &changed), row_and_column);
    changed = solution.clone();
    changed.set(0, 2, 5);
    let twice = Verdict::RuleBroken { digit: 5, unit: Unit::Row(0) };
    assert_eq!(verdict(&puzzle(), &changed), twice);
    let other = Grid::blank(Geometry::new(2, 2).unwrap());
    assert_eq!(verdict(&puzzle(), &other), Verdict::OtherGeometry);
}

#[test]
fn carriage_returns_byte_order_marks_and_quotes_are_read() {
    let text = format!("\u{feff}source,question,answer,rating\r\n\"a, b\",{PUZZLE},\"{SOLUTION}\",3\r\n");
    let rows: Result<Vec<_>, _> = read_sudoku_csv(text.as_bytes()).collect();
    let rows = rows.unwrap();
    assert_eq!((rows[0].source.as_str(), rows[0].rating, rows.len()), ("a, b", 3.0, 1));
}

#[test]
fn a_header_without_a_column_is_refused() {
    for text in ["", "source,question,rating\n", "\u{0}\u{1}\n"] {
        let first = read_sudoku_csv(text.as_bytes()).next().unwrap();
        assert!(matches!(first, Err(PuzzleError::MissingColumn { .. })), "{first:?}");
    }
}

#[test]
fn errors_in_rows_name_the_line_and_reading_goes_on() {
    let good = format!("x,{PUZZLE},{SOLUTION},1");
    let short = &PUZZLE[1..];
    let text = format!(
        "{good}\nx,{short},{SOLUTION},1\nx,{PUZZLE}\nx,{PUZZLE},{PUZZLE},1\n\
         x,{PUZZLE},{SOLUTION},hard\n{good}\n"
    );
    let rows = rows(&text);
    let in_line = |line, source| Err(PuzzleError::InLine { line, source: Box::new(source) });
    assert_eq!(rows[1], in_line(3, PuzzleError::GridLength { expected: 81, found: 80 }));
    assert_eq!(rows[2], in_line(4, PuzzleError::MissingField { name: "answer" }));
    let verdict = Verdict::Incomplete { n_blanks: 51 };
    assert_eq!(rows[3], in_line(5, PuzzleError::NotASolution { verdict }));
    assert_eq!(rows[4], in_line(6, PuzzleError::BadRating { found: "hard".into() }));
    assert!(rows[0].is_ok() && rows[5].is_ok() && rows.len() == 6);
}

#[test]
fn the_first_row_tells_the_size_of_all() {
    let header = "source,question,answer,rating\n";
    let (small, usual) = ("x,1.34.4.22.4.432.,1234341221434321,1", format!("x,{PUZZLE},{SOLUTION},1"));
    let garbage = format!("x,{},{SOLUTION},1", &PUZZLE[..80]);
    let read = |rows: &[&str]| -> Vec<_> {
        read_sized_sudoku_csv(format!("{header}{}\n", rows.join("\n")).as_bytes()).collect()
    };
    let length = |line, expected, found| {
        let source = Box::new(PuzzleError::GridLength { expected, found });
        Err(PuzzleError::InLine { line, source })
    };
    let rows = read(&[small, &usual, small]);
    assert_eq!(rows[0].as_ref().unwrap().puzzle.geometry(), Geometry::new(2, 2).unwrap());
    assert_eq!(rows[1], length(3, 16, 81));
    assert!(rows[2].is_ok() && rows.len() == 3);
    let rows = read(&[&usual, small, &garbage]);
    assert!(rows[0].is_ok());
    assert_eq!(rows[1..], [length(3, 81, 16), length(4, 81, 80)]);
    // What is no size is told of as the usual one, and settles nothing.
    let rows = read(&[&garbage, small]);
    assert_eq!(rows[0], length(2, 81, 80));
    assert!(rows[1].is_ok());
    // The other reader knows the usual size alone.
    assert_eq!(self::rows(small), [length(2, 81, 16)]);
}

#[test]
fn endless_lines_and_open_quotes_are_refused() {
    let good = format!("x,{PUZZLE},{SOLUTION},1\n");
    for endless in ["9".repeat(1 << 20), format!("\"{}", "x\n".repeat(1 << 19))] {
        let rows = rows(&format!("{good}{endless}"));
        assert_eq!(rows.len(), 2);
        assert!(matches!(rows[1], Err(PuzzleError::LineTooLong { line: 3, .. })), "{:?}", rows[1]);
    }
}

#[test]
fn bytes_that_are_no_text_are_refused() {
    let mut bytes = b"source,question,answer,rating\nx,".to_vec();
    bytes.extend([0xff, 0xfe, b'\n']);
    let row = read_sudoku_csv(bytes.as_slice()).next().unwrap();
    assert!(matches!(row, Err(PuzzleError::Unreadable { line: 2, .. })), "{row:?}");
}
