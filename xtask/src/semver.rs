//! What the public interfaces broke since a revision.

use crate::members::members;
use crate::run::{Skipped, cargo, passes, root, shown};
use anyhow::{Context, Result};
use std::process::Command;

/// Compares the public interface of each published crate with that of `baseline`, the last release (a tag like
/// v0.1.0) where none is given, and fails where it broke more than the version number says.
pub fn check(baseline: Option<&str>) -> Result<()> {
    let skipped = |why: &str| Err(Skipped(why.into()).into());
    if !cargo(&["semver-checks", "--version"]).output().is_ok_and(|output| output.status.success()) {
        return skipped("cargo-semver-checks is not installed (cargo install cargo-semver-checks --locked)");
    }
    let Some(baseline) = baseline.map(String::from).or_else(last_release) else {
        return skipped(
            "there is no release to compare with, no tag like v0.1.0 (--baseline REV names a revision)",
        );
    };
    // A name that is wrong is no reason to compare nothing.
    let commit = format!("{baseline}^{{commit}}");
    git(&["rev-parse", "--quiet", "--verify", &commit]).with_context(|| format!("--baseline {baseline}"))?;
    let mut compare = cargo(&["semver-checks", "--baseline-rev", &baseline]);
    let (published, _) = members()?;
    let mut n_compared = 0;
    for member in published.iter().filter(|member| member.is_library) {
        let file = format!("{baseline}:{}", member.manifest.display());
        if git(&["cat-file", "-e", &file]).is_ok() {
            compare.args(["--package", &member.name]);
            n_compared += 1;
        } else {
            println!("{} is new since {baseline}", member.name);
        }
    }
    if n_compared == 0 { Ok(()) } else { passes(&mut compare) }
}

/// The nearest tag behind this revision that is a version.
fn last_release() -> Option<String> {
    git(&["describe", "--tags", "--abbrev=0", "--match", "v[0-9]*"]).ok()
}

/// What a command of git prints, without its last line's end.
fn git(arguments: &[&str]) -> Result<String> {
    let mut git = Command::new("git");
    git.args(arguments).current_dir(root());
    let output = git.output().with_context(|| shown(&git))?;
    anyhow::ensure!(output.status.success(), "{} failed ({})", shown(&git), output.status);
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::git;

    #[test]
    fn a_revision_that_is_not_there_is_an_error() {
        assert!(git(&["--version"]).is_ok_and(|version| version.starts_with("git version")));
        let error =
            git(&["rev-parse", "--quiet", "--verify", "no-such-revision"]).expect_err("no such revision");
        assert!(
            error.to_string().starts_with("git rev-parse --quiet --verify no-such-revision failed"),
            "{error}"
        );
    }
}
