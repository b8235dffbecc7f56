//! AdamW with the settings of the fixtures.

use crate::model::Model;
use crate::official::{Conversion, tensor_map};

/// AdamW (arXiv 1711.05101) over the tensors that the reference trains.
pub(super) struct AdamW {
    moments: Vec<[f64; 2]>,
    trained: Vec<bool>,
    step: i32,
}

impl AdamW {
    pub(super) fn new(model: &Model) -> Self {
        let mut trained = vec![false; model.params.len()];
        for (_, here, conversion) in tensor_map(model.config()) {
            let entry = model.layout().get(&here).expect("every mapped tensor is in the layout");
            let is_trained = entry.trained && conversion != Conversion::Padded;
            trained[entry.range.clone()].fill(is_trained);
        }
        AdamW { moments: vec![[0.0; 2]; model.params.len()], trained, step: 0 }
    }

    pub(super) fn step(&mut self, params: &mut [f32], grads: &[f32]) {
        const RATE: f64 = 1e-3;
        const BETAS: [f64; 2] = [0.9, 0.95];
        const DECAY: f64 = 0.1;
        self.step += 1;
        let [c1, c2] = BETAS.map(|beta| 1.0 - beta.powi(self.step));
        let here = params.iter_mut().zip(grads).zip(&mut self.moments).zip(&self.trained);
        for (((p, g), [m, v]), _) in here.filter(|(_, trained)| **trained) {
            let g = f64::from(*g);
            *m = BETAS[0] * *m + (1.0 - BETAS[0]) * g;
            *v = BETAS[1] * *v + (1.0 - BETAS[1]) * g * g;
            let step = (*m / c1) / ((*v / c2).sqrt() + 1e-8);
            *p = (f64::from(*p) * (1.0 - RATE * DECAY) - RATE * step) as f32;
        }
    }
}
