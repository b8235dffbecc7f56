//! The halt head on its own.

use crate::config::{HaltInput, TrmConfig};
use crate::heads::{halt_features, n_halt_features};
use crate::kernel::{Isa, Kernel, Real, Simd, dot};
use crate::params::{Init, Layout};
use std::sync::{Mutex, PoisonError};

/// The confidence of a model in an answer state y: `sigmoid(w f(y) + b)`, where f(y) are the
/// [`halt_features`] of the configuration.
///
/// ```
/// let scorer = trm_core::ConfidenceScorer::new(&trm_core::TrmConfig::default());
/// let confidence = scorer.score(&[0.5; 256 * 10]);
/// assert!((0.0..=1.0).contains(&confidence));
/// ```
#[derive(Debug)]
pub struct ConfidenceScorer {
    input: HaltInput,
    h: usize,
    weight: Vec<f32>,
    bias: f32,
    /// Reused from call to call, so that scoring does not allocate.
    features: Mutex<Vec<f32>>,
}

impl ConfidenceScorer {
    /// A head with untrained weights from `config.seed`.
    pub fn new(config: &TrmConfig) -> Self {
        let n = n_halt_features(config.halt_input, config.hidden_dim);
        let mut layout = Layout::default();
        layout.push("halt.weight", &[n], Init::fan_in(n), true);
        Self::with_weights(config, layout.init(config.seed).to_vec(), 0.0)
    }

    /// A trained head.
    ///
    /// # Panics
    /// Where `weight` does not have one value per feature.
    pub fn with_weights(config: &TrmConfig, weight: Vec<f32>, bias: f32) -> Self {
        let n = n_halt_features(config.halt_input, config.hidden_dim);
        assert_eq!(weight.len(), n, "weights of the halt head");
        ConfidenceScorer {
            input: config.halt_input,
            h: config.hidden_dim,
            weight,
            bias,
            features: Mutex::default(),
        }
    }

    /// The confidence, in 0..1, that `answer` (`[rows, hidden_dim]`) is right.
    ///
    /// # Panics
    /// Where `answer` is empty or does not hold whole rows.
    pub fn score(&self, answer: &[f32]) -> f32 {
        let whole = !answer.is_empty() && answer.len().is_multiple_of(self.h);
        assert!(whole, "{} values are not rows of {}", answer.len(), self.h);
        let mut features = self.features.lock().unwrap_or_else(PoisonError::into_inner);
        // Sureness and change are not in the state: the answer counts as sure and settled.
        halt_features(Isa::best(), self.input, answer, self.h, &[], 0.0, &mut features);
        let logit = self.bias + f32::dispatch(Isa::best(), Dot(&features, &self.weight));
        1.0 / (1.0 + (-logit).exp())
    }
}

/// The dot product of two rows.
struct Dot<'a>(&'a [f32], &'a [f32]);

impl Kernel<f32> for Dot<'_> {
    type Output = f32;
    #[inline(always)]
    fn run<S: Simd<Elem = f32>>(self, s: S) -> f32 {
        dot(s, self.0, self.1)
    }
}
