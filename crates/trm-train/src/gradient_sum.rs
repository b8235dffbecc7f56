//! The sum of all chunks' gradients, in the order of the chunks on any number of ranks.
//!
//! Each rank adds up one slice of the gradient: it gets this slice of every chunk, and gives the sum to all. So a rank
//! sends the gradients of its own chunks once and one gradient, however many ranks there are, and the order of the sum
//! is that of one process at any width (docs/decisions/026-the-order-of-a-sum.md).

use crate::share::{Part, Share};
use core::ops::Range;
use rayon::prelude::*;
use trm_world::World;

/// Floats that a rank sends at once: slices of large gradients go in pieces, so that buffers stay small beside them.
const MAX_SENT: usize = 1 << 24;
/// Floats that one thread adds up.
const OF_THREAD: usize = 1 << 12;

/// Buffers of a sum over ranks.
pub(crate) struct GradientSum {
    max_sent: usize,
    sent: Vec<f32>,
    received: Vec<f32>,
}

impl Default for GradientSum {
    fn default() -> Self {
        GradientSum { max_sent: MAX_SENT, sent: Vec::new(), received: Vec::new() }
    }
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
        let n_chunks: Vec<usize> = (0..size).map(|rank| share.chunks(rank).count()).collect();
        let most = n_chunks.iter().copied().max().unwrap_or(0).max(1);
        let longest = n.div_ceil(size);
        let length = (self.max_sent / (most * size)).clamp(1, longest.max(1));
        for first in (0..longest).step_by(length) {
            let piece = |rank: usize| {
                let Range { start, end } = slice(rank);
                (start + first).min(end)..(start + first + length).min(end)
            };
            let own = piece(world.rank());
            self.exchange(world, parts, &piece, &n_chunks);
            // They came in the order of ranks, and are added in that of chunks.
            let mut starts = vec![0; share.owners.len()];
            for (i, chunk) in (0..size).flat_map(|rank| share.chunks(rank)).enumerate() {
                starts[chunk] = i * own.len();
            }
            let received = &self.received;
            grads[own].par_chunks_mut(OF_THREAD).enumerate().for_each(|(i, sums)| {
                sums.fill(0.0);
                for start in &starts {
                    let from = start + i * OF_THREAD;
                    sums.iter_mut().zip(&received[from..]).for_each(|(g, p)| *g += *p);
                }
            });
        }
        let counts: Vec<usize> = (0..size).map(|rank| slice(rank).len()).collect();
        world.all_gather_floats(grads, &counts);
    }

    /// Gets this rank's piece of every chunk; `n_chunks` are those of the ranks.
    fn exchange(
        &mut self,
        world: &dyn World,
        parts: &[Part],
        piece: &dyn Fn(usize) -> Range<usize>,
        n_chunks: &[usize],
    ) {
        let own = piece(world.rank()).len();
        self.sent.clear();
        for rank in 0..world.size() {
            parts.iter().for_each(|part| self.sent.extend_from_slice(&part.grads[piece(rank)]));
        }
        let n_sent: Vec<usize> = (0..world.size()).map(|rank| parts.len() * piece(rank).len()).collect();
        let n_received: Vec<usize> = n_chunks.iter().map(|n| n * own).collect();
        self.received.resize(n_received.iter().sum(), 0.0);
        world.exchange_floats(&self.sent, &n_sent, &mut self.received, &n_received);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use trm_core::Buffer;
    use trm_world::Threads;

    /// Numbers whose sum depends on the order.
    fn grads(chunk: usize, n: usize) -> Buffer<f32> {
        (0..n).map(|i| ((chunk * 31 + i * 7) as f32).sin() * 10f32.powi((chunk * 5 + i) as i32 % 9)).collect()
    }

    #[test]
    fn pieces_of_any_length_come_to_the_sum_of_one_process() {
        let (n, n_chunks) = (5003, 11);
        let mut expected = vec![0.0; n];
        for chunk in 0..n_chunks {
            expected.iter_mut().zip(&grads(chunk, n)).for_each(|(g, p)| *g += p);
        }
        let mut reversed = vec![0.0; n];
        for chunk in (0..n_chunks).rev() {
            reversed.iter_mut().zip(&grads(chunk, n)).for_each(|(g, p)| *g += p);
        }
        assert_ne!(reversed, expected, "any order comes to this sum");
        for (size, max_sent) in [(2, 1000), (3, 100_000), (3, MAX_SENT), (4, 4000)] {
            let of_ranks = Threads::run(size, |world| {
                let share = Share::new(world, 2 * n_chunks);
                let part = |chunk| Part { chunk, grads: grads(chunk, n), ..Part::default() };
                let parts: Vec<Part> = share.chunks(world.rank()).map(part).collect();
                let (mut sum, mut all) =
                    (GradientSum { max_sent, ..GradientSum::default() }, vec![f32::NAN; n]);
                sum.sum(world, &share, &parts, &mut all);
                assert!(sum.sent.len() <= max_sent);
                all
            });
            assert!(of_ranks.iter().all(|all| *all == expected), "{size} ranks, {max_sent} floats at once");
        }
    }
}
