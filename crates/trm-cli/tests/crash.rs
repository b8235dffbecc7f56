//! Kills at random moments, full disks, and two writers of one file. Every file is whole after
//! each, and a run goes on from it. `TRM_KILLS=200` kills as often; the default is for every day.
#![cfg(unix)]

mod common;

use common::trm;
use sona_learn::{Label, SonaEngine};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use trm_core::{Model, file};
use trm_train::Checkpoint;

/// Names the file that a child of this test writes over and over.
const CHILD: &str = "TRM_CRASH_CHILD";

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

fn n_kills() -> u64 {
    std::env::var("TRM_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(20)
}

/// The next of a fixed row of moments, below `below` milliseconds.
fn moment(i: u64, below: u64) -> Duration {
    let bits = (i + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    Duration::from_micros((bits ^ bits >> 29).wrapping_mul(0xBF58_476D_1CE4_E5B9) % (1000 * below))
}

/// A process that dies with the test.
struct Running(Child);

impl Running {
    fn start(command: &mut Command) -> Self {
        Running(command.stdin(Stdio::null()).spawn().expect("the command starts"))
    }

    fn kill(mut self) -> Option<std::process::ChildStdout> {
        assert!(self.0.try_wait().expect("a child").is_none(), "it ended by itself");
        self.0.kill().expect("a child");
        self.0.wait().expect("a child");
        self.0.stdout.take()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// This test again, as a child that writes to `path`.
fn child(test: &str, path: &Path, more: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("a test"));
    command.args(["--exact", test, "--nocapture"]).env(CHILD, path).env("TRM_CRASH_MORE", more);
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    command
}

fn child_path() -> Option<PathBuf> {
    std::env::var_os(CHILD).map(PathBuf::from)
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
        let said = trm(folder.path(), "", &[&TRAIN[..], &[out], &rare[..]].concat());
        assert_eq!(said.code, Some(0), "{}", said.err);
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
            println!("\nlearned {}", n + 1);
        }
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("state");
    let mut before = 0;
    for i in 0..n_kills() {
        let mut running = Running::start(&mut child("a_killed_save_leaves_a_whole_predictor", &path, ""));
        let mut lines = BufReader::new(running.0.stdout.take().expect("piped")).lines();
        // The first save of each child is waited for; the kill falls into a later one.
        let mut told = || {
            lines.by_ref().map_while(Result::ok).find_map(|line| line.strip_prefix("learned ")?.parse().ok())
        };
        let mut seen: u64 = told().expect("a save");
        std::thread::sleep(moment(i, 20));
        running.kill();
        while let Some(later) = told() {
            seen = later;
        }
        let now = SonaEngine::load(&path).expect("a whole state").stats().n_learned;
        assert!(seen > before && (seen..=seen + 1).contains(&now), "kill {i}: {before}, {seen}, {now}");
        before = now;
    }
    println!("{} kills, {} within a write, {before} saves", n_kills(), n_torn(folder.path()));
}

/// Files that a kill left half-written beside the whole one.
fn n_torn(folder: &Path) -> usize {
    let files = std::fs::read_dir(folder).expect("a folder").flatten();
    files.filter(|file| file.path().extension().is_some_and(|e| e == "tmp")).count()
}

/// As many times this byte as the file of this byte is long.
fn content(byte: u8) -> Vec<u8> {
    vec![byte; 300_000 + 40_000 * usize::from(byte)]
}

#[test]
fn two_writers_of_one_file_do_not_mix_and_a_kill_leaves_it_whole() {
    if let Some(path) = child_path() {
        let byte = std::env::var("TRM_CRASH_MORE").expect("set").parse().expect("a byte");
        let bytes = content(byte);
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

/// A disk of this many kilobytes, if this process may mount one.
struct TinyDisk(tempfile::TempDir);

impl TinyDisk {
    fn new(kilobytes: u32) -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        let options = format!("size={kilobytes}k");
        let mount =
            Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(folder.path()).output();
        if mount.is_ok_and(|mount| mount.status.success()) {
            return Some(TinyDisk(folder));
        }
        println!("skipped: this process may not mount a tmpfs");
        None
    }
}

impl Drop for TinyDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).status();
    }
}

#[test]
fn a_full_disk_stops_training_and_the_run_goes_on_once_there_is_room() {
    let Some(disk) = TinyDisk::new(256) else { return };
    let run = disk.0.path().join("run");
    let out = run.to_str().expect("UTF-8");
    // The models of every step fill the disk.
    let said = trm(disk.0.path(), "", &[&TRAIN[..], &[out], &ALWAYS[..]].concat());
    assert_eq!(said.code, Some(2), "{}", said.err);
    assert!(said.err.contains("No space left"), "{}", said.err);
    let stopped = step(&run.join("checkpoint.bin"));
    let mut done = models(&run);
    done.sort_unstable();
    assert!(stopped > 0 && done.last().is_some_and(|newest| *newest <= stopped + 1), "{stopped}: {done:?}");
    assert_eq!(n_torn(&run), 0);
    for step in &done {
        std::fs::remove_file(run.join(format!("model-{step}.safetensors"))).expect("removed");
    }
    let until = (stopped + 2).to_string();
    let said = trm(disk.0.path(), "", &[&TRAIN[..], &[out, "--until", &until]].concat());
    assert_eq!((said.code, step(&run.join("checkpoint.bin"))), (Some(0), stopped + 2), "{}", said.err);
}

#[test]
fn a_full_disk_leaves_the_old_file() {
    let Some(disk) = TinyDisk::new(64) else { return };
    let engine = SonaEngine::new(8);
    let path = disk.0.path().join("state");
    engine.save(&path).expect("room for one");
    let old = std::fs::read(&path).expect("a state");
    std::fs::write(disk.0.path().join("rest"), vec![0; 1 << 20]).expect_err("a full disk");
    engine.learn(&[0.5; 8], Label::Solved(3), 1.0, &[]);
    engine.save(&path).expect_err("no room");
    assert_eq!(std::fs::read(&path).expect("a state"), old);
    let said =
        trm(disk.0.path(), "", &["generate", "sudoku", "--count", "9", "--mix", "1,0,0,0", "--out", "x.csv"]);
    assert_eq!(said.code, Some(2), "{}", said.err);
    let mut names: Vec<_> =
        std::fs::read_dir(disk.0.path()).expect("a folder").flatten().map(|f| f.file_name()).collect();
    names.sort();
    assert_eq!(names, ["rest", "state"]);
}
