//! `trm check-parity`

use crate::output::Output;
use crate::verdict::Verdict;
use anyhow::{Context, Result, bail};
use clap::Parser;
use std::path::{Path, PathBuf};
use trm_core::parity::{Agreement, Report, check};

#[derive(Parser)]
#[command(after_help = "Example:\n  trm check-parity crates/trm-core/tests/golden\n\n\
    Exit codes: 0 all pairs agree, 1 one differs, 2 a file cannot be read.")]
pub struct Args {
    /// Folder of NAME.weights.safetensors and NAME.expected.safetensors
    folder: PathBuf,
    /// Print every quantity
    #[arg(long)]
    all: bool,
}

/// Quantities of a kind start with the same letters.
const KINDS: [(&str, &str); 4] =
    [("step", "steps"), ("train.adamw", "AdamW losses"), ("train.", "losses"), ("grad.", "gradients")];

pub fn run(args: &Args, out: &mut Output) -> Result<Verdict> {
    let names = pairs(&args.folder)?;
    let mut verdict = Verdict::Yes;
    for name in &names {
        let file = |kind: &str| args.folder.join(format!("{name}.{kind}.safetensors"));
        let report = check(file("weights"), file("expected")).with_context(|| name.clone())?;
        let word = if report.passed() { "agrees" } else { "DIFFERS" };
        writeln!(out, "{name}: {word}, {} quantities", report.quantities.len())?;
        print(&report, args.all, out)?;
        if !report.passed() {
            verdict = Verdict::No;
        }
    }
    Ok(verdict)
}

/// The names of all pairs of a folder.
fn pairs(folder: &Path) -> Result<Vec<String>> {
    let named = || folder.display().to_string();
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(named)? {
        let file = entry.with_context(named)?.file_name().to_string_lossy().into_owned();
        names.extend(file.strip_suffix(".weights.safetensors").map(str::to_owned));
    }
    names.sort();
    if names.is_empty() {
        bail!("{}: no NAME.weights.safetensors", named());
    }
    Ok(names)
}

fn print(report: &Report, all: bool, out: &mut Output) -> Result<()> {
    let kind_of =
        |name: &str| KINDS.iter().find(|(start, _)| name.starts_with(start)).map_or("others", |k| k.1);
    for kind in KINDS.map(|k| k.1).into_iter().chain(["others"]) {
        let mut of_kind: Vec<_> = report.quantities.iter().filter(|q| kind_of(&q.name) == kind).collect();
        of_kind.sort_by(|a, b| b.difference.total_cmp(&a.difference));
        let n_rows = if all { of_kind.len() } else { 1 };
        for q in &of_kind[..n_rows.min(of_kind.len())] {
            let word = match q.agreement() {
                Agreement::Within => "within",
                Agreement::Chaotic => "chaotic: rounding alone moves it as far,",
                Agreement::Differs => "BEYOND",
            };
            writeln!(out, "  {kind:<13} {:<36} {:.2e} {word} {:.0e}", q.name, q.difference, q.tolerance)?;
        }
        let n_beyond = of_kind.iter().filter(|q| q.agreement() == Agreement::Differs).count();
        if n_beyond > 1 && !all {
            writeln!(out, "  {kind:<13} {n_beyond} in all beyond their tolerance")?;
        }
    }
    Ok(())
}
