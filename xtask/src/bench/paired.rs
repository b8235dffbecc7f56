//! Two revisions against each other, in turns, so that a noisy machine slows both.

use super::stats::{median, median_interval};
use anyhow::Result;
use std::fmt::{self, Display, Formatter};

/// A case that takes more than this much longer, beyond doubt, is a regression.
const TOLERANCE: f64 = 1.10;

/// One case on both sides: for each round the candidate's time by the baseline's.
#[derive(Clone, Debug, PartialEq)]
pub struct Paired {
    pub case: String,
    ratios: Vec<f64>,
}

/// Measures a case `rounds` times on both sides, one after the other, and the other way round in
/// every second round.
pub fn measure(
    case: &str,
    rounds: usize,
    mut baseline: impl FnMut() -> Result<f64>,
    mut candidate: impl FnMut() -> Result<f64>,
) -> Result<Paired> {
    let mut ratios = Vec::with_capacity(rounds);
    for round in 0..rounds {
        let (a, b) = if round % 2 == 0 {
            let a = baseline()?;
            (a, candidate()?)
        } else {
            let b = candidate()?;
            (baseline()?, b)
        };
        ratios.push(b / a);
    }
    Ok(Paired { case: case.into(), ratios })
}

impl Paired {
    /// The candidate's time by the baseline's: the median over the rounds.
    pub fn ratio(&self) -> f64 {
        median(&self.ratios)
    }

    /// The interval of the ratio, 95 % or more with six rounds or more.
    pub fn interval(&self) -> (f64, f64) {
        median_interval(&self.ratios)
    }

    /// Slower by more than a tenth, and the interval excludes that nothing has changed.
    pub fn is_regression(&self) -> bool {
        self.ratio() > TOLERANCE && self.interval().0 > 1.0
    }

    /// A line of a report that programs read.
    pub fn to_json(&self) -> serde_json::Value {
        let (low, high) = self.interval();
        serde_json::json!({
            "case": self.case, "ratio": self.ratio(), "low": low, "high": high,
            "rounds": self.ratios.len(), "regression": self.is_regression(),
        })
    }

    /// Faster by more than a tenth, as surely.
    pub fn is_gain(&self) -> bool {
        self.ratio() < 1.0 / TOLERANCE && self.interval().1 < 1.0
    }
}

impl Display for Paired {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (low, high) = self.interval();
        let word = match (self.is_regression(), self.is_gain()) {
            (true, _) => "SLOWER",
            (_, true) => "faster",
            _ => "",
        };
        write!(f, "{:<52} {:6.3}  ({low:.3} .. {high:.3})  {word}", self.case, self.ratio())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A machine whose speed drifts by a factor of three, with 4 % of noise on each run; `slow_down`
    /// is what the candidate takes longer.
    fn on_a_noisy_machine(slow_down: f64, rounds: usize) -> Paired {
        let clock = std::cell::Cell::new(0u32);
        let run = |work: f64| {
            let t = f64::from(clock.replace(clock.get() + 1));
            let (drift, noise) = (2.0 + (t / 7.0).sin(), 1.0 + 0.04 * (t * t * 12.9898).sin());
            Ok(work * drift * noise)
        };
        measure("case", rounds, || run(1000.0), || run(1000.0 * slow_down)).expect("nothing fails")
    }

    #[test]
    fn a_deliberate_slow_down_trips() {
        for rounds in [6, 9] {
            let paired = on_a_noisy_machine(1.4, rounds);
            assert!(paired.is_regression(), "{paired}");
            assert!(paired.to_string().contains("SLOWER"), "{paired}");
        }
    }

    #[test]
    fn the_same_speed_does_not() {
        for rounds in [6, 9] {
            let paired = on_a_noisy_machine(1.0, rounds);
            assert!(!paired.is_regression() && !paired.is_gain(), "{paired}");
        }
    }

    #[test]
    fn a_gain_is_no_regression() {
        let paired = on_a_noisy_machine(0.6, 9);
        assert!(paired.is_gain() && !paired.is_regression(), "{paired}");
    }

    /// Beyond the tolerance in the middle, and yet not sure: no regression.
    #[test]
    fn doubt_does_not_trip() {
        let paired = Paired { case: "case".into(), ratios: vec![0.9, 1.2, 1.3, 0.95, 1.25, 1.2] };
        assert!(paired.ratio() > TOLERANCE && !paired.is_regression(), "{paired}");
    }

    #[test]
    fn both_sides_take_turns() {
        let order = std::cell::RefCell::new(String::new());
        let run = |side: char| {
            order.borrow_mut().push(side);
            Ok(1.0)
        };
        measure("case", 3, || run('a'), || run('b')).expect("nothing fails");
        assert_eq!(order.into_inner(), "abbaab");
    }
}
