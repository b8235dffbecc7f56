//! The model: step = serial + chunks of a rank · time of a chunk + reduce(bytes, ranks).

use serde::{Deserialize, Serialize};

/// What was measured.
#[derive(Debug, Serialize, Deserialize)]
pub struct Measured {
    pub machine: String,
    pub n_cores: usize,
    pub mpi: String,
    pub nets: Vec<Net>,
    pub transfers: Vec<Transfer>,
}

/// A net, and the time of its steps.
#[derive(Debug, Serialize, Deserialize)]
pub struct Net {
    pub weights: usize,
    /// Options of `trm train` that make it.
    pub options: String,
    pub steps: Vec<Step>,
}

/// The median time of an optimiser step, on ranks of one thread and one core.
#[derive(Debug, Serialize, Deserialize)]
pub struct Step {
    pub ranks: usize,
    pub batch: usize,
    pub median_ms: f64,
    /// Arithmetic of its matmuls: questions differ in their live tokens.
    pub gflop: f64,
}

/// The fastest time of the two operations that add up gradients.
#[derive(Debug, Serialize, Deserialize)]
pub struct Transfer {
    pub link: Link,
    pub ranks: usize,
    pub floats: usize,
    /// Chunks of each rank.
    pub chunks: usize,
    pub exchange_us: f64,
    pub all_gather_us: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Link {
    Memory,
    Tcp,
}

/// Questions of a chunk, the unit that ranks share: `trm_train`'s.
const CHUNK: usize = 2;
/// Bytes of a float.
const FLOAT: f64 = 4.0;

/// The time of a step on one rank.
#[derive(Clone, Copy, Debug)]
pub struct StepFit {
    /// What every rank does, however small its share: above all the update of the weights.
    pub serial_ms: f64,
    pub chunk_ms: f64,
}

/// The time of messages.
#[derive(Clone, Copy, Debug)]
pub struct LinkFit {
    pub message_us: f64,
    pub us_per_byte: f64,
    /// Median of |fitted / measured - 1|, of ranks with a core of their own.
    pub deviation: f64,
    /// The same of ranks that share cores, which the fit does not know.
    pub deviation_sharing: f64,
}

/// Whether the gradient of a chunk is on its way while the next chunk is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overlap {
    /// As the trainer is.
    None,
    /// As it could be. Inside a chunk there is nothing to overlap: the weights are used in every iteration of the net,
    /// and their gradient is whole when the backward pass ends.
    OfChunks,
}

/// The `x`, `y` of least relative squares of `a·x + b·y = value`, neither below 0.
fn least_squares(rows: &[[f64; 3]]) -> (f64, f64) {
    let (mut aa, mut ab, mut bb, mut av, mut bv) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for [a, b, value] in rows {
        let (a, b) = (a / value, b / value);
        (aa, ab, bb, av, bv) = (aa + a * a, ab + a * b, bb + b * b, av + a, bv + b);
    }
    let determinant = aa * bb - ab * ab;
    let (x, y) = ((av * bb - bv * ab) / determinant, (bv * aa - av * ab) / determinant);
    if x.is_nan() || y.is_nan() || x < 0.0 || aa == 0.0 {
        (0.0, bv / bb)
    } else if y < 0.0 {
        (av / aa, 0.0)
    } else {
        (x, y)
    }
}

pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

impl Net {
    /// Mean arithmetic of a chunk.
    fn chunk_gflop(&self) -> f64 {
        let chunks: usize = self.steps.iter().map(|step| step.batch.div_ceil(CHUNK)).sum();
        self.steps.iter().map(|step| step.gflop).sum::<f64>() / chunks as f64
    }

    pub fn fit(&self) -> StepFit {
        let alone = self.steps.iter().filter(|step| step.ranks == 1);
        let rows = alone.map(|step| [1.0, step.gflop / self.chunk_gflop(), step.median_ms]);
        let (serial_ms, chunk_ms) = least_squares(&rows.collect::<Vec<_>>());
        StepFit { serial_ms, chunk_ms }
    }

    /// What the fit says of a step that was measured on several ranks.
    pub fn fitted_ms(&self, step: &Step, link: &LinkFit) -> f64 {
        let StepFit { serial_ms, chunk_ms } = self.fit();
        // The chunks of this batch, which may be heavier than others.
        let chunks = step.batch.div_ceil(CHUNK) as f64;
        let fit = StepFit { serial_ms, chunk_ms: chunk_ms * step.gflop / self.chunk_gflop() / chunks };
        fit.step_ms(link, self.weights, step.batch, step.ranks, Overlap::None)
    }
}

impl Measured {
    /// Messages, bytes and microseconds of what was measured with so many floats, where `is_one_of` holds for the ranks.
    /// Ranks that share a core take turns: a machine of two cores has as much to do for eight ranks as eight machines, in
    /// four times the time.
    fn rows(&self, link: Link, floats: usize, is_one_of: impl Fn(usize) -> bool) -> Vec<[f64; 3]> {
        let of_size = |transfer: &&Transfer| {
            transfer.link == link && transfer.floats == floats && is_one_of(transfer.ranks)
        };
        let rows = |transfer: &Transfer| {
            let turns = (transfer.ranks as f64 / self.n_cores as f64).max(1.0);
            let row = |chunks, us| {
                let (messages, bytes) = all_to_all(transfer.floats, chunks, transfer.ranks);
                [turns * messages, turns * bytes, us]
            };
            [row(transfer.chunks, transfer.exchange_us), row(1, transfer.all_gather_us)]
        };
        self.transfers.iter().filter(of_size).flat_map(rows).collect()
    }

    /// The time of a message and of a byte for a gradient of this size, from ranks with a core of their own. A large one
    /// does not stay in the caches, so each size has its own time of a byte; the smallest says what a message takes.
    pub fn fit(&self, link: Link, weights: usize) -> LinkFit {
        let near = |floats: &usize| (*floats as f64 / weights as f64).ln().abs();
        let sizes = || self.transfers.iter().map(|transfer| transfer.floats);
        let nearest = sizes().min_by(|a, b| near(a).total_cmp(&near(b))).unwrap_or_default();
        let smallest = sizes().min().unwrap_or_default();
        let alone = |ranks: usize| ranks <= self.n_cores;
        let messages = self.rows(link, smallest, alone);
        let message_us = median(messages.iter().map(|[messages, _, us]| us / messages).collect());
        let rows = self.rows(link, nearest, alone);
        let of_bytes =
            |[messages, bytes, us]: &[f64; 3]| [0.0, *bytes, (us - messages * message_us).max(0.1 * us)];
        let (_, us_per_byte) = least_squares(&rows.iter().map(of_bytes).collect::<Vec<_>>());
        let off = |rows: &[[f64; 3]]| {
            let off = |[a, b, value]: &[f64; 3]| ((a * message_us + b * us_per_byte) / value - 1.0).abs();
            median(rows.iter().map(off).collect())
        };
        let sharing = self.rows(link, nearest, |ranks| !alone(ranks));
        LinkFit { message_us, us_per_byte, deviation: off(&rows), deviation_sharing: off(&sharing) }
    }
}

/// Messages and bytes that a rank sends where each rank sends each other one its slice of so many gradients; gathering
/// the slices of one sum is as much as the slices of one gradient.
fn all_to_all(floats: usize, chunks: usize, ranks: usize) -> (f64, f64) {
    let others = ranks as f64 - 1.0;
    (others, FLOAT * floats as f64 * chunks as f64 * others / ranks as f64)
}

impl LinkFit {
    fn ms(&self, (messages, bytes): (f64, f64)) -> f64 {
        (messages * self.message_us + bytes * self.us_per_byte) / 1e3
    }
}

impl StepFit {
    /// The predicted time of a step in milliseconds.
    pub fn step_ms(
        &self,
        link: &LinkFit,
        weights: usize,
        batch: usize,
        ranks: usize,
        overlap: Overlap,
    ) -> f64 {
        let n_chunks = batch.div_ceil(CHUNK);
        let chunks = n_chunks.div_ceil(ranks);
        let compute = chunks as f64 * self.chunk_ms;
        if ranks == 1 {
            return self.serial_ms + compute;
        }
        let gather = link.ms(all_to_all(weights, 1, ranks));
        // What the ranks report of their questions, and whether to stop: small, and by a tree.
        let small = 2.0 * link.ms(((ranks as f64).log2().ceil(), 0.0));
        let reduce = match overlap {
            Overlap::None => link.ms(all_to_all(weights, chunks, ranks)),
            Overlap::OfChunks => {
                let one = link.ms(all_to_all(weights, 1, ranks));
                let hidden = one + (chunks as f64 - 1.0) * (one - self.chunk_ms).max(0.0);
                // Many small messages may take longer than what they hide.
                hidden.min(link.ms(all_to_all(weights, chunks, ranks)))
            }
        };
        self.serial_ms + compute + reduce + gather + small
    }

    /// The share of the ranks' time that is not lost, against one rank that does it all.
    pub fn efficiency(
        &self,
        link: &LinkFit,
        weights: usize,
        batch: usize,
        ranks: usize,
        overlap: Overlap,
    ) -> f64 {
        let alone = self.step_ms(link, weights, batch, 1, overlap);
        alone / (ranks as f64 * self.step_ms(link, weights, batch, ranks, overlap))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_model_gives_is_fitted_by_it() {
        let rows: Vec<[f64; 3]> =
            [(1.0, 3.0), (1.0, 9.0), (2.0, 5.0)].map(|(a, b)| [a, b, 7.0 * a + 0.5 * b]).into();
        let (x, y) = least_squares(&rows);
        assert!((x - 7.0).abs() < 1e-9 && (y - 0.5).abs() < 1e-9, "{x} {y}");
        // What would be below 0 is 0.
        assert_eq!(least_squares(&[[1.0, 1.0, 1.0], [1.0, 2.0, 3.0]]).0, 0.0);
    }

    fn link(message_us: f64, us_per_byte: f64) -> LinkFit {
        LinkFit { message_us, us_per_byte, deviation: 0.0, deviation_sharing: 0.0 }
    }

    #[test]
    fn measurements_come_back_from_their_fit() {
        let transfer = |(floats, ranks): (usize, usize)| {
            let us = |chunks| {
                let (messages, bytes) = all_to_all(floats, chunks, ranks);
                (ranks as f64 / 2.0).max(1.0) * (30.0 * messages + 0.0005 * bytes)
            };
            let (exchange_us, all_gather_us) = (us(3), us(1));
            Transfer { link: Link::Tcp, ranks, floats, chunks: 3, exchange_us, all_gather_us }
        };
        let transfers = [(1, 2), (1_000_000, 2), (1_000_000, 8)].map(transfer).into();
        let measured =
            Measured { machine: String::new(), n_cores: 2, mpi: String::new(), nets: Vec::new(), transfers };
        let fit = measured.fit(Link::Tcp, 900_000);
        assert!((fit.message_us - 30.0).abs() < 0.1 && (fit.us_per_byte - 0.0005).abs() < 1e-6, "{fit:?}");
        assert!(fit.deviation < 0.01 && fit.deviation_sharing < 0.01, "{fit:?}");
    }

    #[test]
    fn messages_cost_and_overlap_hides_them() {
        let step = StepFit { serial_ms: 1.0, chunk_ms: 10.0 };
        let tcp = link(10.0, 0.001);
        let efficiency = |ranks, overlap| step.efficiency(&tcp, 1_000_000, 2048, ranks, overlap);
        assert_eq!(efficiency(1, Overlap::None), 1.0);
        let mut last = [1.0; 2];
        for ranks in [2, 8, 64, 1024] {
            let now = [Overlap::None, Overlap::OfChunks].map(|overlap| efficiency(ranks, overlap));
            assert!(now[0] < last[0] && now[1] < last[1] && now[0] <= now[1], "{ranks}: {now:?}");
            last = now;
        }
        let free = link(0.0, 0.0);
        let ideal = StepFit { serial_ms: 0.0, chunk_ms: 10.0 };
        assert_eq!(ideal.efficiency(&free, 1000, 2048, 1024, Overlap::None), 1.0);
    }
}
