//! `trm import`

use crate::input::{base_name, name_of};
use crate::output::{Output, OutputFile};
use crate::{checkpoint, checkpoint_config};
use anyhow::{Context, Result, bail};
use clap::Parser;
use safetensors::SafeTensors;
use std::path::{Path, PathBuf};
use trm_core::{Model, TrmError, official};

#[derive(Parser)]
#[command(after_help = "Examples:\n  \
    trm import step_65100 sudoku.safetensors --config all_config.yaml\n  \
    trm import checkpoint.safetensors sudoku.safetensors --config arch.json\n  \
    trm eval sudoku --model sudoku.safetensors\n\n\
    The checkpoint is a state dict of the official TinyRecursiveModels code, as torch.save wrote it or as\n\
    safetensors; a PyTorch file is read as data, and nothing in it is run. Its configuration is the\n\
    all_config.yaml of the run, or its `arch` part, as YAML or JSON. seq_len, vocab_size and\n\
    num_puzzle_identifiers (Sudoku: 81, 11, 1; mazes: 900, 6, 1) are in the dataset.json of the training\n\
    data: beside the configuration or among its fields. Files that carry it in their metadata as `config`\n\
    need no --config.")]
pub struct Args {
    /// Official checkpoint (PyTorch or safetensors)
    input: PathBuf,
    /// Model file to write
    output: PathBuf,
    /// Its configuration (YAML or JSON)
    #[arg(long)]
    config: Option<PathBuf>,
}

pub fn run(args: &Args, out: &mut Output) -> Result<()> {
    let inputs: Vec<&Path> =
        [Some(&args.input), args.config.as_ref()].into_iter().flatten().map(PathBuf::as_path).collect();
    let file = OutputFile::create("the output", &args.output, &inputs, out)?;
    let name = name_of(&args.input);
    let bytes = checkpoint::read(&args.input)?;
    let config = args.config.as_deref().map(checkpoint_config::read).transpose()?;
    if config.is_none() && !has_config(&bytes) {
        bail!("{name}: no configuration in this file; give it by --config{}", beside(&args.input));
    }
    let mut model = import(&bytes, config.as_deref()).context(name.clone())?;
    model.note.insert("imported from".into(), base_name(&name).to_owned());
    file.write(&model.to_bytes()?)?;
    writeln!(out, "{}: {} weights", args.output.display(), model.params.len())?;
    Ok(())
}

fn import(bytes: &[u8], config: Option<&str>) -> Result<Model> {
    let missing = match official::from_bytes(bytes, config) {
        Err(error @ TrmError::MissingTensor { .. }) => error,
        result => return Ok(result?),
    };
    let (_, header) = SafeTensors::read_metadata(bytes)?;
    let mut names: Vec<String> = header.tensors().into_keys().collect();
    names.sort();
    let n = names.len();
    names.truncate(8);
    bail!("{missing}; the file has {n}: {}{}", names.join(", "), if n > 8 { ", .." } else { "" });
}

fn has_config(bytes: &[u8]) -> bool {
    let header = SafeTensors::read_metadata(bytes);
    // A broken header is reported by the import.
    header.map_or(true, |(_, header)| header.metadata().as_ref().is_some_and(|m| m.contains_key("config")))
}

/// Names the configuration that a training run wrote beside its checkpoints, if it is there.
fn beside(input: &Path) -> String {
    let config = input.with_file_name("all_config.yaml");
    if config.is_file() { format!(", such as {} beside it", config.display()) } else { String::new() }
}
