//! What a learned prediction of K must beat, fitted on the same examples.
//!
//! On a narrow histogram of K a constant is within 2 steps of most questions; no figure of the
//! predictor means anything without these beside it.

use ndarray::{Array2, aview_mut1, aview1};

use crate::features::FeatureMap;
use crate::math::sigmoid;

/// A question's embedding and the number of steps it needed.
pub type Example = (Vec<f32>, usize);

/// Always the median of the training set.
#[derive(Clone, Debug)]
pub struct ConstantMedian(usize);

impl ConstantMedian {
    /// The median of `examples`; 1 if there are none.
    #[must_use]
    pub fn fit(examples: &[Example]) -> Self {
        let mut steps: Vec<usize> = examples.iter().map(|e| e.1).collect();
        steps.sort_unstable();
        Self(steps.get(steps.len() / 2).copied().unwrap_or(1))
    }

    /// The constant.
    #[must_use]
    pub fn predict(&self, _query: &[f32]) -> usize {
        self.0
    }
}

/// The median of the five nearest training questions (Euclidean, standardised embeddings).
#[derive(Clone, Debug)]
pub struct NearestNeighbours {
    map: FeatureMap,
    points: Vec<Example>,
}

impl NearestNeighbours {
    /// Neighbours that vote.
    pub const NEIGHBOURS: usize = 5;

    /// Keeps all of `examples`.
    ///
    /// # Panics
    /// If `examples` is empty, or their embeddings differ in length.
    #[must_use]
    pub fn fit(examples: &[Example]) -> Self {
        let (map, points) = standardised(examples);
        Self { map, points }
    }

    /// The vote.
    #[must_use]
    pub fn predict(&self, query: &[f32]) -> usize {
        let mut u = vec![0.0; query.len()];
        self.map.standardise(query, &mut u);
        let mut near: Vec<(f32, usize)> = self
            .points
            .iter()
            .map(|(x, k)| (x.iter().zip(&u).map(|(a, b)| (a - b).powi(2)).sum(), *k))
            .collect();
        near.sort_by(|a, b| a.0.total_cmp(&b.0));
        near.truncate(Self::NEIGHBOURS);
        near.sort_by_key(|n| n.1);
        near[near.len() / 2].1
    }
}

/// Ordinal logistic regression, `P(K <= t | x) = sigmoid(theta_t - w . u)` (proportional odds,
/// McCullagh 1980), with an l2 penalty, by full-batch Adam.
#[derive(Clone, Debug)]
pub struct OrdinalRegression {
    map: FeatureMap,
    weights: Vec<f32>,
    thresholds: Vec<f32>,
}

impl OrdinalRegression {
    /// Fits `examples`; `penalty` is the l2 penalty per example (0.01 is a fair start).
    ///
    /// # Panics
    /// If `examples` is empty, or their embeddings differ in length.
    #[must_use]
    pub fn fit(examples: &[Example], penalty: f32) -> Self {
        let (map, points) = standardised(examples);
        let (n, dim) = (points.len() as f32, points[0].0.len());
        let top = points.iter().map(|p| p.1).max().unwrap_or(1);
        let mut thresholds: Vec<f32> = (1..top)
            .map(|t| {
                let below = points.iter().filter(|p| p.1 <= t).count() as f32;
                ((below + 0.5) / (n - below + 0.5)).ln()
            })
            .collect();
        let n_thresholds = thresholds.len();
        let mut weights = vec![0.0f32; dim];
        let mut moments = vec![(0.0f32, 0.0f32); dim + n_thresholds];
        for round in 1..=800 {
            let mut gradient: Vec<f32> = weights.iter().map(|w| penalty * w).collect();
            gradient.resize(dim + n_thresholds, 0.0);
            for (u, k) in &points {
                let score = aview1(&weights).dot(&aview1(u));
                // Likelihood of the class: F(theta_k - s) - F(theta_{k-1} - s).
                let upper = thresholds.get(k - 1).map_or(1.0, |t| sigmoid(t - score));
                let lower = if *k > 1 { sigmoid(thresholds[k - 2] - score) } else { 0.0 };
                let mass = (upper - lower).max(1e-6);
                let (up, down) = (upper * (1.0 - upper) / mass, lower * (1.0 - lower) / mass);
                aview_mut1(&mut gradient[..dim]).scaled_add((up - down) / n, &aview1(u));
                if *k <= n_thresholds {
                    gradient[dim + k - 1] -= up / n;
                }
                if *k > 1 {
                    gradient[dim + k - 2] += down / n;
                }
            }
            let parameters = weights.iter_mut().chain(&mut thresholds);
            adam(parameters, &gradient, &mut moments, round);
            thresholds.sort_by(f32::total_cmp);
        }
        Self { map, weights, thresholds }
    }

    /// The median: the first step whose cumulative chance reaches one half.
    #[must_use]
    pub fn predict(&self, query: &[f32]) -> usize {
        let mut u = vec![0.0; query.len()];
        self.map.standardise(query, &mut u);
        let score = aview1(&self.weights).dot(&aview1(&u));
        1 + self.thresholds.iter().filter(|&&t| t < score).count()
    }
}

/// One step of Adam with a rate that falls from 0.05.
fn adam<'a>(
    parameters: impl Iterator<Item = &'a mut f32>,
    gradient: &[f32],
    moments: &mut [(f32, f32)],
    round: i32,
) {
    let rate = 0.05 / (1.0 + round as f32 / 200.0);
    for ((p, g), (m, v)) in parameters.zip(gradient).zip(moments) {
        *m = 0.9 * *m + 0.1 * g;
        *v = 0.99 * *v + 0.01 * g * g;
        let (m, v) = (*m / (1.0 - 0.9f32.powi(round)), *v / (1.0 - 0.99f32.powi(round)));
        *p -= rate * m / (v.sqrt() + 1e-8);
    }
}

fn standardised(examples: &[Example]) -> (FeatureMap, Vec<Example>) {
    assert!(!examples.is_empty(), "a baseline needs examples");
    let queries: Vec<f32> = examples.iter().flat_map(|(x, _)| x).copied().collect();
    let queries = Array2::from_shape_vec((examples.len(), examples[0].0.len()), queries);
    let map = FeatureMap::standardising(queries.expect("embeddings of one length").view());
    let points = examples
        .iter()
        .map(|(x, k)| {
            let mut u = vec![0.0; x.len()];
            map.standardise(x, &mut u);
            (u, *k)
        })
        .collect();
    (map, points)
}
