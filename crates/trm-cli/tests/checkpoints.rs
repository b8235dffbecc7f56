//! Checkpoints and configurations as people have them, and files that are something else.

#[path = "common/checkpoint.rs"]
mod checkpoint;
mod common;

use checkpoint::{Tensor, hostile, official, safetensors, torch};
use common::{Output, trm};
use safetensors::tensor::Dtype;
use std::path::Path;

fn write(folder: &Path, name: &str, bytes: impl AsRef<[u8]>) {
    std::fs::write(folder.join(name), bytes).expect("a file");
}

/// Imports a checkpoint of this name, and returns the model file.
fn import(folder: &Path, name: &str, config: &[&str]) -> Result<Vec<u8>, String> {
    let Output { code, err, .. } = trm(folder, "", &[&["import", name, "out"], config].concat());
    let read = || std::fs::read(folder.join("out")).expect("written");
    match code {
        Some(0) => Ok(read()),
        Some(2) if !err.contains("panicked") => Err(err),
        _ => panic!("{name}: {code:?} {err}"),
    }
}

fn refused(folder: &Path, words: &[&str], expected: &[&str]) {
    let output = trm(folder, "", words);
    assert_eq!(output.code, Some(2), "{words:?}: {}{}", output.out, output.err);
    for expected in expected {
        assert!(output.err.contains(expected), "{words:?}: {expected:?} in {}", output.err);
    }
    assert!(!output.err.contains("panicked") && output.err.len() < 900, "{words:?}: {}", output.err);
}

#[test]
fn names_and_numbers_in_any_dress() {
    let folder = tempfile::tempdir().expect("a folder");
    let (tensors, config) = official();
    let metadata = [("config", config.as_str())];
    let import_of = |tensors: &[Tensor]| {
        write(folder.path(), "step_1", safetensors(tensors, &metadata));
        import(folder.path(), "step_1", &[])
    };
    let plain = import_of(&tensors).expect("as it is");
    let prefixes = [
        "_orig_mod.",
        "model.",
        "module.",
        "state_dict.",
        "ema_model.",
        "model_state_dict.",
        "_orig_mod.model.",
        "module._orig_mod.model.",
        "state_dict.model.module.",
        "",
    ];
    for prefix in prefixes {
        for bare in [false, true] {
            let name = |t: &Tensor| {
                let name = if bare { t.name.strip_prefix("inner.").expect("inner") } else { &t.name };
                t.named(format!("{prefix}{name}"))
            };
            let dressed: Vec<Tensor> = tensors.iter().map(name).collect();
            let found = import_of(&dressed).unwrap_or_else(|error| panic!("{prefix} {bare}: {error}"));
            assert!(found == plain, "{prefix}, bare {bare}");
        }
    }
    // Numbers of any float type.
    for dtype in [Dtype::F64, Dtype::F16, Dtype::BF16] {
        let other: Vec<Tensor> = tensors.iter().map(|tensor| tensor.to(dtype)).collect();
        let found = import_of(&other).unwrap_or_else(|error| panic!("{dtype:?}: {error}"));
        assert_eq!(found.len(), plain.len());
        assert_eq!(found == plain, dtype == Dtype::F64, "{dtype:?}");
    }
    // Buffers without weights are passed over.
    let buffer = |name: &str, dtype, size: usize| Tensor {
        name: name.into(),
        dtype,
        shape: vec![2, 3],
        bytes: vec![1; 6 * size],
    };
    let mut more = tensors.clone();
    more.push(buffer("inner.rotary_emb.cos_cached", Dtype::F32, 4));
    more.push(buffer("model.inner.rotary_emb.sin_cached", Dtype::BF16, 2));
    more.push(buffer("inner.puzzle_emb.local_weights", Dtype::F32, 4));
    more.push(buffer("inner.puzzle_emb.local_ids", Dtype::I32, 4));
    assert!(import_of(&more).expect("buffers") == plain);
    // Anything else is named.
    for (name, expected) in [
        ("step", "tensor step does not belong"),
        ("inner.L_level.layers.7.mlp.down_proj.weight", "layers.7"),
        ("ema_model.inner.H_init", "are the same tensor"),
    ] {
        let mut more = tensors.clone();
        more.push(tensors[0].named(name));
        let error = import_of(&more).expect_err(name);
        assert!(error.contains(expected), "{name}: {error}");
    }
    let error = import_of(&tensors[1..]).expect_err("one is missing");
    assert!(
        error.contains("inner.H_init is missing") && error.contains("the file has 14: inner.L_init"),
        "{error}"
    );
    // The shape of a puzzle embedding is explained.
    let mut many = tensors.clone();
    let embedding = many.iter_mut().find(|t| t.name.contains("puzzle_emb")).expect("there");
    embedding.shape = vec![400, 64];
    embedding.bytes = vec![0; 400 * 64 * 4];
    let error = import_of(&many).expect_err("of many puzzles");
    assert!(
        error.contains("[400, 64], expected [1, 64]: one puzzle identifier, the checkpoint has 400"),
        "{error}"
    );
}

#[test]
fn pytorch_files_are_read_and_never_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let (tensors, config) = official();
    write(folder.path(), "arch.json", &config);
    let config = ["--config", "arch.json"];
    write(folder.path(), "step_1", safetensors(&tensors, &[]));
    let plain = import(folder.path(), "step_1", &config).expect("safetensors");
    let dressed = |prefix: &str| -> Vec<Tensor> {
        tensors.iter().map(|t| t.named(format!("{prefix}{}", t.name))).collect()
    };
    let with_state: Vec<Tensor> = [dressed(""), vec![tensors[0].named("optimizer.state.0.exp_avg")]].concat();
    for (case, bytes) in [
        ("a state dict", torch(&tensors, &[])),
        ("a compiled one", torch(&dressed("_orig_mod.model."), &[])),
        ("one below a key", torch(&dressed("model."), &["state_dict"])),
        ("one beside an optimiser", torch(&with_state, &[])),
        ("double", torch(&tensors.iter().map(|t| t.to(Dtype::F64)).collect::<Vec<_>>(), &[])),
    ] {
        write(folder.path(), "step_1", bytes);
        let found =
            import(folder.path(), "step_1", &config).unwrap_or_else(|error| panic!("{case}: {error}"));
        assert!(found == plain, "{case}");
    }
    // From a pipe.
    let script = format!("cat step_1 | '{}' import - out --config arch.json", env!("CARGO_BIN_EXE_trm"));
    let mut bash = std::process::Command::new("bash");
    let piped = common::outcome(bash.args(["-c", &script]).current_dir(folder.path()), "");
    assert_eq!(piped.code, Some(0), "{}", piped.err);
    // A pickle that would run a program in Python is data here.
    write(folder.path(), "step_1", hostile("touch pwned"));
    import(folder.path(), "step_1", &config).expect_err("no weights");
    assert!(!folder.path().join("pwned").exists());
    // Damage anywhere is an error, and no panic.
    let whole = torch(&tensors[..3], &[]);
    for at in (0..600).step_by(7).chain((600..whole.len()).step_by(9973)) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x55;
        write(folder.path(), "step_1", &damaged);
        import(folder.path(), "step_1", &config).expect_err("three tensors are no model");
        write(folder.path(), "step_1", &whole[..at]);
        import(folder.path(), "step_1", &config).expect_err("cut off");
    }
}

#[test]
fn configurations_of_every_make() {
    let folder = tempfile::tempdir().expect("a folder");
    let (tensors, flat) = official();
    write(folder.path(), "step_1", safetensors(&tensors, &[]));
    let whole: serde_json::Value = serde_json::from_str(&flat).expect("JSON");
    let mut arch = whole.clone();
    let fields = arch.as_object_mut().expect("an object");
    let of_data = ["seq_len", "vocab_size", "num_puzzle_identifiers"];
    let data: serde_json::Map<String, serde_json::Value> =
        of_data.iter().map(|field| (field.to_string(), fields.remove(*field).expect("there"))).collect();
    fields.insert("name".into(), "recursive_reasoning.trm@TinyRecursiveReasoningModel_ACTV1".into());
    fields.insert("loss".into(), serde_json::json!({ "name": "losses@ACTLossHead" }));
    let data = serde_json::Value::Object(data);
    let nested = serde_json::json!({ "arch": arch, "lr": 0.0001, "data_paths": ["data/maze"], "ema": true });
    let yaml = |value: &serde_json::Value| {
        let line = |(key, value): (&String, &serde_json::Value)| match value {
            serde_json::Value::Object(fields) => {
                let fields = fields.iter().map(|(k, v)| format!("    {k}: {v}\n")).collect::<String>();
                format!("  {key}:\n{fields}")
            }
            value => format!("  {key}: {value}\n"),
        };
        let fields: String = value.as_object().expect("an object").iter().map(line).collect();
        format!("# of a run\narch:\n{fields}lr: 1e-4\ndata_paths:\n- data/maze\n")
    };
    let plain = {
        write(folder.path(), "c.json", &flat);
        import(folder.path(), "step_1", &["--config", "c.json"]).expect("flat JSON")
    };
    let with = |value: &serde_json::Value, field: &str, new: serde_json::Value| {
        let mut value = value.clone();
        value[field] = new;
        value
    };
    let mut whole_arch = arch.clone();
    data.as_object().expect("fields").iter().for_each(|(k, v)| whole_arch[k] = v.clone());
    let utf16 = |text: &str| -> Vec<u8> {
        std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
    };
    let hugging = serde_json::json!({ "architectures": ["TRM"], "trm_config_dict": whole_arch });
    let accepted: [(&str, &str, Vec<u8>, bool); 8] = [
        ("nested JSON and dataset.json", "c.json", nested.to_string().into(), true),
        ("YAML and dataset.json", "all_config.yaml", yaml(&arch).into(), true),
        ("YAML with all in it", "all_config.yaml", yaml(&whole_arch).into(), false),
        ("the part alone", "arch.json", arch.to_string().into(), true),
        ("a configuration of another library", "config.json", hugging.to_string().into(), false),
        ("with a byte order mark", "c.json", format!("\u{feff}{flat}").into(), false),
        ("UTF-16", "c.json", utf16(&flat), false),
        (
            "another name for the model",
            "c.json",
            with(&whole_arch, "name", "x.trm_singlez@X".into()).to_string().into(),
            false,
        ),
    ];
    let clean = || {
        ["dataset.json", "all_config.yaml"].map(|name| std::fs::remove_file(folder.path().join(name)).ok())
    };
    for (case, name, bytes, has_data) in accepted {
        clean();
        write(folder.path(), name, bytes);
        if has_data {
            write(folder.path(), "dataset.json", data.to_string());
        }
        let found = import(folder.path(), "step_1", &["--config", name]);
        assert!(found.unwrap_or_else(|error| panic!("{case}: {error}")) == plain, "{case}");
    }
    let refused_ones: [(&str, &str, String, &[&str]); 9] = [
        ("no data", "c.json", arch.to_string(), &["c.json: no seq_len", "dataset.json"]),
        ("no data, YAML", "a.yaml", yaml(&arch), &["a.yaml: no seq_len", "dataset.json"]),
        (
            "a reference",
            "c.json",
            with(&whole_arch, "puzzle_emb_ndim", "${.hidden_size}".into()).to_string(),
            &["c.json: puzzle_emb_ndim is \"${.hidden_size}\", a reference"],
        ),
        (
            "of another model",
            "c.json",
            r#"{"model_type":"gpt2"}"#.into(),
            &["c.json: no configuration of the official"],
        ),
        ("HRM", "c.json", with(&whole_arch, "H_layers", 4.into()).to_string(), &["c.json", "Hierarchical"]),
        ("broken JSON", "c.json", "{\"arch\": {".into(), &["c.json: not readable as JSON"]),
        ("broken YAML", "c.yaml", "arch:\n  - a\n b: [".into(), &["c.yaml: not readable as YAML"]),
        ("a list", "c.yaml", "- a\n- b\n".into(), &["c.yaml: no names with values"]),
        (
            "out of range",
            "c.json",
            with(&whole_arch, "expansion", (-1).into()).to_string(),
            &["c.json: configuration: expansion is -1"],
        ),
    ];
    for (case, name, text, expected) in refused_ones {
        clean();
        write(folder.path(), name, text);
        let error = import(folder.path(), "step_1", &["--config", name]).expect_err(case);
        for expected in expected {
            assert!(error.contains(expected), "{case}: {error}");
        }
        assert!(!error.contains("step_1"), "{case} blames the checkpoint: {error}");
    }
    clean();
    let error = import(folder.path(), "step_1", &[]).expect_err("no configuration");
    assert!(error.contains("give it by --config\n"), "{error}");
    write(folder.path(), "all_config.yaml", yaml(&whole_arch));
    let error = import(folder.path(), "step_1", &[]).expect_err("no configuration");
    assert!(error.contains("such as all_config.yaml beside it"), "{error}");
}

#[test]
fn what_is_no_model_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let (tensors, config) = official();
    write(folder.path(), "arch.json", &config);
    let tensor = |name: &str| tensors[0].named(name);
    let hrm = [tensor("model.inner.H_level.layers.0.x"), tensor("model.inner.L_level.layers.0.x")];
    let other = [tensor("transformer.h.0.attn.weight"), tensor("lm.weight")];
    let lfs = "version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 28114321\n";
    let gzip = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];
    let numpy = b"\x93NUMPY\x01\0v\0{'descr': '<f4'}".to_vec();
    let mut npz = b"PK\x03\x04".to_vec();
    npz.extend([0; 26]);
    npz.extend(b"arr_0.npy");
    let half = trm_models::maze_bytes();
    let cases: [(&str, Vec<u8>, &str, &str); 17] = [
        ("lfs", lfs.into(), "a pointer of Git LFS", "a pointer of Git LFS"),
        ("page", b"\n<!DOCTYPE html><html>".to_vec(), "a web page", "a web page"),
        ("html", b"<html class=\"\">".to_vec(), "a web page", "a web page"),
        ("xml", b"<?xml version=\"1.0\"?><Error/>".to_vec(), "an XML file", "an XML file"),
        ("text", b"not found".to_vec(), "a text file", "a text file"),
        (
            "index",
            b"{\"weight_map\": {}}".to_vec(),
            "checkpoint in several files",
            "checkpoint in several files",
        ),
        ("json", b"{\"a\": 1}".to_vec(), "a JSON file", "a JSON file"),
        ("gzip", gzip.to_vec(), "a compressed file (gzip)", "a compressed file (gzip)"),
        ("npy", numpy, "a NumPy array", "a NumPy array"),
        ("npz", npz, "NumPy arrays (.npz)", "NumPy arrays (.npz)"),
        ("gguf", b"GGUF\x03\0\0\0".to_vec(), "a GGUF file", "a GGUF file"),
        ("empty", Vec::new(), "the file is empty", "the file is empty"),
        ("zeros", vec![0; 4096], "no safetensors", "no safetensors"),
        ("model.pt", torch(&tensors, &[]), "a PyTorch file; `trm import`", ""),
        ("hrm", safetensors(&hrm, &[]), "Hierarchical Reasoning Model", "Hierarchical Reasoning Model"),
        (
            "other",
            safetensors(&other, &[("format", "pt")]),
            "another model (tensors lm.weight",
            "the file has 2: lm.weight",
        ),
        ("cut", half[..half.len() - 9].to_vec(), "not a readable model file", "not a readable model file"),
    ];
    for (name, bytes, as_model, as_checkpoint) in cases {
        write(folder.path(), name, bytes);
        let named = format!("{name}: ");
        for words in [
            &["info", name][..],
            &["solve", "maze", "SG", "--model", name],
            &["eval", "maze", "--limit", "1", "--model", name],
            &["k-star", "maze", "--limit", "1", "--model", name],
            &["average", name, name, "--out", "x"],
            &["train", "maze", "--init", name, "--out", "x"],
        ] {
            refused(folder.path(), words, &[&named, "not a readable model file", as_model]);
        }
        if !as_checkpoint.is_empty() {
            let words = ["import", name, "x", "--config", "arch.json"];
            refused(folder.path(), &words, &[&named, as_checkpoint]);
        }
    }
    write(folder.path(), "official", safetensors(&tensors, &[("format", "pt")]));
    refused(folder.path(), &["info", "official"], &["official TinyRecursiveModels", "`trm import`"]);
    write(folder.path(), "ours", trm_models::maze_bytes());
    refused(folder.path(), &["import", "ours", "x"], &["ours: a model file of this program already"]);
    refused(folder.path(), &["import", "official", "official", "--config", "arch.json"], &["is an input"]);
    assert!(import(folder.path(), "official", &["--config", "arch.json"]).is_ok());
    // What other commands write is named too.
    let state = sona_learn::SonaEngine::new(4).to_bytes().expect("encodes");
    write(folder.path(), "state", state);
    refused(folder.path(), &["info", "state"], &["a halting state, which --halting takes"]);
    let csv = format!("question,answer\n{}", "SG  ,SG  \n".repeat(3));
    write(folder.path(), "mazes.csv", csv);
    let words = ["k-star", "maze", "--data", "mazes.csv", "--max-k", "4", "--out", "runs"];
    assert_eq!(trm(folder.path(), "", &words).code, Some(0));
    refused(folder.path(), &["info", "runs"], &["recorded runs, which `trm policies` reads"]);
}

#[test]
fn a_model_says_what_it_cannot_answer() {
    let folder = tempfile::tempdir().expect("a folder");
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/../trm-core/tests/golden");
    for (from, to) in [("mlp_sudoku", "cells"), ("attention_maze12", "mazes")] {
        let from = format!("{golden}/{from}.weights.safetensors");
        assert_eq!(trm(folder.path(), "", &["import", &from, to]).code, Some(0));
    }
    write(folder.path(), "maze", trm_models::maze_bytes());
    write(folder.path(), "sudoku", trm_models::sudoku_bytes());
    let four = "1.34.4.22.4.432.";
    write(folder.path(), "four.csv", format!("question,answer\n{four},1234341221434321\n"));
    write(folder.path(), "mixed.csv", "question,answer\nSG  ,SG  \nS       G,S       G\n");
    write(folder.path(), "wide.txt", "S  G\n");
    for (words, expected) in [
        (
            &["solve", "sudoku", four, "--model", "cells"][..],
            "this model knows Sudoku of 9x9 cells, and this one has 4x4",
        ),
        (
            &["eval", "sudoku", "--data", "four.csv", "--model", "cells"],
            "puzzle 1: this model knows Sudoku of 9x9",
        ),
        (&["k-star", "sudoku", "--data", "four.csv", "--model", "cells"], "this model knows Sudoku of 9x9"),
        (&["solve", "sudoku", four, "--learned"], "Sudoku of 9x9 cells, and this one has 4x4"),
        (&["solve", "sudoku", four, "--model", "maze"], "does not take a Sudoku: it is one for mazes"),
        (&["solve", "maze", "SG", "--model", "sudoku"], "does not take a maze: it is one for Sudoku"),
        (&["eval", "maze", "--limit", "1", "--model", "cells"], "does not take a maze: it is one for Sudoku"),
        (
            &["solve", "maze", "wide.txt", "--model", "mazes"],
            "this model knows square mazes, and this one has 1x4",
        ),
    ] {
        refused(folder.path(), words, &[expected]);
    }
    let output =
        trm(folder.path(), "", &["eval", "maze", "--data", "mixed.csv", "--model", "maze", "--json"]);
    assert_eq!(output.code, Some(0), "mazes of any size: {}", output.err);
}
