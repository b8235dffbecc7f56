//! Questions that are drawn before they are needed.

use crate::Sample;
use std::collections::VecDeque;
use std::ops::Range;

/// The next questions of a run, which threads draw while others learn. One that is drawn when another has left the batch
/// keeps the other threads waiting, and a long maze takes as long to draw as to learn from.
#[derive(Default)]
pub(crate) struct Ahead {
    /// The number of the first.
    first: u64,
    samples: VecDeque<Sample>,
}

impl Ahead {
    /// The questions to draw, so that `n` are there from number `next` on.
    pub fn missing(&mut self, next: u64, n: usize) -> Range<u64> {
        if self.samples.is_empty() {
            self.first = next;
        }
        let drawn = self.first + self.samples.len() as u64;
        drawn..drawn.max(next + n as u64)
    }

    /// Adds what was [`missing`](Ahead::missing).
    pub fn extend(&mut self, drawn: impl IntoIterator<Item = Sample>) {
        self.samples.extend(drawn);
    }

    /// Question `next`, if it is there. Those before it are dropped.
    pub fn take(&mut self, next: u64) -> Option<Sample> {
        while self.first < next && self.samples.pop_front().is_some() {
            self.first += 1;
        }
        let sample = if self.first == next { self.samples.pop_front() } else { None }?;
        self.first += 1;
        Some(sample)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbered(indices: Range<u64>) -> impl Iterator<Item = Sample> {
        indices.map(|index| Sample { question: vec![index as f32], ..Sample::default() })
    }

    #[test]
    fn each_question_once() {
        let mut ahead = Ahead::default();
        let wanted = ahead.missing(7, 3);
        assert_eq!(wanted, 7..10);
        ahead.extend(numbered(wanted));
        for index in 7..9 {
            assert_eq!(ahead.take(index).unwrap().question, [index as f32]);
        }
        let wanted = ahead.missing(9, 3);
        assert_eq!(wanted, 10..12);
        ahead.extend(numbered(wanted));
        for index in 9..12 {
            assert_eq!(ahead.take(index).unwrap().question, [index as f32]);
        }
        assert!(ahead.take(12).is_none(), "more than was drawn");
        assert_eq!(ahead.missing(20, 2), 20..22);
        ahead.extend(numbered(20..22));
        assert!(ahead.take(19).is_none(), "drawn from later on");
        assert_eq!(ahead.take(21).unwrap().question, [21.0]);
    }
}
