//! The static predictor: features, location, hazard; and how all three are fitted to examples.

use ndarray::{Array1, Array2, Axis, aview1, s};
use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};

use crate::features::{D, FeatureMap, R};
use crate::hazard::{self, Hazard};
use crate::location::{self, Location};
use crate::metric;
use crate::outcome::Label;
use crate::subspace::{principal, supervised};

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
        let queries: Vec<f32> = examples.iter().flat_map(|e| e.query).copied().collect();
        let queries = Array2::from_shape_vec((examples.len(), dim), queries).ok()?;
        let mut map = FeatureMap::standardising(queries.view());
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
        self.location.predict(&self.features(query))
    }

    fn features(&self, query: &[f32]) -> [f32; D] {
        self.map.expand(aview1(&self.map.coordinates(query)))
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
        let phi = self.features(query);
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

/// Fits the projection and returns the coordinates of every example (`[n, R]`), the supervised one
/// cross-fitted.
fn project(map: &mut FeatureMap, examples: &[Example], rng: &mut Xoshiro256PlusPlus) -> Array2<f32> {
    let mut u = Array2::zeros((examples.len(), map.mean.len()));
    for (e, mut u) in examples.iter().zip(u.rows_mut()) {
        map.standardise(e.query, u.as_slice_mut().expect("rows are contiguous"));
    }
    // On a scale where a rare question of many steps does not decide.
    let y: Array1<f32> = examples.iter().map(|e| (e.label.steps() as f32).ln()).collect();
    let (last, out) = supervised(u.view(), &y);
    let first = principal(u.view(), rng);
    map.projection.slice_mut(s![..R - 1, ..]).assign(&first);
    map.projection.row_mut(R - 1).assign(&last);
    let mut z = Array2::zeros((examples.len(), R));
    for (e, mut z) in examples.iter().zip(z.rows_mut()) {
        z.assign(&aview1(&map.coordinates(e.query)));
    }
    // One scale for all principal coordinates: together they have variance 1 per direction
    // that carries weight, so one ridge penalty means the same for every embedding.
    let powers = z.slice(s![.., ..R - 1]).mapv(|v: f32| v * v).sum_axis(Axis(0));
    let (power, fourth) = (powers.sum(), powers.dot(&powers));
    let n_effective = (power * power / fourth.max(f32::MIN_POSITIVE)).clamp(1.0, R as f32);
    let scale = (n_effective * z.nrows() as f32 / power.max(f32::MIN_POSITIVE)).sqrt();
    let scale = if scale.is_finite() { scale } else { 0.0 };
    let mut principal = map.projection.slice_mut(s![..R - 1, ..]);
    principal *= scale;
    let mut principal = z.slice_mut(s![.., ..R - 1]);
    principal *= scale;
    z.column_mut(R - 1).assign(&out);
    z
}

/// The metric and width of the waves with the least leave-one-out error.
fn choose_metric(map: &mut FeatureMap, z: &Array2<f32>, examples: &[Example], seed: u64) -> Array2<f64> {
    let step = z.nrows().div_ceil(MAX_FOR_CHOICE).max(1);
    let steps: Array1<f64> = examples.iter().map(|e| e.label.steps() as f64).collect();
    let y = &steps - steps.sum() / steps.len().max(1) as f64;
    let mut candidates = metric::candidates(z.view(), y.view());
    if z.nrows() < MIN_FOR_METRIC {
        candidates.truncate(1);
    }
    let mut score = |metric: &Array2<f64>| {
        map.draw_waves(metric, seed);
        location::quick_error(&expanded(map, z, examples, step))
    };
    let mut best = (f64::INFINITY, candidates[0].clone());
    for metric in &candidates {
        // exp(-d^2) is the kernel of waves with frequency sqrt 2.
        for width in WIDTHS {
            let scaled = metric * (width * 2.0f64.sqrt());
            let error = score(&scaled);
            if error < best.0 {
                best = (error, scaled);
            }
        }
    }
    best.1
}

/// Every `step`-th example with its features.
fn expanded(map: &FeatureMap, z: &Array2<f32>, examples: &[Example], step: usize) -> location::Examples {
    let each = z.rows().into_iter().zip(examples).step_by(step);
    each.map(|(z, e)| (map.expand(z), e.label, f64::from(e.weight))).collect()
}

const _: () = assert!(D > R);
