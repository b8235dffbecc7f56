//! What the answer channel holds in training: noise, through which the right answer may shine.
//!
//! After "Diffusion as a Training Curriculum for Timestep-Free Iterative Reasoning" (arXiv 2609.01449): in a leaked
//! episode the channel of step k is `a target + sqrt(1 - a^2) noise`, where a rises from 0 to 1 over the episode, with
//! fresh noise in every step, of the standard deviation that the model has at inference. So the net learns to improve on whatever it is at, and never knows how much to trust the
//! channel; at inference there is noise alone.

use crate::{Answer, Result, Sample, TrainError};
use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};
use trm_core::TrmConfig;
use trm_core::noise::StepNoise;

/// The channel of what is right.
const RIGHT: f32 = 1.5;
/// The channel of what is wrong.
const WRONG: f32 = -0.5;
/// The shortest rise of an episode, in supervision steps.
const SHORTEST: u32 = 4;

/// How the answer channel is trained.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeakConfig {
    /// Share of the questions whose channel leaks the target; the others get noise alone, and leave once answered
    /// right.
    pub share: f64,
    /// Share of the leaked episodes that begin with some steps of noise alone.
    pub delayed: f64,
    /// Whether a leaked episode makes room once it was right for long enough, as others do. What is left of it teaches
    /// little: its channel says more and more of what the net has found already.
    #[serde(default, skip_serializing_if = "is_false")]
    pub until_right: bool,
}

/// Older runs do not say it, and their episodes ran to the end.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_false(until_right: &bool) -> bool {
    !*until_right
}

impl LeakConfig {
    pub(crate) fn validate(&self, max_supervision_steps: u32) -> Result<()> {
        for (field, found) in [("leak.share", self.share), ("leak.delayed", self.delayed)] {
            if !(0.0..=1.0).contains(&found) {
                return Err(TrainError::Config { field, found: found.to_string(), expected: "0 to 1" });
            }
        }
        if max_supervision_steps < SHORTEST {
            let (field, found) = ("max_supervision_steps", max_supervision_steps.to_string());
            return Err(TrainError::Config { field, found, expected: "at least 4 with a leak" });
        }
        Ok(())
    }

    /// Draws the episode of a question; `None` for one of noise alone.
    pub(crate) fn draw(&self, max_supervision_steps: u32, rng: &mut impl Rng) -> Option<Episode> {
        if !rng.random_bool(self.share) {
            return None;
        }
        let n_steps = rng.random_range(SHORTEST..=max_supervision_steps);
        let n_noise =
            if rng.random_bool(self.delayed) { rng.random_range(0..=n_steps - SHORTEST) } else { 0 };
        Some(Episode { n_steps, n_noise, until_right: self.until_right })
    }
}

/// A question that runs for at most so many steps while its target leaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Episode {
    /// Supervision steps.
    pub n_steps: u32,
    /// Of these, the first, with noise alone.
    pub n_noise: u32,
    /// Whether it ends once the question was right for long enough.
    pub until_right: bool,
}

impl Episode {
    /// The target's amplitude in step `step`, counted from 0: near `sin(pi t / 2)` for t from 0.01 to 0.99, by
    /// operations that every platform rounds alike.
    fn amplitude(self, step: u32) -> f32 {
        let Some(step) = step.checked_sub(self.n_noise) else { return 0.0 };
        let last = self.n_steps - self.n_noise - 1;
        let t = 0.01 + 0.98 * f64::from(step) / f64::from(last.max(1));
        (t * (3.0 - t * t) / 2.0) as f32
    }
}

/// Writes the channel `[live, dim]` of step `step` to `channel`.
pub(crate) fn fill(
    sample: &Sample,
    live: &[u32],
    episode: Option<Episode>,
    step: u32,
    seed: u64,
    config: &TrmConfig,
    channel: &mut Vec<f32>,
) {
    let (dim, step_index) = (config.answer_dim, u64::from(step));
    let std = config.answer_channel.map_or(0.0, |answers| answers.std(step_index));
    StepNoise::new(seed, step_index).fill(std, live, dim, channel);
    let Some(a) = episode.map(|e| e.amplitude(step)).filter(|a| *a > 0.0) else { return };
    let noise = (1.0 - a * a).max(0.0).sqrt();
    for (row, token) in channel.chunks_exact_mut(dim).zip(live) {
        for (class, c) in row.iter_mut().enumerate() {
            let right = match &sample.answer {
                Answer::Marks(marks) => marks[*token as usize],
                Answer::Classes(classes) => classes[*token as usize] as usize == class,
            };
            *c = a * if right { RIGHT } else { WRONG } + noise * *c;
        }
    }
}
