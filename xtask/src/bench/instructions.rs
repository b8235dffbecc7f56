//! `cargo xtask bench --instructions`: what callgrind counts. Valgrind alone, without a crate around
//! it: those bring a runner of their own that takes longer to build than this workspace.

use super::baseline::Revision;
use super::matrix::row;
use super::programs::{COUNTED, Program, build};
use super::record::{Quantity, Row};
use super::{machine, record, target};
use crate::run::{passes, root, shown};
use anyhow::{Context, Result, bail};
use std::fs;
use std::process::{Command, Stdio};

/// More than this many times the baseline's instructions fail.
const TOLERANCE: f64 = 1.02;

/// Counts this revision's instructions, and the baseline's where one is named.
pub fn run(revision: Option<&str>) -> Result<()> {
    install()?;
    let ours = count(&build(&root(), None)?)?;
    let Some(revision) = revision else {
        return write(&ours);
    };
    let theirs = count(&Revision::build(revision)?.programs)?;
    let compared = compare(&theirs, &ours);
    if compared.is_empty() {
        bail!("{revision} counts no case that is counted here");
    }
    compared.iter().for_each(|(case, ratio)| println!("{case:<32} {ratio:6.3}"));
    let more: Vec<&str> = compared.iter().filter(|c| c.1 > TOLERANCE).map(|c| c.0).collect();
    if !more.is_empty() {
        bail!("more than 2 % more instructions than {revision}: {}", more.join(", "));
    }
    println!("no case takes more than 2 % more instructions than {revision}");
    Ok(())
}

fn write(counts: &[(String, u64)]) -> Result<()> {
    let run = machine::describe(false);
    let rows = counts.iter().map(|(case, count)| {
        let quantity = Quantity { value: *count as f64, unit: "instructions".into(), interval: None };
        println!("{case:<32} {count:>12}");
        Row { quantity: Some(quantity), ..row(format!("Instructions/{case}"), &run) }
    });
    println!("record: {}", record::write(&rows.collect::<Vec<_>>())?.display());
    Ok(())
}

/// Valgrind from Debian, where it is missing.
fn install() -> Result<()> {
    let is_there = || Command::new("valgrind").arg("--version").output().is_ok_and(|o| o.status.success());
    if is_there() {
        return Ok(());
    }
    println!("valgrind is missing: apt-get install valgrind");
    let installed =
        passes(Command::new("apt-get").args(["install", "--yes", "valgrind"]).stdin(Stdio::null()));
    installed.context("valgrind is not installed, and apt-get could not install it")
}

fn count(programs: &[Program]) -> Result<Vec<(String, u64)>> {
    let Some(program) = programs.iter().find(|program| program.name == COUNTED) else {
        return Ok(Vec::new());
    };
    program.cases()?.into_iter().map(|case| Ok((case.clone(), count_one(program, &case)?))).collect()
}

/// The instructions of one case. AVX-512 is unknown to callgrind, so AVX2 is used, or the portable
/// kernels where the processor has none.
fn count_one(program: &Program, case: &str) -> Result<u64> {
    let folder = target().join("bench");
    fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    let out = folder.join("callgrind.out");
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--quiet", "--tool=callgrind", "--collect-atstart=no", "--toggle-collect=*counted*"]);
    valgrind.arg(format!("--callgrind-out-file={}", out.display()));
    valgrind.arg(&program.path).args(["--count", case]);
    valgrind.env("TRM_KERNEL", "avx2").env("RAYON_NUM_THREADS", "1").stdin(Stdio::null());
    let output = valgrind.output().with_context(|| shown(&valgrind))?;
    if !output.status.success() {
        bail!("{} failed: {}", shown(&valgrind), String::from_utf8_lossy(&output.stderr));
    }
    let text = fs::read_to_string(&out).with_context(|| out.display().to_string())?;
    total(&text).with_context(|| format!("callgrind counted nothing of {case}"))
}

/// The total of a callgrind file; `None` where it is missing or nothing was counted.
fn total(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("totals:").or(line.strip_prefix("summary:")));
    line?.trim().parse().ok().filter(|total| *total > 0)
}

/// Our count by theirs, for each case that both have.
fn compare<'a>(theirs: &[(String, u64)], ours: &'a [(String, u64)]) -> Vec<(&'a str, f64)> {
    let ratio = |(case, count): &'a (String, u64)| {
        let (_, before) = theirs.iter().find(|(theirs, _)| theirs == case)?;
        Some((case.as_str(), *count as f64 / *before as f64))
    };
    ours.iter().filter_map(ratio).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_are_read() {
        assert_eq!(
            total("version: 1\nevents: Ir\n\nfn=(1) counted\n3 10\n\ntotals: 123456\n"),
            Some(123_456)
        );
        assert_eq!(total("summary: 7\n"), Some(7));
        for nothing in ["", "totals: 0\n", "totals: x\n"] {
            assert_eq!(total(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn a_deliberate_slow_down_is_seen() {
        let counts = |n: u64| vec![("a".to_owned(), n), ("only here".to_owned(), n)];
        let before = vec![("a".to_owned(), 1000)];
        for (now, fails) in [(1000, false), (1019, false), (1050, true), (2000, true)] {
            let ours = counts(now);
            let compared = compare(&before, &ours);
            assert_eq!(compared.len(), 1);
            assert_eq!(compared[0].1 > TOLERANCE, fails, "{now}");
        }
    }
}
