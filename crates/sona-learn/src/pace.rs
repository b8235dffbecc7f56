//! Predictions from the trace of a run: is the answer settled, and is the run faster than planned?
//!
//! ```text
//! P(right at s | trace)               = sigmoid(a . tau_s)
//! P(solved at t | not by t - 1, trace) = sigmoid(eta_t + b . tau_s),  t > s    (landmarking)
//! ```
//! where `tau_s` are the features of the trace up to step `s` and `eta_t` the static hazard.

use serde::{Deserialize, Serialize};

use crate::logistic::{Logistic, Row};
use crate::math::softplus;
use crate::outcome::{Label, Signal};

/// Features of a trace.
pub(crate) const T: usize = 8;
/// Rate of the online steps.
const RATE: f32 = 0.02;
/// The weights before any trace was learned: the static forecast as it is.
const PRIOR_SETTLED: [f32; T] = [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 3.0];
const PRIOR_PACE: [f32; T] = [0.0; T];

impl Signal {
    /// True if both numbers are finite.
    pub(crate) fn is_sound(&self) -> bool {
        self.confidence.is_finite() && self.change.is_finite()
    }

    /// The signal with numbers that are not finite replaced by the least favourable ones, and
    /// the rest clamped to what they can be.
    pub(crate) fn sanitised(self) -> Self {
        let Self { confidence, change } = self;
        Self {
            confidence: if confidence.is_nan() { 0.0 } else { confidence.clamp(0.0, 1.0) },
            change: if change.is_nan() { 1.0 } else { change.clamp(0.0, 1e3) },
        }
    }
}

/// The running summary of a trace.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Follower {
    last: Option<Signal>,
    n_stable: usize,
    hazard: f32,
}

impl Follower {
    /// Takes in the signal of the next step, whose static logit is `eta`; returns `tau`.
    pub(crate) fn observe(&mut self, signal: Signal, eta: f32) -> [f32; T] {
        let signal = signal.sanitised();
        let before = self.last.map_or(signal.confidence, |s| s.confidence);
        self.last = Some(signal);
        self.n_stable = if signal.change <= 1e-6 { self.n_stable + 1 } else { 0 };
        self.hazard += softplus(eta);
        let confidence = signal.confidence.clamp(1e-4, 1.0 - 1e-4);
        // ln(F / (1 - F)) = ln(e^Lambda - 1), which is Lambda itself when large.
        let forecast = if self.hazard > 15.0 { self.hazard } else { self.hazard.exp_m1().ln() };
        [
            1.0,
            2.0 * confidence - 1.0,
            (confidence / (1.0 - confidence)).ln() / 4.0,
            (signal.change + 1e-3).ln() / 4.0 + 1.0,
            f32::from(u8::from(self.n_stable > 0)),
            self.n_stable.min(4) as f32 / 4.0,
            confidence - before,
            forecast.clamp(-9.0, 9.0) / 3.0,
        ]
    }
}

/// The two regressions on the trace.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Pace {
    settled: Logistic,
    pace: Logistic,
}

/// One run with its label, to be learned.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LabelledRun<'a> {
    pub(crate) label: Label,
    pub(crate) trace: &'a [Signal],
    /// Whether the answer of each step was right; past its end, the label decides.
    pub(crate) right: &'a [bool],
    pub(crate) weight: f32,
}

/// The training rows of one run: for `settled`, and for `pace`.
fn rows(run: LabelledRun<'_>, eta: impl Fn(usize) -> f32) -> impl Iterator<Item = (Row<T>, Option<Row<T>>)> {
    let LabelledRun { label, trace, right, weight } = run;
    let (solved_at, n_known) = match label {
        Label::Solved(k) => (k, trace.len()),
        Label::Censored(c) => (usize::MAX, trace.len().min(c)),
    };
    let mut follower = Follower::default();
    trace[..n_known].iter().enumerate().map(move |(i, &signal)| {
        let step = i + 1;
        let features = follower.observe(signal, eta(step));
        let is_right = right.get(i).copied().unwrap_or(step >= solved_at);
        let settled = Row { features, offset: 0.0, happened: is_right, weight };
        let next_is_known = step < solved_at && step < label.steps();
        let pace = next_is_known.then(|| Row {
            features,
            offset: eta(step + 1),
            happened: step + 1 == solved_at,
            weight,
        });
        (settled, pace)
    })
}

impl Pace {
    pub(crate) fn new() -> Self {
        Self { settled: Logistic::new(&PRIOR_SETTLED), pace: Logistic::new(&PRIOR_PACE) }
    }

    /// Fits both to runs, each with its static logits.
    pub(crate) fn fit<'a, F: Fn(usize) -> f32>(runs: impl Iterator<Item = (LabelledRun<'a>, F)>) -> Self {
        let (mut settled, mut pace) = (Vec::new(), Vec::new());
        for (run, eta) in runs {
            for (s, p) in rows(run, eta) {
                settled.push(s);
                pace.extend(p);
            }
        }
        Self { settled: Logistic::fit(&PRIOR_SETTLED, &settled), pace: Logistic::fit(&PRIOR_PACE, &pace) }
    }

    pub(crate) fn update(&mut self, run: LabelledRun<'_>, eta: impl Fn(usize) -> f32) {
        for (settled, pace) in rows(run, eta) {
            self.settled.update(&settled, RATE);
            if let Some(pace) = pace {
                self.pace.update(&pace, RATE);
            }
        }
    }

    /// The logit of the answer being right now: and, where only labels were learned, to stay so.
    pub(crate) fn settled_logit(&self, tau: &[f32; T]) -> f32 {
        self.settled.logit(tau, 0.0)
    }

    /// The logit of a later step's hazard, given its static logit.
    pub(crate) fn later_logit(&self, tau: &[f32; T], eta: f32) -> f32 {
        self.pace.logit(tau, eta)
    }

    pub(crate) fn is_sound(&self) -> bool {
        self.settled.is_sound(T) && self.pace.is_sound(T)
    }
}
