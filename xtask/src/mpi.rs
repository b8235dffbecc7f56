//! The tests of several ranks over MPI.

use crate::run::{Skipped, cargo, passes};
use anyhow::Result;
use std::process::{Command, Stdio};

/// Debian's and Ubuntu's names of an MPI library with its headers, its launcher, and what reads the headers.
const PACKAGES: [&str; 3] = ["libopenmpi-dev", "openmpi-bin", "libclang-dev"];

/// Installs what is missing, where that can be done, and runs the tests.
pub fn ci() -> Result<()> {
    if !has_mpi() {
        install();
    }
    if !has_mpi() {
        let packages = PACKAGES.join(" ");
        return Err(Skipped(format!("there is no mpicc and mpirun (Debian: apt install {packages})")).into());
    }
    let clippy = [
        "clippy",
        "-p",
        "trm-world",
        "-p",
        "trm-cli",
        "--features",
        "trm-cli/mpi,trm-world/mpi",
        "--all-targets",
    ];
    passes(cargo(&clippy).args(["--quiet", "--", "-D", "warnings"]))?;
    passes(&mut cargo(&["test", "-p", "trm-cli", "--features", "mpi", "--test", "mpi", "--quiet"]))
}

pub fn has_mpi() -> bool {
    ["mpicc", "mpirun"].into_iter().all(|name| works(Command::new(name).arg("--version")))
}

fn works(command: &mut Command) -> bool {
    let silent = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    silent.status().is_ok_and(|status| status.success())
}

/// Asks for no password: a machine that wants one is left as it is. What fails shows in what is missing afterwards.
fn install() {
    let apt = |first: &[&str]| {
        let mut command = Command::new(first[0]);
        command.args(&first[1..]).env("DEBIAN_FRONTEND", "noninteractive");
        command
    };
    for prefix in [&["apt-get"][..], &["sudo", "-n", "apt-get"]] {
        let updated = works(apt(prefix).args(["update", "--quiet"]));
        if updated && works(apt(prefix).args(["install", "--yes", "--quiet"]).args(PACKAGES)) {
            return;
        }
    }
}
