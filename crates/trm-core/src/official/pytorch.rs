//! Files that `torch.save` wrote, as the bytes of a safetensors file.

use crate::{MAX_FILE_BYTES, Result, TrmError};
use pytorch_reader::{DType, PytorchReader};
use safetensors::tensor::{Dtype, TensorView};
use std::io::Write;

/// What training code keeps beside the weights, by the first part of a name.
const TRAINING_STATE: [&str; 4] = ["optimizer", "optimizers", "optimizer_states", "lr_schedulers"];

/// Names of the files in what `torch.save` writes, one of which is the first.
const ENTRIES: [&[u8]; 5] = [b"data.pkl", b"data/", b"version", b"byteorder", b"constants.pkl"];

/// Whether a file begins as `torch.save` writes it: a zip archive of its files, or a bare pickle.
pub fn is_pytorch(start: &[u8]) -> bool {
    if start.starts_with(b"PK\x03\x04") {
        // The name of the first entry follows the 30 bytes of its header.
        let name = start.get(30..start.len().min(126)).unwrap_or_default();
        let has = |part: &[u8]| name.windows(part.len()).any(|found| found == part);
        // A file that ends before it names an entry may be one.
        return name.is_empty() || !has(b".npy") && ENTRIES.iter().any(|entry| has(entry));
    }
    matches!(start, [0x80, 2..=5, op, ..] if *op != 0)
}

/// The tensors of a PyTorch file. Its pickle is interpreted as data, and nothing in it runs.
///
/// # Errors
/// [`TrmError::Format`] where the file holds no tensors, more than [`MAX_FILE_BYTES`] of them, or what they do not need.
pub fn to_safetensors(bytes: &[u8]) -> Result<Vec<u8>> {
    let format = |reason: &dyn std::fmt::Display| TrmError::Format { reason: reason.to_string() };
    // The reader takes a file, and a checkpoint may come from a pipe.
    let folder = std::env::temp_dir();
    let mut copy = tempfile::NamedTempFile::new_in(&folder).map_err(|error| {
        format(&format_args!("no temporary file can be made in {}: {}", folder.display(), error.kind()))
    })?;
    copy.write_all(bytes).map_err(|e| format(&e))?;
    let tensors = PytorchReader::new(copy.path()).map_err(|e| format(&e))?.into_tensors();
    // Tensors may share what is stored, so the size of the file is no bound.
    let total = tensors.values().try_fold(0u64, |sum, tensor| sum.checked_add(tensor.byte_len() as u64));
    if total.is_none_or(|total| total > MAX_FILE_BYTES) {
        return Err(format(&format_args!("tensors of more than {MAX_FILE_BYTES} bytes")));
    }
    let mut read = Vec::new();
    for (name, tensor) in &tensors {
        let first = name.split('.').next().unwrap_or_default();
        if !TRAINING_STATE.contains(&first) {
            let numbers = tensor.read().map_err(|e| format(&e))?;
            read.push((name, dtype(tensor.dtype()), tensor.shape().to_vec(), numbers));
        }
    }
    if read.is_empty() {
        return Err(format(&"it holds no tensor"));
    }
    let views = read.iter().map(|(name, dtype, shape, bytes)| {
        Ok((name.as_str(), TensorView::new(*dtype, shape.clone(), bytes).map_err(|e| format(&e))?))
    });
    safetensors::serialize(views.collect::<Result<Vec<_>>>()?, None).map_err(|e| format(&e))
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
