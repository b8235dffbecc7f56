//! `cargo xtask ci` and `cargo xtask check`

use crate::run::{Skipped, cargo, passes};
use anyhow::{Context, Result, bail};
use std::process::Command;
use std::time::Instant;

const HELP: &str = "\
cargo xtask ci [--full] [--baseline REV]

Everything that must hold before a merge, each step with its time; a step that cannot run here says why.
--full installs cargo-deny into target/tools where it is missing, which takes minutes. --baseline names the
revision that public interfaces are compared with (cargo semver-checks); it is the last release otherwise.
";

type Step = (&'static str, Box<dyn Fn() -> Result<()>>);

/// All steps.
pub fn ci(arguments: &[String]) -> Result<()> {
    let (mut full, mut baseline) = (false, None);
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--full" => full = true,
            "--baseline" => baseline = Some(words.next().context("--baseline takes a revision")?.clone()),
            "--help" | "-h" => {
                print!("{HELP}");
                return Ok(());
            }
            _ => bail!("ci does not know {word:?}\n\n{HELP}"),
        }
    }
    let mut steps = quick_steps();
    steps.push(("test", Box::new(|| passes(&mut cargo(&["test", "--workspace", "--quiet"])))));
    steps.push(("mpi", Box::new(crate::mpi::ci)));
    steps.push(("benches run once", Box::new(benches)));
    steps.push(("doc", Box::new(doc)));
    steps.push(("package", Box::new(crate::package::check)));
    steps.push(("semver", Box::new(move || crate::semver::check(baseline.as_deref()))));
    steps.push(("wasm", Box::new(crate::wasm::ci)));
    steps.push(("wheel", Box::new(crate::wheel::ci)));
    steps.push(("deny", Box::new(move || deny(full))));
    run(&steps)
}

/// The steps that take seconds once everything is built.
pub fn check() -> Result<()> {
    run(&quick_steps())
}

fn quick_steps() -> Vec<Step> {
    let clippy = ["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"];
    vec![
        ("fmt", Box::new(|| passes(&mut cargo(&["fmt", "--all", "--check"])))),
        ("tidy", Box::new(crate::tidy::run)),
        ("clippy", Box::new(move || passes(&mut cargo(&clippy)))),
    ]
}

/// Runs every step, the ones after a failure too, so that one run tells all.
fn run(steps: &[Step]) -> Result<()> {
    let (mut failed, mut lines) = (Vec::new(), Vec::new());
    for (name, step) in steps {
        println!("== {name}");
        let start = Instant::now();
        let result = step();
        let seconds = start.elapsed().as_secs_f64();
        let word = match &result {
            Ok(()) => "ok",
            Err(error) if error.is::<Skipped>() => {
                println!("{error}");
                "skipped"
            }
            Err(error) => {
                eprintln!("{error:#}");
                failed.push(*name);
                "FAILED"
            }
        };
        lines.push(format!("{name:<18} {word:<7} {seconds:7.1} s"));
    }
    println!("\n{}", lines.join("\n"));
    if !failed.is_empty() {
        bail!("failed: {}", failed.join(", "));
    }
    Ok(())
}

/// Runs every benchmark once without timing it: that it works is tested, how fast it is is not.
fn benches() -> Result<()> {
    if !crate::bench::exists() {
        println!("there is no member trm-benches");
        return Ok(());
    }
    passes(&mut cargo(&["test", "--package", "trm-benches", "--benches", "--quiet"]))
}

fn doc() -> Result<()> {
    let mut doc = cargo(&["doc", "--workspace", "--no-deps", "--quiet"]);
    passes(doc.env("RUSTDOCFLAGS", "-D warnings"))
}

/// Licences, sources and bans as `deny.toml` says. Advisories need a database from the network,
/// so they are a step of the workflow file and not of this.
fn deny(full: bool) -> Result<()> {
    let tools = crate::run::root().join("target/tools");
    let checks = ["check", "bans", "licenses", "sources"];
    let installed = tools.join("bin").join("cargo-deny");
    let on_path = cargo(&["deny", "--version"]).output().is_ok_and(|output| output.status.success());
    if on_path {
        return passes(cargo(&["deny"]).args(checks));
    }
    if !installed.exists() && !full {
        return Err(Skipped("cargo-deny is not installed (cargo xtask ci --full installs it)".into()).into());
    }
    if !installed.exists() {
        let mut install = cargo(&["install", "cargo-deny", "--locked", "--quiet", "--root"]);
        passes(install.arg(&tools))?;
    }
    passes(Command::new(installed).args(checks))
}
