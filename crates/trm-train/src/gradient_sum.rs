//! The sum of all chunks' gradients, in the order of the chunks on any number of ranks.
//!
//! Each rank adds up one slice of the gradient: it gets this slice of every chunk, and gives the sum to all. So a rank
//! sends the gradients of its own chunks once and one gradient, however many ranks there are, and the order of the sum
//! is that of one process at any width (docs/decisions/026-the-order-of-a-sum.md).

use crate::share::{Part, Share};
use core::ops::Range;
use rayon::prelude::*;
use trm_world::World;

/// Floats that are sent at once: what is copied for it takes no more memory than this.
const MAX_SENT: usize = 1 << 24;
/// Floats of a slice that one thread adds up.
const PIECE: usize = 1 << 12;

/// Buffers of a sum over ranks.
#[derive(Default)]
pub(crate) struct GradientSum {
    sent: Vec<f32>,
    received: Vec<f32>,
}

impl GradientSum {
    /// Writes the sum over all chunks of all ranks into `grads`.
    pub fn sum(&mut self, world: &dyn World, share: &Share, parts: &[Part], grads: &mut [f32]) {
        if world.size() == 1 {
            grads.fill(0.0);
            for part in parts {
                grads.iter_mut().zip(&part.grads).for_each(|(g, p)| *g += *p);
            }
            return;
        }
        let (n, size) = (grads.len(), world.size());
        let slice = |rank: usize| rank * n / size..(rank + 1) * n / size;
        let own = slice(world.rank());
        let starts = self.exchange(world, share, parts, &slice, n);
        let received = &self.received;
        grads[own.clone()].par_chunks_mut(PIECE).enumerate().for_each(|(i, sums)| {
            sums.fill(0.0);
            for start in &starts {
                let from = start + i * PIECE;
                sums.iter_mut().zip(&received[from..]).for_each(|(g, p)| *g += *p);
            }
        });
        let counts: Vec<usize> = (0..world.size()).map(|rank| slice(rank).len()).collect();
        world.all_gather_floats(grads, &counts);
    }

    /// Gets this rank's slice of every chunk; returns where in `received` that of each begins.
    fn exchange(
        &mut self,
        world: &dyn World,
        share: &Share,
        parts: &[Part],
        slice: &dyn Fn(usize) -> Range<usize>,
        n_params: usize,
    ) -> Vec<usize> {
        let ranks = 0..world.size();
        let own = slice(world.rank());
        let of_ranks: Vec<Vec<usize>> = ranks.clone().map(|rank| share.chunks(rank).collect()).collect();
        let at_once = (MAX_SENT / n_params.max(1)).max(1);
        let most = of_ranks.iter().map(Vec::len).max().unwrap_or(0);
        self.received.resize(share.owners.len() * own.len(), 0.0);
        let (mut starts, mut start) = (vec![0; share.owners.len()], 0);
        for first in (0..most).step_by(at_once) {
            let these = |n: usize| first.min(n)..(first + at_once).min(n);
            let parts = &parts[these(parts.len())];
            self.sent.clear();
            for rank in ranks.clone() {
                parts.iter().for_each(|part| self.sent.extend_from_slice(&part.grads[slice(rank)]));
            }
            let n_sent: Vec<usize> = ranks.clone().map(|rank| parts.len() * slice(rank).len()).collect();
            let chunks = of_ranks.iter().map(|chunks| &chunks[these(chunks.len())]);
            let n_received: Vec<usize> = chunks.clone().map(|chunks| chunks.len() * own.len()).collect();
            let end = start + n_received.iter().sum::<usize>();
            world.exchange_floats(&self.sent, &n_sent, &mut self.received[start..end], &n_received);
            for (i, chunk) in chunks.flatten().enumerate() {
                starts[*chunk] = start + i * own.len();
            }
            start = end;
        }
        starts
    }
}
