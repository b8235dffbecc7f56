//! Configurations of the official code, as its files hold them.
//!
//! A training run writes `all_config.yaml`, with the model's part under `arch`; the size of its questions is
//! in the `dataset.json` of its data. Published checkpoints bring these as YAML or JSON, whole or in parts.

use serde_json::{Map, Value};

/// What a configuration takes from `dataset.json`.
const OF_DATA: [&str; 3] = ["seq_len", "vocab_size", "num_puzzle_identifiers"];
/// The class of the official code that model files are made of.
const CLASS: &str = "TinyRecursiveReasoningModel_ACTV1";
const MODULE: &str = "recursive_reasoning.trm";

/// A configuration that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrainingConfig {
    /// What [`from_bytes`](super::from_bytes) takes.
    pub json: String,
    /// What its reader should know of it, as sentences.
    pub notes: Vec<String>,
}

impl TrainingConfig {
    /// Reads the text of a configuration; `data` is that of the `dataset.json` beside it, read where fields are
    /// missing.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it.
    pub fn read(text: &str, data: impl FnOnce() -> Option<Result<String, String>>) -> Result<Self, String> {
        let whole = parse(text)?;
        let mut arch =
            model_part(&whole).ok_or("no configuration of the official code (no hidden_size)")?.clone();
        copy_of_data(&whole, &mut arch);
        if OF_DATA.iter().any(|field| !arch.contains_key(*field))
            && let Some(data) = data()
        {
            copy_of_data(
                &data.and_then(|text| parse(&text)).map_err(|e| format!("dataset.json: {e}"))?,
                &mut arch,
            );
        }
        if let Some(field) = OF_DATA.iter().find(|field| !arch.contains_key(**field)) {
            return Err(format!(
                "no {field}; {} are in the dataset.json of the training data: put it beside this file, or its \
                 fields into it",
                OF_DATA.join(", ")
            ));
        }
        check_references(&arch)?;
        let notes = check_class(&arch)?;
        Ok(TrainingConfig { json: Value::Object(arch).to_string(), notes })
    }
}

/// JSON, or else YAML.
fn parse(text: &str) -> Result<Map<String, Value>, String> {
    let is_json = text.trim_start().starts_with('{');
    let value: Value = if is_json {
        serde_json::from_str(text).map_err(|e| format!("not readable as JSON: {e}"))?
    } else {
        serde_saphyr::from_str(text).map_err(|e| format!("not readable as YAML: {e}"))?
    };
    match value {
        Value::Object(fields) => Ok(fields),
        _ => Err("no names with values, as a configuration has them".into()),
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
fn check_references(arch: &Map<String, Value>) -> Result<(), String> {
    for (field, value) in arch {
        if let Some(text) = value.as_str().filter(|text| text.contains("${")) {
            return Err(format!(
                "{field} is {text:?}, a reference to another value; write the value in its place"
            ));
        }
    }
    Ok(())
}

/// Refuses or notes what is no `TinyRecursiveReasoningModel_ACTV1`.
fn check_class(arch: &Map<String, Value>) -> Result<Vec<String>, String> {
    let mut notes = Vec::new();
    if arch.get("H_layers").and_then(Value::as_u64).is_some_and(|n| n > 0) {
        return Err(
            "H_layers is above 0: a Hierarchical Reasoning Model (HRM), which this program does not run"
                .into(),
        );
    }
    if let Some(class) = arch.get("name").and_then(Value::as_str) {
        let (module, class_name) = class.split_once('@').unwrap_or((class, CLASS));
        if class.to_lowercase().contains("hrm") || class.contains("Hierarchical") {
            return Err(format!(
                "{class} is a Hierarchical Reasoning Model (HRM), which this program does not run"
            ));
        }
        if module != MODULE || class_name != CLASS {
            notes.push(format!(
                "it names the model {class}; the weights are read as those of {MODULE}@{CLASS}"
            ));
        }
    }
    if arch.get("no_ACT_continue") == Some(&Value::Bool(false)) {
        notes.push(
            "no_ACT_continue is false: the second row of the q_head, \"continue\", is not used here, so runs may \
             halt elsewhere"
                .into(),
        );
    }
    Ok(notes)
}
