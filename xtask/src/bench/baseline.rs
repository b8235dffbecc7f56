//! `cargo xtask bench --baseline REV` and `--compare A B`.

use super::machine::git;
use super::matrix::Wanted;
use super::paired::{self, Paired};
use super::programs::{COUNTED, Effort, Program, build};
use super::record::{self, Row};
use super::{criterion, target};
use crate::run::{passes, root};
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};

/// One short run of a case; many of them, in turns, make a comparison.
const EFFORT: Effort = Effort { warm_up_seconds: 0.05, seconds: 0.2, samples: 10 };

/// Checks a revision out, builds it, and runs its cases and ours in turns.
pub fn against(revision: &str, wanted: &Wanted) -> Result<()> {
    let theirs = Revision::build(revision)?;
    let compared = compare_all(&theirs.programs, &build(&root(), None)?, wanted)?;
    let lines: Vec<String> = compared.iter().map(|paired| paired.to_json().to_string()).collect();
    fs::write(target().join("bench/compare.jsonl"), lines.join("\n") + "\n").context("compare.jsonl")?;
    judge(compared.iter().filter(|paired| paired.is_regression()).map(|paired| paired.case.as_str()))
}

/// The benchmarks of a revision, in a worktree that is removed with this.
pub struct Revision {
    worktree: PathBuf,
    pub programs: Vec<Program>,
}

impl Revision {
    pub fn build(revision: &str) -> Result<Self> {
        let folder = target().join("bench");
        let worktree = folder.join("baseline");
        if worktree.exists() {
            // Left by a run that was stopped.
            passes(git(&["worktree", "remove", "--force"]).arg(&worktree))?;
        }
        passes(git(&["worktree", "add", "--quiet", "--detach"]).arg(&worktree).arg(revision))?;
        let mut this = Revision { worktree, programs: Vec::new() };
        this.programs = build(&this.worktree, Some(&folder.join("baseline-target")))?;
        Ok(this)
    }
}

impl Drop for Revision {
    fn drop(&mut self) {
        // What is left is removed by the next run.
        let _ = passes(git(&["worktree", "remove", "--force"]).arg(&self.worktree));
    }
}

fn compare_all(theirs: &[Program], ours: &[Program], wanted: &Wanted) -> Result<Vec<Paired>> {
    let rounds = if wanted.quick { 6 } else { 9 };
    println!(
        "the time of this revision by that of the baseline, median and interval of {rounds} rounds in turns\n"
    );
    let mut compared = Vec::new();
    for our in ours.iter().filter(|our| our.name != COUNTED) {
        let Some(their) = theirs.iter().find(|their| their.name == our.name) else { continue };
        let known = their.cases()?;
        for case in wanted.among(our, our.cases()?).iter().filter(|case| known.contains(case)) {
            let paired = paired::measure(case, rounds, || once(their, case), || once(our, case))?;
            println!("{paired}");
            compared.push(paired);
        }
    }
    if compared.is_empty() {
        bail!("the two revisions have no case in common that was asked for");
    }
    Ok(compared)
}

/// The median time of one short run.
fn once(program: &Program, case: &str) -> Result<f64> {
    let home = target().join("bench").join("turn");
    if home.exists() {
        fs::remove_dir_all(&home).with_context(|| home.display().to_string())?;
    }
    fs::create_dir_all(&home).with_context(|| home.display().to_string())?;
    program.run(Some(case), EFFORT, &home, |_| {})?;
    let times = criterion::read(&home)?;
    let time = times.into_iter().find(|(found, _)| found == case);
    Ok(time.with_context(|| format!("criterion wrote nothing of {case}"))?.1.median_ns)
}

/// Compares two records that are already there. They were not taken in turns, so this tells less than
/// [`against`].
pub fn records(a: &Path, b: &Path) -> Result<()> {
    let (before, after) = (record::read(a)?, record::read(b)?);
    if let [Some(a), Some(b)] = [&before, &after].map(|rows| rows.first().map(|row| row.run.processor()))
        && a != b
    {
        bail!("these records are of two processors, {a} and {b}: their times say nothing of the code");
    }
    println!("the second record by the first; taken apart, so a busy machine shows as a difference\n");
    let mut slower = Vec::new();
    for row in &after {
        let Some(earlier) = before.iter().find(|earlier| earlier.case == row.case) else { continue };
        let Some((ratio, low, high)) = ratio(earlier, row) else { continue };
        let worse = ratio > 1.10 && low > 1.0;
        let word = if worse { "WORSE" } else { "" };
        println!("{:<52} {ratio:6.3}  ({low:.3} .. {high:.3})  {word}", row.case);
        if worse {
            slower.push(row.case.as_str());
        }
    }
    judge(slower.into_iter())
}

/// How much more `b` takes than `a`, and the interval; `None` where more is not worse, or nothing is shared.
fn ratio(a: &Row, b: &Row) -> Option<(f64, f64, f64)> {
    if let (Some(a), Some(b)) = (&a.time, &b.time) {
        let (low, high) = (b.median_low_ns / a.median_high_ns, b.median_high_ns / a.median_low_ns);
        return Some((b.median_ns / a.median_ns, low, high));
    }
    let (a, b) = (a.quantity.as_ref()?, b.quantity.as_ref()?);
    let costs = ["bytes", "allocations", "instructions"].contains(&b.unit.as_str());
    let ratio = if a.value == b.value { 1.0 } else { b.value / a.value };
    costs.then_some((ratio, ratio, ratio))
}

/// Fails where a case is named.
fn judge<'a>(slower: impl Iterator<Item = &'a str>) -> Result<()> {
    let slower: Vec<&str> = slower.collect();
    if !slower.is_empty() {
        bail!("more than 10 % slower: {}", slower.join(", "));
    }
    println!("\nno case is more than 10 % slower");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::record::{Quantity, Time};

    fn timed(median_ns: f64) -> Row {
        let (median_low_ns, median_high_ns) = (0.99 * median_ns, 1.01 * median_ns);
        let time = Time { median_ns, median_low_ns, median_high_ns, ..Time::default() };
        Row { case: "a".into(), time: Some(time), ..Row::default() }
    }

    fn write(folder: &Path, name: &str, row: &Row) -> PathBuf {
        let path = folder.join(name);
        fs::write(&path, serde_json::to_string(row).expect("a row")).expect("a file");
        path
    }

    #[test]
    fn a_slower_record_fails_by_name() {
        let folder = tempfile::tempdir().expect("a folder");
        let before = write(folder.path(), "before", &timed(100.0));
        let after = write(folder.path(), "after", &timed(125.0));
        assert!(records(&before, &after).is_err_and(|e| e.to_string().ends_with("slower: a")));
        records(&after, &before).expect("faster is no fault");
        records(&before, &before).expect("the same is no fault");
        let mut other = timed(100.0);
        other.run.cpu_features = vec!["avx2".into(), "fma".into()];
        let other = write(folder.path(), "other", &other);
        let refused = records(&before, &other).expect_err("two processors").to_string();
        assert!(refused.contains("with portable and") && refused.contains("with avx2"), "{refused}");
    }

    #[test]
    fn memory_counts_and_accuracy_does_not() {
        let row = |value, unit: &str| {
            let quantity = Some(Quantity { value, unit: unit.into(), interval: None });
            Row { quantity, ..Row::default() }
        };
        assert_eq!(ratio(&row(4.0, "bytes"), &row(6.0, "bytes")), Some((1.5, 1.5, 1.5)));
        assert_eq!(ratio(&row(0.0, "allocations"), &row(0.0, "allocations")), Some((1.0, 1.0, 1.0)));
        assert_eq!(ratio(&row(40.0, "%"), &row(60.0, "%")), None);
    }
}
