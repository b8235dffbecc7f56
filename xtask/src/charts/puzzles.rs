//! The table of the examples of puzzle files.

use super::data::Report;
use super::examples::{Example, read};
use super::tables::{grouped, interval};
use anyhow::{Context, Result};
use std::fmt::Write;

/// Each example: the Sudoku weights as they are, and what training makes of them or of nothing.
pub fn table() -> Result<String> {
    let mut table = String::from(
        "| file | Sudoku weights as they are, mean K | trained for | then, mean K | GFLOP | the commands behind `trm` |\n|---|---|---|---|---|---|\n",
    );
    for example in read()? {
        let score = |report: &Option<Report>| report.as_ref().map_or(Ok("-".into()), score);
        let [effort, commands] = training(&example);
        let last = example.trained.as_ref().or(example.untrained.as_ref()).context("no score")?;
        writeln!(
            table,
            "| `{}` | {} | {effort} | {} | {:.1} | {commands} |",
            example.file,
            score(&example.untrained)?,
            score(&example.trained)?,
            last.measures.gflop_per_puzzle.context("no arithmetic")?,
        )?;
    }
    Ok(table)
}

fn score(report: &Report) -> Result<String> {
    let rate = report.measures.exact_accuracy.context("no exact_accuracy")?;
    Ok(format!("{}, {:.1}", interval(rate), report.measures.mean_k.context("no mean K")?))
}

/// The effort of the training, and the commands of the row.
fn training(example: &Example) -> [String; 2] {
    let Some(training) = &example.training else {
        return ["-".into(), format!("`{}`", example.eval(None))];
    };
    let from = example.init.as_ref().map_or("from nothing", |_| "from the Sudoku weights");
    let effort = match (training.question_steps, training.minutes) {
        (Some(steps), Some(minutes)) => {
            format!("{} question-steps {from}, {minutes:.1} minutes", grouped(steps))
        }
        _ => from.to_owned(),
    };
    let [generate, train] = example.commands(training);
    let eval = example.eval(Some(&format!("target/puzzles/{}/model.safetensors", example.file)));
    [effort, format!("`{generate}`, `{train}`, `{eval}`")]
}
