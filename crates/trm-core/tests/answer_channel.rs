//! The answer channel: what it adds, where its noise comes from, and that models without one never hear of it.

use trm_core::kernel::Isa;
use trm_core::model::{StepInput, StepOutput, Workspace};
use trm_core::noise::StepNoise;
use trm_core::{AnswerChannel, Graph, Mixer, Model, Output, Precision, Relations, TrmConfig, TrmEngine};

const N: usize = 12;

fn config(answer_channel: Option<AnswerChannel>) -> TrmConfig {
    TrmConfig {
        hidden_dim: 16,
        ffn_dim: 16,
        n_blocks: 2,
        embedding_dim: 2,
        answer_dim: 1,
        answer_channel,
        mixer: Mixer::Relational(Relations::Grid4),
        output: Output::Binary,
        ..TrmConfig::default()
    }
}

/// A model with a channel that says something.
fn model() -> Model {
    let mut model = Model::new(config(Some(AnswerChannel::constant(0.7)))).expect("valid");
    for (name, size) in [("channel.weight", 0.9), ("head.weight", 0.5)] {
        let range = model.layout().get(name).expect("there").range.clone();
        model.params[range].iter_mut().enumerate().for_each(|(i, w)| *w = size * (i as f32 + 0.5).sin());
    }
    model
}

/// Every third token is absent.
fn question() -> Vec<f32> {
    (0..N).flat_map(|t| [if t % 3 == 2 { 0.0 } else { 1.0 }, if t == 4 { 1.0 } else { 0.0 }]).collect()
}

fn engine() -> TrmEngine {
    TrmEngine::from(model()).with_grid(3, 4)
}

fn answer(engine: &TrmEngine, k: usize) -> Vec<f32> {
    engine.reason(&question(), &[0.0; N], Some(k)).answer
}

/// The slow twin: a question with one more feature per token, which holds the channel.
#[test]
fn a_channel_is_a_feature_of_the_question() {
    let model = model();
    let wide = TrmConfig { embedding_dim: 3, answer_channel: None, ..model.config().clone() };
    let mut twin = Model::new(wide).expect("valid");
    for entry in
        model.layout().entries.iter().filter(|e| !["question.weight", "channel.weight"].contains(&&*e.name))
    {
        let range = twin.layout().get(&entry.name).expect("the same tensor").range.clone();
        twin.params[range].copy_from_slice(&model.params[entry.range.clone()]);
    }
    let weights = |name: &str| &model.params[model.layout().get(name).expect("there").range.clone()];
    let rows = [weights("question.weight"), weights("channel.weight")].concat();
    let range = twin.layout().get("question.weight").expect("there").range.clone();
    twin.params[range].copy_from_slice(&rows);

    let (mut graph, question) = (Graph::default(), question());
    model.build_graph(&question, N, 4, &mut graph);
    let mut channel = Vec::new();
    StepNoise::new(5, 0).fill(0.7, &graph.live, 1, &mut channel);
    let mut features: Vec<f32> = question.chunks_exact(2).flat_map(|f| [f[0], f[1], 0.0]).collect();
    for (t, c) in graph.live.iter().zip(&channel) {
        features[*t as usize * 3 + 2] = *c;
    }
    let run = |model: &Model, input: StepInput| {
        let (mut state, mut output) = (model.start(&graph, &[]), StepOutput::default());
        model.step(Isa::best(), &graph, input, &mut state, &mut output, &mut Workspace::default());
        output.logits
    };
    let found = run(&model, StepInput { question: &question, channel: &channel });
    let expected = run(&twin, StepInput::from(&features));
    assert!(found.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-5), "{found:?} {expected:?}");
    assert_ne!(found, run(&model, StepInput::from(&question)), "the channel does nothing");
}

#[test]
fn the_seed_makes_the_run() {
    let engine = engine();
    assert_eq!(answer(&engine, 4), answer(&engine.clone(), 4));
    assert_ne!(answer(&engine, 4), answer(&engine.clone().with_seed(1), 4));
    let batch = engine.reason_batch(&[(question(), [0.0; N]), (question(), [0.0; N])], Some(4));
    for result in batch {
        assert_eq!(result.expect("a question").answer, answer(&engine, 4));
    }
    let shared = engine.clone().with_threads(3);
    assert_eq!(answer(&shared, 4), answer(&engine, 4), "on three threads");
    let rounded = engine.clone().with_precision(Precision::Bf16).expect("even widths");
    let apart: Vec<f32> =
        answer(&rounded, 1).iter().zip(answer(&engine, 1)).map(|(a, b)| (a - b).abs()).collect();
    assert!(apart.iter().all(|d| *d < 0.1), "the same noise in bf16: {apart:?}");
}

#[test]
fn rollouts_differ_and_the_first_is_the_plain_run() {
    let engine = engine();
    let runs = engine.reason_many(&question(), &[0.0; N], Some(3), 3, 0.0, 9).expect("a question");
    assert_eq!(runs[0].answer, answer(&engine, 3));
    assert!(runs[1].answer != runs[0].answer && runs[2].answer != runs[1].answer);
}

#[test]
fn a_run_reseeded_is_that_of_the_seed() {
    let engine = engine();
    let question = question();
    let mut steps = engine.steps(&question, &[0.0; N]).expect("a question");
    steps.reseed(7);
    (0..3).for_each(|_| {
        steps.advance();
    });
    assert_eq!(steps.answer(), answer(&engine.clone().with_seed(7), 3));
}

#[test]
fn files_without_a_channel_stay_as_they_are() {
    let plain = Model::new(config(None)).expect("valid");
    assert!(plain.layout().get("channel.weight").is_none());
    let text = String::from_utf8_lossy(&plain.to_bytes().expect("a file")).into_owned();
    assert!(!text.contains("channel"));
    let again = Model::from_bytes(&model().to_bytes().expect("a file")).expect("as written");
    assert_eq!((again.config(), &again.params), (model().config(), &model().params));
}

#[test]
fn noise_of_zero_is_no_noise() {
    let mut silent = model().config().clone();
    silent.answer_channel = Some(AnswerChannel::constant(0.0));
    let mut quiet = Model::new(silent).expect("valid");
    quiet.params = model().params;
    let quiet = TrmEngine::from(quiet).with_grid(3, 4);
    assert_eq!(answer(&quiet, 3), answer(&quiet.clone().with_seed(3), 3));
    for noise in [-1.0, f32::NAN, f32::INFINITY] {
        let channel = Some(AnswerChannel::constant(noise));
        let error = TrmConfig { answer_channel: channel, ..config(None) }.validate().expect_err("no noise");
        assert!(error.to_string().contains("answer_channel.noise"), "{error}");
    }
}
