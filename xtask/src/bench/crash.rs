//! Kills, two writers and failing writes: a record is the old one or the new one, and whole.
//! `TRM_KILLS=200` kills as often; the default is for every day.

#[path = "../../../crates/trm-cli/tests/common/kill.rs"]
mod kill;

use super::record::{Row, read, write_into};
use kill::{Running, TinyDisk, child, child_path, limited, moment, n_kills, n_torn, wrote};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The record of a run without a date.
const NAME: &str = "-.jsonl";

/// Rows of the `n`th write: some hundred kilobytes, and each tells `n`.
fn many(n: u64) -> Vec<Row> {
    let row = |i| Row { case: format!("case {i}"), threads: n as usize, ..Row::default() };
    (0..1000 + n % 100).map(row).collect()
}

fn write(path: &Path, n: u64) -> anyhow::Result<PathBuf> {
    write_into(path.parent().expect("a folder"), &many(n))
}

/// The number of the write that a record is of, which must be whole.
fn number(path: &Path) -> u64 {
    let rows = read(path).expect("a whole record");
    let n = rows[0].threads as u64;
    assert_eq!(rows, many(n));
    n
}

#[test]
fn a_killed_write_leaves_the_old_record_or_the_new() {
    if let Some(path) = child_path() {
        let before = if path.exists() { number(&path) } else { 0 };
        for n in before + 1.. {
            assert_eq!(write(&path, n).expect("written"), path);
            wrote(n);
        }
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(NAME);
    let test = "bench::crash::a_killed_write_leaves_the_old_record_or_the_new";
    kill::kill_while_counting(test, &path, || number(&path));
}

#[test]
fn two_writers_of_one_record_do_not_mix() {
    if let Some(path) = child_path() {
        let n = kill::child_more().parse().expect("a number");
        loop {
            write(&path, n).expect("written");
        }
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(NAME);
    let start = |n| {
        let test = "bench::crash::two_writers_of_one_record_do_not_mix";
        Running::start(child(test, &path, n).stdout(Stdio::null()))
    };
    let _first = start("1");
    while !path.exists() {}
    for i in 0..n_kills() {
        let second = start("2");
        while number(&path) != 2 {}
        std::thread::sleep(moment(i, 20));
        second.kill();
        while number(&path) != 1 {}
    }
    println!("{} kills, {} within a write", n_kills(), n_torn(folder.path()));
}

/// A second write into the folder, by a child of the test.
fn fails(folder: &Path, how: impl Fn(Command) -> Command) {
    let path = folder.join(NAME);
    let test = "bench::crash::a_write_that_fails_leaves_the_old_record";
    let said = how(child(test, &path, "")).stderr(Stdio::piped()).output().expect("the child starts");
    assert!(said.status.success(), "{said:?}");
    assert_eq!((number(&path), n_torn(folder)), (1, 0));
}

#[test]
fn a_write_that_fails_leaves_the_old_record() {
    if let Some(path) = child_path() {
        let error = format!("{:#}", write(&path, 2).expect_err("no room"));
        assert!(error.contains("No space left") || error.contains("File too large"), "{error}");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    write(&folder.path().join(NAME), 1).expect("room");
    fails(folder.path(), |child| limited(&child));
    let Some(disk) = TinyDisk::new(512) else { return };
    write(&disk.path().join(NAME), 1).expect("room for one");
    disk.fill();
    fails(disk.path(), |child| child);
}
