//! What a run says of itself.

use crate::share::Report;
use serde::{Deserialize, Serialize};

/// What the last steps measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Optimiser steps so far.
    pub step: u64,
    /// Question-steps so far.
    pub question_steps: u64,
    /// Seconds of training so far.
    pub seconds: f64,
    /// Operations of matrix products so far; none where a part of the run was not counted.
    pub flops: Option<u64>,
    /// Mean loss of the answers since the last report.
    pub loss: f64,
    /// Mean loss of the halt head since the last report.
    pub halt_loss: f64,
    /// Share of the batch that was answered right, since the last report.
    pub batch_exact: f64,
    /// Length of the last gradient before clipping.
    pub gradient: f64,
    /// Learning rate of the last step.
    pub learning_rate: f64,
    /// Question-steps per second since the last report.
    pub question_steps_per_second: f64,
    /// Billions of operations of matrix products per second since the last report.
    pub gflops: f64,
}

/// Sums since the last report.
#[derive(Default)]
pub(crate) struct Window {
    losses: f64,
    halt_losses: f64,
    right: u64,
    n: u64,
    flops: u64,
    pub seconds: f64,
}

impl Window {
    /// Adds a step: the sums of its losses and operations, and what each question reported.
    pub fn add(&mut self, loss: f64, halt_loss: f64, flops: u64, reports: &[Report]) {
        self.losses += loss;
        self.halt_losses += halt_loss;
        self.right += reports.iter().filter(|report| report.right).count() as u64;
        self.n += reports.len() as u64;
        self.flops += flops;
    }

    /// The means, beside what `so_far` counts.
    pub fn progress(&self, so_far: Progress) -> Progress {
        let n = self.n.max(1) as f64;
        Progress {
            loss: self.losses / n,
            halt_loss: self.halt_losses / n,
            batch_exact: self.right as f64 / n,
            question_steps_per_second: self.n as f64 / self.seconds.max(1e-9),
            gflops: self.flops as f64 / self.seconds.max(1e-9) / 1e9,
            ..so_far
        }
    }
}
