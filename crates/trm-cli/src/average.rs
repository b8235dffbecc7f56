//! `trm average`

use anyhow::{Context, Result, bail};
use clap::Parser;
use std::path::PathBuf;
use trm_core::Model;

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

pub fn run(args: &Args) -> Result<()> {
    let load = |path: &PathBuf| Model::load(path).with_context(|| path.display().to_string());
    let mut mean = load(&args.models[0])?;
    let mut sums: Vec<f64> = mean.params.iter().map(|p| f64::from(*p)).collect();
    for path in &args.models[1..] {
        let model = load(path)?;
        if model.layout() != mean.layout() {
            bail!("{}: a model of another shape than {}", path.display(), args.models[0].display());
        }
        sums.iter_mut().zip(&model.params).for_each(|(sum, p)| *sum += f64::from(*p));
    }
    let n = args.models.len();
    mean.params = sums.into_iter().map(|sum| (sum / n as f64) as f32).collect();
    let key = format!("phase {}", mean.note.len() + 1);
    let name = |path: &PathBuf| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let names: Vec<_> = args.models.iter().map(name).collect();
    mean.note.insert(key, format!("trm average {}", names.join(" ")));
    mean.save(&args.out)?;
    println!("{}: the mean of {n} models", args.out.display());
    Ok(())
}
