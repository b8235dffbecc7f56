//! A bounded buffer of examples: the latest ones, and a sample of all earlier ones in which every number
//! of steps is represented.

use std::collections::VecDeque;

use rand_xoshiro::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};

use crate::math::below;
use crate::outcome::{Label, Signal};

/// Latest examples held: the first to leave is the oldest.
const RECENT: usize = 256;
/// Examples sampled from all earlier ones.
const OLD: usize = 640;
/// Largest importance of one sampled example against another.
const MAX_IMPORTANCE: f64 = 4.0;

/// An example as it was learned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Stored {
    pub(crate) query: Box<[f32]>,
    pub(crate) label: Label,
    pub(crate) weight: f32,
    pub(crate) trace: Box<[Signal]>,
    /// Whether the answer of each step was right; empty where only the label was given.
    pub(crate) right: Box<[bool]>,
}

/// The buffer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Replay {
    recent: VecDeque<Stored>,
    old: Vec<Stored>,
    /// Examples that ever left `recent`, by stratum: 0 for censored, k for solved at k.
    n_left: Vec<u64>,
    /// Members of `old`, by stratum.
    held: Vec<u32>,
}

fn stratum(label: Label) -> usize {
    match label {
        Label::Solved(k) => k,
        Label::Censored(_) => 0,
    }
}

impl Replay {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            recent: VecDeque::new(),
            old: Vec::new(),
            n_left: vec![0; limit + 1],
            held: vec![0; limit + 1],
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.recent.len() + self.old.len()
    }

    /// Adds an example; the oldest recent one moves to the sample.
    pub(crate) fn push(&mut self, example: Stored, rng: &mut Xoshiro256PlusPlus) {
        if self.recent.len() >= RECENT
            && let Some(oldest) = self.recent.pop_front()
        {
            self.sample(oldest, rng);
        }
        self.recent.push_back(example);
    }

    /// Reservoir sampling, stratified: while strata differ in size, a new example replaces
    /// one of the largest stratum; within the largest, it is Vitter's algorithm R.
    fn sample(&mut self, example: Stored, rng: &mut Xoshiro256PlusPlus) {
        let own = stratum(example.label);
        self.n_left[own] += 1;
        if self.old.len() < OLD {
            self.held[own] += 1;
            self.old.push(example);
            return;
        }
        let largest = (0..self.held.len()).max_by_key(|&s| self.held[s]).unwrap_or(own);
        let own_is_full = self.held[own] >= self.held[largest];
        if own_is_full && below(rng, self.n_left[own]) >= u64::from(self.held[own]) {
            return;
        }
        let target = if own_is_full { own } else { largest };
        let nth = below(rng, u64::from(self.held[target]).max(1)) as usize;
        let mut members = self.old.iter_mut().filter(|e| stratum(e.label) == target);
        if let Some(slot) = members.nth(nth) {
            *slot = example;
            self.held[target] -= 1;
            self.held[own] += 1;
        }
    }

    /// All examples, oldest first, with weights that undo the stratification.
    pub(crate) fn weighted(&self) -> impl Iterator<Item = (&Stored, f32)> {
        let n_left: u64 = self.n_left.iter().sum();
        let share = self.old.len() as f64 / n_left.max(1) as f64;
        let importance = move |e: &Stored| {
            let s = stratum(e.label);
            let ratio = self.n_left[s] as f64 / f64::from(self.held[s].max(1)) * share;
            ratio.clamp(1.0 / MAX_IMPORTANCE, MAX_IMPORTANCE) as f32
        };
        let old = self.old.iter().map(move |e| (e, e.weight * importance(e)));
        old.chain(self.recent.iter().map(|e| (e, e.weight)))
    }

    /// Bytes on the heap.
    pub(crate) fn size_bytes(&self) -> usize {
        let slots = self.recent.capacity() + self.old.capacity();
        let content = |e: &Stored| size_of_val(&*e.query) + size_of_val(&*e.trace) + e.right.len();
        slots * size_of::<Stored>()
            + self.old.iter().chain(&self.recent).map(content).sum::<usize>()
            + self.n_left.len() * 12
    }

    /// True if every example could have been learned by an engine of this shape.
    pub(crate) fn is_sound(&self, dim: usize, limit: usize) -> bool {
        let mut held = vec![0u32; limit + 1];
        for e in self.old.iter().filter(|e| stratum(e.label) <= limit) {
            held[stratum(e.label)] += 1;
        }
        let example = |e: &Stored| {
            e.query.len() == dim
                && e.query.iter().all(|v| v.is_finite())
                && (1..=limit).contains(&e.label.steps())
                && e.weight > 0.0
                && e.weight <= 1.0
                && e.trace.len() <= limit
                && e.trace.iter().all(|s| s.is_sound())
                && e.right.len() <= limit
        };
        self.n_left.len() == limit + 1
            && self.held == held
            && self.n_left.iter().zip(&held).all(|(&s, &h)| s >= u64::from(h) && s < u64::MAX / 2048)
            && self.recent.len() <= RECENT
            && self.old.len() <= OLD
            && self.old.iter().chain(&self.recent).all(example)
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    fn example(k: usize) -> Stored {
        let label = Label::Solved(k);
        Stored {
            query: vec![k as f32; 256].into(),
            label,
            weight: 1.0,
            trace: Box::default(),
            right: Box::default(),
        }
    }

    #[test]
    fn rare_kinds_survive_a_flood() {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
        let mut replay = Replay::new(64);
        (0..100).for_each(|i| replay.push(example(1 + i % 20), &mut rng));
        (0..50_000).for_each(|_| replay.push(example(40), &mut rng));
        let rare = replay.weighted().filter(|(e, _)| e.label.steps() <= 20).count();
        assert_eq!(rare, 100);
        assert_eq!(replay.len(), 896);
        assert!(replay.is_sound(256, 64));
        (0..50_000).for_each(|i| replay.push(example(1 + i % 64), &mut rng));
        assert!(replay.held.iter().skip(1).all(|&h| h == 10), "{:?}", replay.held);
        assert!(replay.is_sound(256, 64));
    }
}
