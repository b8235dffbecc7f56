//! `cargo xtask data`

use crate::generate::generate;
use crate::run::root;
use anyhow::{Context, Result, bail};

const HELP: &str = "\
cargo xtask data [k-star]

k-star: see `cargo xtask data k-star --help`.

Generates the Sudoku for training below data/: 32,000 easy and moderate ones, 8,000 larger ones, and some 30,000
near the published training rows, if data/train.csv holds these, in six minutes of two idle cores. What is there
already stays. Mazes need no file: training draws them as it goes.

The published sets are not part of this repository. From a machine with a network:

  https://huggingface.co/datasets/sapientinc/sudoku-extreme   test.csv    (422,786 puzzles)
  https://huggingface.co/datasets/sapientinc/sudoku-extreme-1k   the 1,000 training rows: data/train.csv of the recipe
  https://huggingface.co/datasets/sapientinc/maze-30x30-hard-1k   test.csv  (1,000 mazes)

and then, from anywhere:

  cargo xtask quality --data-sudoku test.csv --data-maze test.csv
";

/// Each file, and the words behind `trm generate` that make it. The seeds are never those of the committed test sets.
const SETS: [(&str, &str); 4] = [
    ("data/sudoku-easy.csv", "sudoku --count 16000 --seed 101 --mix 1,0,0,0,0,0"),
    ("data/sudoku-moderate.csv", "sudoku --count 16000 --seed 102 --mix 0,1,0,0,0,0"),
    ("data/sudoku-12x12.csv", "examples/puzzles/sudoku-12x12.toml --singles --count 4000 --seed 103"),
    ("data/sudoku-16x16.csv", "examples/puzzles/sudoku-16x16.toml --singles --count 4000 --seed 104"),
];

/// The published training file.
pub const PUBLISHED: &str = "data/train.csv";
/// Files of puzzles near its rows.
const NEAR: [(&str, &str); 2] = [
    ("data/sudoku-near-1.csv", "sudoku --near data/train.csv --count 16000 --seed 1"),
    ("data/sudoku-near-2.csv", "sudoku --near data/train.csv --count 16000 --seed 2"),
];

pub fn run(arguments: &[String]) -> Result<()> {
    match arguments {
        [] => {}
        [flag] if flag == "--help" || flag == "-h" => {
            print!("{HELP}");
            return Ok(());
        }
        [what, rest @ ..] if what == "k-star" => return crate::k_star::run(rest),
        _ => bail!("data does not know {arguments:?}\n\n{HELP}"),
    }
    let folder = root().join("data");
    std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    SETS.iter().try_for_each(|(path, command)| generate(path, &words(command)))?;
    if !root().join(PUBLISHED).exists() {
        println!("{PUBLISHED} is missing, so nothing is generated near it");
        return Ok(());
    }
    NEAR.iter().try_for_each(|(path, command)| generate(path, &words(command)))
}

fn words(command: &str) -> Vec<&str> {
    command.split(' ').collect()
}
