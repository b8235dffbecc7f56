//! The `trm` command.

mod attempts;
mod average;
mod completions;
mod doctor;
mod draw;
mod eval;
mod eval_args;
mod generate;
mod import;
mod info;
mod input;
mod k_star;
mod parity;
mod plot;
mod policies;
mod progress;
mod solve;
mod train;
mod verdict;

use clap::{CommandFactory, Parser, Subcommand};
use std::process::ExitCode;
use verdict::Verdict;

/// Solve, evaluate, train and inspect tiny recursive models.
#[derive(Parser)]
#[command(
    version,
    after_help = "Examples:\n  \
    trm solve sudoku 53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79\n  \
    trm solve maze maze.txt --trace\n  \
    trm eval sudoku --limit 100\n\n\
    Exit codes: 0 done (solve: the answer is verified; eval --target: reached;\n\
    check-parity: all agree; doctor: nothing is wrong), 1 not so, 2 bad input."
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
    end_with_the_pipe();
    let verdict = match Cli::parse().command {
        Command::Solve(args) => solve::run(args),
        Command::Eval(args) => eval::run(args),
        Command::KStar(args) => k_star::run(&args).map(|()| Verdict::Yes),
        Command::Info(args) => info::run(&args).map(|()| Verdict::Yes),
        Command::Import(args) => import::run(&args).map(|()| Verdict::Yes),
        Command::CheckParity(args) => parity::run(&args),
        Command::Plot(args) => plot::run(&args).map(|()| Verdict::Yes),
        Command::Policies(args) => policies::run(&args),
        Command::Train(args) => train::run(args),
        Command::Average(args) => average::run(&args).map(|()| Verdict::Yes),
        Command::Generate(args) => generate::run(args).map(|()| Verdict::Yes),
        Command::Doctor(args) => doctor::run(&args),
        Command::Completions(args) => {
            completions::run(&args, &mut Cli::command());
            Ok(Verdict::Yes)
        }
    };
    match verdict {
        Ok(Verdict::Yes) => ExitCode::SUCCESS,
        Ok(Verdict::No) => ExitCode::from(1),
        Err(error) => {
            eprintln!("error: {}", message_of(&error));
            ExitCode::from(2)
        }
    }
}

/// Lets `trm info MODEL | head` end quietly: `println!` panics once nobody reads any more.
fn end_with_the_pipe() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let text = panic.payload().downcast_ref::<String>().map_or("", String::as_str);
        if text.starts_with("failed printing to stdout") {
            std::process::exit(1);
        }
        usual(panic);
    }));
}

/// An error with its causes. A cause that its context repeats is left out, and so is a context that its
/// cause begins with.
fn message_of(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |message, cause| {
        if message.is_empty() || cause.starts_with(&message) {
            cause
        } else if message.contains(&cause) {
            message
        } else {
            format!("{message}: {cause}")
        }
    })
}
