//! Lists of Sudoku, and what is no Sudoku.

use puzzles::PuzzleError;
use puzzles::sudoku::{Listed, ReadOptions, read_sudoku, read_sudokus};

const LINE: &str = "98..6....4..739....35....4.5...4...81..5.8..76...2...4.4....25....173..9....5..63";
const OTHER: &str = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79";
const SOLVED: &str = "534678912672195348198342567859761423426853791713924856961537284287419635345286179";

fn read(text: &str) -> Result<String, PuzzleError> {
    read_sudoku(text, &ReadOptions::default()).map(|read| read.grid.to_string())
}

fn rows(line: &str, side: usize) -> Vec<String> {
    let cells: Vec<char> = line.chars().collect();
    cells.chunks(side).map(|row| row.iter().collect()).collect()
}

fn list(text: &str) -> Vec<Listed> {
    read_sudokus(text, &ReadOptions::default()).unwrap_or_else(|e| panic!("{e}: {text}"))
}

#[test]
fn lists() {
    let board = rows(LINE, 9).join("\n");
    let other = rows(OTHER, 9).join("\n");
    let lists = [
        ("sdm", format!("{}\n{}\n", LINE.replace('.', "0"), OTHER.replace('.', "0")), [1, 2]),
        ("an empty line between", format!("{LINE}\n\n{OTHER}"), [1, 3]),
        ("names and ratings", format!("# hard ones\n{LINE} # 7.1\n{OTHER},1.2,second\n"), [2, 3]),
        ("answers", format!("{LINE},9.1\n{OTHER},{SOLVED}\n"), [1, 2]),
        ("numbered", format!("1: {LINE}\n2: {OTHER}\n"), [1, 2]),
        ("titles", format!("Grid 01\n{board}\nGrid 02\n{other}\n"), [2, 12]),
        ("double rules", format!("{board}\n========\n{other}\n"), [1, 11]),
        ("empty lines", format!("{board}\n\n{other}\n"), [1, 11]),
        ("nothing between", format!("{board}\n{other}\n"), [1, 10]),
        ("sections", format!("[Puzzle]\n{board}\n[State]\n{other}\n[Puzzle]\n{other}\n"), [2, 22]),
        ("markup", format!("<games>\n<game data=\"{LINE}\"/>\n<game data=\"{OTHER}\"/>\n</games>"), [2, 3]),
        ("a table", format!("id,puzzle\n1,{LINE}\n2,{OTHER}\n"), [2, 3]),
        ("quizzes", format!("quizzes;source\n{LINE};a\n{OTHER};b\n"), [2, 3]),
    ];
    for (name, text, lines) in lists {
        let listed = list(&text);
        let grid = |l: &Listed| l.puzzle.clone().map(|p| p.grid.to_string());
        let grids: Result<Vec<_>, _> = listed.iter().map(grid).collect();
        assert_eq!(grids, Ok(vec![LINE.to_owned(), OTHER.to_owned()]), "{name}:\n{text}");
        assert_eq!(listed.iter().map(|l| l.line).collect::<Vec<_>>(), lines, "{name}");
        let error = read_sudoku(&text, &ReadOptions::default()).unwrap_err();
        let expected = PuzzleError::ManyPuzzles { found: 2, lines: (lines[0], lines[1]) };
        assert_eq!(error, expected, "{name}");
    }
    let named: Vec<_> = list(&format!("{LINE} # 7.1\n{OTHER};1.2;second\nthe third\n{OTHER}\n"));
    let names: Vec<_> = named.iter().map(|l| l.name.as_deref()).collect();
    assert_eq!(names, [Some("7.1"), Some("1.2;second"), Some("the third")]);
    // Small puzzles one below the other are no large one.
    let small = "1.....3..2.....4\n".repeat(4);
    assert_eq!(list(&small).len(), 4);
}

#[test]
fn one_that_cannot_be_read_does_not_end_a_list() {
    let short = &LINE[1..];
    let typo = LINE.replacen('6', "b", 1);
    let twice = LINE.replacen("98", "99", 1);
    for (name, text, line, said) in [
        ("too short", format!("{LINE}\n{short}\n{OTHER}\n"), 2, "80 cells"),
        ("a letter", format!("{typo}\n{LINE}\n{OTHER}"), 1, "line 1, column 5: 'b'"),
        ("a contradiction", format!("{LINE}\n\n{twice}\n{OTHER}"), 3, "9 stands twice in row 1"),
        ("far too short", format!("{LINE}\n98..6\n{OTHER}"), 2, "5 cells"),
        ("a table", format!("puzzle,solution\n{OTHER},{SOLVED}\n{short},{SOLVED}\n{LINE},\n"), 3, "found 80"),
    ] {
        let listed = list(&text);
        assert_eq!(listed.len(), 3, "{name}: {listed:?}");
        for puzzle in &listed {
            match &puzzle.puzzle {
                Ok(_) => assert_ne!(puzzle.line, line, "{name}"),
                Err(error) => {
                    assert_eq!(puzzle.line, line, "{name}");
                    assert!(error.to_string().contains(said), "{name}: {error}");
                }
            }
        }
    }
}

#[test]
fn what_is_no_puzzle_is_named_with_its_place() {
    let in_rows = |line: &str| rows(line, 9).join("\n");
    for (name, text, said) in [
        ("nothing", String::new(), "the grid is empty: expected 81 characters"),
        ("empty lines", "\n \r\n".into(), "the grid is empty"),
        ("only comments", "# none\n#".into(), "the grid is empty"),
        ("only rules", "+---+\n+---+".into(), "the grid is empty"),
        ("a word", "hello".into(), "line 1, column 1: 'h' is no cell of a 9x9 Sudoku; digits are 1-9"),
        ("a letter", in_rows(&LINE.replacen('6', "b", 1)), "line 1, column 5: 'b'"),
        ("full-width digits", LINE.replace('9', "９"), "line 1, column 1: '９'"),
        (
            "a zero-width space",
            format!("{}\u{200b}{}", &LINE[..40], &LINE[40..]),
            "line 1, column 41: '\\u{200b}'",
        ),
        ("a mark inside", format!("{LINE}\u{feff}"), "line 1, column 82: '\\u{feff}'"),
        ("a digit above the side", "1.5..3..2.....4.".into(), "line 1, column 3: 5 is above 4"),
        ("a digit above the side in rows", "1...\n..5.\n....\n...4".into(), "line 2, column 3: 5 is above 4"),
        ("a letter above the side", LINE.repeat(4)[..256].replacen('9', "Z", 1), "'Z'"),
        ("a number above the side", "1 2 0 17 ".repeat(64), "line 1, column 7: 17 is above 16"),
        (
            "rows joined by dots",
            rows(&LINE.replace('.', "0"), 9).join("."),
            "89 cells: a Sudoku has 81, or 16",
        ),
        ("candidates", "123456789".repeat(81), "729 cells"),
        (
            "a row too short",
            in_rows(LINE).replacen("73", "7", 1),
            "80 cells: a Sudoku has 81, or 16, 36, 64, 100, 144, 225, 256, 400 or 625 (line 2 has 8, most others 9)",
        ),
        ("a row too long", in_rows(LINE).replacen("73", "733", 1), "(line 2 has 10, most others 9)"),
        ("a row lost", rows(LINE, 9)[1..].join("\n"), "72 cells"),
        ("a word between rows", in_rows(LINE).replacen("\n", "\nhello\n", 1), "line 2, column 1: 'h'"),
        (
            "a contradiction",
            LINE.replacen("98", "99", 1),
            "9 stands twice in row 1: row 1, column 1 and row 1, column 2",
        ),
        ("a blank list", "1\n2\n".into(), "2 cells"),
    ] {
        let error = read(&text).expect_err(name).to_string();
        assert!(error.contains(said), "{name}: {error}");
    }
}

#[test]
fn texts_that_may_be_two_things_are_refused() {
    // Sixteen cells with spaces for blanks, or four by four cells without.
    let row = "11  22  33  44  ";
    assert!(read(row).is_err());
    let four = format!("{}\n", "1...............".repeat(4));
    for text in [format!("{LINE} {OTHER}"), four.replace("1...............", "................\n")] {
        let error = read_sudokus(&text, &ReadOptions::default()).unwrap_err();
        assert!(matches!(error, PuzzleError::Ambiguous { .. }), "{error}");
    }
    // A line for each of sixteen rows is a board, and not sixteen small ones.
    let board = "................\n".repeat(16);
    assert_eq!(list(&board)[0].puzzle.as_ref().unwrap().grid.geometry().side(), 16);
}

#[test]
fn hostile_texts_are_refused_at_once() {
    let max = puzzles::text::MAX_TEXT_BYTES;
    for text in [
        ".".repeat(max),
        ".".repeat(max + 1),
        "12\n".repeat(max / 3),
        " \n".repeat(max / 2),
        "[a".repeat(max / 2),
        "[Puzzle]\n".repeat(max / 9),
        "-+".repeat(max / 2),
        "|\n".repeat(max / 2),
        "1,".repeat(max / 2),
        "123 ".repeat(max / 4),
        "x y\n".repeat(max / 4),
        "\u{2502}".repeat(max / 3),
        ":+1".repeat(max / 3),
        format!("{}z\n", "9".repeat(30)).repeat(max / 32),
    ] {
        assert!(read_sudokus(&text, &ReadOptions::default()).is_err(), "{}", &text[..30]);
    }
    // Fifty thousand puzzles, half of which cannot be read.
    let pair = format!("{LINE}\n{}\n", &LINE[..80]);
    let many = pair.repeat(max / pair.len());
    assert_eq!(list(&many).len(), 2 * (max / pair.len()));
}
