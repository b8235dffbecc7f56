//! `mpirun trm train`: the bits of one process on any number of ranks, errors that name a rank, and ranks that are
//! killed. `TRM_KILLS=20` kills as often; the default is for every day.
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

#[test]
fn an_error_of_all_ranks_is_said_once_and_ends_the_job() {
    let folder = tempfile::tempdir().expect("a folder");
    for arguments in [&["train", "maze"][..], &["train", "sudoku", "--data", "none.csv", "--out", "x"]] {
        let (code, err) = run(3, folder.path(), arguments);
        assert_eq!((code, err.matches("error:").count()), (Some(2), 1), "{err}");
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
