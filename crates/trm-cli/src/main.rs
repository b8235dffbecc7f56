//! The `trm` command.

mod generate;
mod train;

use clap::{Parser, Subcommand};

/// Solve, evaluate, train and inspect tiny recursive models.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Train a model from nothing, or go on from a checkpoint
    Train(train::Args),
    /// Generate puzzles in the published CSV format
    Generate(generate::Args),
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().command {
        Command::Train(args) => train::run(args),
        Command::Generate(args) => generate::run(args),
    }
}
