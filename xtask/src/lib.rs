//! The project's chores: `cargo xtask` lists them. Runs cargo; imports no workspace crate.

mod bench;
mod charts;
mod ci;
mod data;
mod file;
mod generate;
mod k_star;
mod members;
mod mpi;
mod package;
mod peers;
mod quality;
mod release;
mod run;
mod scale;
mod semver;
mod server;
mod svg;
mod tidy;
mod train;
mod wasm;
mod web;
mod wheel;

pub use bench::drawn;

use anyhow::{Result, bail};
use std::process::ExitCode;

const HELP: &str = "\
cargo xtask <chore>

  quality   score both models on both test sets against the targets   (quality --help)
  ci        everything that must hold before a merge   (ci --help)
  check     the quick part of ci: fmt, tidy, clippy
  tidy      the house rules that no other tool checks
  bench     the benchmark matrix: records, comparison, dashboard   (bench --help)
  peers     the same models in PyTorch and ONNX Runtime, beside ours   (peers --help)
  charts    the charts and tables of the documents, from docs/data   (charts --help)
  data      generate training data, measure K* anew, or say where the published files are   (data --help)
  puzzles   what the examples of puzzle files score, trained and untrained   (puzzles --help)
  package   test every published crate from its own archive
  release   build what a release consists of, and try each part from its file   (release --help)
  scale     how far training over MPI scales: measured here, and predicted   (scale --help)
  train     train sudoku or maze from nothing, phase by phase   (train --help)
  wasm      build the bundle for browser and npm, gate its size, test it   (wasm --help)
  web       serve the page in the browser on this machine   (web --help)
  wheel     build the Python package, gate its size, test it   (wheel --help)
";

/// Does the chore that the arguments name.
pub fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(arguments: &[String]) -> Result<()> {
    let (chore, rest) = match arguments.split_first() {
        Some((chore, rest)) => (chore.as_str(), rest),
        None => ("help", arguments),
    };
    match chore {
        "quality" => quality::run(rest),
        "charts" => charts::run(rest),
        "ci" => ci::ci(rest),
        "check" => ci::check(),
        "tidy" => tidy::run(),
        "bench" => bench::run(rest),
        "peers" => peers::run(rest),
        "data" => data::run(rest),
        "puzzles" => charts::examples(rest),
        "package" => package::check(),
        "release" => release::run(rest),
        "scale" => match scale::run(rest)? {
            // Tables and chart of a document.
            true => charts::run(&[]),
            false => Ok(()),
        },
        "train" => train::run(rest),
        "wasm" => wasm::run(rest),
        "web" => web::run(rest),
        "wheel" => wheel::run(rest),
        "help" | "--help" | "-h" => {
            print!("{HELP}");
            Ok(())
        }
        other => bail!("no chore is named {other:?}\n\n{HELP}"),
    }
}
