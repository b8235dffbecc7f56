//! Everything a run needs to go on exactly where it was, in one file.
//!
//! `magic, version, length, checksum` and then bincode; written beside the old file and renamed
//! over it, so that a kill or a full disk leaves the last good one.

use crate::optimizer::Optimizer;
use crate::{Result, TrainError};
use serde::{Deserialize, Deserializer, Serialize};
use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;
use trm_world::World;

const MAGIC: [u8; 8] = *b"TRMTRAIN";
/// Files of version 1 lack the operations.
const VERSION: u32 = 2;
/// Bytes before the content.
const HEADER: usize = 24;
/// Larger files are refused before any memory is taken.
const MAX_BYTES: u64 = 1 << 32;

/// A running question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SlotState {
    /// Which question.
    pub index: u64,
    /// Supervision steps it has had.
    pub steps: u32,
    /// Steps in a row that were right.
    pub right_steps: u32,
    /// Its answer state.
    pub y: Vec<f32>,
    /// Its latent state.
    pub z: Vec<f32>,
    /// Its last answer.
    pub logits: Vec<f32>,
}

/// The state of a training run between two steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Model and trainer configuration as JSON; a resumed run must have the same.
    #[serde(deserialize_with = "text")]
    pub config: String,
    /// Weights.
    pub params: Vec<f32>,
    /// Moments and averaged weights.
    pub optimizer: Optimizer,
    /// The running questions.
    pub slots: Vec<SlotState>,
    /// The next question to be asked.
    pub next_index: u64,
    /// Question-steps so far.
    pub question_steps: u64,
    /// Seconds of training so far.
    pub seconds: f64,
    /// Operations of matrix products so far; none where a part of the run was not counted.
    pub flops: Option<u64>,
}

/// The first format.
#[derive(Deserialize)]
struct Checkpoint1 {
    #[serde(deserialize_with = "text")]
    config: String,
    params: Vec<f32>,
    optimizer: Optimizer,
    slots: Vec<SlotState>,
    next_index: u64,
    question_steps: u64,
    seconds: f64,
}

impl From<Checkpoint1> for Checkpoint {
    fn from(old: Checkpoint1) -> Self {
        let Checkpoint1 { config, params, optimizer, slots, next_index, question_steps, seconds } = old;
        Checkpoint { config, params, optimizer, slots, next_index, question_steps, seconds, flops: None }
    }
}

/// A text that is there: for a `String`, bincode takes as much memory as the length before it says.
fn text<'de, D: Deserializer<'de>>(from: D) -> std::result::Result<String, D::Error> {
    <&str>::deserialize(from).map(str::to_owned)
}

impl Checkpoint {
    /// The checkpoint as the bytes of a file.
    ///
    /// # Errors
    /// A sentence, where bincode refuses, which no checkpoint of a trainer causes.
    fn to_bytes(&self) -> std::result::Result<Vec<u8>, String> {
        let body = bincode::serde::encode_to_vec(self, bincode::config::standard());
        let body = body.map_err(|e| e.to_string())?;
        let mut bytes = Vec::with_capacity(HEADER + body.len());
        bytes.extend(MAGIC);
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend((body.len() as u64).to_le_bytes());
        bytes.extend(crc32fast::hash(&body).to_le_bytes());
        bytes.extend(body);
        Ok(bytes)
    }

    /// Writes the file, or leaves the old one as it is.
    ///
    /// # Errors
    /// [`TrainError::Io`] with the path.
    pub fn save(&self, path: &Path) -> Result<()> {
        let fault = |reason| TrainError::Checkpoint { path: path.to_path_buf(), reason };
        let bytes = self.to_bytes().map_err(fault)?;
        trm_core::file::replace(path, |file| file.write_all(&bytes))
            .map_err(|source| TrainError::Io { path: path.to_path_buf(), source })
    }

    /// Reads a file that [`Checkpoint::save`] wrote.
    ///
    /// # Errors
    /// [`TrainError::Io`] or [`TrainError::Checkpoint`] with the path.
    pub fn load(path: &Path) -> Result<Self> {
        let io = |source| TrainError::Io { path: path.to_path_buf(), source };
        let mut file = File::open(path).map_err(io)?;
        let size = file.metadata().map_err(io)?.len();
        let most = HEADER as u64 + MAX_BYTES;
        let fault = |reason| TrainError::Checkpoint { path: path.to_path_buf(), reason };
        if size > most {
            return Err(fault(format!("{size} bytes, more than {most}")));
        }
        let mut bytes = Vec::with_capacity(size as usize);
        Read::take(&mut file, most).read_to_end(&mut bytes).map_err(io)?;
        Self::from_bytes(&bytes).map_err(fault)
    }

    /// The checkpoint at `path`, where there is one, on all ranks of `world`; rank 0 alone reads the file.
    ///
    /// # Errors
    /// [`TrainError::Io`] or [`TrainError::Checkpoint`] with the path.
    pub fn load_in(world: &dyn World, path: &Path) -> Result<Option<Self>> {
        let fault = |reason| TrainError::Checkpoint { path: path.to_path_buf(), reason };
        let own = match world.rank() {
            0 if path.exists() => Some(Self::load(path)?),
            _ => None,
        };
        if world.size() == 1 {
            return Ok(own);
        }
        let mut bytes = own.as_ref().map_or(Ok(Vec::new()), Self::to_bytes).map_err(fault)?;
        world.broadcast(&mut bytes);
        match own {
            None if !bytes.is_empty() => Self::from_bytes(&bytes).map(Some).map_err(fault),
            own => Ok(own),
        }
    }

    /// Reads the bytes of a file.
    ///
    /// # Errors
    /// A sentence that says what is wrong with them.
    pub fn from_bytes(bytes: &[u8]) -> std::result::Result<Self, String> {
        let (head, body) = bytes.split_at_checked(HEADER).ok_or("shorter than its header")?;
        if head[..8] != MAGIC {
            return Err("not a training checkpoint".into());
        }
        let word = |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        if !(1..=VERSION).contains(&word(8)) {
            return Err(format!("version {}, this program reads 1 to {VERSION}", word(8)));
        }
        let length = u64::from(word(12)) | u64::from(word(16)) << 32;
        if length != body.len() as u64 {
            return Err(format!("{} bytes, its header says {length} and {HEADER}", bytes.len()));
        }
        if crc32fast::hash(body) != word(20) {
            return Err("its checksum does not match".into());
        }
        match word(8) {
            1 => decode::<Checkpoint1>(body).map(Self::from),
            _ => decode(body),
        }
    }
}

fn decode<'a, T: Deserialize<'a>>(body: &'a [u8]) -> std::result::Result<T, String> {
    let limits = bincode::config::standard().with_limit::<{ MAX_BYTES as usize }>();
    let (decoded, read) =
        bincode::serde::borrow_decode_from_slice(body, limits).map_err(|e| e.to_string())?;
    if read == body.len() { Ok(decoded) } else { Err("it goes on behind its end".into()) }
}
