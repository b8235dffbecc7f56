//! The training loop.

use crate::ahead::Ahead;
use crate::checkpoint::Checkpoint;
use crate::config::TrainConfig;
use crate::difference::differences;
use crate::gradient_sum::GradientSum;
use crate::optimizer::{Method, Optimizer, Trained};
use crate::progress::{Progress, Window};
use crate::share::{CHUNK, Part, Report, Share};
use crate::slot::Slot;
use crate::{Data, Result, Sample, TrainError};
use rayon::prelude::*;
use std::sync::Mutex;
use std::time::Instant;
use trm_core::kernel::Isa;
use trm_core::model::{Compute, Workspace};
use trm_core::net::Transposed;
use trm_core::{Buffer, Model, Precision};
use trm_world::{Alone, World};

/// One question is drawn ahead for so many of a batch.
const AHEAD: usize = 4;

/// What a thread does in a step.
enum Task<'a> {
    Learn(&'a mut Part),
    Draw(u64, &'a mut Sample),
}

/// A model in training.
///
/// In a world of several ranks each has some of the running questions, and all of them call the same methods in the
/// same order; the weights are the same on all ranks at every moment.
pub struct Trainer<'a> {
    config: TrainConfig,
    model: Model,
    data: &'a dyn Data,
    world: &'a dyn World,
    isa: Isa,
    transposed: Buffer<f32>,
    /// The matrices and the transposed matrices as bf16 pairs, where the passes are computed in bf16.
    pairs: Option<[Buffer<f32>; 2]>,
    optimizer: Optimizer,
    trained: Trained,
    share: Share,
    /// The chunks of this rank.
    parts: Vec<Part>,
    /// Tapes and buffers, as many as threads have worked at once. A thread takes the last one that was put back, which
    /// its cache may still hold.
    workspaces: Mutex<Vec<Workspace<f32>>>,
    sum: GradientSum,
    grads: Vec<f32>,
    next_index: u64,
    ahead: Ahead,
    question_steps: u64,
    seconds: f64,
    flops: Option<u64>,
    window: Window,
    last: (f64, f64),
}

impl<'a> Trainer<'a> {
    /// Starts a run from the weights of `model`, in this process alone.
    ///
    /// # Errors
    /// [`TrainError::Config`]
    pub fn new(model: Model, config: TrainConfig, data: &'a dyn Data) -> Result<Self> {
        Self::new_in(&Alone, model, config, data)
    }

    /// Starts a run on all ranks of `world`.
    ///
    /// # Errors
    /// [`TrainError::Config`], and [`TrainError::OtherRank`] where ranks have different settings.
    pub fn new_in(
        world: &'a dyn World,
        model: Model,
        config: TrainConfig,
        data: &'a dyn Data,
    ) -> Result<Self> {
        config.validate(&model)?;
        let mut trainer = Self::empty(world, model, config, data)?;
        let batch = trainer.config.batch;
        let this = &trainer;
        let open = |chunk: usize| {
            let indices = CHUNK * chunk..batch.min(CHUNK * (chunk + 1));
            let slot = |i| Slot::open(&this.model, &this.config, data.sample(i), i);
            let slots = indices.map(|i| slot(i as u64));
            this.part(Part { chunk, ..Part::default() }, slots.collect())
        };
        trainer.parts = this.share.chunks(world.rank()).map(open).collect();
        trainer.next_index = batch as u64;
        trainer.rebalance()?;
        Ok(trainer)
    }

    fn empty(
        world: &'a dyn World,
        model: Model,
        mut config: TrainConfig,
        data: &'a dyn Data,
    ) -> Result<Self> {
        let isa = config.isa().unwrap_or(Isa::best());
        config.kernel = Some(isa.name().to_owned());
        let n = model.params.len();
        let trainer = Trainer {
            optimizer: Optimizer::new(&model.params),
            trained: trained(&model, config.optimizer.method, isa),
            transposed: Buffer::zeros(n),
            pairs: (config.precision == Precision::Bf16).then(|| [n, n].map(Buffer::zeros)),
            grads: vec![0.0; n],
            share: Share::new(world, config.batch),
            parts: Vec::new(),
            workspaces: Mutex::default(),
            sum: GradientSum::default(),
            isa,
            next_index: 0,
            ahead: Ahead::default(),
            question_steps: 0,
            seconds: 0.0,
            flops: Some(0),
            window: Window::default(),
            last: (0.0, 0.0),
            config,
            model,
            data,
            world,
        };
        let identity = trainer.identity(&trainer.config);
        trainer.same_on_all_ranks(identity.into_bytes(), |own, other| {
            differences(&String::from_utf8_lossy(other), &String::from_utf8_lossy(own))
        })?;
        Ok(trainer)
    }

    /// A part with these questions; `spare` gives its chunk and perhaps its memory.
    fn part(&self, spare: Part, slots: Vec<Slot>) -> Part {
        let mut part = Part { slots, ..spare };
        part.grads.resize(self.model.params.len());
        part
    }

    /// Goes on from a checkpoint of the same run, in this process alone.
    ///
    /// # Errors
    /// [`TrainError::OtherRun`] where the configurations differ.
    pub fn resume(
        model: Model,
        config: TrainConfig,
        data: &'a dyn Data,
        checkpoint: Checkpoint,
    ) -> Result<Self> {
        Self::resume_in(&Alone, model, config, data, checkpoint)
    }

    /// Goes on from a checkpoint of the same run on all ranks of `world`, however many wrote it.
    ///
    /// # Errors
    /// [`TrainError::OtherRun`] where the configurations differ, and [`TrainError::OtherRank`].
    pub fn resume_in(
        world: &'a dyn World,
        model: Model,
        config: TrainConfig,
        data: &'a dyn Data,
        checkpoint: Checkpoint,
    ) -> Result<Self> {
        config.validate(&model)?;
        let mut trainer = Self::empty(world, model, config, data)?;
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
        trainer.model.params.copy_from(&checkpoint.params);
        trainer.optimizer = checkpoint.optimizer;
        trainer.next_index = checkpoint.next_index;
        trainer.question_steps = checkpoint.question_steps;
        trainer.seconds = checkpoint.seconds;
        trainer.flops = checkpoint.flops;
        let (this, mut states) = (&trainer, checkpoint.slots.into_iter());
        let mut parts = Vec::new();
        for (chunk, owner) in this.share.owners.iter().enumerate() {
            let states: Vec<_> = states.by_ref().take(CHUNK).collect();
            if *owner == world.rank() {
                let restore = |state| Slot::restore(&this.model, &this.config, data, state);
                let slots: Result<Vec<Slot>> = states.into_iter().map(restore).collect();
                parts.push(this.part(Part { chunk, ..Part::default() }, slots?));
            }
        }
        trainer.parts = parts;
        trainer.rebalance()?;
        Ok(trainer)
    }

    /// Fails where a rank has other bytes here than rank 0; `differ` says in what.
    fn same_on_all_ranks(&self, own: Vec<u8>, differ: impl Fn(&[u8], &[u8]) -> String) -> Result<()> {
        let all = self.world.all_gather(own);
        match all.iter().position(|other| *other != all[0]) {
            Some(rank) => Err(TrainError::OtherRank { rank, reason: differ(&all[0], &all[rank]) }),
            None => Ok(()),
        }
    }

    /// Fails where a rank has come to other weights than rank 0, as processors or libraries of different kinds would.
    ///
    /// # Errors
    /// [`TrainError::OtherRank`]
    pub fn check_ranks(&self) -> Result<()> {
        if self.world.size() == 1 {
            return Ok(());
        }
        let mut hash = crc32fast::Hasher::new();
        self.model.params.iter().for_each(|p| hash.update(&p.to_bits().to_le_bytes()));
        let step = self.optimizer.step;
        self.same_on_all_ranks(hash.finalize().to_le_bytes().to_vec(), |_, _| {
            format!("other weights at step {step}; all ranks need processors and libraries of one kind")
        })
    }

    /// What a resumed run must have in common: model, settings with the instruction set, and data.
    fn identity(&self, config: &TrainConfig) -> String {
        serde_json::to_string(&(self.model.config(), config, self.data.describe())).expect("plain data")
    }

    /// The state of the run, to be saved by rank 0. On other ranks it lacks the questions of the others, and is refused
    /// by [`Trainer::resume`].
    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint {
            config: self.identity(&self.config),
            params: self.model.params.to_vec(),
            optimizer: self.optimizer.clone(),
            slots: self.share.states(self.world, &self.parts),
            next_index: self.next_index,
            question_steps: self.question_steps,
            seconds: self.seconds,
            flops: self.flops,
        }
    }

    /// The model with its averaged weights.
    pub fn averaged(&self) -> Model {
        let mut model = self.model.clone();
        model.params.copy_from(&self.optimizer.ema);
        model
    }

    /// Question-steps so far, and the operations of their matrix products where all were counted.
    pub fn effort(&self) -> (u64, Option<u64>) {
        (self.question_steps, self.flops)
    }

    /// The instruction set that it computes with.
    pub fn isa(&self) -> Isa {
        self.isa
    }

    /// Optimiser steps so far.
    pub fn step_count(&self) -> u64 {
        self.optimizer.step
    }

    /// One optimiser step: one supervision step for every running question.
    ///
    /// # Errors
    /// [`TrainError::Diverged`] where the loss is not finite.
    pub fn step(&mut self) -> Result<()> {
        let start = Instant::now();
        self.model.net().transpose(&self.model.params, &mut self.transposed);
        if let Some([forward, backward]) = &mut self.pairs {
            self.model.net().pack(&self.model.params, forward);
            self.model.net().pack_transposed(&self.transposed, backward);
        }
        let [forward, backward] = [0, 1].map(|i| self.pairs.as_ref().map(|pairs| &pairs[i][..]));
        let compute = Compute { isa: self.isa, pairs: forward };
        let transposed = Transposed { weights: &self.transposed, pairs: backward };
        let (model, config, data) = (&self.model, &self.config, self.data);
        let workspaces = || self.workspaces.lock().expect("no thread panics with it");
        let learn = |part: &mut Part| {
            let mut workspace = workspaces().pop().unwrap_or_default();
            part.grads.fill(0.0);
            part.losses.clear();
            for slot in &mut part.slots {
                let loss = slot.learn(model, config, compute, transposed, &mut part.grads, &mut workspace);
                part.losses.push(loss);
            }
            workspaces().push(workspace);
        };
        // In a world of several ranks it is not yet known which of them will need a question.
        let n_ahead = if self.world.size() == 1 { config.batch.div_ceil(AHEAD) } else { 0 };
        let draws =
            self.ahead.grow(self.next_index, n_ahead).map(|(index, sample)| Task::Draw(index, sample));
        let tasks: Vec<Task> = self.parts.iter_mut().map(Task::Learn).chain(draws).collect();
        // Each task by itself, so that the thread that is done first finds one.
        tasks.into_par_iter().with_max_len(1).for_each(|task| match task {
            Task::Learn(part) => learn(part),
            Task::Draw(index, sample) => *sample = data.sample(index),
        });
        let (most, flops) = (config.max_supervision_steps, |s: &Slot| model.train_step_flops(&s.graph));
        let reports = self.share.reports(self.world, &self.parts, most, flops);
        self.sum.sum(self.world, &self.share, &self.parts, &mut self.grads);
        self.update(&reports)?;
        self.replace(&reports)?;
        let seconds = start.elapsed().as_secs_f64();
        self.seconds += seconds;
        self.window.seconds += seconds;
        Ok(())
    }

    fn update(&mut self, reports: &[Report]) -> Result<()> {
        let batch = self.config.batch as f64;
        let loss = reports.iter().map(|report| report.answer).sum::<f64>();
        let step = self.optimizer.step + 1;
        let halt_loss = reports.iter().map(|report| report.halt).sum::<f64>();
        let all = loss + halt_loss + self.grads.iter().map(|g| f64::from(*g)).sum::<f64>();
        if !all.is_finite() {
            return Err(TrainError::Diverged { step, loss: loss / batch });
        }
        let flops = reports.iter().map(|report| report.flops).sum::<u64>();
        self.window.add(loss, halt_loss, flops, reports);
        self.question_steps += self.config.batch as u64;
        self.flops = self.flops.map(|so_far| so_far.saturating_add(flops));
        let rate = self.config.optimizer.rate(step, self.config.steps);
        let length = self.optimizer.update(
            &self.config.optimizer,
            rate,
            &self.trained,
            &mut self.model.params,
            &self.grads,
        );
        self.last = (length, rate);
        Ok(())
    }

    /// Makes room for new questions, which are numbered in the order of the batch.
    fn replace(&mut self, reports: &[Report]) -> Result<()> {
        let mut next_index = self.next_index;
        let numbers = reports.iter().map(|report| {
            report.done.then(|| {
                next_index += 1;
                next_index - 1
            })
        });
        let numbers: Vec<Option<u64>> = numbers.collect();
        self.next_index = next_index;
        let (model, config, data) = (&self.model, &self.config, self.data);
        let slots = self.parts.iter_mut().flat_map(|part| {
            let first = CHUNK * part.chunk;
            part.slots.iter_mut().enumerate().map(move |(i, slot)| (first + i, slot))
        });
        let mut done = Vec::new();
        for (i, slot) in slots {
            slot.advance(reports[i].right);
            done.extend(numbers[i].map(|index| (slot, index, self.ahead.take(index))));
        }
        done.into_par_iter().for_each(|(slot, index, sample)| {
            let sample = sample.unwrap_or_else(|| data.sample(index));
            *slot = Slot::open(model, config, sample, index);
        });
        if numbers.iter().any(Option::is_some) { self.rebalance() } else { Ok(()) }
    }

    fn rebalance(&mut self) -> Result<()> {
        let (mut share, mut parts) = (std::mem::take(&mut self.share), std::mem::take(&mut self.parts));
        let cost = |slot: &Slot| self.model.train_step_flops(&slot.graph);
        let result = share.rebalance(self.world, &mut parts, cost, |spare, states| {
            let restore = |state| Slot::restore(&self.model, &self.config, self.data, state);
            let slots: Result<Vec<Slot>> = states.into_iter().map(restore).collect();
            Ok(self.part(spare, slots?))
        });
        (self.share, self.parts) = (share, parts);
        result
    }

    /// What the steps since the last report measured.
    pub fn progress(&mut self) -> Progress {
        let window = std::mem::take(&mut self.window);
        window.progress(Progress {
            step: self.optimizer.step,
            question_steps: self.question_steps,
            seconds: self.seconds,
            flops: self.flops,
            gradient: self.last.0,
            learning_rate: self.last.1,
            ..Progress::default()
        })
    }
}

/// What of the model is trained, and how. The answer's weights and the halt head's are clipped apart.
fn trained(model: &Model, method: Method, isa: Isa) -> Trained {
    let (halt, muon) = (model.halt_params(), method == Method::Muon);
    let entries = || model.layout().entries.iter().filter(|e| e.trained);
    let (halt, answer) = entries()
        .filter(|e| !(muon && e.tile.is_some()))
        .map(|e| e.range.clone())
        .partition(|r| halt.contains(&r.start));
    let matrices = entries().filter(|_| muon).flat_map(|e| e.matrices()).collect();
    Trained { clip_apart: vec![answer, halt], matrices, isa }
}
