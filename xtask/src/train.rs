//! `cargo xtask train`: the runs that made the embedded models.

use crate::file::replace;
use crate::run::{passes, root, trm};
use anyhow::{Context, Result, bail, ensure};

const HELP: &str = "\
cargo xtask train sudoku|maze [--install]

Trains a model from nothing: makes its data, then follows recipes/PUZZLE.toml phase by phase, below runs/
(trm train --recipe). Sudoku needs data/train.csv, the published training file (cargo xtask data --help). A run
that was interrupted goes on where it was. --install copies the result into trm-models.
";

pub fn run(arguments: &[String]) -> Result<()> {
    let (puzzle, install) = match arguments {
        [flag] if flag == "--help" || flag == "-h" => {
            print!("{HELP}");
            return Ok(());
        }
        [puzzle] => (puzzle.as_str(), false),
        [puzzle, flag] if flag == "--install" => (puzzle.as_str(), true),
        _ => bail!("train does not know {arguments:?}\n\n{HELP}"),
    };
    match puzzle {
        "sudoku" => {
            let published = crate::data::PUBLISHED;
            ensure!(
                root().join(published).exists(),
                "{published} is missing: cargo xtask data --help says where it is"
            );
            crate::data::run(&[])?;
        }
        // Mazes are drawn as they are trained on.
        "maze" => {}
        other => bail!("there is no recipe for {other:?}\n\n{HELP}"),
    }
    let recipe = format!("recipes/{puzzle}.toml");
    passes(&mut trm(&["train", "--recipe", &recipe, "--out", "runs"]))?;
    if install {
        let from = format!("runs/{puzzle}.safetensors");
        let to = format!("crates/trm-models/weights/{puzzle}.safetensors");
        replace(&root().join(&to), std::fs::read(root().join(&from)).context(from)?)?;
        println!("{to} is written: measure it, and bring its card up to date");
    }
    Ok(())
}
