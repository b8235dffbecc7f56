//! What can be wrong with an example, a question or a state file.

use std::io;

/// Why a call was refused. Nothing was learned, and nothing was written, when it is returned.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SonaError {
    /// A configuration value is out of its range.
    #[error("{field} is {found}, allowed is {least}..={most}")]
    Config {
        /// The field.
        field: &'static str,
        /// Its value.
        found: f64,
        /// Smallest value allowed.
        least: f64,
        /// Largest value allowed.
        most: f64,
    },
    /// The embedding has another length than the engine was made for.
    #[error("embedding has {found} dimensions, expected {expected}")]
    Dimension {
        /// Dimensions of the engine.
        expected: usize,
        /// Dimensions of the embedding.
        found: usize,
    },
    /// The embedding holds NaN or an infinity.
    #[error("embedding[{index}] is {value}")]
    Embedding {
        /// Position of the first bad value.
        index: usize,
        /// The value.
        value: f32,
    },
    /// The quality is not a number between 0 and 1.
    #[error("quality is {0}, allowed is 0..=1")]
    Quality(f32),
    /// A number of steps is 0 or above the engine's limit.
    #[error("{found} steps, allowed is 1..={limit}")]
    Steps {
        /// The number given.
        found: usize,
        /// The engine's limit.
        limit: usize,
    },
    /// A signal of the trace is not finite.
    #[error("signal of step {step} is not finite")]
    Signal {
        /// The step, counted from 1.
        step: usize,
    },
    /// Consolidating needs more examples.
    #[error("{found} examples stored, {needed} needed")]
    TooFewExamples {
        /// Examples stored.
        found: usize,
        /// Examples needed.
        needed: usize,
    },
    /// The stored examples do not determine a finite model; the old one stays.
    #[error("the {stored} stored examples give no finite model")]
    Degenerate {
        /// Examples stored.
        stored: usize,
    },
    /// Reading or writing the state file failed.
    #[error("state file: {0}")]
    Io(#[from] io::Error),
    /// The file does not start like a state file.
    #[error("not a sona-learn state file")]
    Magic,
    /// The file was written in another format version.
    #[error("state format {found}, this build reads {expected}")]
    Version {
        /// Version this build reads.
        expected: u32,
        /// Version of the file.
        found: u32,
    },
    /// The file is shorter or longer than its header states, or larger than any state.
    #[error("state file has {found} bytes, expected {expected}")]
    Length {
        /// Bytes expected.
        expected: u64,
        /// Bytes found.
        found: u64,
    },
    /// The checksum does not match: the file is damaged.
    #[error("checksum is {found:08x}, expected {expected:08x}")]
    Checksum {
        /// Checksum in the header.
        expected: u32,
        /// Checksum of the content.
        found: u32,
    },
    /// The content does not decode to a state.
    #[error("state does not decode: {0}")]
    Decode(String),
    /// The content decodes to a state no engine could have written.
    #[error("state is inconsistent: {part}")]
    Inconsistent {
        /// The part that is wrong.
        part: &'static str,
    },
}

/// `Result` with [`SonaError`].
pub type Result<T> = std::result::Result<T, SonaError>;
