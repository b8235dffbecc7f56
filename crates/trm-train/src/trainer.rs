//! The training loop.

use crate::checkpoint::{Checkpoint, SlotState};
use crate::config::TrainConfig;
use crate::difference::differences;
use crate::leak::{self, Episode};
use crate::optimizer::Optimizer;
use crate::{Data, Result, Sample, TrainError};
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::sync::Mutex;
use std::time::Instant;
use trm_core::kernel::Isa;
use trm_core::model::{StepInput, StepLoss, StepOutput, Workspace};
use trm_core::recursion::State;
use trm_core::{Graph, Model};

/// Questions whose gradients are summed by one thread before the others' are added: fixed, so
/// that the number of threads does not change the bits.
const CHUNK: usize = 2;

/// A running question.
struct Slot {
    index: u64,
    steps: u32,
    /// Steps in a row that were right.
    right_steps: u32,
    /// After how many of them the question leaves.
    leaves_after: u32,
    /// Seed of its noise.
    seed: u64,
    /// Its leaked episode, if it has one.
    episode: Option<Episode>,
    /// `[live, answer_dim]`: the answer channel of the running step.
    channel: Vec<f32>,
    sample: Sample,
    graph: Graph,
    state: State<f32>,
    output: StepOutput<f32>,
}

impl Slot {
    /// Whether it makes room: a leaked episode at its end, another question once it was right for long enough.
    fn is_done(&self, max_supervision_steps: u32) -> bool {
        match self.episode {
            Some(episode) => self.steps >= episode.n_steps,
            None => self.right_steps >= self.leaves_after || self.steps >= max_supervision_steps,
        }
    }
}

/// The gradient sum of some slots.
#[derive(Default)]
struct Part {
    grads: Vec<f32>,
    losses: Vec<StepLoss>,
}

/// What the last steps measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Optimiser steps so far.
    pub step: u64,
    /// Question-steps so far.
    pub question_steps: u64,
    /// Seconds of training so far.
    pub seconds: f64,
    /// Mean loss of the answers since the last report.
    pub loss: f64,
    /// Mean loss of the halt head since the last report.
    pub halt_loss: f64,
    /// Share of the batch that was answered right, since the last report.
    pub batch_exact: f64,
    /// Length of the last gradient before clipping.
    pub gradient: f64,
    /// Learning rate of the last step.
    pub learning_rate: f64,
    /// Question-steps per second since the last report.
    pub question_steps_per_second: f64,
    /// Billions of operations of matrix products per second since the last report.
    pub gflops: f64,
}

/// Sums since the last report.
#[derive(Default)]
struct Window {
    losses: f64,
    halt_losses: f64,
    right: u64,
    n: u64,
    flops: u64,
    seconds: f64,
}

/// A model in training.
pub struct Trainer<'a> {
    config: TrainConfig,
    model: Model,
    data: &'a dyn Data,
    isa: Isa,
    transposed: Vec<f32>,
    optimizer: Optimizer,
    slots: Vec<Slot>,
    parts: Vec<Part>,
    /// Tapes and buffers, as many as threads have worked at once. A thread takes the last one that was put back, which
    /// its cache may still hold.
    workspaces: Mutex<Vec<Workspace<f32>>>,
    grads: Vec<f32>,
    next_index: u64,
    question_steps: u64,
    seconds: f64,
    window: Window,
    last: (f64, f64),
}

impl<'a> Trainer<'a> {
    /// Starts a run from the weights of `model`.
    ///
    /// # Errors
    /// [`TrainError::Config`]
    pub fn new(model: Model, config: TrainConfig, data: &'a dyn Data) -> Result<Self> {
        config.validate(&model)?;
        let mut trainer = Self::empty(model, config, data);
        for _ in 0..trainer.config.batch {
            let slot = trainer.ask();
            trainer.slots.push(slot);
        }
        Ok(trainer)
    }

    fn empty(model: Model, mut config: TrainConfig, data: &'a dyn Data) -> Self {
        let isa = config.isa().unwrap_or(Isa::best());
        config.kernel = Some(isa.name().to_owned());
        let n = model.params.len();
        let n_parts = config.batch.div_ceil(CHUNK);
        let mut parts = Vec::new();
        parts.resize_with(n_parts, || Part { grads: vec![0.0; n], ..Part::default() });
        Trainer {
            optimizer: Optimizer::new(&model.params),
            transposed: vec![0.0; n],
            grads: vec![0.0; n],
            slots: Vec::with_capacity(config.batch),
            isa,
            next_index: 0,
            question_steps: 0,
            seconds: 0.0,
            window: Window::default(),
            last: (0.0, 0.0),
            parts,
            workspaces: Mutex::default(),
            config,
            model,
            data,
        }
    }

    /// Goes on from a checkpoint of the same run.
    ///
    /// # Errors
    /// [`TrainError::OtherRun`] where the configurations differ.
    pub fn resume(
        model: Model,
        config: TrainConfig,
        data: &'a dyn Data,
        checkpoint: Checkpoint,
    ) -> Result<Self> {
        config.validate(&model)?;
        let mut trainer = Self::empty(model, config, data);
        let other = |reason: String| Err(TrainError::OtherRun { reason });
        let expected = trainer.identity(&trainer.config);
        // Older checkpoints do not name their instruction set.
        let unnamed = trainer.identity(&TrainConfig { kernel: None, ..trainer.config.clone() });
        if checkpoint.config != expected && checkpoint.config != unnamed {
            return other(differences(&checkpoint.config, &expected));
        }
        let n = trainer.model.params.len();
        let Checkpoint { params, optimizer, slots, .. } = &checkpoint;
        let counted = checkpoint.next_index.max(checkpoint.question_steps) >> 62 == 0;
        if params.len() != n || !optimizer.fits(n) || slots.len() != trainer.config.batch || !counted {
            return other(format!("{} weights and {} questions", params.len(), slots.len()));
        }
        trainer.model.params = checkpoint.params;
        trainer.optimizer = checkpoint.optimizer;
        trainer.next_index = checkpoint.next_index;
        trainer.question_steps = checkpoint.question_steps;
        trainer.seconds = checkpoint.seconds;
        for saved in checkpoint.slots {
            let mut slot = trainer.open(saved.index);
            let running =
                saved.right_steps <= saved.steps && saved.steps < trainer.config.max_supervision_steps;
            if !running || saved.y.len() != slot.state.y.len() || saved.z.len() != slot.state.z.len() {
                return other(format!("question {} has another size, or more steps", saved.index));
            }
            slot.steps = saved.steps;
            slot.right_steps = saved.right_steps;
            slot.state = State { y: saved.y, z: saved.z };
            slot.output.logits = saved.logits;
            trainer.slots.push(slot);
        }
        Ok(trainer)
    }

    /// What a resumed run must have in common: model, settings with the instruction set, and data.
    fn identity(&self, config: &TrainConfig) -> String {
        serde_json::to_string(&(self.model.config(), config, self.data.describe())).expect("plain data")
    }

    /// The state of the run, to be saved.
    pub fn checkpoint(&self) -> Checkpoint {
        let saved = |s: &Slot| SlotState {
            index: s.index,
            steps: s.steps,
            right_steps: s.right_steps,
            y: s.state.y.clone(),
            z: s.state.z.clone(),
            logits: s.output.logits.clone(),
        };
        Checkpoint {
            config: self.identity(&self.config),
            params: self.model.params.clone(),
            optimizer: self.optimizer.clone(),
            slots: self.slots.iter().map(saved).collect(),
            next_index: self.next_index,
            question_steps: self.question_steps,
            seconds: self.seconds,
        }
    }

    /// The model with its averaged weights.
    pub fn averaged(&self) -> Model {
        let mut model = self.model.clone();
        model.params.clone_from(&self.optimizer.ema);
        model
    }

    /// Optimiser steps so far.
    pub fn step_count(&self) -> u64 {
        self.optimizer.step
    }

    fn ask(&mut self) -> Slot {
        let index = self.next_index;
        self.next_index += 1;
        self.open(index)
    }

    /// Question `index` in its initial state.
    fn open(&self, index: u64) -> Slot {
        let sample = self.data.sample(index);
        let mut graph = Graph::default();
        sample.build_graph(&self.model, &mut graph);
        let mut state = self.model.start(&graph, &[]);
        let seed = self.config.seed ^ index.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        self.model.disturb(&mut state, self.config.latent_noise, &mut rng);
        let leaves_after = 1 + rng.random_range(0..=self.config.linger);
        let output = StepOutput::default();
        let episode =
            self.config.leak.and_then(|leak| leak.draw(self.config.max_supervision_steps, &mut rng));
        let (steps, right_steps, channel) = (0, 0, Vec::new());
        Slot { index, steps, right_steps, leaves_after, seed, episode, channel, sample, graph, state, output }
    }

    /// One optimiser step: one supervision step for every running question.
    ///
    /// # Errors
    /// [`TrainError::Diverged`] where the loss is not finite.
    pub fn step(&mut self) -> Result<()> {
        let start = Instant::now();
        self.model.net().transpose(&self.model.params, &mut self.transposed);
        let (model, isa, transposed) = (&self.model, self.isa, &self.transposed);
        let (scale, balance) = (1.0 / self.config.batch as f64, self.config.balance);
        let flops: u64 = self.slots.iter().map(|s| model.train_step_flops(&s.graph)).sum();
        let workspaces = || self.workspaces.lock().expect("no thread panics with it");
        self.slots.par_chunks_mut(CHUNK).zip(&mut self.parts).for_each(|(slots, part)| {
            let mut workspace = workspaces().pop().unwrap_or_default();
            part.grads.fill(0.0);
            part.losses.clear();
            for slot in slots {
                let Slot { graph, sample, state, output, channel, .. } = slot;
                if model.config().answer_channel.is_some() {
                    let (live, config) = (&graph.live, model.config());
                    leak::fill(sample, live, slot.episode, slot.steps, slot.seed, config, channel);
                }
                part.losses.push(model.train_step(
                    isa,
                    transposed,
                    graph,
                    StepInput { question: &sample.question, channel },
                    sample.target(balance),
                    scale,
                    state,
                    output,
                    &mut part.grads,
                    &mut workspace,
                ));
            }
            workspaces().push(workspace);
        });
        self.grads.fill(0.0);
        for part in &self.parts {
            self.grads.iter_mut().zip(&part.grads).for_each(|(g, p)| *g += *p);
        }
        self.update()?;
        self.replace();
        let seconds = start.elapsed().as_secs_f64();
        self.seconds += seconds;
        self.window.seconds += seconds;
        self.window.flops += flops;
        Ok(())
    }

    fn update(&mut self) -> Result<()> {
        let batch = self.config.batch as f64;
        let losses = || self.parts.iter().flat_map(|p| &p.losses);
        let loss = losses().map(|l| l.answer).sum::<f64>();
        let step = self.optimizer.step + 1;
        let halt_loss = losses().map(|l| l.halt).sum::<f64>();
        let all = loss + halt_loss + self.grads.iter().map(|g| f64::from(*g)).sum::<f64>();
        if !all.is_finite() {
            return Err(TrainError::Diverged { step, loss: loss / batch });
        }
        self.window.losses += loss;
        self.window.halt_losses += halt_loss;
        self.window.right += losses().filter(|l| l.right).count() as u64;
        self.window.n += self.config.batch as u64;
        self.question_steps += self.config.batch as u64;
        let halt = self.model.halt_params();
        let trained = self.model.layout().entries.iter().filter(|e| e.trained).map(|e| e.range.clone());
        let (halt_ranges, answer_ranges) =
            trained.partition(|r: &core::ops::Range<usize>| halt.contains(&r.start));
        let rate = self.config.optimizer.rate(step, self.config.steps);
        let length = self.optimizer.update(
            &self.config.optimizer,
            rate,
            &[answer_ranges, halt_ranges],
            &mut self.model.params,
            &self.grads,
        );
        self.last = (length, rate);
        Ok(())
    }

    /// Makes room for new questions.
    fn replace(&mut self) {
        let right: Vec<bool> = self.parts.iter().flat_map(|p| p.losses.iter().map(|l| l.right)).collect();
        let mut done = Vec::new();
        for (i, (slot, right)) in self.slots.iter_mut().zip(right).enumerate() {
            slot.steps += 1;
            slot.right_steps = if right { slot.right_steps + 1 } else { 0 };
            if slot.is_done(self.config.max_supervision_steps) {
                done.push(i);
            }
        }
        let first = self.next_index;
        self.next_index += done.len() as u64;
        let this: &Self = self;
        let fresh: Vec<Slot> = (0..done.len() as u64).into_par_iter().map(|i| this.open(first + i)).collect();
        for (i, slot) in done.into_iter().zip(fresh) {
            self.slots[i] = slot;
        }
    }

    /// What the steps since the last report measured.
    pub fn progress(&mut self) -> Progress {
        let window = std::mem::take(&mut self.window);
        let n = window.n.max(1) as f64;
        Progress {
            step: self.optimizer.step,
            question_steps: self.question_steps,
            seconds: self.seconds,
            loss: window.losses / n,
            halt_loss: window.halt_losses / n,
            batch_exact: window.right as f64 / n,
            gradient: self.last.0,
            learning_rate: self.last.1,
            question_steps_per_second: window.n as f64 / window.seconds.max(1e-9),
            gflops: window.flops as f64 / window.seconds.max(1e-9) / 1e9,
        }
    }
}
