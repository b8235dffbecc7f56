//! A task small enough for a test: mark each free cell that has the start right above it.

use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use trm_core::{Mixer, Model, Output, Relations, TrmConfig};
use trm_train::{Answer, Data, OptimizerConfig, Sample, TrainConfig};

/// Grids of 3x3 to 5x5 cells: free, wall (absent) or start.
pub struct BelowStart;

impl Data for BelowStart {
    fn describe(&self) -> String {
        "below the start".into()
    }

    fn sample(&self, index: u64) -> Sample {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(index);
        let side = rng.random_range(3..=5usize);
        let mut question = vec![0.0; side * side * 2];
        let start = rng.random_range(0..side * side);
        for cell in 0..side * side {
            if cell == start {
                question[cell * 2 + 1] = 1.0;
            } else if rng.random_ratio(4, 5) {
                question[cell * 2] = 1.0;
            }
        }
        let marks = (0..side * side).map(|cell| cell == start + side && question[cell * 2] > 0.0);
        let answer = Answer::Marks(marks.collect());
        Sample { question, width: side, answer, rating: side as f32, relations: None, process: None }
    }
}

/// A relational model of this task.
pub fn model() -> Model {
    let config = TrmConfig::builder()
        .hidden_dim(16)
        .ffn_dim(16)
        .n_blocks(2)
        .embedding_dim(2)
        .answer_dim(1)
        .latent_iterations(2)
        .output(Output::Binary)
        .mixer(Mixer::Relational(Relations::Grid4))
        .build()
        .expect("valid");
    Model::new(config).expect("valid")
}

/// A short run.
pub fn config(steps: u64) -> TrainConfig {
    let optimizer = OptimizerConfig { warmup_steps: 10, ema: 0.9, ..OptimizerConfig::default() };
    TrainConfig { batch: 7, steps, max_supervision_steps: 3, optimizer, ..TrainConfig::default() }
}
