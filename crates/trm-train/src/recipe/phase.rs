//! What a phase is.

use super::options::{Options, Settings};
use std::fmt;
use std::str::FromStr;

/// One phase.
#[derive(Clone, Debug, PartialEq)]
pub struct Phase {
    /// Names its run or its mean. A phase that resumes a run has the name of that run.
    pub name: String,
    /// The line of the recipe where it begins.
    pub line: usize,
    /// What it does.
    pub work: Work,
}

/// What a phase does.
#[derive(Clone, Debug, PartialEq)]
pub enum Work {
    /// Trains, or goes on with the run of that name.
    Train {
        /// The weights it starts from; `None` for new ones, or where [`Options::init`] names a file.
        from: Option<Weights>,
        /// Its options, the defaults of the recipe among them.
        options: Box<Options>,
    },
    /// Takes the mean of the weights of earlier phases.
    Mean(Vec<Weights>),
    /// Writes other settings into the file of earlier weights.
    Set(Weights, Box<Settings>),
}

/// The weights that a phase leaves: `NAME`, or `NAME@STEP` for its snapshot at a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weights {
    /// The name of the phase.
    pub phase: String,
    /// The optimiser step of the snapshot; `None` for the last weights so far.
    pub step: Option<u64>,
}

impl fmt::Display for Weights {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self.step {
            Some(step) => write!(f, "{}@{step}", self.phase),
            None => write!(f, "{}", self.phase),
        }
    }
}

impl FromStr for Weights {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text.split_once('@') {
            Some((phase, step)) => Weights { phase: phase.into(), step: Some(step.parse()?) },
            None => Weights { phase: text.into(), step: None },
        })
    }
}
