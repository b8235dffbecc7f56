//! `cargo xtask tidy`: the house rules that no other tool checks, a file for each.

mod circles;
mod crates;
mod dependencies;
mod edges;
mod modules;
mod sizes;
mod source;
mod text;
mod unsafe_code;
mod words;
mod workspace;

use crate::run::root;
use anyhow::{Result, bail};
use workspace::Workspace;

pub fn run() -> Result<()> {
    let workspace = Workspace::read(&root())?;
    let rules = [
        text::check,
        words::check,
        sizes::check,
        unsafe_code::check,
        crates::check,
        edges::check,
        dependencies::check,
        circles::check,
    ];
    let mut faults: Vec<String> = rules.iter().flat_map(|rule| rule(&workspace)).collect();
    faults.extend(text::check_models(&root())?);
    if faults.is_empty() {
        println!("{} files are tidy", workspace.files().count());
        return Ok(());
    }
    bail!("{}", faults.join("\n"))
}
