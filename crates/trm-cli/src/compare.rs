//! `trm compare`

use crate::input::{name_of, open};
use crate::output::Output;
use anyhow::{Context, Result};
use clap::{Parser, ValueEnum};
use serde_json::json;
use std::path::{Path, PathBuf};
use trm_bench::{Paired, RowAnswer, read_answers};

#[derive(Parser)]
#[command(after_help = "Example:\n  \
    trm eval sudoku --model a.safetensors --data rows.csv --rows a.csv\n  \
    trm eval sudoku --model b.safetensors --data rows.csv --rows b.csv\n  \
    trm compare a.csv b.csv\n\n\
    Both answer the same rows, so the rows that only one is right on decide: the difference with its 95 %\n\
    interval (Newcombe 1998, method 10), and the exact McNemar test.")]
pub struct Args {
    /// What `trm eval --rows` wrote
    a: PathBuf,
    /// The same for another model, seed, policy or number of steps
    b: PathBuf,
    /// What counts as right
    #[arg(long, value_enum, default_value_t = Right::Exact)]
    by: Right,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Right {
    /// The answer equals the label
    Exact,
    /// The answer obeys the rules
    Solved,
}

impl Right {
    fn name(self) -> &'static str {
        match self {
            Right::Exact => "exact",
            Right::Solved => "solved",
        }
    }
}

pub fn run(args: &Args, out: &mut Output) -> Result<()> {
    let (a, b) = (read(&args.a)?, read(&args.b)?);
    let (name_a, name_b) = (name_of(&args.a), name_of(&args.b));
    let right = |answer: &RowAnswer| match args.by {
        Right::Exact => answer.exact,
        Right::Solved => answer.solved,
    };
    let paired = Paired::of(&a, &b, right).with_context(|| format!("{name_a}, {name_b}"))?;
    if args.json {
        let object =
            json!({ "data": [name_a, name_b], "model": null, "by": args.by.name(), "paired": paired });
        return out.json(&object, None);
    }
    writeln!(out, "A {name_a}\nB {name_b}\n  right means        {}", args.by.name())?;
    Ok(write!(out, "{paired}")?)
}

fn read(path: &Path) -> Result<Vec<RowAnswer>> {
    read_answers(open(path)?).with_context(|| name_of(path))
}
