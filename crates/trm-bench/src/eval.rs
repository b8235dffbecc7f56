//! Streaming evaluation: rows in, a report out.

use crate::answers::RowAnswer;
use crate::error::{BenchError, CODING, Result};
use crate::tally::{Band, Measures, Outcome, Source, SweepPoint, Tally, Totals, sweep_ks};
use bincode::serde::{decode_from_slice, encode_to_vec};
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
    /// By source, in the order of their names; empty where there is one, or more than
    /// [`MAX_SOURCES`](crate::MAX_SOURCES).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<Source>,
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

/// A model that is measured on the rows of a task.
pub struct Evaluator<'a, T> {
    engine: &'a TrmEngine,
    task: &'a T,
    policy: &'a Policy,
    after_halt: AfterHalt,
    ks: Vec<usize>,
}

/// What an evaluation found on some of its rows. Parts merge in any order: but for times, a report does not depend on
/// how its rows were divided.
#[derive(Clone, Debug)]
pub struct EvalPart {
    tally: Tally,
    /// The answers to the rows.
    pub answers: Vec<RowAnswer>,
}

impl<'a, T: Task> Evaluator<'a, T> {
    /// An evaluation of this model, halted by this policy.
    pub fn new(engine: &'a TrmEngine, task: &'a T, policy: &'a Policy, after_halt: AfterHalt) -> Self {
        let ks = if after_halt == AfterHalt::Continue { sweep_ks(policy.max_k) } else { Vec::new() };
        Evaluator { engine, task, policy, after_halt, ks }
    }

    /// The part of no row.
    pub fn nothing(&self) -> EvalPart {
        EvalPart { tally: Tally::new::<T>(self.ks.clone()), answers: Vec::new() }
    }

    /// Runs the model on rows that lie behind each other, the first of which is row `first`, from 1.
    ///
    /// # Errors
    /// That of the first row that cannot be run.
    pub fn part(&self, first: usize, rows: impl IntoIterator<Item = Item<T>>) -> Result<EvalPart> {
        let mut part = self.nothing();
        for (i, item) in rows.into_iter().enumerate() {
            let (outcome, mut answer) =
                run(self.engine, self.task, &item, self.policy, self.after_halt, &self.ks)?;
            answer.row = first + i;
            part.tally.add(&outcome);
            part.answers.push(answer);
        }
        Ok(part)
    }

    /// A part from the bytes that [`EvalPart::to_bytes`] gave.
    ///
    /// # Errors
    /// [`BenchError::Part`] where they are those of another evaluation, or damaged.
    pub fn part_of(&self, bytes: &[u8]) -> Result<EvalPart> {
        let fault = |reason: String| BenchError::Part { reason };
        let ((totals, answers), length): ((Totals, Vec<RowAnswer>), usize) =
            decode_from_slice(bytes, CODING).map_err(|error| fault(error.to_string()))?;
        let mut part = self.nothing();
        if length != bytes.len() || !part.tally.merge(&totals) {
            return Err(fault("not of this puzzle, or not of this sweep".into()));
        }
        part.answers = answers;
        Ok(part)
    }
}

impl EvalPart {
    /// Adds the rows of another part.
    ///
    /// # Panics
    /// Where it is a part of another evaluation.
    pub fn merge(&mut self, other: EvalPart) {
        assert!(self.tally.merge(other.tally.totals()), "parts of two evaluations");
        self.answers.extend(other.answers);
    }

    /// The bytes that [`Evaluator::part_of`] reads.
    pub fn to_bytes(&self) -> Vec<u8> {
        encode_to_vec((self.tally.totals(), &self.answers), CODING).expect("plain data")
    }

    /// How far the evaluation is.
    pub fn progress(&self) -> EvalProgress {
        let (n, n_verified) = self.tally.progress();
        EvalProgress { n, n_verified }
    }

    /// The measures over all rows.
    ///
    /// # Errors
    /// [`BenchError::NoPuzzles`]
    pub fn result(&self) -> Result<EvalResult> {
        let tally = &self.tally;
        match tally.progress() {
            (0, _) => Err(BenchError::NoPuzzles),
            _ => Ok(EvalResult {
                measures: tally.measures(),
                bands: tally.bands(),
                sources: tally.sources(),
                sweep: tally.sweep(),
            }),
        }
    }
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
    let evaluator = Evaluator::new(engine, task, policy, after_halt);
    let all = Mutex::new(evaluator.nothing());
    rows.enumerate().par_bridge().try_for_each(|(i, row)| {
        let mut part = evaluator.part(i + 1, [Item::from(row?)])?;
        let answers = std::mem::take(&mut part.answers);
        let mut all = all.lock().unwrap_or_else(|e| e.into_inner());
        all.merge(part);
        let progress = all.progress();
        drop(all);
        answers.into_iter().for_each(|answer| observe(progress, answer));
        Ok::<(), BenchError>(())
    })?;
    all.into_inner().unwrap_or_else(|e| e.into_inner()).result()
}

/// The result of an evaluation.
#[derive(Clone, Debug, PartialEq)]
pub struct EvalResult {
    /// Over all questions.
    pub measures: Measures,
    /// By rating band.
    pub bands: Vec<Band>,
    /// By source: see [`Report::sources`].
    pub sources: Vec<Source>,
    /// By K, for [`AfterHalt::Continue`].
    pub sweep: Vec<SweepPoint>,
}

impl EvalResult {
    /// The report, with data, model and policy.
    pub fn report(self, puzzle: &str, data: impl Into<String>, model: ModelInfo, policy: Policy) -> Report {
        let EvalResult { measures, bands, sources, sweep } = self;
        Report { puzzle: puzzle.into(), data: data.into(), model, policy, measures, bands, sources, sweep }
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
    let (rating, source) = (item.rating, item.source.clone());
    Ok((Outcome { score, k, seconds: time.as_secs_f64(), flops, rating, source, sweep }, row))
}
