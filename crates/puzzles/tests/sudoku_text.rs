//! Sudoku texts as people have them: one table for each list of forms.

use puzzles::PuzzleError;
use puzzles::sudoku::{Geometry, Grid, Notation, ReadOptions, read_sudoku};

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

/// A board in the manner of a pattern: `c` per cell, everything else as it is.
fn drawn(pattern: &str, line: &str) -> String {
    let mut cells = line.chars();
    pattern.chars().map(|c| if c == 'c' { cells.next().expect("81 cells") } else { c }).collect()
}

/// The rows of the puzzle, each changed, one below the other.
fn by_row(change: impl Fn(&str) -> String) -> String {
    rows(LINE, 9).iter().map(|row| change(row)).collect::<Vec<_>>().join("\n")
}

/// The characters of a row with something between.
fn spread(row: &str, between: &str) -> String {
    row.chars().map(String::from).collect::<Vec<_>>().join(between)
}

fn check(forms: &[(&str, String)]) {
    for (name, text) in forms {
        assert_eq!(read(text).as_deref(), Ok(LINE), "{name}:\n{text}");
    }
}

#[test]
fn lines_of_all_lengths() {
    let joined = |between: &str| rows(LINE, 9).join(between);
    check(&[
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
        ("spaces between cells", by_row(|row| spread(row, " "))),
        ("spaces between boxes", by_row(|row| rows(row, 3).join(" "))),
        ("indented", format!("    {}", joined("\n    "))),
        ("tabs between cells", by_row(|row| spread(row, "\t"))),
        ("no-break spaces between", joined("\u{a0}\n")),
        ("commas", spread(&LINE.replace('.', "0"), ",")),
        ("commas in lines", by_row(|row| spread(row, ", "))),
        ("a spreadsheet", by_row(|row| spread(row, ",").replace('.', ""))),
        ("a spreadsheet with semicolons", by_row(|row| spread(row, ";").replace('.', "") + ";")),
        ("cells of a table", by_row(|row| spread(row, "\t").replace('.', ""))),
        ("cells of a table, trimmed", by_row(|row| spread(row, "\t").replace('.', "").trim_end().into())),
        (
            "a table in Markdown",
            format!(
                "|{}|\n|{}|\n{}",
                spread("123456789", "|"),
                spread(&"-".repeat(9), "|"),
                by_row(|row| format!("| {} |", spread(row, " | ").replace('.', " ")))
            ),
        ),
        ("blanks below 0", by_row(|row| spread(row, " ").replace('.', "-1"))),
        ("a list with blanks below 0", format!("[{}]", spread(LINE, ", ").replace('.', "-1"))),
        ("candidates of SadMan", by_row(|row| spread(row, " ").replace('.', "1379"))),
        ("digits that were no givens", spread(LINE, " ").replacen(". .", "u1 259", 1)),
    ]);
}

#[test]
fn empty_rows_of_a_table() {
    let blank = ".".repeat(9);
    let mut sparse = rows(LINE, 9);
    (sparse[3], sparse[5]) = (blank, "6........".into());
    let table: Vec<String> = sparse.iter().map(|row| spread(row, "\t").replace('.', "")).collect();
    let trimmed: Vec<&str> = table.iter().map(|row| row.trim_end()).collect();
    for text in [table.join("\n"), trimmed.join("\n"), table.join("\r\n") + "\r\n"] {
        assert_eq!(read(&text), Ok(sparse.concat()), "{text:?}");
    }
}

#[test]
fn blanks_of_all_kinds() {
    let in_lines = rows(LINE, 9).join("\n");
    for blank in ["0", "*", "_", "x", "X", "?", "-", " ", "·", "•", "□"] {
        check(&[(blank, LINE.replace('.', blank)), (blank, in_lines.replace('.', blank))]);
    }
    let mixed = LINE.replacen('.', "0", 7).replacen('.', "x", 5).replacen('.', "_", 5);
    let trimmed = by_row(|row| row.replace('.', " ").trim_end().to_owned());
    check(&[
        ("mixed blanks", mixed),
        ("spaces, trimmed", trimmed),
        ("wide spaces", in_lines.replace('.', "\u{3000}")),
    ]);
}

#[test]
fn a_puzzle_among_other_things() {
    let joined = rows(LINE, 9).join("\n");
    let zeros = LINE.replace('.', "0");
    let answers = joined.replace('.', "1");
    check(&[
        ("quotes", format!("\"{LINE}\"")),
        ("strings", by_row(|row| format!("  \"{row}\","))),
        (
            "a nested list",
            format!("[{}]", by_row(|row| format!("[{}],", spread(&row.replace('.', "0"), ", ")))),
        ),
        ("an object", format!("{{\"puzzle\": \"{LINE}\", \"difficulty\": 3}}")),
        ("an address", format!("https://example.org/sudoku.htm?bd={zeros}&x=1")),
        ("markup", format!("<game data=\"{zeros}\" />")),
        ("a name behind", format!("{LINE} puzzle-001 35 clues")),
        ("a name before", format!("puzzle-001: {LINE}")),
        ("a comment behind", format!("{LINE}  # ED=7.1/1.2/1.2 SE 7.1")),
        ("a rating behind", format!("{LINE};7.1;an easy one")),
        ("a number before", format!("1\t{LINE}\t23")),
        ("a title above", format!("Easy one, by me\n\n{joined}")),
        ("prose around", format!("My puzzle:\n{joined}\nK 3, confidence 0.998, 2.3 ms\nverified: yes\n")),
        ("comments", format!("#AAnna\n#DA test\n# 123456789\n{joined}\n")),
        ("comments in between", rows(LINE, 9).join("\n# a row\n")),
        ("sections", format!("[Puzzle]\n{joined}\n[State]\n{answers}\n[PencilMarks]\n1,2,,3\n")),
        ("a section of no name", format!("[Comments]\nnone\n[Grid]\n{LINE}\n")),
        ("HoDoKu's library", format!(":0000:x:{}:::", LINE.replacen('.', "+5", 1))),
    ]);
    assert_eq!(read(&format!("{OTHER},{SOLVED}")).as_deref(), Ok(OTHER), "its answer behind");
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
}

#[test]
fn the_board_that_is_printed() {
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
