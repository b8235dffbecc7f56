//! What the documents' tables and charts are made of: our scores, and those of the published systems.

use crate::run::root;
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Our scores, by the commands that print them; `cargo xtask charts --measure` runs these again.
pub const SCORES: &str = "docs/data/scores.json";
/// The scores of others, with their sources.
pub const PUBLISHED: &str = "docs/data/published.json";

#[derive(Debug, Serialize, Deserialize)]
pub struct Scores {
    /// The data of the headlines, in words, for the charts.
    pub data: String,
    /// How each model was trained, by puzzle.
    pub training: BTreeMap<Puzzle, Training>,
    pub rows: Vec<Row>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Puzzle {
    Sudoku,
    Maze,
}

/// The effort of a training.
#[derive(Debug, Serialize, Deserialize)]
pub struct Training {
    /// At most so many hours of one core.
    pub max_core_hours: f64,
    /// 10^15 operations of matmuls, forward and backward.
    pub pflop: f64,
}

/// One command, and what it printed.
#[derive(Debug, Serialize, Deserialize)]
pub struct Row {
    pub puzzle: Puzzle,
    /// The rows of data, in words.
    pub data: String,
    /// When a run ends, in words.
    pub halting: String,
    pub command: String,
    pub role: Role,
    /// The rows as the command counts them, and the rest that `--json` prints, without times.
    pub report: Report,
}

/// Where a row is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The network alone, on published data and with the usual limit: the score of the first page, and a point of
    /// every chart.
    Headline,
    /// The same with another limit of steps: a point of the chart of inference.
    Limit,
    /// The network alone, in the tables.
    Network,
    /// More than one run of the network, or the rules beside it: in a table of its own.
    More,
}

/// What `trm eval --json` prints, but for times.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Report {
    pub n: usize,
    #[serde(flatten)]
    pub measures: Measures,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<Model>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bands: Vec<Band>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<Source>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sweep: Vec<SweepPoint>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<Search>,
    /// Of `--rollouts`: the first run of each puzzle, and the one chosen by confidence, and by the rules.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<Rate>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_confidence: Option<Rate>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_rules: Option<Rate>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steps: Option<f64>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Measures {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exact_accuracy: Option<Rate>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub optimal_path_rate: Option<Rate>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_path_rate: Option<Rate>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connected_rate: Option<Rate>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean_k: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gflop_per_puzzle: Option<f64>,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct Model {
    pub n_params: usize,
}

/// A share with its 95 % interval.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Rate {
    pub rate: f64,
    pub low: f64,
    pub high: f64,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct Band {
    /// The lowest rating.
    pub from: f64,
    pub n: usize,
    pub exact_accuracy: Rate,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct Source {
    pub source: String,
    pub n: usize,
    pub exact_accuracy: Rate,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct SweepPoint {
    pub k: usize,
    pub exact_at: Rate,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct Search {
    pub exact_accuracy: Rate,
    pub calls: f64,
    pub steps: f64,
}

/// A published system on one puzzle.
#[derive(Debug, Deserialize)]
pub struct Published {
    pub system: String,
    pub puzzle: Puzzle,
    /// Percent of answers that equal the label, on the published test file.
    pub exact_accuracy: f64,
    pub weights: f64,
    /// Of these three figures.
    pub source: String,
    /// What its authors say that training took.
    pub hardware: String,
    /// Of the hardware and of the network below.
    pub configuration: String,
    pub network: Network,
}

/// The network of a published system, from which its arithmetic is computed.
#[derive(Debug, Deserialize)]
pub struct Network {
    /// Positions, those in front of the puzzle included.
    pub tokens: u64,
    pub width: u64,
    /// Width inside the SwiGLU over features.
    pub ffn: u64,
    /// Width inside the SwiGLU over positions; without it the mixer is attention.
    pub token_ffn: Option<u64>,
    /// Blocks of one pass.
    pub blocks: u64,
    /// Passes of a supervision step.
    pub passes: u64,
    /// Those of them that are differentiated, at twice their cost again.
    pub gradient_passes: u64,
    /// Passes that training adds to each step, without gradient.
    pub extra_passes: u64,
    /// Supervision steps of an answer.
    pub steps: u64,
    /// Questions times supervision steps of the whole training.
    pub question_steps: u64,
}

impl Network {
    /// Operations of the matmuls of one pass, a multiply-add counted as two.
    fn pass_flop(&self) -> u64 {
        let Network { tokens, width, ffn, token_ffn, blocks, .. } = *self;
        let mixer = match token_ffn {
            Some(inner) => 3 * tokens * inner * width,
            None => tokens * (4 * width * width + 2 * tokens * width),
        };
        2 * blocks * (mixer + 3 * tokens * width * ffn)
    }

    /// 10^9 operations of an answer.
    pub fn answer_gflop(&self) -> f64 {
        1e-9 * (self.steps * self.passes * self.pass_flop()) as f64
    }

    /// 10^15 operations of the training.
    pub fn training_pflop(&self) -> f64 {
        let passes = self.passes + 2 * self.gradient_passes + self.extra_passes;
        1e-15 * (passes * self.pass_flop()) as f64 * self.question_steps as f64
    }
}

impl Scores {
    pub fn read() -> Result<Self> {
        read(SCORES)
    }

    pub fn rows_of(&self, puzzle: Puzzle, roles: &[Role]) -> impl Iterator<Item = &Row> {
        let of = move |row: &&Row| row.puzzle == puzzle && roles.contains(&row.role);
        self.rows.iter().filter(of)
    }

    /// The row of the first page.
    pub fn headline(&self, puzzle: Puzzle) -> Result<&Row> {
        self.rows_of(puzzle, &[Role::Headline])
            .next()
            .with_context(|| format!("{SCORES}: no headline of {puzzle:?}"))
    }
}

impl Row {
    /// Its exact share.
    pub fn exact(&self) -> Result<Rate> {
        self.report
            .measures
            .exact_accuracy
            .with_context(|| format!("{SCORES}: no exact_accuracy of {}", self.command))
    }

    /// Arithmetic of an answer, on average.
    pub fn gflop(&self) -> Result<f64> {
        let measured = self.report.measures.gflop_per_puzzle;
        measured.with_context(|| format!("{SCORES}: no gflop_per_puzzle of {}", self.command))
    }

    /// Weights of the model.
    pub fn weights(&self) -> Result<usize> {
        let model = self.report.model.as_ref();
        Ok(model.with_context(|| format!("{SCORES}: no model of {}", self.command))?.n_params)
    }
}

pub fn published() -> Result<Vec<Published>> {
    read(PUBLISHED)
}

fn read<T: for<'de> Deserialize<'de>>(name: &str) -> Result<T> {
    let path: PathBuf = root().join(name);
    let text = std::fs::read_to_string(&path).with_context(|| name.to_owned())?;
    serde_json::from_str(&text).with_context(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `trm-core` counts the same for the net of the paper's Sudoku, built as a model
    /// (`crates/trm-core/tests/official.rs`).
    #[test]
    fn sixteen_steps_of_the_paper_are_410_gflop() {
        let published = published().expect("a committed file");
        let of = |system: &str, puzzle| {
            let found = published.iter().find(|p| p.system == system && p.puzzle == puzzle);
            &found.expect("a row").network
        };
        let gflop = |system, puzzle| of(system, puzzle).answer_gflop().round();
        assert_eq!(gflop("TRM", Puzzle::Sudoku), 410.0);
        assert_eq!(gflop("TRM", Puzzle::Maze), 3822.0);
        assert_eq!(gflop("HRM", Puzzle::Sudoku), 220.0);
        // 50 million question-steps of 35 passes for 21: two thirds more than without gradient.
        assert_eq!(of("TRM", Puzzle::Sudoku).training_pflop().round(), 2136.0);
    }
}
