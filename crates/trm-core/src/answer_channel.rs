//! A noisy answer as a second input.

use crate::Result;
use crate::error::check;
use serde::{Deserialize, Serialize};

/// A second input of every supervision step: `[tokens, answer_dim]` numbers that are added to the embedded question
/// through weights of their own.
///
/// In training they may be the right answer under noise, so that the net learns to improve on a noisy answer from any
/// state, as a denoising model does (arXiv 2609.01449); at inference they are noise alone, fresh in every step, which
/// makes a run explore. The state never gets noise.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerChannel {
    /// Standard deviation of the noise in the first steps; 0 switches it off.
    pub noise: f32,
    /// Steps before it rises. A file says it where it is not 0.
    #[serde(default, skip_serializing_if = "is_none")]
    pub calm: u32,
    /// By how much it rises in every step after these: a run that has not found its answer explores more. A file says
    /// it where it is not 0.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub rise: f32,
    /// Where it stops rising. A file says it where it rises.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub most: f32,
}

impl AnswerChannel {
    /// A channel with noise of one standard deviation in all steps.
    pub fn constant(noise: f32) -> Self {
        AnswerChannel { noise, calm: 0, rise: 0.0, most: 0.0 }
    }

    /// Standard deviation of the noise of step `step`, counted from 0.
    ///
    /// ```
    /// let channel = trm_core::AnswerChannel { noise: 1.5, calm: 3, rise: 0.25, most: 2.0 };
    /// assert_eq!([0, 3, 4, 9].map(|step| channel.std(step)), [1.5, 1.5, 1.75, 2.0]);
    /// assert_eq!(trm_core::AnswerChannel::constant(1.5).std(9), 1.5);
    /// ```
    pub fn std(&self, step: u64) -> f32 {
        let rising = step.saturating_sub(self.calm.into());
        if self.rise == 0.0 { self.noise } else { (self.noise + self.rise * rising as f32).min(self.most) }
    }

    pub(crate) fn validate(&self) -> Result<()> {
        let AnswerChannel { noise, rise, most, .. } = *self;
        check((0.0..=100.0).contains(&noise), "answer_channel.noise", noise, "0 to 100")?;
        check((0.0..=100.0).contains(&rise), "answer_channel.rise", rise, "0 to 100")?;
        let sound = rise == 0.0 || (noise..=100.0).contains(&most);
        check(sound, "answer_channel.most", most, "from the noise to 100")
    }
}

fn is_none(n: &u32) -> bool {
    *n == 0
}

fn is_zero(x: &f32) -> bool {
    *x == 0.0
}
