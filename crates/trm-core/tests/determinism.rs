//! The same seed and input give the same bits, whatever was computed before and on any number of threads.

use trm_core::kernel::Isa;
use trm_core::loss::Target;
use trm_core::model::{Compute, StepOutput, Workspace};
use trm_core::net::Transposed;
use trm_core::{
    Buffer, Graph, LatentUpdater, Mixer, MlpLatentUpdater, Model, Output, Precision, Relations, TrmConfig,
    TrmEngine, TrmResult,
};

fn config(mixer: Mixer) -> TrmConfig {
    let prefix_tokens = if matches!(mixer, Mixer::Relational(_)) { 0 } else { 3 };
    TrmConfig {
        hidden_dim: 24,
        ffn_dim: 20,
        n_blocks: 2,
        embedding_dim: 4,
        answer_dim: 3,
        cycles: 2,
        mixer,
        output: Output::TokenStablemax,
        prefix_tokens,
        seed: 7,
        ..TrmConfig::default()
    }
}

fn mixers() -> [Mixer; 3] {
    [Mixer::mlp(40), Mixer::Attention { num_heads: 2 }, Mixer::Relational(Relations::Grid4)]
}

/// A question of `n` tokens.
fn question(model: &Model, n: usize) -> (Vec<f32>, Graph) {
    let question: Vec<f32> = (0..n * 4).map(|i| if i % 4 == i / 4 % 4 { 1.0 } else { 0.0 }).collect();
    let mut graph = Graph::default();
    model.build_graph(&question, n, n / 3, &mut graph);
    (question, graph)
}

/// Logits and gradients of two training steps of `n` tokens.
fn train(model: &Model, n: usize, work: &mut Workspace<f32>) -> (Vec<f32>, Vec<f32>) {
    train_with(Precision::F32, model, n, work)
}

fn train_with(
    precision: Precision,
    model: &Model,
    n: usize,
    work: &mut Workspace<f32>,
) -> (Vec<f32>, Vec<f32>) {
    let (question, graph) = question(model, n);
    let classes: Vec<u32> = (0..n as u32).map(|t| t % 3).collect();
    let n = model.params.len();
    let (mut grads, mut transposed) = (vec![0.0; n], Buffer::zeros(n));
    model.net().transpose(&model.params, &mut transposed);
    let pairs = (precision == Precision::Bf16).then(|| {
        let mut pairs = Buffer::zeros(transposed.len());
        assert!(model.net().pack_transposed(&transposed, &mut pairs));
        [model.packed().unwrap(), pairs]
    });
    let [forward, backward] = [0, 1].map(|i| pairs.as_ref().map(|pairs| &pairs[i][..]));
    let compute = Compute { isa: Isa::best(), pairs: forward };
    let (mut state, mut output) = (model.start(&graph, &[]), StepOutput::default());
    for _ in 0..2 {
        model.train_step(
            compute,
            Transposed { weights: &transposed, pairs: backward },
            &graph,
            &question,
            Target::Classes(&classes),
            1.0,
            &mut state,
            &mut output,
            &mut grads,
            work,
        );
    }
    (output.logits, grads)
}

/// The forward pass of training is that of inference, in both precisions; the gradient in bf16 is nearly that in full
/// precision, and not the same.
#[test]
fn training_computes_what_inference_does() {
    for (mixer, n) in mixers().into_iter().flat_map(|mixer| [(mixer.clone(), 30), (mixer, 27)]) {
        let model = Model::new(config(mixer.clone())).unwrap();
        let pairs = model.packed().unwrap();
        let both = [Precision::F32, Precision::Bf16].map(|precision| {
            let pairs = (precision == Precision::Bf16).then_some(&pairs[..]);
            let compute = Compute { isa: Isa::best(), pairs };
            let (question, graph) = question(&model, n);
            let (mut state, mut output) = (model.start(&graph, &[]), StepOutput::default());
            let mut work = Workspace::default();
            for _ in 0..2 {
                model.step(compute, &graph, &question, &mut state, &mut output, &mut work);
            }
            let (logits, grads) = train_with(precision, &model, n, &mut work);
            assert_eq!(logits, output.logits, "{mixer:?}");
            grads
        });
        let [full, rounded] = &both;
        let dot =
            |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
        let cosine = dot(full, rounded) / (dot(full, full) * dot(rounded, rounded)).sqrt();
        assert!((0.99..1.0 - 1e-9).contains(&cosine), "{mixer:?}: {cosine}");
    }
}

#[test]
fn same_seed_same_bits() {
    for mixer in mixers() {
        let run = || train(&Model::new(config(mixer.clone())).unwrap(), 30, &mut Workspace::default());
        assert_eq!(run(), run());
        let other = Model::new(TrmConfig { seed: 8, ..config(mixer.clone()) }).unwrap();
        assert_ne!(
            run().1,
            train(&other, 30, &mut Workspace::default()).1,
            "another seed gives other weights"
        );
    }
}

/// Buffers used for larger and smaller questions and for other mixers change nothing.
#[test]
fn used_buffers_change_nothing() {
    let models = mixers().map(|mixer| Model::new(config(mixer)).unwrap());
    let mut used = Workspace::default();
    for n in [30, 9, 36, 12] {
        for model in &models {
            for precision in [Precision::F32, Precision::Bf16] {
                let fresh = train_with(precision, model, n, &mut Workspace::default());
                assert_eq!(train_with(precision, model, n, &mut used), fresh);
            }
        }
    }
}

#[test]
fn one_thread_equals_four() {
    let models = mixers().map(|mixer| Model::new(config(mixer)).unwrap());
    for model in &models {
        let alone = train(model, 30, &mut Workspace::default());
        std::thread::scope(|scope| {
            let threads = [(); 4].map(|()| scope.spawn(|| train(model, 30, &mut Workspace::default())));
            for thread in threads {
                assert_eq!(thread.join().unwrap(), alone);
            }
        });
    }
}

#[test]
fn a_batch_is_the_same_on_any_number_of_threads() {
    for mixer in mixers() {
        let mut model = Model::new(config(mixer)).unwrap();
        // Heads start at zero: with other weights the answers depend on the questions.
        model.params.iter_mut().enumerate().for_each(|(i, w)| *w += 0.1 * (i as f32).sin());
        let engine = TrmEngine::from(model);
        let question = |q: usize| (0..36 * 4).map(move |i| if i % 4 == (i / 4 + q) % 4 { 1.0 } else { 0.0 });
        let batch: Vec<(Vec<f32>, _)> = (0..9).map(|q| (question(q).collect(), [0.0; 36 * 3])).collect();
        let on = |n: usize| {
            let threads = rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap();
            threads.install(|| engine.reason_batch(&batch, Some(3)).into_iter().map(Result::unwrap).collect())
        };
        let one: Vec<TrmResult> = on(1);
        assert_ne!(one[0].answer, one[1].answer);
        for n in [2, 4] {
            assert_eq!(on(n), one, "{n} threads");
            let shared = engine.clone().with_threads(n);
            assert_eq!(
                shared.reason(&batch[0].0, &batch[0].1, Some(3)),
                one[0],
                "{n} threads share a question"
            );
        }
    }
}

#[test]
fn an_updater_ignores_the_rows_of_earlier_calls() {
    let run = |first: usize| {
        let mut updater = MlpLatentUpdater::new(32, 16);
        let (mut warm, mut latent) = (vec![0.3; 32 * first], vec![0.0; 32 * 4]);
        updater.update(&[0.1; 32], &[0.2; 32], &mut warm);
        updater.update(&[0.1; 32], &[0.2; 32], &mut latent);
        latent
    };
    assert_eq!(run(1), run(16));
}
