//! What one supervision step reads, says, and should come to.

use crate::loss::Target;

/// What one supervision step reads besides its state.
#[derive(Clone, Copy, Debug)]
pub struct StepInput<'a> {
    /// `[tokens, embedding_dim]`, or one row for all tokens.
    pub question: &'a [f32],
    /// `[live, answer_dim]`: the step's [`AnswerChannel`](crate::AnswerChannel); empty for zeros.
    pub channel: &'a [f32],
}

/// A question, with zeros in the answer channel.
impl<'a> From<&'a [f32]> for StepInput<'a> {
    fn from(question: &'a [f32]) -> Self {
        StepInput { question, channel: &[] }
    }
}

impl<'a> From<&'a Vec<f32>> for StepInput<'a> {
    fn from(question: &'a Vec<f32>) -> Self {
        question.as_slice().into()
    }
}

/// What one training step should come to.
#[derive(Clone, Copy, Debug)]
pub struct StepTarget<'a> {
    /// What the answer should be after this step.
    pub answer: Target<'a>,
    /// What it should be in the end.
    pub solution: Target<'a>,
    /// `[tokens, hint_dim]`: what the hints should be; empty without hints.
    pub hints: &'a [bool],
}

impl<'a> From<Target<'a>> for StepTarget<'a> {
    fn from(target: Target<'a>) -> Self {
        StepTarget { answer: target, solution: target, hints: &[] }
    }
}

/// What a supervision step says of its answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StepOutput<R> {
    /// `[live, answer_dim]`
    pub logits: Vec<R>,
    /// Logit of "the answer is right".
    pub halt_logit: R,
    /// Part of the answer that changed against the step before, in 0..1; 1 in the first step.
    pub changed: f32,
    /// Mean sureness of the answer's parts, in 0..1.
    pub mean_sureness: f32,
}

impl StepOutput<f32> {
    /// The model's probability that the answer is right, in 0..1.
    pub fn confidence(&self) -> f32 {
        1.0 / (1.0 + (-self.halt_logit).exp())
    }
}

/// What one training step measured on one question.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepLoss {
    /// The answer's loss, with that of the hints.
    pub answer: f64,
    /// The halt head's loss.
    pub halt: f64,
    /// Whether every part of the answer is right.
    pub right: bool,
}
