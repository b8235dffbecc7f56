//! `cargo xtask data`

use crate::run::{passes, root, trm};
use anyhow::{Context, Result, bail};

const HELP: &str = "\
cargo xtask data [--count N]

Generates data/sudoku-train.csv (N puzzles, 100,000 unless told) and data/sudoku-validate.csv. Mazes
need no file: training draws them as it goes.

The published test sets are not part of this repository. From a machine with a network:

  https://huggingface.co/datasets/sapientinc/sudoku-extreme   test.csv    (422,786 puzzles)
  https://huggingface.co/datasets/sapientinc/maze-30x30-hard-1k   test.csv  (1,000 mazes)

and then, from anywhere:

  cargo xtask quality --data-sudoku test.csv --data-maze test.csv
";

/// Seeds: never those of the committed test sets.
const SETS: [(&str, &str, Option<&str>); 2] =
    [("data/sudoku-train.csv", "1001", None), ("data/sudoku-validate.csv", "1002", Some("1000"))];

pub fn run(arguments: &[String]) -> Result<()> {
    let count = match arguments {
        [] => "100000",
        [flag, count] if flag == "--count" => count,
        [flag] if flag == "--help" || flag == "-h" => {
            print!("{HELP}");
            return Ok(());
        }
        _ => bail!("data does not know {arguments:?}\n\n{HELP}"),
    };
    let folder = root().join("data");
    std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    for (path, seed, fixed) in SETS {
        if root().join(path).exists() {
            println!("{path} exists");
            continue;
        }
        let count = fixed.unwrap_or(count);
        println!("{path}: {count} puzzles");
        let partial = format!("{path}.tmp");
        let words = ["generate", "sudoku", "--count", count, "--seed", seed, "--out", &partial];
        passes(&mut trm(&words.map(Into::into)))?;
        std::fs::rename(root().join(&partial), root().join(path)).context(path)?;
    }
    Ok(())
}
