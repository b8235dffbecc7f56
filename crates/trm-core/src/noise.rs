//! Noise as a function of where it is used: a counter-based generator (Salmon et al., SC 2011).
//!
//! The number for (seed, step, index) does not depend on what was drawn before, so one run, a batch, any number of
//! threads and WebAssembly give the same bits. Only integer and correctly rounded operations take part, none of the
//! platform's mathematics library.

use rand::{Rng, SeedableRng};
use rand_xoshiro::SplitMix64;

/// Spreads counters over 64 bits: odd, so that no two steps share a key. The fraction of the square root of 5.
const STEP: u64 = 0x3C6E_F372_FE94_F82B;
/// The same for indices: the fraction of the square root of 2.
const INDEX: u64 = 0x6A09_E667_F3BC_C909;
/// Variance of 64 fair coins, and of a uniform number in 0..1.
const VARIANCE: f64 = 16.0 + 1.0 / 12.0;

/// The noise of one supervision step of one run.
#[derive(Clone, Copy, Debug)]
pub struct StepNoise {
    key: u64,
}

impl StepNoise {
    /// The noise of step `step`, counted from 0, of the run with this seed.
    pub fn new(seed: u64, step: u64) -> Self {
        let run = SplitMix64::seed_from_u64(seed).next_u64();
        StepNoise { key: SplitMix64::seed_from_u64(run.wrapping_add(step.wrapping_mul(STEP))).next_u64() }
    }

    /// Number `index` of the step: mean 0, variance 1, and normal but for its far tails. It is the sum of 64 fair
    /// coins and a uniform number that fills the gaps between their values; none is beyond 8.1.
    ///
    /// ```
    /// use trm_core::noise::StepNoise;
    /// assert_eq!(StepNoise::new(1, 0).normal(5), StepNoise::new(1, 0).normal(5));
    /// assert_ne!(StepNoise::new(1, 0).normal(5), StepNoise::new(1, 1).normal(5));
    /// ```
    pub fn normal(self, index: u64) -> f32 {
        let mut bits = SplitMix64::seed_from_u64(self.key.wrapping_add(index.wrapping_mul(INDEX)));
        let heads = f64::from(bits.next_u64().count_ones());
        let uniform = (bits.next_u64() >> 32) as f64 / (1u64 << 32) as f64;
        ((heads + uniform - 32.5) / VARIANCE.sqrt()) as f32
    }

    /// `std` times the noise of each number of the listed tokens, `dim` numbers per token, in place of `out`. A
    /// token's noise does not depend on which others are listed.
    pub fn fill(self, std: f32, tokens: &[u32], dim: usize, out: &mut Vec<f32>) {
        out.clear();
        for token in tokens {
            let first = u64::from(*token) * dim as u64;
            out.extend((first..first + dim as u64).map(|index| std * self.normal(index)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::StepNoise;

    #[test]
    fn moments_are_those_of_a_normal() {
        let numbers: Vec<f64> =
            (0..200).flat_map(|k| (0..500).map(move |i| f64::from(StepNoise::new(3, k).normal(i)))).collect();
        let moment = |power: i32| numbers.iter().map(|x| x.powi(power)).sum::<f64>() / numbers.len() as f64;
        let (mean, variance, skew, kurtosis) = (moment(1), moment(2), moment(3), moment(4));
        assert!(mean.abs() < 0.01 && (variance - 1.0).abs() < 0.02, "{mean} {variance}");
        assert!(skew.abs() < 0.05 && (kurtosis - 3.0).abs() < 0.1, "{skew} {kurtosis}");
    }

    #[test]
    fn neighbouring_counters_are_not_correlated() {
        let at = |seed, step, index| f64::from(StepNoise::new(seed, step).normal(index));
        let pairs: [fn(u64) -> [u64; 6]; 3] =
            [|i| [0, 0, i, 0, 0, i + 1], |i| [0, i, 7, 0, i + 1, 7], |i| [i, 3, 7, i + 1, 3, 7]];
        for pair in pairs {
            let product = |i: u64| {
                let [a, b, c, d, e, f] = pair(i);
                at(a, b, c) * at(d, e, f)
            };
            let mean = (0..20_000).map(product).sum::<f64>() / 20_000.0;
            assert!(mean.abs() < 0.03, "{mean}");
        }
    }

    /// The same bits on every platform: these were printed on x86-64.
    #[test]
    fn bits_are_recorded() {
        let bits = [(0, 0, 0), (1, 2, 3), (u64::MAX, 63, 728)]
            .map(|(seed, step, index)| StepNoise::new(seed, step).normal(index).to_bits());
        assert_eq!(bits, [1_052_495_879, 3_211_835_395, 1_049_008_534]);
    }

    #[test]
    fn a_tokens_noise_is_its_own() {
        let (noise, mut all, mut some) = (StepNoise::new(4, 9), Vec::new(), Vec::new());
        noise.fill(0.5, &[0, 1, 2, 3], 2, &mut all);
        noise.fill(0.5, &[1, 3], 2, &mut some);
        assert_eq!(some, [all[2], all[3], all[6], all[7]]);
    }
}
