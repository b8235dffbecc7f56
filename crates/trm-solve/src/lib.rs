//! One question answered.
//!
#![doc = include_str!("../README.md")]

mod answer;
mod error;
mod halting;
mod learned;
pub mod picture;
mod rollout;
mod search;

pub use answer::{Answered, Beyond, Step, answer};
pub use error::{Result, SolveError};
pub use halting::{Halting, Policy, VOTES, Votes};
pub use learned::{LearnedHalting, signal};
pub use rollout::{Chosen, Rollouts, rollouts};
pub use search::{SearchLimits, Searched, search};
