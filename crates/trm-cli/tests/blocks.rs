//! `--blocks`: a job that is killed goes on from what it finished, and from nothing else.

mod common;

use common::{Output, trm};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The blocks in a folder, in their order.
fn blocks(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|end| end == "bin"));
    paths.sort();
    paths
}

fn works(folder: &Path, words: &[&str]) -> Output {
    let output = trm(folder, "", words);
    assert_eq!(output.code, Some(0), "{words:?}: {}", output.err);
    output
}

/// A report without its times.
fn timeless(report: &str) -> serde_json::Value {
    fn strip(value: &mut serde_json::Value) {
        if let Some(object) = value.as_object_mut() {
            object.remove("ms_per_puzzle");
            object.values_mut().for_each(strip);
        }
        value.as_array_mut().into_iter().flatten().for_each(strip);
    }
    let mut value = serde_json::from_str(report).expect("JSON");
    strip(&mut value);
    value
}

/// What a command wrote to `file`, and printed, but for times.
fn outcome(
    folder: &Path,
    words: &[&str],
    file: Option<&str>,
) -> (Option<Vec<u8>>, Option<serde_json::Value>) {
    let output = works(folder, words);
    let read = |name: &str| std::fs::read(folder.join(name)).expect("a file");
    (file.map(read), (!output.out.is_empty()).then(|| timeless(&output.out)))
}

const JOBS: [(&[&str], Option<&str>); 6] = [
    (&["eval", "sudoku", "--limit", "20", "--json", "--rows", "rows.csv"], Some("rows.csv")),
    (&["eval", "maze", "--limit", "3", "--max-k", "8", "--sweep", "--json"], None),
    (&["eval", "sudoku", "--limit", "5", "--max-k", "3", "--rollouts", "2", "--json"], None),
    (&["k-star", "sudoku", "--limit", "9", "--max-k", "5", "--json", "--out", "runs"], Some("runs")),
    (&["generate", "sudoku", "--count", "600", "--mix", "1,1,0,0,0,0", "--out", "s.csv"], Some("s.csv")),
    (
        &["generate", "maze", "--count", "40", "--side", "9", "--min-path", "9", "--out", "m.csv"],
        Some("m.csv"),
    ),
];

#[test]
fn a_job_without_some_of_its_blocks_comes_to_the_same_result() {
    for (words, file) in JOBS {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = folder.path();
        let expected = outcome(folder, words, file);
        let kept = [words, &["--blocks", "kept"]].concat();
        assert_eq!(outcome(folder, &kept, file), expected, "{words:?}");
        let all = blocks(&folder.join("kept"));
        assert!(all.len() > 1, "{words:?}: {all:?}");
        // What a kill leaves: some blocks, in no order, and a file that was not renamed yet.
        for path in all.iter().step_by(2) {
            std::fs::remove_file(path).expect("a block");
        }
        std::fs::write(folder.join("kept/.tmpAbCdEf.tmp"), b"trm-blo").expect("a file");
        let again = trm(folder, "", &kept);
        let there = format!("{} of {} blocks of work were finished before", all.len() / 2, all.len());
        assert!(again.code == Some(0) && again.err.contains(&there), "{words:?}: {}", again.err);
        assert_eq!(outcome(folder, &kept, file), expected, "{words:?}");
    }
}

#[test]
fn a_killed_job_goes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let words = ["k-star", "maze", "--limit", "12", "--max-k", "24", "--json", "--out", "runs"];
    let expected = outcome(folder, &words, Some("runs"));
    std::fs::remove_file(folder.join("runs")).expect("a file");
    let kept = [&words[..], &["--blocks", "kept"]].concat();
    let mut command = Command::new(env!("CARGO_BIN_EXE_trm"));
    command.args(&kept).current_dir(folder).stdout(Stdio::null()).stderr(Stdio::null());
    let (mut job, start) = (command.spawn().expect("trm"), Instant::now());
    while blocks(&folder.join("kept")).is_empty() {
        assert!(start.elapsed() < Duration::from_secs(60), "no block is finished");
        std::thread::sleep(Duration::from_millis(1));
    }
    job.kill().expect("a job that runs");
    job.wait().expect("its end");
    let finished = blocks(&folder.join("kept")).len();
    assert!(finished < 12 && !folder.join("runs").exists(), "{finished} blocks");
    assert_eq!(outcome(folder, &kept, Some("runs")), expected);
}

#[test]
fn blocks_of_another_job_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let first = ["eval", "sudoku", "--limit", "4", "--k", "2", "--blocks", "kept"];
    works(folder, &first);
    let data =
        works(folder, &["generate", "sudoku", "--count", "4", "--mix", "1,0,0,0,0,0", "--out", "4.csv"]);
    assert!(data.err.is_empty(), "{}", data.err);
    std::fs::write(folder.join("model"), trm_models::sudoku_bytes()).expect("a file");
    works(folder, &["set", "model", "--halt-threshold", "0.875", "--out", "other"]);
    for options in [
        "--limit 3 --k 2",
        "--limit 900 --k 2",
        "--limit 4 --k 3",
        "--limit 4 --k 2 --sweep",
        "--limit 4 --k 2 --rows rows.csv",
        "--limit 4 --k 2 --data 4.csv",
        "--limit 4 --k 2 --model other",
        "--limit 4 --rollouts 2",
        "--limit 4 --search 2",
    ] {
        let command = format!("eval sudoku {options} --blocks kept");
        let refused = trm(folder, "", &command.split(' ').collect::<Vec<_>>());
        assert_eq!(refused.code, Some(2), "{command}: {}", refused.err);
        assert!(
            refused.err.contains("block-") && refused.err.contains("of another job"),
            "{command}: {}",
            refused.err
        );
    }
    // What does not change an answer is free.
    works(folder, &[&first[..], &["--json", "--target", "0"]].concat());
}

#[test]
fn damaged_blocks_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let words = [
        "generate",
        "maze",
        "--count",
        "3",
        "--side",
        "5",
        "--min-path",
        "4",
        "--out",
        "m.csv",
        "--blocks",
        "kept",
    ];
    works(folder, &words);
    let path = &blocks(&folder.join("kept"))[1];
    let good = std::fs::read(path).expect("a block");
    let mut flipped = good.clone();
    *flipped.last_mut().expect("bytes") ^= 1;
    let swapped = std::fs::read(&blocks(&folder.join("kept"))[2]).expect("a block");
    for bad in [&[][..], &good[..20], &good[..good.len() - 1], &flipped, &swapped, b"something else"] {
        std::fs::write(path, bad).expect("a file");
        let refused = trm(folder, "", &words);
        assert_eq!(refused.code, Some(2), "{} bytes: {}", bad.len(), refused.err);
        let expected = "block-000001.bin: no block of work, or damaged";
        assert!(refused.err.contains(expected), "{} bytes: {}", bad.len(), refused.err);
    }
    std::fs::write(path, good).expect("a file");
    works(folder, &words);
    std::fs::write(folder.join("file"), b"").expect("a file");
    let refused = trm(folder, "", &[&words[..11], &["file"]].concat());
    assert!(refused.code == Some(2) && refused.err.contains("file is no folder"), "{}", refused.err);
}
