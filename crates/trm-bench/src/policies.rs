//! Halting policies against each other, on recorded runs: accuracy and mean K of each, how well K*
//! is predicted, and whether learned halting keeps what is asked of it.

use crate::error::{BenchError, Result};
use crate::runs::{Run, Runs};
use crate::tally::Rate;
use serde::Serialize;
use sona_learn::baseline::{ConstantMedian, Example, NearestNeighbours, OrdinalRegression};
use sona_learn::{Decision, HaltingPolicy, Label, SonaConfig, SonaEngine, likeliest_within};

/// Recorded runs below this number teach nothing worth a table.
pub const MIN_RUNS: usize = 128;
/// Learned halting may take this share of the steps of the best fixed K.
const MOST_STEPS: f64 = 0.6;
/// Of the rows of predictors, the first that are ours: one forecast, read for two losses.
const OWN_PREDICTORS: usize = 2;
/// The l2 penalty of the ordinal regression.
const PENALTY: f32 = 0.01;
/// Chances of a right answer that learned halting may wait for.
pub const SETTLED: [f32; 5] = [0.9, 0.95, 0.98, 0.99, 0.995];

/// How well one method predicts K*, over the test questions that have one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PredictorRow {
    /// The method.
    pub name: String,
    /// Share within one step.
    pub within_1: f64,
    /// Share within two steps.
    pub within_2: f64,
    /// Mean absolute error in steps.
    pub mae: f64,
}

/// What one policy gives on the test questions.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PolicyRow {
    /// The policy.
    pub name: String,
    /// Answers equal to the label where it stops.
    pub exact: Rate,
    /// Steps on average.
    pub mean_k: f64,
}

/// Something asked of learned halting.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Target {
    /// What, with the figures.
    pub text: String,
    /// Whether it is so.
    pub passed: bool,
}

/// All policies on one set of runs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// The kind of puzzle.
    pub puzzle: String,
    /// The questions, in words.
    pub data: String,
    /// [`model_id`](crate::model_id) of the model.
    pub model: String,
    /// Runs learned from: those at even places, counted from 0.
    pub n_train: usize,
    /// Runs judged: those at odd places.
    pub n_test: usize,
    /// Those of them that have a K*.
    pub n_test_solved: usize,
    /// How well K* is predicted.
    pub predictors: Vec<PredictorRow>,
    /// How often K* is within the bound that should hold 95 % of the time.
    pub coverage: Rate,
    /// Fixed K: every number of steps.
    pub fixed: Vec<PolicyRow>,
    /// The other policies.
    pub policies: Vec<PolicyRow>,
    /// The confidence threshold at several levels, for the plot.
    pub confident: Vec<PolicyRow>,
    /// Learned halting at several levels, for the plot.
    pub learned: Vec<PolicyRow>,
    /// The smallest K with the best accuracy on the training runs.
    pub best_fixed: usize,
    /// What is asked of it.
    pub targets: Vec<Target>,
}

/// Teaches a new engine the training runs.
///
/// # Errors
/// [`BenchError::Runs`] where there are too few, or they cannot be learned.
pub fn learn(runs: &Runs) -> Result<SonaEngine> {
    let fault = |reason: String| BenchError::Runs { reason };
    enough(runs)?;
    let config = SonaConfig { limit: runs.max_k, ..SonaConfig::new(runs.runs[0].embedding.len()) };
    let engine = SonaEngine::with_config(config).map_err(|e| fault(e.to_string()))?;
    for run in runs.runs.iter().step_by(2) {
        let learned = engine.try_learn_verdicts(&run.query(), &run.right, 1.0, &run.signals);
        learned.map_err(|e| fault(e.to_string()))?;
    }
    engine.try_force_learn().map_err(|e| fault(e.to_string()))?;
    Ok(engine)
}

/// How sure of the answer learned halting should be: the level that is right on the most training
/// runs, and of equal ones the surest. What [`Task::SETTLED`](trm_tasks::Task::SETTLED) holds for the shipped models.
///
/// # Errors
/// [`BenchError::Runs`] where there are too few runs.
pub fn settled(runs: &Runs, engine: &SonaEngine) -> Result<f32> {
    enough(runs)?;
    let train: Vec<&Run> = runs.runs.iter().step_by(2).collect();
    let table = Table { test: &train, max_k: runs.max_k };
    let n_right = |settled| table.learned(engine, HaltingPolicy { settled, hopeless: 0.0 }).exact.n_true;
    // The last of equal ones: levels rise.
    let level = SETTLED.into_iter().max_by_key(|level| n_right(*level));
    Ok(level.expect("levels are listed"))
}

fn enough(runs: &Runs) -> Result<()> {
    let n = runs.runs.len();
    let reason = || BenchError::Runs { reason: format!("{n} runs, at least {MIN_RUNS} are needed") };
    (n >= MIN_RUNS).then_some(()).ok_or_else(reason)
}

/// Compares all policies on the test runs; `engine` is from [`learn`], and `policy` that of learned
/// halting.
///
/// # Errors
/// [`BenchError::Runs`] where there are too few runs, or none is solved.
pub fn compare(runs: &Runs, engine: &SonaEngine, policy: HaltingPolicy) -> Result<Comparison> {
    enough(runs)?;
    let (train, test): (Vec<_>, Vec<_>) = runs.runs.iter().enumerate().partition(|(i, _)| i % 2 == 0);
    let [train, test] = [train, test].map(|half| half.into_iter().map(|(_, run)| run).collect::<Vec<_>>());
    let (train_solved, test_solved) = (examples(&train), examples(&test));
    if train_solved.is_empty() || test_solved.is_empty() {
        return Err(BenchError::Runs { reason: "no question was solved".into() });
    }
    let table = Table { test: &test, max_k: runs.max_k };
    let fixed: Vec<PolicyRow> = (1..=runs.max_k).map(|k| table.row(format!("K = {k}"), |_| k)).collect();
    let n_right = |k: usize| train.iter().filter(|run| run.right[k - 1]).count();
    let best_fixed = (1..=runs.max_k).min_by_key(|k| (std::cmp::Reverse(n_right(*k)), *k)).unwrap_or(1);
    let learned = SETTLED.map(|settled| table.learned(engine, HaltingPolicy { settled, ..policy }));
    let levels = [0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995];
    let confident = levels.map(|threshold| table.confident(threshold));
    let covered = test_solved.iter().filter(|(x, k)| *k <= engine.predict(x, runs.max_k).enough).count();
    let mut comparison = Comparison {
        puzzle: runs.puzzle.clone(),
        data: runs.data.clone(),
        model: runs.model.clone(),
        n_train: train.len(),
        n_test: test.len(),
        n_test_solved: test_solved.len(),
        predictors: predictors(engine, runs.max_k, &train_solved, &test_solved),
        coverage: Rate::of(covered, test_solved.len()),
        policies: table.policies(engine, runs.threshold, policy),
        fixed,
        confident: confident.into(),
        learned: learned.into(),
        best_fixed,
        targets: Vec::new(),
    };
    comparison.targets = comparison.targets();
    Ok(comparison)
}

/// The questions that have a K*, with it.
fn examples(runs: &[&Run]) -> Vec<Example> {
    let example = |run: &&Run| match run.label() {
        Label::Solved(k) => Some((run.query(), k)),
        Label::Censored(_) => None,
    };
    runs.iter().filter_map(example).collect()
}

fn predictors(engine: &SonaEngine, max_k: usize, train: &[Example], test: &[Example]) -> Vec<PredictorRow> {
    let row = |name: &str, predict: &dyn Fn(&[f32]) -> usize| {
        let errors: Vec<usize> = test.iter().map(|(x, k)| predict(x).abs_diff(*k)).collect();
        let n = errors.len() as f64;
        let within = |most: usize| errors.iter().filter(|e| **e <= most).count() as f64 / n;
        let mae = errors.iter().sum::<usize>() as f64 / n;
        PredictorRow { name: name.into(), within_1: within(1), within_2: within(2), mae }
    };
    let (median, near) = (ConstantMedian::fit(train), NearestNeighbours::fit(train));
    let ordinal = OrdinalRegression::fit(train, PENALTY);
    vec![
        row("sona-learn, median", &|x| median_of_solved(&engine.distribution(x, max_k))),
        row("sona-learn, within 2", &|x| likeliest_within(&engine.distribution(x, max_k), 2)),
        row("constant median", &|x| median.predict(x)),
        row("5 nearest neighbours", &|x| near.predict(x)),
        row("ordinal regression", &|x| ordinal.predict(x)),
    ]
}

/// The median of K*, given that there is one: what the baselines, which learn of no other questions, say.
fn median_of_solved(distribution: &[f32]) -> usize {
    let half = distribution.iter().sum::<f32>() / 2.0;
    let mut below = 0.0;
    let median = distribution.iter().position(|p| {
        below += p;
        below >= half
    });
    median.map_or(distribution.len(), |t| t + 1)
}

struct Table<'a> {
    test: &'a [&'a Run],
    max_k: usize,
}

impl Table<'_> {
    fn row(&self, name: impl Into<String>, stop: impl Fn(&Run) -> usize) -> PolicyRow {
        let stops: Vec<usize> = self.test.iter().map(|run| stop(run).clamp(1, self.max_k)).collect();
        let n_right = self.test.iter().zip(&stops).filter(|(run, k)| run.right[**k - 1]).count();
        let mean_k = stops.iter().sum::<usize>() as f64 / stops.len() as f64;
        PolicyRow { name: name.into(), exact: Rate::of(n_right, stops.len()), mean_k }
    }

    fn confident(&self, threshold: f32) -> PolicyRow {
        self.row(format!("confident, {threshold}"), |run| {
            run.signals.iter().position(|s| s.confidence >= threshold).map_or(self.max_k, |t| t + 1)
        })
    }

    fn stable(&self, n: usize) -> PolicyRow {
        self.row(format!("stable for {n}"), |run| {
            let still = |w: &[sona_learn::Signal]| w.iter().all(|s| s.change == 0.0);
            run.signals.windows(n).position(still).map_or(self.max_k, |t| t + n)
        })
    }

    fn learned(&self, engine: &SonaEngine, policy: HaltingPolicy) -> PolicyRow {
        self.row(format!("learned, {}", policy.settled), |run| {
            let mut plan = engine.plan(&run.query(), self.max_k, policy);
            let stops = |s| matches!(plan.observe(s).decision, Decision::Stop(_));
            run.signals.iter().copied().position(stops).map_or(self.max_k, |t| t + 1)
        })
    }

    fn voted(&self) -> PolicyRow {
        let n = self.test.len();
        let n_right = self.test.iter().filter(|run| run.voted.right).count();
        let mean_k = self.test.iter().map(|run| run.voted.k).sum::<usize>() as f64 / n as f64;
        PolicyRow { name: "vote".into(), exact: Rate::of(n_right, n), mean_k }
    }

    /// The rows of the table, fixed K aside.
    fn policies(&self, engine: &SonaEngine, threshold: f32, policy: HaltingPolicy) -> Vec<PolicyRow> {
        vec![
            self.row("predicted K", |run| engine.predict(&run.query(), self.max_k).enough),
            self.stable(1),
            self.stable(2),
            self.stable(4),
            self.confident(threshold),
            self.voted(),
            self.learned(engine, policy),
            self.row("verified (network AND rules)", |run| run.verified_at.unwrap_or(self.max_k)),
            self.row("oracle: K*, else 1", |run| match run.label() {
                Label::Solved(k) => k,
                Label::Censored(_) => 1,
            }),
        ]
    }
}

impl Comparison {
    /// The row of learned halting as it is used.
    fn in_use(&self) -> Option<&PolicyRow> {
        self.policies.iter().find(|row| row.name.starts_with("learned"))
    }

    fn targets(&self) -> Vec<Target> {
        let mut targets = Vec::new();
        let (own, baselines) = self.predictors.split_at(OWN_PREDICTORS);
        let [median, likeliest] = own else { unreachable!("predictors are listed") };
        let least = baselines.iter().map(|b| b.mae).fold(f64::INFINITY, f64::min);
        targets.push(Target {
            text: format!("MAE {:.2} of the median below every baseline (best {least:.2})", median.mae),
            passed: median.mae < least,
        });
        let most = baselines.iter().map(|b| b.within_2).fold(0.0, f64::max);
        targets.push(Target {
            text: format!(
                "within 2 steps {:.1} % of the likeliest above every baseline (best {:.1} %)",
                100.0 * likeliest.within_2,
                100.0 * most
            ),
            passed: likeliest.within_2 > most,
        });
        if let Some(learned) = self.in_use() {
            let fixed = &self.fixed[self.best_fixed - 1];
            let share = learned.mean_k / fixed.mean_k;
            let most = 100.0 * MOST_STEPS;
            targets.push(Target {
                text: format!(
                    "learned halting {:.2} % exact in {:.2} steps, the best fixed K = {} {:.2} %: {:.0} % of its \
                     steps, at most {most:.0} %",
                    100.0 * learned.exact.rate,
                    learned.mean_k,
                    self.best_fixed,
                    100.0 * fixed.exact.rate,
                    100.0 * share
                ),
                passed: learned.exact.n_true >= fixed.exact.n_true && share <= MOST_STEPS,
            });
        }
        targets
    }
}
