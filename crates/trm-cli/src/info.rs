//! `trm info`

use crate::input::Puzzle;
use anyhow::{Context, Result};
use clap::{Parser, ValueEnum};
use serde_json::json;
use trm_core::{Mixer, Model, Relations};

#[derive(Parser)]
#[command(after_help = "Examples:\n  trm info sudoku\n  trm info runs/maze/model.safetensors --json")]
pub struct Args {
    /// A model file, or sudoku or maze for a model that this program carries
    model: String,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> Result<()> {
    let (model, size_bytes) = match Puzzle::from_str(&args.model, true) {
        Ok(puzzle) if !std::path::Path::new(&args.model).exists() => {
            let (engine, bytes) = puzzle.embedded();
            (engine.model().clone(), bytes.len() as u64)
        }
        _ => {
            let model = Model::load(&args.model).with_context(|| args.model.clone())?;
            let size = std::fs::metadata(&args.model).with_context(|| args.model.clone())?.len();
            (model, size)
        }
    };
    if args.json {
        print_json(&model, size_bytes);
    } else {
        print_text(&args.model, &model, size_bytes);
    }
    Ok(())
}

fn print_json(model: &Model, size_bytes: u64) {
    let tensors: Vec<_> = model
        .layout()
        .entries
        .iter()
        .map(|e| json!({ "name": e.name, "shape": e.shape, "trained": e.trained }))
        .collect();
    let object = json!({
        "config": model.config(), "note": model.note, "untrained": model.is_untrained(),
        "n_params": model.params.len(), "size_bytes": size_bytes, "tensors": tensors,
    });
    println!("{object}");
}

fn print_text(name: &str, model: &Model, size_bytes: u64) {
    let config = model.config();
    let untrained = if model.is_untrained() { ", UNTRAINED" } else { "" };
    println!("{name}: {} weights, {size_bytes} bytes{untrained}", model.params.len());
    for (key, value) in &model.note {
        println!("  {key}: {value}");
    }
    println!("\nconfiguration");
    let mixer = match &config.mixer {
        Mixer::Mlp { seq_len, mix_dim } => format!("MLP of {mix_dim} across {seq_len} positions"),
        Mixer::Attention { num_heads } => format!("attention, {num_heads} heads"),
        Mixer::Relational(Relations::Grid4) => "relational, 4 neighbours on a grid of any size".into(),
        Mixer::Relational(relations) => format!(
            "relational, {} group relations through {} matrices over {} tokens",
            relations.n_group_relations(),
            relations.n_matrices(),
            relations.n_tokens().unwrap_or(0),
        ),
    };
    println!("  mixer              {mixer}");
    println!("  hidden_dim         {} (inside the SwiGLU {})", config.hidden_dim, config.ffn_dim);
    println!("  blocks             {}", config.n_blocks);
    println!("  question token     {} features", config.embedding_dim);
    println!("  answer token       {} numbers, {:?}", config.answer_dim, config.output);
    println!("  n, T               {} latent iterations, {} cycles", config.latent_iterations, config.cycles);
    println!("  halting            at confidence {}, at most {} steps", config.halt_threshold, config.max_k);
    println!("\ntensors");
    for entry in model.layout().entries.iter().filter(|e| !e.range.is_empty()) {
        let root_mean_square = {
            let values = &model.params[entry.range.clone()];
            (values.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>() / values.len().max(1) as f64).sqrt()
        };
        let shape = format!("{:?}", entry.shape);
        let fixed = if entry.trained { "" } else { "  not trained" };
        println!("  {:<28} {shape:<16} rms {root_mean_square:.4}{fixed}", entry.name);
    }
}
