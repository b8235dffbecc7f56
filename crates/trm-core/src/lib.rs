//! Tiny Recursive Models: the recursion, its nets, forward and backward.

mod answer_channel;
mod buffer;
mod confidence;
mod config;
mod context;
pub mod dense;
mod engine;
mod error;
pub mod file;
mod graph;
mod halting;
pub mod heads;
pub mod kernel;
pub mod loss;
pub mod model;
pub mod net;
pub mod noise;
pub mod official;
pub mod params;
pub mod parity;
pub mod recursion;
mod refiner;
pub mod relational;
mod relations;
mod swiglu;
mod updater;
mod weights;

pub use answer_channel::AnswerChannel;
pub use buffer::Buffer;
pub use confidence::ConfidenceScorer;
pub use config::{HaltInput, HaltingRule, Mixer, Output, TrmConfig, TrmConfigBuilder};
pub use engine::{Precision, Steps, TrmEngine, TrmResult};
pub use error::{Result, TrmError};
pub use graph::Graph;
pub use halting::{HaltingPredictor, HaltingQuery, StepTrace};
pub use model::Model;
pub use refiner::AnswerRefiner;
pub use relations::{GroupRelation, NONE, Relations};
pub use updater::{AttentionLatentUpdater, LatentUpdater, MlpLatentUpdater};
pub use weights::MAX_FILE_BYTES;

/// Epsilon of the RMS norms, as in the reference.
pub const RMS_EPS: f64 = 1e-5;
/// The most supervision steps that may be asked for.
pub const MAX_K: usize = 1 << 16;
/// The most weights of a model: what the largest file holds.
pub const MAX_PARAMS: usize = (MAX_FILE_BYTES / 4) as usize;
/// The most numbers that the states and buffers of one run may hold, about: 2 GiB. A maze of
/// 1024 x 1024 cells and the shipped model need three quarters of it.
pub const MAX_ACTIVATIONS: usize = 1 << 29;
/// The largest number of a question or an answer, either way: squares of much larger ones are beyond
/// `f32`.
pub const MAX_INPUT: f32 = 1e6;
/// The answer of an absent token.
pub const ABSENT_LOGIT: f32 = -1e4;
/// The answer of a token that the question says is known.
pub const GIVEN_LOGIT: f32 = 1e4;

/// The README, so that its example is tested.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
