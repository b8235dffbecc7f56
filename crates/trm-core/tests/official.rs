//! Official checkpoints: the prefixes of wrappers, and every error.

use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use std::collections::HashMap;
use trm_core::{Graph, Mixer, Model, TrmError, official};

const NAME: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/mlp_sudoku.weights.safetensors");
const HEAD: &str = "inner.lm_head.weight";

struct Tensor {
    name: String,
    dtype: Dtype,
    shape: Vec<usize>,
    data: Vec<u8>,
}

/// The checkpoint, changed.
fn changed(change: impl FnOnce(&mut Vec<Tensor>, &mut String)) -> Vec<u8> {
    let bytes = std::fs::read(NAME).unwrap();
    let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
    let mut config = header.metadata().as_ref().unwrap()["config"].clone();
    let mut tensors: Vec<Tensor> = SafeTensors::deserialize(&bytes)
        .unwrap()
        .iter()
        .map(|(name, view)| Tensor {
            name: name.to_string(),
            dtype: view.dtype(),
            shape: view.shape().to_vec(),
            data: view.data().to_vec(),
        })
        .collect();
    change(&mut tensors, &mut config);
    let views: Vec<_> = tensors
        .iter()
        .map(|t| (t.name.clone(), TensorView::new(t.dtype, t.shape.clone(), &t.data).unwrap()))
        .collect();
    safetensors::serialize(views, Some(HashMap::from([("config".to_string(), config)]))).unwrap()
}

fn find<'a>(tensors: &'a mut [Tensor], name: &str) -> &'a mut Tensor {
    tensors.iter_mut().find(|t| t.name == name).unwrap()
}

fn error(change: impl FnOnce(&mut Vec<Tensor>, &mut String)) -> TrmError {
    official::from_bytes(&changed(change), None).unwrap_err()
}

#[test]
fn the_configuration_is_converted() {
    let model = official::load(NAME, None).unwrap();
    let config = model.config();
    assert_eq!(config.mixer, Mixer::Mlp { seq_len: 97, mix_dim: 512 });
    assert_eq!((config.hidden_dim, config.ffn_dim, config.n_blocks), (64, 256, 2));
    assert_eq!((config.latent_iterations, config.cycles, config.max_k), (6, 3, 16));
    assert_eq!((config.prefix_tokens, config.embedding_scale), (16, 8.0));
}

/// The paper's Sudoku net, which docs/results.md compares with; the golden file holds a narrow one of the same kind.
#[test]
fn sixteen_steps_of_the_paper_are_410_gflop() {
    let mut config = official::load(NAME, None).unwrap().config().clone();
    (config.hidden_dim, config.ffn_dim) = (512, 1536);
    let model: Model = Model::new(config).unwrap();
    let mut graph = Graph::default();
    graph.complete(81);
    let steps = model.config().max_k as u64 * model.step_flops(&graph);
    assert_eq!((model.params.len() / 100_000, steps / 1_000_000_000), (50, 410));
}

#[test]
fn wrappers_prefixes_are_dropped() {
    let model = official::load(NAME, None).unwrap();
    for prefix in ["model.", "_orig_mod.", "_orig_mod.model.", "model._orig_mod."] {
        let bytes = changed(|tensors, _| tensors.iter_mut().for_each(|t| t.name.insert_str(0, prefix)));
        assert_eq!(official::from_bytes(&bytes, None).unwrap().params, model.params, "{prefix}");
    }
}

/// The reference stores its initial states in the type it computes in.
#[test]
fn bf16_states_are_read() {
    let bytes = changed(|tensors, _| {
        let state = find(tensors, "inner.H_init");
        state.dtype = Dtype::BF16;
        state.data = state.data.chunks_exact(4).flat_map(|c| [c[2], c[3]]).collect();
    });
    let (exact, rounded) = (official::load(NAME, None).unwrap(), official::from_bytes(&bytes, None).unwrap());
    let at = exact.layout().get("init.y").unwrap().range.clone();
    for (a, b) in exact.params[at.clone()].iter().zip(&rounded.params[at]) {
        assert!((a - b).abs() <= a.abs() / 100.0, "{a} {b}");
    }
}

#[test]
fn saved_and_loaded_is_the_same() {
    let model = official::load(NAME, None).unwrap();
    let again = trm_core::Model::from_bytes(&model.to_bytes().unwrap()).unwrap();
    assert_eq!((again.config(), &again.params), (model.config(), &model.params));
}

#[test]
fn missing_tensor() {
    let error = error(|tensors, _| tensors.retain(|t| t.name != HEAD));
    assert!(matches!(error, TrmError::MissingTensor { name } if name == HEAD));
}

#[test]
fn extra_tensor() {
    let error = error(|tensors, _| find(tensors, HEAD).name += "s");
    assert!(matches!(error, TrmError::MissingTensor { .. }));
    let error = self::error(|tensors, _| {
        let (dtype, shape, data) = (Dtype::F32, vec![1], vec![0; 4]);
        tensors.push(Tensor { name: "inner.more".into(), dtype, shape, data });
    });
    assert!(matches!(error, TrmError::ExtraTensor { name } if name == "inner.more"));
}

#[test]
fn two_tensors_of_one_name() {
    let error = error(|tensors, _| {
        let (dtype, shape, data) = (Dtype::F32, vec![1], vec![0; 4]);
        tensors.push(Tensor { name: format!("model.{HEAD}"), dtype, shape, data });
    });
    assert!(matches!(error, TrmError::Format { reason } if reason.contains(HEAD)));
}

#[test]
fn wrong_shape_and_type() {
    let error = error(|tensors, _| find(tensors, HEAD).shape.reverse());
    assert!(matches!(error, TrmError::TensorShape { name, expected, .. }
        if name == HEAD && expected.contains("[11, 64]")));
    let error = self::error(|tensors, _| find(tensors, "inner.q_head.bias").dtype = Dtype::I32);
    assert!(matches!(error, TrmError::TensorShape { name, .. } if name == "inner.q_head.bias"));
}

#[test]
fn not_a_number() {
    let error = error(|tensors, _| find(tensors, HEAD).data[8..12].copy_from_slice(&f32::NAN.to_le_bytes()));
    assert!(matches!(error, TrmError::NotFinite { what, index: 2, .. } if what.contains(HEAD)));
}

#[test]
fn configurations_without_a_counterpart() {
    for (from, to, named) in [
        ("\"pos_encodings\": \"none\"", "\"pos_encodings\": \"learned\"", "pos_encodings"),
        ("\"hidden_size\": 64", "\"hidden_size\": 0", "hidden_size"),
        ("\"num_puzzle_identifiers\": 1", "\"num_puzzle_identifiers\": 9", "num_puzzle_identifiers"),
        ("\"expansion\": 4", "\"expansion\": -1", "expansion"),
        ("\"seq_len\": 81", "\"seq_len\": 81, \"rope_theta\": 5", "rope_theta"),
        ("\"puzzle_emb_len\": 16", "\"puzzle_emb_len\": 18446744073709551615", "puzzle_emb_len"),
        ("\"puzzle_emb_ndim\": 64", "\"puzzle_emb_ndim\": 18446744073709551615", "puzzle_emb_ndim"),
        ("\"L_layers\": 2", "\"L_layers\": 0", "n_blocks"),
    ] {
        let error = error(|_, config| {
            assert!(config.contains(from), "{from}");
            *config = config.replace(from, to);
        });
        assert!(matches!(error, TrmError::Config { field, .. } if field == named), "{named}");
    }
}

/// A configuration far larger than the file allocates nothing.
#[test]
fn configuration_larger_than_the_file() {
    let error = error(|_, config| *config = config.replace("\"hidden_size\": 64", "\"hidden_size\": 16384"));
    assert!(matches!(error, TrmError::Config { field: "hidden_dim", .. }), "{error}");
}

#[test]
fn files_that_are_not_checkpoints() {
    let bytes = std::fs::read(NAME).unwrap();
    for bytes in [&[][..], &bytes[..bytes.len() / 2], &[0xff; 64], &bytes[8..]] {
        assert!(matches!(official::from_bytes(bytes, None), Err(TrmError::Format { .. })));
    }
    assert!(matches!(official::from_bytes(&bytes, Some("{}")), Err(TrmError::Format { .. })));
    assert!(matches!(official::load("/nowhere", None), Err(TrmError::Io { .. })));
}
