//! `cargo xtask bench`

mod baseline;
#[cfg(all(test, unix))]
mod crash;
mod criterion;
mod instructions;
mod machine;
mod matrix;
mod paired;
mod panel;
mod programs;
mod record;
mod report;
mod stats;

pub use machine::processor;

use crate::run::{root, target};
use anyhow::{Context, Result, bail};
use matrix::Wanted;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

const HELP: &str = "\
cargo xtask bench [--quick] [NAME ..]    the matrix, or the cases whose names hold one of these
cargo xtask bench --roofline             what the processor can do, and what the models reach
cargo xtask bench --baseline REV [--quick] [NAME ..]
                                         this against a revision, in turns; fails over 10 % slower
cargo xtask bench --compare A B          two records; fails over 10 % slower
cargo xtask bench --instructions [REV]   counts the instructions of the hot kernels under valgrind, which a
                                         busy machine does not disturb; fails over 2 % more than REV
cargo xtask bench --report [RECORD]      the dashboard and target/report/index.html of a record

A run writes a row per case to benches/record/, prints the dashboard and writes the page. The whole
matrix takes about a quarter of an hour; --quick takes fewer samples.
";

/// What the arguments ask for.
#[derive(Debug, PartialEq)]
enum Task {
    Help,
    Measure(Wanted),
    Baseline(String, Wanted),
    Compare(PathBuf, PathBuf),
    Instructions(Option<String>),
    Report(Option<PathBuf>),
}

/// Whether the workspace has its benchmarks.
pub fn exists() -> bool {
    root().join("benches/Cargo.toml").exists()
}

/// Measures, compares or draws.
pub fn run(arguments: &[String]) -> Result<()> {
    match parse(arguments)? {
        Task::Help => print!("{HELP}"),
        Task::Measure(wanted) => {
            let rows = matrix::measure(&wanted)?;
            let path = record::write(&rows)?;
            show(&rows, &path)?;
        }
        Task::Baseline(revision, wanted) => baseline::against(&revision, &wanted)?,
        Task::Compare(a, b) => baseline::records(&a, &b)?,
        Task::Instructions(revision) => instructions::run(revision.as_deref())?,
        Task::Report(path) => {
            let path = path.map_or_else(record::latest, Ok)?;
            show(&record::read(&path)?, &path)?;
        }
    }
    Ok(())
}

/// What a record shows, from the text of its file: the dashboard, and the page.
///
/// # Errors
/// Where a line is no row.
pub fn drawn(text: &str) -> Result<[String; 2]> {
    let rows = record::parse(text)?;
    Ok([panel::draw(&panel::groups(&rows), false), report::page(&rows, &[])])
}

fn show(rows: &[record::Row], path: &Path) -> Result<()> {
    let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let colour = std::io::stdout().is_terminal() && !no_colour;
    print!("{}", panel::draw(&panel::groups(rows), colour));
    if let Some(load) = rows.first().and_then(|row| row.run.load).filter(|load| *load > 0.5) {
        println!("the machine was busy (load {load}): the times say little");
    }
    println!("record: {}\npage:   {}", path.display(), report::write(rows)?.display());
    Ok(())
}

fn parse(arguments: &[String]) -> Result<Task> {
    let (mut wanted, mut revision) = (Wanted::default(), None);
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let mut file = || {
            let path = arguments.next().with_context(|| format!("{argument} needs another argument"))?;
            std::path::absolute(path).context(path.clone())
        };
        match argument.as_str() {
            "--help" | "-h" => return Ok(Task::Help),
            "--compare" => return Ok(Task::Compare(file()?, file()?)),
            "--instructions" => return Ok(Task::Instructions(arguments.next().cloned())),
            "--report" => return Ok(Task::Report(file().ok())),
            "--baseline" => revision = Some(arguments.next().context("--baseline needs a revision")?.clone()),
            "--quick" => wanted.quick = true,
            "--roofline" => wanted.names.push("Roofline".into()),
            name if !name.starts_with('-') => wanted.names.push(name.into()),
            other => bail!("bench does not know {other:?}\n\n{HELP}"),
        }
    }
    Ok(match revision {
        Some(revision) => Task::Baseline(revision, wanted),
        None => Task::Measure(wanted),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_read() {
        let parse = |words: &str| parse(&words.split_whitespace().map(String::from).collect::<Vec<_>>());
        let wanted =
            |quick, names: &[&str]| Wanted { quick, names: names.iter().map(|n| (*n).into()).collect() };
        assert_eq!(parse("").ok(), Some(Task::Measure(wanted(false, &[]))));
        assert_eq!(parse("--quick Sudoku").ok(), Some(Task::Measure(wanted(true, &["Sudoku"]))));
        assert_eq!(parse("--roofline").ok(), Some(Task::Measure(wanted(false, &["Roofline"]))));
        assert_eq!(
            parse("--baseline main K").ok(),
            Some(Task::Baseline("main".into(), wanted(false, &["K"])))
        );
        assert!(matches!(parse("--compare a b"), Ok(Task::Compare(_, b)) if b.ends_with("b")));
        assert_eq!(parse("--instructions main").ok(), Some(Task::Instructions(Some("main".into()))));
        assert_eq!(parse("--report").ok(), Some(Task::Report(None)));
        for wrong in ["--compare a", "--baseline", "--fast"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
