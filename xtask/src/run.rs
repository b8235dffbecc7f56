//! Running programs.

use anyhow::{Context, Result, bail};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The folder of the workspace.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the workspace").to_owned()
}

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

/// A command as it would be typed.
pub fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.map(|word| word.to_string_lossy()).collect();
    words.join(" ")
}
