//! Two evaluations of the same rows, compared row by row.

use crate::answers::RowAnswer;
use crate::error::{BenchError, Result};
use crate::tally::Rate;
use serde::{Deserialize, Serialize};
use std::fmt::{self, Display, Formatter};

/// On how many of the same rows two runs are right.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Paired {
    /// Rows.
    pub n: usize,
    /// The share that the first is right on.
    pub a: Rate,
    /// The share that the second is right on.
    pub b: Rate,
    /// Rows that both are right on.
    pub both: usize,
    /// Rows that only the first is right on.
    pub only_a: usize,
    /// Rows that only the second is right on.
    pub only_b: usize,
    /// The second's share less the first's, in -1..1.
    pub difference: f64,
    /// Lower end of the 95 % interval of the difference (Newcombe 1998, method 10).
    pub low: f64,
    /// Upper end of it.
    pub high: f64,
    /// Two-sided p-value of the exact McNemar test: the chance of so uneven a split of the rows that only one is right
    /// on, were both equally good.
    pub p: f64,
    /// Mean steps of the first.
    pub mean_k_a: f64,
    /// Mean steps of the second.
    pub mean_k_b: f64,
}

impl Paired {
    /// Compares two sets of answers, by what `right` says of each.
    ///
    /// # Errors
    /// [`BenchError::Answers`] where they are not of the same rows.
    pub fn of(a: &[RowAnswer], b: &[RowAnswer], right: impl Fn(&RowAnswer) -> bool) -> Result<Self> {
        if a.len() != b.len() {
            let reason = format!("{} rows beside {}", a.len(), b.len());
            return Err(BenchError::Answers { reason });
        }
        if let Some((a, b)) =
            a.iter().zip(b).find(|(a, b)| a.row != b.row || a.answer.len() != b.answer.len())
        {
            let reason = format!("row {} beside row {}: answers to other questions", a.row, b.row);
            return Err(BenchError::Answers { reason });
        }
        let count =
            |wanted: [bool; 2]| a.iter().zip(b).filter(|(a, b)| [right(a), right(b)] == wanted).count();
        let [both, only_a, only_b] = [[true, true], [true, false], [false, true]].map(count);
        let mean = |answers: &[RowAnswer]| {
            answers.iter().map(|answer| answer.steps as f64).sum::<f64>() / answers.len().max(1) as f64
        };
        let n = a.len();
        let (rate_a, rate_b) = (Rate::of(both + only_a, n), Rate::of(both + only_b, n));
        let (low, high) = interval(&rate_a, &rate_b, [both, only_a, only_b, n - both - only_a - only_b]);
        Ok(Paired {
            n,
            both,
            only_a,
            only_b,
            difference: rate_b.rate - rate_a.rate,
            low,
            high,
            p: mcnemar(only_a, only_b),
            mean_k_a: mean(a),
            mean_k_b: mean(b),
            a: rate_a,
            b: rate_b,
        })
    }
}

/// Newcombe's interval of a paired difference: the Wilson intervals of both shares, corrected for their correlation.
fn interval(a: &Rate, b: &Rate, [both, only_a, only_b, none]: [usize; 4]) -> (f64, f64) {
    let [f_both, f_a, f_b, f_none] = [both, only_a, only_b, none].map(|count| count as f64);
    let margins = (f_both + f_a) * (f_b + f_none) * (f_both + f_b) * (f_a + f_none);
    let half = (f_both + f_a + f_b + f_none) / 2.0;
    let agreement = f_both * f_none - f_a * f_b;
    let corrected = if agreement > 0.0 { (agreement - half).max(0.0) } else { agreement };
    let phi = if margins > 0.0 { corrected / margins.sqrt() } else { 0.0 };
    let width = |x: f64, y: f64| (x * x - 2.0 * phi * x * y + y * y).max(0.0).sqrt();
    let difference = b.rate - a.rate;
    let below = width(b.rate - b.low, a.high - a.rate);
    let above = width(b.high - b.rate, a.rate - a.low);
    ((difference - below).max(-1.0), (difference + above).min(1.0))
}

/// The exact test: a fair coin per row that only one is right on, both tails.
fn mcnemar(only_a: usize, only_b: usize) -> f64 {
    let (n, fewer) = (only_a + only_b, only_a.min(only_b));
    // Terms of the binomial by their logarithms: 2^-n alone is below any number from 1,075 coins on.
    let mut term = -(n as f64) * std::f64::consts::LN_2;
    let mut tail = 0.0;
    for k in 0..=fewer {
        tail += term.exp();
        term += ((n - k) as f64 / (k + 1) as f64).ln();
    }
    (2.0 * tail).min(1.0)
}

impl Display for Paired {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Paired { n, a, b, both, only_a, only_b, difference, low, high, p, mean_k_a, mean_k_b } = self;
        let none = n - both - only_a - only_b;
        writeln!(f, "  A                 {a}  mean K {mean_k_a:.2}")?;
        writeln!(f, "  B                 {b}  mean K {mean_k_b:.2}")?;
        writeln!(f, "  rows              {n}: both {both}, only A {only_a}, only B {only_b}, none {none}")?;
        let [difference, low, high] = [difference, low, high].map(|share| 100.0 * share);
        writeln!(f, "  B less A          {difference:+.2} points  ({low:+.2} .. {high:+.2})")?;
        writeln!(f, "  McNemar, exact    p = {p:.4}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(right: &[bool]) -> Vec<RowAnswer> {
        let answer = |(i, right): (usize, &bool)| RowAnswer {
            row: i + 1,
            answer: "1".into(),
            steps: i,
            confidence: 0.5,
            exact: *right,
            solved: false,
        };
        right.iter().enumerate().map(answer).collect()
    }

    fn paired(counts: [usize; 4]) -> Paired {
        let rows = |of: [bool; 4]| {
            let rows = counts.iter().zip(of).flat_map(|(count, right)| vec![right; *count]);
            answers(&rows.collect::<Vec<_>>())
        };
        let (a, b) = (rows([true, true, false, false]), rows([true, false, true, false]));
        Paired::of(&a, &b, |answer| answer.exact).expect("the same rows")
    }

    /// An example of Newcombe's (Statistics in Medicine 17, 2635-2650, table III), and full agreement, by hand.
    #[test]
    fn intervals_are_the_published_ones() {
        for (counts, expected) in [([36, 12, 2, 0], (0.0569, 0.3404)), ([28, 0, 0, 22], (-0.0387, 0.0387))] {
            let found = paired(counts);
            // A less B there, B less A here.
            let (low, high) = (-found.high, -found.low);
            assert!((low - expected.0).abs() < 6e-5 && (high - expected.1).abs() < 6e-5, "{low} {high}");
        }
    }

    #[test]
    fn the_test_is_the_binomial_one() {
        assert_eq!((paired([5, 0, 0, 5]).p, paired([0, 3, 3, 0]).p), (1.0, 1.0));
        assert!((paired([0, 0, 5, 0]).p - 0.0625).abs() < 1e-12, "2 / 32");
        assert!((paired([9, 1, 7, 9]).p - 18.0 / 256.0).abs() < 1e-12, "2 (1 + 8) / 256");
        let many = paired([0, 1500, 1600, 0]).p;
        assert!((0.05..0.1).contains(&many), "{many}");
    }

    #[test]
    fn other_rows_are_refused() {
        let (a, mut b) = (answers(&[true; 3]), answers(&[true; 3]));
        let refused = |b: &[RowAnswer]| Paired::of(&a, b, |answer| answer.exact).is_err();
        assert!(!refused(&b) && refused(&b[1..]) && refused(&b[..2]));
        b[1].answer.push('2');
        assert!(refused(&b));
    }
}
