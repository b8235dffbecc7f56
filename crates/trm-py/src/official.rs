//! Checkpoints of the official PyTorch code.

use crate::engine::{Engine, elsewhere};
use crate::errors::{Error, InPlace, Result};
use pyo3::prelude::*;
use safetensors::tensor::{Dtype, TensorView};
use std::fs::File;
use std::path::{Path, PathBuf};
use trm_core::official::TrainingConfig;
use trm_core::{MAX_FILE_BYTES, Model, TrmError, official};

/// A tensor of a state dict: name, NumPy's name of its type, shape, bytes in little-endian order.
type Tensor = (String, String, Vec<usize>, Vec<u8>);

/// A configuration as JSON, and what should be said of it.
type Config = (String, Vec<String>);

fn checked(read: TrainingConfig) -> Result<Config> {
    official::config_from_json(&read.json)?;
    Ok((read.json, read.notes))
}

/// The configuration of a text: JSON, or YAML, whole or the part of the model.
#[pyfunction]
pub fn official_config(text: &str) -> Result<Config> {
    let read = TrainingConfig::read(text, || None);
    checked(read.map_err(Error::Config)?)
}

/// The configuration of a file; what it lacks may stand in a `dataset.json` beside it.
#[pyfunction]
pub fn official_config_file(path: PathBuf) -> Result<Config> {
    let place = || path.display().to_string();
    let text = |path: &Path| -> Result<String> {
        let file = File::open(path).map_err(|source| Error::io(path, source))?;
        Ok(puzzles::text::read(file)?)
    };
    let beside = path.with_file_name("dataset.json");
    let data = || beside.is_file().then(|| text(&beside).map_err(|error| error.to_string()));
    let read = match text(&path) {
        Err(error @ Error::Core(TrmError::Io { .. })) => return Err(error),
        text => TrainingConfig::read(&text.at(place)?, data).map_err(Error::Config).at(place)?,
    };
    checked(read).at(place)
}

/// Reads a checkpoint: safetensors, or what `torch.save` wrote.
#[pyfunction]
pub fn official_file(py: Python<'_>, path: PathBuf, config: Option<String>) -> Result<Engine> {
    elsewhere(py, move || match read_file(&path, config.as_deref()) {
        Err(error @ Error::Core(TrmError::Io { .. })) => Err(error),
        model => model.at(|| path.display().to_string()),
    })
}

fn read_file(path: &Path, config: Option<&str>) -> Result<Model> {
    let io = |source| Error::io(path, source);
    let size = std::fs::metadata(path).map_err(io)?.len();
    if size > MAX_FILE_BYTES {
        return Err(TrmError::Format { reason: format!("{size} bytes, more than {MAX_FILE_BYTES}") }.into());
    }
    let mut bytes = std::fs::read(path).map_err(io)?;
    if official::pytorch::is_pytorch(&bytes) {
        bytes = official::pytorch::to_safetensors(&bytes)?;
    }
    Ok(official::from_bytes(&bytes, config)?)
}

/// Reads the tensors of a state dict.
#[pyfunction]
pub fn official_tensors(py: Python<'_>, tensors: Vec<Tensor>, config: &str) -> Result<Engine> {
    let format = |error: safetensors::SafeTensorError| TrmError::Format { reason: error.to_string() };
    let views = tensors.iter().map(|(name, dtype, shape, bytes)| {
        let dtype = match dtype.as_str() {
            "float64" => Dtype::F64,
            "float32" => Dtype::F32,
            "float16" => Dtype::F16,
            // Buffers of counters and the like; a weight of such a type is refused where it is read.
            "int64" => Dtype::I64,
            "int32" => Dtype::I32,
            "uint8" => Dtype::U8,
            "bool" => Dtype::BOOL,
            other => return Err(Error::Config(format!("tensor {name} is {other}, expected a float type"))),
        };
        Ok((name.as_str(), TensorView::new(dtype, shape.clone(), bytes).map_err(format)?))
    });
    let views = views.collect::<Result<Vec<_>>>()?;
    let bytes = safetensors::serialize(views, None).map_err(format)?;
    let config = config.to_owned();
    elsewhere(py, move || Ok(official::from_bytes(&bytes, Some(&config))?))
}
