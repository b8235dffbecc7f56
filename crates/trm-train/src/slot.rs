//! A running question.

use crate::checkpoint::SlotState;
use crate::config::TrainConfig;
use crate::leak::{self, Episode};
use crate::{Data, Process, Result, Sample, TrainError};
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use trm_core::loss::Target;
use trm_core::model::{Compute, StepInput, StepLoss, StepOutput, StepTarget, Workspace};
use trm_core::net::Transposed;
use trm_core::noise::StepNoise;
use trm_core::recursion::State;
use trm_core::{Graph, Model};

/// Sets the noise of the state apart from that of the answer channel, which has the question's own seed.
const DISTURB: u64 = 0x9FB2_1C65_1E98_DF25;

pub(crate) struct Slot {
    pub index: u64,
    pub steps: u32,
    /// Steps in a row that were right.
    right_steps: u32,
    /// After how many of them the question leaves.
    leaves_after: u32,
    /// Seed of its noise.
    pub seed: u64,
    /// Its leaked episode, if it has one.
    pub episode: Option<Episode>,
    /// `[live, answer_dim]`: the answer channel of the running step.
    pub channel: Vec<f32>,
    /// The steps of its process, if it has one.
    process_steps: Option<u32>,
    /// Marks and hints that the running step should show, where it has a process.
    pub due: (Vec<bool>, Vec<bool>),
    pub sample: Sample,
    pub graph: Graph,
    pub state: State<f32>,
    pub output: StepOutput<f32>,
}

impl Slot {
    /// Question `index`, which is `sample`, in its initial state.
    pub fn open(model: &Model, config: &TrainConfig, sample: Sample, index: u64) -> Self {
        let mut graph = Graph::default();
        sample.build_graph(model, &mut graph);
        let mut state = model.start(&graph, &[]);
        let seed = config.seed ^ index.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        model.disturb(&mut state, config.latent_noise, &mut rng);
        let leaves_after = 1 + rng.random_range(0..=config.linger);
        let output = StepOutput::default();
        let episode = config.leak.and_then(|leak| leak.draw(config.max_supervision_steps, &mut rng));
        let (steps, right_steps, channel) = (0, 0, Vec::new());
        let (process_steps, due) = (sample.process.as_ref().map(Process::n_steps), Default::default());
        Slot {
            index,
            steps,
            right_steps,
            leaves_after,
            seed,
            episode,
            channel,
            process_steps,
            due,
            sample,
            graph,
            state,
            output,
        }
    }

    /// A question in the state that [`Slot::save`] gave.
    ///
    /// # Errors
    /// [`TrainError::OtherRun`] where the state is not that of a running question of this size.
    pub fn restore(model: &Model, config: &TrainConfig, data: &dyn Data, saved: SlotState) -> Result<Self> {
        let mut slot = Slot::open(model, config, data.sample(saved.index), saved.index);
        let running = saved.right_steps <= saved.steps && saved.steps < config.max_supervision_steps;
        if !running || saved.y.len() != slot.state.y.len() || saved.z.len() != slot.state.z.len() {
            let reason = format!("question {} has another size, or more steps", saved.index);
            return Err(TrainError::OtherRun { reason });
        }
        slot.steps = saved.steps;
        slot.right_steps = saved.right_steps;
        slot.state = State { y: saved.y, z: saved.z };
        slot.output.logits = saved.logits;
        Ok(slot)
    }

    pub fn save(&self) -> SlotState {
        SlotState {
            index: self.index,
            steps: self.steps,
            right_steps: self.right_steps,
            y: self.state.y.clone(),
            z: self.state.z.clone(),
            logits: self.output.logits.clone(),
        }
    }

    /// Adds noise of this standard deviation to the state before the running step.
    fn disturb(&mut self, std: f64) {
        let noise = StepNoise::new(self.seed ^ DISTURB, u64::from(self.steps));
        for (index, value) in self.state.y.iter_mut().chain(&mut self.state.z).enumerate() {
            *value += std as f32 * noise.normal(index as u64);
        }
    }

    /// Its running step: the state moves on, and the gradient is added to `grads`.
    pub fn learn(
        &mut self,
        model: &Model,
        config: &TrainConfig,
        compute: Compute<f32>,
        transposed: Transposed<f32>,
        grads: &mut [f32],
        workspace: &mut Workspace<f32>,
    ) -> StepLoss {
        if config.state_noise > 0.0 {
            self.disturb(config.state_noise);
        }
        let Slot { graph, sample, state, output, channel, due, .. } = self;
        if model.config().answer_channel.is_some() {
            leak::fill(sample, &graph.live, self.episode, self.steps, self.seed, model.config(), channel);
        }
        let solution = sample.target(config.balance);
        let target = match &sample.process {
            Some(process) => {
                process.at(self.steps, &mut due.0, &mut due.1);
                StepTarget { answer: Target::Marks(&due.0), solution, hints: &due.1 }
            }
            None => solution.into(),
        };
        let (input, scale) = (StepInput { question: &sample.question, channel }, 1.0 / config.batch as f64);
        model.train_step(compute, transposed, graph, input, target, scale, state, output, grads, workspace)
    }

    /// Right steps in a row, once the running one is `right`.
    fn right_steps_after(&self, right: bool) -> u32 {
        if right { self.right_steps + 1 } else { 0 }
    }

    /// Whether it makes room after a step: once it was right for long enough, unless its episode runs to the end.
    pub fn is_done_after(&self, right: bool, max_supervision_steps: u32) -> bool {
        let (steps, is_right) = (self.steps + 1, self.right_steps_after(right) >= self.leaves_after);
        // A net that has lost its way has nothing to learn from what would be due on it.
        if self.process_steps.is_some_and(|n| steps >= n + self.leaves_after) {
            return true;
        }
        match self.episode {
            Some(Episode { n_steps, until_right, .. }) => steps >= n_steps || until_right && is_right,
            None => is_right || steps >= max_supervision_steps,
        }
    }

    /// Counts a step.
    pub fn advance(&mut self, right: bool) {
        self.right_steps = self.right_steps_after(right);
        self.steps += 1;
    }
}
