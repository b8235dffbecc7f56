//! The static predictor: features, location, hazard; and how all three are fitted to examples.

use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};

use crate::features::{D, FeatureMap, R};
use crate::hazard::{self, Hazard};
use crate::location::{self, Location};
use crate::metric;
use crate::outcome::Label;
use crate::subspace::{Rows, principal, supervised};

/// Fewer examples than this do not support a learned metric.
const MIN_FOR_METRIC: usize = 48;
/// Examples used to choose metric and bandwidth.
const MAX_FOR_CHOICE: usize = 512;
/// Widths of the random waves tried, as multiples of the frequency that fits the median distance.
const WIDTHS: [f64; 4] = [0.35, 0.6, 1.0, 1.7];
/// Rate of the online steps of the hazard.
const RATE: f32 = 0.01;

/// An example as the fit sees it.
#[derive(Clone, Copy)]
pub(crate) struct Example<'a> {
    pub(crate) query: &'a [f32],
    pub(crate) label: Label,
    pub(crate) weight: f32,
}

/// The fitted static predictor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Model {
    map: FeatureMap,
    location: Location,
    hazard: Hazard,
}

impl Model {
    /// Fits everything anew. Also returns, per example, the location predicted without it.
    ///
    /// None if the examples do not determine a sound model; the caller keeps what it had.
    pub(crate) fn fit(dim: usize, examples: &[Example], seed: u64) -> Option<(Self, Vec<f32>)> {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        let mut map = FeatureMap::standardising(dim, examples.iter().map(|e| e.query));
        let z = project(&mut map, examples, &mut rng);
        let wave_seed = rand::Rng::next_u64(&mut rng);
        let metric = choose_metric(&mut map, &z, examples, wave_seed);
        map.draw_waves(&metric, wave_seed);
        let fit = location::fit(&expanded(&map, &z, examples, 1))?;
        let location = fit.location;
        let mut hazard = Hazard::new(location.warp, location.spread);
        let left_out: Vec<f32> = fit.left_out.iter().map(|&v| v as f32).collect();
        let rows: Vec<hazard::Example> = examples
            .iter()
            .zip(&left_out)
            .map(|(e, &location)| hazard::Example { location, label: e.label, weight: f64::from(e.weight) })
            .collect();
        hazard.fit(&rows);
        let model = Self { map, location, hazard };
        model.is_sound(dim).then_some((model, left_out))
    }

    /// The location of a query, the one number the hazard needs of it.
    pub(crate) fn locate(&self, query: &[f32]) -> f32 {
        self.location.predict(&self.map.expand(&self.map.coordinates(query)))
    }

    /// The hazard's logit at `step`.
    pub(crate) fn logit(&self, location: f32, step: usize) -> f32 {
        self.hazard.logit(location, step)
    }

    /// The cumulative hazard up to and including `step`.
    pub(crate) fn cumulative(&self, location: f32, step: usize) -> f32 {
        self.hazard.cumulative(location, step)
    }

    /// Learns one example; returns the location predicted before it, after showing it, with the
    /// model as it was, to `judge`.
    pub(crate) fn update(
        &mut self,
        query: &[f32],
        label: Label,
        weight: f32,
        judge: impl FnOnce(&Self, f32),
    ) -> f32 {
        let phi = self.map.expand(&self.map.coordinates(query));
        let location = self.location.predict(&phi);
        judge(self, location);
        let weight = f64::from(weight);
        self.hazard.update(&hazard::Example { location, label, weight }, RATE);
        self.location.update(&phi, label, weight);
        location
    }

    /// Bytes on the heap.
    pub(crate) fn size_bytes(&self) -> usize {
        self.map.size_bytes() + Location::SIZE_BYTES + hazard::H * size_of::<f32>()
    }

    /// True if every shape fits and every number is finite.
    pub(crate) fn is_sound(&self, dim: usize) -> bool {
        self.map.is_sound(dim) && self.location.is_sound() && self.hazard.is_sound()
    }
}

/// Fits the projection and returns the coordinates of every example, the supervised one
/// cross-fitted.
fn project(map: &mut FeatureMap, examples: &[Example], rng: &mut Xoshiro256PlusPlus) -> Vec<[f32; R]> {
    let dim = map.mean.len();
    let mut data = vec![0.0; examples.len() * dim];
    for (e, u) in examples.iter().zip(data.chunks_exact_mut(dim)) {
        map.standardise(e.query, u);
    }
    let rows = Rows { data: &data, dim };
    // On a scale where a rare question of many steps does not decide.
    let y: Vec<f32> = examples.iter().map(|e| (e.label.steps() as f32).ln()).collect();
    let (last, out) = supervised(&rows, &y);
    let first = principal(&rows, rng);
    map.rows[..(R - 1) * dim].copy_from_slice(&first);
    map.rows[(R - 1) * dim..].copy_from_slice(&last);
    let mut z: Vec<[f32; R]> = examples.iter().map(|e| map.coordinates(e.query)).collect();
    // One scale for all principal coordinates: together they have variance 1 per kept direction
    // that carries weight, so one ridge penalty means the same for every embedding.
    let power: f32 = z.iter().flat_map(|z| &z[..R - 1]).map(|v| v * v).sum();
    let fourth: f32 = (0..R - 1).map(|j| z.iter().map(|z| z[j] * z[j]).sum::<f32>()).map(|v| v * v).sum();
    let n_effective = (power * power / fourth.max(f32::MIN_POSITIVE)).clamp(1.0, R as f32);
    let scale = (n_effective * z.len() as f32 / power.max(f32::MIN_POSITIVE)).sqrt();
    let scale = if scale.is_finite() { scale } else { 0.0 };
    map.rows[..(R - 1) * dim].iter_mut().for_each(|v| *v *= scale);
    for (z, out) in z.iter_mut().zip(out) {
        z[..R - 1].iter_mut().for_each(|v| *v *= scale);
        z[R - 1] = out;
    }
    z
}

/// The metric and width of the waves with the least leave-one-out error.
fn choose_metric(map: &mut FeatureMap, z: &[[f32; R]], examples: &[Example], seed: u64) -> Vec<f64> {
    let step = z.len().div_ceil(MAX_FOR_CHOICE).max(1);
    let steps: Vec<f64> = examples.iter().map(|e| e.label.steps() as f64).collect();
    let mean = steps.iter().sum::<f64>() / steps.len().max(1) as f64;
    let y: Vec<f64> = steps.iter().map(|s| s - mean).collect();
    let mut candidates = metric::candidates(z, &y);
    if z.len() < MIN_FOR_METRIC {
        candidates.truncate(1);
    }
    let mut score = |metric: &[f64]| {
        map.draw_waves(metric, seed);
        location::quick_error(&expanded(map, z, examples, step))
    };
    let mut best = (f64::INFINITY, candidates[0].clone());
    for metric in &candidates {
        // exp(-d^2) is the kernel of waves with frequency sqrt 2.
        for width in WIDTHS {
            let scaled: Vec<f64> = metric.iter().map(|v| v * width * 2.0f64.sqrt()).collect();
            let error = score(&scaled);
            if error < best.0 {
                best = (error, scaled);
            }
        }
    }
    best.1
}

/// Every `step`-th example with its features.
fn expanded(map: &FeatureMap, z: &[[f32; R]], examples: &[Example], step: usize) -> Vec<location::Example> {
    z.iter()
        .zip(examples)
        .step_by(step)
        .map(|(z, e)| location::Example { phi: map.expand(z), label: e.label, weight: f64::from(e.weight) })
        .collect()
}

const _: () = assert!(D > R);
