//! Configurations of the official code, as its files hold them.
//!
//! A training run writes `all_config.yaml`, with the model's part under `arch`; the size of its questions is
//! in the `dataset.json` of its data. Published checkpoints bring these as YAML or JSON, whole or in parts.

use crate::input::{is_stdin, name_of, read_text};
use crate::output::message;
use anyhow::{Context, Result, bail};
use serde_json::{Map, Value};
use std::path::Path;
use trm_core::official;

/// What a configuration takes from `dataset.json`.
const OF_DATA: [&str; 3] = ["seq_len", "vocab_size", "num_puzzle_identifiers"];
/// The class of the official code that model files are made of.
const CLASS: &str = "TinyRecursiveReasoningModel_ACTV1";
const MODULE: &str = "recursive_reasoning.trm";

/// Reads a configuration and returns what [`official::from_bytes`] takes.
///
/// # Errors
/// What is wrong, with the file that it stands in.
pub fn read(path: &Path) -> Result<String> {
    let name = name_of(path);
    let whole = parse(&read_text(path)?).with_context(|| name.clone())?;
    let mut arch = model_part(&whole)
        .with_context(|| format!("{name}: no configuration of the official code (no hidden_size)"))?
        .clone();
    let beside = path.with_file_name("dataset.json");
    let missing = |arch: &Map<String, Value>| OF_DATA.iter().any(|field| !arch.contains_key(*field));
    copy_of_data(&whole, &mut arch);
    if missing(&arch) && !is_stdin(path) && beside.is_file() {
        copy_of_data(&parse(&read_text(&beside)?).with_context(|| name_of(&beside))?, &mut arch);
    }
    if let Some(field) = OF_DATA.iter().find(|field| !arch.contains_key(**field)) {
        bail!(
            "{name}: no {field}; {} are in the dataset.json of the training data: put it beside this file, or \
             its fields into it",
            OF_DATA.join(", ")
        );
    }
    check_references(&arch).with_context(|| name.clone())?;
    check_class(&arch, &name)?;
    let json = Value::Object(arch).to_string();
    official::config_from_json(&json).with_context(|| name)?;
    Ok(json)
}

/// JSON, or else YAML.
fn parse(text: &str) -> Result<Map<String, Value>> {
    let is_json = text.trim_start().starts_with('{');
    let value: Value = if is_json {
        serde_json::from_str(text).context("not readable as JSON")?
    } else {
        serde_saphyr::from_str(text).context("not readable as YAML")?
    };
    match value {
        Value::Object(fields) => Ok(fields),
        _ => bail!("no names with values, as a configuration has them"),
    }
}

/// The part with the fields of the model: the whole, `arch`, or another object inside.
fn model_part(whole: &Map<String, Value>) -> Option<&Map<String, Value>> {
    if whole.contains_key("hidden_size") {
        return Some(whole);
    }
    let inside = |value: &Value| value.as_object().is_some_and(|part| part.contains_key("hidden_size"));
    let arch = whole.get("arch").filter(|arch| inside(arch));
    arch.or_else(|| whole.values().find(|value| inside(value)))?.as_object()
}

fn copy_of_data(from: &Map<String, Value>, to: &mut Map<String, Value>) {
    for field in OF_DATA {
        if let Some(value) = from.get(field)
            && !to.contains_key(field)
        {
            to.insert(field.into(), value.clone());
        }
    }
}

/// Refuses values that name others, as Hydra's configurations do before a run resolves them.
fn check_references(arch: &Map<String, Value>) -> Result<()> {
    for (field, value) in arch {
        if let Some(text) = value.as_str().filter(|text| text.contains("${")) {
            bail!("{field} is {text:?}, a reference to another value; write the value in its place");
        }
    }
    Ok(())
}

/// Refuses or notes what is no `TinyRecursiveReasoningModel_ACTV1`.
fn check_class(arch: &Map<String, Value>, name: &str) -> Result<()> {
    if arch.get("H_layers").and_then(Value::as_u64).is_some_and(|n| n > 0) {
        bail!(
            "{name}: H_layers is above 0: a Hierarchical Reasoning Model (HRM), which this program does not run"
        );
    }
    if let Some(class) = arch.get("name").and_then(Value::as_str) {
        let (module, class_name) = class.split_once('@').unwrap_or((class, CLASS));
        if class.to_lowercase().contains("hrm") || class.contains("Hierarchical") {
            bail!("{name}: {class} is a Hierarchical Reasoning Model (HRM), which this program does not run");
        }
        if module != MODULE || class_name != CLASS {
            message!(
                "note: {name} names the model {class}; the weights are read as those of {MODULE}@{CLASS}"
            );
        }
    }
    if arch.get("no_ACT_continue") == Some(&Value::Bool(false)) {
        message!(
            "note: no_ACT_continue is false in {name}: the second row of the q_head, \"continue\", is not used \
             here, so runs may halt elsewhere"
        );
    }
    Ok(())
}
