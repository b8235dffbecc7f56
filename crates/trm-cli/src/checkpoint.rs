//! Checkpoints of PyTorch code, as the bytes of a safetensors file.

use crate::file_kind::{Kind, Owner, length_fault};
use crate::input::{name_of, read_weights};
use anyhow::{Result, anyhow, bail};
use std::path::Path;
use trm_core::official::pytorch::to_safetensors;
use trm_core::{MAX_FILE_BYTES, TrmError};

/// What is left for a PyTorch file with more in it than tensors.
const CONVERT: &str = "where you trust it, convert it in Python:\n  \
    import torch; from safetensors.torch import save_file\n  \
    save_file({k: v.contiguous() for k, v in torch.load('IN', map_location='cpu').items()}, 'OUT.safetensors')";

/// Reads a checkpoint of the official code: safetensors, or what `torch.save` wrote.
///
/// # Errors
/// Where it is neither, or of another model, with what it is.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    let mut is_pytorch = false;
    let mut bytes = read_weights(path, MAX_FILE_BYTES, |kind| {
        is_pytorch = kind == Kind::PyTorch;
        match kind {
            Kind::Other(what) => bail!("{}: not a checkpoint: {what}", name_of(path)),
            _ => Ok(()),
        }
    })?;
    if is_pytorch {
        bytes = to_safetensors(&bytes).map_err(|error| {
            let reason = match error {
                TrmError::Format { reason } => reason,
                error => error.to_string(),
            };
            anyhow!("{}: a PyTorch file that cannot be read ({reason}); {CONVERT}", name_of(path))
        })?;
    }
    if let Some(fault) = length_fault(&bytes) {
        bail!("{}: not a readable model file: {fault}", name_of(path));
    }
    match Owner::of(&bytes) {
        Some(Owner::Trm) => bail!("{}: a model file of this program already", name_of(path)),
        // A broken header is reported in the words of its reader.
        None | Some(Owner::Official) => Ok(bytes),
        Some(owner) => {
            bail!("{}: not a checkpoint of the official code: {}", name_of(path), owner.describe())
        }
    }
}
