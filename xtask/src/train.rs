//! `cargo xtask train`: the runs that made the embedded models.

use crate::run::{passes, root, trm};
use anyhow::{Context, Result, bail};
use std::collections::HashMap;

/// Name of the run and arguments of one `trm train` after the other, and the step where it stops before
/// its schedule does. A new run starts from the weights of
/// the phase before; a name that was there already goes on with its run, to a later step.
type Phases = &'static [(&'static str, &'static str, Option<u64>)];

/// The recipe of the embedded Sudoku model; crates/trm-train/RESEARCH.md says why.
const SUDOKU: Phases = &[
    (
        "1",
        "--data data/sudoku-easy.csv=0.65 --data data/sudoku-moderate.csv=0.35 \
         --validate data/sudoku-validate.csv \
         --steps 12000 --n 3 --batch 32 --supervision 12 --linger 1 --lr 3e-3 --seed 1",
        None,
    ),
    (
        "2",
        "--data data/sudoku-easy.csv=0.3 --data data/sudoku-moderate.csv=0.35 \
         --data data/sudoku-hard.csv=0.2 --data data/sudoku-extreme.csv=0.15 \
         --validate data/sudoku-validate.csv \
         --steps 12000 --n 6 --batch 32 --supervision 16 --linger 1 --lr 2.5e-3 --seed 2",
        Some(7431),
    ),
    (
        "3",
        "--data data/sudoku-easy.csv=0.15 --data data/sudoku-moderate.csv=0.3 \
         --data data/sudoku-hard.csv=0.35 --data data/sudoku-extreme.csv=0.2 \
         --validate data/sudoku-validate.csv \
         --steps 16000 --n 6 --batch 32 --supervision 20 --linger 2 --lr 2e-3 \
         --decay-from 0.4 --floor 0.1 --seed 3",
        Some(13416),
    ),
    (
        "4",
        "--data data/sudoku-easy.csv=0.1 --data data/sudoku-moderate.csv=0.1 --data data/sudoku-hard.csv=0.1 \
         --data data/sudoku-extreme.csv=0.1 --data data/sudoku-deep.csv=0.6 \
         --validate data/sudoku-validate.csv \
         --steps 16000 --n 6 --batch 32 --supervision 32 --linger 2 --lr 2e-3 --seed 11",
        Some(5589),
    ),
    (
        "5",
        "--data data/sudoku-easy.csv=0.1 --data data/sudoku-moderate.csv=0.1 --data data/sudoku-hard.csv=0.1 \
         --data data/sudoku-extreme.csv=0.1 --data data/sudoku-deep.csv=0.6 \
         --validate data/sudoku-validate.csv \
         --steps 9500 --n 6 --batch 32 --supervision 32 --linger 2 --lr 2e-3 \
         --decay-from 0.45 --floor 0.1 --seed 12",
        Some(8979),
    ),
    (
        "6",
        "--data data/sudoku-easy.csv=0.05 --data data/sudoku-moderate.csv=0.1 --data data/sudoku-hard.csv=0.1 \
         --data data/sudoku-extreme.csv=0.1 --data data/sudoku-deep.csv=0.65 \
         --validate data/sudoku-validate.csv \
         --steps 11000 --n 6 --batch 32 --supervision 40 --linger 2 --lr 1.5e-3 \
         --decay-from 0.5 --floor 0.25 --seed 13",
        Some(5693),
    ),
];

/// The recipe of the embedded maze model.
const MAZE: Phases = &[
    (
        "1",
        "--sides 7,16 --open 0 --balance 0.5 --steps 7000 --n 6 --batch 32 --supervision 12 --linger 2 \
         --lr 3e-3 --seed 1",
        Some(5416),
    ),
    (
        "2",
        "--sides 10,30 --open 0 --balance 0.5 --steps 8000 --n 6 --batch 24 --supervision 24 --linger 3 \
         --lr 2e-3 --decay-from 0.6 --seed 2",
        Some(6327),
    ),
    (
        "3",
        "--sides 8,22 --open 0.6 --balance 0.5 --steps 7000 --n 6 --batch 32 --supervision 16 --linger 3 \
         --lr 2.5e-3 --decay-from 0.99 --seed 3",
        Some(5094),
    ),
    (
        "4",
        "--sides 12,30 --open 0.35 --min-path 3 --balance 0.5 --steps 5000 --n 6 --batch 24 --supervision 24 --linger 6 \
         --lr 2e-3 --decay-from 0.35 --floor 0.03 --seed 4",
        Some(1405),
    ),
    (
        "5",
        "--sides 12,30 --open 0.35 --min-path 3 --balance 0 --steps 4500 --n 6 --batch 24 --supervision 24 \
         --linger 6 --lr 2e-3 --decay-from 0.3 --floor 0.03 --seed 5",
        None,
    ),
    (
        "6",
        "--sides 14,30 --open 0.35 --min-path 3.5 --balance 0 --steps 12000 --n 6 --batch 24 --supervision 32 \
         --linger 10 --lr 2e-3 --decay-from 0.45 --floor 0.03 --seed 7",
        None,
    ),
    ("7", MAZE_7, Some(3588)),
    ("8", MAZE_8, Some(662)),
    ("8", MAZE_8, Some(1162)),
    ("7", MAZE_7, None),
];

const MAZE_7: &str = "--sides 20,30 --open 0.2 --min-path 3.7 --balance 0 --steps 4500 --n 6 \
    --batch 24 --supervision 32 --linger 10 --lr 2e-3 --decay-from 0.3 --floor 0.03 --seed 8";
const MAZE_8: &str = "--sides 18,30 --open 0.25 --min-path 3.7 --balance 0 --steps 2600 --n 6 \
    --batch 32 --supervision 32 --linger 10 --lr 1.5e-3 --decay-from 0.4 --floor 0.2 --ema 0.9985 --seed 9";

/// Models of which the embedded maze model is the mean.
const MAZE_MEAN: &[&str] = &[
    "runs/maze-6/model.safetensors",
    "runs/maze-7/model-3588.safetensors",
    "runs/maze-7/model-4500.safetensors",
    "runs/maze-8/model-662.safetensors",
    "runs/maze-8/model-1162.safetensors",
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
    let (phases, mean): (Phases, &[&str]) = match puzzle {
        "sudoku" => (SUDOKU, &[]),
        "maze" => (MAZE, MAZE_MEAN),
        "--help" | "-h" => {
            print!("{HELP}");
            return Ok(());
        }
        other => bail!("there is no recipe for {other:?}\n\n{HELP}"),
    };
    if puzzle == "sudoku" {
        crate::data::run(&[])?;
    }
    let mut inits: HashMap<String, Option<String>> = HashMap::new();
    let mut weights: Option<String> = None;
    for (name, arguments, until) in phases {
        let out = format!("runs/{puzzle}-{name}");
        let until = until.map_or(String::new(), |step| format!(" --until {step}"));
        let arguments = format!("{arguments}{until}");
        println!("phase {name}: trm train {puzzle} --out {out} {arguments}");
        let mut words: Vec<String> = ["train", puzzle, "--out", &out].map(Into::into).into();
        words.extend(arguments.split_whitespace().map(Into::into));
        let init = inits.entry(out.clone()).or_insert(weights).clone();
        words.extend(init.into_iter().flat_map(|init| ["--init".into(), init]));
        passes(&mut trm(&words))?;
        weights = Some(format!("{out}/model.safetensors"));
    }
    if !mean.is_empty() {
        let out = format!("runs/{puzzle}.safetensors");
        let mut words = vec!["average".to_owned()];
        words.extend(mean.iter().copied().chain(["--out", &out]).map(Into::into));
        passes(&mut trm(&words))?;
        weights = Some(out);
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
