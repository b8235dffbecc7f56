//! Checkpoints and configurations as people have them, and files that are something else.

#[path = "common/checkpoint.rs"]
mod checkpoint;
mod common;

use checkpoint::{Tensor, hostile, official, safetensors, torch, zip};
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

/// Imports these tensors, with the configuration in the metadata of their file.
fn import_tensors(folder: &Path, tensors: &[Tensor], config: &str) -> Result<Vec<u8>, String> {
    write(folder, "step_1", safetensors(tensors, &[("config", config)]));
    import(folder, "step_1", &[])
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
fn names_with_any_prefix() {
    let folder = tempfile::tempdir().expect("a folder");
    let (tensors, config) = official();
    let import_of = |tensors: &[Tensor]| import_tensors(folder.path(), tensors, &config);
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
}

#[test]
fn numbers_of_any_float_type_and_buffers() {
    let folder = tempfile::tempdir().expect("a folder");
    let (tensors, config) = official();
    let import_of = |tensors: &[Tensor]| import_tensors(folder.path(), tensors, &config);
    let plain = import_of(&tensors).expect("as it is");
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
}

#[test]
fn other_tensors_are_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let (tensors, config) = official();
    let import_of = |tensors: &[Tensor]| import_tensors(folder.path(), tensors, &config);
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

/// A file by name, its bytes, and what it is called in place of a model and of a checkpoint.
type OtherFile = (&'static str, Vec<u8>, &'static str, &'static str);

fn other_files(tensors: &[Tensor]) -> Vec<OtherFile> {
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
    vec![
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
        ("model.pt", torch(tensors, &[]), "a PyTorch file; `trm import`", ""),
        ("hrm", safetensors(&hrm, &[]), "Hierarchical Reasoning Model", "Hierarchical Reasoning Model"),
        (
            "other",
            safetensors(&other, &[("format", "pt")]),
            "another model (tensors lm.weight",
            "another model (tensors lm.weight",
        ),
        ("cut", half[..half.len() - 9].to_vec(), "file: cut off: ", "file: cut off: "),
        ("cut header", half[..99].to_vec(), "cut off in its header", "cut off in its header"),
        ("long", [half, b"xx"].concat(), "longer than its header says", "longer than its header says"),
        (
            "document",
            zip(&[("[Content_Types].xml".into(), b"<Types/>".to_vec())]),
            "a ZIP archive that torch.save did not write",
            "a ZIP archive that torch.save did not write",
        ),
    ]
}

#[test]
fn what_is_no_model_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let (tensors, config) = official();
    write(folder.path(), "arch.json", &config);
    for (name, bytes, as_model, as_checkpoint) in other_files(&tensors) {
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
}

#[test]
fn a_temporary_file_that_cannot_be_made_is_not_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let (tensors, config) = official();
    write(folder.path(), "arch.json", &config);
    write(folder.path(), "model.pt", torch(&tensors, &[]));
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_trm"));
    command.args(["import", "model.pt", "out", "--config", "arch.json"]).current_dir(folder.path());
    let output = common::outcome(command.env("TMPDIR", "gone").env("TMP", "gone"), "");
    assert_eq!(output.code, Some(2), "{}", output.err);
    assert!(output.err.contains("no temporary file can be made in gone: "), "{}", output.err);
    assert!(!output.err.contains(".tmp"), "{}", output.err);
}

#[test]
fn what_other_commands_write_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let state = sona_learn::SonaEngine::new(4).to_bytes().expect("encodes");
    write(folder.path(), "state", state);
    refused(folder.path(), &["info", "state"], &["a halting state, which --halting takes"]);
    let csv = format!("question,answer\n{}", "SG  ,SG  \n".repeat(3));
    write(folder.path(), "mazes.csv", csv);
    let words = ["k-star", "maze", "--data", "mazes.csv", "--max-k", "4", "--out", "runs"];
    assert_eq!(trm(folder.path(), "", &words).code, Some(0));
    refused(folder.path(), &["info", "runs"], &["recorded runs, which `trm policies` reads"]);
    write(folder.path(), "model", trm_models::maze_bytes());
    refused(
        folder.path(),
        &["policies", "model"],
        &["model: no recorded runs: a model file of this program"],
    );
    refused(folder.path(), &["policies", "mazes.csv"], &["mazes.csv: no recorded runs: a text file"]);
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
    write(folder.path(), "mixed.csv", "question,answer\nSG  ,SG  \nS       G,So  oo  G\n");
    write(folder.path(), "wide.txt", "S    \n    G\n");
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
            "this model knows square mazes, and this one has 2x5",
        ),
    ] {
        refused(folder.path(), words, &[expected]);
    }
    let output =
        trm(folder.path(), "", &["eval", "maze", "--data", "mixed.csv", "--model", "maze", "--json"]);
    assert_eq!(output.code, Some(0), "mazes of any size: {}", output.err);
}
