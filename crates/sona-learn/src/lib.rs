//! Predicts how many refinement steps a question needs, and learns from every answer.
//!
#![doc = include_str!("../README.md")]

pub mod baseline;
mod bridge;
mod conformal;
mod engine;
mod error;
mod features;
mod flat;
mod forecast;
mod hazard;
mod learner;
mod linalg;
mod location;
mod logistic;
mod math;
mod metric;
mod model;
mod outcome;
mod pace;
mod prior;
mod replan;
mod replay;
mod sketch;
mod state;
mod subspace;
pub mod synthetic;

pub use bridge::{SOLVED_QUALITY, TrmSonaBridge};
pub use engine::{SonaEngine, Stats};
pub use error::{Result, SonaError};
pub use forecast::likeliest_within;
pub use learner::{Prediction, SonaConfig};
pub use outcome::{Label, Outcome, Signal};
pub use replan::{Advice, Decision, HaltingPolicy, Replanner, StopReason};
