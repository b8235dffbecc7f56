//! Reading a whole forecast for a loss other than the absolute error.

/// The step `k` with the greatest chance that the question is solved within `radius` steps of
/// it; among equals (to 0.001) the one nearest to the median. Use it when a miss by more than
/// `radius` costs the same however far it is; the median has the least absolute error.
///
/// `distribution` is what [`SonaEngine::distribution`](crate::SonaEngine::distribution) returns.
/// The result is in `1..=distribution.len()`, and 1 for an empty one.
///
/// ```
/// // A peak at 2 and a long tail: the median is 4, but most is gained around 2 or 3.
/// let distribution = [0.2, 0.25, 0.04, 0.1, 0.1, 0.1, 0.1, 0.11];
/// assert_eq!(sona_learn::likeliest_within(&distribution, 1), 2);
/// ```
#[must_use]
pub fn likeliest_within(distribution: &[f32], radius: usize) -> usize {
    let mut below = 0.0;
    let median = distribution.iter().position(|p| {
        below += p;
        below >= 0.5
    });
    let median = median.unwrap_or(distribution.len().saturating_sub(1));
    let chance = |k: usize| -> f32 {
        let end = k.saturating_add(radius).saturating_add(1).min(distribution.len());
        distribution[k.saturating_sub(radius)..end].iter().sum()
    };
    let best = (0..distribution.len()).map(chance).fold(0.0, f32::max);
    (0..distribution.len())
        .filter(|&k| chance(k) >= best - 1e-3)
        .min_by_key(|&k| k.abs_diff(median))
        .unwrap_or(0)
        + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_go_to_the_median_and_bad_input_does_no_harm() {
        assert_eq!(likeliest_within(&[0.0, 0.0, 1.0, 0.0, 0.0], 2), 3);
        assert_eq!(likeliest_within(&[], 2), 1);
        assert_eq!(likeliest_within(&[f32::NAN; 3], 2), 1);
        assert_eq!(likeliest_within(&[0.0; 4], usize::MAX), 4);
    }
}
