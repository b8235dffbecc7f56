//! `trm set`

use crate::input::{base_name, name_of, read_model};
use crate::output::{Output, OutputFile};
use crate::phase;
use crate::values::{HaltBy, number32};
use anyhow::{Result, bail};
use clap::Parser;
use clap::builder::RangedU64ValueParser;
use std::path::PathBuf;
use trm_core::{AnswerChannel, Model, TrmConfig};

#[derive(Parser)]
#[command(after_help = "Examples:\n  \
    trm set model.safetensors --halting-rule confidence --out quick.safetensors\n  \
    trm set model.safetensors --channel-noise 1.5,14,0.05,3 --max-k 1024 --out patient.safetensors\n\n\
    Halting and noise are no weights: measure with the options of `trm eval` which settings suit a model, and\n\
    write them into its file, so that everyone runs it so.")]
pub struct Args {
    /// Model file
    model: PathBuf,
    /// Model file to write
    #[arg(long)]
    out: PathBuf,
    /// The rule by which runs halt unless another is named
    #[arg(long, value_enum)]
    halting_rule: Option<HaltBy>,
    /// The confidence at which a step counts as confident
    #[arg(long, value_parser = number32(0.0..=1.0), allow_negative_numbers = true)]
    halt_threshold: Option<f32>,
    /// The most supervision steps of a run
    #[arg(long, value_name = "K", value_parser = RangedU64ValueParser::<usize>::new().range(1..=65536))]
    max_k: Option<usize>,
    /// T: cycles of a supervision step. A net that was trained to follow a search works alike in steps of any length
    #[arg(long, value_name = "T", value_parser = RangedU64ValueParser::<usize>::new().range(1..=256))]
    cycles: Option<usize>,
    /// Standard deviation of the answer channel's noise: one number, or the first one, after how many steps it
    /// rises, by how much in every step, and where it stops
    #[arg(long, value_name = "NOISE[,STEPS,RISE,MOST]", value_delimiter = ',',
        value_parser = number32(0.0..=100.0), allow_negative_numbers = true)]
    channel_noise: Vec<f32>,
}

pub fn run(args: &Args, out: &mut Output) -> Result<()> {
    let file = OutputFile::create("--out", &args.out, &[&args.model], out)?;
    let model = read_model(&args.model)?;
    let mut config = model.config().clone();
    let mut words = Vec::new();
    if let Some(rule) = args.halting_rule {
        config.halting_rule = rule.into();
        words.push(format!("--halting-rule {rule}"));
    }
    if let Some(threshold) = args.halt_threshold {
        config.halt_threshold = threshold;
        words.push(format!("--halt-threshold {threshold}"));
    }
    if let Some(max_k) = args.max_k {
        config.max_k = max_k;
        words.push(format!("--max-k {max_k}"));
    }
    if let Some(cycles) = args.cycles {
        config.cycles = cycles;
        config.gradient_cycles = config.gradient_cycles.min(cycles);
        words.push(format!("--cycles {cycles}"));
    }
    if !args.channel_noise.is_empty() {
        set_channel(&mut config, &args.channel_noise, &name_of(&args.model))?;
        let numbers: Vec<_> = args.channel_noise.iter().map(f32::to_string).collect();
        words.push(format!("--channel-noise {}", numbers.join(",")));
    }
    if words.is_empty() {
        bail!("nothing to set: see `trm set --help`");
    }
    let mut changed = Model::new(config)?;
    changed.start_from(&model)?;
    let name = name_of(&args.model);
    phase::note(&mut changed, format!("trm set {} {}", base_name(&name), words.join(" ")));
    file.write(&changed.to_bytes()?)?;
    Ok(writeln!(out, "{}: {name} with {}", args.out.display(), words.join(" "))?)
}

/// Gives a model of this name, which has a channel, other noise.
pub fn set_channel(config: &mut TrmConfig, numbers: &[f32], name: &str) -> Result<()> {
    if config.answer_channel.is_none() {
        bail!("--channel-noise: {name} has no answer channel");
    }
    config.answer_channel = Some(channel(numbers)?);
    Ok(())
}

/// The channel of one number or of four.
pub fn channel(numbers: &[f32]) -> Result<AnswerChannel> {
    match *numbers {
        [noise] => Ok(AnswerChannel::constant(noise)),
        [noise, calm, rise, most] if calm.fract() == 0.0 => {
            Ok(AnswerChannel { noise, calm: calm as u32, rise, most })
        }
        _ => bail!("--channel-noise takes NOISE, or NOISE,STEPS,RISE,MOST with a whole number of steps"),
    }
}
