//! `cargo xtask wheel`: the Python package as sdist and wheel, its size, and its tests.

use crate::file::files;
use crate::members::members;
use crate::run::{Skipped, output, passes, root, target};
use anyhow::{Context, Result, bail, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const HELP: &str = "\
cargo xtask wheel [--torch]

Makes the sdist of crates/trm-py, builds the wheel from it as pip does, and checks its size (at most 5 MB): both lie in
target/wheel/dist. Then installs the wheel into a fresh virtual environment and runs there the tests, the examples of
all docstrings and of the README, and mypy on the package and its stubs.

--torch also installs PyTorch and ONNX Runtime there, 1 GB or more, for the tests of trm.torch, which say \"skipped\"
otherwise. PYTHON names an interpreter other than python3.
";

/// The most bytes of the wheel, with both models.
const MAX_WHEEL_BYTES: u64 = 5_000_000;
/// The oldest Python that the wheel is for.
const OLDEST: (u32, u32) = (3, 10);

pub fn run(arguments: &[String]) -> Result<()> {
    let torch = match arguments {
        [] => false,
        [flag] if flag == "--torch" => true,
        [flag] if flag == "--help" || flag == "-h" => {
            print!("{HELP}");
            return Ok(());
        }
        _ => bail!("wheel does not know {arguments:?}\n\n{HELP}"),
    };
    let folder = target().join("wheel");
    fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    let tools = tools(&folder)?;
    let wheel = build(&folder, &tools)?;
    measure(&wheel)?;
    test(&folder, &wheel, torch)
}

/// Builds the wheel and installs it into the environment of `python`.
pub fn install(python: &Path) -> Result<()> {
    let folder = target().join("wheel");
    fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    let wheel = build(&folder, &tools(&folder)?)?;
    passes(pip(python).args(["install", "--no-deps", "--force-reinstall"]).arg(wheel))
}

/// The step of `cargo xtask ci`.
pub fn ci() -> Result<()> {
    run(&[])
}

/// A Python that builds wheels: that of a virtual environment, kept while the requirements stay the same.
fn tools(folder: &Path) -> Result<PathBuf> {
    let venv = folder.join("tools");
    let wanted = root().join("xtask/wheel/requirements-build.txt");
    let installed = folder.join("tools.txt");
    let text = fs::read(&wanted).with_context(|| wanted.display().to_string())?;
    if python_of(&venv).exists() && fs::read(&installed).is_ok_and(|installed| installed == text) {
        return Ok(python_of(&venv));
    }
    let system = system_python()?;
    let made = Command::new(&system).args(["-m", "venv", "--clear"]).arg(&venv).output();
    if !made.as_ref().is_ok_and(|made| made.status.success()) {
        return Err(
            Skipped(format!("{system} makes no virtual environment (on Debian: python3-venv)")).into()
        );
    }
    let python = python_of(&venv);
    let install = pip(&python).args(["install", "--requirement"]).arg(&wanted).status();
    if !install.is_ok_and(|status| status.success()) {
        return Err(Skipped("pip could not fetch maturin".into()).into());
    }
    fs::write(&installed, text).with_context(|| installed.display().to_string())?;
    Ok(python)
}

/// The name of a Python that is new enough.
pub fn system_python() -> Result<String> {
    let named = std::env::var("PYTHON").ok();
    let names = if cfg!(windows) { ["python", "py"] } else { ["python3", "python"] };
    let names = named.as_deref().map_or(names.to_vec(), |named| vec![named]);
    let script = "import sys; print(sys.version_info[0], sys.version_info[1])";
    for name in names {
        let Ok(output) = Command::new(name).args(["-c", script]).stderr(Stdio::null()).output() else {
            continue;
        };
        if version(&String::from_utf8_lossy(&output.stdout)).is_some_and(|found| found >= OLDEST) {
            return Ok(name.to_owned());
        }
    }
    let (major, minor) = OLDEST;
    Err(Skipped(format!("there is no Python {major}.{minor} or newer")).into())
}

fn version(printed: &str) -> Option<(u32, u32)> {
    let (major, minor) = printed.trim().split_once(' ')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// Makes the sdist, and the wheel from it: what is not in the sdist is not in the wheel.
fn build(folder: &Path, tools: &Path) -> Result<PathBuf> {
    let dist = folder.join("dist");
    if dist.exists() {
        fs::remove_dir_all(&dist).with_context(|| dist.display().to_string())?;
    }
    let mut sdist = Command::new(tools);
    sdist.args(["-m", "maturin", "sdist", "--out"]).arg(&dist).current_dir(home());
    // It repeats what cargo says of every crate's metadata.
    let made = sdist.output().context("maturin")?;
    ensure!(made.status.success(), "maturin sdist: {}", String::from_utf8_lossy(&made.stderr));
    let sdist = only(&dist, ".tar.gz")?;
    let mut wheel = pip(tools);
    wheel.args(["wheel", "--no-deps", "--no-build-isolation", "--wheel-dir"]).arg(&dist).arg(&sdist);
    // The sources lie in another folder every time; what is built of other crates is kept.
    wheel.env("CARGO_TARGET_DIR", folder.join("cargo"));
    forget_members(&folder.join("cargo/wheel/.fingerprint"))?;
    // Not --locked: the sdist has fewer crates than the lock file. Of those that it has, versions stay as locked.
    wheel.env("MATURIN_PEP517_ARGS", "--compatibility pypi");
    // Without build isolation pip finds maturin on the path.
    let tools = tools.parent().context("the tools lie in a folder")?.to_owned();
    let path = std::env::var_os("PATH").unwrap_or_default();
    wheel.env("PATH", std::env::join_paths(std::iter::once(tools).chain(std::env::split_paths(&path)))?);
    passes(&mut wheel)?;
    only(&dist, ".whl")
}

/// Makes cargo build the crates of the workspace again. The files of an sdist all have the same old date, by which
/// cargo would take what it built of an earlier sdist for what is in this one.
fn forget_members(fingerprints: &Path) -> Result<()> {
    let (published, kept) = members()?;
    let names: Vec<String> = published.into_iter().map(|member| member.name).chain(kept).collect();
    let Ok(entries) = fs::read_dir(fingerprints) else { return Ok(()) };
    for entry in entries {
        let (path, name) = entry.map(|entry| (entry.path(), entry.file_name()))?;
        let name = name.to_string_lossy();
        if name.rsplit_once('-').is_some_and(|(package, _)| names.iter().any(|member| member == package)) {
            fs::remove_dir_all(&path).with_context(|| path.display().to_string())?;
        }
    }
    Ok(())
}

/// The one file of a folder with this ending.
fn only(folder: &Path, ending: &str) -> Result<PathBuf> {
    let mut paths = files(folder)?.into_iter().filter(|path| path.to_string_lossy().ends_with(ending));
    match (paths.next(), paths.next()) {
        (Some(path), None) => Ok(path),
        _ => bail!("{}: not one file that ends in {ending}", folder.display()),
    }
}

fn measure(wheel: &Path) -> Result<()> {
    let size = fs::metadata(wheel)?.len();
    let name = wheel.file_name().unwrap_or_default().to_string_lossy();
    println!("{name}: {size} bytes, at most {MAX_WHEEL_BYTES}");
    ensure!(size <= MAX_WHEEL_BYTES, "the wheel has {size} bytes, at most {MAX_WHEEL_BYTES}");
    Ok(())
}

/// Installs the wheel where nothing else is, and tests what was installed.
fn test(folder: &Path, wheel: &Path, torch: bool) -> Result<()> {
    let venv = folder.join("venv");
    passes(Command::new(system_python()?).args(["-m", "venv", "--clear"]).arg(&venv))?;
    let python = python_of(&venv);
    let requirements = root().join("xtask/wheel/requirements-test.txt");
    let mut install = pip(&python);
    install.arg("install").arg(wheel).arg("--requirement").arg(requirements);
    if torch {
        install.arg("--requirement").arg(root().join("xtask/peers/requirements.txt"));
    }
    passes(&mut install)?;
    // Elsewhere, so that no source of the package lies on Python's path.
    let elsewhere = folder.join("elsewhere");
    fs::create_dir_all(&elsewhere).with_context(|| elsewhere.display().to_string())?;
    let module = |name: &str| {
        let mut command = Command::new(&python);
        command.args(["-m", name]).current_dir(&elsewhere);
        command
    };
    passes(module("pytest").args(["-q", "-p", "no:cacheprovider", "-rs"]).arg(home().join("tests")))?;
    let config = home().join("pyproject.toml");
    passes(module("mypy").args(["--strict", "--config-file"]).arg(&config).args(["-p", "trm"]))?;
    passes(module("mypy").arg("--strict").arg("--config-file").arg(&config).arg(home().join("examples")))?;
    passes(module("mypy.stubtest").arg("--mypy-config-file").arg(&config).arg("trm._trm"))?;
    let example =
        output(Command::new(&python).arg(home().join("examples/quickstart.py")).current_dir(&elsewhere))?;
    ensure!(example.status.success(), "examples/quickstart.py failed ({})", example.status);
    Ok(())
}

fn home() -> PathBuf {
    root().join("crates/trm-py")
}

fn python_of(venv: &Path) -> PathBuf {
    if cfg!(windows) { venv.join("Scripts/python.exe") } else { venv.join("bin/python") }
}

fn pip(python: &Path) -> Command {
    let mut pip = Command::new(python);
    pip.args(["-m", "pip", "--quiet", "--disable-pip-version-check"]).stdin(Stdio::null());
    pip
}

#[cfg(test)]
mod tests {
    use super::{OLDEST, forget_members, version};
    use std::fs;

    #[test]
    fn crates_of_the_workspace_are_built_again() {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["trm-core-0a1b", "serde-0a1b", "trm-core-x-0a1b"] {
            fs::create_dir(folder.path().join(name)).expect("a folder");
        }
        forget_members(folder.path()).expect("folders");
        let left = |name: &str| folder.path().join(name).exists();
        assert!(!left("trm-core-0a1b") && left("serde-0a1b") && left("trm-core-x-0a1b"));
        forget_members(&folder.path().join("none")).expect("nothing to forget");
    }

    #[test]
    fn versions_are_compared_as_numbers() {
        assert_eq!(version("3 11\n"), Some((3, 11)));
        assert!(version("3 9").is_some_and(|old| old < OLDEST));
        assert_eq!(version("Python was not found"), None);
    }
}
