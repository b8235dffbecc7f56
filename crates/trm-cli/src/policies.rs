//! `trm policies`

use crate::input::{open_output, write_output};
use crate::verdict::Verdict;
use anyhow::{Context, Result, bail};
use clap::Parser;
use sona_learn::HaltingPolicy;
use std::io::Read;
use std::path::PathBuf;
use trm_bench::{Runs, compare, learn, tune_settled};

/// Larger files are refused: no set of runs of use is.
const MAX_BYTES: u64 = 1 << 28;

#[derive(Parser)]
#[command(after_help = "Examples:\n  \
    trm policies runs.safetensors                      what `trm k-star --out` wrote\n  \
    trm policies runs.safetensors --html policies.html\n  \
    trm policies runs.safetensors --state maze.halting --json\n\n\
    A predictor learns from the runs at even places; all policies are judged on the others.\n\n\
    Exit codes: 0 every target reached, 1 not so, 2 bad input.")]
pub struct Args {
    /// Runs that `trm k-star` recorded
    runs: PathBuf,
    /// Where to write a page with the plot
    #[arg(long)]
    html: Option<PathBuf>,
    /// Where to write what was learned, for --learned --halting
    #[arg(long)]
    state: Option<PathBuf>,
    /// Learned halting: stop once the answer is right with this chance; without it what does best on the
    /// runs that are learned from
    #[arg(long, value_name = "CHANCE")]
    settled: Option<f32>,
    /// Learned halting: stop once all further steps add less than this to the chance of being right
    #[arg(long, value_name = "CHANCE", default_value_t = 0.0)]
    hopeless: f32,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> Result<Verdict> {
    let outputs = [&args.html, &args.state].map(|path| path.as_deref().map(open_output).transpose());
    let [html, state] = outputs;
    let (html, state) = (html?, state?);
    let named = || args.runs.display().to_string();
    let mut bytes = Vec::new();
    let file = std::fs::File::open(&args.runs).with_context(named)?;
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).with_context(named)?;
    if bytes.len() as u64 > MAX_BYTES {
        bail!("{}: more than {MAX_BYTES} bytes are no runs", args.runs.display());
    }
    let runs = Runs::from_bytes(&bytes).with_context(named)?;
    let engine = learn(&runs).with_context(named)?;
    let level = args.settled.map_or_else(|| tune_settled(&runs, &engine), Ok)?;
    let comparison = compare(&runs, &engine, HaltingPolicy { settled: level, hopeless: args.hopeless })?;
    if let Some(html) = html {
        write_output(html, comparison.to_html().as_bytes())?;
    }
    if let Some(state) = state {
        engine.forget_examples();
        write_output(state, &engine.to_bytes()?)?;
    }
    if args.json {
        println!("{}", serde_json::to_string(&comparison)?);
    } else {
        print!("{comparison}");
    }
    let reached = comparison.targets.iter().all(|target| target.passed);
    Ok(if reached { Verdict::Yes } else { Verdict::No })
}
