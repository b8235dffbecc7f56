//! The `trm` command.

mod attempts;
mod average;
mod blocks;
mod checkpoint;
mod checkpoint_config;
mod compare;
mod completions;
mod doctor;
mod draw;
mod draw_rules;
mod environment;
mod eval;
mod eval_args;
mod file_kind;
mod generate;
mod identity;
mod import;
mod info;
mod input;
mod k_star;
mod kind;
mod model_args;
mod output;
mod overlap;
mod parity;
mod phase;
mod plot;
mod policies;
mod progress;
mod questions;
mod ranks;
mod rows;
mod set;
mod solve;
mod train;
mod values;
mod verdict;

use anyhow::Result;
use clap::{CommandFactory, Parser, Subcommand};
use output::{BAD_INPUT, Output, message};
use std::process::ExitCode;
use trm_world::World;
use verdict::Verdict;

/// Solve, evaluate, train and inspect tiny recursive models.
#[derive(Parser)]
#[command(
    version,
    after_help = "Examples:\n  \
    trm solve sudoku 53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79\n  \
    trm solve maze maze.txt --trace\n  \
    trm eval sudoku --limit 100\n  \
    trm solve my-puzzle.toml PUZZLE             a kind of puzzle that a file describes\n\n\
    Exit codes: 0 done (solve: the answer is verified; eval --target: reached;\n\
    check-parity: all agree; overlap: none; doctor: nothing is wrong), 1 not so, 2 bad input or a failed write,\n\
    141 nobody read the output."
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
    Eval(eval_args::Args),
    /// Compare two evaluations of the same rows
    Compare(compare::Args),
    /// Find puzzles that several files have in common
    Overlap(overlap::Args),
    /// Measure how many steps questions need
    KStar(k_star::Args),
    /// Say what a model file holds
    Info(info::Args),
    /// Turn a checkpoint of the official PyTorch code into a model file
    Import(import::Args),
    /// Compare with files that the official PyTorch code wrote
    CheckParity(parity::Args),
    /// Draw the curves of a training run
    Plot(plot::Args),
    /// Compare halting policies on recorded runs
    Policies(policies::Args),
    /// Train a model from nothing, or go on from a checkpoint
    Train(train::Args),
    /// Write how a model runs into its file: halting, noise
    Set(set::Args),
    /// Average the weights of several models
    Average(average::Args),
    /// Generate puzzles in the published CSV format
    Generate(generate::Args),
    /// Say what was found on this machine, and what is wrong
    Doctor(doctor::Args),
    /// Print the completions of a shell
    Completions(completions::Args),
}

fn main() -> ExitCode {
    let world = match trm_world::start() {
        Ok(world) => world,
        Err(error) => {
            message!("error: {error}");
            return BAD_INPUT.into();
        }
    };
    if world.rank() > 0 {
        output::silence();
    }
    let mut out = Output::new();
    let result = match Cli::try_parse() {
        Ok(cli) => run(cli.command, &*world, &mut out),
        Err(error) => Err(error.into()),
    };
    ranks::end(&*world, &mut out, result)
}

impl Command {
    /// Whether several ranks share the work; that of other commands is the first one's alone.
    fn is_shared(&self) -> bool {
        matches!(self, Command::Eval(_) | Command::Generate(_) | Command::KStar(_) | Command::Train(_))
    }
}

fn run(command: Command, world: &dyn World, out: &mut Output) -> Result<Verdict> {
    let done = |()| Verdict::Yes;
    if world.rank() > 0 && !command.is_shared() {
        return Ok(Verdict::Yes);
    }
    if !matches!(command, Command::Doctor(_)) {
        environment::check()?;
    }
    match command {
        Command::Solve(args) => solve::run(&args, out),
        Command::Eval(args) => eval::run(&args, world, out),
        Command::Compare(args) => compare::run(&args, out).map(done),
        Command::Overlap(args) => overlap::run(&args, out),
        Command::KStar(args) => k_star::run(&args, world, out).map(done),
        Command::Info(args) => info::run(&args, out).map(done),
        Command::Import(args) => import::run(&args, out).map(done),
        Command::CheckParity(args) => parity::run(&args, out),
        Command::Plot(args) => plot::run(&args, out).map(done),
        Command::Policies(args) => policies::run(&args, out),
        Command::Train(args) => train::run(args, world, out),
        Command::Set(args) => set::run(&args, out).map(done),
        Command::Average(args) => average::run(&args, out).map(done),
        Command::Generate(args) => generate::run(&args, world, out).map(done),
        Command::Doctor(args) => doctor::run(&args, out),
        Command::Completions(args) => completions::run(&args, &mut Cli::command(), out).map(done),
    }
}
