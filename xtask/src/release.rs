//! `cargo xtask release`: what a release consists of on this system, each part tried from its file in an empty folder.

use crate::file::files;
use crate::members::members;
use crate::run::{cargo, passes, printed, root, target};
use crate::{wasm, wheel};
use anyhow::{Context, Result, bail, ensure};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::Path;
use std::process::Command;

const HELP: &str = "\
cargo xtask release [PART ..]

Builds the parts of a release into target/dist, all unless some are named:

  binary   trm as trm-SYSTEM-PROCESSOR.tar.gz; unpacked elsewhere, `trm doctor` and `trm solve` must work
  wheel    sdist and wheel of the Python package; installed into a fresh virtual environment and tested
  npm      the npm package; installed into an empty folder, it must solve a Sudoku in node
  crates   the archives for crates.io, by `cargo publish --dry-run`

Each archive must hold both licences. SHA256SUMS names all files that are there at the end. The release workflow runs
this, and builds the wheels of each system besides.
";

/// A part of a release.
type Part = (&'static str, fn(&Path) -> Result<()>);
const PARTS: [Part; 4] = [("binary", binary), ("wheel", python), ("npm", npm), ("crates", crates)];
const LICENCES: [&str; 2] = ["LICENSE-MIT", "LICENSE-APACHE"];
/// A Sudoku and its only solution.
const PUZZLE: &str = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79";
const SOLUTION: &str = "534678912672195348198342567859761423426853791713924856961537284287419635345286179";

pub fn run(arguments: &[String]) -> Result<()> {
    if arguments.iter().any(|argument| argument == "--help" || argument == "-h") {
        print!("{HELP}");
        return Ok(());
    }
    if let Some(unknown) = arguments.iter().find(|argument| PARTS.iter().all(|(name, _)| name != argument)) {
        bail!("release does not know {unknown:?}\n\n{HELP}");
    }
    let dist = target().join("dist");
    fs::create_dir_all(&dist).with_context(|| dist.display().to_string())?;
    for (name, part) in PARTS {
        if arguments.is_empty() || arguments.iter().any(|argument| argument == name) {
            println!("== {name} ==");
            part(&dist).with_context(|| format!("the part {name}"))?;
        }
    }
    let sums = checksums(&dist)?;
    print!("== {} ==\n{sums}", dist.display());
    Ok(())
}

/// The program, stripped of symbols.
fn binary(dist: &Path) -> Result<()> {
    let mut build = cargo(&["build", "--release", "--locked", "--package", "trm-cli"]);
    passes(build.env("CARGO_PROFILE_RELEASE_STRIP", "symbols"))?;
    let name = format!("trm-{}-{}", std::env::consts::OS, std::env::consts::ARCH);
    let program = format!("trm{}", std::env::consts::EXE_SUFFIX);
    let packed = tempfile::tempdir()?;
    let folder = packed.path().join(&name);
    fs::create_dir(&folder)?;
    fs::copy(target().join("release").join(&program), folder.join(&program))?;
    fs::copy(root().join("crates/trm-cli/README.md"), folder.join("README.md"))?;
    for licence in LICENCES {
        fs::copy(root().join(licence), folder.join(licence))?;
    }
    let archive = dist.join(format!("{name}.tar.gz"));
    passes(Command::new("tar").arg("-czf").arg(&archive).arg("-C").arg(packed.path()).arg(&name))?;
    let clean = tempfile::tempdir()?;
    passes(Command::new("tar").arg("-xzf").arg(&archive).arg("-C").arg(clean.path()))?;
    let folder = clean.path().join(&name);
    licensed(&archive)?;
    let trm = |arguments: &[&str]| {
        let mut command = Command::new(folder.join(&program));
        command.args(arguments).current_dir(&folder);
        command
    };
    passes(&mut trm(&["doctor"]))?;
    let solved = printed(&mut trm(&["solve", "sudoku", PUZZLE, "--json"]))?;
    ensure!(solved.contains(SOLUTION), "trm solve answered {solved}");
    Ok(())
}

/// `cargo xtask wheel` installs and tests both.
fn python(dist: &Path) -> Result<()> {
    wheel::run(&[])?;
    for file in files(&target().join("wheel/dist"))? {
        let name = file.file_name().context("a file has a name")?;
        licensed(&file)?;
        fs::copy(&file, dist.join(name))?;
    }
    Ok(())
}

/// The package as `npm install` takes it.
fn npm(dist: &Path) -> Result<()> {
    wasm::run(&[])?;
    let program = if cfg!(windows) { "npm.cmd" } else { "npm" };
    let mut pack = Command::new(program);
    pack.arg("pack").arg(root().join("crates/trm-wasm/pkg")).arg("--pack-destination").arg(dist);
    let name = printed(pack.arg("--silent"))?;
    let archive = dist.join(name.trim());
    licensed(&archive)?;
    let clean = tempfile::tempdir()?;
    fs::write(clean.path().join("package.json"), "{ \"private\": true, \"type\": \"module\" }")?;
    let mut install = Command::new(program);
    passes(install.args(["install", "--silent", "--offline"]).arg(&archive).current_dir(clean.path()))?;
    let script = format!(
        "import {{ solve_sudoku }} from 'trm-wasm';\nconsole.log(solve_sudoku('{PUZZLE}').answer);\n"
    );
    fs::write(clean.path().join("solve.js"), script)?;
    let answer = printed(Command::new("node").arg("solve.js").current_dir(clean.path()))?;
    ensure!(answer.trim() == SOLUTION, "the npm package answered {answer}");
    Ok(())
}

/// What crates.io would get.
fn crates(dist: &Path) -> Result<()> {
    passes(&mut cargo(&["publish", "--workspace", "--dry-run", "--locked", "--allow-dirty"]))?;
    for member in members()?.0 {
        let name = format!("{}.crate", member.archive);
        let archive = target().join("package").join(&name);
        licensed(&archive)?;
        fs::copy(&archive, dist.join(name))?;
    }
    Ok(())
}

/// Fails where an archive holds no licence.
fn licensed(archive: &Path) -> Result<()> {
    let mut list = match archive.extension().is_some_and(|extension| extension == "whl") {
        true => {
            let mut python = Command::new(wheel::system_python()?);
            python.args(["-m", "zipfile", "-l"]);
            python
        }
        false => {
            let mut tar = Command::new("tar");
            tar.arg("-tzf");
            tar
        }
    };
    names_licences(archive, &printed(list.arg(archive))?)
}

fn names_licences(archive: &Path, listing: &str) -> Result<()> {
    for licence in LICENCES {
        ensure!(listing.contains(licence), "{}: holds no {licence}", archive.display());
    }
    Ok(())
}

/// Writes SHA256SUMS, as `sha256sum -c` reads it.
fn checksums(dist: &Path) -> Result<String> {
    let mut sums = String::new();
    for file in files(dist)? {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name != "SHA256SUMS" {
            sums += &format!("{}  {name}\n", hex(&Sha256::digest(fs::read(&file)?)));
        }
    }
    fs::write(dist.join("SHA256SUMS"), &sums)?;
    Ok(sums)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An archive holds what lies in the folder of its crate.
    #[test]
    fn every_published_crate_holds_both_licences() {
        let (published, _) = members().expect("a workspace");
        for member in published {
            let folder = root().join(&member.manifest).parent().expect("a folder").to_owned();
            for licence in LICENCES {
                let [ours, theirs] = [root().join(licence), folder.join(licence)].map(fs::read);
                assert!(theirs.is_ok_and(|theirs| Some(theirs) == ours.ok()), "{}: {licence}", member.name);
            }
        }
    }

    #[test]
    fn sums_are_as_sha256sum_writes_them() {
        assert_eq!(
            hex(&Sha256::digest(b"abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert!(names_licences(Path::new("x"), "a/LICENSE-MIT").is_err());
        assert!(names_licences(Path::new("x"), "a/LICENSE-MIT a/LICENSE-APACHE").is_ok());
    }
}
