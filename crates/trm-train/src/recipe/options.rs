//! The options of a phase.

use serde::{Deserialize, Serialize};
use toml::{Table, Value};

/// A file of training puzzles.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Share {
    /// The CSV file.
    pub file: String,
    /// How often its puzzles come, beside the weights of the other files.
    #[serde(default = "one")]
    pub weight: f64,
}

fn one() -> f64 {
    1.0
}

/// Declares options of a command, each of which may be left out.
macro_rules! options {
    ($(#[$about:meta])* $options:ident: $($(#[$doc:meta])* $name:ident: $kind:ty,)*) => {
        $(#[$about])*
        #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
        pub struct $options {
            $($(#[$doc])* #[serde(skip_serializing_if = "Option::is_none")] pub $name: Option<$kind>,)*
        }

        impl $options {
            fn table(&self) -> Table {
                Table::try_from(self).expect("numbers and strings")
            }

            /// The arguments of the command that say the same.
            ///
            /// # Panics
            /// If a count is above `i64::MAX`; no recipe can hold one.
            #[must_use]
            pub fn arguments(&self) -> Vec<String> {
                arguments(&self.table())
            }

            /// The first number that is none, by its name.
            pub(super) fn not_finite(&self) -> Option<String> {
                not_finite(&self.table())
            }
        }
    };
}

options! {
    /// The options of `trm set` by their names: what a model file holds besides weights.
    Settings:
    /// The rule by which runs of the model halt.
    halting_rule: String,
    /// The confidence at which a step counts as confident.
    halt_threshold: f64,
    /// The most supervision steps of a run.
    max_k: u64,
    /// T: cycles of a supervision step.
    cycles: u64,
    /// Standard deviation of the answer channel's noise: one number, or first, steps before it rises, rise, most.
    channel_noise: Vec<f64>,
}

// In the order of the arguments of a phase. A test of trm-cli compares them with what it knows.
options! {
    /// The options of `trm train` by their names, which says more of each. `None` leaves the choice to it.
    Options:
    /// Training puzzles.
    data: Vec<Share>,
    /// What mixes the tokens.
    mixer: String,
    /// Smallest and largest side.
    sides: Vec<u64>,
    /// Share of open mazes.
    open: f64,
    /// Longest demanded shortest path, in sides.
    min_path: f64,
    /// Goals tried for one start.
    goals: u64,
    /// Share of perfect mazes.
    perfect: f64,
    /// Cells a step of the search that is hinted at.
    hints: u64,
    /// How much marked cells count.
    balance: f64,
    /// Validation puzzles.
    validate: String,
    /// Validation puzzles to use.
    validate_limit: u64,
    /// Minutes between validations.
    validate_minutes: f64,
    /// Steps K of a validation run.
    validate_k: u64,
    /// Optimiser steps.
    steps: u64,
    /// n: latent iterations.
    n: u64,
    /// T: cycles.
    cycles: u64,
    /// Cycles that carry the gradient.
    gradient_cycles: u64,
    /// Running questions.
    batch: u64,
    /// Most supervision steps of a question.
    supervision: u64,
    /// Most further steps of a question that is answered right.
    linger: u64,
    /// How the weights are moved: `muon` or `adamw`.
    optimizer: String,
    /// Learning rate.
    lr: f64,
    /// Steps of warm-up.
    warmup: u64,
    /// Share of the steps after which the rate falls.
    decay_from: f64,
    /// Share of the rate that is left at the end of the fall.
    floor: f64,
    /// Weight decay.
    weight_decay: f64,
    /// Decay of the averaged weights.
    ema: f64,
    /// Standard deviation of the noise on the initial latent.
    #[serde(alias = "noise")]
    latent_noise: f64,
    /// Standard deviation of the noise on the state before every step.
    state_noise: f64,
    /// Share of the questions whose target leaks through the answer channel.
    leak: f64,
    /// Share of the leaked episodes that begin with noise alone.
    leak_delayed: f64,
    /// When a leaked episode ends: `right` or `end`.
    leak_until: String,
    /// Standard deviation of the answer channel's noise: one number, or first, steps before it rises, rise, most.
    channel_noise: Vec<f64>,
    /// Width of the state.
    hidden: u64,
    /// Width inside the SwiGLU.
    ffn: u64,
    /// Blocks of the net.
    blocks: u64,
    /// The rule by which runs of the model halt.
    halting_rule: String,
    /// Instruction set to compute with.
    kernel: String,
    /// What matrix products are computed in: `f32` or `bf16`.
    precision: String,
    /// Seed of weights, data order and noise.
    seed: u64,
    /// Minutes between checkpoints.
    save_minutes: f64,
    /// The step to stop at.
    until: u64,
    /// The model file to start from, where that is no earlier phase.
    init: String,
}

impl Options {
    /// These options, and where they say nothing, those of `defaults`.
    #[must_use]
    pub fn or(&self, defaults: &Options) -> Options {
        let mut table = defaults.table();
        table.extend(self.table());
        table.try_into().expect("options were made of it")
    }
}

fn arguments(options: &Table) -> Vec<String> {
    let mut words = Vec::new();
    for (name, value) in options {
        // A flag for each file, and one for a pair of sides.
        let values = match value {
            Value::Array(items) if items.iter().all(Value::is_table) => items.iter().map(argument).collect(),
            value => vec![argument(value)],
        };
        words.extend(values.into_iter().flat_map(|value| [format!("--{name}"), value]));
    }
    words
}

fn not_finite(options: &Table) -> Option<String> {
    let finite = |value: &Value| value.as_float().is_none_or(f64::is_finite);
    let share = |value: &Value| value.get("weight").is_none_or(finite);
    let sound = |value: &Value| finite(value) && value.as_array().is_none_or(|all| all.iter().all(share));
    options.iter().find(|(_, value)| !sound(value)).map(|(name, _)| name.clone())
}

/// A value as it is typed.
fn argument(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        // 3e-3 and not 0.003: learning rates are read and compared by their powers of ten.
        Value::Float(x) if *x != 0.0 && x.abs() < 0.01 => format!("{x:e}"),
        Value::Float(x) => x.to_string(),
        Value::Array(items) => items.iter().map(argument).collect::<Vec<_>>().join(","),
        Value::Table(share) => match (&share["file"], &share["weight"]) {
            (Value::String(file), Value::Float(1.0)) if !file.contains('=') => file.clone(),
            (file, weight) => format!("{}={}", argument(file), argument(weight)),
        },
        other => other.to_string(),
    }
}
