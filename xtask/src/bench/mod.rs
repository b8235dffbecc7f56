//! `cargo xtask bench`

use crate::run::{cargo, passes, root};
use anyhow::{Result, bail};

/// Whether the workspace has its benchmarks.
pub fn exists() -> bool {
    root().join("benches/Cargo.toml").exists()
}

/// Runs the benchmarks; `arguments` go to criterion, as in `cargo xtask bench Throughput`.
pub fn run(arguments: &[String]) -> Result<()> {
    if !exists() {
        bail!("there is no member trm-benches");
    }
    passes(cargo(&["bench", "--package", "trm-benches", "--"]).args(arguments))
}
