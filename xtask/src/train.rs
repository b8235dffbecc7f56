//! `cargo xtask train`: the runs that made the embedded models.

use crate::file::replace;
use crate::run::{passes, root, trm};
use anyhow::{Context, Result, bail};
use std::collections::HashMap;

/// What is done one after the other; each step starts from the weights of the one before.
enum Step {
    /// A run of `trm train`: its name, its arguments, and the step where it stops before its schedule does.
    /// A name that was there already goes on with its run, to a later step.
    Train(&'static str, &'static str, Option<u64>),
    /// As the run of that name in [`Step::Train`], but from these weights.
    TrainFrom(&'static str, &'static str, &'static str, Option<u64>),
    /// `trm average` of models into the first path.
    Mean(&'static str, &'static [&'static str]),
}
use Step::{Mean, Train, TrainFrom};

/// The recipe of the embedded Sudoku model; crates/trm-train/RESEARCH.md says why.
const SUDOKU: &[Step] = &[
    Train(
        "1",
        "--data data/sudoku-easy.csv=0.65 --data data/sudoku-moderate.csv=0.35 \
         --validate data/sudoku-validate.csv \
         --steps 12000 --n 3 --batch 32 --supervision 12 --linger 1 --lr 3e-3 --seed 1",
        None,
    ),
    Train(
        "2",
        "--data data/sudoku-easy.csv=0.3 --data data/sudoku-moderate.csv=0.35 \
         --data data/sudoku-hard.csv=0.2 --data data/sudoku-extreme.csv=0.15 \
         --validate data/sudoku-validate.csv \
         --steps 12000 --n 6 --batch 32 --supervision 16 --linger 1 --lr 2.5e-3 --seed 2",
        Some(7431),
    ),
    Train(
        "3",
        "--data data/sudoku-easy.csv=0.15 --data data/sudoku-moderate.csv=0.3 \
         --data data/sudoku-hard.csv=0.35 --data data/sudoku-extreme.csv=0.2 \
         --validate data/sudoku-validate.csv \
         --steps 16000 --n 6 --batch 32 --supervision 20 --linger 2 --lr 2e-3 \
         --decay-from 0.4 --floor 0.1 --seed 3",
        Some(13416),
    ),
    Train(
        "4",
        "--data data/sudoku-easy.csv=0.1 --data data/sudoku-moderate.csv=0.1 --data data/sudoku-hard.csv=0.1 \
         --data data/sudoku-extreme.csv=0.1 --data data/sudoku-deep.csv=0.6 \
         --validate data/sudoku-validate.csv \
         --steps 16000 --n 6 --batch 32 --supervision 32 --linger 2 --lr 2e-3 --seed 11",
        Some(5589),
    ),
    Train(
        "5",
        "--data data/sudoku-easy.csv=0.1 --data data/sudoku-moderate.csv=0.1 --data data/sudoku-hard.csv=0.1 \
         --data data/sudoku-extreme.csv=0.1 --data data/sudoku-deep.csv=0.6 \
         --validate data/sudoku-validate.csv \
         --steps 9500 --n 6 --batch 32 --supervision 32 --linger 2 --lr 2e-3 \
         --decay-from 0.45 --floor 0.1 --seed 12",
        Some(8979),
    ),
    Train(
        "6",
        "--data data/sudoku-easy.csv=0.05 --data data/sudoku-moderate.csv=0.1 --data data/sudoku-hard.csv=0.1 \
         --data data/sudoku-extreme.csv=0.1 --data data/sudoku-deep.csv=0.65 \
         --validate data/sudoku-validate.csv \
         --steps 11000 --n 6 --batch 32 --supervision 40 --linger 2 --lr 1.5e-3 \
         --decay-from 0.5 --floor 0.25 --seed 13",
        Some(5693),
    ),
    // From here on T = 3: two cycles without gradient bring the net to later states.
    Train("7", SUDOKU_7, Some(4462)),
    Train("7", SUDOKU_7, Some(8563)),
    TrainFrom(
        "8",
        "runs/sudoku-6/model.safetensors",
        "--data data/sudoku-easy.csv=0.05 --data data/sudoku-moderate.csv=0.05 --data data/sudoku-hard.csv=0.1 \
         --data data/sudoku-extreme.csv=0.1 --data data/sudoku-deep.csv=0.3 --data data/sudoku-resistant.csv=0.4 \
         --validate data/sudoku-validate.csv \
         --steps 100000 --n 6 --cycles 3 --batch 32 --supervision 24 --linger 2 --lr 5e-4 --seed 23",
        Some(3023),
    ),
    Mean(
        "runs/sudoku-mean-1.safetensors",
        &[
            "runs/sudoku-7/model-4462.safetensors",
            "runs/sudoku-7/model-8563.safetensors",
            "runs/sudoku-8/model-3023.safetensors",
            "runs/sudoku-6/model-5693.safetensors",
        ],
    ),
    Train(
        "9",
        "--data data/sudoku-easy.csv=0.05 --data data/sudoku-moderate.csv=0.08 --data data/sudoku-hard.csv=0.1 \
         --data data/sudoku-extreme.csv=0.1 --data data/sudoku-deep.csv=0.52 --data data/sudoku-resistant.csv=0.15 \
         --validate data/sudoku-validate.csv \
         --steps 100000 --n 6 --cycles 3 --batch 32 --supervision 28 --linger 2 --lr 8e-4 --ema 0.9995 --seed 24",
        Some(1712),
    ),
];

const SUDOKU_7: &str = "--data data/sudoku-easy.csv=0.05 --data data/sudoku-moderate.csv=0.1 \
    --data data/sudoku-hard.csv=0.1 --data data/sudoku-extreme.csv=0.1 --data data/sudoku-deep.csv=0.65 \
    --validate data/sudoku-validate.csv \
    --steps 100000 --n 6 --cycles 3 --batch 32 --supervision 32 --linger 2 --lr 1.5e-3 --seed 21";

/// The recipe of the embedded maze model.
const MAZE: &[Step] = &[
    Train(
        "1",
        "--sides 7,16 --open 0 --balance 0.5 --steps 7000 --n 6 --batch 32 --supervision 12 --linger 2 \
         --lr 3e-3 --seed 1",
        Some(5416),
    ),
    Train(
        "2",
        "--sides 10,30 --open 0 --balance 0.5 --steps 8000 --n 6 --batch 24 --supervision 24 --linger 3 \
         --lr 2e-3 --decay-from 0.6 --seed 2",
        Some(6327),
    ),
    Train(
        "3",
        "--sides 8,22 --open 0.6 --balance 0.5 --steps 7000 --n 6 --batch 32 --supervision 16 --linger 3 \
         --lr 2.5e-3 --decay-from 0.99 --seed 3",
        Some(5094),
    ),
    Train(
        "4",
        "--sides 12,30 --open 0.35 --min-path 3 --balance 0.5 --steps 5000 --n 6 --batch 24 --supervision 24 --linger 6 \
         --lr 2e-3 --decay-from 0.35 --floor 0.03 --seed 4",
        Some(1405),
    ),
    Train(
        "5",
        "--sides 12,30 --open 0.35 --min-path 3 --balance 0 --steps 4500 --n 6 --batch 24 --supervision 24 \
         --linger 6 --lr 2e-3 --decay-from 0.3 --floor 0.03 --seed 5",
        None,
    ),
    Train(
        "6",
        "--sides 14,30 --open 0.35 --min-path 3.5 --balance 0 --steps 12000 --n 6 --batch 24 --supervision 32 \
         --linger 10 --lr 2e-3 --decay-from 0.45 --floor 0.03 --seed 7",
        None,
    ),
    Train("7", MAZE_7, Some(3588)),
    Train("8", MAZE_8, Some(662)),
    Train("8", MAZE_8, Some(1162)),
    Train("7", MAZE_7, None),
    Mean(
        "runs/maze-mean.safetensors",
        &[
            "runs/maze-6/model.safetensors",
            "runs/maze-7/model-3588.safetensors",
            "runs/maze-7/model-4500.safetensors",
            "runs/maze-8/model-662.safetensors",
            "runs/maze-8/model-1162.safetensors",
        ],
    ),
];

const MAZE_7: &str = "--sides 20,30 --open 0.2 --min-path 3.7 --balance 0 --steps 4500 --n 6 \
    --batch 24 --supervision 32 --linger 10 --lr 2e-3 --decay-from 0.3 --floor 0.03 --seed 8";
const MAZE_8: &str = "--sides 18,30 --open 0.25 --min-path 3.7 --balance 0 --steps 2600 --n 6 \
    --batch 32 --supervision 32 --linger 10 --lr 1.5e-3 --decay-from 0.4 --floor 0.2 --ema 0.9985 --seed 9";

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
    let steps = match puzzle {
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
    let mut weights = None;
    let mut inits: HashMap<&str, Option<String>> = HashMap::new();
    for step in steps {
        let (name, from, arguments, until) = match *step {
            Train(name, arguments, until) => (name, weights, arguments, until),
            TrainFrom(name, from, arguments, until) => (name, Some(from.to_owned()), arguments, until),
            Mean(out, models) => {
                weights = Some(average(out, models)?);
                continue;
            }
        };
        let init = inits.entry(name).or_insert(from).clone();
        weights = Some(phase(puzzle, name, init, arguments, until)?);
    }
    match weights {
        Some(weights) if install => {
            let to = format!("crates/trm-models/weights/{puzzle}.safetensors");
            replace(&root().join(&to), std::fs::read(root().join(&weights)).context(weights)?)?;
            println!("{to} is written: measure it, and bring its card up to date");
            Ok(())
        }
        _ => Ok(()),
    }
}

/// One run of `trm train`; returns where its weights are.
fn phase(
    puzzle: &str,
    name: &str,
    init: Option<String>,
    arguments: &str,
    until: Option<u64>,
) -> Result<String> {
    let out = format!("runs/{puzzle}-{name}");
    let until = until.map_or(String::new(), |step| format!(" --until {step}"));
    let arguments = format!("{arguments}{until}");
    println!("phase {name}: trm train {puzzle} --out {out} {arguments}");
    let mut words: Vec<String> = ["train", puzzle, "--out", &out].map(Into::into).into();
    words.extend(arguments.split_whitespace().map(Into::into));
    words.extend(init.into_iter().flat_map(|init| ["--init".into(), init]));
    passes(&mut trm(&words))?;
    Ok(format!("{out}/model.safetensors"))
}

fn average(out: &str, models: &[&str]) -> Result<String> {
    passes(&mut trm(&[&["average"], models, &["--out", out]].concat()))?;
    Ok(out.to_owned())
}
