//! An upper bound that holds at its nominal rate, whatever the model predicts (adaptive conformal
//! inference, arXiv 2106.00170).
//!
//! The score of a question solved at `K` is the cumulative hazard up to the step before,
//! `Lambda_{K-1}(x)` (a Cox-Snell residual). The bound is the first step whose cumulative hazard
//! reaches the `1 - alpha_t` quantile of the last scores, and
//! `alpha_{t+1} = alpha_t + gamma (alpha - missed)`.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

/// The number of latest scores that are stored.
const WINDOW: usize = 256;
/// Step size of the adaptive level.
const GAMMA: f32 = 0.01;
/// With fewer scores the model's own quantile is used.
const MIN_SCORES: usize = 20;

/// The calibrated threshold on the cumulative hazard.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Conformal {
    miss_rate: f32,
    level: f32,
    scores: VecDeque<f32>,
    threshold: f32,
    n_covered: u64,
    n_judged: u64,
}

impl Conformal {
    pub(crate) fn new(miss_rate: f32) -> Self {
        let mut new = Self {
            miss_rate,
            level: miss_rate,
            scores: VecDeque::new(),
            threshold: 0.0,
            n_covered: 0,
            n_judged: 0,
        };
        new.set_threshold();
        new
    }

    /// The cumulative hazard at which a step is enough; at least that of the median.
    pub(crate) fn threshold(&self) -> f32 {
        self.threshold.max(std::f32::consts::LN_2)
    }

    /// Judges the bound on a newly solved question and learns its score. A censored question
    /// has no score: whether more steps would have solved it is unknown.
    pub(crate) fn update(&mut self, score: f32) {
        let missed = score >= self.threshold();
        self.n_judged += 1;
        self.n_covered += u64::from(!missed);
        let miss = f32::from(u8::from(missed));
        self.level = (self.level + GAMMA * (self.miss_rate - miss)).clamp(-0.1, 1.0);
        if self.scores.len() >= WINDOW {
            self.scores.pop_front();
        }
        self.scores.push_back(score);
        self.set_threshold();
    }

    /// Replaces the scores by those of a refitted model, oldest first.
    pub(crate) fn refill(&mut self, scores: impl Iterator<Item = f32>) {
        self.scores.clear();
        for score in scores {
            if self.scores.len() >= WINDOW {
                self.scores.pop_front();
            }
            self.scores.push_back(score);
        }
        // The level made up for the old model's errors; the new one has not made any yet.
        self.level = self.miss_rate;
        self.set_threshold();
    }

    fn set_threshold(&mut self) {
        let n = self.scores.len();
        if n < MIN_SCORES {
            self.threshold = -self.miss_rate.ln();
            return;
        }
        let rank = ((n as f32 + 1.0) * (1.0 - self.level)).ceil();
        self.threshold = if rank > n as f32 {
            f32::INFINITY
        } else {
            let mut sorted = [0.0; WINDOW];
            sorted[..n].iter_mut().zip(&self.scores).for_each(|(to, &from)| *to = from);
            let rank = (rank.max(1.0) as usize).min(n) - 1;
            // A hair above the score, so that the scored question itself is covered.
            sorted[..n].select_nth_unstable_by(rank, f32::total_cmp).1.next_up()
        };
    }

    /// Share of judged bounds that held, and how many were judged.
    pub(crate) fn coverage(&self) -> (f64, u64) {
        (self.n_covered as f64 / self.n_judged.max(1) as f64, self.n_judged)
    }

    pub(crate) fn size_bytes(&self) -> usize {
        self.scores.capacity() * size_of::<f32>()
    }

    pub(crate) fn is_sound(&self, miss_rate: f32) -> bool {
        self.miss_rate == miss_rate
            && (-0.1..=1.0).contains(&self.level)
            && self.scores.len() <= WINDOW
            && self.scores.iter().all(|s| s.is_finite() && *s >= 0.0)
            && !self.threshold.is_nan()
            && self.n_covered <= self.n_judged
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_threshold_is_the_quantile_of_the_scores() {
        let mut conformal = Conformal::new(0.1);
        conformal.refill((1..=99).map(|i| i as f32));
        // Rank ceil(100 * 0.9) of 99 scores.
        assert_eq!(conformal.threshold(), 90.0f32.next_up());
        conformal.refill((1..=1000).map(|i| i as f32));
        assert_eq!(conformal.scores.len(), WINDOW, "the latest ones");
        assert_eq!(conformal.scores.front(), Some(&745.0));
    }

    #[test]
    fn misses_widen_and_hits_narrow() {
        let mut conformal = Conformal::new(0.1);
        conformal.refill((0..100).map(|i| i as f32));
        let before = conformal.level;
        conformal.update(1e6);
        assert!(conformal.level < before);
        // Each score is worse than the last, so each is missed.
        (0..20).for_each(|i| conformal.update(2e6 * (i + 1) as f32));
        assert_eq!(conformal.threshold(), f32::INFINITY);
        (0..2000).for_each(|_| conformal.update(1.0));
        assert!(conformal.threshold() <= 1.0f32.next_up());
        assert!(conformal.is_sound(0.1));
    }
}
