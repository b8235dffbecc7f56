//! Options that are wrong, or without effect, are refused where they are read, by their names.

mod common;

use common::trm;
use std::path::Path;

const PUZZLE: &str = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79";
const SOLVED: &str = "534678912672195348198342567859761423426853791713924856961537284287419635345286179";

fn refused(folder: &Path, words: &[&str], expected: &str) {
    let output = trm(folder, "", words);
    assert_eq!(output.code, Some(2), "{words:?}: {}{}", output.out, output.err);
    assert!(output.err.contains(expected), "{words:?}: {expected:?} in {}", output.err);
    assert!(!output.err.contains("panicked"), "{words:?}: {}", output.err);
}

#[test]
fn numbers_are_checked_where_they_are_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = format!("question,answer\n{PUZZLE},{SOLVED}\n");
    std::fs::write(folder.path().join("one.csv"), data).expect("a file");
    let eval: &[&str] = &["eval", "sudoku", "--data", "one.csv", "--rollouts", "2"];
    let train: &[&str] = &["train", "sudoku", "--data", "one.csv", "--out", "run", "--steps", "1"];
    let mazes: &[&str] = &["train", "maze", "--out", "run", "--steps", "1"];
    let policies: &[&str] = &["policies", "runs"];
    let target: &[&str] = &["eval", "sudoku", "--limit", "1"];
    for (words, option, values) in [
        (eval, "--latent-noise", &["nan", "NaN", "inf", "-inf", "-1", "1e300", "", "x"][..]),
        (eval, "--channel-noise", &["nan", "-1", "inf", "101"]),
        (eval, "--seed", &["-1", "x", "1.5"]),
        (target, "--target", &["nan", "-1", "101", "inf"]),
        (train, "--lr", &["nan", "-1", "inf", "0"]),
        (train, "--decay-from", &["nan", "-3", "1.5", "inf"]),
        (train, "--floor", &["nan", "-9", "2"]),
        (train, "--weight-decay", &["nan", "-1000", "inf", "1e30"]),
        (train, "--ema", &["nan", "-1", "1"]),
        (train, "--latent-noise", &["nan", "-1", "inf"]),
        (train, "--state-noise", &["nan", "-1", "101"]),
        (train, "--kernel", &["sse9", ""]),
        (train, "--precision", &["f16", ""]),
        (train, "--halting-rule", &["x", ""]),
        (train, "--save-minutes", &["nan", "-1", "inf"]),
        (train, "--validate-minutes", &["nan", "-1"]),
        (train, "--batch", &["0", "-1", "1e3"]),
        (train, "--supervision", &["0", "-1"]),
        (train, "--validate-limit", &["-1", "x", "0"]),
        (train, "--steps", &["0", "-1"]),
        (mazes, "--balance", &["nan", "1e30", "-1", "inf"]),
        (mazes, "--open", &["nan", "1.1", "-0.1"]),
        (mazes, "--min-path", &["nan", "-1", "inf", "100"]),
        (mazes, "--sides", &["0,5", "5,4", "3", "3,4,5", "2,99", "x"]),
        (policies, "--settled", &["nan", "1.5", "-1"]),
        (policies, "--hopeless", &["nan", "2"]),
        (
            &["generate", "sudoku", "--out", "x"],
            "--mix",
            &["0,0,0,0,0,0", "0,0,0,0,0,0,0", "1,2", "1,1,1,1,1,1,1,1", "-1,0,0,0,0,0"],
        ),
        (&["generate", "sudoku", "--out", "x"], "--count", &["0", "-1", "99999999"]),
        (&["generate", "maze", "--side", "10", "--out", "x"], "--min-path", &["90", "-1", "x"]),
        (&["generate", "maze", "--out", "x"], "--side", &["0", "99999", "-1"]),
        (&["solve", "sudoku", PUZZLE], "--box", &["9", "3x", "1x9", "3x3x3", "6x6"]),
        (&["solve", "sudoku", PUZZLE], "--notation", &["", "hexa", "0-G"]),
        (&["generate", "maze", "--perfect", "--out", "x"], "--side", &["2", "129", "-1", "1e3"]),
        (&["generate", "maze", "--perfect", "--side", "9", "--out", "x"], "--min-path", &["99", "-1", "nan"]),
        (&["solve", "sudoku", PUZZLE], "--max-k", &["0", "-1", "99999999"]),
        (&["solve", "sudoku", PUZZLE], "--k", &["0", "1.5"]),
        (&["k-star", "maze", "--limit", "1"], "--max-k", &["0", "99999"]),
    ] {
        for value in values {
            let joined = format!("{option}={value}");
            // What the option is called in the words of the configuration is as good.
            let name = match option {
                "--lr" if *value == "0" => "learning_rate",
                "--kernel" => "kernel is",
                "--supervision" if *value == "0" => "max_supervision_steps",
                "--max-k" | "--k" if !value.starts_with('-') && !value.contains('.') => "k",
                "--ema" | "--batch" if !value.starts_with('-') && !value.contains('e') => &option[2..],
                "--side" if !value.starts_with('-') && !value.contains('e') => "a maze of",
                "--min-path" if *value == "99" => "a shortest path of 99 steps",
                _ => option,
            };
            refused(folder.path(), &[words, &[&joined]].concat(), name);
        }
    }
    assert!(!folder.path().join("run/checkpoint.bin").exists(), "a run began");
    assert!(!folder.path().join("x").exists(), "a file was written");
}

#[test]
fn options_without_effect_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = format!("question,answer\n{PUZZLE},{SOLVED}\n");
    std::fs::write(folder.path().join("one.csv"), data).expect("a file");
    for (words, expected) in [
        (&["solve", "sudoku", PUZZLE, "--halting", "none"][..], "--halting is for --learned and --predicted"),
        (&["eval", "maze", "--limit", "1", "--halting", "none", "--vote"], "--halting is for"),
        (&["eval", "maze", "--limit", "1", "--latent-noise", "1"], "--rollouts"),
        (&["eval", "maze", "--limit", "1", "--noise", "1"], "--rollouts"),
        (
            &["eval", "maze", "--limit", "1", "--seed", "1"],
            "--seed has no effect: embedded maze has no answer channel",
        ),
        (&["solve", "maze", "SG", "--seed", "1"], "--seed has no effect"),
        (&["k-star", "maze", "--seed", "1"], "--seed has no effect"),
        (&["eval", "maze", "--limit", "1", "--channel-noise", "1"], "embedded maze has no answer channel"),
        (&["eval", "maze", "--limit", "1", "--rows", "x.csv", "--rollouts", "2"], "--rows"),
        (&["eval", "maze", "--limit", "1", "--rollouts", "2", "--k", "3"], "--k has no effect"),
        (&["eval", "maze", "--limit", "1", "--rollouts", "2", "--verified"], "--verified has no effect"),
        (&["eval", "sudoku", "--limit", "1", "--search", "2", "--stable", "3"], "--stable has no effect"),
        (&["eval", "maze", "--limit", "1", "--box", "3x2"], "--box is for Sudoku"),
        (&["solve", "maze", "SG", "--box", "3x2"], "--box and --notation are for Sudoku"),
        (&["k-star", "maze", "--box", "3x2"], "--box is for Sudoku"),
        (&["generate", "sudoku", "--side", "9", "--out", "x"], "are for mazes"),
        (&["generate", "sudoku", "--min-path", "9", "--out", "x"], "are for mazes"),
        (&["generate", "sudoku", "--perfect", "--out", "x"], "are for mazes"),
        (&["solve", "maze", "SG", "--notation", "0-F"], "are for Sudoku"),
        (&["generate", "maze", "--mix", "1,0,0,0,0,0", "--out", "x"], "--mix and --near are for Sudoku"),
        (&["train", "maze", "--out", "run", "--validate-limit", "3"], "--validate"),
        (&["train", "maze", "--out", "run", "--validate-k", "3"], "--validate"),
        (&["train", "maze", "--out", "run", "--floor", "0.1"], "--decay-from"),
        (&["train", "maze", "--out", "run", "--floor", "0.1", "--decay-from", "1"], "--decay-from"),
        (&["solve", "sudoku", PUZZLE, "--k", "3", "--max-k", "4"], "cannot be used with"),
        (&["solve", "sudoku", PUZZLE, "--json", "--trace"], "cannot be used with"),
    ] {
        refused(folder.path(), words, expected);
    }
    assert!(!folder.path().join("run").exists() && !folder.path().join("x").exists());
}

#[test]
fn perfect_mazes_are_generated_up_to_their_longest_side() {
    let folder = tempfile::tempdir().expect("a folder");
    for (more, side) in
        [(&["--side", "128"][..], 128), (&["--side", "9", "--min-path", "10"], 9), (&["--seed", "3"], 30)]
    {
        let words = [&["generate", "maze", "--perfect", "--count", "2", "--out", "x.csv"][..], more].concat();
        assert_eq!(trm(folder.path(), "", &words).code, Some(0), "{words:?}");
        let rows = puzzles::maze::open_maze(&folder.path().join("x.csv")).expect("a file");
        for row in rows.map(|row| row.expect("a maze")) {
            assert_eq!((row.maze.height(), row.maze.width()), (side, side), "{words:?}");
            // A tree: as many passages as rooms but one.
            let free: Vec<usize> = (0..row.maze.n_cells()).filter(|cell| !row.maze.is_wall(*cell)).collect();
            let ends: usize = free.iter().map(|cell| row.maze.neighbours(*cell).count()).sum();
            assert_eq!(ends, 2 * (free.len() - 1), "{words:?}");
        }
    }
}

#[test]
fn files_of_training_are_found_and_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("a file");
    let data = format!("question,answer\n{PUZZLE},{SOLVED}\n");
    for name in ["a=b.csv", "a=2", "one.csv"] {
        write(name, &data);
    }
    write("header.csv", "question,answer\n");
    write("four.csv", "question,answer\n1.34.4.22.4.432.,1234341221434321\n");
    let small = "--steps 1 --batch 2 --hidden 8 --ffn 8 --blocks 1 --n 1 --out run";
    let small: Vec<&str> = small.split(' ').collect();
    for data in ["a=b.csv", "a=b.csv=2", "a=2", "one.csv=0.5", "./a=b.csv", "four.csv"] {
        let output = trm(folder.path(), "", &[&["train", "sudoku", "--data", data][..], &small].concat());
        assert_eq!(output.code, Some(0), "{data}: {}", output.err);
        std::fs::remove_dir_all(folder.path().join("run")).expect("removed");
    }
    for (words, expected) in [
        (&["--data", "c=d.csv"][..], "--data c=d.csv: no file has this name"),
        (&["--data", "one.csv=nan"], "no weight above 0"),
        (&["--data", "one.csv=0"], "no weight above 0"),
        (&["--data", "one.csv=-1"], "no weight above 0"),
        (&["--data", "none.csv"], "none.csv: No such file"),
        (&["--data", "header.csv"], "header.csv: no puzzles"),
        (&["--data", "one.csv", "--validate", "header.csv"], "header.csv: no puzzles"),
        (&["--data", "four.csv", "--mixer", "mlp"], "four.csv: Sudoku of 4x4 cells"),
    ] {
        refused(folder.path(), &[&["train", "sudoku"], words, &small].concat(), expected);
    }
    refused(
        folder.path(),
        &[&["train", "maze", "--validate", "header.csv"][..], &small].concat(),
        "header.csv",
    );
    // A note in the model names files without their folders.
    let place = folder.path().to_str().expect("UTF-8").to_owned();
    let data = format!("--data={place}/one.csv=2");
    let output = trm(folder.path(), "", &[&["train", "sudoku", &data][..], &small].concat());
    assert_eq!(output.code, Some(0), "{}", output.err);
    let output = trm(folder.path(), "", &["info", "run/model.safetensors"]);
    assert!(output.out.contains("trm train sudoku --data=one.csv=2 --steps 1"), "{}", output.out);
    assert!(!output.out.contains(&place), "{}", output.out);
    write("empty.jsonl", "");
    refused(folder.path(), &["plot", "empty.jsonl"], "empty.jsonl: no report");
}
