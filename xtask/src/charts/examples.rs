//! `cargo xtask puzzles`: what the examples of puzzle files score.

use super::data::Report;
use super::measure;
use crate::file::replace;
use crate::run::{passes, printed, root, trm};
use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::path::Path;

const HELP: &str = "\
cargo xtask puzzles [NAME ..]

For each file of examples/puzzles, or those that are named: makes training puzzles (trm generate), scores the
Sudoku weights on datasets/puzzles/NAME.csv as they are (trm eval), trains (trm train), scores again, and keeps
what was printed in docs/data/puzzles.json, which also says how each is trained. `cargo xtask charts` writes the
table of docs/own-puzzle.md from it. All of it takes some hours of one core; files are below target/puzzles, and a
training that was interrupted goes on.
";

/// What is known of the examples, and how they are trained.
pub const PUZZLES: &str = "docs/data/puzzles.json";

/// One file of `examples/puzzles`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// Its name, without `.toml`.
    pub file: String,
    /// Its test set in `datasets/puzzles`, where that is the one of another file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<String>,
    /// The model whose weights training starts from, and which is scored as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub init: Option<String>,
    /// Whether the file names a kind of weights that this model lacks, which can only be scored once it is trained.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub has_own_kind: bool,
    /// How it is trained; without it, it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub training: Option<Training>,
    /// The score of the weights of `init` as they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub untrained: Option<Report>,
    /// The score after training.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trained: Option<Report>,
}

/// How a model is trained.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Training {
    /// Options of `trm generate`.
    pub generate: String,
    /// Options of `trm train`.
    pub train: String,
    /// Minutes of the run that was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minutes: Option<f64>,
    /// Questions times supervision steps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub question_steps: Option<u64>,
}

impl Example {
    /// The words after `trm` that score these weights on its test set.
    pub fn eval(&self, model: Option<&str>) -> String {
        let Example { file, rows, .. } = self;
        let rows = rows.as_ref().unwrap_or(file);
        let what = model.map_or_else(|| format!("examples/puzzles/{file}.toml"), str::to_owned);
        format!("eval {what} --data datasets/puzzles/{rows}.csv --max-k 64")
    }

    /// The words after `trm` that make its training puzzles, and that train on them.
    pub fn commands(&self, training: &Training) -> [String; 2] {
        let Example { file, init, .. } = self;
        let init = init.as_ref().map_or(String::new(), |init| format!(" --init {init}"));
        let (toml, rows) = (format!("examples/puzzles/{file}.toml"), format!("target/puzzles/{file}.csv"));
        [
            format!("generate {toml} {} --out {rows}", training.generate),
            format!("train {toml} --data {rows} --out target/puzzles/{file}{init} {}", training.train),
        ]
    }

    fn measure(&mut self) -> Result<()> {
        if self.init.is_some() && !self.has_own_kind {
            self.untrained = Some(score(&self.eval(None))?);
        }
        let Some(training) = &self.training else { return Ok(()) };
        let [generate, train] = self.commands(training);
        let rows = root().join(format!("target/puzzles/{}.csv", self.file));
        if !rows.is_file() {
            std::fs::create_dir_all(rows.parent().context("a folder")?)?;
            passes(&mut words(&generate))?;
        }
        passes(&mut words(&train))?;
        let folder = format!("target/puzzles/{}", self.file);
        let trained = score(&self.eval(Some(&format!("{folder}/model.safetensors"))))?;
        let (minutes, question_steps) = effort(&root().join(folder).join("log.jsonl"))?;
        if let Some(training) = &mut self.training {
            training.minutes = Some(minutes);
            training.question_steps = Some(question_steps);
        }
        self.trained = Some(trained);
        Ok(())
    }
}

pub fn run(arguments: &[String]) -> Result<()> {
    if let [flag] = arguments
        && (flag == "--help" || flag == "-h")
    {
        print!("{HELP}");
        return Ok(());
    }
    let mut examples = read()?;
    for name in arguments {
        ensure!(examples.iter().any(|e| e.file == *name), "{PUZZLES} has no {name:?}\n\n{HELP}");
    }
    for i in 0..examples.len() {
        let example = &mut examples[i];
        if arguments.is_empty() || arguments.contains(&example.file) {
            println!("{}", example.file);
            example.measure().with_context(|| example.file.clone())?;
            replace(&root().join(PUZZLES), serde_json::to_string_pretty(&examples)? + "\n")?;
        }
    }
    Ok(())
}

/// The examples in the order of the table.
pub fn read() -> Result<Vec<Example>> {
    let text = std::fs::read_to_string(root().join(PUZZLES)).context(PUZZLES)?;
    serde_json::from_str(&text).context(PUZZLES)
}

fn words(command: &str) -> std::process::Command {
    trm(&command.split_whitespace().collect::<Vec<_>>())
}

fn score(command: &str) -> Result<Report> {
    measure::read(printed(&mut words(&format!("{command} --json")))?.as_bytes()).context(command.to_owned())
}

/// Minutes and question-steps of a training, from its log.
fn effort(log: &Path) -> Result<(f64, u64)> {
    let text = std::fs::read_to_string(log).with_context(|| log.display().to_string())?;
    let mut found = None;
    for line in text.lines() {
        let line: Value = serde_json::from_str(line).with_context(|| log.display().to_string())?;
        let number = |name: &str| line["train"][name].as_f64();
        if let (Some(seconds), Some(steps)) = (number("seconds"), number("question_steps")) {
            found = Some(((seconds / 6.0).round() / 10.0, steps as u64));
        }
    }
    match found {
        Some(found) => Ok(found),
        None => bail!("{}: no step is in this log", log.display()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_is_listed_with_a_test_set() {
        let listed = read().expect("the committed file");
        let mut names: Vec<_> = listed.iter().map(|example| format!("{}.toml", example.file)).collect();
        let folder = std::fs::read_dir(root().join("examples/puzzles")).expect("examples");
        let mut files: Vec<_> =
            folder.map(|file| file.expect("a file").file_name().display().to_string()).collect();
        names.sort();
        files.sort();
        assert_eq!(names, files);
        for example in listed {
            let set = example.eval(None);
            let set = set.split_whitespace().nth(3).expect("a file").to_owned();
            assert!(root().join(&set).is_file(), "{set}");
            assert_eq!(example.training.is_some(), example.trained.is_some(), "{}: run it", example.file);
            let is_scored = example.init.is_some() && !example.has_own_kind;
            assert_eq!(is_scored, example.untrained.is_some(), "{}: run it", example.file);
        }
    }

    #[test]
    fn the_last_step_of_a_log_counts() {
        let folder = tempfile::tempdir().expect("a folder");
        let log = folder.path().join("log.jsonl");
        let line =
            |steps: u64| format!("{{\"train\":{{\"seconds\":{},\"question_steps\":{steps}}}}}\n", steps * 2);
        std::fs::write(&log, line(30) + "{\"validation\":1}\n" + &line(90)).expect("a file");
        assert_eq!(effort(&log).expect("two steps"), (3.0, 90));
        std::fs::write(&log, "{}").expect("a file");
        assert!(effort(&log).is_err());
    }
}
