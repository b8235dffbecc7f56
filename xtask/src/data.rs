//! `cargo xtask data`

use crate::generate::generate;
use crate::run::root;
use anyhow::{Context, Result, bail};

const HELP: &str = "\
cargo xtask data [k-star]

k-star: see `cargo xtask data k-star --help`.

Generates the Sudoku for training and validation below data/, from easy to deep: 65,768 puzzles, some
two hours on two idle cores. What is there already stays. Mazes need no file: training draws them as it goes.

The published sets are not part of this repository. From a machine with a network:

  https://huggingface.co/datasets/sapientinc/sudoku-extreme   test.csv    (422,786 puzzles)
  https://huggingface.co/datasets/sapientinc/sudoku-extreme-1k   the 1,000 training rows: data/train.csv of the recipe
  https://huggingface.co/datasets/sapientinc/maze-30x30-hard-1k   test.csv  (1,000 mazes)

and then, from anywhere:

  cargo xtask quality --data-sudoku test.csv --data-maze test.csv
";

/// File, puzzles, seed and mix (easy, moderate, hard, extreme, deep, resistant). The seeds are never those of the
/// committed test sets.
const SETS: [[&str; 4]; 7] = [
    ["data/sudoku-validate.csv", "1000", "1002", "4,1,0,0,0,15"],
    ["data/sudoku-easy.csv", "16000", "101", "1,0,0,0,0,0"],
    ["data/sudoku-moderate.csv", "16000", "102", "0,1,0,0,0,0"],
    ["data/sudoku-hard.csv", "8192", "103", "0,0,1,0,0,0"],
    ["data/sudoku-extreme.csv", "2048", "104", "0,0,0,1,0,0"],
    ["data/sudoku-deep.csv", "16384", "106", "0,0,0,0,1,0"],
    ["data/sudoku-resistant.csv", "6144", "107", "0,0,0,0,0,1"],
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
    for [path, count, seed, mix] in SETS {
        generate(path, &["sudoku", "--count", count, "--seed", seed, "--mix", mix])?;
    }
    Ok(())
}
