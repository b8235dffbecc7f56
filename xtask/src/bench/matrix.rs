//! A run of the whole matrix: build, measure, write down.

use super::programs::{COUNTED, Effort, PLAIN, Program, build};
use super::record::{Printed, Quantity, Row, Run, merge, threads_of};
use super::{criterion, machine, target};
use crate::run::{output, root, trm};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::fs;
use std::path::PathBuf;

/// What to run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wanted {
    pub quick: bool,
    /// Parts of names of cases or benchmarks; all where there are none.
    pub names: Vec<String>,
}

impl Wanted {
    fn takes(&self, name: &str) -> bool {
        let name = name.to_lowercase();
        self.names.is_empty() || self.names.iter().any(|wanted| name.contains(&wanted.to_lowercase()))
    }

    fn effort(&self) -> Effort {
        match self.quick {
            true => Effort { warm_up_seconds: 0.1, seconds: 0.5, samples: 20 },
            false => Effort { warm_up_seconds: 0.5, seconds: 3.0, samples: 30 },
        }
    }

    /// Puzzles of each kind that are scored.
    fn n_scored(&self) -> usize {
        if self.quick { 40 } else { 300 }
    }

    /// The wanted ones of a program's cases.
    pub fn among(&self, program: &Program, mut cases: Vec<String>) -> Vec<String> {
        if !self.takes(&program.name) {
            cases.retain(|case| self.takes(case));
        }
        cases
    }
}

/// Measures and gives the rows.
pub fn measure(wanted: &Wanted) -> Result<Vec<Row>> {
    let run = machine::describe(wanted.quick);
    let home = fresh_home()?;
    let mut rows = Vec::new();
    for program in build(&root(), None)?.iter().filter(|program| program.name != COUNTED) {
        let mut print = |line: &str| match Printed::parse(line) {
            Some(Printed { case, calls, quantity }) => {
                merge(&mut rows, Row { calls, quantity, ..row(case, &run) });
            }
            None => println!("{line}"),
        };
        if PLAIN.contains(&program.name.as_str()) {
            if wanted.takes(&program.name) {
                program.run(None, wanted.effort(), &home, &mut print)?;
            }
            continue;
        }
        let all = program.cases()?;
        let cases = wanted.among(program, all.clone());
        if cases == all {
            program.run(None, wanted.effort(), &home, &mut print)?;
            continue;
        }
        for case in &cases {
            program.run(Some(case), wanted.effort(), &home, &mut print)?;
        }
    }
    for (case, time) in criterion::read(&home)? {
        merge(&mut rows, Row { time: Some(time), ..row(case, &run) });
    }
    for puzzle in ["sudoku", "maze"] {
        if wanted.takes(&format!("quality/{puzzle}")) {
            rows.extend(quality(puzzle, "f32", wanted.n_scored(), &run)?);
            rows.extend(quality(puzzle, "bf16", wanted.n_scored(), &run)?);
        }
    }
    rows.extend(wasm(&run).into_iter().filter(|row| wanted.takes(&row.case)));
    if rows.is_empty() {
        bail!("no case has a name with {:?}", wanted.names);
    }
    Ok(rows)
}

/// A row of nothing yet.
pub fn row(case: String, run: &Run) -> Row {
    Row { threads: threads_of(&case), case, run: run.clone(), ..Row::default() }
}

/// An empty folder for criterion.
fn fresh_home() -> Result<PathBuf> {
    let home = target().join("bench").join("criterion");
    if home.exists() {
        fs::remove_dir_all(&home).with_context(|| home.display().to_string())?;
    }
    fs::create_dir_all(&home).with_context(|| home.display().to_string())?;
    Ok(home)
}

/// The size of the browser's program, where it was built.
fn wasm(run: &Run) -> Option<Row> {
    let built = fs::metadata(root().join("crates/trm-wasm/pkg/trm_wasm_bg.wasm")).ok()?;
    let quantity = Quantity { value: built.len() as f64, unit: "bytes".into(), interval: None };
    Some(Row { quantity: Some(quantity), ..row("WASM Bundle".into(), run) })
}

/// Scores a shipped model on the first puzzles of the committed set: halted by vote, and at every K.
fn quality(puzzle: &str, precision: &str, n: usize, run: &Run) -> Result<Vec<Row>> {
    let n = n.to_string();
    let words = ["eval", puzzle, "--precision", precision, "--sweep", "--json", "--limit", &n];
    let words = words.map(String::from);
    let report = output(&mut trm(&words))?;
    if !report.status.success() {
        bail!("trm {} failed ({})", words.join(" "), report.status);
    }
    let report: Value = serde_json::from_slice(&report.stdout).context("the report of trm eval")?;
    let name = if precision == "f32" { puzzle.to_owned() } else { format!("{puzzle} in {precision}") };
    Ok(quantities(&name, &report)
        .map(|(case, quantity)| {
            let row = row(case, run);
            Row { quantity: Some(quantity), threads: run.n_cores, ..row }
        })
        .collect())
}

/// The numbers of a report that are kept.
fn quantities(puzzle: &str, report: &Value) -> impl Iterator<Item = (String, Quantity)> {
    let all = report.as_object().into_iter().flatten();
    let rates = all.filter(|(_, value)| value["rate"].is_number());
    let mut found: Vec<(String, &Value)> =
        rates.map(|(name, rate)| (format!("Quality/{puzzle}/{name}"), rate)).collect();
    for point in report["sweep"].as_array().into_iter().flatten() {
        found.push((format!("Quality/{puzzle}/exact at K/{}", point["k"]), &point["exact_at"]));
    }
    let mean_k =
        report["mean_k"].as_f64().map(|value| Quantity { value, unit: "steps".into(), interval: None });
    let shares = found.into_iter().filter_map(|(case, rate)| Some((case, share(rate)?)));
    let mean_k = mean_k.map(|quantity| (format!("Quality/{puzzle}/mean K"), quantity));
    shares.chain(mean_k).collect::<Vec<_>>().into_iter()
}

fn share(rate: &Value) -> Option<Quantity> {
    let percent = |key: &str| Some(100.0 * rate[key].as_f64()?);
    let interval = percent("low").zip(percent("high"));
    Some(Quantity { value: percent("rate")?, unit: "%".into(), interval })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_becomes_rows() {
        let rate =
            |x: f64| serde_json::json!({ "n": 10, "count": 1, "rate": x, "low": x - 0.25, "high": x + 0.25 });
        let report = serde_json::json!({ "mean_k": 4.5, "exact_accuracy": rate(0.5),
            "sweep": [{ "k": 1, "exact_at": rate(0.25), "verified_by": rate(0.5) }] });
        let found: Vec<_> = quantities("sudoku", &report).collect();
        let names: Vec<&str> = found.iter().map(|(case, _)| case.as_str()).collect();
        assert_eq!(
            names,
            ["Quality/sudoku/exact_accuracy", "Quality/sudoku/exact at K/1", "Quality/sudoku/mean K"]
        );
        assert_eq!((found[0].1.value, found[0].1.interval), (50.0, Some((25.0, 75.0))));
    }

    #[test]
    fn names_are_matched_without_case() {
        let wanted = Wanted { names: vec!["sudoku".into()], ..Wanted::default() };
        assert!(wanted.takes("Sudoku/K/5") && !wanted.takes("Maze 30x30/K/5"));
        assert!(Wanted::default().takes("anything"));
    }
}
