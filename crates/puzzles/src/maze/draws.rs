//! Random numbers that stay the same whatever becomes of `rand`.

use std::ops::RangeInclusive;

use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// The random numbers of one maze.
///
/// Made of raw 64-bit words alone, so that a seed gives the same mazes whatever `rand` does to its
/// distributions between versions.
pub(super) struct Draws(Xoshiro256PlusPlus);

impl Draws {
    pub(super) fn new(seed: u64, index: u64) -> Self {
        let spread = Xoshiro256PlusPlus::seed_from_u64(seed).next_u64();
        Self(Xoshiro256PlusPlus::seed_from_u64(spread ^ index))
    }

    /// A number below `n`; the bias of at most n / 2^64 is beyond notice.
    pub(super) fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.0.next_u64()) * u128::from(n)) >> 64) as u64
    }

    /// A probability drawn uniformly from the range, in units of 2^-32.
    pub(super) fn threshold(&mut self, range: &RangeInclusive<f32>) -> u64 {
        let (low, high) = (f64::from(*range.start()), f64::from(*range.end()));
        let unit = (self.0.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
        ((low + (high - low) * unit) * (1u64 << 32) as f64) as u64
    }

    /// 64 coins, each 1 with probability `threshold / 2^32`; only those in `lanes` are thrown.
    ///
    /// Each lane draws a 32-bit number bit by bit, highest first, and is decided at the first bit
    /// that differs from the threshold's; about 8 words decide 64 lanes.
    pub(super) fn coins(&mut self, threshold: u64, lanes: u64) -> u64 {
        if threshold >> 32 != 0 {
            return lanes;
        }
        let mut undecided = lanes;
        let mut below = 0;
        for bit in (0..32).rev() {
            if undecided == 0 {
                break;
            }
            let drawn = self.0.next_u64();
            if threshold >> bit & 1 == 1 {
                below |= undecided & !drawn;
                undecided &= drawn;
            } else {
                undecided &= !drawn;
            }
        }
        below
    }
}

#[cfg(test)]
mod tests {
    use super::Draws;

    #[test]
    fn coins_fall_with_their_probability() {
        let mut draws = Draws::new(1, 2);
        for probability in [0.0, 0.3, 0.37, 0.5, 0.999, 1.0] {
            let threshold = (probability * (1u64 << 32) as f64) as u64;
            let n_words = 20_000;
            let ones: u32 = (0..n_words).map(|_| draws.coins(threshold, !0).count_ones()).sum();
            let share = f64::from(ones) / f64::from(n_words * 64);
            // Four standard deviations of 1.28 million coins are at most 0.0018.
            assert!((share - probability).abs() < 0.0018, "{probability}: {share}");
        }
    }

    #[test]
    fn neighbouring_seeds_and_indices_differ() {
        let first = |seed, index| Draws::new(seed, index).below(u64::MAX);
        let words = [first(0, 0), first(0, 1), first(1, 0), first(1, 1)];
        for (i, word) in words.iter().enumerate() {
            assert!(!words[..i].contains(word));
        }
    }
}
