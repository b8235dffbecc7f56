//! Files of earlier versions are read: a model, a checkpoint and a halting state of November 2026, before the answer
//! channel.

mod common;

use common::trm;
use safetensors::SafeTensors;
use std::path::{Path, PathBuf};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

/// All numbers of a model file.
fn weights(path: &Path) -> Vec<f32> {
    let bytes = std::fs::read(path).expect("a model");
    let tensors = SafeTensors::deserialize(&bytes).expect("tensors");
    let mut tensors = tensors.tensors();
    tensors.sort_by(|a, b| a.0.cmp(&b.0));
    let numbers = tensors.iter().flat_map(|(_, tensor)| tensor.data().chunks_exact(4));
    numbers.map(|n| f32::from_le_bytes(n.try_into().expect("four bytes"))).collect()
}

#[test]
fn a_model_is_read() {
    let model = fixture("model-5.safetensors").display().to_string();
    let output = trm(Path::new("."), "", &["info", &model]);
    assert_eq!(output.code, Some(0), "{}", output.err);
    for expected in ["phase 1: trm train maze", "by vote; confident from 0.95", "at most 64 steps"] {
        assert!(output.out.contains(expected), "{expected}: {}", output.out);
    }
    let output = trm(Path::new("."), "", &["solve", "maze", "S G", "--model", &model, "--json"]);
    assert!(matches!(output.code, Some(0 | 1)) && output.out.contains("\"seed\":null"), "{}", output.out);
}

#[test]
fn a_run_goes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = folder.path().join("run");
    std::fs::create_dir(&run).expect("a folder");
    std::fs::copy(fixture("checkpoint.bin"), run.join("checkpoint.bin")).expect("a copy");
    // The checkpoint says nothing of the optimiser, which was AdamW then.
    let command = "train maze --sides 5,6 --hidden 8 --ffn 8 --blocks 1 --n 1 --batch 2 --steps 40 --out run --seed 7 \
                   --kernel scalar --optimizer adamw";
    let words: Vec<&str> = command.split_whitespace().collect();
    let output = trm(folder.path(), "", &words);
    assert_eq!(output.code, Some(0), "{}", output.err);
    assert!(output.err.contains("step 5 of 40"), "{}", output.err);
    // Its first steps were not counted.
    let model = run.join("model.safetensors").display().to_string();
    let info = trm(folder.path(), "", &["info", &model]).out;
    assert!(info.contains("step 40 of 40, 80 question-steps; trm "), "{info}");
    // What the program of that time made of the same run.
    let (found, expected) =
        (weights(&run.join("model.safetensors")), weights(&fixture("model-40.safetensors")));
    assert_eq!(found.len(), expected.len());
    let far = found.iter().zip(&expected).find(|(a, b)| (*a - *b).abs() > 1e-4);
    assert_eq!(far, None);
}

#[test]
fn a_run_on_other_instructions_is_refused_by_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = |kernel: &str, until: &str| {
        let command = format!(
            "train maze --sides 5,5 --hidden 8 --ffn 8 --blocks 1 --n 1 --batch 2 --out run --kernel {kernel} --until {until}"
        );
        trm(folder.path(), "", &command.split_whitespace().collect::<Vec<_>>())
    };
    assert_eq!(run("scalar", "1").code, Some(0));
    assert_eq!(run("scalar", "2").code, Some(0));
    // Every processor that this test meets has one of these beside it.
    let other = run(if cfg!(target_arch = "aarch64") { "neon" } else { "avx2" }, "3");
    assert_eq!(other.code, Some(2), "{}", other.err);
    assert!(other.err.contains("kernel"), "{}", other.err);
}

#[test]
fn a_halting_state_is_read() {
    let state = fixture("maze.halting").display().to_string();
    for policy in ["--learned", "--predicted"] {
        let output =
            trm(Path::new("."), "", &["solve", "maze", "S  # # G ", policy, "--halting", &state, "--json"]);
        assert!(matches!(output.code, Some(0 | 1)), "{}", output.err);
        assert!(output.out.contains("\"k\":"), "{}", output.out);
    }
}
