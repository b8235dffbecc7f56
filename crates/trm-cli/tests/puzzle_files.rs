//! Puzzle files from the command line: every command takes them, models carry them, and what is wrong is named.

mod common;

use common::{Output, trm};
use serde_json::Value;
use std::path::Path;

/// A Latin square of 4.
const LATIN: &str = "name = \"Latin 4\"\ngrid = [4, 4]\nsymbols = \"1234\"\ngroups = [
  { name = \"row\", cells = \"rows\", kind = \"line\" },
  { name = \"column\", cells = \"columns\", kind = \"line\" },
]\n";

fn run(folder: &Path, words: &str) -> Output {
    trm(folder, "", &words.split_whitespace().collect::<Vec<_>>())
}

fn json(folder: &Path, words: &str) -> Value {
    let output = run(folder, words);
    serde_json::from_str(&output.out)
        .unwrap_or_else(|e| panic!("{words}: {e}: {} {}", output.out, output.err))
}

#[test]
fn a_file_becomes_a_model_that_every_command_takes() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path();
    std::fs::write(place.join("latin.toml"), LATIN).expect("a file");
    for words in [
        "generate latin.toml --count 40 --seed 1 --extra 0.5 --out rows.csv",
        "train latin.toml --data rows.csv --out run --steps 3 --batch 8 --hidden 8 --ffn 8",
        "train latin.toml --data rows.csv --out begun --steps 2 --batch 8 --init sudoku --leak 1 --channel-noise 2",
    ] {
        let output = run(place, words);
        assert_eq!(output.code, Some(0), "{words}: {}", output.err);
    }
    let begun = run(place, "info begun/model.safetensors").out;
    assert!(begun.contains("noise of standard deviation 2\n"), "{begun}");
    let model = "run/model.safetensors";
    let info = run(place, &format!("info {model}")).out;
    for expected in ["grid = [4, 4]", "step 3 of 3, 24 question-steps, 0.0", " PFLOP; rows.csv sha256 "] {
        assert!(info.contains(expected), "{expected}: {info}");
    }
    let found = json(place, &format!("eval {model} --data rows.csv --max-k 2 --json"));
    assert!(found["puzzle"] == "Latin 4" && found["n"] == 40);
    // A search needs no trained weights for so small a board.
    let found = json(place, "eval latin.toml --data rows.csv --search 60 --json");
    assert!(found["search"]["exact_accuracy"]["rate"].as_f64().is_some_and(|rate| rate > 0.9), "{found}");
    assert!(found.get("rates").is_none(), "a search is no score of the network");
    let words = format!("k-star {model} --data rows.csv --max-k 3 --out runs.safetensors --json");
    assert!(json(place, &words)["n"] == 40);
    assert_ne!(std::fs::read(place.join("runs.safetensors")).expect("runs"), b"");
    let solved = json(place, "solve latin.toml 1234341221434321 --json");
    assert_eq!(solved["answer"], "1234341221434321");
}

#[test]
fn what_is_wrong_is_named_and_nothing_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path();
    let write = |name: &str, text: &str| std::fs::write(place.join(name), text).expect("a file");
    write("latin.toml", LATIN);
    write("rows.csv", "question,answer\n1...............,1234341221434321\n");
    write("short.csv", "question,answer\n1...............,1234341221434321\n12,12\n");
    write("wrong.csv", "question,answer\n1...............,1134341221434321\n");
    write("line.toml", &LATIN.replace("\"columns\"", "\"colums\""));
    write("big.toml", &LATIN.replace("[4, 4]", "[100000, 100000]"));
    write(
        "colours.toml",
        "name = \"c\"\ncells = 4\nsymbols = \"RGB\"\ngroups = [{ name = \"edge\", column = \"edges\" }]\n",
    );
    write("none.toml", &LATIN.replace("[4, 4]", "[4, 4]\nexcluded = { \"r1c1:r1c4\" = \"1\" }"));
    write("binary.toml", "\u{0}\u{1}");
    std::fs::write(place.join("torn.toml"), b"name = \"\xff\"").expect("a file");
    for (words, expected) in [
        ("info line.toml", "line.toml: line 6: \"colums\" names no cells"),
        ("solve line.toml 1...............", "line.toml: line 6"),
        ("info big.toml", "10000000000 cells"),
        ("generate big.toml --count 1 --out out.csv", "10000000000 cells"),
        ("info binary.toml", "binary.toml: line 1"),
        ("info torn.toml", "torn.toml: line 1, column 9: byte 0xff is no UTF-8 text"),
        ("info gone.toml", "gone.toml: No such file"),
        ("solve latin.toml 1..", "3 cells, 16 were expected"),
        ("solve latin.toml 1..x............", "r1c4: 'x' is neither a symbol nor a blank"),
        ("solve latin.toml 11..............", "r1c"),
        ("solve latin.toml 123....4........", "no solution"),
        ("eval latin.toml", "--data is needed"),
        ("k-star latin.toml", "--data is needed"),
        ("k-star latin.toml --data rows.csv --box 2x2", "--box is for Sudoku"),
        ("eval latin.toml --data short.csv", "short.csv: line 3"),
        ("eval latin.toml --data wrong.csv", "wrong.csv: line 2"),
        ("eval latin.toml --data rows.csv --learned", "--halting FILE"),
        ("eval colours.toml --data rows.csv", "edge"),
        ("solve colours.toml R...", "column \"edges\""),
        ("generate colours.toml --count 1 --out out.csv", "`make` is missing"),
        ("generate none.toml --count 1 --out out.csv", "no solution"),
        ("generate latin.toml --count 1 --extra 2 --out out.csv", "--extra"),
        ("generate latin.toml --count 1 --side 9 --out out.csv", "--side"),
        ("train latin.toml --data short.csv --out out", "short.csv: line 3"),
        ("train latin.toml --data rows.csv --init sudoku --hidden 8 --out out", "--hidden"),
        ("train latin.toml --data rows.csv --init maze --out out", "maze"),
        ("generate latin.toml --count 1 --out latin.toml", "latin.toml"),
    ] {
        let output = run(place, words);
        assert!(output.code == Some(2), "{words}: {:?} {}", output.code, output.err);
        assert!(output.err.contains(expected), "{words}: {}", output.err);
        assert!(!output.err.contains("panicked"), "{words}: {}", output.err);
        assert!(!place.join("out.csv").exists() && !place.join("out/model.safetensors").exists(), "{words}");
    }
    assert_eq!(std::fs::read_to_string(place.join("latin.toml")).expect("as it was"), LATIN);
    let several = run(place, "solve latin.toml 1............... --k 1");
    assert!(several.err.contains("more than one solution"), "{}", several.err);
}

#[test]
fn puzzles_with_groups_of_their_own_are_solved_from_their_rows() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path();
    let jigsaw = "name = \"j\"\ngrid = [4, 4]\nsymbols = \"1234\"\ngroups = [
      { name = \"row\", cells = \"rows\", kind = \"line\" },
      { name = \"region\", column = \"regions\", make = \"regions\", kind = \"box\" }]\n";
    std::fs::write(place.join("j.toml"), jigsaw).expect("a file");
    assert_eq!(run(place, "generate j.toml --count 3 --out rows.csv").code, Some(0));
    let rows = std::fs::read_to_string(place.join("rows.csv")).expect("rows");
    assert!(
        rows.starts_with("source,question,answer,rating,regions\n") && rows.lines().count() == 4,
        "{rows}"
    );
    let output = run(place, "solve j.toml rows.csv --k 2");
    assert!(output.out.lines().count() >= 3, "{} {}", output.out, output.err);
    let found = json(place, "eval j.toml --data rows.csv --search 40 --json");
    assert!(found["n"] == 3 && found["search"]["calls"].as_f64().is_some_and(|calls| calls >= 1.0));
}
