//! Sudoku of all sizes and notations, and what decides between them.

use puzzles::PuzzleError;
use puzzles::sudoku::{Geometry, Grid, Notation, ReadOptions, read_sudoku};

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
        let PuzzleError::Ambiguous { readings, notations } = &error else { panic!("{error}") };
        assert_eq!(*notations, [OneBased, ZeroBased]);
        assert!(readings.len() == 2 && error.to_string().contains("1-G"), "{error}");
        assert!(error.to_string().contains("0-F"), "{error}");
        for notation in [OneBased, ZeroBased] {
            let options = ReadOptions { notation: Some(notation), ..ReadOptions::default() };
            assert_eq!(read_sudoku(&open, &options).map(|read| read.notation), Ok(notation));
        }
    }
    assert_eq!(notation(&".".repeat(256)), Ok(OneBased), "nothing to tell apart");
    // A notation that does not fit is told of, with the first digit that it has not.
    for (wanted, said) in [
        (ZeroBased, "line 1, column 2: '9' is no cell of a 9x9 Sudoku; digits are 0-8"),
        (Notation::Letters, "line 1, column 2: '9' is no cell of a 9x9 Sudoku; digits are A-I"),
    ] {
        let options = ReadOptions { notation: Some(wanted), ..ReadOptions::default() };
        let error = read_sudoku(&format!(".9{}", ".".repeat(79)), &options).unwrap_err().to_string();
        assert!(error.starts_with(said), "{error}");
    }
    for notation in Notation::ALL {
        assert_eq!(notation.name().parse(), Ok(notation));
    }
    let error = "hex".parse::<Notation>().unwrap_err().to_string();
    assert!(error.starts_with("\"hex\" is no notation; they are one-based, zero-based"), "{error}");
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
    let error = read_sudoku(&".".repeat(81), &boxes(2, 3)).unwrap_err();
    assert_eq!(error.to_string(), "81 cells: 36 were expected");
}
