//! The forecast without an embedding or a model: the history of all questions.

use serde::{Deserialize, Serialize};

use crate::outcome::Label;

/// The share of the counts that each example makes fade.
const FADING: f64 = 1e-3;
/// The hazard before any example; it weighs as much as one example.
const FIRST_HAZARD: f64 = 0.1;

/// Kaplan-Meier counts that decay slowly.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Prior {
    /// Solved at step `t`, at index `t - 1`.
    solved: Vec<f64>,
    /// Last step was `t`, solved or not, at index `t - 1`.
    ended: Vec<f64>,
}

impl Prior {
    pub(crate) fn new(limit: usize) -> Self {
        Self { solved: vec![0.0; limit], ended: vec![0.0; limit] }
    }

    pub(crate) fn update(&mut self, label: Label, weight: f32) {
        let all = self.solved.iter_mut().chain(&mut self.ended);
        all.for_each(|v| *v *= 1.0 - FADING);
        let index = label.steps() - 1;
        self.ended[index] += f64::from(weight);
        if let Label::Solved(_) = label {
            self.solved[index] += f64::from(weight);
        }
    }

    /// The hazards of steps `1..=max_k`, as logits.
    pub(crate) fn logits(&self, max_k: usize) -> impl Iterator<Item = f32> {
        let mut at_risk: f64 = self.ended.iter().sum();
        self.solved.iter().zip(&self.ended).take(max_k).map(move |(solved, ended)| {
            let events = solved + FIRST_HAZARD;
            let others = (at_risk - solved).max(0.0) + 1.0 - FIRST_HAZARD;
            at_risk -= ended;
            (events / others).ln() as f32
        })
    }

    pub(crate) fn is_sound(&self, limit: usize) -> bool {
        let sound = |v: &[f64]| v.len() == limit && v.iter().all(|x| (0.0..=1e6).contains(x));
        sound(&self.solved) && sound(&self.ended)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::sigmoid;

    #[test]
    fn hazards_count_those_at_risk() {
        let mut prior = Prior::new(4);
        for label in [Label::Solved(1), Label::Censored(1), Label::Solved(3), Label::Solved(3)] {
            (0..50).for_each(|_| prior.update(label, 1.0));
        }
        let h: Vec<f32> = prior.logits(4).map(sigmoid).collect();
        // 50 of 200 at step 1; none of 100 at step 2; all of 100 at step 3.
        assert!((h[0] - 0.25).abs() < 0.03 && h[1] < 0.01 && h[2] > 0.98, "{h:?}");
        assert!((h[3] - 0.1).abs() < 0.01, "no example: the first hazard");
    }
}
