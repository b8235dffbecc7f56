//! What is too large is refused before memory is taken for it: each command here runs within two
//! gigabytes of address space and two seconds of processor time.
#![cfg(target_os = "linux")]

mod common;

use common::outcome;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use trm_core::Model;
use trm_tasks::{maze_builder, shaped, sudoku_builder};

const PUZZLE: &str = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79";

fn refused(folder: &Path, arguments: &[&str], expected: &str) {
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -v 2000000; ulimit -t 2; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_trm")]);
    let output = outcome(command.args(arguments).current_dir(folder), "");
    assert_eq!(output.code, Some(2), "{arguments:?}: {}{}", output.out, output.err);
    assert!(
        output.err.contains(expected) && !output.err.contains("panicked"),
        "{arguments:?}: {}",
        output.err
    );
}

/// A file of ten gigabytes of zeros that takes no room, behind this start.
fn sparse(path: &Path, start: &[u8]) {
    let mut file = File::create(path).expect("a file");
    file.write_all(start).expect("written");
    file.set_len(10 << 30).expect("a file system with holes");
}

#[test]
fn files_of_ten_gigabytes() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path();
    sparse(&place.join("huge"), b"");
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/../trm-core/tests/golden/attention_maze12");
    let official = format!("{golden}.weights.safetensors");
    for (arguments, expected) in [
        (&["info", "huge"][..], "more than"),
        (&["solve", "sudoku", PUZZLE, "--model", "huge"], "more than"),
        (&["import", "huge", "out"], "more than"),
        (&["import", &official, "out", "--config", "huge"], "more than"),
        (&["plot", "huge"], "more than"),
        (&["solve", "maze", "huge"], "more than"),
        (&["eval", "sudoku", "--data", "huge"], "longer than"),
        (&["eval", "maze", "--data", "huge"], "longer than"),
        (&["train", "sudoku", "--data", "huge", "--out", "run"], "longer than"),
        (&["train", "maze", "--init", "huge", "--out", "run"], "more than"),
    ] {
        refused(place, arguments, expected);
    }
    std::fs::create_dir(place.join("pair")).expect("a folder");
    sparse(&place.join("pair/a.weights.safetensors"), b"");
    refused(place, &["check-parity", "pair"], "more than");
    std::fs::create_dir(place.join("broken")).expect("a folder");
    let mut header = b"TRMTRAIN\x01\0\0\0".to_vec();
    header.extend(u64::MAX.to_le_bytes());
    sparse(&place.join("broken/checkpoint.bin"), &header);
    refused(place, &["train", "maze", "--out", "broken"], "more than");
    // Found by fuzzing: sixteen bytes that say that two gigabytes of text follow.
    let body = include_bytes!("../../../fuzz/corpus/checkpoint/long_text");
    let mut sealed = b"TRMTRAIN\x01\0\0\0".to_vec();
    sealed.extend((body.len() as u64).to_le_bytes());
    sealed.extend(crc32fast::hash(body).to_le_bytes());
    sealed.extend(body);
    std::fs::write(place.join("broken/checkpoint.bin"), sealed).expect("a file");
    refused(place, &["train", "maze", "--out", "broken"], "checkpoint.bin");
    let error = sona_learn::SonaEngine::load(place.join("huge")).expect_err("no state");
    assert!(matches!(error, sona_learn::SonaError::Length { .. }), "{error}");
}

#[test]
fn numbers_on_the_command_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let most = "4294967295";
    for (arguments, expected) in [
        (&["solve", "sudoku", PUZZLE, "--k", most][..], "k is 4294967295"),
        (&["solve", "sudoku", PUZZLE, "--max-k", most], "max_k is 4294967295"),
        (&["eval", "maze", "--stable", most], "stable is 4294967295"),
        (&["generate", "sudoku", "--count", most, "--out", "x"], "4294967295 is not in"),
        (&["generate", "maze", "--side", most, "--out", "x"], "each side must be"),
        (&["generate", "maze", "--min-path", most, "--out", "x"], most),
        (&["train", "maze", "--out", "x", "--batch", most], "batch is 4294967295"),
        (&["train", "maze", "--out", "x", "--batch", "65536", "--hidden", "4096"], "batch is 65536"),
        (&["train", "maze", "--out", "x", "--linger", most], "linger is 4294967295"),
        (&["train", "maze", "--out", "x", "--hidden", most], "hidden_dim is 4294967295"),
        (&["train", "maze", "--out", "x", "--hidden", "16384", "--ffn", "65536"], "2^28 weights"),
        (&["train", "maze", "--out", "x", "--blocks", most], "n_blocks is 4294967295"),
        (&["train", "maze", "--out", "x", "--validate-k", most], "4294967295 is not in"),
        (&["train", "maze", "--out", "x", "--sides", "2,4294967295"], "two sides from 2 to 64"),
    ] {
        refused(folder.path(), arguments, expected);
    }
}

#[test]
fn lines_of_a_hundred_thousand_columns() {
    let folder = tempfile::tempdir().expect("a folder");
    let columns = "x,".repeat(100_000);
    let header = "source,question,answer,rating\n";
    std::fs::write(folder.path().join("header.csv"), format!("{columns}\n")).expect("a file");
    std::fs::write(folder.path().join("row.csv"), format!("{header}{columns}\n")).expect("a file");
    for (puzzle, file, expected) in [
        ("sudoku", "header.csv", "longer than"),
        ("sudoku", "row.csv", "line 2: longer than"),
        ("maze", "header.csv", "no column named"),
        ("maze", "row.csv", "line 2: "),
    ] {
        refused(folder.path(), &["eval", puzzle, "--data", file], expected);
    }
}

#[test]
fn small_files_that_ask_for_much() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, header: &str, length: u64| {
        let bytes = [&length.to_le_bytes()[..], header.as_bytes(), &[0; 64]].concat();
        std::fs::write(folder.path().join(name), bytes).expect("a file");
    };
    let tensor = r#"{"a":{"dtype":"F32","shape":[1099511627776,1099511627776],"data_offsets":[0,64]}}"#;
    let offsets = r#"{"a":{"dtype":"F32","shape":[16],"data_offsets":[0,18446744073709551615]}}"#;
    let deep = "[".repeat(90_000);
    write("length", "{}", u64::MAX >> 1);
    write("tensor", tensor, tensor.len() as u64);
    write("offsets", offsets, offsets.len() as u64);
    write("deep", &deep, deep.len() as u64);
    for file in ["length", "tensor", "offsets", "deep"] {
        refused(folder.path(), &["info", file], "not a readable model file");
    }
    std::fs::write(folder.path().join("deep.jsonl"), &deep).expect("a file");
    refused(folder.path(), &["plot", "deep.jsonl"], "line 1");
    // One megabyte of weights, states of a hundred.
    let wide = Model::<f32>::new(shaped(maze_builder(), 16_384, 1, 1).expect("valid")).expect("valid");
    wide.save(folder.path().join("wide")).expect("a file");
    let maze = format!("S{}G", " ".repeat(1024 * 1024 - 2));
    std::fs::write(folder.path().join("maze.txt"), maze).expect("a file");
    refused(folder.path(), &["solve", "maze", "maze.txt", "--model", "wide"], "one run would keep");
}

#[test]
fn memory_does_not_grow_with_the_rows() {
    let folder = tempfile::tempdir().expect("a folder");
    let model = Model::<f32>::new(shaped(sudoku_builder(), 8, 8, 1).expect("valid")).expect("valid");
    model.save(folder.path().join("model")).expect("a file");
    let text = include_str!("../../../datasets/sudoku-extreme-gen.csv");
    let (header, rows) = text.split_once('\n').expect("a header");
    let peak = |times: usize| {
        std::fs::write(folder.path().join("x.csv"), format!("{header}\n{}", rows.repeat(times)))
            .expect("a file");
        peak_kilobytes(folder.path(), &["eval", "sudoku", "--data", "x.csv", "--k", "1", "--model", "model"])
    };
    let (few, many) = (peak(1), peak(12));
    println!("1,000 rows {few} kB, 12,000 rows {many} kB");
    assert!(many < few + 2048, "1,000 rows {few} kB, 12,000 rows {many} kB");
}

/// The most memory that a command held, as the system tells while it runs.
fn peak_kilobytes(folder: &Path, arguments: &[&str]) -> u64 {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trm"));
    let quiet = command.args(arguments).current_dir(folder).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = quiet.env("RAYON_NUM_THREADS", "2").spawn().expect("the command starts");
    let mut peak = 0;
    while child.try_wait().expect("a child").is_none() {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        peak = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(peak);
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    assert!(child.wait().expect("a child").success() && peak > 0);
    peak
}
