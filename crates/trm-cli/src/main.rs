//! The `trm` command.

mod draw;
mod eval;
mod generate;
mod info;
mod input;
mod plot;
mod solve;
mod train;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Solve, evaluate, train and inspect tiny recursive models.
#[derive(Parser)]
#[command(
    version,
    after_help = "Examples:\n  \
    trm solve sudoku 53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79\n  \
    trm solve maze maze.txt --trace\n  \
    trm eval sudoku --limit 100\n\n\
    Exit codes: 0 done (solve: the answer is verified; eval --target: reached), 1 not so, 2 bad input."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Answer one puzzle, and verify the answer
    Solve(solve::Args),
    /// Answer many puzzles, and count
    Eval(eval::Args),
    /// Say what a model file holds
    Info(info::Args),
    /// Draw the curves of a training run
    Plot(plot::Args),
    /// Train a model from nothing, or go on from a checkpoint
    Train(train::Args),
    /// Generate puzzles in the published CSV format
    Generate(generate::Args),
}

/// Whether what was asked is true, for the exit code.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Yes,
    No,
}

fn main() -> ExitCode {
    let verdict = match Cli::parse().command {
        Command::Solve(args) => solve::run(args),
        Command::Eval(args) => eval::run(args),
        Command::Info(args) => info::run(&args).map(|()| Verdict::Yes),
        Command::Plot(args) => plot::run(&args).map(|()| Verdict::Yes),
        Command::Train(args) => train::run(args).map(|()| Verdict::Yes),
        Command::Generate(args) => generate::run(args).map(|()| Verdict::Yes),
    };
    match verdict {
        Ok(Verdict::Yes) => ExitCode::SUCCESS,
        Ok(Verdict::No) => ExitCode::from(1),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}
