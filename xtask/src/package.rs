//! Every published crate works from its own archive.

use crate::members::{Published, members};
use crate::run::{cargo, passes, root, target};
use anyhow::{Context, Result};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use toml::{Table, Value};

/// Tests that need no file and minutes of arithmetic: the step `test` has run them, and here they are not built.
const NOT_AGAIN: [&str; 6] = ["coverage", "determinism", "gradients", "learning", "precision", "properties"];

/// Packs all crates that are published, unpacks the archives into a workspace of their own, in which each crate
/// finds the others by crates.io's names, and runs their tests there. Needs no network.
pub fn check() -> Result<()> {
    let (published, kept) = members()?;
    let mut pack = cargo(&["package", "--workspace", "--offline", "--quiet", "--no-verify", "--no-metadata"]);
    // Changes that are not committed are to be tested too.
    pack.arg("--allow-dirty");
    pack.args(kept.iter().flat_map(|name| ["--exclude", name]));
    passes(&mut pack)?;
    let (target, folder) = (target(), target().join("package/workspace"));
    unpack(&published, &target.join("package"), &folder)?;
    let mut tests = BTreeSet::new();
    for member in &published {
        tests.extend(names_of_tests(&folder.join(&member.archive))?);
    }
    let in_workspace = |arguments: &[&str]| {
        let mut command = cargo(&["test", "--workspace", "--offline", "--quiet", "--target-dir"]);
        command.arg(&target).args(arguments).current_dir(&folder);
        command
    };
    let mut run = in_workspace(&["--lib", "--bins"]);
    run.args(tests.iter().flat_map(|name| ["--test", name]));
    passes(&mut run)?;
    passes(&mut in_workspace(&["--doc"]))?;
    println!("{} archives; not run again from them: the tests {}", published.len(), NOT_AGAIN.join(", "));
    Ok(())
}

/// Makes a workspace of the archives in `folder`. What an archive gave before stays where it is the same, so that
/// only what changed is built again.
fn unpack(published: &[Published], archives: &Path, folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    for member in published {
        let name = format!("{}.crate", member.archive);
        let (archive, unpacked) = (archives.join(&name), folder.join(&name));
        let read = |path: &Path| fs::read(path).with_context(|| path.display().to_string());
        if unpacked.exists() && read(&archive)? == read(&unpacked)? {
            continue;
        }
        let sources = folder.join(&member.archive);
        if sources.exists() {
            fs::remove_dir_all(&sources).with_context(|| sources.display().to_string())?;
        }
        // Without -m files have the date that cargo gives to all of them, and it would take none for changed.
        passes(Command::new("tar").arg("-xmzf").arg(&archive).arg("-C").arg(folder))?;
        fs::copy(&archive, &unpacked).with_context(|| unpacked.display().to_string())?;
    }
    // The versions of the lock file, which are at hand.
    fs::copy(root().join("Cargo.lock"), folder.join("Cargo.lock")).context("Cargo.lock")?;
    let text = fs::read_to_string(root().join("Cargo.toml")).context("Cargo.toml")?;
    let manifest = manifest(published, &text.parse().context("Cargo.toml")?);
    fs::write(folder.join("Cargo.toml"), manifest.to_string()).context("the manifest of the archives")
}

/// The manifest of that workspace; it builds with the profiles of ours, so that what is built can be shared.
fn manifest(published: &[Published], ours: &Table) -> Table {
    let by_path = |member: &Published| {
        let path = Table::from_iter([("path".to_owned(), Value::from(member.archive.clone()))]);
        (member.name.clone(), Value::Table(path))
    };
    let members: Vec<Value> = published.iter().map(|member| Value::from(member.archive.clone())).collect();
    let resolver = ours.get("workspace").and_then(|workspace| workspace.get("resolver")).cloned();
    let mut workspace = Table::from_iter([("members".to_owned(), Value::Array(members))]);
    workspace.extend(resolver.map(|resolver| ("resolver".to_owned(), resolver)));
    let patches = Table::from_iter(published.iter().map(by_path));
    let mut manifest = Table::from_iter([
        ("workspace".to_owned(), Value::Table(workspace)),
        ("patch".to_owned(), Value::Table(Table::from_iter([("crates-io".to_owned(), patches.into())]))),
    ]);
    manifest.extend(ours.get("profile").map(|profile| ("profile".to_owned(), profile.clone())));
    manifest
}

/// The tests of an archive that run from it.
fn names_of_tests(archive: &Path) -> Result<Vec<String>> {
    let manifest = archive.join("Cargo.toml");
    let text = fs::read_to_string(&manifest).with_context(|| manifest.display().to_string())?;
    let manifest: Table = text.parse().with_context(|| manifest.display().to_string())?;
    let tests = manifest.get("test").and_then(Value::as_array).into_iter().flatten();
    // Those of an optional feature are not built.
    let tests = tests.filter(|test| test.get("required-features").is_none());
    let names = tests.filter_map(|test| test.get("name")?.as_str());
    Ok(names.filter(|name| !NOT_AGAIN.contains(name)).map(String::from).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_of_optional_features_are_not_run() {
        let folder = tempfile::tempdir().expect("a folder");
        let manifest = "[[test]]\nname = \"a\"\n[[test]]\nname = \"b\"\nrequired-features = [\"x\"]\n";
        fs::write(folder.path().join("Cargo.toml"), manifest).expect("a file");
        assert_eq!(names_of_tests(folder.path()).expect("a manifest"), ["a"]);
    }

    #[test]
    fn the_workspace_of_archives_patches_every_crate() {
        let ours = "[workspace]\nresolver = \"3\"\nmembers = [\"x\"]\n[profile.dev]\nopt-level = 2";
        let manifest_path = "crates/a/Cargo.toml".into();
        let (name, archive) = ("a".into(), "a-0.1.0".into());
        let published = [Published { name, archive, manifest: manifest_path, is_library: true }];
        let manifest = manifest(&published, &ours.parse().expect("a manifest")).to_string();
        let expected = "[workspace]\nmembers = [\"a-0.1.0\"]\nresolver = \"3\"\n\n\
                        [patch.crates-io.a]\npath = \"a-0.1.0\"\n\n[profile.dev]\nopt-level = 2\n";
        assert_eq!(manifest, expected);
    }
}
