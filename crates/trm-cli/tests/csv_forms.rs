//! Data files as people have them, through `trm eval` and `trm k-star`.

mod common;

use common::trm;
use serde_json::Value;
use std::io::Write;
use std::path::Path;

const PUZZLE: &str = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79";
const SOLVED: &str = "534678912672195348198342567859761423426853791713924856961537284287419635345286179";

fn eval(folder: &Path, puzzle: &str, data: &str) -> Result<Value, String> {
    let output = trm(folder, "", &["eval", puzzle, "--data", data, "--k", "1", "--json"]);
    match output.code {
        Some(0) => Ok(serde_json::from_str(&output.out).expect("one object")),
        Some(2) if !output.err.contains("panicked") && output.out.is_empty() => Err(output.err),
        _ => panic!("{data}: {:?} {}{}", output.code, output.out, output.err),
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(bytes).expect("packed");
    packed.finish().expect("packed")
}

/// A NumPy file of 32-bit integers.
fn npy(rows: &[Vec<i32>]) -> Vec<u8> {
    let header =
        format!("{{'descr': '<i4', 'fortran_order': False, 'shape': ({}, {}), }}", rows.len(), rows[0].len());
    let padded = format!("{header:<117}\n");
    let mut bytes = b"\x93NUMPY\x01\0v\0".to_vec();
    bytes.extend(padded.as_bytes());
    bytes.extend(rows.iter().flatten().flat_map(|token| token.to_le_bytes()));
    bytes
}

fn tokens(text: &str, symbols: &str) -> Vec<i32> {
    text.chars().map(|c| symbols.find(c).expect("a symbol") as i32 + 1).collect()
}

#[test]
fn headers_and_delimiters() {
    let folder = tempfile::tempdir().expect("a folder");
    let zeros = PUZZLE.replace('.', "0");
    let utf16: Vec<u8> = std::iter::once(0xfeff)
        .chain(format!("question,answer\n{PUZZLE},{SOLVED}\n").encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    let plain = format!("question,answer\n{PUZZLE},{SOLVED}\n");
    for (case, bytes) in [
        ("as published", format!("source,question,answer,rating\nx,{PUZZLE},{SOLVED},3\n").into_bytes()),
        ("two columns", plain.clone().into_bytes()),
        ("any order and case", format!("Rating,ANSWER,Question\n1,{SOLVED},{PUZZLE}\n").into()),
        ("Kaggle, one million", format!("quizzes,solutions\n{zeros},{SOLVED}\n").into()),
        ("Kaggle, nine million", format!("puzzle,solution\n{zeros},{SOLVED}\n").into()),
        (
            "Kaggle, three million",
            format!("id,puzzle,solution,clues,difficulty\n1,{PUZZLE},{SOLVED},27,2.2\n").into(),
        ),
        ("semicolons", format!("question;answer\n{PUZZLE};{SOLVED}\n").into()),
        ("tabs", format!("question\tanswer\n{PUZZLE}\t{SOLVED}\n").into()),
        ("spaces around", format!("question , answer\n{PUZZLE} , {SOLVED}\n").into()),
        ("quotes", format!("\"question\",\"answer\"\n\"{PUZZLE}\",\"{SOLVED}\"\n").into()),
        ("a comment", format!("# mine\nquestion,answer\n{PUZZLE},{SOLVED}\n").into()),
        ("Windows with a mark", format!("\u{feff}question,answer\r\n{PUZZLE},{SOLVED}\r\n").into()),
        ("UTF-16", utf16),
        ("packed", gzip(plain.as_bytes())),
    ] {
        std::fs::write(folder.path().join("data"), bytes).expect("a file");
        let report = eval(folder.path(), "sudoku", "data").unwrap_or_else(|error| panic!("{case}: {error}"));
        assert_eq!((&report["n"], &report["data"]), (&1.into(), &"data".into()), "{case}");
    }
    for (case, text) in [
        ("as published", "source,question,answer,rating\nx,S  G,SooG,4\n"),
        ("two columns", "question,answer\nSG  ,SG  \n"),
        ("semicolons", "answer;question\nSG  ;SG  \n"),
    ] {
        std::fs::write(folder.path().join("data"), text.replace("S  G,SooG", "SG  ,SG  ")).expect("a file");
        eval(folder.path(), "maze", "data").unwrap_or_else(|error| panic!("{case}: {error}"));
    }
}

#[test]
fn arrays_of_the_reference() {
    let folder = tempfile::tempdir().expect("a folder");
    let make = |name: &str, inputs: &[Vec<i32>], labels: &[Vec<i32>], metadata: &str| {
        let at = folder.path().join(name);
        std::fs::create_dir_all(&at).expect("a folder");
        std::fs::write(at.join("all__inputs.npy"), npy(inputs)).expect("a file");
        std::fs::write(at.join("all__labels.npy"), npy(labels)).expect("a file");
        std::fs::write(at.join("dataset.json"), metadata).expect("a file");
    };
    let sudoku = ".123456789";
    let metadata = r#"{"seq_len": 81, "vocab_size": 11, "num_puzzle_identifiers": 1}"#;
    make("test", &[tokens(PUZZLE, sudoku)], &[tokens(SOLVED, sudoku)], metadata);
    for path in ["test", "test/all__inputs.npy"] {
        let report = eval(folder.path(), "sudoku", path).unwrap_or_else(|error| panic!("{path}: {error}"));
        assert_eq!(report["n"], 1, "{path}");
    }
    let output = trm(folder.path(), "", &["k-star", "sudoku", "--data", "test", "--max-k", "2"]);
    assert_eq!(output.code, Some(0), "{}", output.err);
    for path in ["test", "test/all__inputs.npy"] {
        let output = trm(folder.path(), "", &["solve", "sudoku", path]);
        assert!(output.code == Some(0) && output.out.starts_with("line 1: verified"), "{}", output.err);
    }
    let maze = "# SGo";
    make("maze", &[tokens("SG  ", maze)], &[tokens("SG  ", maze)], r#"{"seq_len": 4, "vocab_size": 6}"#);
    assert_eq!(eval(folder.path(), "maze", "maze").expect("a maze")["n"], 1);
    assert_eq!(trm(folder.path(), "", &["solve", "maze", "maze"]).code, Some(0));
    let error = eval(folder.path(), "maze", "test").expect_err("a Sudoku");
    assert!(error.contains("vocab_size is 11") || error.contains("test"), "{error}");
    std::fs::create_dir(folder.path().join("empty")).expect("a folder");
    let error = eval(folder.path(), "sudoku", "empty").expect_err("no arrays");
    assert!(error.contains("all__inputs.npy"), "{error}");
    let outer = eval(folder.path(), "sudoku", ".").expect_err("the arrays are below");
    assert!(outer.contains("give its folder \"test\""), "{outer}");
}

#[test]
fn a_bad_row_is_named_before_the_work_begins() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("a file");
    let row = format!("{PUZZLE},{SOLVED}\n");
    let late = format!("question,answer\n{}{PUZZLE},{PUZZLE}\n", row.repeat(25));
    write("late.csv", &late);
    write("header.csv", "a,b\n1,2\n");
    write("empty.csv", "question,answer\n");
    write("short.csv", &format!("question,answer\n{row}{},{SOLVED}\n", &PUZZLE[1..]));
    write("mixed.csv", &format!("question,answer\n{row}1.34.4.22.4.432.,1234341221434321\n"));
    for (file, expected) in [
        ("late.csv", "late.csv: line 27: the answer does not solve the question"),
        ("header.csv", "header.csv: "),
        ("header.csv", "the header \"a,b\" has no column named \"question\""),
        ("empty.csv", "empty.csv: no puzzles"),
        ("short.csv", "short.csv: line 3"),
        ("mixed.csv", "mixed.csv: line 3"),
        ("none.csv", "none.csv: No such file"),
    ] {
        let error = eval(folder.path(), "sudoku", file).expect_err(file);
        assert!(error.contains(expected), "{file}: {error}");
        for more in [&["--rollouts", "2"][..], &["--search", "2"]] {
            let words = [&["eval", "sudoku", "--data", file], more].concat();
            let output = trm(folder.path(), "", &words);
            assert!(output.code == Some(2) && output.err.contains(expected), "{words:?}: {}", output.err);
        }
    }
    // A limit leaves out what is behind it, and a pipe is checked as a file is.
    let words = ["eval", "sudoku", "--data", "late.csv", "--limit", "25", "--k", "1"];
    assert_eq!(trm(folder.path(), "", &words).code, Some(0));
    let words = ["eval", "sudoku", "--data", "-", "--k", "1"];
    let output = trm(folder.path(), &late, &words);
    assert!(output.code == Some(2) && output.err.contains("standard input: line 27"), "{}", output.err);
    let output = trm(folder.path(), &late, &[&words[..], &["--limit", "25", "--json"]].concat());
    assert_eq!(output.code, Some(0), "{}", output.err);
    assert!(output.out.contains("\"n\":25") && output.out.contains("standard input"), "{}", output.out);
    // Other sizes are measured as those of 9x9 are.
    write("four.csv", "question,answer\n1.34.4.22.4.432.,1234341221434321\n");
    let output = trm(folder.path(), "", &["k-star", "sudoku", "--data", "four.csv", "--max-k", "4"]);
    assert_eq!(output.code, Some(0), "{}", output.err);
    let output = trm(folder.path(), "", &["eval", "sudoku", "--data", "four.csv", "--search", "2"]);
    assert!(output.code == Some(0) && output.out.contains("SEARCH"), "{}", output.err);
    let six = "question,answer\n123456456123231564564231312645645312,123456456123231564564231312645645312\n";
    write("six.csv", six);
    eval(folder.path(), "sudoku", "six.csv").expect("boxes of 2x3");
    let words = ["eval", "sudoku", "--data", "six.csv", "--box", "3x2"];
    let output = trm(folder.path(), "", &words);
    assert!(output.code == Some(2) && output.err.contains("line 2"), "{}", output.err);
}
