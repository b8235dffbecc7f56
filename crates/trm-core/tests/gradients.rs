//! Every hand-written gradient against finite differences, in f64.

use trm_core::heads::{answer_head, answer_head_backward, embed, embed_backward};
use trm_core::kernel::Isa;
use trm_core::loss::{IGNORE, Target, halt_loss, loss};
use trm_core::model::{StepInput, StepOutput, StepTarget, Workspace};
use trm_core::net::{Context, Net, NetScratch, NetTape};
use trm_core::params::{Entry, Layout, normal};
use trm_core::recursion::{Recursion, RecursionScratch, RecursionTape, State, StateGradient};
use trm_core::{
    AnswerChannel, Buffer, Graph, GroupRelation, HaltInput, Mixer, Model, NONE, Output, Relations, TrmConfig,
};

use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

const H: usize = 6;

fn context<'a>(params: &'a [f64], graph: &'a Graph) -> Context<'a, f64> {
    Context { isa: Isa::best(), params, graph, pairs: None }
}

fn numbers(seed: u64, n: usize) -> Vec<f64> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    (0..n).map(|_| normal(&mut rng)).collect()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The largest difference between `gradient` and the central differences of `f` at `x`, relative to the largest
/// entry.
fn error(x: &[f64], gradient: &[f64], mut f: impl FnMut(&[f64]) -> f64) -> f64 {
    const STEP: f64 = 1e-5;
    assert_eq!(x.len(), gradient.len());
    let mut x = x.to_vec();
    let size = gradient.iter().fold(1e-3f64, |m, g| m.max(g.abs()));
    let mut error: f64 = 0.0;
    for i in 0..x.len() {
        let at = x[i];
        x[i] = at + STEP;
        let above = f(&x);
        x[i] = at - STEP;
        let slope = (above - f(&x)) / (2.0 * STEP);
        x[i] = at;
        error = error.max((slope - gradient[i]).abs() / size);
    }
    error
}

/// Passes if `gradient` is right. As a negative control the same check must fail with the largest entry off by a
/// hundredth.
fn check(what: &str, x: &[f64], gradient: &[f64], mut f: impl FnMut(&[f64]) -> f64) {
    const TOLERANCE: f64 = 1e-6;
    let found = error(x, gradient, &mut f);
    assert!(found < TOLERANCE, "{what}: {found:e}");
    let largest = (0..x.len()).max_by(|a, b| gradient[*a].abs().total_cmp(&gradient[*b].abs())).unwrap();
    let mut wrong = gradient.to_vec();
    wrong[largest] = wrong[largest] * 1.01 + 1e-4;
    assert!(error(x, &wrong, &mut f) > TOLERANCE, "{what}: the check cannot fail");
}

fn relation(name: &str, matrix: usize, group_of: &[u32]) -> GroupRelation {
    GroupRelation { name: name.into(), matrix, group_of: group_of.to_vec() }
}

fn groups() -> Relations {
    Relations::Groups {
        scale: 0.4,
        relations: vec![
            relation("rows", 0, &[0, 0, 0, 1, 1, 1]),
            relation("columns", 0, &[0, 1, 2, 0, 1, 2]),
            relation("pairs", 1, &[0, 0, 1, 1, 2, 2]),
        ],
    }
}

/// A token in two groups of one kind, and one in none of it.
fn overlapping() -> Relations {
    Relations::Groups {
        scale: 0.4,
        relations: vec![
            relation("rows", 0, &[0, 0, 0, 1, 1, 1]),
            relation("edges", 1, &[0, 0, 1, 1, NONE, NONE]),
            relation("more edges", 1, &[NONE, 0, 0, 1, 1, NONE]),
        ],
    }
}

/// More edges than tokens, which become a sum for each token.
fn edges() -> Relations {
    Relations::Groups {
        scale: 0.4,
        relations: vec![
            relation("edges", 1, &[0, 0, 1, 1, 2, 2]),
            relation("rows", 0, &[0, 0, 0, 1, 1, 1]),
            relation("more edges", 1, &[NONE, 0, 0, 1, 1, NONE]),
            relation("columns", 1, &[0, 1, 2, 0, 1, 2]),
            relation("diagonals", 1, &[0, 1, NONE, 2, 0, 1]),
        ],
    }
}

/// Every mixer, on a graph of six tokens, some of which may not be live.
fn cases() -> Vec<(&'static str, TrmConfig, Graph)> {
    let config = |mixer, prefix_tokens, n_blocks| TrmConfig {
        hidden_dim: H,
        ffn_dim: 10,
        n_blocks,
        embedding_dim: 3,
        answer_dim: 2,
        cycles: 2,
        latent_iterations: 2,
        mixer,
        prefix_tokens,
        ..TrmConfig::default()
    };
    let complete = || {
        let mut graph = Graph::default();
        graph.complete(6);
        graph
    };
    let sparse = |relations: &Relations, live: fn(usize) -> bool| {
        let mut graph = Graph::default();
        graph.rebuild(relations, 6, 3, live);
        graph
    };
    let mlp = |seq_len| Mixer::Mlp { seq_len, mix_dim: 70 };
    let heads = |num_heads| Mixer::Attention { num_heads };
    vec![
        ("mlp", config(mlp(6), 0, 2), complete()),
        ("mlp with prefix and padding", config(mlp(11), 2, 1), complete()),
        ("attention", config(heads(3), 0, 2), complete()),
        ("attention with prefix", config(heads(1), 2, 1), complete()),
        ("groups", config(Mixer::Relational(groups()), 0, 2), sparse(&groups(), |_| true)),
        ("groups with absent", config(Mixer::Relational(groups()), 0, 1), sparse(&groups(), |t| t % 4 != 1)),
        (
            "overlapping groups",
            config(Mixer::Relational(overlapping()), 0, 2),
            sparse(&overlapping(), |t| t != 3),
        ),
        ("edges", config(Mixer::Relational(edges()), 0, 2), sparse(&edges(), |t| t != 3)),
        ("grid", config(Mixer::Relational(Relations::Grid4), 0, 2), sparse(&Relations::Grid4, |_| true)),
        (
            "grid with absent",
            config(Mixer::Relational(Relations::Grid4), 0, 1),
            sparse(&Relations::Grid4, |t| t != 4),
        ),
    ]
}

/// The passes of every net; its backward pass in bf16 comes near.
#[test]
fn nets() {
    for (name, config, graph) in cases() {
        let mut layout = Layout::default();
        let net = Net::new(&config, &mut layout);
        let params: Buffer<f64> = layout.init(1);
        let n = net.n_rows(&graph) * H;
        let (input, weights) = (numbers(2, n), numbers(3, n));
        let forward = |params: &[f64], input: &[f64]| {
            let mut output = vec![0.0; n];
            net.forward(context(params, &graph), input, &mut output, &mut NetScratch::default());
            dot(&output, &weights)
        };
        let (mut tape, mut scratch) = (NetTape::default(), NetScratch::default());
        let (mut output, mut transposed) = (vec![0.0; n], vec![0.0; params.len()]);
        net.transpose(&params, &mut transposed);
        net.forward_taped(context(&params, &graph), &input, &mut output, &mut tape, &mut scratch);
        assert_eq!(dot(&output, &weights), forward(&params, &input), "{name}: tape or no tape");
        let (mut d, mut grads) = (weights.clone(), vec![0.0; params.len()]);
        net.backward(context(&transposed, &graph), &tape, &mut d, &mut grads, &mut scratch);
        let (mut pairs, mut rounded_d, mut rounded) =
            (vec![0.0; params.len()], weights.clone(), vec![0.0; params.len()]);
        assert!(net.pack_transposed(&transposed, &mut pairs), "{name}: odd");
        let in_bf16 = Context { pairs: Some(&pairs), ..context(&transposed, &graph) };
        net.backward(in_bf16, &tape, &mut rounded_d, &mut rounded, &mut scratch);
        for (exact, rounded) in [(&d, &rounded_d), (&grads, &rounded)] {
            let apart: Vec<f64> = exact.iter().zip(rounded).map(|(a, b)| a - b).collect();
            let error = (dot(&apart, &apart) / dot(exact, exact)).sqrt();
            assert!((1e-6..0.02).contains(&error), "{name} in bf16: {error}");
        }
        check(&format!("{name}: input"), &input, &d, |input| forward(&params, input));
        for entry in layout.entries.iter().filter(|e| !e.range.is_empty()) {
            let range = entry.range.clone();
            let what = format!("{name}: {}", entry.name);
            check(&what, &params[range.clone()], &grads[range.clone()], |part| {
                let mut params = params.clone();
                params[range.clone()].copy_from_slice(part);
                forward(&params, &input)
            });
        }
    }
}

/// The last cycles of the recursion, with n + 1 calls of the net each.
#[test]
fn recursion() {
    for ((name, config, graph), cycles) in cases().into_iter().flat_map(|case| [(case.clone(), 1), (case, 2)])
    {
        let name = format!("{name}, T = {cycles}");
        let mut layout = Layout::default();
        let net = Net::new(&config, &mut layout);
        let params: Buffer<f64> = layout.init(1);
        let n = net.n_rows(&graph) * H;
        let (x, y, z) = (numbers(2, n), numbers(3, n), numbers(4, n));
        let (wy, wz) = (numbers(5, n), numbers(6, n));
        let run = |params: &[f64], x: &[f64], y: &[f64], z: &[f64]| {
            let recursion = Recursion {
                net: &net,
                params,
                graph: &graph,
                pairs: None,
                x,
                latent_iterations: 2,
                cycles,
                gradient_cycles: cycles,
                isa: Isa::best(),
            };
            let mut state = State { y: y.to_vec(), z: z.to_vec() };
            recursion.deep_recursion(&mut state, &mut RecursionScratch::default());
            dot(&state.y, &wy) + dot(&state.z, &wz)
        };
        let recursion = Recursion {
            net: &net,
            params: &params,
            graph: &graph,
            pairs: None,
            x: &x,
            latent_iterations: 2,
            cycles,
            gradient_cycles: cycles,
            isa: Isa::best(),
        };
        let (mut tape, mut scratch) = (RecursionTape::default(), RecursionScratch::default());
        let mut state = State { y: y.clone(), z: z.clone() };
        recursion.deep_recursion_taped(&mut state, &mut tape, &mut scratch);
        let mut transposed = Buffer::zeros(params.len());
        net.transpose(&params, &mut transposed);
        let mut d = StateGradient { x: vec![0.0; n], y: wy.clone(), z: wz.clone() };
        let mut grads = vec![0.0; params.len()];
        recursion.backward((&transposed).into(), &tape, &mut d, &mut grads, &mut scratch);
        check(&format!("{name}: x"), &x, &d.x, |x| run(&params, x, &y, &z));
        check(&format!("{name}: y"), &y, &d.y, |y| run(&params, &x, y, &z));
        check(&format!("{name}: z"), &z, &d.z, |z| run(&params, &x, &y, z));
        check(&format!("{name}: weights"), &params, &grads, |params| run(params, &x, &y, &z));
    }
}

/// A whole training step: embedding, recursion, both heads and the hints. With one cycle only, because finite differences include
/// cycles that carry no gradient.
#[test]
fn training_steps() {
    for (name, mut config, graph) in cases() {
        config.cycles = 1;
        config.answer_channel = Some(AnswerChannel::constant(1.0));
        config.output = Output::TokenSoftmax;
        config.hint_dim = 3;
        let joint = config.prefix_tokens > 0;
        config.halt_input = if joint { HaltInput::FirstPosition } else { HaltInput::Pooled };
        let question: Vec<f32> = numbers(7, 6 * 3).iter().map(|x| *x as f32).collect();
        let channel: Vec<f32> = numbers(10, graph.live.len() * 2).iter().map(|x| *x as f32).collect();
        let classes = [0, 1, 1, IGNORE, 0, 1];
        let hints: Vec<bool> = numbers(11, 6 * 3).iter().map(|x| *x > 0.0).collect();
        let model = Model::new(config).unwrap();
        let layout = model.layout().clone();
        let mut model = model.widen();
        for (p, x) in model.params.iter_mut().zip(numbers(8, layout.len())) {
            *p += 0.3 * x;
        }
        let run = |model: &Model<f64>, grads: &mut [f64]| {
            let mut transposed = Buffer::zeros(model.params.len());
            model.net().transpose(&model.params, &mut transposed);
            let (mut state, mut output) = (model.start(&graph, &[]), StepOutput::default());
            let loss = model.train_step(
                Isa::best(),
                &transposed,
                &graph,
                StepInput { question: &question, channel: &channel },
                StepTarget { hints: &hints, ..Target::Classes(&classes).into() },
                0.7,
                &mut state,
                &mut output,
                grads,
                &mut Workspace::default(),
            );
            0.7 * (loss.answer + if joint { 0.5 * loss.halt } else { 0.0 })
        };
        let mut grads = vec![0.0; layout.len()];
        run(&model, &mut grads);
        let detached = model.halt_params();
        let has_gradient =
            |e: &&Entry| e.trained && !e.range.is_empty() && (joint || e.range.start < detached.start);
        for entry in layout.entries.iter().filter(has_gradient) {
            let range = entry.range.clone();
            let what = format!("{name}: {}", entry.name);
            check(&what, &model.params[range.clone()], &grads[range.clone()], |part| {
                let mut model = model.clone();
                model.params[range.clone()].copy_from_slice(part);
                run(&model, &mut vec![0.0; layout.len()])
            });
        }
    }
}

#[test]
fn losses() {
    let mut graph = Graph::default();
    graph.rebuild(&groups(), 6, 3, |t| t != 4);
    let marks = [true, false, false, true, false, true];
    let classes = [2, IGNORE, 0, 1, 1, 2];
    for (output, target, dim) in [
        (Output::GroupSoftmax { relation: 2 }, Target::Marks(&marks), 1),
        (Output::Binary, Target::Marks(&marks), 1),
        (Output::Binary, Target::Balanced(&marks, 0.5), 1),
        (Output::TokenSoftmax, Target::Classes(&classes), 3),
        (Output::TokenStablemax, Target::Classes(&classes), 3),
    ] {
        let logits = numbers(9, 5 * dim);
        let mut d = vec![0.0; logits.len()];
        loss(output, &graph, &logits, target, 0.7, &mut d);
        check(&format!("{output:?}"), &logits, &d, |logits| {
            0.7 * loss(output, &graph, logits, target, 0.7, &mut vec![0.0; logits.len()])
        });
    }
}

#[test]
fn halt_losses() {
    for right in [false, true] {
        for logit in [-3.0, 0.1, 4.0] {
            let (_, d) = halt_loss(logit, right);
            check(&format!("{logit} {right}"), &[logit], &[d], |x| halt_loss(x[0], right).0);
        }
    }
}

#[test]
fn embedding() {
    let mut graph = Graph::default();
    graph.rebuild(&groups(), 6, 3, |t| t != 2);
    let n = graph.live.len() * H;
    let (weight, d_x) = (numbers(1, 3 * H), numbers(2, n));
    for tokens in [6, 1] {
        let question: Vec<f32> = numbers(3, tokens * 3).iter().map(|x| *x as f32).collect();
        let mut grads = vec![0.0; weight.len()];
        embed_backward(&graph, &question, &d_x, 1.5, H, &mut grads);
        check("embedding", &weight, &grads, |weight| {
            let mut x = Vec::new();
            embed(Isa::Scalar, &graph, &question, weight, 1.5, H, &mut x);
            dot(&x, &d_x)
        });
    }
}

#[test]
fn answer_heads() {
    let (y, weight, bias, d) = (numbers(1, 4 * H), numbers(2, H * 3), numbers(3, 3), numbers(4, 4 * 3));
    let run = |y: &[f64], weight: &[f64], bias: &[f64]| {
        let mut logits = Vec::new();
        answer_head(Isa::Scalar, y, weight, bias, &mut logits);
        dot(&logits, &d)
    };
    let (mut d_y, mut d_weight, mut d_bias) = (Vec::new(), vec![0.0; H * 3], vec![0.0; 3]);
    answer_head_backward(&y, &weight, &d, &mut d_y, &mut d_weight, &mut d_bias);
    check("y", &y, &d_y, |y| run(y, &weight, &bias));
    check("weight", &weight, &d_weight, |weight| run(&y, weight, &bias));
    check("bias", &bias, &d_bias, |bias| run(&y, &weight, bias));
}
