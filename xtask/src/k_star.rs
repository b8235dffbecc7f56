//! `cargo xtask data k-star`

use crate::file::replace;
use crate::generate::generate;
use crate::run::{output, passes, root, trm};
use anyhow::{Context, Result, bail};

const HELP: &str = "\
cargo xtask data k-star [sudoku|maze]

Measures again how many steps the embedded models need, and what is learned from it, after a model was trained
anew, or that of one puzzle: 2,000 generated Sudoku and 2,000 mazes, from easy to hard, each run to the last step.
Writes

  datasets/k-star-PUZZLE.safetensors       embeddings, K*, and the signals of every step
  datasets/k-star-PUZZLE.txt, .html        all halting policies against each other, and the targets
  crates/trm-models/weights/PUZZLE.halting the predictor for --learned
";

/// Arguments of `trm generate` for each file of puzzles. The seeds are those of no other set.
type Source = (&'static str, &'static [&'static str]);
const SUDOKU: &[Source] =
    &[("data/k-star-sudoku.csv", &["sudoku", "--count", "2000", "--seed", "601", "--mix", "1,1,1,1,1,1"])];
const MAZES: &[Source] = &[
    (
        "data/k-star-maze-hard.csv",
        &["maze", "--count", "800", "--seed", "611", "--side", "30", "--min-path", "109"],
    ),
    (
        "data/k-star-maze-30.csv",
        &["maze", "--count", "400", "--seed", "612", "--side", "30", "--min-path", "40"],
    ),
    (
        "data/k-star-maze-20.csv",
        &["maze", "--count", "400", "--seed", "613", "--side", "20", "--min-path", "40"],
    ),
    (
        "data/k-star-maze-12.csv",
        &["maze", "--count", "400", "--seed", "614", "--side", "12", "--min-path", "16"],
    ),
];

pub fn run(arguments: &[String]) -> Result<()> {
    let models = [("sudoku", SUDOKU), ("maze", MAZES)];
    let wanted = match arguments {
        [] => models.to_vec(),
        [flag] if flag == "--help" || flag == "-h" => {
            print!("{HELP}");
            return Ok(());
        }
        [puzzle] if models.iter().any(|(name, _)| name == puzzle) => {
            models.into_iter().filter(|(name, _)| name == puzzle).collect()
        }
        _ => bail!("data k-star does not know {arguments:?}\n\n{HELP}"),
    };
    std::fs::create_dir_all(root().join("data")).context("data")?;
    for (puzzle, sources) in wanted {
        let runs = format!("datasets/k-star-{puzzle}.safetensors");
        let mut measure = vec!["k-star", puzzle];
        for (path, words) in sources {
            generate(path, words)?;
            measure.extend(["--data", path]);
        }
        passes(trm(&measure).args(["--out", &runs]))?;
        // Mazes have no noise, and no seed.
        let again = (puzzle == "sudoku").then_some("data/k-star-sudoku-again.safetensors");
        if let Some(again) = again {
            passes(trm(&measure).args(["--out", again, "--seed", "1"]))?;
        }
        let html = format!("datasets/k-star-{puzzle}.html");
        let state = format!("crates/trm-models/weights/{puzzle}.halting");
        let mut words = vec!["policies", &runs, "--html", &html, "--state", &state];
        words.extend(again.iter().flat_map(|again| ["--again", again]));
        let compared = output(&mut trm(&words))?;
        print!("{}", String::from_utf8_lossy(&compared.stdout));
        // 1 says that a target is missed, which the table says too.
        if !matches!(compared.status.code(), Some(0 | 1)) {
            bail!("trm policies {runs}: {}", compared.status);
        }
        let text = root().join(format!("datasets/k-star-{puzzle}.txt"));
        replace(&text, compared.stdout)?;
    }
    Ok(())
}
