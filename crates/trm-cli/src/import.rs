//! `trm import`

use crate::input::read_file;
use anyhow::{Context, Result, bail};
use clap::Parser;
use std::path::PathBuf;
use trm_core::official;

/// How a PyTorch file becomes one that can be read without running what it holds.
const CONVERT: &str = "convert it first, in Python:\n  \
    import torch; from safetensors.torch import save_file\n  \
    save_file({k: v.contiguous() for k, v in torch.load('IN', map_location='cpu').items()}, 'OUT.safetensors')";

#[derive(Parser)]
#[command(after_help = "Examples:\n  \
    trm import checkpoint.safetensors sudoku.safetensors --config arch.json\n  \
    trm eval sudoku --model sudoku.safetensors\n\n\
    The checkpoint is a state dict of the official TinyRecursiveModels code as safetensors, its\n\
    configuration the `arch` part of its all_config.yaml as JSON, with seq_len, vocab_size and\n\
    num_puzzle_identifiers of its data set (Sudoku: 81, 11, 1; mazes: 900, 6, 1). Files that carry it in\n\
    their metadata as `config` need no --config.\n\n\
    PyTorch files (.pt, .pth, step_12345) may run code when they are read. Convert them where you trust\n\
    them, in Python:\n  \
    import torch; from safetensors.torch import save_file\n  \
    save_file({k: v.contiguous() for k, v in torch.load('IN', map_location='cpu').items()}, 'OUT.safetensors')")]
pub struct Args {
    /// Official checkpoint (safetensors)
    input: PathBuf,
    /// Model file to write
    output: PathBuf,
    /// Its configuration (JSON)
    #[arg(long)]
    config: Option<PathBuf>,
}

pub fn run(args: &Args) -> Result<()> {
    let named = || args.input.display().to_string();
    let mut first = [0; 4];
    let mut file = std::fs::File::open(&args.input).with_context(named)?;
    let n = std::io::Read::read(&mut file, &mut first).with_context(named)?;
    // A zip archive, or a bare pickle of protocol 2 to 5: what torch.save writes.
    if n == 4
        && (first.starts_with(b"PK\x03\x04")
            || (first[0] == 0x80 && (2..=5).contains(&first[1]) && first[2] != 0))
    {
        bail!("{} is a PyTorch file; {CONVERT}", named());
    }
    let config = match &args.config {
        Some(path) => Some(read_file(path).with_context(|| path.display().to_string())?),
        None => None,
    };
    let mut model = official::load(&args.input, config.as_deref()).with_context(named)?;
    let name = args.input.file_name().unwrap_or_default();
    model.note.insert("imported from".into(), name.to_string_lossy().into_owned());
    model.save(&args.output)?;
    println!("{}: {} weights", args.output.display(), model.params.len());
    Ok(())
}
