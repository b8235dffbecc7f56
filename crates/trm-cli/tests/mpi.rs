//! `mpirun trm`: the bits of one process on any number of ranks, errors that are said once, and ranks that are killed.
//! `TRM_KILLS=20` kills as often; the default is for every day.
#![cfg(unix)]

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};
use trm_train::Checkpoint;

/// No job of these tests takes as long, and none that lost a rank may.
const LIMIT: Duration = Duration::from_secs(60);

const TRAIN: [&str; 17] = [
    "train",
    "maze",
    "--batch",
    "9",
    "--hidden",
    "8",
    "--ffn",
    "8",
    "--blocks",
    "1",
    "--n",
    "2",
    "--sides",
    "3,5",
    "--min-path",
    "0.5",
    "--out",
];

/// `trm` on ranks of one thread, more of them than processors, as root or not.
fn ranks(n: usize, folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("mpirun");
    command.args(["-n", &n.to_string(), "--oversubscribe", "--bind-to", "none", env!("CARGO_BIN_EXE_trm")]);
    command.args(arguments).current_dir(folder).stdin(Stdio::null());
    command.env("OMPI_ALLOW_RUN_AS_ROOT", "1").env("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1");
    command.env("RAYON_NUM_THREADS", "1").stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Waits for the end of a job, and fails where it does not come.
fn end(mut job: std::process::Child) -> Output {
    let start = Instant::now();
    while job.try_wait().expect("a job").is_none() {
        if start.elapsed() > LIMIT {
            job.kill().expect("a job that hangs");
            panic!("the job hangs");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    job.wait_with_output().expect("its output")
}

fn run(n: usize, folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = end(ranks(n, folder, arguments).spawn().expect("mpirun"));
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

fn checkpoint(folder: &Path, name: &str) -> Checkpoint {
    let loaded = Checkpoint::load(&folder.join(name).join("checkpoint.bin")).expect("a whole checkpoint");
    Checkpoint { seconds: 0.0, ..loaded }
}

#[test]
fn training_has_the_same_bits_on_any_number_of_ranks() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let train = |n, out: &str, until: &str| {
        let arguments = [&TRAIN[..], &[out, "--steps", "30", "--until", until]].concat();
        let (code, err) = run(n, folder, &arguments);
        assert_eq!(code, Some(0), "{err}");
        // One rank speaks.
        assert_eq!(err.matches("the model is").count(), 1, "{err}");
    };
    let arguments = [&TRAIN[..], &["alone", "--steps", "30"]].concat();
    let alone = Command::new(env!("CARGO_BIN_EXE_trm")).args(arguments).current_dir(folder).output();
    assert!(alone.expect("trm").status.success());
    let alone = checkpoint(folder, "alone");
    for n in 1..=4 {
        let out = format!("on{n}");
        train(n, &out, "30");
        assert!(checkpoint(folder, &out) == alone, "{n} ranks");
    }
    train(3, "both", "11");
    train(2, "both", "30");
    assert!(checkpoint(folder, "both") == alone, "three ranks, then two");
}

/// Commands whose rows are shared, and the file that each writes.
const SHARED: [(&[&str], &str); 5] = [
    (&["eval", "sudoku", "--limit", "24", "--json", "--rows", "out"], "out"),
    (&["eval", "sudoku", "--limit", "6", "--max-k", "3", "--rollouts", "2", "--json"], ""),
    (&["k-star", "maze", "--limit", "9", "--max-k", "6", "--json", "--out", "out"], "out"),
    (&["generate", "sudoku", "--count", "700", "--mix", "1,1,0,0,0,0", "--out", "out"], "out"),
    (&["generate", "maze", "--count", "30", "--side", "9", "--min-path", "9", "--out", "out"], "out"),
];

/// What a command printed, but for times, and what it wrote to `file`.
fn outcome(output: Output, folder: &Path, file: &str) -> (serde_json::Value, Vec<u8>) {
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{err}");
    let mut report = serde_json::from_slice(&output.stdout).unwrap_or(serde_json::Value::Null);
    strip_times(&mut report);
    let path = folder.join(file);
    let bytes = if file.is_empty() { Vec::new() } else { std::fs::read(&path).expect("a file") };
    assert!(report.is_object() || !bytes.is_empty(), "{err}");
    let _ = std::fs::remove_file(path);
    (report, bytes)
}

fn strip_times(value: &mut serde_json::Value) {
    if let Some(object) = value.as_object_mut() {
        object.remove("ms_per_puzzle");
        object.values_mut().for_each(strip_times);
    }
    value.as_array_mut().into_iter().flatten().for_each(strip_times);
}

#[test]
fn shared_rows_come_to_what_one_process_makes_of_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    for (words, file) in SHARED {
        let alone = Command::new(env!("CARGO_BIN_EXE_trm")).args(words).current_dir(folder).output();
        let alone = outcome(alone.expect("trm"), folder, file);
        for n in 1..=3 {
            let output = end(ranks(n, folder, words).spawn().expect("mpirun"));
            assert!(outcome(output, folder, file) == alone, "{n} ranks: {words:?}");
        }
    }
}

#[test]
fn a_killed_job_goes_on_with_another_number_of_ranks() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let words = ["k-star", "maze", "--limit", "16", "--max-k", "24", "--json", "--out", "out"];
    let alone = Command::new(env!("CARGO_BIN_EXE_trm")).args(words).current_dir(folder).output();
    let alone = outcome(alone.expect("trm"), folder, "out");
    let kept = [&words[..], &["--blocks", "kept"]].concat();
    let n_blocks = || std::fs::read_dir(folder.join("kept")).map_or(0, |entries| entries.count());
    let (job, start) = (ranks(3, folder, &kept).spawn().expect("mpirun"), Instant::now());
    while n_blocks() == 0 {
        assert!(start.elapsed() < LIMIT, "no block is finished");
        std::thread::sleep(Duration::from_millis(1));
    }
    let rank = of_job(job.id())[1].to_string();
    assert!(Command::new("kill").args(["-9", &rank]).status().expect("kill").success());
    assert!(!end(job).status.success() && !folder.join("out").exists() && n_blocks() < 16);
    let output = end(ranks(2, folder, &kept).spawn().expect("mpirun"));
    assert!(String::from_utf8_lossy(&output.stderr).contains("were finished before"));
    assert!(outcome(output, folder, "out") == alone);
    // The folder of another job.
    let other = [&words[..4], &["--max-k", "23", "--json", "--blocks", "kept"]].concat();
    let (code, err) = run(2, folder, &other);
    assert_eq!((code, err.matches("error:").count()), (Some(2), 1), "{err}");
    assert!(err.contains("of another job"), "{err}");
}

#[test]
fn an_error_of_all_ranks_is_said_once_and_ends_the_job() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("bad.csv"), "question,answer\n1,2\n").expect("a file");
    std::fs::write(folder.path().join("latin.toml"), "x").expect("a file");
    for arguments in [
        &["train", "maze"][..],
        &["train", "sudoku", "--data", "none.csv", "--out", "x"],
        &["train", "sudoku", "--data", "bad.csv", "--out", "x"],
        &["train", "maze", "--out", "x", "--hidden", "0"],
        &["train", "maze", "--out", "bad.csv"],
        &["train", "latin.toml", "--out", "x"],
        &["train", "latin.toml", "--data", "bad.csv", "--out", "x"],
        &["train", "--recipe", "none.toml"],
        &["eval", "sudoku", "--data", "none.csv"],
        &["eval", "sudoku", "--data", "bad.csv", "--blocks", "x"],
        &["eval", "sudoku", "--no-such-option"],
        &["eval", "maze", "--limit", "1", "--k", "0"],
        &["eval", "maze", "--limit", "1", "--blocks", "bad.csv"],
        &["k-star", "sudoku", "--model", "none"],
        &["generate", "maze", "--side", "9", "--min-path", "80", "--out", "x.csv"],
        &["generate", "maze", "--out", "none/x.csv"],
        &["solve", "sudoku", "12"],
    ] {
        let (code, err) = run(3, folder.path(), arguments);
        assert_eq!((code, err.matches("error:").count()), (Some(2), 1), "{arguments:?}: {err}");
        assert!(!err.contains("MPI_ABORT") && !err.contains("error: rank"), "{arguments:?}: {err}");
    }
    let (code, err) = run(2, folder.path(), &["eval", "maze", "--limit", "1", "--k", "1", "--target", "100"]);
    assert_eq!((code, err.matches("FAIL").count()), (Some(1), 1), "{err}");
}

#[test]
fn an_error_of_one_rank_names_it() {
    let folder = tempfile::tempdir().expect("a folder");
    // Rank 1 alone has a variable that is wrong; and then other puzzles than the first.
    for (variable, expected) in
        [("TRM_KERNEL=none", "error: rank 1: "), ("SUDOKU_EXTREME_CSV=4.csv", "rank 1 has another task")]
    {
        let made = ["generate", "sudoku", "--count", "4", "--mix", "1,0,0,0,0,0", "--out", "4.csv"];
        assert_eq!(run(1, folder.path(), &made).0, Some(0));
        let mut job = Command::new("mpirun");
        let words = ["eval", "sudoku", "--limit", "4", "--k", "1"];
        let one = |job: &mut Command, before: &[&str]| {
            job.args(["-n", "1"]).args(before).arg(env!("CARGO_BIN_EXE_trm")).args(words);
        };
        job.args(["--oversubscribe", "--bind-to", "none"]);
        one(&mut job, &[]);
        job.arg(":");
        one(&mut job, &["env", variable]);
        job.current_dir(folder.path()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        job.env("OMPI_ALLOW_RUN_AS_ROOT", "1").env("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1");
        let output = end(job.spawn().expect("mpirun"));
        let err = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), err.matches("error:").count()), (Some(2), 1), "{variable}: {err}");
        assert!(err.contains(expected), "{variable}: {err}");
    }
}

/// The processes of the ranks of a job.
fn of_job(mpirun: u32) -> Vec<u32> {
    let children =
        std::fs::read_to_string(format!("/proc/{mpirun}/task/{mpirun}/children")).unwrap_or_default();
    children.split_whitespace().filter_map(|pid| pid.parse().ok()).collect()
}

#[cfg(target_os = "linux")]
#[test]
fn a_killed_rank_ends_the_job_and_leaves_a_whole_checkpoint() {
    let n_kills = std::env::var("TRM_KILLS").map_or(4, |n| n.parse().expect("a number of kills"));
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let (mut before, arguments) =
        (0, [&TRAIN[..], &["run", "--steps", "1000000", "--save-minutes", "0"]].concat());
    for i in 0..n_kills {
        let job = ranks(3, folder, &arguments).spawn().expect("mpirun");
        let start = Instant::now();
        while of_job(job.id()).len() < 3 {
            assert!(start.elapsed() < LIMIT, "no ranks start");
        }
        // From the start of MPI, which takes some 0.3 s, to many steps and saves later.
        std::thread::sleep(Duration::from_millis(200 + i * 7919 % 1200));
        let rank = of_job(job.id())[i as usize % 3];
        assert!(Command::new("kill").args(["-9", &rank.to_string()]).status().expect("kill").success());
        let output = end(job);
        let err = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "kill {i}");
        let named = err.contains(&format!("rank {}", i % 3)) || err.contains(&rank.to_string());
        assert!(named, "kill {i}: {err}");
        if folder.join("run/checkpoint.bin").exists() {
            let now = checkpoint(folder, "run").optimizer.step;
            assert!(now >= before, "kill {i}: {before}, {now}");
            before = now;
        }
    }
    assert!(before > 0, "no run came as far as a checkpoint");
    let until = (before + 3).to_string();
    let more = ["--save-minutes", "1000", "--until", &until];
    for (n, out) in [(2, "run"), (1, "whole")] {
        let (code, err) = run(n, folder, &[&TRAIN[..], &[out, "--steps", "1000000"], &more[..]].concat());
        assert_eq!(code, Some(0), "{err}");
    }
    assert!(checkpoint(folder, "run") == checkpoint(folder, "whole"), "{before} steps, {n_kills} kills");
    println!("{n_kills} kills, {before} steps");
}
