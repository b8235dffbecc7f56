//! Bad input ends with exit code 2 and a message that names the place.

mod common;

use common::trm;
use std::path::Path;

const PUZZLE: &str = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79";

fn refused(folder: &Path, input: &str, arguments: &[&str], expected: &str) {
    let output = trm(folder, input, arguments);
    assert_eq!(output.code, Some(2), "{arguments:?}: {}{}", output.out, output.err);
    assert!(output.err.contains(expected), "{arguments:?}: {}", output.err);
    assert!(!output.err.contains("panicked"), "{}", output.err);
}

#[test]
fn sudoku() {
    let folder = tempfile::tempdir().expect("a folder");
    let no_solution = "5168497323.76.5...8.97...65135.6.9.7472591..696837..5.253186.746842.75..791.5.6.8";
    for (puzzle, expected) in [
        (&PUZZLE[..79], "79 cells: a Sudoku has 81"),
        (&PUZZLE[..80], "80 cells: a Sudoku has 81"),
        (&format!("{PUZZLE}1"), "82 cells: a Sudoku has 81"),
        (&PUZZLE.replacen('7', "ü", 1), "line 1, column 5: 'ü'"),
        (&PUZZLE.replacen("53", "55", 1), "5 stands twice in row 1"),
        (no_solution, "no solution"),
        ("", "empty"),
        ("nosuchfile.txt", "no file has this name"),
        ("\u{1F600}", "line 1, column 1: '\u{1F600}' is no cell"),
    ] {
        refused(folder.path(), "", &["solve", "sudoku", puzzle], expected);
        refused(
            folder.path(),
            puzzle,
            &["solve", "sudoku", "-"],
            if puzzle == "nosuchfile.txt" { "line 1, column 1: 'n' is no cell" } else { expected },
        );
    }
}

#[test]
fn mazes() {
    let folder = tempfile::tempdir().expect("a folder");
    for (maze, expected) in [
        ("", "no cells"),
        ("S", "no 'G'"),
        (" ", "no cells"),
        ("SS\nG ", "'S' stands twice: row 1, column 1 and row 1, column 2"),
        ("S  \n #\n# G", "row 2 has 2 cells, the first row 3"),
        ("S#\n#G", "no path leads from row 1, column 1 to row 2, column 2"),
        ("S\t\n G", "row 1, column 2: '\\t'"),
        (&format!("S{}G", "#".repeat(896)), "898 cells is not square"),
        (&format!("S{}G", "#\n".repeat(2000)), "a maze of 2001 x 2 cells"),
        (&" ".repeat(5 << 20), "more than 4194304 bytes"),
    ] {
        refused(folder.path(), maze, &["solve", "maze", "-"], expected);
    }
}

#[test]
fn large_mazes_are_answered() {
    let folder = tempfile::tempdir().expect("a folder");
    let maze = format!("S{}G", " ".repeat(200 * 200 - 2));
    let output = trm(folder.path(), &maze, &["solve", "maze", "-", "--k", "1", "--json"]);
    assert!(matches!(output.code, Some(0 | 1)), "{}", output.err);
}

#[test]
fn ambiguous_sudoku_is_answered_with_a_note() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = trm(folder.path(), "", &["solve", "sudoku", &".".repeat(81), "--k", "1"]);
    assert!(matches!(output.code, Some(0 | 1)), "{}", output.err);
    assert!(output.err.contains("more than one solution"), "{}", output.err);
}

#[test]
fn steps() {
    let folder = tempfile::tempdir().expect("a folder");
    for (words, expected) in [
        (["--k", "0"], "k is 0"),
        (["--k", "4294967295"], "k is 4294967295"),
        (["--k", "-1"], "unexpected argument"),
        (["--k", "99999999999999999999999"], "number too large"),
        (["--max-k", "0"], "max_k is 0"),
        (["--stable", "0"], "stable is 0"),
    ] {
        refused(folder.path(), "", &["solve", "sudoku", PUZZLE, words[0], words[1]], expected);
    }
}

#[test]
fn model_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).expect("a file");
    let good = trm_models::sudoku_bytes();
    let mut not_finite = good.to_vec();
    let header = u64::from_le_bytes(good[..8].try_into().expect("8 bytes")) as usize;
    not_finite[8 + header..8 + header + 4].copy_from_slice(&f32::NAN.to_le_bytes());
    write("empty", b"");
    write("truncated", &good[..good.len() - 5]);
    write("header", &[0xff; 64]);
    write("nan", &not_finite);
    for (file, expected) in [
        ("missing", "missing"),
        ("empty", "not a readable model file"),
        ("truncated", "not a readable model file"),
        ("header", "not a readable model file"),
        ("nan", "number 0 is NaN"),
    ] {
        refused(folder.path(), "", &["solve", "sudoku", PUZZLE, "--model", file], expected);
        refused(folder.path(), "", &["eval", "sudoku", "--limit", "1", "--model", file], file);
    }
    write("maze", trm_models::maze_bytes());
    refused(folder.path(), "", &["solve", "sudoku", PUZZLE, "--model", "maze"], "does not take a Sudoku");
}

#[test]
fn data_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("a file");
    write("empty.csv", "source,question,answer,rating\n");
    write("short.csv", &format!("source,question,answer,rating\nx,{},{PUZZLE},1\n", &PUZZLE[..80]));
    write("other.csv", "a,b\n1,2\n");
    for (file, expected) in [
        ("missing.csv", "missing.csv"),
        ("empty.csv", "no puzzles"),
        ("short.csv", "line 2"),
        ("other.csv", "no column named"),
    ] {
        refused(folder.path(), "", &["eval", "sudoku", "--data", file, "--k", "1"], expected);
    }
    write("log.jsonl", "{}\nno json\n{}\n");
    refused(folder.path(), "", &["plot", "log.jsonl"], "line 2");
    refused(folder.path(), "", &["plot", "missing.jsonl"], "missing.jsonl");
}

#[test]
fn a_failed_generation_leaves_the_old_file_and_nothing_beside_it() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("mazes.csv"), "old").expect("a file");
    let words = ["generate", "maze", "--side", "5", "--min-path", "1000", "--out", "mazes.csv"];
    refused(folder.path(), "", &words, "1000");
    assert_eq!(std::fs::read(folder.path().join("mazes.csv")).expect("still there"), b"old");
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1);
    refused(folder.path(), "", &["generate", "sudoku", "--out", "."], "is a folder");
    refused(folder.path(), "", &["generate", "sudoku", "--out", "none/x.csv"], "none/x.csv");
    refused(
        folder.path(),
        "",
        &["generate", "sudoku", "--out", "x", "--count", "18446744073709551615"],
        "1000000",
    );
}

#[test]
fn runs_and_halting_states() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(place("junk"), "neither runs nor a state, but of fair length").expect("a file");
    std::fs::write(place("none.csv"), "source,question,answer,rating\n").expect("a file");
    for (arguments, expected) in [
        (&["policies", "missing"][..], "missing"),
        (&["policies", "junk"], "junk: no recorded runs: a text file"),
        (&["policies", "junk", "--state", "no/folder"], "no/folder"),
        (&["solve", "sudoku", PUZZLE, "--learned", "--halting", "junk"], "junk: not a sona-learn state file"),
        (&["solve", "sudoku", PUZZLE, "--learned", "--halting", "missing"], "missing"),
        (&["solve", "sudoku", PUZZLE, "--learned", "--k", "3"], "cannot be used with"),
        (&["eval", "maze", "--predicted", "--max-k", "0"], "max_k is 0"),
        (&["k-star", "maze", "--max-k", "0", "--limit", "1"], "max_k is 0"),
        (&["k-star", "maze", "--max-k", "2000", "--limit", "1"], "max_k is 2000"),
        (&["k-star", "maze", "--limit", "0"], "no puzzles"),
        (&["k-star", "maze", "--data", "none.csv"], "no puzzles"),
        (&["k-star", "maze", "--data", "junk"], "junk"),
        (&["k-star", "sudoku", "--out", "no/folder/file"], "no/folder/file"),
        (&["k-star", "sudoku", "--out", "."], "is a folder"),
        (&["k-star", "sudoku", "--model", "junk"], "junk"),
    ] {
        refused(folder.path(), "", arguments, expected);
    }
    let left: Vec<_> = std::fs::read_dir(folder.path()).expect("a folder").flatten().collect();
    assert_eq!(left.len(), 2, "something was left behind: {left:?}");
}
