//! Running programs.

use anyhow::{Context, Result, bail};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The folder of the workspace.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the workspace").to_owned()
}

/// Where cargo builds.
pub fn target() -> PathBuf {
    root().join(std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()))
}

/// A step of `cargo xtask ci` that could not run here, and why. It is no failure, but no "ok" either.
#[derive(Debug)]
pub struct Skipped(pub String);

impl std::fmt::Display for Skipped {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(f, "skipped: {}", self.0)
    }
}

impl std::error::Error for Skipped {}

/// The cargo that runs this program, in the workspace.
pub fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // Nothing that cargo starts here reads input; build probes that inherit a pipe would.
    command.args(arguments).current_dir(root()).stdin(Stdio::null());
    command
}

/// `trm` in release mode, built where it is not.
pub fn trm(arguments: &[impl AsRef<OsStr>]) -> Command {
    let mut command = cargo(&["run", "--quiet", "--release", "--package", "trm-cli", "--bin", "trm", "--"]);
    command.args(arguments);
    command
}

/// Runs a command and passes its output through.
pub fn passes(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| shown(command))?;
    if !status.success() {
        bail!("{} failed ({status})", shown(command));
    }
    Ok(())
}

/// Runs a command and keeps what it writes to standard output; errors pass through.
pub fn output(command: &mut Command) -> Result<Output> {
    command.stderr(Stdio::inherit()).output().with_context(|| shown(command))
}

/// What a command writes to standard output; errors pass through.
pub fn printed(command: &mut Command) -> Result<String> {
    let output = output(command)?;
    if !output.status.success() {
        bail!("{} failed ({})", shown(command), output.status);
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// A command as it would be typed.
pub fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.map(|word| word.to_string_lossy()).collect();
    words.join(" ")
}
