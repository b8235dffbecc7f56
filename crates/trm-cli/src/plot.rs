//! `trm plot`

use crate::input::{open_output, write_output};
use anyhow::{Context, Result};
use clap::Parser;
use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;
use trm_bench::TrainingLog;

#[derive(Parser)]
#[command(after_help = "Examples:\n  trm plot runs/maze/log.jsonl\n  trm plot log.jsonl --out curves.html")]
pub struct Args {
    /// The log.jsonl of a training run
    log: PathBuf,
    /// Where to write; beside the log unless told
    #[arg(long)]
    out: Option<PathBuf>,
}

pub fn run(args: &Args) -> Result<()> {
    let named = || args.log.display().to_string();
    let file = File::open(&args.log).with_context(named)?;
    let log = TrainingLog::read(BufReader::new(file)).with_context(named)?;
    let out = args.out.clone().unwrap_or_else(|| args.log.with_extension("html"));
    write_output(open_output(&out)?, log.to_html(&named()).as_bytes())?;
    println!("{}", out.display());
    Ok(())
}
