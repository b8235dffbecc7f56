//! `trm plot`

use crate::input::{is_stdin, name_of, open};
use crate::output::{Output, OutputFile};
use anyhow::{Context, Result, bail};
use clap::Parser;
use std::io::BufReader;
use std::path::PathBuf;
use trm_bench::TrainingLog;

#[derive(Parser)]
#[command(after_help = "Examples:\n  trm plot runs/maze/log.jsonl\n  trm plot log.jsonl --out curves.html")]
pub struct Args {
    /// The log.jsonl of a training run, or - for standard input
    log: PathBuf,
    /// Where to write, - for standard output; without it beside the log
    #[arg(long)]
    out: Option<PathBuf>,
}

pub fn run(args: &Args, out: &mut Output) -> Result<()> {
    let name = name_of(&args.log);
    let log = TrainingLog::read(BufReader::new(open(&args.log)?)).with_context(|| name.clone())?;
    if log.progress.is_empty() && log.validations.is_empty() {
        bail!("{name}: no report of a training run is in this file");
    }
    let page = match &args.out {
        Some(page) => page.clone(),
        None if is_stdin(&args.log) => "-".into(),
        None => args.log.with_extension("html"),
    };
    let file = OutputFile::create("--out", &page, &[&args.log], out)?;
    file.write(log.to_html(&name).as_bytes())?;
    writeln!(out, "{}", page.display())?;
    Ok(())
}
