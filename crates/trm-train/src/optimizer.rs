//! AdamW (arXiv 1711.05101) with clipping, Muon for the matrices of the net, learning-rate schedules and averaged weights.

use crate::muon::{Muon, rows_of};
use core::ops::Range;
use serde::{Deserialize, Serialize};
use trm_core::kernel::Isa;
use trm_core::params::MatrixAt;

/// How the learning rate goes on after the warm-up.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Schedule {
    /// Stays.
    Constant,
    /// Falls along a cosine to `floor` times the rate at the last step.
    Cosine {
        /// Share of the rate that is left at the end.
        floor: f64,
    },
    /// Stays until `from` (share of all steps), then falls along a cosine to `floor`.
    ConstantThenCosine {
        /// Where the fall starts, 0..1.
        from: f64,
        /// Share of the rate that is left at the end.
        floor: f64,
    },
}

/// How the matrices of the net are moved; everything else is AdamW's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// As everything else is. The default where a file says nothing, as older ones do.
    #[default]
    AdamW,
    /// By their momentum made orthogonal: [Muon](https://kellerjordan.github.io/posts/muon/).
    Muon,
}

impl Method {
    #[allow(clippy::trivially_copy_pass_by_ref)]
    fn is_default(&self) -> bool {
        *self == Method::default()
    }
}

/// The optimiser's settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OptimizerConfig {
    /// How the matrices of the net are moved.
    #[serde(default, skip_serializing_if = "Method::is_default")]
    pub method: Method,
    /// Learning rate after the warm-up.
    pub learning_rate: f64,
    /// Steps over which the rate rises from zero.
    pub warmup_steps: u64,
    /// How it goes on.
    pub schedule: Schedule,
    /// Decay of the first and second moments.
    pub betas: [f64; 2],
    /// Weight decay, decoupled.
    pub weight_decay: f64,
    /// Largest length of the gradient; longer ones are scaled down.
    pub clip: f64,
    /// Decay of the averaged weights.
    pub ema: f64,
}

impl Default for OptimizerConfig {
    fn default() -> Self {
        OptimizerConfig {
            method: Method::Muon,
            learning_rate: 3e-3,
            warmup_steps: 100,
            schedule: Schedule::Constant,
            betas: [0.9, 0.98],
            weight_decay: 0.01,
            clip: 1.0,
            ema: 0.999,
        }
    }
}

impl OptimizerConfig {
    /// The learning rate at `step` (from 1) of `steps`.
    pub fn rate(&self, step: u64, steps: u64) -> f64 {
        let warm = (step as f64 / self.warmup_steps.max(1) as f64).min(1.0);
        let done = (step as f64 / steps.max(1) as f64).min(1.0);
        let cosine = |done: f64, floor: f64| {
            floor + (1.0 - floor) * 0.5 * (1.0 + (core::f64::consts::PI * done).cos())
        };
        let factor = match self.schedule {
            Schedule::Constant => 1.0,
            Schedule::Cosine { floor } => cosine(done, floor),
            Schedule::ConstantThenCosine { from, floor } => {
                cosine(((done - from) / (1.0 - from).max(1e-9)).max(0.0), floor)
            }
        };
        self.learning_rate * warm * factor
    }
}

/// Moments and averaged weights.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Optimizer {
    /// Steps taken.
    pub step: u64,
    /// First moments; of a matrix that Muon moves, its momentum.
    first: Vec<f32>,
    /// Second moments.
    second: Vec<f32>,
    /// Averaged weights.
    pub ema: Vec<f32>,
}

impl Optimizer {
    /// Starts at `params`.
    pub fn new(params: &[f32]) -> Self {
        let zero = vec![0.0; params.len()];
        Optimizer { step: 0, first: zero.clone(), second: zero, ema: params.to_vec() }
    }

    /// Whether it belongs to `n` weights, and has a number of steps that can be counted on from.
    pub fn fits(&self, n: usize) -> bool {
        self.step >> 62 == 0 && [&self.first, &self.second, &self.ema].iter().all(|v| v.len() == n)
    }

    /// One step over the weights that are trained; returns the length of the gradient before clipping.
    pub fn update(
        &mut self,
        config: &OptimizerConfig,
        rate: f64,
        trained: &Trained,
        params: &mut [f32],
        grads: &[f32],
    ) -> f64 {
        self.step += 1;
        let Trained { clip_apart, matrices, isa } = trained;
        let keep = (1.0 - rate * config.weight_decay) as f32;
        let [b1, b2] = config.betas;
        let corrections = [b1, b2].map(|b| 1.0 - b.powi(self.step.min(1 << 30) as i32));
        let decay = config.ema.min((1.0 + self.step as f64) / (10.0 + self.step as f64)) as f32;
        let mut first_length = 0.0;
        for (i, ranges) in clip_apart.iter().enumerate() {
            let square =
                |r: &Range<usize>| grads[r.clone()].iter().map(|g| f64::from(*g).powi(2)).sum::<f64>();
            let length = ranges.iter().map(square).sum::<f64>().sqrt();
            if i == 0 {
                first_length = length;
            }
            let clip = if config.clip > 0.0 { (config.clip / (length + 1e-12)).min(1.0) } else { 1.0 };
            let step = Step {
                b1: b1 as f32,
                b2: b2 as f32,
                clip: clip as f32,
                size: (rate / corrections[0]) as f32,
                root: (1.0 / corrections[1].sqrt()) as f32,
                keep,
            };
            for r in ranges {
                step.apply(
                    &mut params[r.clone()],
                    &grads[r.clone()],
                    &mut self.first[r.clone()],
                    &mut self.second[r.clone()],
                );
            }
        }
        let mut muon = Muon::default();
        for at in matrices {
            muon.step(*isa, *at, (rate, keep), params, &mut self.first, grads);
        }
        let clipped = clip_apart.iter().flatten().cloned();
        for r in clipped.chain(matrices.iter().flat_map(|at| rows_of(*at))) {
            for (e, p) in self.ema[r.clone()].iter_mut().zip(&params[r]) {
                *e = decay * *e + (1.0 - decay) * *p;
            }
        }
        first_length
    }
}

/// What a step moves, and how.
#[derive(Clone, Debug)]
pub struct Trained {
    /// Sets of ranges that AdamW moves; each set is clipped by the length of its own gradient.
    pub clip_apart: Vec<Vec<Range<usize>>>,
    /// The matrices that [`Method::Muon`] moves. The length of a gradient does not matter there.
    pub matrices: Vec<MatrixAt>,
    /// Instructions of their products.
    pub isa: Isa,
}

/// The factors of one AdamW step.
struct Step {
    b1: f32,
    b2: f32,
    clip: f32,
    /// Learning rate over the first bias correction.
    size: f32,
    /// One over the root of the second bias correction.
    root: f32,
    /// What weight decay leaves.
    keep: f32,
}

impl Step {
    fn apply(&self, params: &mut [f32], grads: &[f32], first: &mut [f32], second: &mut [f32]) {
        for (((p, g), m), v) in params.iter_mut().zip(grads).zip(first).zip(second) {
            let g = g * self.clip;
            *m = self.b1 * *m + (1.0 - self.b1) * g;
            *v = self.b2 * *v + (1.0 - self.b2) * g * g;
            *p = *p * self.keep - self.size * *m / (v.sqrt() * self.root + 1e-8);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by_adam(clip_apart: Vec<Vec<Range<usize>>>) -> Trained {
        Trained { clip_apart, matrices: Vec::new(), isa: Isa::best() }
    }

    #[test]
    fn a_step_is_that_of_the_paper() {
        let config = OptimizerConfig { clip: 0.0, ema: 0.5, weight_decay: 0.1, ..OptimizerConfig::default() };
        let (mut params, mut optimizer) = (vec![0.5, -1.0], Optimizer::new(&[0.5, -1.0]));
        let (mut m, mut v, mut expected) = ([0.0; 2], [0.0; 2], [0.5f64, -1.0]);
        for t in 1..=5 {
            let grads = [0.3 * t as f32, -0.2];
            optimizer.update(&config, 0.01, &by_adam(vec![vec![0..2]]), &mut params, &grads);
            for i in 0..2 {
                let g = f64::from(grads[i]);
                m[i] = 0.9 * m[i] + 0.1 * g;
                v[i] = 0.98 * v[i] + 0.02 * g * g;
                let (m, v) = (m[i] / (1.0 - 0.9f64.powi(t)), v[i] / (1.0 - 0.98f64.powi(t)));
                expected[i] -= 0.01 * (m / (v.sqrt() + 1e-8) + 0.1 * expected[i]);
                assert!(
                    (f64::from(params[i]) - expected[i]).abs() < 1e-6,
                    "step {t}: {params:?}, {expected:?}"
                );
            }
        }
    }

    #[test]
    fn clipping_scales_each_set_by_its_own_length() {
        let config = OptimizerConfig { clip: 1.0, ..OptimizerConfig::default() };
        let mut optimizer = Optimizer::new(&[0.0; 3]);
        let sets = by_adam(vec![vec![0..2], vec![2..3]]);
        let length = optimizer.update(&config, 0.0, &sets, &mut [0.0; 3], &[3.0, 4.0, 0.5]);
        assert_eq!(length, 5.0);
        let first: Vec<f32> = optimizer.first.iter().map(|m| m * 10.0).collect();
        assert!((first[0] - 0.6).abs() < 1e-6 && (first[2] - 0.5).abs() < 1e-6, "{first:?}");
    }

    /// Checkpoints hold these names, and Python passes them.
    #[test]
    fn methods_keep_their_names() {
        for (method, name) in [(Method::Muon, "\"muon\""), (Method::AdamW, "\"adamw\"")] {
            assert_eq!(serde_json::to_string(&method).expect("a name"), name);
            assert_eq!(serde_json::from_str::<Method>(name).expect("a method"), method);
        }
    }

    #[test]
    fn schedules_rise_stay_and_fall() {
        let rate =
            |schedule, step| OptimizerConfig { schedule, ..OptimizerConfig::default() }.rate(step, 1000);
        assert!((rate(Schedule::Constant, 50) - 1.5e-3).abs() < 1e-9);
        assert_eq!(rate(Schedule::Constant, 1000), 3e-3);
        assert!((rate(Schedule::Cosine { floor: 0.1 }, 1000) - 3e-4).abs() < 1e-9);
        let late = Schedule::ConstantThenCosine { from: 0.5, floor: 0.0 };
        assert_eq!(rate(late, 500), 3e-3);
        assert!((rate(late, 750) - 1.5e-3).abs() < 1e-9 && rate(late, 1000) < 1e-12);
    }
}
