//! How many questions a model answers right, and after how many steps.

use crate::Sample;
use bincode::config::standard;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use trm_core::kernel::Isa;
use trm_core::loss::all_right;
use trm_core::model::{StepInput, StepOutput, Workspace};
use trm_core::noise::StepNoise;
use trm_core::{Graph, Model};
use trm_world::World;

/// The exact accuracy of a model on validation questions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Questions asked.
    pub n: usize,
    /// Supervision steps K and the share of answers that are right at exactly that step.
    pub exact_at: Vec<(usize, f64)>,
    /// Share that is right where the model itself says so first (halt probability above its
    /// threshold), or at the last step.
    pub exact_adaptive: f64,
    /// Steps of the adaptive run, on average.
    pub mean_k: f64,
    /// Share that is right at some step.
    pub exact_any: f64,
    /// `(lowest rating, questions, exact_adaptive)` by band of rating.
    pub bands: Vec<(f32, usize, f64)>,
}

/// What happened to one question.
#[derive(Serialize, Deserialize)]
struct Trace {
    right: Vec<bool>,
    halted: usize,
}

/// Runs `model` for `max_k` steps on every question; what is outside 1 to
/// [`MAX_K`](trm_core::MAX_K) counts as the nearer end. `bands` are the lowest ratings of the
/// bands to report.
pub fn evaluate(model: &Model, isa: Isa, samples: &[Sample], max_k: usize, bands: &[f32]) -> Evaluation {
    let max_k = max_k.clamp(1, trm_core::MAX_K);
    let traces = traces(model, isa, &samples.iter().collect::<Vec<_>>(), max_k);
    summary(samples, traces, max_k, bands)
}

/// [`evaluate`] on all ranks of `world`, each of which asks its share of the questions; the result is rank 0's alone.
pub fn evaluate_in(
    world: &dyn World,
    model: &Model,
    isa: Isa,
    samples: &[Sample],
    max_k: usize,
    bands: &[f32],
) -> Option<Evaluation> {
    let max_k = max_k.clamp(1, trm_core::MAX_K);
    // Files are often sorted by difficulty: neighbours go to different ranks.
    let own: Vec<&Sample> = samples.iter().skip(world.rank()).step_by(world.size()).collect();
    let own = traces(model, isa, &own, max_k);
    let bytes = bincode::serde::encode_to_vec(&own, standard()).expect("plain data");
    let of_ranks = world.gather(bytes);
    if world.rank() > 0 {
        return None;
    }
    let decode = |bytes: &Vec<u8>| -> Vec<Trace> {
        bincode::serde::decode_from_slice(bytes, standard()).expect("what encode wrote").0
    };
    let mut of_ranks: Vec<_> = of_ranks.iter().map(|bytes| decode(bytes).into_iter()).collect();
    let traces = (0..samples.len()).map(|i| of_ranks[i % world.size()].next().expect("a trace of each"));
    Some(summary(samples, traces.collect(), max_k, bands))
}

fn traces(model: &Model, isa: Isa, samples: &[&Sample], max_k: usize) -> Vec<Trace> {
    let traces = samples.par_iter().map_init(
        || (Graph::default(), Workspace::default()),
        |(graph, work), sample| trace(model, isa, sample, max_k, graph, work),
    );
    traces.collect()
}

fn summary(samples: &[Sample], traces: Vec<Trace>, max_k: usize, bands: &[f32]) -> Evaluation {
    let n = samples.len().max(1) as f64;
    let share = |f: &dyn Fn(&Trace) -> bool| traces.iter().filter(|t| f(t)).count() as f64 / n;
    let ks = std::iter::successors(Some(1), |k| Some(k * 2)).take_while(|k| *k <= max_k);
    let by_band = |(i, low): (usize, &f32)| {
        let high = bands.get(i + 1).copied().unwrap_or(f32::INFINITY);
        let inside: Vec<_> =
            samples.iter().zip(&traces).filter(|(s, _)| s.rating >= *low && s.rating < high).collect();
        let right = inside.iter().filter(|(_, t)| t.right[t.halted]).count();
        (*low, inside.len(), right as f64 / inside.len().max(1) as f64)
    };
    Evaluation {
        n: samples.len(),
        exact_at: ks
            .chain((!max_k.is_power_of_two()).then_some(max_k))
            .map(|k| (k, share(&|t| t.right[k - 1])))
            .collect(),
        exact_adaptive: share(&|t| t.right[t.halted]),
        mean_k: traces.iter().map(|t| t.halted + 1).sum::<usize>() as f64 / n,
        exact_any: share(&|t| t.right.contains(&true)),
        bands: bands.iter().enumerate().map(by_band).collect(),
    }
}

fn trace(
    model: &Model,
    isa: Isa,
    sample: &Sample,
    max_k: usize,
    graph: &mut Graph,
    work: &mut Workspace<f32>,
) -> Trace {
    sample.build_graph(model, graph);
    let mut state = model.start(graph, &[]);
    let mut output = StepOutput::default();
    let threshold = model.config().halt_threshold;
    let mut right = Vec::with_capacity(max_k);
    let (mut halted, mut channel) = (None, Vec::new());
    for k in 0..max_k {
        if let Some(answers) = model.config().answer_channel {
            let dim = model.config().answer_dim;
            StepNoise::new(0, k as u64).fill(answers.std(k as u64), &graph.live, dim, &mut channel);
        }
        let input = StepInput { question: &sample.question, channel: &channel };
        model.step(isa, graph, input, &mut state, &mut output, work);
        right.push(all_right(model.config().output, graph, &output.logits, sample.target(0.0)));
        if halted.is_none() && output.confidence() >= threshold {
            halted = Some(k);
        }
    }
    Trace { right, halted: halted.unwrap_or(max_k - 1) }
}
