//! The settings of a run.

use crate::leak::LeakConfig;
use crate::optimizer::OptimizerConfig;
use crate::{Result, TrainError};
use serde::{Deserialize, Serialize};
use trm_core::kernel::Isa;
use trm_core::{Model, Precision, TrmError};

/// The settings of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainConfig {
    /// Running questions.
    pub batch: usize,
    /// Optimiser steps in all; the schedule is laid over them.
    pub steps: u64,
    /// The most supervision steps a question gets.
    pub max_supervision_steps: u32,
    /// A question that is answered right stays for up to so many further steps in a row (how
    /// many is drawn for each), so that the net learns to keep a right answer.
    pub linger: u32,
    /// For marked tokens: they count (unmarked / marked)^balance times as much; see
    /// [`Target::Balanced`](trm_core::loss::Target::Balanced).
    pub balance: f32,
    /// Standard deviation of the noise on the initial latent.
    pub latent_noise: f64,
    /// Standard deviation of the noise that y and z are given before every supervision step, so that the net learns to
    /// keep what it has found.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub state_noise: f64,
    /// How the answer channel is trained, for a model that has one; noise alone where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leak: Option<LeakConfig>,
    /// Name of the instruction set to compute with; without one the widest of this processor. Others give other bits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kernel: Option<String>,
    /// What the factors of matrix products are rounded to; sums, states, gradients and weights keep full precision.
    #[serde(default, skip_serializing_if = "is_full")]
    pub precision: Precision,
    /// Seed of all noise.
    pub seed: u64,
    /// The optimiser.
    pub optimizer: OptimizerConfig,
}

impl Default for TrainConfig {
    fn default() -> Self {
        TrainConfig {
            batch: 32,
            steps: 10_000,
            max_supervision_steps: 16,
            linger: 2,
            balance: 0.0,
            latent_noise: 0.3,
            state_noise: 0.0,
            leak: None,
            kernel: None,
            precision: Precision::F32,
            seed: 1,
            optimizer: OptimizerConfig::default(),
        }
    }
}

impl TrainConfig {
    /// The instruction set of that name, if this processor has it.
    pub(crate) fn isa(&self) -> Option<Isa> {
        let name = self.kernel.as_ref()?;
        Isa::available().into_iter().find(|isa| isa.name() == name)
    }

    pub(crate) fn validate(&self, model: &Model) -> Result<()> {
        let n_params = model.params.len();
        let check = |ok: bool, field, found: String, expected| {
            ok.then_some(()).ok_or(TrainError::Config { field, found, expected })
        };
        // Each pair of questions has a gradient of its own.
        let fits = (1..=1 << 16).contains(&self.batch) && self.batch as u64 * n_params as u64 <= 1 << 32;
        check(fits, "batch", self.batch.to_string(), "1 to 65536, and 2^32 with the weights of each")?;
        check(self.linger < 1 << 16, "linger", self.linger.to_string(), "below 65536")?;
        check(self.max_supervision_steps > 0, "max_supervision_steps", "0".into(), "at least 1")?;
        if let (Some(kernel), None) = (&self.kernel, self.isa()) {
            check(
                false,
                "kernel",
                kernel.clone(),
                "an instruction set of this processor (see `trm doctor`)",
            )?;
        }
        if self.precision == Precision::Bf16
            && let Err(TrmError::Config { field, found, expected }) = model.packed()
        {
            check(false, field, found, expected)?;
        }
        if let Some(leak) = &self.leak {
            leak.validate(self.max_supervision_steps)?;
            let has_channel = model.config().answer_channel.is_some();
            check(has_channel, "leak", "set".into(), "unset for a model without an answer channel")?;
        }
        let o = &self.optimizer;
        check(
            o.learning_rate > 0.0 && o.learning_rate.is_finite(),
            "learning_rate",
            o.learning_rate.to_string(),
            "above 0",
        )?;
        check((0.0..1.0).contains(&o.ema), "ema", o.ema.to_string(), "0 to below 1")?;
        check(self.balance.is_finite(), "balance", self.balance.to_string(), "a number")?;
        check(
            self.latent_noise >= 0.0 && self.latent_noise.is_finite(),
            "latent_noise",
            self.latent_noise.to_string(),
            "0 or more",
        )?;
        let noise = self.state_noise;
        check((0.0..=100.0).contains(&noise), "state_noise", noise.to_string(), "0 to 100")
    }
}

fn is_full(precision: &Precision) -> bool {
    *precision == Precision::F32
}

fn is_zero(number: &f64) -> bool {
    *number == 0.0
}
