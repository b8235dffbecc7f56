//! Many questions through a model: rows in, a report out.

use crate::error::{BenchError, Result};
use crate::tally::{Band, Measures, Outcome, SweepPoint, Tally, sweep_ks};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::sync::Mutex;
use trm_core::{Model, TrmEngine};
use trm_solve::{Answered, Beyond, Policy, answer};
use trm_tasks::{Item, Task};

/// The model of a report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelInfo {
    /// Where it came from.
    pub name: String,
    /// Numbers in its weights.
    pub n_params: usize,
    /// Whether its weights are those it started with.
    pub untrained: bool,
}

impl ModelInfo {
    /// Describes a model.
    pub fn of(name: impl Into<String>, model: &Model) -> Self {
        ModelInfo { name: name.into(), n_params: model.params.len(), untrained: model.is_untrained() }
    }
}

/// What was measured, on what, with what.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The kind of puzzle.
    pub puzzle: String,
    /// The data.
    pub data: String,
    /// The model.
    pub model: ModelInfo,
    /// When runs stopped.
    pub policy: Policy,
    /// All questions.
    #[serde(flatten)]
    pub measures: Measures,
    /// By rating.
    pub bands: Vec<Band>,
    /// By K; empty unless asked for.
    pub sweep: Vec<SweepPoint>,
}

/// How far an evaluation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Questions answered.
    pub n: usize,
    /// Answers that obey the rules.
    pub n_verified: usize,
}

/// Asks a model every question. Rows are read as they are needed, answered on all threads of the
/// rayon pool and forgotten, so that memory does not grow with their number.
///
/// # Errors
/// The first row that cannot be read or asked, and [`BenchError::NoPuzzles`].
pub fn evaluate<T: Task, R>(
    engine: &TrmEngine,
    task: &T,
    rows: impl Iterator<Item = std::result::Result<R, puzzles::PuzzleError>> + Send,
    policy: &Policy,
    beyond: Beyond,
    progress: &(dyn Fn(Standing) + Sync),
) -> Result<Evaluated>
where
    Item<T>: From<R>,
    R: Send,
{
    let ks = if beyond == Beyond::Watch { sweep_ks(policy.max_k) } else { Vec::new() };
    let tally = Mutex::new(Tally::new::<T>(ks.clone()));
    rows.par_bridge().try_for_each(|row| {
        let outcome = ask(engine, task, &Item::from(row?), policy, beyond, &ks)?;
        let mut tally = tally.lock().unwrap_or_else(|e| e.into_inner());
        tally.add(&outcome);
        let (n, n_verified) = tally.standing();
        progress(Standing { n, n_verified });
        Ok::<(), BenchError>(())
    })?;
    let tally = tally.into_inner().unwrap_or_else(|e| e.into_inner());
    match tally.standing() {
        (0, _) => Err(BenchError::NoPuzzles),
        _ => Ok(Evaluated { measures: tally.measures(), bands: tally.bands(), sweep: tally.sweep() }),
    }
}

/// What [`evaluate`] measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluated {
    /// All questions.
    pub measures: Measures,
    /// By rating.
    pub bands: Vec<Band>,
    /// By K, for [`Beyond::Watch`].
    pub sweep: Vec<SweepPoint>,
}

impl Evaluated {
    /// The report, once it is said on what and with what.
    pub fn report(self, puzzle: &str, data: impl Into<String>, model: ModelInfo, policy: Policy) -> Report {
        let Evaluated { measures, bands, sweep } = self;
        Report { puzzle: puzzle.into(), data: data.into(), model, policy, measures, bands, sweep }
    }
}

fn ask<T: Task>(
    engine: &TrmEngine,
    task: &T,
    item: &Item<T>,
    policy: &Policy,
    beyond: Beyond,
    ks: &[usize],
) -> Result<Outcome> {
    let (mut sweep, mut verified) = (Vec::with_capacity(ks.len()), false);
    let Answered { answer, k, time, flops, .. } =
        answer(engine, task, &item.question, policy, beyond, |step| {
            if ks.is_empty() {
                return;
            }
            verified = verified || task.obeys_rules(&item.question, step.answer);
            if ks.get(sweep.len()) == Some(&step.k) {
                sweep.push([*step.answer == item.label, verified]);
            }
        })?;
    let score = task.score(&item.question, &answer, &item.label);
    Ok(Outcome { score, k, seconds: time.as_secs_f64(), flops, rating: item.rating, sweep })
}
