//! Long embeddings are summed into short ones before anything else sees them, so that memory and
//! the number of stored examples do not depend on their length.
//!
//! Half of the short embedding are sums of neighbours, which preserve totals and positions; the other
//! half are sums of random positions with random signs (count sketch, Charikar et al. 2002), which
//! preserve inner products on average.

/// Numbers in a short embedding.
pub(crate) const WIDTH: usize = 256;
const HALF: usize = WIDTH / 2;
/// Keeps a sum of large numbers finite.
const LARGEST: f32 = 1e30;

/// The length of the short embedding of one of length `dim`.
pub(crate) fn width(dim: usize) -> usize {
    dim.min(WIDTH)
}

/// The short embedding of `query`, in `buffer` unless `query` is short already.
pub(crate) fn shorten<'a>(query: &'a [f32], seed: u64, buffer: &'a mut [f32; WIDTH]) -> &'a [f32] {
    if query.len() <= WIDTH {
        return query;
    }
    buffer.fill(0.0);
    let (sums, mixed) = buffer.split_at_mut(HALF);
    for (i, &value) in query.iter().enumerate() {
        sums[i * HALF / query.len()] += value;
        let hash = mix(seed ^ i as u64);
        let signed = if hash & 1 == 0 { value } else { -value };
        mixed[(hash >> 57) as usize % HALF] += signed;
    }
    // Infinities of both signs can meet as NaN; such a sum holds no information.
    buffer.iter_mut().for_each(|v| *v = if v.is_nan() { 0.0 } else { v.clamp(-LARGEST, LARGEST) });
    buffer
}

/// The finaliser of SplitMix64.
fn mix(x: u64) -> u64 {
    let x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_ones_pass_and_long_ones_keep_their_total() {
        let mut buffer = [0.0; WIDTH];
        assert_eq!(shorten(&[1.0, 2.0], 1, &mut buffer), &[1.0, 2.0]);
        let long: Vec<f32> = (0..1000).map(|i| (i % 7) as f32).collect();
        let total: f32 = long.iter().sum();
        let short = shorten(&long, 1, &mut buffer);
        assert_eq!(short.len(), WIDTH);
        assert_eq!(short[..HALF].iter().sum::<f32>(), total);
        assert!(short[HALF..].iter().filter(|v| **v != 0.0).count() > HALF * 3 / 4);
        assert!(shorten(&[f32::MAX; 999], 1, &mut buffer).iter().all(|v| v.is_finite()));
    }
}
