//! Streaming evaluation: rows in, a report out.

use crate::answers::RowAnswer;
use crate::error::{BenchError, Result};
use crate::tally::{Band, Measures, Outcome, SweepPoint, Tally, sweep_ks};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::sync::Mutex;
use trm_core::{Model, TrmEngine};
use trm_solve::{AfterHalt, Policy, RunResult, answer};
use trm_tasks::{Item, Task};

/// The model that a report is about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelInfo {
    /// File name, or the name of an embedded model.
    pub name: String,
    /// Number of weights.
    pub n_params: usize,
    /// Whether its weights are still the initial ones.
    pub untrained: bool,
}

impl ModelInfo {
    /// Describes a model.
    pub fn of(name: impl Into<String>, model: &Model) -> Self {
        ModelInfo { name: name.into(), n_params: model.params.len(), untrained: model.is_untrained() }
    }
}

/// An evaluation with its data, model and policy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The kind of puzzle.
    pub puzzle: String,
    /// The data set.
    pub data: String,
    /// The model.
    pub model: ModelInfo,
    /// The halting policy.
    pub policy: Policy,
    /// Over all questions.
    #[serde(flatten)]
    pub measures: Measures,
    /// By rating band.
    pub bands: Vec<Band>,
    /// By K; empty without a sweep.
    pub sweep: Vec<SweepPoint>,
}

/// Progress of an evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EvalProgress {
    /// Questions finished.
    pub n: usize,
    /// Answers that obey the rules.
    pub n_verified: usize,
}

/// Runs a model on every row. Rows are read as they are needed, run on all threads of the rayon pool and
/// dropped, so that memory does not grow with their number. `observe` gets every answer as soon as it is there, from
/// any thread.
///
/// # Errors
/// The error of the first row that cannot be read or run, and [`BenchError::NoPuzzles`].
pub fn evaluate<T: Task, R>(
    engine: &TrmEngine,
    task: &T,
    rows: impl Iterator<Item = std::result::Result<R, puzzles::PuzzleError>> + Send,
    policy: &Policy,
    after_halt: AfterHalt,
    observe: &(dyn Fn(EvalProgress, RowAnswer) + Sync),
) -> Result<EvalResult>
where
    Item<T>: From<R>,
    R: Send,
{
    let ks = if after_halt == AfterHalt::Continue { sweep_ks(policy.max_k) } else { Vec::new() };
    let tally = Mutex::new(Tally::new::<T>(ks.clone()));
    rows.enumerate().par_bridge().try_for_each(|(i, row)| {
        let (outcome, mut answer) = run(engine, task, &Item::from(row?), policy, after_halt, &ks)?;
        answer.row = i + 1;
        let mut tally = tally.lock().unwrap_or_else(|e| e.into_inner());
        tally.add(&outcome);
        let (n, n_verified) = tally.progress();
        drop(tally);
        observe(EvalProgress { n, n_verified }, answer);
        Ok::<(), BenchError>(())
    })?;
    let tally = tally.into_inner().unwrap_or_else(|e| e.into_inner());
    match tally.progress() {
        (0, _) => Err(BenchError::NoPuzzles),
        _ => Ok(EvalResult { measures: tally.measures(), bands: tally.bands(), sweep: tally.sweep() }),
    }
}

/// The result of [`evaluate`].
#[derive(Clone, Debug, PartialEq)]
pub struct EvalResult {
    /// Over all questions.
    pub measures: Measures,
    /// By rating band.
    pub bands: Vec<Band>,
    /// By K, for [`AfterHalt::Continue`].
    pub sweep: Vec<SweepPoint>,
}

impl EvalResult {
    /// The report, with data, model and policy.
    pub fn report(self, puzzle: &str, data: impl Into<String>, model: ModelInfo, policy: Policy) -> Report {
        let EvalResult { measures, bands, sweep } = self;
        Report { puzzle: puzzle.into(), data: data.into(), model, policy, measures, bands, sweep }
    }
}

fn run<T: Task>(
    engine: &TrmEngine,
    task: &T,
    item: &Item<T>,
    policy: &Policy,
    after_halt: AfterHalt,
    ks: &[usize],
) -> Result<(Outcome, RowAnswer)> {
    let (mut sweep, mut verified) = (Vec::with_capacity(ks.len()), false);
    let RunResult { answer, k, confidence, time, flops, .. } =
        answer(engine, task, &item.question, policy, after_halt, |step| {
            if ks.is_empty() {
                return;
            }
            verified = verified || task.obeys_rules(&item.question, step.answer);
            if ks.get(sweep.len()) == Some(&step.k) {
                sweep.push([*step.answer == item.label, verified]);
            }
        })?;
    let score = task.score(&item.question, &answer, &item.label);
    let [exact, solved, ..] = score.marks;
    let text = task.text(&item.question, &answer);
    let row = RowAnswer { row: 0, answer: text, steps: k, confidence, exact, solved };
    Ok((Outcome { score, k, seconds: time.as_secs_f64(), flops, rating: item.rating, sweep }, row))
}
