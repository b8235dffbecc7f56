//! Data files as people have them: one table for each list of forms.

use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use puzzles::maze::{open_maze, read_maze_csv, read_maze_questions};
use puzzles::sudoku::{Geometry, Notation, ReadOptions};
use puzzles::{
    PuzzleError, check_rows, is_csv, open_sudoku, read_sized_sudoku_csv, read_sudoku_csv,
    read_sudoku_questions,
};

const Q: &str = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79";
const A: &str = "534678912672195348198342567859761423426853791713924856961537284287419635345286179";

fn gzipped(text: &[u8]) -> Vec<u8> {
    let mut archive = GzEncoder::new(Vec::new(), Compression::default());
    archive.write_all(text).unwrap();
    archive.finish().unwrap()
}

/// The rows of a line of 81 cells.
fn rows(line: &str, between: &str) -> String {
    let cells: Vec<char> = line.chars().collect();
    cells.chunks(9).map(|row| row.iter().collect()).collect::<Vec<String>>().join(between)
}

/// A space between each two cells.
fn apart(line: &str) -> String {
    line.chars().map(String::from).collect::<Vec<_>>().join(" ")
}

fn utf16(text: &str) -> Vec<u8> {
    [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect()
}

#[test]
fn sudoku_files_of_all_makes() {
    let zeros = Q.replace('.', "0");
    // Text, the source and the rating of its only row.
    let makes = [
        ("published", format!("source,question,answer,rating\nx,{Q},{A},7\n"), "x", 7.0),
        ("questions and answers", format!("question,answer\n{Q},{A}\n"), "", 0.0),
        ("no rating", format!("source,question,answer\nx,{Q},{A}\n"), "x", 0.0),
        ("another order", format!("rating,answer,question,source\n7,{A},{Q},x\n"), "x", 7.0),
        ("capitals", format!("Source,QUESTION,Answer,Rating\nx,{Q},{A},7\n"), "x", 7.0),
        ("one million", format!("quizzes,solutions\n{zeros},{A}\n"), "", 0.0),
        ("nine million", format!("puzzle,solution\n{zeros},{A}\n"), "", 0.0),
        ("three million", format!("id,puzzle,solution,clues,difficulty\n1,{Q},{A},30,2.2\n"), "", 0.0),
        ("semicolons", format!("source;question;answer;rating\nx;{Q};{A};7\n"), "x", 7.0),
        ("decimal commas", format!("source;question;answer;rating\nx;{Q};{A};7,5\n"), "x", 7.5),
        ("tabs", format!("question\tanswer\n{Q}\t{A}\n"), "", 0.0),
        ("bars", format!("question | answer\n{Q} | {A}\n"), "", 0.0),
        ("spaces", format!("source, question, answer, rating\nx, {Q}, {A}, 7\n"), "x", 7.0),
        ("spaces before commas", format!("source ,question ,answer ,rating \nx ,{Q} ,{A} ,7 \n"), "x", 7.0),
        (
            "quotes",
            format!("\"source\",\"question\",\"answer\"\n\"a, \"\"b\"\"\",\"{Q}\",\"{A}\"\n"),
            "a, \"b\"",
            0.0,
        ),
        (
            "spaces before quotes",
            format!("source, question, answer\n\"a, b\", \"{Q}\", \"{A}\"\n"),
            "a, b",
            0.0,
        ),
        ("a quoted line end", format!("source,question,answer\n\"a\nb\",{Q},{A}\n"), "a\nb", 0.0),
        ("comments", format!("# by hand\n\n# twice\nquestion,answer\n# so\n{Q},{A}\n# and, so\n"), "", 0.0),
        ("comments and a source", format!("source,question,answer\n# none\nx,{Q},{A}\n"), "x", 0.0),
        ("a source like a comment", format!("source,question,answer\n#1,{Q},{A}\n"), "#1", 0.0),
        ("a header like a comment", format!("#question,answer\n{Q},{A}\n"), "", 0.0),
        ("Excel", format!("sep=;\r\nquestion;answer\r\n{Q};{A}\r\n"), "", 0.0),
        ("empty lines", format!("\n \nquestion,answer\n\n{Q},{A}\n   \n\n"), "", 0.0),
        ("carriage returns", format!("question,answer\r{Q},{A}\r"), "", 0.0),
        ("other blanks", format!("question,answer\n{},{A}\n", Q.replace('.', "_")), "", 0.0),
        (
            "rows in a field",
            format!("question,answer\n\"{}\",\"{}\"\n", rows(Q, "\n"), rows(A, "\r\n")),
            "",
            0.0,
        ),
        ("rows with commas", format!("question;answer\n{};{A}\n", rows(Q, ",")), "", 0.0),
        ("cells apart", format!("question,answer\n{},{}\n", apart(Q), apart(A)), "", 0.0),
        ("another question column", format!("puzzle,question,answer\nx,{Q},{A}\n"), "", 0.0),
    ];
    for (name, text, source, rating) in &makes {
        assert!(is_csv(text), "{name}");
        let marked = format!("\u{feff}{text}");
        let members = [gzipped(&text.as_bytes()[..20]), gzipped(&text.as_bytes()[20..])].concat();
        for bytes in [
            text.clone().into_bytes(),
            marked.into_bytes(),
            utf16(text),
            gzipped(text.as_bytes()),
            members,
            gzipped(&utf16(text)),
        ] {
            let rows: Result<Vec<_>, _> = read_sudoku_csv(bytes.as_slice()).collect();
            let rows = rows.unwrap_or_else(|e| panic!("{name}: {e}"));
            assert_eq!(rows.len(), 1, "{name}");
            let row = &rows[0];
            assert_eq!((row.puzzle.to_string(), row.solution.to_string()), (Q.into(), A.into()), "{name}");
            assert_eq!((row.source.as_str(), row.rating), (*source, *rating), "{name}");
            let sized: Result<Vec<_>, _> = read_sized_sudoku_csv(bytes.as_slice()).collect();
            assert_eq!(sized.unwrap(), rows, "{name}");
            let questions: Result<Vec<_>, _> =
                read_sudoku_questions(bytes.as_slice(), ReadOptions::default()).collect();
            let questions = questions.unwrap();
            assert_eq!(
                (questions.len(), &questions[0].puzzle.grid, &questions[0].source),
                (1, &row.puzzle, &row.source)
            );
        }
    }
}

#[test]
fn questions_need_no_answers() {
    let text = format!("id;quizzes\n1;{Q}\n2;{}\n3;1.....3..2.....4\n4\n", &Q[..80]);
    let questions: Vec<_> = read_sudoku_questions(text.as_bytes(), ReadOptions::default()).collect();
    assert_eq!(questions.len(), 4);
    assert_eq!(questions[0].as_ref().map(|q| (q.line, q.puzzle.grid.to_string())), Ok((2, Q.to_owned())));
    assert_eq!(questions[2].as_ref().map(|q| q.puzzle.grid.geometry().side()), Ok(4));
    let line = |line, source| PuzzleError::InLine { line, source: Box::new(source) };
    assert_eq!(questions[1], Err(line(3, PuzzleError::GridLength { expected: 81, found: 80 })));
    assert_eq!(questions[3], Err(line(5, PuzzleError::MissingField { name: "question" })));
    // An answer that is empty or wrong does not matter, a contradiction does.
    for answer in ["", "1", A] {
        let text = format!("question,answer\n{Q},{answer}\n");
        assert!(
            read_sudoku_questions(text.as_bytes(), ReadOptions::default()).next().unwrap().is_ok(),
            "{answer}"
        );
    }
    let twice = Q.replacen("53", "55", 1);
    let error = read_sudoku_questions(format!("question\n{twice}\n").as_bytes(), ReadOptions::default())
        .next()
        .unwrap();
    assert!(error.unwrap_err().to_string().starts_with("line 2: 5 stands twice in row 1"));
    let mazes = "question\nS #G\nS  G\n####\n";
    let mazes: Vec<_> = read_maze_questions(mazes.as_bytes()).collect();
    assert!(mazes[0].is_ok() && mazes[1].is_ok());
    assert_eq!(mazes[2], Err(line(4, PuzzleError::MazeMissing { cell: 'S' })));
}

#[test]
fn maze_files_of_all_makes() {
    for (name, text, rating) in [
        ("published", "source,question,answer,rating\n,S  ##   G,Soo##o  G,5\n", 5.0),
        ("questions and answers", "question,answer\nS  G,So G\n", 3.0),
        ("spaces are cells", "Source , Question , Answer , Rating\nx ,S  G,So G, 3 \n", 3.0),
        ("semicolons", "question;answer;rating\nS  G;So G;3,0\n", 3.0),
        ("tabs", "question\tanswer\nS  G\tSo G\n", 3.0),
        ("quotes", "\"answer\",\"question\"\n\"So G\",\"S  G\"\n", 3.0),
        ("a wall in front", "question,answer,rating\n#S G,#S G,2\n", 2.0),
        ("a comment", "# mazes\nsource,question,answer,rating\n# a comment\nx,S  G,So G,3\n", 3.0),
        ("other names", "maze,solution\r\nS  G,So G\r\n", 3.0),
        ("E for the goal", "question,answer\nS  E,So E\n", 3.0),
        ("dots", "question,answer\nS..G,So.G\n", 3.0),
    ] {
        for bytes in [text.as_bytes().to_vec(), utf16(text), gzipped(text.as_bytes())] {
            let rows: Result<Vec<_>, _> = read_maze_csv(bytes.as_slice()).collect();
            let rows = rows.unwrap_or_else(|e| panic!("{name}: {e}\n{text}"));
            assert_eq!((rows.len(), rows[0].rating), (1, rating), "{name}");
        }
    }
}

#[test]
fn wrong_files_say_what_they_are() {
    for (name, bytes, said) in [
        (
            "a gzip of nothing",
            gzipped(b""),
            "there is no header with a column named \"question\" (or questions, quiz",
        ),
        ("no header", format!("{Q},{A}\n").into_bytes(), "the header \"53..7...."),
        (
            "no answers",
            b"puzzle,clues\n".to_vec(),
            "the header \"puzzle,clues\" has no column named \"answer\" (or answers, solution",
        ),
        ("a ZIP archive", b"PK\x03\x04\0\0".to_vec(), "this is a ZIP archive"),
        ("Parquet", b"PAR1\x15".to_vec(), "this is a Parquet file: convert it to CSV"),
        ("NumPy", b"\x93NUMPY\x01\0".to_vec(), "this is a NumPy array: give the folder"),
        ("a web page", b"<!doctype html>\n<html>".to_vec(), "this is a web page"),
        ("gzip in gzip", gzipped(&gzipped(b"question,answer\n")), "this is a gzip archive: unpack it first"),
        ("a torn archive", gzipped(b"question,answer\n")[..15].to_vec(), "line 1: "),
        ("rubbish in an archive", [gzipped(b"question,answer\n"), b"rubbish".to_vec()].concat(), "line 1: "),
        (
            "a wrong checksum",
            {
                let mut bytes = gzipped(b"question,answer\n");
                let n = bytes.len();
                bytes[n - 8] ^= 1;
                bytes
            },
            "line 1: ",
        ),
        ("Latin-1", b"question,answer\n\xe9,1\n".to_vec(), "line 2: no UTF-8 text; save it as UTF-8"),
        (
            "digits as a number",
            format!("question,answer\n5.3E+80,{A}\n").into_bytes(),
            "line 2: a grid of 81 cells was expected, found 7",
        ),
        (
            "half a row",
            format!("question,answer\n{Q}\n").into_bytes(),
            "line 2: the field \"answer\" is missing",
        ),
        ("an empty answer", format!("question,answer\n{Q},\n").into_bytes(), "line 2: the grid is empty"),
        (
            "a wrong answer",
            format!("question,answer\n{Q},{}\n", A.replacen("67", "76", 1)).into_bytes(),
            "line 2: the answer does not solve the question",
        ),
        (
            "a header that says a name twice",
            format!("question,answer,Answer\n{Q},{A},{A}\n").into_bytes(),
            "the header has two columns named \"answer\"",
        ),
        (
            "an open quote",
            format!("question,answer\n{Q},{A}\n{Q},\"{A}\n{Q},{A}\n").into_bytes(),
            "line 3: a quote that is not closed",
        ),
        (
            "a wrong rating",
            format!("question,answer,rating\n{Q},{A},hard\n").into_bytes(),
            "line 2: the rating \"hard\" is not a number",
        ),
    ] {
        let errors: Vec<String> =
            read_sudoku_csv(bytes.as_slice()).filter_map(|row| Some(row.err()?.to_string())).collect();
        assert_eq!(errors.len(), 1, "{name}: {errors:?}");
        assert!(errors[0].contains(said), "{name}: {}", errors[0]);
    }
}

#[test]
fn an_archive_without_end_ends() {
    // A bomb of one line is stopped by its length.
    let zeros = vec![b'0'; 1 << 24];
    let rows: Vec<_> = read_sudoku_csv(gzipped(&zeros).as_slice()).collect();
    assert!(matches!(rows[..], [Err(PuzzleError::LineTooLong { .. })]), "{rows:?}");
}

#[test]
fn sizes_and_notations_of_files() {
    // A shifted pattern is a solved grid of any size.
    for geometry in Geometry::all() {
        let side = geometry.side();
        let digit = |i: usize| {
            let row = i / side;
            (row / geometry.box_rows() + row % geometry.box_rows() * geometry.box_cols() + i) % side
        };
        for from_zero in [false, true] {
            let symbol =
                |i: usize| char::from_digit((digit(i) + usize::from(!from_zero)) as u32, 36).unwrap();
            let answer: String = (0..side * side).map(symbol).collect();
            let blank = |(i, c): (usize, char)| if i % 7 == 3 { '.' } else { c };
            let question: String = answer.chars().enumerate().map(blank).collect();
            let text =
                format!("question,answer\n{},{answer}\n{question},{answer}\n", ".".repeat(side * side));
            let rows: Result<Vec<_>, _> = read_sized_sudoku_csv(text.as_bytes()).collect();
            if from_zero && side <= 9 {
                assert!(rows.is_err(), "0 is a blank in {side}x{side}");
                continue;
            }
            let rows = rows.unwrap_or_else(|e| panic!("{side}x{side} from zero {from_zero}: {e}"));
            assert_eq!((rows.len(), rows[1].puzzle.geometry()), (2, geometry));
            assert_eq!(usize::from(rows[1].solution.cells()[0]), digit(0) + 1);
        }
    }
    notations_of_questions();
    let tall = Geometry::new(3, 2).unwrap();
    let answer = "123456345612561234214365436521652143";
    let row = |boxes| {
        let text = format!("question,answer\n{answer},{answer}\n");
        puzzles::read_boxed_sudoku_csv(text.as_bytes(), boxes).next().unwrap()
    };
    assert!(row(None).is_err() && row(Some(tall)).is_ok());
}

/// Each question is read in its own notation, in that of its answer, or in the one that is asked for.
fn notations_of_questions() {
    let digit = |i: usize| (i + i / 16 % 4 * 4 + i / 64) % 16;
    let text = |from: u32, hides: fn(usize) -> bool| -> String {
        let symbol = |i: usize| char::from_digit(digit(i) as u32 + from, 36).unwrap();
        (0..256).map(|i| if i % 7 == 3 || hides(digit(i)) { '.' } else { symbol(i) }).collect()
    };
    let numbers: Vec<String> = (0..256).map(|i| (digit(i) + 1).to_string()).collect();
    let (hexadecimal, open) = (text(0, |_| false), text(0, |digit| digit == 0 || digit == 15));
    let answer: String = (0..256).map(|i| format!("{:X}", digit(i))).collect();
    let rows = [
        format!("{hexadecimal},"),
        format!("{},", text(1, |_| false)),
        format!("{},", numbers.join(" ")),
        format!("{open},{answer}"),
        format!("{open},"),
    ];
    let table = format!("question,answer\n{}\n", rows.join("\n"));
    let read = |notation| {
        let options = ReadOptions { notation, ..ReadOptions::default() };
        let questions = read_sudoku_questions(table.as_bytes(), options);
        questions.map(|q| q.map(|q| q.puzzle.notation)).collect::<Vec<_>>()
    };
    use Notation::{Numbers, OneBased, ZeroBased};
    let found = read(None);
    assert_eq!(found[..4], [Ok(ZeroBased), Ok(OneBased), Ok(Numbers), Ok(ZeroBased)]);
    let error = found[4].clone().unwrap_err();
    let PuzzleError::InLine { line: 6, source } = error else { panic!("{error}") };
    assert!(
        matches!(*source, PuzzleError::Ambiguous { ref notations, .. } if *notations == [OneBased, ZeroBased])
    );
    assert_eq!(read(Some(ZeroBased))[4], Ok(ZeroBased));
    assert_eq!(read(Some(OneBased))[4], Ok(OneBased));
}

#[test]
fn files_are_opened_whatever_they_are() {
    let folder = std::env::temp_dir().join(format!("puzzles-csv-forms-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let text = format!("question,answer\n{Q},{A}\n{Q},{A}\n{Q},{Q}\n");
    for (name, bytes) in [("a.csv", text.clone().into_bytes()), ("a.csv.gz", gzipped(text.as_bytes()))] {
        std::fs::write(folder.join(name), bytes).unwrap();
        let open = || open_sudoku(&folder.join(name), None).unwrap();
        assert_eq!(check_rows(open(), 2), Ok(2));
        let error = check_rows(open(), usize::MAX).unwrap_err();
        assert!(error.to_string().starts_with("line 4: "), "{error}");
    }
    let error = |path: &Path| open_sudoku(path, None).map(|_| ()).unwrap_err().to_string();
    let said = error(&folder);
    assert!(said.ends_with("a folder without all__inputs.npy"), "{said}");
    let said = error(Path::new("no/such.csv"));
    assert!(said.starts_with("no/such.csv: "), "{said}");
    assert!(open_maze(&folder).is_err() && open_maze(Path::new("no/such.csv")).is_err());
    std::fs::remove_dir_all(&folder).unwrap();
}
