//! `cargo xtask peers`: the same models in PyTorch and ONNX Runtime, beside ours.

use crate::run::{cargo, passes, root, target};
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const HELP: &str = "\
cargo xtask peers [--quick]

Runs the shipped models by a PyTorch definition of the same net, eager and compiled, and in ONNX
Runtime, on one thread and two, in turns with ours: the answers must agree to 1e-4 after one step, then
latency and batch throughput are compared. Then the same from Python: one question and a batch, by the wheel of
crates/trm-py, which is built first. The first run makes a virtual environment below target/peers and fetches PyTorch
from PyPI, 5.5 GB installed. torch.compile needs a C++ compiler. Rows go to target/peers/peers.jsonl.
";

pub fn run(arguments: &[String]) -> Result<()> {
    let quick = match arguments {
        [] => false,
        [flag] if flag == "--quick" => true,
        [flag] if flag == "--help" || flag == "-h" => {
            print!("{HELP}");
            return Ok(());
        }
        _ => bail!("peers does not know {arguments:?}\n\n{HELP}"),
    };
    let target = target();
    let folder = target.join("peers");
    fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    let python = environment(&folder)?;
    crate::wheel::install(&python)?;
    passes(&mut cargo(&["build", "--quiet", "--release", "--package", "trm-benches", "--bin", "ours"]))?;
    let ours = target.join("release").join(format!("ours{}", std::env::consts::EXE_SUFFIX));
    let mut script = Command::new(python);
    script.arg(root().join("xtask/peers/peers.py"));
    script.arg("--ours").arg(ours).arg("--folder").arg(&folder);
    passes(script.args(quick.then_some("--quick")))
}

/// The Python of a virtual environment that has what `requirements.txt` asks for.
fn environment(folder: &Path) -> Result<PathBuf> {
    let venv = folder.join("venv");
    let python = if cfg!(windows) { venv.join("Scripts/python.exe") } else { venv.join("bin/python") };
    let wanted = root().join("xtask/peers/requirements.txt");
    let installed = folder.join("installed.txt");
    let text = fs::read(&wanted).with_context(|| wanted.display().to_string())?;
    if python.exists() && fs::read(&installed).is_ok_and(|installed| installed == text) {
        return Ok(python);
    }
    println!("fetching PyTorch and ONNX Runtime into {}", venv.display());
    let system = if cfg!(windows) { "python" } else { "python3" };
    passes(Command::new(system).args(["-m", "venv"]).arg(&venv))
        .context("a virtual environment of Python 3")?;
    passes(Command::new(&python).args(["-m", "pip", "install", "--quiet", "--requirement"]).arg(&wanted))?;
    fs::write(&installed, text).with_context(|| installed.display().to_string())?;
    Ok(python)
}
