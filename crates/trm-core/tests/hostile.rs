//! Bad configurations, questions and model files: each gets its typed error, and nothing panics or allocates
//! without bound.

use half::f16;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use std::collections::HashMap;
use trm_core::model::param_count;
use trm_core::{
    GroupRelation, MAX_INPUT, MAX_K, Mixer, Model, NONE, Output, Relations, TrmConfig, TrmConfigBuilder,
    TrmEngine, TrmError,
};

/// Six tokens in three pairs; the first of each pair are a group, and the second.
fn relations() -> Relations {
    let relation = |name: &str, matrix, group_of: [u32; 6]| GroupRelation {
        name: name.into(),
        matrix,
        group_of: group_of.into(),
    };
    let relations = vec![relation("pair", 0, [0, 0, 1, 1, 2, 2]), relation("side", 1, [0, 1, 0, 1, 0, 1])];
    Relations::Groups { scale: 0.5, relations }
}

fn builder() -> TrmConfigBuilder {
    TrmConfig::builder()
        .hidden_dim(8)
        .ffn_dim(8)
        .embedding_dim(2)
        .answer_dim(1)
        .output(Output::GroupSoftmax { relation: 0 })
        .mixer(Mixer::Relational(relations()))
}

fn model() -> Model {
    Model::new(builder().build().expect("valid")).expect("valid")
}

fn field(builder: TrmConfigBuilder) -> &'static str {
    match builder.build() {
        Err(TrmError::Config { field, .. }) => field,
        other => panic!("{other:?}"),
    }
}

#[test]
fn fields_out_of_range_are_named() {
    assert_eq!(field(builder().hidden_dim(0)), "hidden_dim");
    assert_eq!(field(builder().hidden_dim(usize::MAX)), "hidden_dim");
    assert_eq!(field(builder().ffn_dim(0)), "ffn_dim");
    assert_eq!(field(builder().n_blocks(0)), "n_blocks");
    assert_eq!(field(builder().embedding_dim(0)), "embedding_dim");
    assert_eq!(field(builder().answer_dim(0)), "answer_dim");
    assert_eq!(field(builder().latent_iterations(0)), "latent_iterations");
    assert_eq!(field(builder().cycles(0)), "cycles");
    assert_eq!(field(builder().max_k(0)), "max_k");
    assert_eq!(field(builder().max_k(MAX_K + 1)), "max_k");
    assert_eq!(field(builder().halt_threshold(f32::NAN)), "halt_threshold");
    assert_eq!(field(builder().embedding_scale(f32::INFINITY)), "embedding_scale");
    assert_eq!(field(builder().given_feature(Some(2))), "given_feature");
    assert_eq!(field(builder().answer_dim(2)), "answer_dim");
    assert_eq!(field(builder().output(Output::GroupSoftmax { relation: 2 })), "output.relation");
    assert_eq!(field(builder().prefix_tokens(1)), "prefix_tokens");
    assert_eq!(field(TrmConfig::builder().use_attention(true).num_heads(7)), "num_heads");
    assert_eq!(field(TrmConfig::builder().use_attention(true).num_heads(0)), "num_heads");
}

#[test]
fn models_and_runs_beyond_memory_are_refused() {
    let grid = || builder().output(Output::Binary).mixer(Mixer::Relational(Relations::Grid4));
    let all_in_range = grid().hidden_dim(1 << 14).ffn_dim(1 << 16).n_blocks(64).build().expect("in range");
    for refused in [Model::<f32>::new(all_in_range.clone()).err(), param_count(&all_in_range).err()] {
        assert!(matches!(refused, Some(TrmError::Config { field: "hidden_dim", .. })), "{refused:?}");
    }
    let wide = grid().hidden_dim(1 << 14).ffn_dim(1).build().expect("in range");
    let engine = TrmEngine::from(Model::new(wide).expect("a megabyte"));
    let refused = engine.try_reason(&[1.0; 2], &vec![0.0; 1 << 16], Some(1)).err();
    assert!(matches!(refused, Some(TrmError::Shape { what: "answer", found: 0x10000, .. })), "{refused:?}");
}

#[test]
fn relations_that_do_not_fit_are_refused() {
    let refused = |change: fn(&mut Vec<GroupRelation>, &mut f32)| {
        let Relations::Groups { mut scale, mut relations } = relations() else { unreachable!() };
        change(&mut relations, &mut scale);
        assert_eq!(
            field(builder().mixer(Mixer::Relational(Relations::Groups { scale, relations }))),
            "relations"
        );
    };
    refused(|relations, _| relations.clear());
    refused(|relations, _| relations[1].group_of.truncate(5));
    refused(|relations, _| relations[1].matrix = 9);
    refused(|relations, _| relations[0].group_of[3] = 6);
    refused(|_, scale| *scale = f32::NAN);
    let without = |index: usize| {
        let Relations::Groups { scale, mut relations } = relations() else { unreachable!() };
        relations[index].group_of[3] = NONE;
        builder().mixer(Mixer::Relational(Relations::Groups { scale, relations }))
    };
    assert_eq!(field(without(0)), "output.relation", "a token that no softmax reaches");
    let model = Model::new(without(1).build().expect("a token in no group")).expect("valid");
    let again = Model::from_bytes(&model.to_bytes().expect("valid")).expect("what was written");
    assert_eq!(again.config(), model.config());
}

#[test]
fn questions_of_the_wrong_shape_are_refused() {
    let engine = TrmEngine::from(model());
    let what = |question: &[f32], answer: &[f32]| match engine.try_reason(question, answer, Some(1)) {
        Err(TrmError::Shape { what, .. }) => what,
        other => panic!("{other:?}"),
    };
    assert_eq!(what(&[1.0; 12], &[]), "answer");
    assert_eq!(what(&[1.0; 12], &[0.0; 5]), "question");
    assert_eq!(what(&[1.0; 10], &[0.0; 5]), "answer");
    assert_eq!(what(&[1.0; 11], &[0.0; 6]), "question");
    assert!(engine.try_reason(&[1.0; 12], &[0.0; 6], Some(1)).is_ok());
    let grid = builder().output(Output::Binary).mixer(Mixer::Relational(Relations::Grid4));
    let grid = TrmEngine::new(grid.build().expect("valid"));
    assert!(matches!(grid.try_reason(&[1.0; 12], &[0.0; 6], None), Err(TrmError::Shape { .. })));
    assert!(grid.clone().with_grid(2, 3).try_reason(&[1.0; 12], &[0.0; 6], None).is_ok());
    assert!(grid.with_grid(usize::MAX, 2).try_reason(&[1.0; 12], &[0.0; 6], None).is_err());
    let dense = TrmEngine::new(TrmConfig::default());
    assert!(matches!(dense.try_reason(&[0.1; 256], &[0.1; 256 * 17], None), Err(TrmError::Shape { .. })));
}

#[test]
fn values_that_are_not_finite_are_named() {
    let engine = TrmEngine::from(model());
    let (mut question, answer) = ([1.0; 12], [0.0; 6]);
    question[7] = f32::NAN;
    let error = engine.try_reason(&question, &answer, Some(1)).expect_err("NaN");
    assert!(matches!(&error, TrmError::NotFinite { what, index: 7, .. } if what == "question"), "{error}");
    let error = engine.try_reason(&[1.0; 12], &[f32::INFINITY; 6], Some(1)).expect_err("infinite");
    assert!(matches!(&error, TrmError::NotFinite { what, index: 0, .. } if what == "answer"), "{error}");
    // Found by fuzzing: the confidence was NaN.
    question[7] = -1e38;
    let error = engine.try_reason(&question, &answer, Some(1)).expect_err("too large");
    assert!(matches!(&error, TrmError::NotFinite { what, index: 7, .. } if what == "question"), "{error}");
    question[7] = MAX_INPUT;
    let result = engine.try_reason(&question, &[MAX_INPUT; 6], Some(2)).expect("large");
    assert!(result.confidence.is_finite() && result.answer.iter().all(|x| x.is_finite()));
}

#[test]
fn impossible_step_counts_are_refused_at_once() {
    let engine = TrmEngine::from(model());
    for k in [0, MAX_K + 1, u32::MAX as usize, usize::MAX] {
        let result = engine.try_reason(&[1.0; 12], &[0.0; 6], Some(k));
        assert!(matches!(result, Err(TrmError::Config { field: "k", .. })), "{k}");
    }
}

#[test]
fn a_question_without_live_tokens_is_answered() {
    let result = TrmEngine::from(model()).reason(&[0.0; 12], &[0.0; 6], Some(3));
    assert_eq!(result.answer, vec![trm_core::ABSENT_LOGIT; 6]);
    assert!(result.confidence.is_finite());
}

#[test]
fn damaged_files_are_refused() {
    let good = model().to_bytes().expect("written");
    assert!(Model::from_bytes(&good).is_ok());
    for length in 0..good.len() {
        assert!(Model::from_bytes(&good[..length]).is_err(), "{length} bytes");
    }
    assert!(matches!(Model::from_bytes(b""), Err(TrmError::Format { .. })));
    let mut huge = good.clone();
    huge[..8].copy_from_slice(&u64::MAX.to_le_bytes());
    assert!(matches!(Model::from_bytes(&huge), Err(TrmError::Format { .. })));
}

/// Name, shape, content and data type of each tensor of a file.
type Tensors = Vec<(String, Vec<usize>, Vec<u8>, Dtype)>;

/// The error of the file of [`model`] after a change of its tensors or metadata.
fn rewritten(change: impl FnOnce(&mut Tensors, &mut HashMap<String, String>)) -> TrmError {
    reread(change).expect_err("a changed file")
}

fn reread(change: impl FnOnce(&mut Tensors, &mut HashMap<String, String>)) -> Result<Model, TrmError> {
    let bytes = model().to_bytes().expect("written");
    let (_, header) = SafeTensors::read_metadata(&bytes).expect("header");
    let mut metadata = header.metadata().clone().expect("metadata");
    let tensors = SafeTensors::deserialize(&bytes).expect("tensors");
    let own = |(name, view): (String, TensorView)| {
        (name, view.shape().to_vec(), view.data().to_vec(), view.dtype())
    };
    let mut tensors: Vec<_> = tensors.tensors().into_iter().map(own).collect();
    change(&mut tensors, &mut metadata);
    let views = tensors.iter().map(|(name, shape, data, dtype)| {
        (name.as_str(), TensorView::new(*dtype, shape.clone(), data).expect("a tensor"))
    });
    let bytes = safetensors::serialize(views, Some(metadata)).expect("written");
    Model::from_bytes(&bytes)
}

/// Every weight in half precision, then what `change` does to each.
fn halved(change: impl Fn(f16) -> f16) -> Result<Model, TrmError> {
    reread(|tensors, _| {
        for (_, _, data, dtype) in tensors.iter_mut().filter(|t| t.3 == Dtype::F32) {
            let words = data.chunks_exact(4).map(|c| f32::from_le_bytes([c[0], c[1], c[2], c[3]]));
            *data = words.flat_map(|x| change(f16::from_f32(x)).to_le_bytes()).collect();
            *dtype = Dtype::F16;
        }
    })
}

#[test]
fn half_precision_is_read_and_checked() {
    let (exact, read) = (model(), halved(|x| x).expect("halves"));
    assert_ne!(exact.params, read.params);
    for (a, b) in exact.params.iter().zip(&read.params) {
        assert!((a - b).abs() <= a.abs() / 2048.0 + 1e-7, "{a} became {b}");
    }
    assert!(matches!(halved(|_| f16::NAN), Err(TrmError::NotFinite { index: 0, .. })));
}

#[test]
fn tensors_that_do_not_fit_are_named() {
    let missing = rewritten(|tensors, _| tensors.retain(|t| t.0 != "head.weight"));
    assert!(matches!(&missing, TrmError::MissingTensor { name } if name == "head.weight"), "{missing}");
    let missing = rewritten(|tensors, _| tensors.retain(|t| t.0 != "relations.side"));
    assert!(matches!(&missing, TrmError::MissingTensor { name } if name == "relations.side"), "{missing}");
    let extra = rewritten(|tensors, _| tensors.push(("more".into(), vec![1], vec![0; 4], Dtype::F32)));
    assert!(matches!(&extra, TrmError::ExtraTensor { name } if name == "more"), "{extra}");
    let find = |tensors: &mut Tensors| tensors.iter().position(|t| t.0 == "head.weight").expect("there");
    let shape = rewritten(|tensors, _| {
        let at = find(tensors);
        tensors[at].1 = vec![1, 8];
    });
    assert!(matches!(&shape, TrmError::TensorShape { name, .. } if name == "head.weight"), "{shape}");
    let nan = rewritten(|tensors, _| {
        let at = find(tensors);
        tensors[at].2[8..12].copy_from_slice(&f32::NAN.to_le_bytes());
    });
    assert!(
        matches!(&nan, TrmError::NotFinite { what, index: 2, .. } if what.contains("head.weight")),
        "{nan}"
    );
}

#[test]
fn metadata_that_lies_is_refused() {
    let edit = |key: &str, change: fn(&str) -> String| {
        rewritten(|_, metadata| {
            let value = change(&metadata[key]);
            metadata.insert(key.into(), value);
        })
    };
    assert!(matches!(edit("format", |_| "trm 99".into()), TrmError::Format { .. }));
    assert!(matches!(edit("config", |_| "{".into()), TrmError::Format { .. }));
    assert!(matches!(edit("config", |c| c.replace("\"max_k\"", "\"most_k\"")), TrmError::Format { .. }));
    let wide = edit("config", |c| c.replace("\"hidden_dim\":8", "\"hidden_dim\":16000"));
    assert!(matches!(&wide, TrmError::Format { reason } if reason.contains("cannot hold")), "{wide}");
}

#[test]
fn a_missing_file_is_named() {
    let error = Model::load("no/such/model.safetensors").expect_err("no file");
    assert!(matches!(&error, TrmError::Io { path, .. } if path.ends_with("model.safetensors")), "{error}");
    let folder = tempfile::tempdir().expect("a folder");
    assert!(matches!(model().save(folder.path()), Err(TrmError::Io { .. })), "a folder is not replaced");
    let error = model().save("no/such/folder/model.safetensors").expect_err("no folder");
    assert!(matches!(&error, TrmError::Io { path, .. } if path.ends_with("model.safetensors")), "{error}");
}
