//! `trm average`

use crate::input::{base_name, name_of, read_model};
use crate::output::{Output, OutputFile};
use crate::phase;
use anyhow::{Result, bail};
use clap::Parser;
use std::path::{Path, PathBuf};

#[derive(Parser)]
#[command(after_help = "Example:\n  \
    trm average runs/a/model-3000.safetensors runs/a/model-4000.safetensors --out model.safetensors\n\n\
    The mean of weights along one run, or of runs that began from the same weights, often scores better\n\
    than any of them (arXiv 2203.05482). Averaging models that were trained apart gives noise.")]
pub struct Args {
    /// Model files of one shape; what is not a weight, as T and the halting threshold, is taken from the first
    #[arg(required = true, num_args = 2..)]
    models: Vec<PathBuf>,
    /// Model file to write
    #[arg(long)]
    out: PathBuf,
}

pub fn run(args: &Args, out: &mut Output) -> Result<()> {
    let inputs: Vec<&Path> = args.models.iter().map(PathBuf::as_path).collect();
    let file = OutputFile::create("--out", &args.out, &inputs, out)?;
    let mut mean = read_model(inputs[0])?;
    let mut sums: Vec<f64> = mean.params.iter().map(|p| f64::from(*p)).collect();
    for path in &inputs[1..] {
        let model = read_model(path)?;
        if model.layout() != mean.layout() {
            bail!("{}: a model of another shape than {}", name_of(path), name_of(inputs[0]));
        }
        sums.iter_mut().zip(&model.params).for_each(|(sum, p)| *sum += f64::from(*p));
    }
    let n = args.models.len();
    mean.params = sums.into_iter().map(|sum| (sum / n as f64) as f32).collect();
    let names: Vec<_> = inputs.iter().map(|path| base_name(&path.to_string_lossy()).to_owned()).collect();
    phase::note(&mut mean, format!("trm average {}", names.join(" ")));
    file.write(&mean.to_bytes()?)?;
    writeln!(out, "{}: the mean of {n} models", args.out.display())?;
    Ok(())
}
