//! Checkpoints of PyTorch code, as the bytes of a safetensors file.

use crate::file_kind::{Kind, Owner, length_fault};
use crate::input::{name_of, read_weights};
use anyhow::{Context, Result, anyhow, bail};
use pytorch_reader::{DType, PytorchReader};
use safetensors::tensor::{Dtype, TensorView};
use std::io::Write;
use std::path::Path;
use trm_core::MAX_FILE_BYTES;

/// What training code keeps beside the weights, by the first part of a name.
const TRAINING_STATE: [&str; 4] = ["optimizer", "optimizers", "optimizer_states", "lr_schedulers"];

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
        bytes = from_pytorch(&bytes).map_err(|error| {
            anyhow!("{}: a PyTorch file that cannot be read ({error:#}); {CONVERT}", name_of(path))
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

/// The tensors of a PyTorch file as safetensors. Its pickle is interpreted as data, and nothing in it runs.
fn from_pytorch(bytes: &[u8]) -> Result<Vec<u8>> {
    // The reader takes a file, and a checkpoint may come from a pipe.
    let folder = std::env::temp_dir();
    let mut copy = tempfile::NamedTempFile::new_in(&folder).map_err(|error| {
        anyhow!("no temporary file can be made in {}: {}", folder.display(), error.kind())
    })?;
    copy.write_all(bytes).context("a temporary file")?;
    let tensors = PytorchReader::new(copy.path())?.into_tensors();
    // Tensors may share what is stored, so the size of the file is no bound.
    let total = tensors.values().try_fold(0u64, |sum, tensor| sum.checked_add(tensor.byte_len() as u64));
    if total.is_none_or(|total| total > MAX_FILE_BYTES) {
        bail!("tensors of more than {MAX_FILE_BYTES} bytes");
    }
    let mut read = Vec::new();
    for (name, tensor) in &tensors {
        let first = name.split('.').next().unwrap_or_default();
        if !TRAINING_STATE.contains(&first) {
            read.push((name, dtype(tensor.dtype()), tensor.shape().to_vec(), tensor.read()?));
        }
    }
    if read.is_empty() {
        bail!("it holds no tensor");
    }
    let views = read.iter().map(|(name, dtype, shape, bytes)| {
        anyhow::Ok((name.as_str(), TensorView::new(*dtype, shape.clone(), bytes)?))
    });
    Ok(safetensors::serialize(views.collect::<Result<Vec<_>>>()?, None)?)
}

fn dtype(dtype: DType) -> Dtype {
    match dtype {
        DType::F64 => Dtype::F64,
        DType::F32 => Dtype::F32,
        DType::F16 => Dtype::F16,
        DType::BF16 => Dtype::BF16,
        DType::I64 => Dtype::I64,
        DType::I32 => Dtype::I32,
        DType::I16 => Dtype::I16,
        DType::I8 => Dtype::I8,
        DType::U64 => Dtype::U64,
        DType::U32 => Dtype::U32,
        DType::U16 => Dtype::U16,
        DType::U8 => Dtype::U8,
        DType::Bool => Dtype::BOOL,
    }
}
