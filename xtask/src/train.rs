//! `cargo xtask train`: the runs that made the embedded models.

use crate::run::{passes, root, trm};
use anyhow::{Context, Result, bail};

/// One `trm train` after the other; each starts from the weights of the one before.
type Phases = &'static [(&'static str, &'static str)];

/// The recipe of the embedded Sudoku model; crates/trm-train/RESEARCH.md says why.
const SUDOKU: Phases = &[
    (
        "1",
        "--data data/sudoku-easy.csv=0.65 --data data/sudoku-moderate.csv=0.35 \
         --validate data/sudoku-validate.csv \
         --steps 12000 --n 3 --batch 32 --supervision 12 --linger 1 --lr 3e-3 --seed 1",
    ),
    (
        "2",
        "--data data/sudoku-easy.csv=0.3 --data data/sudoku-moderate.csv=0.35 \
         --data data/sudoku-hard.csv=0.2 --data data/sudoku-extreme.csv=0.15 \
         --validate data/sudoku-validate.csv \
         --steps 12000 --until 7431 --n 6 --batch 32 --supervision 16 --linger 1 --lr 2.5e-3 --seed 2",
    ),
    (
        "3",
        "--data data/sudoku-easy.csv=0.15 --data data/sudoku-moderate.csv=0.3 \
         --data data/sudoku-hard.csv=0.35 --data data/sudoku-extreme.csv=0.2 \
         --validate data/sudoku-validate.csv \
         --steps 16000 --until 13416 --n 6 --batch 32 --supervision 20 --linger 2 --lr 2e-3 \
         --decay-from 0.4 --floor 0.1 --seed 3",
    ),
];

/// The recipe of the embedded maze model.
const MAZE: Phases = &[
    (
        "1",
        "--sides 7,16 --open 0 --balance 0.5 --steps 7000 --until 5416 --n 6 --batch 32 --supervision 12 --linger 2 \
         --lr 3e-3 --seed 1",
    ),
    (
        "2",
        "--sides 10,30 --open 0 --balance 0.5 --steps 8000 --until 6327 --n 6 --batch 24 --supervision 24 --linger 3 \
         --lr 2e-3 --decay-from 0.6 --seed 2",
    ),
    (
        "3",
        "--sides 8,22 --open 0.6 --balance 0.5 --steps 7000 --until 5094 --n 6 --batch 32 --supervision 16 --linger 3 \
         --lr 2.5e-3 --decay-from 0.99 --seed 3",
    ),
    (
        "4",
        "--sides 12,30 --open 0.35 --min-path 3 --balance 0.5 --steps 5000 --until 1405 --n 6 --batch 24 --supervision 24 --linger 6 \
         --lr 2e-3 --decay-from 0.35 --floor 0.03 --seed 4",
    ),
    (
        "5",
        "--sides 12,30 --open 0.35 --min-path 3 --balance 0 --steps 4500 --n 6 --batch 24 --supervision 24 \
         --linger 6 --lr 2e-3 --decay-from 0.3 --floor 0.03 --seed 5",
    ),
];

const HELP: &str = "\
cargo xtask train sudoku|maze [--install]

Trains a model from nothing, in the phases of xtask/src/train.rs, below runs/. A run that was
interrupted goes on where it was. --install copies the result into trm-models.
";

pub fn run(arguments: &[String]) -> Result<()> {
    let (puzzle, install) = match arguments {
        [puzzle] => (puzzle.as_str(), false),
        [puzzle, flag] if flag == "--install" => (puzzle.as_str(), true),
        _ => bail!("train does not know {arguments:?}\n\n{HELP}"),
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
