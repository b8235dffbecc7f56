//! Halting policies compared on recorded runs: accuracy and mean K of each policy, how well K* is predicted,
//! and whether learned halting reaches its targets.

use crate::error::{BenchError, Result};
use crate::runs::{Run, Runs};
use crate::tally::Rate;
use serde::Serialize;
use sona_learn::baseline::{ConstantMedian, Example, NearestNeighbours, OrdinalRegression};
use sona_learn::{Decision, HaltingPolicy, Label, SonaConfig, SonaEngine, likeliest_within};

/// With fewer recorded runs nothing is learned or compared.
pub const MIN_RUNS: usize = 128;
/// The target of learned halting: at most this share of the steps of the best fixed K.
const MOST_STEPS: f64 = 0.6;
/// The first rows of the predictor table are ours: one forecast, evaluated under two losses.
const OWN_PREDICTORS: usize = 2;
/// The l2 penalty of the ordinal regression.
const PENALTY: f32 = 0.01;
/// Probabilities of a right answer that learned halting may wait for.
pub const SETTLED: [f32; 5] = [0.9, 0.95, 0.98, 0.99, 0.995];

/// How well one method predicts K*, over the test questions that have one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PredictorRow {
    /// Name of the method.
    pub name: String,
    /// Share within one step.
    pub within_1: f64,
    /// Share within two steps.
    pub within_2: f64,
    /// Mean absolute error in steps.
    pub mae: f64,
}

/// One policy's result on the test questions.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PolicyRow {
    /// Name of the policy.
    pub name: String,
    /// Share of answers equal to the label at the halt.
    pub exact: Rate,
    /// Mean number of steps.
    pub mean_k: f64,
}

/// A target of learned halting.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Target {
    /// The target with its figures.
    pub text: String,
    /// Whether it is reached.
    pub passed: bool,
}

/// All policies on one set of recorded runs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// The kind of puzzle.
    pub puzzle: String,
    /// The data set.
    pub data: String,
    /// [`model_id`](crate::model_id) of the model.
    pub model: String,
    /// Training runs: those at even indices, from 0.
    pub n_train: usize,
    /// Test runs: those at odd indices.
    pub n_test: usize,
    /// Test runs with a K*.
    pub n_test_solved: usize,
    /// Predictors of K*.
    pub predictors: Vec<PredictorRow>,
    /// K* of the same questions under another seed of the noise, as if it predicted K*.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub another_seed: Option<PredictorRow>,
    /// How often K* is within the predicted 95 % bound.
    pub coverage: Rate,
    /// Fixed K, for every number of steps.
    pub fixed: Vec<PolicyRow>,
    /// The other policies.
    pub policies: Vec<PolicyRow>,
    /// Several confidence thresholds, for the plot.
    pub confident: Vec<PolicyRow>,
    /// Learned halting at several levels, for the plot.
    pub learned: Vec<PolicyRow>,
    /// The smallest K with the best accuracy on the training runs.
    pub best_fixed: usize,
    /// The targets of learned halting.
    pub targets: Vec<Target>,
}

/// A predictor learned from the training runs.
///
/// # Errors
/// [`BenchError::Runs`] where there are too few, or they cannot be learned.
pub fn learn(runs: &Runs) -> Result<SonaEngine> {
    let fault = |reason: String| BenchError::Runs { reason };
    check_count(runs)?;
    let config = SonaConfig { limit: runs.max_k, ..SonaConfig::new(runs.runs[0].embedding.len()) };
    let engine = SonaEngine::with_config(config).map_err(|e| fault(e.to_string()))?;
    for run in runs.runs.iter().step_by(2) {
        let learned = engine.try_learn_verdicts(&run.query(), &run.right, 1.0, &run.signals);
        learned.map_err(|e| fault(e.to_string()))?;
    }
    engine.try_force_learn().map_err(|e| fault(e.to_string()))?;
    Ok(engine)
}

/// The level of `SETTLED` at which learned halting is right on the most training runs, the highest of equal
/// ones. [`Task::SETTLED`](trm_tasks::Task::SETTLED) is this level for the shipped models.
///
/// # Errors
/// [`BenchError::Runs`] where there are too few runs.
pub fn tune_settled(runs: &Runs, engine: &SonaEngine) -> Result<f32> {
    check_count(runs)?;
    let train: Vec<&Run> = runs.runs.iter().step_by(2).collect();
    let table = Table { test: &train, max_k: runs.max_k };
    let n_right = |settled| table.learned(engine, HaltingPolicy { settled, hopeless: 0.0 }).exact.n_true;
    // Levels rise, and `max_by_key` returns the last of equal ones.
    let level = SETTLED.into_iter().max_by_key(|level| n_right(*level));
    Ok(level.expect("levels are listed"))
}

fn check_count(runs: &Runs) -> Result<()> {
    let n = runs.runs.len();
    let reason = || BenchError::Runs { reason: format!("{n} runs, at least {MIN_RUNS} are needed") };
    (n >= MIN_RUNS).then_some(()).ok_or_else(reason)
}

/// Compares all policies on the test runs; `engine` comes from [`learn`], and `policy` is that of learned
/// halting.
///
/// # Errors
/// [`BenchError::Runs`] where there are too few runs, or none is solved.
pub fn compare(runs: &Runs, engine: &SonaEngine, policy: HaltingPolicy) -> Result<Comparison> {
    check_count(runs)?;
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
        another_seed: None,
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

/// Queries with their K*, of the runs that have one.
fn examples(runs: &[&Run]) -> Vec<Example> {
    let example = |run: &&Run| match run.label() {
        Label::Solved(k) => Some((run.query(), k)),
        Label::Censored(_) => None,
    };
    runs.iter().filter_map(example).collect()
}

impl PredictorRow {
    /// `errors` are in steps, and at least one.
    fn of(name: &str, errors: &[usize]) -> Self {
        let n = errors.len() as f64;
        let within = |most: usize| errors.iter().filter(|e| **e <= most).count() as f64 / n;
        let mae = errors.iter().sum::<usize>() as f64 / n;
        PredictorRow { name: name.into(), within_1: within(1), within_2: within(2), mae }
    }
}

fn predictors(engine: &SonaEngine, max_k: usize, train: &[Example], test: &[Example]) -> Vec<PredictorRow> {
    let row = |name: &str, predict: &dyn Fn(&[f32]) -> usize| {
        let errors: Vec<usize> = test.iter().map(|(x, k)| predict(x).abs_diff(*k)).collect();
        PredictorRow::of(name, &errors)
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

/// The median of K* among solved questions, comparable with the baselines, which learn from those only.
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
        let n_right = self.test.iter().filter(|run| run.vote.right).count();
        let mean_k = self.test.iter().map(|run| run.vote.k).sum::<usize>() as f64 / n as f64;
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
    /// Adds how far K* of the test questions is from that of `other`, runs of the same questions under another seed. A
    /// predictor sees the question alone: half of this mean distance is the least error that any can have.
    ///
    /// # Errors
    /// [`BenchError::Runs`] where `other` are runs of other questions or of another model, or none is solved in both.
    pub fn with_another_seed(mut self, runs: &Runs, other: &Runs) -> Result<Self> {
        let fault = |reason: &str| Err(BenchError::Runs { reason: reason.into() });
        let is_of_these = |(a, b): (&Run, &Run)| a.embedding == b.embedding;
        if runs.runs.len() != other.runs.len() || !runs.runs.iter().zip(&other.runs).all(is_of_these) {
            return fault("runs of other questions");
        }
        if (&runs.model, runs.max_k) != (&other.model, other.max_k) {
            return fault("runs of another model, or of another number of steps");
        }
        let distance = |(a, b): (&Run, &Run)| match (a.label(), b.label()) {
            (Label::Solved(a), Label::Solved(b)) => Some(a.abs_diff(b)),
            _ => None,
        };
        let pairs = runs.runs.iter().zip(&other.runs).skip(1).step_by(2);
        let distances: Vec<usize> = pairs.filter_map(distance).collect();
        if distances.is_empty() {
            return fault("no question was solved under both seeds");
        }
        self.another_seed = Some(PredictorRow::of("another seed", &distances));
        Ok(self)
    }

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
