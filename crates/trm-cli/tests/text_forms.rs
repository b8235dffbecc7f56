//! Puzzles as people write them, through `trm solve`.

mod common;

use common::trm;
use serde_json::Value;

const PUZZLE: &str = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79";
/// Too hard for one step.
const HARD: &str = ".63..157....63...2...7..9..5..1..6..48....3......2..51..9.........3...6..48.6....";
const SOLVED: &str = "534678912672195348198342567859761423426853791713924856961537284287419635345286179";

fn rows(text: &str, width: usize) -> Vec<String> {
    let cells: Vec<char> = text.chars().collect();
    cells.chunks(width).map(|row| row.iter().collect()).collect()
}

/// The answer of `trm solve --json` to this standard input.
fn answer(puzzle: &str, text: &str, more: &[&str]) -> Result<Value, String> {
    let folder = tempfile::tempdir().expect("a folder");
    let output = trm(folder.path(), text, &[&["solve", puzzle, "-", "--json"], more].concat());
    match output.code {
        Some(0 | 1) => Ok(serde_json::from_str(&output.out).expect("one object")),
        Some(2) if !output.err.contains("panicked") => Err(output.err),
        _ => panic!("{text}: {:?} {}", output.code, output.err),
    }
}

#[test]
fn one_sudoku_in_any_layout() {
    let lines = rows(PUZZLE, 9);
    let joined = |between: &str| lines.join(between);
    let spaced = |line: &String| rows(line, 3).iter().map(|part| part.as_str()).collect::<Vec<_>>().join(" ");
    let mut ruled = String::new();
    for (i, line) in lines.iter().enumerate() {
        ruled += if i % 3 == 0 { "+-------+-------+-------+\n" } else { "" };
        let row: Vec<String> = rows(line, 3)
            .iter()
            .map(|part| part.chars().map(String::from).collect::<Vec<_>>().join(" "))
            .collect();
        ruled += &format!("| {} |\n", row.join(" | "));
    }
    ruled += "+-------+-------+-------+\n";
    let blank = |blank: &str| PUZZLE.replace('.', blank);
    let apart = |line: &String, by: &str| line.chars().map(String::from).collect::<Vec<_>>().join(by);
    let table: String = lines.iter().map(|line| apart(line, "\t") + "\n").collect();
    let markdown: String =
        lines.iter().map(|line| format!("|{}|\n", apart(line, "|").replace('.', " "))).collect();
    let folder = tempfile::tempdir().expect("a folder");
    let own = trm(folder.path(), "", &["solve", "sudoku", PUZZLE, "--k", "1"]).out;
    let own: String = own.lines().take(13).map(|line| format!("{line}\n")).collect();
    for (case, text) in [
        ("one line", PUZZLE.to_owned()),
        ("rows", joined("\n")),
        ("rows of Windows", joined("\r\n")),
        ("rows of an old Mac", joined("\r")),
        ("groups of three", lines.iter().map(spaced).collect::<Vec<_>>().join("\n")),
        ("ruled", ruled.clone()),
        ("zeros", blank("0")),
        ("underlines", rows(&blank("_"), 9).join("\n")),
        ("stars", rows(&blank("*"), 9).join("\n")),
        ("question marks", blank("?")),
        ("crosses", blank("x")),
        ("a comment above", format!("# from a newspaper\n#Chard\n{}", joined("\n"))),
        ("a section", format!("[Puzzle]\n{}\n", joined("\n"))),
        ("a rating behind", format!("{PUZZLE} # 1.2\n")),
        ("a name behind", format!("{PUZZLE},easy one\n")),
        ("a table of a spreadsheet", table.replace('.', "").replace("\t\n", "\n")),
        ("a table in Markdown", format!("| | | | | | | | | |\n|{}\n{}", "---|".repeat(9), markdown)),
        ("blanks below 0", table.replace('.', "-1").replace('\t', " ")),
        ("commas", PUZZLE.chars().map(String::from).collect::<Vec<_>>().join(",")),
        ("a byte order mark", format!("\u{feff}{PUZZLE}")),
        ("empty lines around", format!("\n\n{}\n\n", joined("\n"))),
    ] {
        let found = answer("sudoku", &text, &[]).unwrap_or_else(|error| panic!("{case}: {error}"));
        assert_eq!(found["answer"], SOLVED, "{case}");
    }
    // The board that this program prints, which may be any answer.
    let printed = trm(folder.path(), &own, &["solve", "sudoku", "-", "--k", "1"]);
    assert!(printed.out.contains("+-------+") || printed.err.contains("no solution"), "{}", printed.err);
    // UTF-16, as spreadsheets and Windows editors save it.
    let utf16: Vec<u8> =
        std::iter::once(0xfeff).chain(PUZZLE.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    std::fs::write(folder.path().join("utf16.txt"), utf16).expect("a file");
    assert_eq!(trm(folder.path(), "", &["solve", "sudoku", "utf16.txt"]).code, Some(0));
}

#[test]
fn sudoku_of_other_sizes_and_notations() {
    // Boxes of 2x3: a grid by shifts, with some cells blank.
    let shifted = |side: usize, rows: usize, cols: usize, symbol: &dyn Fn(usize) -> String, between: &str| {
        let cell = |i: usize| {
            let (row, col) = (i / side, i % side);
            let digit = (col + row % rows * cols + row / rows) % side;
            if i.is_multiple_of(3) && row % 2 == 0 { ".".to_owned() } else { symbol(digit) }
        };
        (0..side * side).map(cell).collect::<Vec<_>>().join(between)
    };
    let one_based = |digit: usize| char::from_digit(digit as u32 + 1, 36).expect("a digit").to_string();
    let letter = |digit: usize| char::from(b'A' + digit as u8).to_string();
    let number = |digit: usize| (digit + 1).to_string();
    for (case, text, side) in [
        ("4x4", shifted(4, 2, 2, &one_based, ""), 4),
        ("6x6", shifted(6, 2, 3, &one_based, ""), 6),
        ("8x8", shifted(8, 2, 4, &one_based, ""), 8),
        ("10x10 in numbers", shifted(10, 2, 5, &number, " "), 10),
        ("12x12", shifted(12, 3, 4, &one_based, ""), 12),
        ("16x16 in letters", shifted(16, 4, 4, &letter, ""), 16),
        ("16x16 in numbers", shifted(16, 4, 4, &number, " "), 16),
    ] {
        let found =
            answer("sudoku", &text, &["--max-k", "16"]).unwrap_or_else(|error| panic!("{case}: {error}"));
        assert_eq!((&found["height"], &found["width"]), (&side.into(), &side.into()), "{case}");
        let written = found["answer"].as_str().expect("a text");
        if case.contains("numbers") {
            assert_eq!(written.split(' ').count(), side * side, "{case}: in the notation of the question");
        }
        if case.contains("letters") {
            assert!(written.chars().all(|c| c.is_ascii_uppercase() || c == '.'), "{case}: {written}");
        }
    }
    // Boxes of three rows and two columns.
    let tall = shifted(6, 3, 2, &one_based, "");
    assert!(answer("sudoku", &tall, &["--box", "3x2"]).is_ok());
    let error = answer("sudoku", &tall, &[]).expect_err("boxes of 2x3 do not hold it");
    assert!(error.contains("stands twice") || error.contains("no solution"), "{error}");
    // Sixteen digits from 0 and blanks: a zero is a digit.
    let hexadecimal = |digit: usize| char::from_digit(digit as u32, 16).expect("a digit").to_string();
    let text = shifted(16, 4, 4, &hexadecimal, "");
    let found = answer("sudoku", &text, &["--max-k", "4"]).expect("0-F");
    assert!(found["answer"].as_str().expect("a text").contains('0') && !found.to_string().contains("\"G"));
}

#[test]
fn a_notation_is_asked_for_where_two_can_be_meant() {
    let text = |from: u32, hides: fn(usize) -> bool| -> String {
        let digit = |i: usize| (i + i / 16 % 4 * 4 + i / 64) % 16;
        let symbol = |i: usize| char::from_digit(digit(i) as u32 + from, 36).expect("a digit");
        let cell = |i: usize| if hides(digit(i)) || i.is_multiple_of(5) { '.' } else { symbol(i) };
        (0..256).map(cell).collect::<String>().to_uppercase()
    };
    // Without the digits that only one of them has.
    let open = text(0, |digit| digit == 0 || digit == 15);
    let error = answer("sudoku", &open, &[]).expect_err("1-G or 0-F");
    for part in ["(one-based)", "(zero-based)", "--notation says which"] {
        assert!(error.contains(part), "{error}");
    }
    // Two digits have no given: 0 and F, or F and G.
    for (word, has_zero) in
        [("zero-based", true), ("0-F", true), ("hex", true), ("one-based", false), ("1-G", false)]
    {
        let found = answer("sudoku", &open, &["--notation", word, "--max-k", "16"]).expect(word);
        let written = found["answer"].as_str().expect("a text");
        assert_eq!(written.contains('0'), has_zero, "{word}: {written}");
        assert!(!(has_zero && written.contains('G')), "{word}: {written}");
    }
    // The rows of a table are answered in their own notations.
    let folder = tempfile::tempdir().expect("a folder");
    let rows = [text(0, |_| false), text(1, |_| false), open];
    std::fs::write(folder.path().join("q.csv"), format!("question\n{}\n", rows.join("\n"))).expect("a file");
    let output = trm(folder.path(), "", &["solve", "sudoku", "q.csv", "--max-k", "16"]);
    let lines: Vec<&str> = output.out.lines().collect();
    assert_eq!((output.code, lines.len()), (Some(2), 3), "{}{}", output.out, output.err);
    let answers: Vec<&str> = lines[..2].iter().map(|line| line.rsplit(' ').next().expect("a word")).collect();
    assert!(answers[0].contains('0') && !answers[0].contains('G'), "{}", output.out);
    assert!(answers[1].contains('G') && !answers[1].contains('0'), "{}", output.out);
    assert!(lines[2].contains("refused: ") && lines[2].contains("--notation says which"), "{}", output.out);
    let words = ["solve", "sudoku", "q.csv", "--max-k", "16", "--notation", "one-based"];
    let output = trm(folder.path(), "", &words);
    let third = output.out.lines().nth(2).expect("a third row");
    assert!(third.starts_with("line 4: ") && !third.contains("refused"), "{}", output.out);
}

#[test]
fn what_is_no_sudoku_is_explained() {
    for (text, expected) in [
        ("", "empty"),
        ("abc", "line 1, column 1"),
        (&PUZZLE[1..], "80"),
        (&PUZZLE.replacen('7', "ü", 1), "line 1, column 5: 'ü'"),
        ("1.5..3..2.....4.", "5"),
        ("11..............", "stands twice"),
        (&format!("12345678.........9{}", ".".repeat(63)), "no solution"),
        (".....52.....9..5............6.29.............29..6.............81....6...5...291.", "no solution"),
        ("<!doctype html><html></html>", "a web page"),
        ("version https://git-lfs.github.com/spec/v1", "a Git LFS pointer"),
    ] {
        let error = answer("sudoku", text, &[]).expect_err(text);
        assert!(error.contains(expected), "{text}: {error}");
    }
    let latin = b"12\xe9".to_vec();
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("latin"), latin).expect("a file");
    let output = trm(folder.path(), "", &["solve", "sudoku", "latin"]);
    assert!(output.code == Some(2) && output.err.contains("save it as UTF-8"), "{}", output.err);
}

#[test]
fn many_puzzles_are_answered_in_their_order() {
    let folder = tempfile::tempdir().expect("a folder");
    let swapped = PUZZLE.replace('5', "#").replace('3', "5").replace('#', "3");
    let list = format!("# two\n{PUZZLE}\n{swapped}  the second\n");
    let csv = format!("quizzes;solutions\n{PUZZLE};{SOLVED}\n{swapped};\n");
    let questions = format!("source,question\na,{PUZZLE}\nb,{swapped}\n");
    for (case, text) in [("list.sdm", list), ("kaggle.csv", csv), ("questions.csv", questions)] {
        std::fs::write(folder.path().join(case), &text).expect("a file");
        for (input, name) in [("", case), (text.as_str(), "-")] {
            let output = trm(folder.path(), input, &["solve", "sudoku", name]);
            assert_eq!(output.code, Some(0), "{case}: {}{}", output.out, output.err);
            assert_eq!(output.out.lines().count(), 2, "{case}: {}", output.out);
            assert!(
                output.out.lines().all(|line| line.starts_with("line ") && line.contains(": verified, K "))
            );
            assert!(output.out.contains(SOLVED) && output.err.contains("2 puzzles: 2 verified"), "{case}");
        }
        let output = trm(folder.path(), "", &["solve", "sudoku", case, "--json"]);
        let objects: Vec<Value> =
            output.out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        assert_eq!(objects.len(), 2, "{case}");
        assert_eq!((&objects[0]["line"], &objects[1]["line"]), (&2.into(), &3.into()), "{case}");
        assert!(objects.iter().all(|object| object["verified"] == true && object["data"] == case), "{case}");
    }
    let gz = |text: &str| {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut packed, text.as_bytes()).expect("packed");
        packed.finish().expect("packed")
    };
    std::fs::write(folder.path().join("one.csv.gz"), gz(&format!("question,answer\n{PUZZLE},{SOLVED}\n")))
        .expect("a file");
    std::fs::write(folder.path().join("list.sdm.gz"), gz(&format!("{PUZZLE}\n{swapped}\n"))).expect("a file");
    std::fs::write(folder.path().join("maze.txt.gz"), gz("S #\n# #\n  G\n")).expect("a file");
    for (puzzle, name) in [("sudoku", "one.csv.gz"), ("sudoku", "list.sdm.gz"), ("maze", "maze.txt.gz")] {
        let output = trm(folder.path(), "", &["solve", puzzle, name]);
        assert_eq!(output.code, Some(0), "{name}: {}", output.err);
    }
    std::fs::write(folder.path().join("bomb.gz"), gz(&".".repeat(1 << 23))).expect("a file");
    let output = trm(folder.path(), "", &["solve", "sudoku", "bomb.gz"]);
    assert!(output.code == Some(2) && output.err.contains("more than 4194304 bytes"), "{}", output.err);
    // Not all verified, and one that cannot be read.
    let words = ["solve", "sudoku", "list", "--k", "1"];
    std::fs::write(folder.path().join("list"), format!("{PUZZLE}\n{HARD}\n")).expect("a file");
    let output = trm(folder.path(), "", &words);
    assert_eq!(output.code, Some(1), "{}{}", output.out, output.err);
    let bad = &format!("33{}", &PUZZLE[2..]);
    let no_solution = format!("12345678.........9{}", ".".repeat(63));
    let text = format!("question\n{PUZZLE}\n{bad}\n{no_solution}\n{swapped}\n");
    std::fs::write(folder.path().join("list"), text).expect("a file");
    let output = trm(folder.path(), "", &["solve", "sudoku", "list"]);
    assert_eq!(output.code, Some(2), "{}{}", output.out, output.err);
    let lines: Vec<&str> = output.out.lines().collect();
    assert_eq!(lines.len(), 4, "{}", output.out);
    assert!(
        lines[0].starts_with("line 2: verified") && lines[3].starts_with("line 5: verified"),
        "{}",
        output.out
    );
    assert!(lines[1].starts_with("line 3: refused: 3 stands twice"), "{}", output.out);
    assert!(lines[2].starts_with("line 4: refused: the Sudoku has no solution"), "{}", output.out);
    let output = trm(folder.path(), "", &["solve", "sudoku", "list", "--json"]);
    assert!(output.code == Some(2) && output.out.lines().count() == 4, "{}", output.out);
    assert!(output.out.lines().nth(1).is_some_and(|line| line.contains("\"error\":\"3 stands twice")));
    for more in [&["--svg", "x.svg"][..], &["--trace"]] {
        let output = trm(folder.path(), "", &[&["solve", "sudoku", "list"], more].concat());
        assert!(output.code == Some(2) && output.err.contains("draw one puzzle"), "{}", output.err);
    }
    std::fs::write(folder.path().join("header.csv"), "question,answer\n").expect("a file");
    let output = trm(folder.path(), "", &["solve", "sudoku", "header.csv"]);
    assert!(output.code == Some(2) && output.err.contains("no puzzles"), "{}", output.err);
    // Mazes too.
    std::fs::write(folder.path().join("mazes.csv"), "source,question\na,SG  \nb,S   G    \nc,S##G\n")
        .expect("a file");
    let output = trm(folder.path(), "", &["solve", "maze", "mazes.csv"]);
    assert_eq!((output.code, output.out.lines().count()), (Some(2), 3), "{}{}", output.out, output.err);
    assert!(output.out.contains("line 4: refused: no path leads"), "{}", output.out);
    // A column of its own is a table, and no board with a title.
    std::fs::write(folder.path().join("mazes.csv"), "question\nS ## #  G\n\"SG  \"\n").expect("a file");
    let output = trm(folder.path(), "", &["solve", "maze", "mazes.csv"]);
    assert_eq!((output.code, output.out.lines().count()), (Some(0), 2), "{}{}", output.out, output.err);
}

#[test]
fn mazes_in_any_layout() {
    for (case, text, size) in [
        ("rows", "S #\n# #\n  G\n", (3, 3)),
        ("empty lines around", "\n\nS #\n# #\n  G\n\n\n", (3, 3)),
        ("rows of Windows", "S #\r\n# #\r\n  G\r\n", (3, 3)),
        ("one square line", "S ## #  G", (3, 3)),
        ("one row", "S   G", (1, 5)),
        ("one column", "S\n \n \nG\n", (4, 1)),
        ("wide", "S    #\n####  \n    G \n", (3, 6)),
        ("an answer in it", "So#\n#o#\n ooG\n", (0, 0)),
        ("an answered square", "So#\n#o#\n oG\n", (3, 3)),
        ("E for the goal", "S #\n# #\n  E\n", (3, 3)),
        ("dots", "S.#\n#.#\n..G\n", (3, 3)),
        ("a byte order mark", "\u{feff}S #\n# #\n  G\n", (3, 3)),
    ] {
        match answer("maze", text, &[]) {
            Ok(found) => {
                assert_eq!(
                    (found["height"].as_u64(), found["width"].as_u64()),
                    (Some(size.0), Some(size.1)),
                    "{case}"
                );
            }
            Err(error) => assert!(size == (0, 0) && error.contains("row 3"), "{case}: {error}"),
        }
    }
    let tall: String = "S\n".to_owned() + &" \n".repeat(1024) + "G\n";
    for (text, expected) in [
        ("", "no cells"),
        ("S #\n# #\n  x\n", "row 3, column 3"),
        ("S #\n##G\n", "no path leads"),
        ("S  \n", "no 'G'"),
        (&tall, "a maze of 1026 x 1 cells"),
    ] {
        let error = answer("maze", text, &[]).expect_err(expected);
        assert!(error.contains(expected), "{expected}: {error}");
    }
}

#[test]
fn boards_of_puzzle_files_have_borders_and_are_read_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let jigsaw = r#"
        name = "jigsaw"
        grid = [6, 6]
        symbols = "123456"
        groups = [
          { name = "row", cells = "rows", kind = "line" },
          { name = "column", cells = "columns", kind = "line" },
          { name = "region", column = "regions", make = "regions", kind = "box" },
        ]
    "#;
    std::fs::write(folder.path().join("jigsaw.toml"), jigsaw).expect("a file");
    let words =
        ["generate", "jigsaw.toml", "--count", "1", "--seed", "3", "--extra", "0.5", "--out", "one.csv"];
    let output = trm(folder.path(), "", &words);
    assert_eq!(output.code, Some(0), "{}", output.err);
    let table = std::fs::read_to_string(folder.path().join("one.csv")).expect("a table");
    let row: Vec<&str> = table.lines().nth(1).expect("a row").split(',').collect();
    let (question, with) = (row[1], format!("regions={}", row[4]));
    let words = ["solve", "jigsaw.toml", question, "--with", &with, "--svg", "steps.svg"];
    let output = trm(folder.path(), "", &words);
    assert!(matches!(output.code, Some(0 | 1)), "{}", output.err);
    let board: Vec<&str> = output.out.lines().take_while(|line| line.starts_with(['+', '|'])).collect();
    assert!(
        board.len() > 6 && board.iter().filter(|line| !line.contains("--")).count() == 6,
        "{}",
        output.out
    );
    let again =
        trm(folder.path(), &board.join("\n"), &["solve", "jigsaw.toml", "-", "--with", &with, "--json"]);
    // Where the answer breaks a rule, it is refused as a question for that reason.
    let is_wrong = output.code == Some(1) && again.err.contains("stands twice");
    assert!(
        is_wrong || again.out.contains(&format!("\"answer\":\"{}", row[2])),
        "{}{}",
        again.out,
        again.err
    );
    let picture = std::fs::read_to_string(folder.path().join("steps.svg")).expect("a picture");
    assert!(picture.contains("H180.0V180.0H0ZM"), "lines within the frame");
}
