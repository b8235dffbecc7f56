//! `cargo xtask train`: the runs that made the embedded models.

use crate::run::{passes, root, trm};
use anyhow::{Context, Result, bail};

/// One `trm train` after the other; each starts from the weights of the one before.
type Phases = &'static [(&'static str, &'static str)];

/// The recipe of the embedded Sudoku model: name and arguments of each phase.
const SUDOKU: Phases =
    &[("1", "--data data/sudoku-train.csv --validate data/sudoku-validate.csv --steps 10000")];

/// The recipe of the embedded maze model.
const MAZE: Phases = &[("1", "--sides 7,14 --steps 10000")];

const HELP: &str = "\
cargo xtask train sudoku|maze [--install]

Trains a model from nothing, in the phases of xtask/src/train.rs, below runs/. A run that was
interrupted goes on where it was. --install copies the result into trm-models.
";

pub fn run(arguments: &[String]) -> Result<()> {
    let (puzzle, install) = match arguments {
        [puzzle] => (puzzle.as_str(), false),
        [puzzle, flag] if flag == "--install" => (puzzle.as_str(), true),
        _ => {
            print!("{HELP}");
            return Ok(());
        }
    };
    let phases = match puzzle {
        "sudoku" => SUDOKU,
        "maze" => MAZE,
        "--help" | "-h" => {
            print!("{HELP}");
            return Ok(());
        }
        other => bail!("there is no recipe for {other:?}\n\n{HELP}"),
    };
    if puzzle == "sudoku" {
        crate::data::run(&[])?;
    }
    let mut weights: Option<String> = None;
    for (name, arguments) in phases {
        let out = format!("runs/{puzzle}-{name}");
        println!("phase {name}: trm train {puzzle} --out {out} {arguments}");
        let mut words: Vec<String> = ["train", puzzle, "--out", &out].map(Into::into).into();
        words.extend(arguments.split_whitespace().map(Into::into));
        if let Some(weights) = weights {
            words.extend(["--init".into(), weights]);
        }
        passes(&mut trm(&words))?;
        weights = Some(format!("{out}/model.safetensors"));
    }
    match weights {
        Some(weights) if install => {
            let to = format!("crates/trm-models/weights/{puzzle}.safetensors");
            std::fs::copy(root().join(&weights), root().join(&to)).context(weights)?;
            println!("{to} is written: measure it, and bring its card up to date");
            Ok(())
        }
        _ => Ok(()),
    }
}
