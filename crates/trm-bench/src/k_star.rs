//! Measuring K*: every question is run to the last step, and the answer of every step is judged.

use crate::error::{BenchError, CODING, Result};
use crate::runs::{MAX_STEPS, Run, Runs, VoteResult, rounded};
use bincode::serde::{decode_from_slice, encode_to_vec};
use rayon::prelude::*;
use serde::Serialize;
use sona_learn::Label;
use std::fmt::{self, Display, Formatter};
use std::sync::atomic::{AtomicUsize, Ordering};
use trm_core::TrmEngine;
use trm_solve::{AfterHalt, Halting, Policy, Votes, answer, signal};
use trm_tasks::{Item, Task};

/// A model whose runs are recorded to their last step.
pub struct Recorder<'a, T> {
    engine: &'a TrmEngine,
    task: &'a T,
    policy: Policy,
}

impl<'a, T: Task> Recorder<'a, T> {
    /// Runs of `max_k` steps.
    ///
    /// # Errors
    /// [`BenchError::OutOfRange`] for a `max_k` that is 0 or above [`MAX_STEPS`].
    pub fn new(engine: &'a TrmEngine, task: &'a T, max_k: usize) -> Result<Self> {
        if !(1..=MAX_STEPS).contains(&max_k) {
            return Err(BenchError::OutOfRange { field: "max_k", found: max_k, expected: "1 to 1024" });
        }
        let policy = Policy::of(engine.model().config(), Halting::Fixed(max_k), None)?;
        Ok(Recorder { engine, task, policy })
    }

    /// Runs one question.
    ///
    /// # Errors
    /// Where it cannot be run.
    pub fn run(&self, item: &Item<T>) -> Result<Run> {
        let (task, max_k) = (self.task, self.policy.max_k);
        let mut run = Run {
            embedding: task.embedding(&item.question),
            signals: Vec::with_capacity(max_k),
            right: Vec::with_capacity(max_k),
            verified_at: None,
            vote: VoteResult { k: max_k, right: false },
        };
        let mut votes = Votes::default();
        let mut voting = true;
        answer(self.engine, task, &item.question, &self.policy, AfterHalt::Stop, |step| {
            run.signals.push(rounded(signal(step.trace)));
            run.right.push(*step.answer == item.label);
            if voting {
                voting = !votes.cast(step.answer, step.trace.confidence);
                run.vote.k = step.k;
            }
            if run.verified_at.is_none() && task.obeys_rules(&item.question, step.answer) {
                run.verified_at = Some(step.k);
            }
        })?;
        run.vote.right = votes.winner().is_some_and(|answer| answer == item.label);
        Ok(run)
    }

    /// Runs some questions, one after the other; the runs as bytes, for [`Recorder::runs_of`].
    ///
    /// # Errors
    /// That of the first question that cannot be run.
    pub fn to_bytes(&self, items: &[Item<T>]) -> Result<Vec<u8>> {
        let runs: Vec<Run> = items.iter().map(|item| self.run(item)).collect::<Result<_>>()?;
        Ok(encode_to_vec(runs, CODING).expect("plain data"))
    }

    /// The runs that [`Recorder::to_bytes`] made bytes of.
    ///
    /// # Errors
    /// [`BenchError::Part`] where they are those of other runs, or damaged.
    pub fn runs_of(&self, bytes: &[u8]) -> Result<Vec<Run>> {
        let fault = |reason: String| BenchError::Part { reason };
        let (runs, length): (Vec<Run>, usize) =
            decode_from_slice(bytes, CODING).map_err(|error| fault(error.to_string()))?;
        let max_k = self.policy.max_k;
        let fits = |run: &Run| {
            let steps = [run.vote.k, run.verified_at.unwrap_or(1)];
            (run.signals.len(), run.right.len()) == (max_k, max_k)
                && steps.iter().all(|k| (1..=max_k).contains(k))
        };
        match length == bytes.len() && runs.iter().all(fits) {
            true => Ok(runs),
            false => Err(fault(format!("no runs of {max_k} steps"))),
        }
    }
}

/// Runs each question for `max_k` steps, on all threads of the rayon pool. `progress` is called with the
/// number of finished questions, from any thread.
///
/// # Errors
/// The error of the first question that cannot be run, [`BenchError::NoPuzzles`], and those of [`Recorder::new`].
pub fn measure<T: Task>(
    engine: &TrmEngine,
    task: &T,
    items: &[Item<T>],
    max_k: usize,
    progress: impl Fn(usize) + Sync,
) -> Result<Vec<Run>>
where
    Item<T>: Sync,
{
    let recorder = Recorder::new(engine, task, max_k)?;
    if items.is_empty() {
        return Err(BenchError::NoPuzzles);
    }
    let n_done = AtomicUsize::new(0);
    let run = |item: &Item<T>| {
        let run = recorder.run(item)?;
        progress(n_done.fetch_add(1, Ordering::Relaxed) + 1);
        Ok(run)
    };
    items.par_iter().map(run).collect()
}

/// The distribution of K* over a set of questions.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KStar {
    /// The kind of puzzle.
    pub puzzle: String,
    /// The data set.
    pub data: String,
    /// [`model_id`](crate::model_id) of the model.
    pub model: String,
    /// Steps of each run.
    pub max_k: usize,
    /// Questions.
    pub n: usize,
    /// Questions with a K*; the others are right-censored at `max_k`.
    pub n_solved: usize,
    /// Mean of K* over the questions with one.
    pub mean: f64,
    /// Median of K* over the questions with one; 0 if there is none.
    pub median: usize,
    /// 90th percentile, likewise.
    pub p90: usize,
    /// Each K* with its number of questions.
    pub histogram: Vec<(usize, usize)>,
}

impl KStar {
    /// The distribution over recorded runs.
    pub fn of(runs: &Runs) -> Self {
        let solved = runs.runs.iter().filter_map(|run| match run.label() {
            Label::Solved(k) => Some(k),
            Label::Censored(_) => None,
        });
        let mut solved: Vec<usize> = solved.collect();
        solved.sort_unstable();
        let at = |share: f64| {
            let last = solved.len().saturating_sub(1);
            solved.get((share * last as f64).round() as usize).copied().unwrap_or(0)
        };
        let mean = solved.iter().sum::<usize>() as f64 / solved.len().max(1) as f64;
        KStar {
            puzzle: runs.puzzle.clone(),
            data: runs.data.clone(),
            model: runs.model.clone(),
            max_k: runs.max_k,
            n: runs.runs.len(),
            n_solved: solved.len(),
            mean,
            median: at(0.5),
            p90: at(0.9),
            histogram: solved.chunk_by(|a, b| a == b).map(|same| (same[0], same.len())).collect(),
        }
    }
}

impl Display for KStar {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let KStar { puzzle, data, max_k, n, n_solved, mean, median, p90, .. } = self;
        writeln!(f, "{n} puzzles: {puzzle}, {data}; model {}, {max_k} steps each", self.model)?;
        writeln!(f, "{n_solved} have a K*, {} are censored (not right at step {max_k})", n - n_solved)?;
        writeln!(f, "K*: median {median}, mean {mean:.2}, 90 % within {p90}\n")?;
        // Ranges that double from 4 on, each with its bar.
        let (mut low, mut high) = (1, 1);
        while low <= *max_k {
            let within = self.histogram.iter().filter(|(k, _)| (low..=high).contains(k));
            let count: usize = within.map(|(_, count)| count).sum();
            let range = if low == high { low.to_string() } else { format!("{low}-{high}") };
            writeln!(f, "  {range:>9} {count:>6} {}", "#".repeat((50 * count).div_ceil((*n).max(1))))?;
            low = high + 1;
            high = if low < 4 { low } else { (2 * low - 1).min(*max_k) };
        }
        Ok(())
    }
}
