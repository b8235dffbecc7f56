//! Comparison with results of the official PyTorch implementation.
//!
//! A fixture is a pair of files: `NAME.weights.safetensors` (an official state dict) and
//! `NAME.expected.safetensors` (what the reference computed with it). `tests/golden/README.md` of this crate
//! lists the quantities. Sizes are read from the files.
//!
//! Supervision steps are computed in `f64`, so that a difference is either the reference's rounding or an error.
//! Some fixtures are chaotic: with random weights the recursion can amplify any difference thirty times in each
//! step, and then no two `f32` programs agree on later steps. So this module also measures how far rounding alone
//! moves each quantity. One that rounding moves beyond the tolerance is [`Agreement::Chaotic`], and compared no
//! more closely than that. To test step 2 all the same, it is also computed from the reference's own states after
//! step 1 (`step2.from_z.*`).

mod adamw;
mod tensors;

use crate::buffer::Buffer;
use crate::config::Mixer;
use crate::error::{Result, TrmError};
use crate::graph::Graph;
use crate::kernel::{Isa, Real};
use crate::loss::{IGNORE, Target};
use crate::model::{JOINT_HALT_WEIGHT, Model, StepOutput, Workspace};
use crate::net::NetReal;
use crate::official::{self, Conversion};
use crate::recursion::State;
use crate::weights::read_bounded;
use adamw::AdamW;
use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use safetensors::tensor::SafeTensors;
use std::path::Path;
use tensors::{integers, max, max_difference, numbers, tensor, wrong_type};

/// Maximum difference of logits, halt logits and states.
pub const STEP_TOLERANCE: f64 = 1e-4;
/// Maximum difference of a gradient, relative to the tensor's largest entry.
pub const GRADIENT_TOLERANCE: f64 = 1e-3;
/// Maximum difference of a loss.
pub const LOSS_TOLERANCE: f64 = 1e-3;

/// Standard deviation of the noise that simulates the rounding of a supervision step: some 40 blocks with a dozen
/// roundings to `f32` each.
pub const ROUNDING: f64 = 1.5e-6;

/// One compared quantity.
#[derive(Clone, Debug, PartialEq)]
pub struct Quantity {
    /// Its name in the expected file.
    pub name: String,
    /// The largest difference: absolute, or for gradients relative to the largest entry.
    pub difference: f64,
    /// The largest difference allowed.
    pub tolerance: f64,
    /// How far `f32` rounding alone moves it: for supervision steps the difference between this crate's `f32` and
    /// `f64` runs; for AdamW losses the largest difference, up to that step, from three runs with noise
    /// [`ROUNDING`] on the latents; 0 where it was not measured.
    pub rounding: f64,
}

/// The outcome of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreement {
    /// Within the tolerance.
    Within,
    /// Beyond the tolerance, but so is the effect of rounding alone, and the difference is at most four times that.
    Chaotic,
    /// Beyond the tolerance.
    Differs,
}

impl Quantity {
    /// The outcome of the comparison.
    pub fn agreement(&self) -> Agreement {
        if self.difference <= self.tolerance {
            Agreement::Within
        } else if self.rounding > self.tolerance && self.difference <= 4.0 * self.rounding {
            Agreement::Chaotic
        } else {
            Agreement::Differs
        }
    }
}

/// All comparisons of a fixture.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// One for each quantity of the expected file.
    pub quantities: Vec<Quantity>,
}

impl Report {
    /// Whether no quantity differs, and at least one is within its tolerance.
    pub fn passed(&self) -> bool {
        self.count(Agreement::Within) > 0 && self.count(Agreement::Differs) == 0
    }

    /// Number of quantities with this outcome.
    pub fn count(&self, agreement: Agreement) -> usize {
        self.quantities.iter().filter(|q| q.agreement() == agreement).count()
    }

    /// The largest difference of the quantities whose names start with `prefix`.
    pub fn largest(&self, prefix: &str) -> f64 {
        let matching = self.quantities.iter().filter(|q| q.name.starts_with(prefix));
        matching.map(|q| q.difference).fold(0.0, max)
    }

    fn push(&mut self, name: &str, difference: f64, tolerance: f64, rounding: f64) {
        self.quantities.push(Quantity { name: name.into(), difference, tolerance, rounding });
    }
}

/// Compares this crate with what the reference computed from a checkpoint.
///
/// # Errors
/// Those of [`official::load`] for the weights; an error naming the tensor of the expected file that is missing
/// or of another shape.
pub fn check(weights: impl AsRef<Path>, expected: impl AsRef<Path>) -> Result<Report> {
    check_bytes(&read_bounded(weights.as_ref())?, &read_bounded(expected.as_ref())?)
}

/// [`check`] with the contents of the files.
///
/// # Errors
/// Those of [`check`].
pub fn check_bytes(weights: &[u8], expected: &[u8]) -> Result<Report> {
    let model = official::from_bytes(weights, None)?;
    let format = |e: &dyn std::fmt::Display| TrmError::Format { reason: e.to_string() };
    let raw = SafeTensors::deserialize(weights).map_err(|e| format(&e))?;
    let tensors = SafeTensors::deserialize(expected).map_err(|e| format(&e))?;
    let fixture = Fixture::new(&model, &tensors)?;
    let mut report = Report::default();
    fixture.check_steps(&ContinueHead::new(&raw)?, &mut report)?;
    fixture.check_training(&mut report)?;
    Ok(report)
}

/// The second row of the reference's `q_head`, which a model of this crate does not have.
struct ContinueHead {
    weight: Vec<f32>,
    bias: f32,
}

impl ContinueHead {
    fn new(tensors: &SafeTensors) -> Result<Self> {
        let named = official::named(tensors)?;
        let values = |name: &str| -> Result<Vec<f32>> {
            let missing = || TrmError::MissingTensor { name: name.into() };
            let view = named.get(name).ok_or_else(missing)?;
            Ok(official::floats(view).ok_or_else(missing)?.collect())
        };
        let (weight, bias) = (values("inner.q_head.weight")?, values("inner.q_head.bias")?);
        Ok(ContinueHead { weight: weight[weight.len() / 2..].to_vec(), bias: bias[1] })
    }

    fn logit<R: Real>(&self, y: &[R]) -> R {
        let terms = y.iter().zip(&self.weight).map(|(y, w)| *y * R::from_f64(f64::from(*w)));
        terms.fold(R::from_f64(f64::from(self.bias)), |sum, term| sum + term)
    }
}

/// Questions and the reference's results for them.
struct Fixture<'a> {
    model: &'a Model,
    tensors: &'a SafeTensors<'a>,
    graph: Graph,
    /// `[seq_len, vocab]` each
    questions: Vec<Vec<f32>>,
    /// `[seq_len]` each
    labels: Vec<Vec<u32>>,
}

impl<'a> Fixture<'a> {
    fn new(model: &'a Model, tensors: &'a SafeTensors<'a>) -> Result<Self> {
        let (tokens, labels) = (integers(tensors, "tokens")?, integers(tensors, "labels")?);
        let shape = tensors.tensor("tokens").map(|t| t.shape().to_vec()).unwrap_or_default();
        let vocab = model.config().embedding_dim;
        let wrong = |name: &str, expected: String| TrmError::TensorShape {
            name: name.into(),
            found: format!("{shape:?}"),
            expected,
        };
        let &[n, seq_len] = shape.as_slice() else {
            return Err(wrong("tokens", "[questions, seq_len]".into()));
        };
        let room = match model.config().mixer {
            Mixer::Mlp { seq_len, .. } => seq_len - model.config().prefix_tokens,
            _ => 1 << 14,
        };
        if n == 0 || seq_len == 0 || seq_len > room || labels.len() != tokens.len() {
            return Err(wrong("tokens", format!("as many as labels, 1 to {room} a question")));
        }
        if tokens.iter().any(|t| !(0..vocab as i64).contains(t)) {
            return Err(wrong("tokens", format!("below {vocab}")));
        }
        let one_hot = |tokens: &[i64]| {
            let mut question = vec![0.0; seq_len * vocab];
            tokens.iter().enumerate().for_each(|(i, t)| question[i * vocab + *t as usize] = 1.0);
            question
        };
        let class = |label: &i64| match usize::try_from(*label) {
            Ok(class) if class < vocab => class as u32,
            _ => IGNORE,
        };
        let questions = tokens.chunks_exact(seq_len).map(one_hot).collect();
        let labels = labels.chunks_exact(seq_len).map(|l| l.iter().map(class).collect()).collect();
        let mut graph = Graph::default();
        graph.complete(seq_len);
        Ok(Fixture { model, tensors, graph, questions, labels })
    }

    fn start<R: NetReal>(&self, model: &Model<R>) -> Vec<State<R>> {
        self.questions.iter().map(|_| model.start(&self.graph, &[])).collect()
    }

    /// Compares logits, halt logits and states of the supervision steps from the initial state.
    fn check_steps(&self, head: &ContinueHead, report: &mut Report) -> Result<()> {
        let (single, double) = (self.model, &self.model.widen());
        let (mut states, mut wide_states) = (self.start(single), self.start(double));
        for step in 1.. {
            if self.tensors.tensor(&format!("step{step}.logits")).is_err() {
                break;
            }
            if step == 2 && self.tensors.tensor("step1.z_H").is_ok() {
                self.check_second_step(double, head, report)?;
            }
            let rounded = self.step(single, &mut states, head);
            let exact = self.step(double, &mut wide_states, head);
            for ((name, exact), (_, rounded)) in exact.iter().zip(rounded) {
                let name = format!("step{step}.{name}");
                if self.tensors.tensor(&name).is_ok() || !name.contains(".z_") || step == 1 {
                    let rounding = max_difference(exact, &rounded);
                    report.push(&name, self.difference(&name, exact)?, STEP_TOLERANCE, rounding);
                }
            }
        }
        Ok(())
    }

    /// Compares step 2 from the reference's states after step 1.
    fn check_second_step(&self, model: &Model<f64>, head: &ContinueHead, report: &mut Report) -> Result<()> {
        let mut states = self.start(model);
        let len = states[0].y.len();
        let [y, z] = ["step1.z_H", "step1.z_L"].map(|name| self.expected(name, states.len() * len));
        let (y, z) = (y?, z?);
        for ((state, y), z) in states.iter_mut().zip(y.chunks_exact(len)).zip(z.chunks_exact(len)) {
            state.y = y.iter().map(|y| f64::from(*y)).collect();
            state.z = z.iter().map(|z| f64::from(*z)).collect();
        }
        for (name, found) in self.step(model, &mut states, head).into_iter().take(3) {
            let difference = self.difference(&format!("step2.{name}"), &found)?;
            report.push(&format!("step2.from_z.{name}"), difference, STEP_TOLERANCE, 0.0);
        }
        Ok(())
    }

    /// One supervision step of all questions: each quantity with its name.
    fn step<R: NetReal>(
        &self,
        model: &Model<R>,
        states: &mut [State<R>],
        head: &ContinueHead,
    ) -> [(&'static str, Vec<R>); 5] {
        let (mut logits, mut q_halt, mut q_continue) = (Vec::new(), Vec::new(), Vec::new());
        let mut work = Workspace::default();
        for (question, state) in self.questions.iter().zip(states.iter_mut()) {
            let mut output = StepOutput::default();
            model.step(Isa::best(), &self.graph, question, state, &mut output, &mut work);
            logits.extend_from_slice(&output.logits);
            q_halt.push(output.halt_logit);
            q_continue.push(head.logit(&state.y));
        }
        let z_h = states.iter().flat_map(|s| s.y.iter().copied()).collect();
        let z_l = states.iter().flat_map(|s| s.z.iter().copied()).collect();
        [("logits", logits), ("q_halt", q_halt), ("q_continue", q_continue), ("z_H", z_h), ("z_L", z_l)]
    }

    /// Compares losses and gradients of the first training step, and the losses of the AdamW steps.
    fn check_training(&self, report: &mut Report) -> Result<()> {
        let expected = numbers(self.tensors, "train.adamw_losses")?;
        let mut first_losses = Vec::new();
        let losses = self.train(expected.len(), 0, |lm_loss, loss, grads| {
            first_losses = vec![("train.lm_loss", lm_loss), ("train.loss", loss)];
            self.check_gradients(grads, report)
        })?;
        for (name, found) in first_losses {
            let expected = numbers(self.tensors, name)?;
            let expected = expected.first().copied().unwrap_or(f64::NAN);
            report.push(name, (found - expected).abs(), LOSS_TOLERANCE, 0.0);
        }
        let noisy = (1..=3).map(|seed| self.train(expected.len(), seed, |_, _, _| Ok(())));
        let noisy = noisy.collect::<Result<Vec<_>>>()?;
        let mut rounding: f64 = 0.0;
        for (step, expected) in expected.iter().enumerate() {
            let differences = noisy.iter().map(|n| (losses[step] - n[step]).abs());
            rounding = differences.fold(rounding, max);
            let name = format!("train.adamw_losses[{step}]");
            report.push(&name, (losses[step] - expected).abs(), LOSS_TOLERANCE, rounding);
        }
        Ok(())
    }

    /// The losses of `steps` AdamW steps, each with noise [`ROUNDING`] on the latents unless `seed` is 0; `first`
    /// receives the answer loss, the total loss and the gradients of the first step.
    fn train(
        &self,
        steps: usize,
        seed: u64,
        mut first: impl FnMut(f64, f64, &[f32]) -> Result<()>,
    ) -> Result<Vec<f64>> {
        let mut model = self.model.clone();
        let (mut states, mut work) = (self.start(&model), Workspace::default());
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        let (mut adamw, mut losses) = (AdamW::new(&model), Vec::new());
        for step in 0..steps {
            if seed > 0 {
                states.iter_mut().for_each(|state| model.disturb(state, ROUNDING, &mut rng));
            }
            let (lm_loss, loss, grads) = self.train_step(&model, &mut states, &mut work);
            if step == 0 {
                first(lm_loss, loss, &grads)?;
            }
            losses.push(loss);
            adamw.step(&mut model.params, &grads);
        }
        Ok(losses)
    }

    /// Answer loss, total loss and gradients of one step of all questions.
    fn train_step(
        &self,
        model: &Model,
        states: &mut [State<f32>],
        work: &mut Workspace<f32>,
    ) -> (f64, f64, Vec<f32>) {
        let n = model.params.len();
        let (mut grads, mut transposed) = (vec![0.0; n], Buffer::zeros(n));
        model.net().transpose(&model.params, &mut transposed);
        let (mut lm_loss, mut halt_loss) = (0.0, 0.0);
        for ((question, labels), state) in self.questions.iter().zip(&self.labels).zip(states) {
            let mut output = StepOutput::default();
            let loss = model.train_step(
                Isa::best(),
                &transposed,
                &self.graph,
                question,
                Target::Classes(labels),
                1.0,
                state,
                &mut output,
                &mut grads,
                work,
            );
            lm_loss += loss.answer;
            halt_loss += loss.halt;
        }
        (lm_loss, lm_loss + JOINT_HALT_WEIGHT * halt_loss, grads)
    }

    fn check_gradients(&self, grads: &[f32], report: &mut Report) -> Result<()> {
        let constant = ["inner.H_init", "inner.L_init", "inner.puzzle_emb.weights"];
        for (official, here, conversion) in official::tensor_map(self.model.config()) {
            let name = format!("grad.{official}");
            let view = match self.tensors.tensor(&name) {
                Ok(view) => view,
                Err(_) if constant.contains(&official.as_str()) => continue,
                Err(_) => return Err(TrmError::MissingTensor { name }),
            };
            let entry = self.model.layout().get(&here).expect("every mapped tensor is in the layout");
            let mut expected = vec![0.0; entry.range.len()];
            official::read_tensor(&name, &view, conversion, &entry.shape, &mut expected)?;
            let size = expected.iter().fold(0.0, |m, e| max(m, f64::from(e.abs())));
            let absolute = max_difference(&grads[entry.range.clone()], &expected);
            let relative = if absolute == 0.0 { 0.0 } else { absolute / size };
            report.push(&name, relative, GRADIENT_TOLERANCE, 0.0);
        }
        Ok(())
    }

    fn difference<R: Real>(&self, name: &str, found: &[R]) -> Result<f64> {
        Ok(max_difference(found, &self.expected(name, found.len())?))
    }

    /// A tensor of `len` values, whatever its shape.
    fn expected(&self, name: &str, len: usize) -> Result<Vec<f32>> {
        let view = tensor(self.tensors, name)?;
        let shape = view.shape().to_vec();
        if shape.iter().product::<usize>() != len {
            return Err(wrong_type(name, &view, &format!("{len} numbers")));
        }
        let mut expected = vec![0.0; len];
        official::read_tensor(name, &view, Conversion::Same, &shape, &mut expected)?;
        Ok(expected)
    }
}
