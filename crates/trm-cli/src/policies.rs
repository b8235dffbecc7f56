//! `trm policies`

use crate::file_kind::{Kind, Owner};
use crate::input::{name_of, read_weights};
use crate::output::{Output, OutputFile};
use crate::values::number32;
use crate::verdict::Verdict;
use anyhow::{Context, Result, bail};
use clap::Parser;
use sona_learn::HaltingPolicy;
use std::path::{Path, PathBuf};
use trm_bench::{Runs, compare, learn, tune_settled};

/// Larger files are refused: no set of runs of use is.
const MAX_BYTES: u64 = 1 << 28;

#[derive(Parser)]
#[command(after_help = "Examples:\n  \
    trm policies runs.safetensors                      what `trm k-star --out` wrote\n  \
    trm policies runs.safetensors --html policies.html\n  \
    trm policies runs.safetensors --state maze.halting --json\n  \
    trm policies runs.safetensors --again seed-1.safetensors    `trm k-star --seed 1` of the same puzzles\n\n\
    A predictor learns from the runs at even places; all policies are judged on the others.\n\n\
    Exit codes: 0 every target reached, 1 not so, 2 bad input.")]
pub struct Args {
    /// Runs that `trm k-star` recorded
    runs: PathBuf,
    /// Runs of the same puzzles under another seed: how far K* is from itself, which no prediction can know
    #[arg(long, value_name = "RUNS")]
    again: Option<PathBuf>,
    /// Where to write a page with the plot
    #[arg(long)]
    html: Option<PathBuf>,
    /// Where to write what was learned, for --learned --halting
    #[arg(long)]
    state: Option<PathBuf>,
    /// Learned halting: stop once the answer is right with this chance; without it what does best on the
    /// runs that are learned from
    #[arg(long, value_name = "CHANCE", value_parser = number32(0.0..=1.0), allow_negative_numbers = true)]
    settled: Option<f32>,
    /// Learned halting: stop once all further steps add less than this to the chance of being right
    #[arg(long, value_name = "CHANCE", default_value_t = 0.0, value_parser = number32(0.0..=1.0),
        allow_negative_numbers = true)]
    hopeless: f32,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args, out: &mut Output) -> Result<Verdict> {
    if args.json {
        out.reserve("--json")?;
    }
    let mut create = |option, path: &Option<PathBuf>| {
        let inputs: Vec<_> = [&args.runs].into_iter().chain(&args.again).map(PathBuf::as_path).collect();
        path.as_deref().map(|path| OutputFile::create(option, path, &inputs, out)).transpose()
    };
    let (html, state) = (create("--html", &args.html)?, create("--state", &args.state)?);
    let named = || name_of(&args.runs);
    let runs = read(&args.runs)?;
    let engine = learn(&runs).with_context(named)?;
    let level = args.settled.map_or_else(|| tune_settled(&runs, &engine), Ok)?;
    let mut comparison = compare(&runs, &engine, HaltingPolicy { settled: level, hopeless: args.hopeless })?;
    if let Some(again) = &args.again {
        let other = read(again)?;
        comparison = comparison.with_another_seed(&runs, &other).with_context(|| name_of(again))?;
    }
    if let Some(html) = html {
        html.write(comparison.to_html().as_bytes())?;
    }
    if let Some(state) = state {
        engine.forget_examples();
        state.write(&engine.to_bytes()?)?;
    }
    let verdict = Verdict::from(comparison.targets.iter().all(|target| target.passed));
    out.set_verdict(verdict);
    if args.json {
        out.json(&comparison, None)?;
    } else {
        write!(out, "{comparison}")?;
    }
    Ok(verdict)
}

/// Recorded runs.
fn read(path: &Path) -> Result<Runs> {
    let named = || name_of(path);
    let bytes = read_weights(path, MAX_BYTES, |kind| match kind {
        Kind::Other(what) => bail!("{}: no recorded runs: {what}", named()),
        Kind::PyTorch => bail!("{}: no recorded runs: a PyTorch file", named()),
        Kind::Safetensors => Ok(()),
    })?;
    match Owner::of(&bytes) {
        None | Some(Owner::Runs) => {}
        Some(owner) => bail!("{}: no recorded runs: {}", named(), owner.describe()),
    }
    Runs::from_bytes(&bytes).with_context(named)
}
