//! Medians, and how sure one may be of them.

/// A confidence interval leaves out at most this much.
const MISSED: f64 = 0.05;

/// The middle of the numbers, or the mean of the two in the middle.
///
/// # Panics
/// Where there are none.
pub fn median(numbers: &[f64]) -> f64 {
    let sorted = sorted(numbers);
    let n = sorted.len();
    (sorted[(n - 1) / 2] + sorted[n / 2]) / 2.0
}

/// Two of the numbers with the median of what they were drawn from between them, in 95 % of cases or
/// more, whatever their distribution: `P(j of n below) ~ Binomial(n, 1/2)`. All of them where there are
/// fewer than six, which is less sure.
///
/// # Panics
/// Where there are none.
pub fn median_interval(numbers: &[f64]) -> (f64, f64) {
    let sorted = sorted(numbers);
    let n = sorted.len();
    let (mut cut, mut binomial, mut missed) = (0, 1.0, 2.0 / 2f64.powi(n as i32));
    while cut < (n - 1) / 2 {
        binomial *= (n - cut) as f64 / (cut + 1) as f64;
        missed += 2.0 * binomial / 2f64.powi(n as i32);
        if missed > MISSED {
            break;
        }
        cut += 1;
    }
    (sorted[cut], sorted[n - 1 - cut])
}

/// Slope and height of the line with the least squares, and the share of the variance it explains (R^2).
pub fn linear_fit(points: &[(f64, f64)]) -> (f64, f64, f64) {
    let n = points.len() as f64;
    let mean = |value: &dyn Fn(&(f64, f64)) -> f64| points.iter().map(value).sum::<f64>() / n;
    let (x, y) = (mean(&|p| p.0), mean(&|p| p.1));
    let xx = mean(&|p| (p.0 - x).powi(2));
    let xy = mean(&|p| (p.0 - x) * (p.1 - y));
    let yy = mean(&|p| (p.1 - y).powi(2));
    let slope = xy / xx;
    (slope, y - slope * x, xy * xy / (xx * yy))
}

fn sorted(numbers: &[f64]) -> Vec<f64> {
    assert!(!numbers.is_empty(), "no numbers");
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_is_found() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
    }

    /// Against a table of the binomial distribution: 5 numbers cannot give 95 %, 6 give 96.9 % with
    /// all, 9 give 96.1 % and 11 give 98.8 % without the outermost two, 12 give 96.1 % without four.
    #[test]
    fn intervals_are_those_of_the_sign_test() {
        let numbers = |n: usize| (0..n).map(|i| i as f64).collect::<Vec<_>>();
        for (n, low) in [(1, 0.0), (5, 0.0), (6, 0.0), (8, 0.0), (9, 1.0), (11, 1.0), (12, 2.0)] {
            assert_eq!(median_interval(&numbers(n)), (low, n as f64 - 1.0 - low), "{n} numbers");
        }
    }

    #[test]
    fn a_line_is_fitted() {
        let (slope, height, r2) = linear_fit(&[(1.0, 5.0), (2.0, 7.0), (4.0, 11.0)]);
        assert!((slope - 2.0).abs() < 1e-12 && (height - 3.0).abs() < 1e-12 && (r2 - 1.0).abs() < 1e-12);
        let (_, _, r2) = linear_fit(&[(1.0, 1.0), (2.0, 9.0), (3.0, 1.0), (4.0, 9.0)]);
        assert!(r2 < 0.5, "{r2}");
    }
}
