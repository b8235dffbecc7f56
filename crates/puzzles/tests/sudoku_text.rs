//! Sudoku texts as people have them: one table for each list of forms.

use puzzles::PuzzleError;
use puzzles::sudoku::{Geometry, Grid, Listed, Notation, ReadOptions, read_sudoku, read_sudokus};

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

/// A board in the manner of a pattern: `c` per cell, everything else as it is.
fn drawn(pattern: &str, line: &str) -> String {
    let mut cells = line.chars();
    pattern.chars().map(|c| if c == 'c' { cells.next().expect("81 cells") } else { c }).collect()
}

#[test]
fn one_puzzle_in_many_forms() {
    let lines = rows(LINE, 9);
    let joined = |between: &str| lines.join(between);
    let spaced = |line: &str| line.chars().map(String::from).collect::<Vec<_>>().join(" ");
    let zeros = LINE.replace('.', "0");
    let forms = [
        ("one line", LINE.to_owned()),
        ("a line end", format!("{LINE}\n")),
        ("nine lines", joined("\n")),
        ("carriage returns and line feeds", joined("\r\n")),
        ("carriage returns", joined("\r")),
        ("a byte order mark", format!("\u{feff}{LINE}")),
        ("three lines", rows(LINE, 27).join("\n")),
        ("lines of ten", rows(LINE, 10).join("\n")),
        ("bands with empty lines between", rows(&joined("\n"), 30).join("\n")),
        ("empty lines around", format!("\n\n  \n{}\n\n\n", joined("\n"))),
        ("spaces between cells", lines.iter().map(|row| spaced(row)).collect::<Vec<_>>().join("\n")),
        (
            "spaces between boxes",
            lines.iter().map(|row| rows(row, 3).join(" ")).collect::<Vec<_>>().join("\n"),
        ),
        ("indented", format!("    {}", joined("\n    "))),
        (
            "tabs between cells",
            lines.iter().map(|row| spaced(row).replace(' ', "\t")).collect::<Vec<_>>().join("\n"),
        ),
        ("zeros", zeros.clone()),
        ("stars", LINE.replace('.', "*")),
        ("underscores", LINE.replace('.', "_")),
        ("small crosses", LINE.replace('.', "x")),
        ("large crosses", joined("\n").replace('.', "X")),
        ("question marks", LINE.replace('.', "?")),
        ("dashes", LINE.replace('.', "-")),
        ("dashes in lines", joined("\n").replace('.', "-")),
        ("mixed blanks", LINE.replacen('.', "0", 7).replacen('.', "x", 5).replacen('.', "_", 5)),
        ("spaces in one line", LINE.replace('.', " ")),
        ("spaces in lines", joined("\n").replace('.', " ")),
        (
            "spaces in lines, trimmed",
            lines
                .iter()
                .map(|row| row.replace('.', " ").trim_end().to_owned())
                .collect::<Vec<_>>()
                .join("\n"),
        ),
        ("no-break spaces between", joined("\u{a0}\n")),
        ("commas", spaced(&zeros).replace(' ', ",")),
        (
            "commas in lines",
            lines.iter().map(|row| spaced(row).replace(' ', ", ")).collect::<Vec<_>>().join("\n"),
        ),
        (
            "a spreadsheet",
            lines
                .iter()
                .map(|row| spaced(row).replace(' ', ",").replace('.', ""))
                .collect::<Vec<_>>()
                .join("\n"),
        ),
        (
            "a spreadsheet with semicolons",
            lines
                .iter()
                .map(|row| spaced(row).replace(' ', ";").replace('.', "") + ";")
                .collect::<Vec<_>>()
                .join("\n"),
        ),
        (
            "cells of a table",
            lines
                .iter()
                .map(|row| spaced(row).replace(' ', "\t").replace('.', ""))
                .collect::<Vec<_>>()
                .join("\n"),
        ),
        ("quotes", format!("\"{LINE}\"")),
        ("strings", lines.iter().map(|row| format!("  \"{row}\",\n")).collect()),
        (
            "a nested list",
            format!(
                "[[{}]]",
                lines
                    .iter()
                    .map(|row| spaced(&row.replace('.', "0")).replace(' ', ", "))
                    .collect::<Vec<_>>()
                    .join("],\n [")
            ),
        ),
        ("an object", format!("{{\"puzzle\": \"{LINE}\", \"difficulty\": 3}}")),
        ("an address", format!("https://example.org/sudoku.htm?bd={zeros}&x=1")),
        ("markup", format!("<game data=\"{zeros}\" />")),
        ("a name behind", format!("{LINE} puzzle-001 35 clues")),
        ("a name before", format!("puzzle-001: {LINE}")),
        ("a comment behind", format!("{LINE}  # ED=7.1/1.2/1.2 SE 7.1")),
        ("a rating behind", format!("{LINE};7.1;an easy one")),
        ("a number before", format!("1\t{LINE}\t23")),
        ("its answer behind", format!("{OTHER},{SOLVED}").replace(OTHER, OTHER)),
        ("a title above", format!("Easy one, by me\n\n{}", joined("\n"))),
        (
            "prose around",
            format!("My puzzle:\n{}\nK 3, confidence 0.998, 2.3 ms\nverified: yes\n", joined("\n")),
        ),
        ("comments", format!("#AAnna\n#DA test\n# 123456789\n{}\n", joined("\n"))),
        ("comments in between", joined("\n# a row\n")),
        (
            "sections",
            format!(
                "[Puzzle]\n{}\n[State]\n{}\n[PencilMarks]\n1,2,,3\n",
                joined("\n"),
                joined("\n").replace('.', "1")
            ),
        ),
        ("a section of no name", format!("[Comments]\nnone\n[Grid]\n{LINE}\n")),
        ("HoDoKu's library", format!(":0000:x:{}:::", LINE.replacen('.', "+5", 1))),
        (
            "candidates of SadMan",
            lines
                .iter()
                .map(|row| spaced(&row.replace('.', "?")).replace('?', "1379") + "\n")
                .collect::<String>(),
        ),
        ("digits that were no givens", spaced(LINE).replacen(". .", "u1 259", 1)),
    ];
    for (name, text) in forms {
        let expected = if name == "its answer behind" { OTHER } else { LINE };
        assert_eq!(read(&text).as_deref(), Ok(expected), "{name}:\n{text}");
    }
}

#[test]
fn drawn_boards() {
    let bar = "|ccc|ccc|ccc|\n";
    let wide = "| c c c | c c c | c c c |\n";
    let plain = "ccc|ccc|ccc\n";
    let boxed = "║ c │ c │ c ║ c │ c │ c ║ c │ c │ c ║\n";
    let thirds = |row: &str, rule: &str| [row.repeat(3), row.repeat(3), row.repeat(3)].join(rule);
    let frame =
        |row: &str, top: &str, rule: &str, bottom: &str| format!("{top}{}{bottom}", thirds(row, rule));
    let rule = "+-------+-------+-------+\n";
    let heavy = "╔═══╤═══╤═══╦═══╤═══╤═══╦═══╤═══╤═══╗\n";
    let light = "╟───┼───┼───╫───┼───┼───╫───┼───┼───╢\n";
    let boards = [
        ("plus", frame(wide, rule, rule, rule)),
        ("SadMan", frame(bar, "*-----------*\n", "|---+---+---|\n", "*-----------*\n")),
        ("ss", thirds(plain, "-----------\n")),
        ("crosses", thirds(plain, "---+---+---\n")),
        (
            "HoDoKu",
            frame(
                wide,
                ".-------.-------.-------.\n",
                ":-------+-------+-------:\n",
                "'-------'-------'-------'\n",
            ),
        ),
        ("equals", thirds("c c c | c c c | c c c\n", "======+=======+======\n")),
        ("heavy", format!("{heavy}{}{heavy}", [boxed; 9].join(light))),
        ("rounded", frame("│ccc│ccc│ccc│\n", "╭───┬───┬───╮\n", "├───┼───┼───┤\n", "╰───┴───┴───╯\n")),
        (
            "a table",
            format!(
                "{}{}",
                "| c | c | c | c | c | c | c | c | c |\n|---|---|---|---|---|---|---|---|---|\n",
                "| c | c | c | c | c | c | c | c | c |\n".repeat(8)
            ),
        ),
        (
            "indented",
            frame(
                "    | c c c | c c c | c c c |\n",
                "    +-------+\n",
                "    |-------+-------+-------|\n",
                "",
            ),
        ),
    ];
    for (name, board) in &boards {
        let text = drawn(board, LINE);
        assert_eq!(read(&text).as_deref(), Ok(LINE), "{name}:\n{text}");
        for blank in ['0', '_', '*', 'x', '?', ' '] {
            let text = drawn(board, &LINE.replace('.', &blank.to_string()));
            // Without a bar on the right, spaces there may be anything.
            assert_eq!(read(&text).as_deref(), Ok(LINE), "{name} with {blank:?}:\n{text}");
        }
    }
    for (name, board) in boards.iter().filter(|(name, _)| !["ss", "table"].contains(name)) {
        let text = drawn(board, &LINE.replace('.', "-"));
        assert_eq!(read(&text).as_deref(), Ok(LINE), "{name} with dashes:\n{text}");
    }
    // The board that is printed, in every size.
    for geometry in Geometry::all() {
        let side = geometry.side();
        let cells: Vec<u8> = (0..geometry.n_cells())
            .map(|i| {
                let (row, column) = (i / side, i % side);
                let shift = row / geometry.box_rows() + row % geometry.box_rows() * geometry.box_cols();
                if (row + 2 * column) % 3 == 0 { 0 } else { ((shift + column) % side + 1) as u8 }
            })
            .collect();
        let grid = Grid::from_cells(geometry, &cells).unwrap();
        grid.conflicts().expect("a pattern of shifted rows");
        assert_eq!(read(&grid.pretty()), Ok(grid.to_string()), "{}", grid.pretty());
        let numbers = Notation::Numbers.board(&grid);
        assert_eq!(read(&numbers), Ok(grid.to_string()), "{numbers}");
    }
}

#[test]
fn sizes_and_notations() {
    use Notation::{Letters, Numbers, NumbersFromZero, OneBased, ZeroBased};
    for geometry in Geometry::all() {
        let side = geometry.side();
        let shift = |row: usize| row / geometry.box_rows() + row % geometry.box_rows() * geometry.box_cols();
        let cell = |i: usize| {
            let digit = (shift(i / side) + i % side) % side + 1;
            if i * i % 11 < 3 { 0 } else { digit as u8 }
        };
        let cells: Vec<u8> = (0..geometry.n_cells()).map(cell).collect();
        let grid = Grid::from_cells(geometry, &cells).unwrap();
        for notation in [OneBased, ZeroBased, Letters, Numbers, NumbersFromZero] {
            if side <= 9 && !matches!(notation, OneBased | Letters) {
                continue;
            }
            let line = notation.line(&grid);
            let in_rows = |separator: &str| {
                let symbols: Vec<String> = cells.iter().map(|digit| notation.symbol(*digit)).collect();
                symbols.chunks(side).map(|row| row.join(separator) + "\n").collect::<String>()
            };
            let mut texts = vec![line.clone(), notation.board(&grid), in_rows(" "), in_rows(", ")];
            if !matches!(notation, Numbers | NumbersFromZero) {
                texts.extend([in_rows(""), line.to_lowercase()]);
            }
            if notation == OneBased {
                // Every size has its largest digit here, so that 0 is a blank.
                texts.push(line.replace('.', "0"));
                texts.push(line.replace('.', "_"));
            }
            for text in texts {
                let read = read_sudoku(&text, &ReadOptions::default());
                let read = read.unwrap_or_else(|e| panic!("{side}x{side} {notation:?}: {e}\n{text}"));
                assert_eq!(read.grid, grid, "{side}x{side} {notation:?}\n{text}");
                // Numbers from 0 to 9 are digits.
                let expected = if (side, notation) == (10, NumbersFromZero) { ZeroBased } else { notation };
                assert_eq!(read.notation, expected, "{side}x{side}\n{text}");
                let written = read.notation.line(&read.grid);
                assert_eq!(
                    read_sudoku(&written, &ReadOptions::default()).map(|read| read.grid),
                    Ok(grid.clone())
                );
            }
        }
    }
}

#[test]
fn hexadecimal_digits_and_blanks_are_told_apart() {
    // Every row holds the sixteen digits, shifted so that boxes do too.
    let row = |row: usize| (0..16).map(move |column| (row / 4 + row % 4 * 4 + column) % 16);
    let full: Vec<usize> = (0..16).flat_map(row).collect();
    let text = |blank: &str, hides: &dyn Fn(usize, usize) -> bool, from_zero: bool| -> String {
        let cells = full.iter().enumerate();
        let symbol = |(i, digit): (usize, &usize)| match hides(i, *digit) {
            true => blank.to_owned(),
            false if from_zero => format!("{digit:X}"),
            false => Notation::OneBased.symbol(*digit as u8 + 1),
        };
        cells.map(symbol).collect()
    };
    let some = |i: usize, _: usize| i.is_multiple_of(7);
    let notation = |text: &str| read_sudoku(text, &ReadOptions::default()).map(|read| read.notation);
    use Notation::{OneBased, ZeroBased};
    assert_eq!(notation(&text(".", &some, true)), Ok(ZeroBased), "a dot, 0 and no G");
    assert_eq!(notation(&text(".", &some, false)), Ok(OneBased), "a dot, no 0 and G");
    assert_eq!(notation(&text("0", &some, false)), Ok(OneBased), "0 and G");
    let mixed = text("0", &some, false).replacen('0', ".", 9);
    assert_eq!(notation(&mixed), Ok(OneBased), "a dot, 0 and G");
    // Zeros that stand twice in a row are no digits.
    let without_last = |i: usize, digit: usize| digit == 15 || i.is_multiple_of(7);
    assert_eq!(notation(&text("0", &without_last, false)), Ok(OneBased), "0 many times and no G");
    // A digit without a given may be the first or the last, and a solved grid has no blanks.
    for open in [text(".", &without_last, false), text("", &|_, _| false, true)] {
        let error = notation(&open).expect_err(&open);
        let PuzzleError::Ambiguous { readings } = &error else { panic!("{error}") };
        assert!(readings.len() == 2 && error.to_string().contains("1-G"), "{error}");
        assert!(error.to_string().contains("0-F"), "{error}");
        for notation in [OneBased, ZeroBased] {
            let options = ReadOptions { notation: Some(notation), ..ReadOptions::default() };
            assert_eq!(read_sudoku(&open, &options).map(|read| read.notation), Ok(notation));
        }
    }
    assert_eq!(notation(&".".repeat(256)), Ok(OneBased), "nothing to tell apart");
}

#[test]
fn boxes_may_be_given() {
    // Two rows above each other hold 1 to 6 in boxes of 3x2, and 1 twice in boxes of 2x3.
    let text = "12....\n34....\n56....\n..1...\n......\n......";
    let boxes = |rows, columns| ReadOptions {
        geometry: Some(Geometry::new(rows, columns).unwrap()),
        ..ReadOptions::default()
    };
    assert!(read_sudoku(text, &boxes(3, 2)).is_ok());
    assert_eq!(
        read_sudoku(text, &ReadOptions::default()).unwrap().grid.geometry(),
        Geometry::new(2, 3).unwrap()
    );
    let conflict = "1.....\n......\n.1....\n......\n......\n......";
    assert!(read_sudoku(conflict, &ReadOptions::default()).is_ok());
    assert!(matches!(read_sudoku(conflict, &boxes(3, 2)), Err(PuzzleError::GridConflict { .. })));
    let error = read_sudoku(LINE, &boxes(2, 3)).unwrap_err();
    assert_eq!(error.to_string(), "81 cells: 36 were expected");
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
