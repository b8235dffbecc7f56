//! Running the built command.
// Each test uses its part of this.
#![allow(dead_code)]

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// Exit code and output of a run.
pub struct Output {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

/// Runs `trm` in `folder` with this standard input.
pub fn trm(folder: &Path, input: &str, arguments: &[&str]) -> Output {
    outcome(Command::new(env!("CARGO_BIN_EXE_trm")).args(arguments).current_dir(folder), input)
}

/// Runs a command with this standard input.
pub fn outcome(command: &mut Command, input: &str) -> Output {
    let mut child = command
        .env_remove("SUDOKU_EXTREME_CSV")
        .env_remove("MAZE_HARD_CSV")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts");
    // A command that ends before it has read all of its input is no fault.
    let _ = child.stdin.take().expect("piped").write_all(input.as_bytes());
    let output = child.wait_with_output().expect("the command ends");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    Output { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}
