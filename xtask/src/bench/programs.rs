//! The benchmark programs: building, listing and running them.

use crate::run::{cargo, shown};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Those that are no criterion benchmarks: they print rows and take no filter.
pub const PLAIN: [&str; 2] = ["learning", "memory"];
/// The one whose instructions are counted.
pub const COUNTED: &str = "instructions";

/// A built benchmark.
#[derive(Clone, Debug, PartialEq)]
pub struct Program {
    /// As in `benches/Cargo.toml`.
    pub name: String,
    pub path: PathBuf,
    /// The workspace it was built from.
    pub root: PathBuf,
}

/// How long criterion takes for a case.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    pub warm_up_seconds: f64,
    pub seconds: f64,
    pub samples: usize,
}

/// Builds all benchmarks of a workspace. `target` is where, if not where cargo builds otherwise.
pub fn build(root: &Path, target: Option<&Path>) -> Result<Vec<Program>> {
    let mut command = cargo(&["bench", "--package", "trm-benches", "--benches", "--no-run"]);
    command.arg("--message-format=json-render-diagnostics").current_dir(root).stderr(Stdio::inherit());
    if let Some(target) = target {
        command.env("CARGO_TARGET_DIR", target);
    }
    let output = command.output().with_context(|| shown(&command))?;
    if !output.status.success() {
        bail!("{} failed ({})", shown(&command), output.status);
    }
    let messages = String::from_utf8_lossy(&output.stdout);
    let mut programs: Vec<Program> = messages.lines().filter_map(|line| program(line, root)).collect();
    programs.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(programs)
}

/// The benchmark that a message of cargo is about.
fn program(line: &str, root: &Path) -> Option<Program> {
    let message: Value = serde_json::from_str(line).ok()?;
    let target = &message["target"];
    let is_bench = target["kind"].as_array()?.iter().any(|kind| kind == "bench");
    let (name, path) = (target["name"].as_str()?, message["executable"].as_str()?);
    is_bench.then(|| Program { name: name.into(), path: path.into(), root: root.to_owned() })
}

impl Program {
    fn command(&self) -> Command {
        let mut command = Command::new(&self.path);
        command.arg("--bench").current_dir(self.root.join("benches")).stdin(Stdio::null());
        command
    }

    /// The names of its cases.
    pub fn cases(&self) -> Result<Vec<String>> {
        if PLAIN.contains(&self.name.as_str()) {
            return Ok(Vec::new());
        }
        let end = if self.name == COUNTED { ": count" } else { ": benchmark" };
        let mut command = self.command();
        command.args(["--list", "--format", "terse"]).stderr(Stdio::inherit());
        let output = command.output().with_context(|| shown(&command))?;
        let lines = String::from_utf8(output.stdout).with_context(|| self.name.clone())?;
        Ok(lines.lines().filter_map(|line| line.strip_suffix(end)).map(Into::into).collect())
    }

    /// Measures the named cases, or all of a plain program. Criterion writes below `home`; each line
    /// that is printed goes to `line`.
    pub fn run(
        &self,
        case: Option<&str>,
        effort: Effort,
        home: &Path,
        mut line: impl FnMut(&str),
    ) -> Result<()> {
        let mut command = self.command();
        if !PLAIN.contains(&self.name.as_str()) {
            let Effort { warm_up_seconds, seconds, samples } = effort;
            command.env("CRITERION_HOME", home).arg("--noplot");
            command.args(["--warm-up-time", &warm_up_seconds.to_string()]);
            command.args(["--measurement-time", &seconds.to_string()]);
            command.args(["--sample-size", &samples.to_string()]);
            command.args(case.iter().flat_map(|case| ["--exact", case]));
        }
        let mut child = command.stdout(Stdio::piped()).spawn().with_context(|| shown(&command))?;
        let output = child.stdout.take().context("its output is a pipe")?;
        for read in BufReader::new(output).lines() {
            line(&read.with_context(|| self.name.clone())?);
        }
        let status = child.wait()?;
        if !status.success() {
            bail!("{} failed ({status})", shown(&command));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn benchmarks_are_found_among_messages() {
        let root = Path::new("w");
        let line = |kind: &str| {
            let target = serde_json::json!({ "kind": [kind], "name": "latency" });
            serde_json::json!({ "reason": "compiler-artifact", "target": target, "executable": "x/latency" })
                .to_string()
        };
        let found = program(&line("bench"), root).expect("a benchmark");
        assert_eq!((found.name.as_str(), found.path.as_path()), ("latency", Path::new("x/latency")));
        assert_eq!(program(&line("lib"), root), None);
        assert_eq!(program(r#"{"reason":"build-finished","success":true}"#, root), None);
    }
}
