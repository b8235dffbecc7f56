//! Configurations of the official code, from its files.

use crate::input::{is_stdin, name_of, read_text};
use crate::output::message;
use anyhow::{Context, Result, anyhow};
use std::path::Path;
use trm_core::official::{self, TrainingConfig};

/// Reads a configuration and returns what [`official::from_bytes`] takes.
///
/// # Errors
/// What is wrong, with the file that it stands in.
pub fn read(path: &Path) -> Result<String> {
    let name = name_of(path);
    let beside = path.with_file_name("dataset.json");
    let has_data = !is_stdin(path) && beside.is_file();
    let data = || has_data.then(|| read_text(&beside).map_err(|error| format!("{error:#}")));
    let config = TrainingConfig::read(&read_text(path)?, data).map_err(|error| anyhow!("{name}: {error}"))?;
    for note in config.notes {
        message!("note: {name}: {note}");
    }
    official::config_from_json(&config.json).context(name)?;
    Ok(config.json)
}
