//! Counts over many answers, and rates with intervals.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use trm_tasks::{Score, Task};

/// A share of questions with its 95 % Wilson interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Rate {
    /// Questions that count.
    pub n_true: usize,
    /// `n_true` as a share of all questions, in 0..1.
    pub rate: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
}

impl Rate {
    /// The share `n_true / n`; all zero where `n` is.
    ///
    /// ```
    /// let rate = trm_bench::Rate::of(8, 10);
    /// assert_eq!((rate.rate, (100.0 * rate.low).round(), (100.0 * rate.high).round()), (0.8, 49.0, 94.0));
    /// ```
    pub fn of(n_true: usize, n: usize) -> Self {
        if n == 0 {
            return Rate::default();
        }
        const Z: f64 = 1.959_963_984_540_054;
        let (total, rate) = (n as f64, n_true as f64 / n as f64);
        let scale = 1.0 + Z * Z / total;
        let middle = (rate + Z * Z / (2.0 * total)) / scale;
        let half = Z / scale * (rate * (1.0 - rate) / total + Z * Z / (4.0 * total * total)).sqrt();
        Rate { n_true, rate, low: (middle - half).max(0.0), high: (middle + half).min(1.0) }
    }
}

/// The outcome of one question.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outcome {
    pub score: Score,
    pub k: usize,
    pub seconds: f64,
    pub flops: u64,
    pub rating: f32,
    pub source: String,
    /// For each K of the sweep: exact at K, obeys the rules at K or before.
    pub sweep: Vec<[bool; 2]>,
}

/// Counts over the questions of one band, or of all.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Counts {
    n: usize,
    marks: [usize; 4],
    n_cells_right: usize,
    n_cells: usize,
    sum_k: usize,
    seconds: f64,
    flops: u64,
}

impl Counts {
    fn add(&mut self, outcome: &Outcome) {
        self.n += 1;
        for (count, mark) in self.marks.iter_mut().zip(outcome.score.marks) {
            *count += usize::from(mark);
        }
        self.n_cells_right += outcome.score.n_cells_right;
        self.n_cells += outcome.score.n_cells;
        self.sum_k += outcome.k;
        self.seconds += outcome.seconds;
        self.flops += outcome.flops;
    }

    fn merge(&mut self, other: &Counts) {
        self.n += other.n;
        self.marks.iter_mut().zip(other.marks).for_each(|(count, more)| *count += more);
        self.n_cells_right += other.n_cells_right;
        self.n_cells += other.n_cells;
        self.sum_k += other.sum_k;
        self.seconds += other.seconds;
        self.flops += other.flops;
    }

    fn measures(&self, names: &[&str]) -> Measures {
        let n = self.n.max(1) as f64;
        let rates = names.iter().zip(self.marks).map(|(name, count)| {
            let name = (*name).to_owned();
            (name, Rate::of(count, self.n))
        });
        Measures {
            n: self.n,
            rates: rates.collect(),
            cell_accuracy: self.n_cells_right as f64 / self.n_cells.max(1) as f64,
            mean_k: self.sum_k as f64 / n,
            ms_per_puzzle: 1e3 * self.seconds / n,
            gflop_per_puzzle: 1e-9 * self.flops as f64 / n,
        }
    }
}

/// The measures over a set of questions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Measures {
    /// Questions.
    pub n: usize,
    /// The rates of [`Task::RATES`] by name.
    #[serde(flatten)]
    pub rates: BTreeMap<String, Rate>,
    /// Share of all cells, givens and walls included, that agree with the label.
    pub cell_accuracy: f64,
    /// Mean number of supervision steps.
    pub mean_k: f64,
    /// Mean milliseconds of one thread per puzzle.
    pub ms_per_puzzle: f64,
    /// Mean matmul GFLOP per puzzle, a multiply-add counted as two.
    pub gflop_per_puzzle: f64,
}

/// The measures of the questions within a band of ratings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Band {
    /// Lowest rating.
    pub from: f32,
    /// The measures of the band.
    #[serde(flatten)]
    pub measures: Measures,
}

/// The measures of the questions of one source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Source {
    /// Its name in the data set.
    pub source: String,
    /// The measures of its questions.
    #[serde(flatten)]
    pub measures: Measures,
}

/// The most sources that a report tells apart. A data set with more, such as one whose every row has its own, is not
/// divided by source.
pub const MAX_SOURCES: usize = 16;

/// The rates after exactly K steps, from the same runs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SweepPoint {
    /// Supervision steps.
    pub k: usize,
    /// Answers equal to the label at exactly step K: the network alone.
    pub exact_at: Rate,
    /// Answers that obeyed the rules at step K or before: network and rules.
    pub verified_by: Rate,
}

/// Running totals; their size does not grow with the number of questions.
#[derive(Clone, Debug)]
pub(crate) struct Tally {
    rates: &'static [&'static str],
    bands: &'static [f32],
    ks: Vec<usize>,
    totals: Totals,
}

/// The numbers of a [`Tally`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Totals {
    all: Counts,
    by_band: Vec<Counts>,
    /// `None` where there are more than [`MAX_SOURCES`].
    by_source: Option<BTreeMap<String, Counts>>,
    sweep: Vec<[usize; 2]>,
}

impl Totals {
    /// The counts of a source; `None` where there are too many.
    fn source(&mut self, name: &str) -> Option<&mut Counts> {
        let is_one_too_many =
            |sources: &BTreeMap<_, _>| sources.len() == MAX_SOURCES && !sources.contains_key(name);
        if self.by_source.as_ref().is_some_and(is_one_too_many) {
            self.by_source = None;
        }
        Some(self.by_source.as_mut()?.entry(name.to_owned()).or_default())
    }
}

impl Tally {
    pub fn new<T: Task>(ks: Vec<usize>) -> Self {
        let totals = Totals {
            all: Counts::default(),
            by_band: vec![Counts::default(); T::BANDS.len()],
            by_source: Some(BTreeMap::new()),
            sweep: vec![[0; 2]; ks.len()],
        };
        Tally { rates: T::RATES, bands: T::BANDS, ks, totals }
    }

    pub fn totals(&self) -> &Totals {
        &self.totals
    }

    /// Adds the totals of other questions; `false` where they are those of another evaluation.
    pub fn merge(&mut self, other: &Totals) -> bool {
        let totals = &mut self.totals;
        if (other.by_band.len(), other.sweep.len()) != (totals.by_band.len(), totals.sweep.len()) {
            return false;
        }
        totals.all.merge(&other.all);
        totals.by_band.iter_mut().zip(&other.by_band).for_each(|(band, more)| band.merge(more));
        match &other.by_source {
            None => totals.by_source = None,
            Some(sources) => sources.iter().for_each(|(name, more)| {
                if let Some(counts) = totals.source(name) {
                    counts.merge(more);
                }
            }),
        }
        for (counts, more) in totals.sweep.iter_mut().zip(&other.sweep) {
            counts.iter_mut().zip(more).for_each(|(count, more)| *count += more);
        }
        true
    }

    pub fn add(&mut self, outcome: &Outcome) {
        self.totals.all.add(outcome);
        if let Some(band) = self.bands.iter().rposition(|from| outcome.rating >= *from) {
            self.totals.by_band[band].add(outcome);
        }
        if let Some(counts) = self.totals.source(&outcome.source) {
            counts.add(outcome);
        }
        for (counts, marks) in self.totals.sweep.iter_mut().zip(&outcome.sweep) {
            counts.iter_mut().zip(marks).for_each(|(count, mark)| *count += usize::from(*mark));
        }
    }

    pub fn measures(&self) -> Measures {
        self.totals.all.measures(self.rates)
    }

    /// Questions so far, and how many of their answers obey the rules.
    pub fn progress(&self) -> (usize, usize) {
        (self.totals.all.n, self.totals.all.marks[1])
    }

    pub fn bands(&self) -> Vec<Band> {
        let bands = self.bands.iter().zip(&self.totals.by_band).filter(|(_, counts)| counts.n > 0);
        bands.map(|(from, counts)| Band { from: *from, measures: counts.measures(self.rates) }).collect()
    }

    /// By name; empty where there is one source, or more than [`MAX_SOURCES`].
    pub fn sources(&self) -> Vec<Source> {
        let source = |(name, counts): (&String, &Counts)| Source {
            source: name.clone(),
            measures: counts.measures(self.rates),
        };
        match &self.totals.by_source {
            Some(sources) if sources.len() > 1 => sources.iter().map(source).collect(),
            _ => Vec::new(),
        }
    }

    pub fn sweep(&self) -> Vec<SweepPoint> {
        let points = self.ks.iter().zip(&self.totals.sweep);
        let rate = |count| Rate::of(count, self.totals.all.n);
        points.map(|(k, [e, v])| SweepPoint { k: *k, exact_at: rate(*e), verified_by: rate(*v) }).collect()
    }
}

/// The K of a sweep: powers of two below the limit, and the limit.
pub(crate) fn sweep_ks(max_k: usize) -> Vec<usize> {
    let mut ks: Vec<usize> =
        std::iter::successors(Some(1), |k| Some(k * 2)).take_while(|k| *k < max_k).collect();
    ks.push(max_k);
    ks
}
