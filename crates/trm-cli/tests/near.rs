//! Hard puzzles from the vicinity of those of a file.

mod common;

use common::trm;

/// Rows of the committed set that trials do not solve.
const HARD: &str = "\
gen_vicinity,.25.......6..82.9.8..6..2.15..........2.6.9.8.864..1.....1.6.4...38....24........,925714683167382594834659271519238467742561938386497125258176349693845712471923856,524.5\n\
gen_vicinity,5.......913...56...28.9...5.....6.9...23..1....4.1..6...3....86......2.....28.9..,546832719139745628728691345871426593692358174354917862213579486985164237467283951,83.5\n\
gen_vicinity,7...5........8..9..3.6.78...6..4.759.8....3.2......4..8.....9....3..5.74.4...6...,718459623426183597935627841162348759584791362379562418851274936693815274247936185,348.75\n";
const EASY: &str = "gen_easy,9.2..3.1....52.9...4.17....2...4......38...5.....5...23..2....4..1...6.3..5....8.,982463715137528946546179238259341867763892451814657392398216574471985623625734189,5.25";

#[test]
fn puzzles_near_those_of_a_file_are_made() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, rows: &str| {
        std::fs::write(folder.path().join(name), format!("source,question,answer,rating\n{rows}"))
            .expect("a file");
    };
    file("hard.csv", HARD);
    file("easy.csv", EASY);
    let near = |name: &str, count: &str, blocks: &[&str]| {
        let words = ["generate", "sudoku", "--near", name, "--count", count, "--out", "more.csv"];
        trm(folder.path(), "", &[&words, blocks].concat())
    };
    let made = |blocks: &[&str]| {
        let output = near("hard.csv", "8", blocks);
        assert_eq!(output.code, Some(0), "{}", output.err);
        std::fs::read_to_string(folder.path().join("more.csv")).expect("a file")
    };
    let rows = made(&[]);
    assert_eq!(rows.lines().count(), 9);
    assert_eq!(made(&["--blocks", "kept"]), rows);
    let first = std::fs::read_dir(folder.path().join("kept")).expect("a folder").next();
    std::fs::remove_file(first.expect("a block").expect("a block").path()).expect("a block");
    assert_eq!(made(&["--blocks", "kept"]), rows);
    let overlap = trm(folder.path(), "", &["overlap", "sudoku", "hard.csv", "more.csv"]);
    assert_eq!(overlap.code, Some(0), "{}", overlap.out);
    let output = near("hard.csv", "100000", &[]);
    assert!(output.code == Some(0) && output.out.contains("of 100000 puzzles"), "{}", output.out);
    let output = near("easy.csv", "8", &[]);
    assert!(output.code == Some(2) && output.err.contains("easy.csv"), "{}", output.err);
}
