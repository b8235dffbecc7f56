//! `cargo xtask quality`

use crate::run::{output, trm};
use anyhow::{Context, Result, bail};

const HELP: &str = "\
cargo xtask quality [--data-sudoku FILE] [--data-maze FILE] [--limit N] [--json]

Scores the embedded models on Sudoku-Extreme and Maze-Hard: one run per puzzle, the network alone,
halted as the model says (trm eval). Without files the committed generated sets are used, and the
report says so. Exit code 1 unless both models are above their targets.
";

/// The least percentages of answers that obey the rules.
const TARGETS: [(&str, &str); 2] = [("sudoku", "80"), ("maze", "70")];

/// What a pass on the committed sets does not say.
const ON_GENERATED: &str = "\
This is about generated puzzles. What the models score on published rows stands in the cards beside their
weights (crates/trm-models/weights). Give the published files with --data-sudoku and --data-maze.";

pub fn run(arguments: &[String]) -> Result<()> {
    let Some(wanted) = Wanted::parse(arguments)? else {
        print!("{HELP}");
        return Ok(());
    };
    let mut missed = Vec::new();
    let mut reports = Vec::new();
    for (puzzle, target) in TARGETS {
        let mut command = trm(&wanted.eval(puzzle, target));
        eprintln!("{puzzle}: target above {target} %");
        let output = output(&mut command)?;
        let report = String::from_utf8(output.stdout).context("the report of trm eval")?;
        if wanted.json {
            let report = report.trim();
            let report = if report.is_empty() { "null" } else { report };
            reports.push(format!("\"{puzzle}\":{report}"));
        } else {
            println!("{report}");
        }
        match output.status.code() {
            Some(0) => {}
            Some(1) => missed.push(puzzle),
            _ => bail!("trm eval {puzzle}: {}", output.status),
        }
    }
    if wanted.json {
        println!("{{\"passed\":{},{}}}", missed.is_empty(), reports.join(","));
    }
    if !missed.is_empty() {
        bail!("FAIL: {}", missed.join(" and "));
    }
    eprintln!("PASS: both models are above their targets");
    if wanted.sudoku.is_none() {
        eprintln!("{ON_GENERATED}");
    }
    Ok(())
}

#[derive(Default)]
struct Wanted {
    sudoku: Option<String>,
    maze: Option<String>,
    limit: Option<String>,
    json: bool,
}

impl Wanted {
    /// `None` asks for help.
    fn parse(arguments: &[String]) -> Result<Option<Self>> {
        let mut wanted = Wanted::default();
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            let field = match argument.as_str() {
                "--data-sudoku" => &mut wanted.sudoku,
                "--data-maze" => &mut wanted.maze,
                "--limit" => &mut wanted.limit,
                "--json" => {
                    wanted.json = true;
                    continue;
                }
                "--help" | "-h" => return Ok(None),
                other => bail!("quality does not know {other:?}\n\n{HELP}"),
            };
            let value = arguments.next().with_context(|| format!("{argument} needs a value"))?;
            // Paths are those of the folder the command was given in.
            let path = argument.starts_with("--data").then(|| std::path::absolute(value)).transpose()?;
            *field = Some(path.map_or_else(|| value.clone(), |path| path.display().to_string()));
        }
        Ok(Some(wanted))
    }

    fn eval(&self, puzzle: &str, target: &str) -> Vec<String> {
        let mut words: Vec<String> = ["eval", puzzle, "--target", target].map(Into::into).into();
        let data = if puzzle == "sudoku" { &self.sudoku } else { &self.maze };
        for (flag, value) in [("--data", data), ("--limit", &self.limit)] {
            if let Some(value) = value {
                words.extend([flag.to_owned(), value.clone()]);
            }
        }
        if self.json {
            words.push("--json".into());
        }
        words
    }
}
