//! Configurations of official checkpoints as people have them: YAML or JSON, whole or in parts.

#[path = "common/checkpoint.rs"]
mod checkpoint;
mod common;

use checkpoint::{official, safetensors};
use common::trm;
use serde_json::{Map, Value, json};

/// A folder with a checkpoint, and its configuration in parts.
struct Fixture {
    folder: tempfile::TempDir,
    /// All fields, without nesting.
    flat: String,
    /// The part of the model, as a training run writes it below `arch`.
    arch: Value,
    /// The part of the data, as `dataset.json` holds it.
    data: Value,
}

impl Fixture {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (tensors, flat) = official();
        let mut arch: Value = serde_json::from_str(&flat).expect("JSON");
        let fields = arch.as_object_mut().expect("an object");
        let of_data = ["seq_len", "vocab_size", "num_puzzle_identifiers"];
        let data: Map<String, Value> =
            of_data.iter().map(|field| (field.to_string(), fields.remove(*field).expect("there"))).collect();
        fields.insert("name".into(), "recursive_reasoning.trm@TinyRecursiveReasoningModel_ACTV1".into());
        fields.insert("loss".into(), json!({ "name": "losses@ACTLossHead" }));
        let fixture = Fixture { folder, flat, arch, data: Value::Object(data) };
        fixture.write("step_1", safetensors(&tensors, &[]));
        fixture
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.folder.path().join(name), bytes).expect("a file");
    }

    /// Takes away what an import might find beside its configuration.
    fn clean(&self) {
        for name in ["dataset.json", "all_config.yaml"] {
            let _ = std::fs::remove_file(self.folder.path().join(name));
        }
    }

    fn import(&self, config: &[&str]) -> Result<Vec<u8>, String> {
        let output = trm(self.folder.path(), "", &[&["import", "step_1", "out"], config].concat());
        assert!(!output.err.contains("panicked"), "{}", output.err);
        match output.code {
            Some(0) => Ok(std::fs::read(self.folder.path().join("out")).expect("written")),
            code => {
                assert_eq!(code, Some(2), "{}", output.err);
                Err(output.err)
            }
        }
    }

    /// Both parts in one.
    fn whole(&self) -> Value {
        let mut whole = self.arch.clone();
        self.data.as_object().expect("fields").iter().for_each(|(k, v)| whole[k] = v.clone());
        whole
    }

    fn whole_with(&self, field: &str, value: impl Into<Value>) -> String {
        let mut whole = self.whole();
        whole[field] = value.into();
        whole.to_string()
    }
}

/// The configuration of a run whose `arch` is this.
fn yaml(arch: &Value) -> String {
    let line = |(key, value): (&String, &Value)| match value {
        Value::Object(fields) => {
            let fields = fields.iter().map(|(k, v)| format!("    {k}: {v}\n")).collect::<String>();
            format!("  {key}:\n{fields}")
        }
        value => format!("  {key}: {value}\n"),
    };
    let fields: String = arch.as_object().expect("an object").iter().map(line).collect();
    format!("# of a run\narch:\n{fields}lr: 1e-4\ndata_paths:\n- data/maze\n")
}

#[test]
fn of_every_make() {
    let fixture = Fixture::new();
    let Fixture { flat, arch, data, .. } = &fixture;
    let nested = json!({ "arch": arch, "lr": 0.0001, "data_paths": ["data/maze"], "ema": true });
    let other_library = json!({ "architectures": ["TRM"], "trm_config_dict": fixture.whole() });
    let utf16 = std::iter::once(0xfeff).chain(flat.encode_utf16()).flat_map(u16::to_le_bytes);
    fixture.write("c.json", flat);
    let plain = fixture.import(&["--config", "c.json"]).expect("flat JSON");
    let cases: [(&str, &str, Vec<u8>, bool); 8] = [
        ("nested JSON and dataset.json", "c.json", nested.to_string().into(), true),
        ("YAML and dataset.json", "all_config.yaml", yaml(arch).into(), true),
        ("YAML with all in it", "all_config.yaml", yaml(&fixture.whole()).into(), false),
        ("the part alone", "arch.json", arch.to_string().into(), true),
        ("of another library", "config.json", other_library.to_string().into(), false),
        ("with a byte order mark", "c.json", format!("\u{feff}{flat}").into(), false),
        ("UTF-16", "c.json", utf16.collect(), false),
        ("another name", "c.json", fixture.whole_with("name", "x.trm_singlez@X").into(), false),
    ];
    for (case, name, bytes, has_data) in cases {
        fixture.clean();
        fixture.write(name, bytes);
        if has_data {
            fixture.write("dataset.json", data.to_string());
        }
        let found = fixture.import(&["--config", name]);
        assert!(found.unwrap_or_else(|error| panic!("{case}: {error}")) == plain, "{case}");
    }
}

#[test]
fn the_file_with_the_fault_is_blamed() {
    let fixture = Fixture::new();
    let of_data = "dataset.json of the training data";
    let reference = fixture.whole_with("puzzle_emb_ndim", "${.hidden_size}");
    let cases: [(&str, String, &str, &str); 9] = [
        ("c.json", fixture.arch.to_string(), "no seq_len", of_data),
        ("a.yaml", yaml(&fixture.arch), "no seq_len", of_data),
        ("c.json", reference, "puzzle_emb_ndim is \"${.hidden_size}\", a reference", ""),
        ("c.json", r#"{"model_type":"gpt2"}"#.into(), "no configuration of the official", ""),
        ("c.json", fixture.whole_with("H_layers", 4), "H_layers", "Hierarchical"),
        ("c.json", "{\"arch\": {".into(), "not readable as JSON", ""),
        ("c.yaml", "arch:\n  - a\n b: [".into(), "not readable as YAML", ""),
        ("c.yaml", "- a\n- b\n".into(), "no names with values", ""),
        ("c.json", fixture.whole_with("expansion", -1), "configuration: expansion is -1", ""),
    ];
    for (name, text, first, second) in cases {
        fixture.write(name, &text);
        let error = fixture.import(&["--config", name]).expect_err(&text);
        assert!(error.contains(&format!("{name}: ")) && error.contains(first), "{text}: {error}");
        assert!(error.contains(second) && !error.contains("step_1"), "{text}: {error}");
    }
}

#[test]
fn one_that_is_missing_is_asked_for() {
    let fixture = Fixture::new();
    let error = fixture.import(&[]).expect_err("no configuration");
    assert!(error.contains("step_1: no configuration in this file; give it by --config\n"), "{error}");
    fixture.write("all_config.yaml", yaml(&fixture.whole()));
    let error = fixture.import(&[]).expect_err("no configuration");
    assert!(error.contains("such as all_config.yaml beside it"), "{error}");
}
