//! Answers row by row, two evaluations compared, and puzzles that files have in common.

mod common;

use common::{Output, trm};
use serde_json::Value;

const PUZZLE: &str = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79";
const SOLVED: &str = "534678912672195348198342567859761423426853791713924856961537284287419635345286179";

fn done(output: &Output, code: i32) -> &str {
    assert_eq!(output.code, Some(code), "{}{}", output.out, output.err);
    &output.out
}

#[test]
fn two_evaluations_are_compared_row_by_row() {
    let folder = tempfile::tempdir().expect("a folder");
    let eval = |k: &str, rows: &str| {
        let words = ["eval", "sudoku", "--limit", "30", "--k", k, "--json", "--rows", rows];
        let output = trm(folder.path(), "", &words);
        serde_json::from_str::<Value>(done(&output, 0)).expect("JSON")
    };
    let (a, b) = (eval("1", "a.csv"), eval("16", "b.csv"));
    let text = std::fs::read_to_string(folder.path().join("b.csv")).expect("rows");
    assert!(text.starts_with("row,answer,steps,confidence,exact,solved\n1,") && text.lines().count() == 31);
    let compare = |words: &[&str]| trm(folder.path(), "", &[&["compare"], words].concat());
    let output = compare(&["a.csv", "b.csv", "--json"]);
    let paired = &serde_json::from_str::<Value>(done(&output, 0)).expect("JSON")["paired"];
    for (report, side) in [(&a, "a"), (&b, "b")] {
        assert_eq!(report["exact_accuracy"]["n_true"], paired[side]["n_true"]);
        assert_eq!(report["mean_k"], paired[format!("mean_k_{side}")]);
    }
    assert!(paired["difference"].as_f64() > Some(0.0), "more steps solve more: {paired}");
    let output = compare(&["a.csv", "b.csv", "--by", "solved"]);
    let text = done(&output, 0);
    assert!(text.contains("McNemar") && text.contains("B less A"), "{text}");

    std::fs::write(folder.path().join("bad.csv"), text.replace("exact", "y")).expect("a file");
    std::fs::write(
        folder.path().join("few.csv"),
        "row,answer,steps,confidence,exact,solved\n1,1,1,0.5,true,true\n",
    )
    .expect("a file");
    for (b, expected) in [("bad.csv", "answers:"), ("few.csv", "30 rows beside 1"), ("none.csv", "none.csv")]
    {
        let output = compare(&["a.csv", b]);
        done(&output, 2);
        assert!(output.err.contains(expected), "{}", output.err);
    }
}

#[test]
fn an_input_is_not_overwritten() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = format!("question,answer\n{PUZZLE},{SOLVED}\n");
    std::fs::write(folder.path().join("one.csv"), &data).expect("a file");
    let output = trm(folder.path(), "", &["eval", "sudoku", "--data", "one.csv", "--rows", "one.csv"]);
    done(&output, 2);
    assert_eq!(std::fs::read_to_string(folder.path().join("one.csv")).expect("a file"), data);
}

/// The Sudoku with digits renamed, two rows of a band exchanged, and transposed.
fn relabelled(text: &str) -> String {
    let cells: Vec<u8> = text.bytes().collect();
    let at = |row: usize, column: usize| match cells[[1, 0, 2, 3, 4, 5, 6, 7, 8][column] * 9 + row] {
        b'.' => '.',
        digit => char::from(b'1' + (digit - b'1' + 4) % 9),
    };
    (0..81).map(|i| at(i / 9, i % 9)).collect()
}

#[test]
fn puzzles_in_common_are_found_up_to_relabelling() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, rows: &[(&str, &str)]| {
        let rows: Vec<String> = rows.iter().map(|(q, a)| format!("{q},{a}")).collect();
        std::fs::write(folder.path().join(name), format!("question,answer\n{}\n", rows.join("\n")))
            .expect("a file");
    };
    let fewer = format!("{}....", &PUZZLE[..77]);
    let (image, solved) = (relabelled(PUZZLE), relabelled(SOLVED));
    write("a.csv", &[(PUZZLE, SOLVED), (PUZZLE, SOLVED)]);
    write("b.csv", &[(&fewer, SOLVED), (&image, &solved)]);
    write("c.csv", &[(&fewer, SOLVED)]);
    let overlap = |words: &[&str]| trm(folder.path(), "", &[&["overlap"], words].concat());
    let output = overlap(&["sudoku", "a.csv", "b.csv"]);
    let text = done(&output, 1);
    for expected in [
        "a.csv: 2 puzzles, 1 distinct, 1 solved grids",
        "b.csv: 2 puzzles, 2 distinct, 1 solved grids",
        "b.csv in a.csv: 1 rows with the same puzzle, 2 with the same solved grid\n  row 2 is row 1",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    let output = overlap(&["sudoku", "a.csv", "c.csv", "--committed", "--json"]);
    let found: Value = serde_json::from_str(done(&output, 0)).expect("JSON");
    assert_eq!((found["pairs"].as_array().map(Vec::len), &found["files"][2]["n"]), (Some(3), &1000.into()));

    std::fs::write(folder.path().join("m.csv"), "question,answer\nS #  # G ,S #oo# G \n").expect("a file");
    let output = overlap(&["maze", "m.csv", "m.csv"]);
    assert!(done(&output, 1).contains("m.csv in m.csv: 1 rows"), "{}", output.out);
    for words in [&["sudoku", "none.csv"][..], &["maze", "m.csv", "--box", "3x2"], &["sudoku", "m.csv"]] {
        done(&overlap(words), 2);
    }
}

#[test]
fn halting_and_noise_are_written_into_a_model_file() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("m.safetensors"), trm_models::sudoku_bytes()).expect("a file");
    let set = |words: &[&str]| {
        trm(folder.path(), "", &[&["set", "m.safetensors", "--out", "n.safetensors"], words].concat())
    };
    done(&set(&["--halting-rule", "vote", "--max-k", "7", "--channel-noise", "1.25,4,0.5,2"]), 0);
    let text = trm(folder.path(), "", &["info", "n.safetensors"]);
    for expected in [
        "by vote; confident from 0.95, at most 7 steps",
        "standard deviation 1.25, after 4 steps 0.5 more in every step up to 2",
        "trm set m.safetensors --halting-rule vote --max-k 7 --channel-noise 1.25,4,0.5,2",
    ] {
        assert!(text.out.contains(expected), "{expected}: {}", text.out);
    }
    let solve =
        |words: &[&str]| trm(folder.path(), "", &[&["solve", "sudoku", PUZZLE, "--json"], words].concat());
    assert!(done(&solve(&["--model", "n.safetensors", "--seed", "3"]), 0).contains("\"seed\":3"));
    std::fs::write(folder.path().join("m.safetensors"), trm_models::maze_bytes()).expect("a file");
    for (words, expected) in [
        (&[][..], "nothing to set"),
        (&["--channel-noise", "1"], "no answer channel"),
        (&["--max-k", "0"], "--max-k"),
        (&["--halt-threshold", "1.5"], "--halt-threshold"),
        (&["--out", "m.safetensors", "--max-k", "5"], "cannot be used multiple times"),
    ] {
        let output = set(words);
        done(&output, 2);
        assert!(output.err.contains(expected), "{expected}: {}", output.err);
    }
}
