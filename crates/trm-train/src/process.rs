//! Training that follows an algorithm (neural algorithmic reasoning, arXiv 2105.02761): what is due after each step.

/// An algorithm's course on one question: from which supervision step on, counted from 0, a net that follows it shows what.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Process {
    /// `[tokens]`: when a token is marked.
    pub marks_from: Vec<u32>,
    /// `[tokens, hint_dim]`: when a hint is given.
    pub hints_from: Vec<u32>,
}

impl Process {
    /// The step of what never comes.
    pub const NEVER: u32 = u32::MAX;

    /// Steps after which everything has come.
    pub fn n_steps(&self) -> u32 {
        let due = self.marks_from.iter().chain(&self.hints_from).filter(|from| **from != Self::NEVER);
        due.max().map_or(0, |last| last + 1)
    }

    /// What is marked and hinted at after step `step`.
    pub(crate) fn at(&self, step: u32, marks: &mut Vec<bool>, hints: &mut Vec<bool>) {
        for (seen, from) in [(marks, &self.marks_from), (hints, &self.hints_from)] {
            seen.clear();
            seen.extend(from.iter().map(|from| *from <= step));
        }
    }
}
