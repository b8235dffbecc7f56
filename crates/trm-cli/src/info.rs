//! `trm info`

use crate::input::{name_of, read_model_bytes};
use crate::kind::{PuzzleFile, ends_in};
use crate::model_args::Puzzle;
use crate::output::Output;
use anyhow::Result;
use clap::Parser;
use puzzles::rules::{Rule, Source};
use serde_json::json;
use std::path::Path;
use trm_core::{AnswerChannel, HaltingRule, Mixer, Model, Relations};

#[derive(Parser)]
#[command(after_help = "Examples:\n  trm info sudoku\n  trm info runs/maze/model.safetensors --json")]
pub struct Args {
    /// A model file, or sudoku or maze for a model that this program carries; a puzzle file (.toml)
    #[arg(value_name = "MODEL|FILE")]
    model: String,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args, out: &mut Output) -> Result<()> {
    let path = Path::new(&args.model);
    if ends_in(path, "toml") {
        return puzzle(&PuzzleFile::read(path)?, args.json, out);
    }
    let (model, size_bytes) = match Puzzle::carried(path) {
        Some(puzzle) => {
            let (engine, bytes) = puzzle.embedded();
            (engine.model().clone(), bytes.len())
        }
        None => {
            let (model, bytes) = read_model_bytes(path)?;
            (model, bytes.len())
        }
    };
    let name = name_of(path);
    if args.json {
        print_json(&name, &model, size_bytes, out)
    } else {
        print_text(&name, &model, size_bytes, out)
    }
}

/// Says what a puzzle file describes.
fn puzzle(file: &PuzzleFile, json: bool, out: &mut Output) -> Result<()> {
    let (rules, template) = (file.rules(), file.rules().template());
    let symbols: String = rules.symbols().iter().collect();
    let n_groups = |set: usize| template.groups.iter().filter(|group| group.set == set).count();
    let matrices = template.kinds.iter().enumerate().map(|(kind, name)| {
        (name, template.relations.iter().filter(|relation| relation.kind == kind).count())
    });
    if json {
        let groups: Vec<_> = rules.sets().iter().enumerate().map(|(i, set)| {
            json!({ "name": set.name, "kind": set.kind, "of_rows": set.is_of_rows(), "n_groups": n_groups(i) })
        }).collect();
        let kinds: Vec<_> = matrices.map(|(name, n)| json!({ "kind": name, "n_relations": n })).collect();
        let object = json!({ "puzzle": rules.name(), "data": file.name, "n_cells": template.n_cells,
            "grid": rules.shape().grid, "symbols": symbols, "groups": groups, "kinds": kinds });
        return out.json(&object, None);
    }
    let cells = match rules.shape().grid {
        Some((rows, columns)) => format!("{rows}x{columns} cells"),
        None => format!("{} cells", template.n_cells),
    };
    writeln!(out, "{}: {cells}, symbols {symbols}", rules.name())?;
    writeln!(out, "\ngroups")?;
    for (i, set) in rules.sets().iter().enumerate() {
        let found = match &set.source {
            Source::Cells(_) => format!("{} groups", n_groups(i)),
            Source::Column { name, .. } => format!("groups from the column {name:?}"),
        };
        let rule = match set.rule {
            Rule::AllDifferent => "all different".to_owned(),
            Rule::AtMostOne(symbol) => format!("{} at most once", rules.symbol(symbol + 1)),
            Rule::ExactlyOne(symbol) => format!("{} once", rules.symbol(symbol + 1)),
        };
        writeln!(out, "  {:<16} {found}, {rule}, kind {}", set.name, set.kind)?;
    }
    writeln!(out, "\nkinds of weights")?;
    for (kind, n) in matrices {
        writeln!(out, "  {kind:<16} {n} relations")?;
    }
    Ok(())
}

fn print_json(name: &str, model: &Model, size_bytes: usize, out: &mut Output) -> Result<()> {
    let tensors: Vec<_> = model
        .layout()
        .entries
        .iter()
        .map(|e| json!({ "name": e.name, "shape": e.shape, "trained": e.trained }))
        .collect();
    let object = json!({
        "model": name, "data": null, "config": model.config(), "note": model.note, "untrained": model.is_untrained(),
        "n_params": model.params.len(), "size_bytes": size_bytes, "tensors": tensors,
    });
    out.json(&object, Some(model.config().seed))
}

fn print_text(name: &str, model: &Model, size_bytes: usize, out: &mut Output) -> Result<()> {
    let config = model.config();
    let untrained = if model.is_untrained() { ", UNTRAINED" } else { "" };
    writeln!(out, "{name}: {} weights, {size_bytes} bytes{untrained}", model.params.len())?;
    // "phase 10" comes after "phase 9".
    let mut notes: Vec<_> = model.note.iter().collect();
    notes.sort_by_key(|(key, _)| (key.len(), key.as_str()));
    for (key, value) in notes {
        // A puzzle file is a text of several lines.
        writeln!(out, "  {key}: {}", value.trim_end().replace('\n', "\n    "))?;
    }
    writeln!(out, "\nconfiguration")?;
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
    writeln!(out, "  mixer              {mixer}")?;
    writeln!(out, "  hidden_dim         {} (inside the SwiGLU {})", config.hidden_dim, config.ffn_dim)?;
    writeln!(out, "  blocks             {}", config.n_blocks)?;
    writeln!(out, "  question token     {} features", config.embedding_dim)?;
    writeln!(out, "  answer token       {} numbers, {:?}", config.answer_dim, config.output)?;
    if config.hint_dim > 0 {
        writeln!(out, "  hints              {} numbers, in training alone", config.hint_dim)?;
    }
    writeln!(
        out,
        "  n, T               {} latent iterations, {} cycles",
        config.latent_iterations, config.cycles
    )?;
    let rule = match config.halting_rule {
        HaltingRule::Vote => "by vote; confident from",
        HaltingRule::Confidence => "at confidence",
    };
    writeln!(out, "  halting            {rule} {}, at most {} steps", config.halt_threshold, config.max_k)?;
    if let Some(AnswerChannel { noise, calm, rise, most }) = config.answer_channel {
        let rise = match rise > 0.0 {
            true => format!(", after {calm} steps {rise} more in every step up to {most}"),
            false => String::new(),
        };
        writeln!(out, "  answer channel     noise of standard deviation {noise}{rise}")?;
    }
    writeln!(out, "\ntensors")?;
    for entry in model.layout().entries.iter().filter(|e| !e.range.is_empty()) {
        let root_mean_square = {
            let values = &model.params[entry.range.clone()];
            (values.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>() / values.len().max(1) as f64).sqrt()
        };
        let shape = format!("{:?}", entry.shape);
        let fixed = if entry.trained { "" } else { "  not trained" };
        writeln!(out, "  {:<28} {shape:<16} rms {root_mean_square:.4}{fixed}", entry.name)?;
    }
    Ok(())
}
