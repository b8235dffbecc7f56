//! Questions that are drawn before they are needed.

use crate::Sample;
use std::collections::VecDeque;

/// The next questions of a run, which threads draw while others learn. One that is drawn when another has left the batch
/// keeps the other threads waiting, and a long maze takes as long to draw as to learn from.
#[derive(Default)]
pub(crate) struct Ahead {
    /// The number of the first.
    first: u64,
    samples: VecDeque<Sample>,
}

impl Ahead {
    /// Makes room for `n` questions from number `next` on: the numbers of those that are missing, and where they go.
    pub fn grow(&mut self, next: u64, n: usize) -> impl Iterator<Item = (u64, &mut Sample)> {
        if self.samples.is_empty() {
            self.first = next;
        }
        let drawn = self.samples.len();
        let wanted = (next + n as u64 - self.first) as usize;
        self.samples.resize_with(wanted.max(drawn), Sample::default);
        (self.first + drawn as u64..).zip(self.samples.range_mut(drawn..))
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

    /// Draws what is missing, and returns the numbers.
    fn draw(ahead: &mut Ahead, next: u64, n: usize) -> Vec<u64> {
        let draw = |(index, sample): (u64, &mut Sample)| {
            sample.question = vec![index as f32];
            index
        };
        ahead.grow(next, n).map(draw).collect()
    }

    #[test]
    fn each_question_once() {
        let mut ahead = Ahead::default();
        assert_eq!(draw(&mut ahead, 7, 3), [7, 8, 9]);
        for index in 7..9 {
            assert_eq!(ahead.take(index).unwrap().question, [index as f32]);
        }
        assert_eq!(draw(&mut ahead, 9, 3), [10, 11]);
        for index in 9..12 {
            assert_eq!(ahead.take(index).unwrap().question, [index as f32]);
        }
        assert!(ahead.take(12).is_none(), "more than was drawn");
        assert_eq!(draw(&mut ahead, 20, 2), [20, 21]);
        assert!(ahead.take(19).is_none(), "drawn from later on");
        assert_eq!(ahead.take(21).unwrap().question, [21.0]);
    }
}
