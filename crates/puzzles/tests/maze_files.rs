//! Good and bad maze files: every error names its line, and reading never runs away.

use puzzles::PuzzleError;
use puzzles::maze::{MAX_LINE_BYTES, MazeSpec, PathError, generate_maze, read_maze_csv, write_maze_csv};

const HEADER: &str = "source,question,answer,rating\n";

fn errors_of(file: &[u8]) -> Vec<PuzzleError> {
    read_maze_csv(file).filter_map(Result::err).collect()
}

fn in_line(line: u64, source: PuzzleError) -> Vec<PuzzleError> {
    let source = Box::new(source);
    vec![PuzzleError::InLine { line, source }]
}

#[test]
fn files_of_all_makes_are_read() {
    let makes = [
        "source,question,answer,rating\n,S  G,So G,3\n",
        "source,question,answer,rating\r\n,S  G,So G,3\r\n",
        "\u{feff}source,question,answer,rating\n,S  G,So G,3",
        "\"source\",\"question\",\"answer\",\"rating\"\n\"\",\"S  G\",\"So G\",\"3\"\n\n",
        "rating,answer,question,source\n3.0,So G,S  G,\n",
    ];
    let rows: Vec<_> = makes
        .iter()
        .map(|file| read_maze_csv(file.as_bytes()).collect::<Result<Vec<_>, _>>().expect(file))
        .collect();
    assert_eq!(rows[0][0].maze.to_string(), "S  G");
    assert!(rows.iter().all(|read| read == &rows[0]));
}

#[test]
fn headers_need_their_columns() {
    for (file, missing, shown) in [
        (&b""[..], "question", ""),
        (b"source,question,rating\n", "answer", "source,question,rating"),
        (b"\0\xff\n\n", "question", "\0\u{fffd}"),
    ] {
        let [PuzzleError::MissingColumn { name, header, .. }] = &errors_of(file)[..] else {
            panic!("{:?}", errors_of(file));
        };
        assert_eq!((*name, header.as_str()), (missing, shown));
    }
}

#[test]
fn a_wrong_row_is_named_and_passed_over() {
    let file = format!("{HEADER},S  G,So G,3\n,S  G,So G\n,S  G,So G,3\n");
    let wrong = in_line(3, PuzzleError::MissingField { name: "rating" });
    assert_eq!(errors_of(file.as_bytes()), wrong);
    assert_eq!(read_maze_csv(file.as_bytes()).filter(Result::is_ok).count(), 2);
}

#[test]
fn rows_need_ratings() {
    for found in ["", "high", "NaN", "inf"] {
        let file = format!("{HEADER},S  G,So G,{found}\n");
        let found = found.to_owned();
        assert_eq!(errors_of(file.as_bytes()), in_line(2, PuzzleError::BadRating { found }));
    }
}

#[test]
fn rows_need_paths() {
    let file = format!("{HEADER},S  G,S  G,3\n");
    let fault = PathError::DeadEnd { row: 0, column: 0 };
    assert_eq!(errors_of(file.as_bytes()), in_line(2, PuzzleError::MazeNotAPath { fault }));
}

#[test]
fn bytes_that_are_no_text_are_named() {
    let file = [HEADER.as_bytes(), b",S \xffG,So G,3\n"].concat();
    let wrong = PuzzleError::MazeCharacter { row: 1, column: 0, found: '\u{fffd}' };
    assert_eq!(errors_of(&file), in_line(2, wrong));
}

#[test]
fn an_open_quote_ends_with_its_line() {
    let file = format!("{HEADER},\"S  G,So G,3\n,S  G,So G,3\n");
    // The quoted rest of the line is read as the question.
    let wrong = PuzzleError::MazeNotSquare { n_cells: 11 };
    assert_eq!(errors_of(file.as_bytes()), in_line(2, wrong));
    assert_eq!(read_maze_csv(file.as_bytes()).filter(Result::is_ok).count(), 1);
}

#[test]
fn endless_lines_end_the_reading() {
    let file = std::io::Read::chain(HEADER.as_bytes(), std::io::repeat(b' '));
    let errors: Vec<_> = read_maze_csv(file).collect();
    let wrong = PuzzleError::LineTooLong { line: 2, max_bytes: MAX_LINE_BYTES };
    assert_eq!(errors, [Err(wrong)]);
}

#[test]
fn a_long_line_is_a_wrong_row() {
    let file = format!("{HEADER}{}\n", "#".repeat(100_000));
    let wrong = PuzzleError::MissingField { name: "question" };
    assert_eq!(errors_of(file.as_bytes()), in_line(2, wrong));
    let file = format!("{HEADER},{},,\n", "#".repeat(100_000));
    let wrong = PuzzleError::MazeNotSquare { n_cells: 100_000 };
    assert_eq!(errors_of(file.as_bytes()), in_line(2, wrong));
}

#[test]
fn mazes_without_a_known_width_are_not_written() {
    let spec = MazeSpec { height: 4, ..MazeSpec::square(9, 3) };
    let row = generate_maze(&spec, 0, 0).expect("an easy spec");
    let error = write_maze_csv(Vec::new(), &[row]).unwrap_err();
    assert_eq!(vec![error], in_line(2, PuzzleError::MazeNotSquare { n_cells: 36 }));
}

/// A disc that is full, or gone.
struct Broken;

impl std::io::Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
        Err(std::io::Error::other("gone"))
    }
}

impl std::io::Write for Broken {
    fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
        Err(std::io::Error::other("full"))
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn broken_files_are_reported() {
    let errors: Vec<_> = read_maze_csv(Broken).collect();
    let reason = "gone".to_owned();
    assert_eq!(errors, [Err(PuzzleError::Unreadable { line: 1, reason })]);
    let error = write_maze_csv(Broken, &[]).unwrap_err();
    assert!(matches!(error, PuzzleError::Unreadable { .. }) && error.to_string().contains("full"));
}
