//! Kills at random moments, full disks, and two writers of one file. Every file is whole after
//! each, and a run goes on from it. `TRM_KILLS=200` kills as often; the default is for every day.
//! The records of `cargo xtask bench` are tested the same way in `xtask/src/bench/crash.rs`.
#![cfg(unix)]

mod common;
#[path = "common/kill.rs"]
mod kill;

use common::{Output, outcome, trm};
use kill::{Running, TinyDisk, child, child_path, limited, moment, n_kills, n_torn};
use sona_learn::{Label, SonaEngine};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;
use trm_bench::Runs;
use trm_core::{Model, file};
use trm_train::Checkpoint;

const TRAIN: [&str; 19] = [
    "train",
    "maze",
    "--steps",
    "1000000",
    "--batch",
    "2",
    "--hidden",
    "8",
    "--ffn",
    "8",
    "--blocks",
    "1",
    "--n",
    "1",
    "--sides",
    "3,4",
    "--min-path",
    "0.5",
    "--out",
];
/// A checkpoint and a model after every step.
const ALWAYS: [&str; 4] = ["--save-minutes", "0", "--validate-minutes", "0"];

/// `trm`, where no file may grow.
fn trm_limited(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trm"));
    outcome(&mut limited(command.args(arguments).current_dir(folder)), "")
}

/// The optimiser steps in a checkpoint, which must be whole if it is there.
fn step(path: &Path) -> u64 {
    if path.exists() { Checkpoint::load(path).expect("a whole checkpoint").optimizer.step } else { 0 }
}

/// The steps of the models of a run, each of which must be whole.
fn models(run: &Path) -> Vec<u64> {
    let names = std::fs::read_dir(run).expect("a folder").map(|entry| entry.expect("a file").path());
    let models = names.filter(|path| path.extension().is_some_and(|e| e == "safetensors"));
    let step_of = |path: PathBuf| {
        Model::<f32>::load(&path).expect("a whole model");
        path.file_stem()?.to_str()?.strip_prefix("model-")?.parse().ok()
    };
    models.filter_map(step_of).collect()
}

#[test]
fn killed_training_goes_on_as_if_it_had_not_been() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = folder.path().join("run");
    let saved = run.join("checkpoint.bin");
    let command = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_trm"));
        command.args(TRAIN).arg(&run).args(ALWAYS).stdout(Stdio::null()).stderr(Stdio::null());
        command
    };
    let mut before = 0;
    for i in 0..n_kills() {
        let running = Running::start(&mut command());
        // Every other kill falls among the steps, the others anywhere from the start on.
        while i % 2 == 0 && step(&saved) == before {}
        std::thread::sleep(moment(i, 60));
        let seen = step(&saved);
        running.kill();
        let now = step(&saved);
        assert!(now >= seen && seen >= before, "kill {i}: {before}, {seen}, {now}");
        if run.exists() {
            let newest = models(&run).into_iter().max().unwrap_or(0);
            assert!(newest <= now + 1, "kill {i}: {newest} steps were done, {now} are left");
        }
        before = now;
    }
    let last = (before + 3).to_string();
    let rare = ["--save-minutes", "1000", "--validate-minutes", "1000", "--until", &last];
    for out in ["run", "whole"] {
        let output = trm(folder.path(), "", &[&TRAIN[..], &[out], &rare[..]].concat());
        assert_eq!(output.code, Some(0), "{}", output.err);
    }
    let end =
        |out: &str| Checkpoint::load(&folder.path().join(out).join("checkpoint.bin")).expect("a checkpoint");
    let (resumed, whole) = (end("run"), end("whole"));
    assert_eq!(
        (resumed.params, resumed.optimizer, resumed.slots),
        (whole.params, whole.optimizer, whole.slots)
    );
    println!("{} kills, {} within a write, {last} steps", n_kills(), n_torn(&run));
}

#[test]
fn a_killed_save_leaves_a_whole_predictor() {
    if let Some(path) = child_path() {
        let engine = if path.exists() { SonaEngine::load(&path).expect("whole") } else { SonaEngine::new(8) };
        loop {
            let n = engine.stats().n_learned;
            let query: [f32; 8] = std::array::from_fn(|i| (n as f32 * 0.37 + i as f32).sin());
            engine.learn(&query, Label::Solved(1 + n as usize % 9), 1.0, &[]);
            engine.save(&path).expect("saved");
            kill::wrote(n + 1);
        }
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("state");
    let read = || SonaEngine::load(&path).expect("a whole state").stats().n_learned;
    kill::kill_while_counting("a_killed_save_leaves_a_whole_predictor", &path, read);
}

/// A folder with a file of small mazes.
fn with_mazes() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let text = format!("source,question,answer,rating\n{}", "x,SG##,SG##,1\n".repeat(30));
    std::fs::write(folder.path().join("mazes.csv"), text).expect("a file");
    folder
}

/// Arguments that record the runs of the first puzzles of that file.
fn k_star<'a>(limit: &'a str, out: &'a str) -> [&'a str; 10] {
    ["k-star", "maze", "--data", "mazes.csv", "--limit", limit, "--max-k", "50", "--out", out]
}

#[test]
fn killed_recordings_leave_the_old_runs_or_the_new_and_disturb_no_other() {
    let folder = with_mazes();
    let path = folder.path().join("runs");
    let n_runs = || Runs::from_bytes(&std::fs::read(&path).expect("a file")).expect("whole runs").runs.len();
    let start = |limit: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_trm"));
        command.args(k_star(limit, "runs")).current_dir(folder.path());
        Running::start(command.stdout(Stdio::null()).stderr(Stdio::null()))
    };
    let began = Instant::now();
    assert!(start("10").wait());
    let whole_ms = began.elapsed().as_millis() as u64;
    let mut n_done = 0;
    for i in 0..n_kills() {
        let before = n_runs();
        let killed = start("20");
        // Every other time a second process writes the same file, and must come through.
        let other = (i % 2 == 1).then(|| start("30"));
        std::thread::sleep(moment(i, whole_ms + whole_ms / 2));
        let done = killed.stop();
        n_done += u32::from(done);
        let now = n_runs();
        match other {
            None => assert!(now == 20 || now == before && !done, "kill {i}: {before}, then {now}, {done}"),
            Some(other) => {
                assert!([before, 20, 30].contains(&now), "kill {i}: {before}, then {now}");
                assert!(other.wait(), "kill {i}");
                assert!([20, 30].contains(&n_runs()), "kill {i}: {}", n_runs());
            }
        }
        if i % 4 == 3 {
            assert!(start("10").wait());
            assert_eq!(n_runs(), 10, "kill {i}");
        }
    }
    let n_torn = n_torn(folder.path());
    println!("{} kills, {n_torn} before the rename, {n_done} after the end", n_kills());
}

/// As many times this byte as the file of this byte is long.
fn content(byte: u8) -> Vec<u8> {
    vec![byte; 300_000 + 40_000 * usize::from(byte)]
}

#[test]
fn two_writers_of_one_file_do_not_mix_and_a_kill_leaves_it_whole() {
    if let Some(path) = child_path() {
        let bytes = content(kill::child_more().parse().expect("a byte"));
        loop {
            let write =
                |file: &mut std::fs::File| bytes.chunks(10_000).try_for_each(|part| file.write_all(part));
            file::replace::<std::io::Error>(&path, write).expect("written");
        }
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("file");
    let writer = |byte: &str| {
        let mut command = child("two_writers_of_one_file_do_not_mix_and_a_kill_leaves_it_whole", &path, byte);
        Running::start(command.stdout(Stdio::null()))
    };
    let whole = || {
        let found = std::fs::read(&path).expect("a file");
        assert_eq!(found, content(found[0]), "{} bytes of {}", found.len(), found[0]);
        found[0]
    };
    let (_first, mut seen) = (writer("1"), [0; 4]);
    while !path.exists() {}
    for i in 0..n_kills() {
        let second = writer("2");
        // Until the second has written; then both write at once.
        while whole() != 2 {}
        std::thread::sleep(moment(i, 20));
        second.kill();
        seen[usize::from(whole())] += 1;
        while whole() != 1 {}
    }
    println!("{} kills, {} within a write, {seen:?} of each writer", n_kills(), n_torn(folder.path()));
}

#[test]
fn a_full_disk_stops_training_and_the_run_goes_on_once_there_is_room() {
    let Some(disk) = TinyDisk::new(256) else { return };
    let run = disk.path().join("run");
    let out = run.to_str().expect("UTF-8");
    // The models of every step fill the disk.
    let output = trm(disk.path(), "", &[&TRAIN[..], &[out], &ALWAYS[..]].concat());
    assert_eq!(output.code, Some(2), "{}", output.err);
    assert!(output.err.contains("No space left"), "{}", output.err);
    let stopped = step(&run.join("checkpoint.bin"));
    let mut done = models(&run);
    done.sort_unstable();
    assert!(stopped > 0 && done.last().is_some_and(|newest| *newest <= stopped + 1), "{stopped}: {done:?}");
    assert_eq!(n_torn(&run), 0);
    for step in &done {
        std::fs::remove_file(run.join(format!("model-{step}.safetensors"))).expect("removed");
    }
    let until = (stopped + 2).to_string();
    let output = trm(disk.path(), "", &[&TRAIN[..], &[out, "--until", &until]].concat());
    assert_eq!((output.code, step(&run.join("checkpoint.bin"))), (Some(0), stopped + 2), "{}", output.err);
}

#[test]
fn a_write_that_fails_stops_training_and_the_run_goes_on_once_it_can() {
    let folder = tempfile::tempdir().expect("a folder");
    let saved = folder.path().join("run/checkpoint.bin");
    let until = |step| [&TRAIN[..], &["run", "--until", step], &ALWAYS[..]].concat();
    assert_eq!(trm(folder.path(), "", &until("3")).code, Some(0));
    let old = std::fs::read(&saved).expect("a checkpoint");
    let output = trm_limited(folder.path(), &until("9"));
    assert_eq!(output.code, Some(2), "{}", output.err);
    assert!(output.err.contains("File too large"), "{}", output.err);
    assert!(std::fs::read(&saved).expect("a checkpoint") == old, "the old checkpoint was touched");
    assert!(models(&folder.path().join("run")).contains(&3));
    assert_eq!(n_torn(&folder.path().join("run")), 0);
    // A line that a kill cut off is taken away, lest the next one is written behind it.
    let log = folder.path().join("run/log.jsonl");
    let whole = std::fs::read_to_string(&log).expect("a log") + "{\"whole\":1}\n";
    std::fs::write(&log, format!("{whole}{{\"train\":{{\"cut")).expect("a log");
    let output = trm(folder.path(), "", &until("5"));
    assert_eq!((output.code, step(&saved)), (Some(0), 5), "{}", output.err);
    let after = std::fs::read_to_string(&log).expect("a log");
    assert!(after.starts_with(&whole) && !after.contains("cut"), "{after}");
}

/// Commands that write files larger than [`limited`] allows.
const WRITERS: [&[&str]; 2] = [
    &["generate", "sudoku", "--count", "90", "--mix", "1,0,0,0,0,0", "--out", "x.csv"],
    &["k-star", "maze", "--data", "mazes.csv", "--max-k", "200", "--out", "x.csv"],
];

#[test]
fn a_full_disk_leaves_the_old_file() {
    let Some(disk) = TinyDisk::new(64) else { return };
    let engine = SonaEngine::new(8);
    let path = disk.path().join("state");
    engine.save(&path).expect("room for one");
    let old = std::fs::read(&path).expect("a state");
    for name in ["mazes.csv", "x.csv"] {
        std::fs::copy(with_mazes().path().join("mazes.csv"), disk.path().join(name)).expect("room");
    }
    disk.fill();
    engine.learn(&[0.5; 8], Label::Solved(3), 1.0, &[]);
    engine.save(&path).expect_err("no room");
    assert_eq!(std::fs::read(&path).expect("a state"), old);
    for words in WRITERS {
        let output = trm(disk.path(), "", words);
        assert_eq!(output.code, Some(2), "{words:?}: {}", output.err);
        assert!(output.err.contains("No space left"), "{words:?}: {}", output.err);
    }
    left_as_it_was(disk.path(), &["mazes.csv", "rest", "state", "x.csv"]);
}

#[test]
fn a_write_that_fails_leaves_the_old_file() {
    if let Some(path) = child_path() {
        let engine = SonaEngine::load(&path).expect("a state");
        for i in 0..300 {
            engine.learn(&[i as f32; 8], Label::Solved(3), 1.0, &[]);
        }
        let error = engine.save(&path).expect_err("a limit");
        assert!(error.to_string().contains("too large"), "{error}");
        return;
    }
    let folder = with_mazes();
    let path = folder.path().join("state");
    SonaEngine::new(8).save(&path).expect("a state");
    let old = std::fs::read(&path).expect("a state");
    let mut saving = limited(&child("a_write_that_fails_leaves_the_old_file", &path, ""));
    assert_eq!(outcome(&mut saving, "").code, Some(0));
    assert_eq!(std::fs::read(&path).expect("a state"), old);
    std::fs::copy(folder.path().join("mazes.csv"), folder.path().join("x.csv")).expect("a file");
    for words in WRITERS {
        let output = trm_limited(folder.path(), words);
        assert_eq!(output.code, Some(2), "{words:?}: {}", output.err);
        assert!(output.err.contains("File too large"), "{words:?}: {}", output.err);
    }
    left_as_it_was(folder.path(), &["mazes.csv", "state", "x.csv"]);
}

/// No other files, and what the commands should have replaced is a copy of the mazes.
fn left_as_it_was(folder: &Path, expected: &[&str]) {
    let mut names: Vec<_> =
        std::fs::read_dir(folder).expect("a folder").flatten().map(|f| f.file_name()).collect();
    names.sort();
    assert_eq!(names, expected);
    let read = |name| std::fs::read(folder.join(name)).expect("a file");
    assert_eq!(read("x.csv"), read("mazes.csv"));
}
