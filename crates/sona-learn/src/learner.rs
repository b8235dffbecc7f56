//! The engine's whole state, without lock or file: what is learned, and how.

use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};

use crate::conformal::Conformal;
use crate::error::{Result, SonaError};
use crate::math::softplus;
use crate::model::{self, Model};
use crate::outcome::Label;
use crate::pace::{LabelledRun, Pace};
use crate::prior::Prior;
use crate::replay::{Replay, Stored};
use crate::sketch::{WIDTH, shorten, width};

/// At this many examples the first model is fitted.
pub(crate) const FIRST_FIT: usize = 32;

/// What an engine is made for.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SonaConfig {
    /// Numbers in an embedding, 1 to 65,536. Above 256 it is summed into 256 by a seeded sketch,
    /// so memory stays the same; a good pooling of your own keeps more.
    pub dim: usize,
    /// Largest number of steps that can be learned or predicted, 1 to 1,024.
    pub limit: usize,
    /// How often the upper bound may be too small, 0.001 to 0.5.
    pub miss_rate: f32,
    /// Seed of projections, waves and sampling: the same calls then give the same bits.
    pub seed: u64,
}

impl SonaConfig {
    /// Embeddings of `dim` numbers; 64 steps at most; a bound that holds 95 % of the time.
    #[must_use]
    pub fn new(dim: usize) -> Self {
        Self { dim, limit: 64, miss_rate: 0.05, seed: 0 }
    }

    /// Checks the ranges.
    ///
    /// # Errors
    /// [`SonaError::Config`] names the field.
    pub fn check(&self) -> Result<()> {
        let ranges = [
            ("dim", self.dim as f64, 1.0, 65_536.0),
            ("limit", self.limit as f64, 1.0, 1024.0),
            ("miss_rate", f64::from(self.miss_rate), 0.000_999, 0.5),
        ];
        for (field, found, least, most) in ranges {
            if !(least..=most).contains(&found) {
                return Err(SonaError::Config { field, found, least, most });
            }
        }
        Ok(())
    }
}

/// What is predicted of a question before it runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prediction {
    /// The median number of steps: the best single guess, `1..=max_k`.
    pub steps: usize,
    /// Enough steps for all but a `miss_rate` of the questions that get solved at all,
    /// `steps..=max_k`. Calibrated on solved questions; for the others there is `solvable`.
    pub enough: usize,
    /// True if `enough` is only `max_k` because more would be needed to be certain.
    pub capped: bool,
    /// Chance that `max_k` steps solve it.
    pub solvable: f32,
}

/// The whole state of an engine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Learner {
    pub(crate) config: SonaConfig,
    rng: Xoshiro256PlusPlus,
    prior: Prior,
    replay: Replay,
    model: Option<Model>,
    pace: Pace,
    conformal: Conformal,
    pub(crate) n_learned: u64,
    pub(crate) n_rejected: u64,
    pub(crate) n_consolidations: u64,
}

impl Learner {
    pub(crate) fn new(config: SonaConfig) -> Result<Self> {
        config.check()?;
        Ok(Self {
            config,
            rng: Xoshiro256PlusPlus::seed_from_u64(config.seed),
            prior: Prior::new(config.limit),
            replay: Replay::new(config.limit),
            model: None,
            pace: Pace::new(),
            conformal: Conformal::new(config.miss_rate),
            n_learned: 0,
            n_rejected: 0,
            n_consolidations: 0,
        })
    }

    pub(crate) fn check_query(&self, query: &[f32]) -> Result<()> {
        if query.len() != self.config.dim {
            return Err(SonaError::Dimension { expected: self.config.dim, found: query.len() });
        }
        match query.iter().position(|v| !v.is_finite()) {
            Some(index) => Err(SonaError::Embedding { index, value: query[index] }),
            None => Ok(()),
        }
    }

    pub(crate) fn check_steps(&self, steps: usize) -> Result<()> {
        let limit = self.config.limit;
        if (1..=limit).contains(&steps) { Ok(()) } else { Err(SonaError::Steps { found: steps, limit }) }
    }

    fn locate(&self, model: &Model, query: &[f32]) -> f32 {
        let mut buffer = [0.0; WIDTH];
        model.locate(shorten(query, self.config.seed, &mut buffer))
    }

    /// The static logits of steps `1..=max_k`; without a model, or a usable query, the prior's.
    pub(crate) fn logits(&self, query: Option<&[f32]>, max_k: usize) -> Vec<f32> {
        match (&self.model, query) {
            (Some(model), Some(query)) => {
                let location = self.locate(model, query);
                (1..=max_k).map(|t| model.logit(location, t)).collect()
            }
            _ => self.prior.logits(max_k).collect(),
        }
    }

    /// The prediction for a checked query, or for any question if it is none.
    pub(crate) fn predict(&self, query: Option<&[f32]>, max_k: usize) -> Prediction {
        match (&self.model, query) {
            (Some(model), Some(query)) => {
                let location = self.locate(model, query);
                self.read((1..=max_k).map(|t| model.logit(location, t)), max_k)
            }
            _ => self.read(self.prior.logits(max_k), max_k),
        }
    }

    fn read(&self, logits: impl Iterator<Item = f32>, max_k: usize) -> Prediction {
        let threshold = self.conformal.threshold();
        let (mut steps, mut enough, mut hazard) = (None, None, 0.0);
        for (i, eta) in logits.enumerate() {
            hazard += softplus(eta);
            if steps.is_none() && hazard >= std::f32::consts::LN_2 {
                steps = Some(i + 1);
            }
            if enough.is_none() && hazard >= threshold {
                enough = Some(i + 1);
            }
            // exp(-20) is nothing beside 1: no later step changes the prediction.
            if enough.is_some() && hazard > 20.0 {
                break;
            }
        }
        Prediction {
            steps: steps.unwrap_or(max_k),
            enough: enough.unwrap_or(max_k),
            capped: enough.is_none(),
            solvable: 1.0 - (-hazard).exp(),
        }
    }

    /// Learns one example, in time linear in the embedding.
    pub(crate) fn learn(&mut self, query: &[f32], run: LabelledRun<'_>) -> Result<()> {
        let LabelledRun { label, trace, right, weight } = run;
        self.check_query(query)?;
        self.check_steps(label.steps())?;
        if !(0.0..=1.0).contains(&weight) {
            return Err(SonaError::Quality(weight));
        }
        if let Some(i) = trace.iter().position(|s| !s.is_sound()) {
            return Err(SonaError::Signal { step: i + 1 });
        }
        // A weight of zero is valid and changes nothing.
        if weight < 1e-3 {
            return Ok(());
        }
        let limit = self.config.limit;
        let (trace, right) = (&trace[..trace.len().min(limit)], &right[..right.len().min(limit)]);
        let mut buffer = [0.0; WIDTH];
        let query = shorten(query, self.config.seed, &mut buffer);
        self.learn_checked(query, LabelledRun { label, trace, right, weight });
        Ok(())
    }

    fn learn_checked(&mut self, query: &[f32], run: LabelledRun<'_>) {
        let LabelledRun { label, trace, right, weight } = run;
        if let Some(model) = &mut self.model {
            let location = model.update(query, label, weight, |model, location| {
                if let Label::Solved(k) = label {
                    self.conformal.update(model.cumulative(location, k - 1));
                }
            });
            if !trace.is_empty() {
                let model = &*model;
                self.pace.update(run, |t| model.logit(location, t));
            }
        } else if let Label::Solved(k) = label {
            self.conformal.update(self.prior.logits(k - 1).map(softplus).sum());
        }
        self.prior.update(label, weight);
        let stored = Stored { query: query.into(), label, weight, trace: trace.into(), right: right.into() };
        self.replay.push(stored, &mut self.rng);
        self.n_learned += 1;
        if self.model.is_none() && self.replay.len() == FIRST_FIT {
            // A fit that fails leaves the prior in charge; the next consolidation tries again.
            let _ = self.consolidate();
        }
    }

    /// Refits everything to the stored examples.
    pub(crate) fn consolidate(&mut self) -> Result<()> {
        let found = self.replay.len();
        if found < FIRST_FIT {
            return Err(SonaError::TooFewExamples { found, needed: FIRST_FIT });
        }
        let seed = self.rng.next_u64();
        let stored: Vec<_> = self.replay.weighted().collect();
        let examples: Vec<model::Example> = stored
            .iter()
            .map(|(e, weight)| model::Example { query: &e.query, label: e.label, weight: *weight })
            .collect();
        let Some((model, left_out)) = Model::fit(width(self.config.dim), &examples, seed) else {
            return Err(SonaError::Degenerate { stored: found });
        };
        let pairs = examples.iter().zip(&left_out);
        let scores = pairs.filter_map(|(e, &location)| match e.label {
            Label::Solved(k) => Some(model.cumulative(location, k - 1)),
            Label::Censored(_) => None,
        });
        self.conformal.refill(scores);
        let runs = stored.iter().zip(&left_out).filter(|((e, _), _)| !e.trace.is_empty());
        self.pace = Pace::fit(runs.map(|((e, weight), &location)| {
            let model = &model;
            let run = LabelledRun { label: e.label, trace: &e.trace, right: &e.right, weight: *weight };
            (run, move |t| model.logit(location, t))
        }));
        self.model = Some(model);
        self.n_consolidations += 1;
        Ok(())
    }

    /// Drops the stored examples.
    pub(crate) fn forget_examples(&mut self) {
        self.replay = Replay::new(self.config.limit);
    }

    pub(crate) fn pace(&self) -> &Pace {
        &self.pace
    }

    pub(crate) fn n_stored(&self) -> usize {
        self.replay.len()
    }

    pub(crate) fn coverage(&self) -> (f64, u64) {
        self.conformal.coverage()
    }

    /// Bytes held, on the heap and in the struct.
    pub(crate) fn size_bytes(&self) -> usize {
        let model = self.model.as_ref().map_or(0, Model::size_bytes);
        size_of::<Self>()
            + self.replay.size_bytes()
            + model
            + self.conformal.size_bytes()
            + 2 * self.config.limit * size_of::<f64>()
    }

    /// Names the first part no engine could have written.
    pub(crate) fn check(&self) -> Result<()> {
        self.config.check()?;
        let SonaConfig { dim, limit, miss_rate, .. } = self.config;
        let dim = width(dim);
        let parts = [
            ("prior", self.prior.is_sound(limit)),
            ("replay", self.replay.is_sound(dim, limit)),
            ("model", self.model.as_ref().is_none_or(|m| m.is_sound(dim))),
            ("pace", self.pace.is_sound()),
            ("conformal", self.conformal.is_sound(miss_rate)),
        ];
        match parts.iter().find(|(_, sound)| !sound) {
            Some((part, _)) => Err(SonaError::Inconsistent { part }),
            None => Ok(()),
        }
    }
}
