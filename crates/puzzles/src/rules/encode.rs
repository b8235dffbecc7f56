//! A puzzle as features, its answer as marks, and logits as an answer. No learned weights here.

use super::puzzle::Puzzle;
use super::rule::Rule;
use super::structure::Structure;

impl Puzzle {
    /// The question `[candidates x 2]`: `open`, `given`, for candidate `cell * n_symbols + symbol`.
    ///
    /// A candidate that a given excludes through one of its groups, or that the file excludes, has neither, and an
    /// engine may leave it out. This elimination by the givens is all that is worked out beforehand.
    #[must_use]
    pub fn encode(&self) -> Vec<f32> {
        let n = self.structure.n_symbols;
        let open = self.open();
        let features = |candidate: usize| {
            let (cell, symbol) = (candidate / n, candidate % n);
            let is_given = usize::from(self.cells[cell]) == symbol + 1;
            [f32::from(u8::from(open[cell] >> symbol & 1 == 1)), f32::from(u8::from(is_given))]
        };
        (0..self.cells.len() * n).flat_map(features).collect()
    }

    /// `[cells]`: the candidates that the givens leave open, as bits; none of a given cell.
    #[must_use]
    pub fn open(&self) -> Vec<u64> {
        let Structure { groups, allowed, .. } = &*self.structure;
        let mut open = allowed.clone();
        for group in groups {
            let cells = || group.cells.iter().map(|cell| *cell as usize);
            let held = cells().filter_map(|cell| self.cells[cell].checked_sub(1));
            let held = held.fold(0, |held, symbol| held | 1u64 << symbol);
            let excluded = match group.rule {
                Rule::AllDifferent => held,
                Rule::AtMostOne(symbol) | Rule::ExactlyOne(symbol) => held & 1 << symbol,
            };
            cells().for_each(|cell| open[cell] &= !excluded);
        }
        open.iter_mut().zip(&self.cells).filter(|(_, given)| **given != 0).for_each(|(open, _)| *open = 0);
        open
    }
}

impl Structure {
    /// The answer to learn, `[candidates]`: whether each is true.
    #[must_use]
    pub fn marks(&self, cells: &[u8]) -> Vec<bool> {
        let n = self.n_symbols;
        (0..self.n_cells * n)
            .map(|candidate| usize::from(cells[candidate / n]) == candidate % n + 1)
            .collect()
    }

    /// The symbol of the largest logit in every cell, the first of them in a tie; 0 where all are the same.
    ///
    /// # Panics
    /// When `logits` has another length than there are candidates.
    #[must_use]
    pub fn decode(&self, logits: &[f32]) -> Vec<u8> {
        assert_eq!(logits.len(), self.n_cells * self.n_symbols, "a logit for each candidate");
        let cell = |logits: &[f32]| {
            if logits.iter().all(|logit| *logit == logits[0]) {
                return 0;
            }
            let mut best: Option<(usize, f32)> = None;
            for (i, logit) in logits.iter().enumerate().filter(|(_, logit)| !logit.is_nan()) {
                if best.is_none_or(|(_, most)| *logit > most) {
                    best = Some((i, *logit));
                }
            }
            best.map_or(0, |(i, _)| i as u8 + 1)
        };
        logits.chunks_exact(self.n_symbols).map(cell).collect()
    }
}
