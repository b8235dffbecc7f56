//! Rules from files: the built-in Sudoku is the Sudoku of this crate, puzzles have one solution, and bad files are
//! refused with their line.

use puzzles::PuzzleError;
use puzzles::rules::{
    FileFault, Limits, NO_GROUP, Puzzle, Recipe, Row, Rules, RulesError, Solutions, generate, solutions,
};
use puzzles::sudoku::{self, Geometry, Grid, SudokuDecoder, SudokuEncoder, relations};
use std::sync::Arc;

const HARD: &str = "8..........36......7..9.2...5...7.......457.....1...3...1....68..85...1..9....4..";

fn file(name: &str, shape: &str, symbols: &str, groups: &str) -> String {
    format!("name = \"{name}\"\n{shape}\nsymbols = \"{symbols}\"\ngroups = [\n{groups}\n]\n")
}

/// The fault of a file and its line.
fn refused(text: &str) -> (usize, FileFault) {
    match Rules::parse(text) {
        Err(RulesError::File { line, fault }) => (line, fault),
        other => panic!("{text}\n{other:?}"),
    }
}

#[test]
fn the_file_of_sudoku_is_sudoku() {
    let rules = Rules::sudoku();
    let structure = rules.structure().expect("the same for all");
    assert_eq!(structure.kinds, ["cell", "line", "box", "triad"]);
    let known = relations(Geometry::STANDARD);
    assert_eq!(structure.relations.len(), known.len());
    for (found, expected) in structure.relations.iter().zip(&known) {
        assert_eq!(found.kind, expected.matrix, "{}", found.name);
        // The same partition, whatever its numbers.
        let mut seen = std::collections::HashMap::new();
        for (a, b) in found.group_of.iter().zip(&expected.group_of) {
            assert_eq!(seen.entry(a).or_insert(b), &b, "{}", found.name);
        }
        assert_eq!(seen.len(), expected.n_groups, "{}", found.name);
    }
    let puzzle = rules.puzzle(HARD, &[]).expect("a puzzle");
    let grid = Grid::parse(HARD).expect("a grid");
    assert_eq!(puzzle.encode(), SudokuEncoder::new().encode_puzzle(&grid));
    let Solutions::One(cells) = solutions(&puzzle, Limits::default()) else { panic!() };
    let sudoku::Solutions::One(solution) = sudoku::solutions(&grid) else { panic!() };
    assert_eq!(cells, solution.cells());
    let marks: Vec<f32> = structure.marks(&cells).iter().map(|mark| f32::from(u8::from(*mark))).collect();
    assert_eq!(marks, SudokuEncoder::new().target_answer(&solution));
    assert_eq!(structure.decode(&marks), SudokuDecoder::new().decode(&marks).cells());
    assert_eq!(rules.fault(&puzzle, &cells), None);
}

#[test]
fn overlapping_groups_lie_in_layers_of_one_kind() {
    let knights = "{ name = \"row\", cells = \"rows\" }, { name = \"knight\", cells = \"knight moves\" }";
    let rules = Rules::parse(&file("x", "grid = [9, 9]", "123456789", knights)).expect("rules");
    let structure = rules.structure().expect("one");
    assert_eq!(
        structure.kinds,
        ["cell", "row", "knight"],
        "pairs and rows share one cell, and are no triads"
    );
    let layers: Vec<_> = structure.relations.iter().filter(|r| structure.kinds[r.kind] == "knight").collect();
    assert!((8..=12).contains(&layers.len()), "{}", layers.len());
    // Every knight's move of every symbol is in one of them.
    let pairs: usize = layers.iter().map(|r| r.group_of.iter().filter(|g| **g != NO_GROUP).count()).sum();
    assert_eq!(pairs, 2 * 224 * 9);
    assert!(layers.iter().all(|layer| layer.group_of.iter().all(|g| *g < 729 || *g == NO_GROUP)));
}

#[test]
fn intersections_of_irregular_regions_hold_every_cell() {
    let groups = "{ name = \"row\", cells = \"rows\" },
        { name = \"region\", column = \"regions\", make = \"regions\" }";
    let rules = Rules::parse(&file("x", "grid = [3, 3]", "123", groups)).expect("rules");
    let regions = "AABABBCCC";
    let puzzle = rules.puzzle(".........", &[regions]).expect("a puzzle");
    let triads: Vec<_> = puzzle.structure.relations.iter().filter(|r| r.name.starts_with("triad")).collect();
    let [triads] = triads[..] else { panic!("{triads:?}") };
    // The third region is the third row, and crosses none.
    let group = |cell: usize| triads.group_of[3 * cell];
    assert!(group(0) == group(1) && group(4) == group(5), "two cells");
    assert!([2, 3].iter().all(|c| group(*c) != NO_GROUP), "single cells");
    assert_eq!((6..9).map(group).collect::<Vec<_>>(), [NO_GROUP; 3]);
}

fn minimal(rules: &Rules, row: &Row) {
    let Row { puzzle, solution, .. } = row;
    assert_eq!(rules.fault(puzzle, solution), None);
    assert_eq!(solutions(puzzle, Limits::default()), Solutions::One(solution.clone()));
    for cell in (0..solution.len()).filter(|cell| puzzle.cells[*cell] != 0) {
        let mut spared = puzzle.clone();
        spared.cells[cell] = 0;
        assert_eq!(
            solutions(&spared, Limits::default()),
            Solutions::Several,
            "{}",
            rules.text(&puzzle.cells)
        );
    }
}

#[test]
fn generated_puzzles_have_one_solution_and_no_given_to_spare() {
    let jigsaw = "{ name = \"row\", cells = \"rows\" }, { name = \"column\", cells = \"columns\" },
        { name = \"region\", column = \"regions\", make = \"regions\" }";
    let edges = "{ name = \"edge\", column = \"edges\", make = \"planar 2\" }";
    for text in [
        Rules::sudoku().source().to_owned(),
        file("jigsaw", "grid = [6, 6]", "123456", jigsaw),
        file("colours", "cells = 20", "RGB", edges),
    ] {
        let rules = Rules::parse(&text).expect("rules");
        let rows = generate(&rules, 3, 1, &Recipe::default(), &mut |_| {}).expect("puzzles");
        rows.iter().for_each(|row| minimal(&rules, row));
        let again = generate(&rules, 2, 1, &Recipe::default(), &mut |_| {}).expect("puzzles");
        assert_eq!(rows[..2], again[..], "the same for the same seed");
        let other = generate(&rules, 1, 2, &Recipe::default(), &mut |_| {}).expect("puzzles");
        assert_ne!(rows[0], other[0]);
        let more = generate(&rules, 3, 1, &Recipe { extra: 1.0, ..Recipe::default() }, &mut |_| {});
        let n_givens = |rows: &[Row]| rows.iter().map(|row| row.puzzle.n_givens()).sum::<usize>();
        assert!(n_givens(&more.expect("puzzles")) > n_givens(&rows));
    }
}

#[test]
fn queens_are_given_as_queens() {
    let groups =
        "{ name = \"row\", cells = \"rows\", rule = \"exactly_one\", symbol = \"Q\", kind = \"line\" },
        { name = \"column\", cells = \"columns\", rule = \"exactly_one\", symbol = \"Q\", kind = \"line\" },
        { name = \"diagonal\", cells = \"all diagonals\", rule = \"at_most_one\", symbol = \"Q\" }";
    let text = file("queens", "grid = [8, 8]", "-Q", groups) + "givens = \"Q\"\n";
    let rules = Rules::parse(&text).expect("rules");
    assert_eq!(rules.structure().expect("one").kinds, ["cell", "line", "diagonal"]);
    for row in generate(&rules, 4, 3, &Recipe::default(), &mut |_| {}).expect("puzzles") {
        assert!(row.puzzle.cells.iter().all(|cell| *cell != 1), "only queens are given");
        assert_eq!(row.solution.iter().filter(|cell| **cell == 2).count(), 8);
        minimal(&rules, &row);
        // A queen excludes those in its row, and leaves their cells open for what is no queen.
        let open = row.puzzle.open();
        let queen = row.puzzle.cells.iter().position(|cell| *cell == 2).expect("a queen");
        let beside = queen / 8 * 8 + (queen + 1) % 8;
        assert_eq!((open[queen], open[beside]), (0, 1));
    }
    let blank = rules.puzzle(&".".repeat(64), &[]).expect("a board");
    assert_eq!(solutions(&blank, Limits::default()), Solutions::Several);
    let corner = rules.puzzle(&format!("Q{}", ".".repeat(63)), &[]).expect("a board");
    assert_eq!(solutions(&corner, Limits { max_solutions: 100, ..Limits::default() }), Solutions::Several);
}

#[test]
fn fixed_and_excluded_cells_are_rules() {
    let groups = "{ name = \"row\", cells = \"rows\" }, { name = \"column\", cells = \"columns\" }";
    let text = file("x", "grid = [3, 3]", "ABC", groups)
        + "fixed = { r1c1 = \"A\" }\nexcluded = { \"r2c1:r2c2\" = \"B\" }\n";
    let rules = Rules::parse(&text).expect("rules");
    let puzzle = rules.puzzle("....A.B..", &[]).expect("a puzzle");
    assert_eq!(puzzle.cells[0], 1);
    let Solutions::One(cells) = solutions(&puzzle, Limits::default()) else { panic!() };
    assert_eq!(rules.text(&cells), "ABCCABBCA");
}

#[test]
fn puzzles_are_refused_with_their_cell() {
    let rules = Rules::sudoku();
    let error = |text: &str| rules.puzzle(text, &[]).expect_err(text).to_string();
    assert_eq!(error("12"), "2 cells, 81 were expected");
    assert_eq!(error(&".".repeat(90)), "90 cells, 81 were expected");
    assert_eq!(error(&format!("..x{}", ".".repeat(78))), "r1c3: 'x' is neither a symbol nor a blank");
    assert_eq!(error(&format!("5.5{}", ".".repeat(78))), "5 stands twice in a row: r1c1 and r1c3");
    let none = format!("1234567..........89{}", ".".repeat(62)).replace("67..........89", "678........9...");
    let puzzle = rules.puzzle(&none[..81], &[]).expect("no symbol stands twice");
    assert_eq!(solutions(&puzzle, Limits::default()), Solutions::None);
    let jigsaw = file("x", "grid = [2, 2]", "12", "{ name = \"r\", column = \"regions\" }");
    let jigsaw = Rules::parse(&jigsaw).expect("rules");
    let error = |columns: &[&str]| jigsaw.puzzle("1...", columns).expect_err("columns").to_string();
    assert!(error(&[]).contains("column \"regions\", and there is none"));
    for (column, reason) in [
        ("AAB", "3 characters, at least 4 are needed"),
        ("AABBB", "5 characters, at most 4 are possible"),
        ("AAAB", "3 cells that all differ, and there are 2 symbols"),
        ("1-9", "there is no cell 9"),
        ("1-1", "cell r1c1 stands twice"),
    ] {
        assert!(error(&[column]).contains(reason), "{}", error(&[column]));
    }
    assert!(jigsaw.puzzle("1...", &["A.A."]).is_ok() && jigsaw.puzzle("1...", &["1-4 r1c2-3"]).is_ok());
}

#[test]
fn bad_files_are_refused_with_their_line() {
    let row = "{ name = \"row\", cells = \"rows\" }";
    let grid = |groups: &str| file("x", "grid = [9, 9]", "123456789", groups);
    for (text, line, reason) in [
        ("name = ".to_owned(), 1, ""),
        (file("x", "grid = [1000, 1000]", "12", row), 2, "1000000 cells, at most 4096 are possible"),
        (file("x", "cells = 1000000", "12", row), 2, "1000000 cells, at most 4096"),
        (file("x", "cells = 99999999999999999999", "12", row), 2, ""),
        (file("x", "cells = -1", "12", row), 2, "0 cells"),
        (file("x", "grid = [9]", "12", row), 2, "grid = [rows, columns]"),
        (file("x", "", "12", row), 1, "grid = [rows, columns]"),
        (file("x", "cells = 4096", "0123456789abcdefgh", row), 3, "candidates"),
        (file("x", "grid = [2, 2]", "1", row), 3, "1 symbols, at least 2"),
        (file("x", "grid = [2, 2]", "11", row), 3, "symbol 1 stands twice"),
        (file("x", "grid = [2, 2]", "1.", row), 3, "'.' cannot be a symbol"),
        (file("x", "cells = 4", "12", row), 5, "`rows` needs a `grid`"),
        (grid(""), 4, "0 groups"),
        (file("x", "grid = [9, 9]", "1234", row), 5, "9 cells that all differ, and there are 4 symbols"),
        (grid("{ name = \"x\", cells = \"boxes 4x4\" }"), 5, "do not divide"),
        (grid("{ name = \"x\", cells = \"boxes 0x3\" }"), 5, "do not divide"),
        (grid("{ name = \"x\", cells = \"spirals\" }"), 5, "names no cells"),
        (grid("{ name = \"x\", cells = [\n\"r1c1 r1c2\",\n\"r1c1 r9c10\"] }"), 7, "there is no cell r9c10"),
        (grid("{ name = \"x\", cells = [\n[1, 82]] }"), 6, "there is no cell 82: they are r1c1 to r9c9"),
        (grid("{ name = \"x\", cells = [[1, 1]] }"), 5, "cell r1c1 stands twice"),
        (grid("{ name = \"x\", cells = [[]] }"), 5, "0 cells in a group"),
        (grid("{ name = \"x\", cells = 5 }"), 5, "`cells` is a word"),
        (grid("{ name = \"x\" }"), 5, "`cells (or column)` is missing"),
        (grid("{ cells = \"rows\" }"), 5, "`name` is missing"),
        (grid("{ name = \"a b\", cells = \"rows\" }"), 5, "is no name"),
        (grid(&format!("{row},\n{row}")), 6, "group row stands twice"),
        (grid("{ name = \"x\", cells = \"rows\", rule = \"sum\" }"), 5, "rule \"sum\" is not known"),
        (grid("{ name = \"x\", cells = \"rows\", rule = \"at_most_one\" }"), 5, "`symbol` belongs to"),
        (grid("{ name = \"x\", cells = \"rows\", symbol = \"1\" }"), 5, "`symbol` belongs to"),
        (grid("{ name = \"x\", cells = \"rows\", color = 1 }"), 5, "unknown key `color`"),
        (grid("{ name = \"x\", column = \"c\", make = \"spirals\" }"), 5, "make \"spirals\" is not known"),
        (
            file("x", "cells = 5", "12", "{ name = \"x\", column = \"c\", make = \"regions\" }"),
            5,
            "does not fit",
        ),
        (grid("7"), 5, "`groups` is a list of tables"),
        (grid(row) + "colour = 1\n", 7, "unknown key `colour`"),
        (grid(row) + "fixed = { r1c1 = \"x\" }\n", 7, "'x' is not one of the symbols"),
        (grid(row) + "fixed = { r0c1 = \"1\" }\n", 7, "there is no cell r0c1"),
        (grid(row) + "excluded = { r1c1 = \"123456789\" }\n", 7, "r1c1 may hold no symbol"),
    ] {
        let (found, fault) = refused(&text);
        assert!(found == line && fault.to_string().contains(reason), "{text}\nline {found}: {fault}");
    }
    let many = (1..=4096).map(|i| format!("[1, {i}]")).skip(1).collect::<Vec<_>>().join(",");
    let star = file("x", "cells = 4096", "12", &format!("{{ name = \"x\", cells = [{many}] }}"));
    assert!(refused(&star).1.to_string().contains("relations"));
    let (_, fault) = refused(&"#".repeat(2 << 20));
    assert!(matches!(fault, FileFault::TooMany { what: "bytes", .. }));
}

#[test]
fn the_solver_says_when_it_gives_up() {
    let puzzle: Puzzle = Rules::sudoku().puzzle(&".".repeat(81), &[]).expect("a board");
    let limits = Limits { max_work: 1000, ..Limits::default() };
    assert_eq!(solutions(&puzzle, limits), Solutions::Unknown { max_work: 1000 });
    // No board at all: as many pairs that differ as there are cells, and one symbol too few.
    let clique = (1..=4).flat_map(|a| (a + 1..=4).map(move |b| format!("[{a}, {b}]")));
    let clique = clique.collect::<Vec<_>>().join(",");
    let text = file("x", "cells = 4", "RGB", &format!("{{ name = \"edge\", cells = [{clique}] }}"));
    let rules = Rules::parse(&text).expect("rules");
    let recipe = Recipe { max_trials: 3, ..Recipe::default() };
    assert_eq!(generate(&rules, 1, 1, &recipe, &mut |_| {}), Err(RulesError::NoSolution));
    let recipe = Recipe { max_work: 10, ..recipe };
    let made = generate(&Rules::sudoku(), 1, 1, &recipe, &mut |_| {});
    assert!(matches!(made, Err(RulesError::GaveUp { index: 0, n_trials: 3, max_work: 10 })), "{made:?}");
}

#[cfg(feature = "csv")]
#[test]
fn rows_are_written_as_they_are_read() {
    use puzzles::rules::{read_rules_csv, read_rules_questions, write_rules_csv};
    let groups = "{ name = \"edge\", column = \"edges\", make = \"planar 2\" }";
    let rules = Arc::new(Rules::parse(&file("x", "cells = 12", "RGB", groups)).expect("rules"));
    let rows = generate(&rules, 4, 7, &Recipe::default(), &mut |_| {}).expect("puzzles");
    let mut csv = Vec::new();
    write_rules_csv(&mut csv, &rules, &rows).expect("in memory");
    let read: Result<Vec<Row>, _> = read_rules_csv(csv.as_slice(), rules.clone()).collect();
    assert_eq!(read.expect("rows"), rows);
    let text = String::from_utf8(csv).expect("text");
    let questions = read_rules_questions(text.as_bytes(), rules.clone()).collect::<Result<Vec<_>, _>>();
    assert_eq!(questions.expect("questions").len(), 4);
    let without = text.replace("edges", "borders");
    let error =
        read_rules_csv(without.as_bytes(), rules.clone()).next().expect("a row").expect_err("no edges");
    assert!(error.to_string().starts_with("line 2:") && error.to_string().contains("\"edges\""), "{error}");
    let wrong = text.replacen(",R", ",G", 1);
    if wrong != text {
        let found: Vec<_> = read_rules_csv(wrong.as_bytes(), rules).filter_map(Result::err).collect();
        assert!(matches!(found[..], [PuzzleError::InLine { .. }]), "{found:?}");
    }
}
