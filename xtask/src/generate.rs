//! Files of generated puzzles.

use crate::run::{passes, root, trm};
use anyhow::Result;

/// Runs `trm generate` with `words`, unless the file is there: the same words give the same file.
pub fn generate(path: &str, words: &[&str]) -> Result<()> {
    if root().join(path).exists() {
        println!("{path} exists");
        return Ok(());
    }
    println!("{path}");
    passes(&mut trm(&[&["generate"], words, &["--out", path]].concat()))
}
