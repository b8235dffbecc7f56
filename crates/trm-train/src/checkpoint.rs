//! Everything a run needs to go on exactly where it was, in one file.
//!
//! `magic, version, length, checksum` and then bincode; written beside the old file and renamed
//! over it, so that a kill or a full disk leaves the last good one.

use crate::optimizer::Optimizer;
use crate::{Result, TrainError};
use serde::{Deserialize, Serialize};
use std::io::{Read, Write};
use std::path::Path;

const MAGIC: [u8; 8] = *b"TRMTRAIN";
const VERSION: u32 = 1;
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
}

impl Checkpoint {
    /// Writes the file, or leaves the old one as it is.
    ///
    /// # Errors
    /// [`TrainError::Io`] with the path.
    pub fn save(&self, path: &Path) -> Result<()> {
        let io = |source| TrainError::Io { path: path.to_path_buf(), source };
        let body = bincode::serde::encode_to_vec(self, bincode::config::standard())
            .map_err(|e| TrainError::Checkpoint { path: path.to_path_buf(), reason: e.to_string() })?;
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut file =
            tempfile::Builder::new().prefix(".checkpoint").suffix(".tmp").tempfile_in(folder).map_err(io)?;
        let mut write = |bytes: &[u8]| file.write_all(bytes);
        write(&MAGIC).map_err(io)?;
        write(&VERSION.to_le_bytes()).map_err(io)?;
        write(&(body.len() as u64).to_le_bytes()).map_err(io)?;
        write(&crc32fast::hash(&body).to_le_bytes()).map_err(io)?;
        write(&body).map_err(io)?;
        file.as_file().sync_all().map_err(io)?;
        file.persist(path).map_err(|e| io(e.error))?;
        Ok(())
    }

    /// Reads a file that [`Checkpoint::save`] wrote.
    ///
    /// # Errors
    /// [`TrainError::Io`] or [`TrainError::Checkpoint`] with the path.
    pub fn load(path: &Path) -> Result<Self> {
        let io = |source| TrainError::Io { path: path.to_path_buf(), source };
        let bad = |reason: &str| TrainError::Checkpoint { path: path.to_path_buf(), reason: reason.into() };
        let mut file = std::fs::File::open(path).map_err(io)?;
        let size = file.metadata().map_err(io)?.len();
        let mut head = [0u8; 24];
        file.read_exact(&mut head).map_err(|_| bad("shorter than its header"))?;
        if head[..8] != MAGIC {
            return Err(bad("not a training checkpoint"));
        }
        let word = |at: usize| u32::from_le_bytes(head[at..at + 4].try_into().expect("4 bytes"));
        if word(8) != VERSION {
            return Err(bad(&format!("version {}, this program reads {VERSION}", word(8))));
        }
        let length = u64::from_le_bytes(head[12..20].try_into().expect("8 bytes"));
        if length > MAX_BYTES || size != length.saturating_add(24) {
            return Err(bad(&format!("{size} bytes, its header says {length} and 24")));
        }
        let mut body = Vec::with_capacity(length as usize);
        file.read_to_end(&mut body).map_err(io)?;
        if crc32fast::hash(&body) != word(20) {
            return Err(bad("its checksum does not match"));
        }
        let limits = bincode::config::standard().with_limit::<{ MAX_BYTES as usize }>();
        let (checkpoint, read): (Self, usize) =
            bincode::serde::decode_from_slice(&body, limits).map_err(|e| bad(&e.to_string()))?;
        if read != body.len() {
            return Err(bad("it goes on behind its end"));
        }
        Ok(checkpoint)
    }
}
