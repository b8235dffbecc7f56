//! Runs the commands of `docs/data/scores.json` again.

use super::data::{Report, SCORES, Scores};
use crate::file::replace;
use crate::run::{output, root, trm};
use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use std::path::Path;

/// Measures the rows whose commands hold one of the words, or all, on the files of a folder. Each row is kept as
/// soon as it is measured.
pub fn run(folder: &Path, words: &[String]) -> Result<()> {
    let mut scores = Scores::read()?;
    let is_wanted =
        |command: &str| words.is_empty() || words.iter().any(|word| command.contains(word.as_str()));
    let wanted: Vec<usize> = (0..scores.rows.len()).filter(|i| is_wanted(&scores.rows[*i].command)).collect();
    ensure!(!wanted.is_empty(), "no command of {SCORES} holds {}", words.join(" or "));
    let commands: Result<Vec<_>> =
        wanted.iter().map(|i| arguments(&scores.rows[*i].command, folder)).collect();
    for (i, arguments) in wanted.into_iter().zip(commands?) {
        let row = &mut scores.rows[i];
        println!("{}", row.command);
        let output = output(&mut trm(&arguments))?;
        if !output.status.success() {
            bail!("{}: {}", row.command, output.status);
        }
        row.report = read(&output.stdout).with_context(|| row.command.clone())?;
        replace(&root().join(SCORES), serde_json::to_string_pretty(&scores)? + "\n")?;
    }
    Ok(())
}

/// A report, without the times of this run.
pub fn read(json: &[u8]) -> Result<Report> {
    let read = serde_json::from_slice(json).and_then(|report| serde_json::from_value(rounded(report)));
    read.context("what trm eval --json printed")
}

/// Numbers to six decimals, which are the same after any number of readings.
fn rounded(value: Value) -> Value {
    match value {
        Value::Number(n) if n.is_f64() => n.as_f64().map(|v| (1e6 * v).round() / 1e6).into(),
        Value::Array(items) => items.into_iter().map(rounded).collect(),
        Value::Object(fields) => fields.into_iter().map(|(name, value)| (name, rounded(value))).collect(),
        other => other,
    }
}

/// The words after `trm`, with the file after `--data` in the folder.
fn arguments(command: &str, folder: &Path) -> Result<Vec<String>> {
    let words =
        command.strip_prefix("trm eval ").with_context(|| format!("{SCORES}: {command} is no trm eval"))?;
    let mut arguments = vec!["eval".to_owned()];
    let mut is_file = false;
    for word in words.split_whitespace() {
        if is_file {
            let file = folder.join(word);
            ensure!(file.is_file(), "{} is missing: docs/results.md says what it is", file.display());
            arguments.push(file.display().to_string());
        } else {
            arguments.push(word.to_owned());
        }
        is_file = word == "--data";
    }
    arguments.push("--json".into());
    Ok(arguments)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_those_of_the_folder() {
        let folder = tempfile::tempdir().expect("a folder");
        let command = "trm eval maze --data m.csv --max-k 16";
        assert!(arguments(command, folder.path()).is_err(), "no file");
        let file = folder.path().join("m.csv");
        std::fs::write(&file, "").expect("a file");
        let file = file.display().to_string();
        let words = arguments(command, folder.path()).expect("a file");
        assert_eq!(words, ["eval", "maze", "--data", &file, "--max-k", "16", "--json"]);
        assert!(arguments("trm solve sudoku", folder.path()).is_err());
    }

    #[test]
    fn times_are_left_out() {
        let rate = r#"{"n_true":1,"rate":0.5,"low":0.9756625486776705,"high":0.9}"#;
        let json = format!(
            r#"{{"n":2,"exact_accuracy":{rate},"mean_k":3.0,"ms_per_puzzle":7.5,"gflop_per_puzzle":1.0,
            "bands":[{{"from":0.0,"n":2,"exact_accuracy":{rate},"ms_per_puzzle":7.5}}],"sweep":[]}}"#
        );
        let report = read(json.as_bytes()).expect("a report");
        let written = serde_json::to_string(&report).expect("a report");
        assert!(written.contains("\"mean_k\":3.0") && written.contains("\"from\":0.0"), "{written}");
        assert!(!written.contains("ms_per_puzzle") && written.contains("0.975663"), "{written}");
        assert_eq!(serde_json::to_string(&read(written.as_bytes()).expect("a report")).ok(), Some(written));
        assert!(read(b"{}").is_err());
    }
}
