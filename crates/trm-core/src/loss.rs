//! Losses on the logits, each with its gradient.
//!
//! Each loss is a mean over groups or tokens. The gradients are multiplied by `scale`.

use crate::config::Output;
use crate::graph::Graph;
use crate::kernel::Real;

/// The label of a question.
#[derive(Clone, Copy, Debug)]
pub enum Target<'a> {
    /// For [`Output::GroupSoftmax`] and [`Output::Binary`]: whether each token (live or not) is
    /// marked, that is, positive.
    Marks(&'a [bool]),
    /// The same for [`Output::Binary`], with marked tokens weighted by (unmarked / marked)^balance. With 0 all
    /// tokens weigh the same; with more, the model marks tokens that it is unsure of.
    Balanced(&'a [bool], f32),
    /// For [`Output::TokenSoftmax`] and [`Output::TokenStablemax`]: the class of each token, or [`IGNORE`].
    Classes(&'a [u32]),
}

/// The class of a token that does not count in the loss.
pub const IGNORE: u32 = u32::MAX;

/// The loss of `logits` (`[live, answer_dim]`); writes its gradient to `d`.
///
/// # Panics
/// Where the target does not belong to the output, or is too short.
pub fn loss<R: Real>(
    output: Output,
    graph: &Graph,
    logits: &[R],
    target: Target,
    scale: R,
    d: &mut [R],
) -> R {
    match (output, target) {
        (Output::GroupSoftmax { relation }, Target::Marks(marks)) => {
            group_softmax(graph, relation, logits, marks, scale, d)
        }
        (Output::Binary, Target::Marks(marks)) => binary(graph, logits, marks, 0.0, scale, d),
        (Output::Binary, Target::Balanced(marks, balance)) => binary(graph, logits, marks, balance, scale, d),
        (Output::TokenSoftmax, Target::Classes(classes)) => {
            token_classes(graph, logits, classes, scale, d, softmax_row)
        }
        (Output::TokenStablemax, Target::Classes(classes)) => {
            token_classes(graph, logits, classes, scale, d, stablemax_row)
        }
        (output, target) => panic!("{output:?} is not trained with {target:?}"),
    }
}

/// Cross-entropy of a softmax over the live tokens of each group, one of which is marked.
fn group_softmax<R: Real>(
    graph: &Graph,
    relation: usize,
    logits: &[R],
    marks: &[bool],
    scale: R,
    d: &mut [R],
) -> R {
    let groups = graph.groups_of(relation);
    let n = R::from_f64(groups.len().max(1) as f64);
    let mut total = R::ZERO;
    for g in groups {
        let members = graph.members_of(g);
        let max = members.iter().fold(logits[members[0] as usize], |m, i| {
            if logits[*i as usize] > m { logits[*i as usize] } else { m }
        });
        let mut sum = R::ZERO;
        for i in members {
            let e = (logits[*i as usize] - max).exp();
            d[*i as usize] = e;
            sum += e;
        }
        for i in members {
            let i = *i as usize;
            let p = d[i] / sum;
            let marked = marks[graph.live[i] as usize];
            if marked {
                total += sum.ln() + max - logits[i];
            }
            d[i] = (p - if marked { R::ONE } else { R::ZERO }) * scale / n;
        }
    }
    total / n
}

/// Binary cross-entropy with positive weight (negatives / positives)^balance.
fn binary<R: Real>(graph: &Graph, logits: &[R], marks: &[bool], balance: f32, scale: R, d: &mut [R]) -> R {
    let n = graph.live.len().max(1) as f64;
    let positives = graph.live.iter().filter(|t| marks[**t as usize]).count().max(1) as f64;
    let weight = R::from_f64(((n - positives).max(1.0) / positives).powf(f64::from(balance)));
    let n = R::from_f64(n);
    let mut total = R::ZERO;
    for (i, t) in graph.live.iter().enumerate() {
        let (x, marked) = (logits[i], marks[*t as usize]);
        let w = if marked { weight } else { R::ONE };
        let (loss, slope) = cross_entropy(x, marked);
        total += w * loss;
        d[i] = slope * w * scale / n;
    }
    total / n
}

/// `ln(1 + exp(x))`, without overflow.
fn softplus<R: Real>(x: R) -> R {
    let positive = x > R::ZERO;
    let e = (if positive { -x } else { x }).exp();
    (R::ONE + e).ln() + if positive { x } else { R::ZERO }
}

/// Mean binary cross-entropy of `logits` (`[live, dim]`), which should be positive where `hints` (`[tokens, dim]`) say so;
/// writes `scale` times its gradient to `d`.
///
/// # Panics
/// Where there are fewer hints.
pub fn hint_loss<R: Real>(graph: &Graph, logits: &[R], hints: &[bool], scale: R, d: &mut [R]) -> R {
    let dim = logits.len() / graph.live.len().max(1);
    let n = R::from_f64(logits.len().max(1) as f64);
    let mut total = R::ZERO;
    for (i, t) in graph.live.iter().enumerate() {
        for j in 0..dim {
            let (loss, slope) = cross_entropy(logits[i * dim + j], hints[*t as usize * dim + j]);
            total += loss;
            d[i * dim + j] = slope * scale / n;
        }
    }
    total / n
}

/// Binary cross-entropy of a halt logit, with the label "the answer is right", and its gradient.
pub fn halt_loss<R: Real>(logit: R, right: bool) -> (R, R) {
    cross_entropy(logit, right)
}

/// Binary cross-entropy of one logit, and its slope.
fn cross_entropy<R: Real>(logit: R, positive: bool) -> (R, R) {
    let signed = if positive { -logit } else { logit };
    let p = R::ONE / (R::ONE + (-signed).exp());
    (softplus(signed), if positive { -p } else { p })
}

/// Loss of one row of logits and its class; writes the gradient to the last argument.
type RowLoss<R> = fn(&[R], usize, &mut [R]) -> R;

fn token_classes<R: Real>(
    graph: &Graph,
    logits: &[R],
    classes: &[u32],
    scale: R,
    d: &mut [R],
    row_loss: RowLoss<R>,
) -> R {
    let dim = logits.len() / graph.live.len().max(1);
    let counted = graph.live.iter().filter(|t| classes[**t as usize] != IGNORE).count();
    let n = R::from_f64(counted.max(1) as f64);
    let mut total = R::ZERO;
    for (i, t) in graph.live.iter().enumerate() {
        let (logits, d) = (&logits[i * dim..(i + 1) * dim], &mut d[i * dim..(i + 1) * dim]);
        match classes[*t as usize] {
            IGNORE => d.fill(R::ZERO),
            class => {
                total += row_loss(logits, class as usize, d);
                d.iter_mut().for_each(|d| *d = *d * scale / n);
            }
        }
    }
    total / n
}

fn softmax_row<R: Real>(logits: &[R], class: usize, d: &mut [R]) -> R {
    let max = logits.iter().fold(logits[0], |m, x| if *x > m { *x } else { m });
    let mut sum = R::ZERO;
    for (d, x) in d.iter_mut().zip(logits) {
        *d = (*x - max).exp();
        sum += *d;
    }
    d.iter_mut().for_each(|d| *d = *d / sum);
    d[class] = d[class] - R::ONE;
    sum.ln() + max - logits[class]
}

/// Stablemax (arXiv 2501.04697): `s(x) = x + 1` for `x >= 0`, else `1 / (1 - x)`.
fn stablemax_row<R: Real>(logits: &[R], class: usize, d: &mut [R]) -> R {
    let eps = R::from_f64(1e-30);
    let s = |x: R| if x < R::ZERO { R::ONE / (R::ONE - x + eps) } else { x + R::ONE };
    let mut sum = R::ZERO;
    for x in logits {
        sum += s(*x);
    }
    for (d, x) in d.iter_mut().zip(logits) {
        let slope = if *x < R::ZERO { s(*x) * s(*x) } else { R::ONE };
        *d = slope / sum;
    }
    let slope = if logits[class] < R::ZERO { s(logits[class]) } else { R::ONE / s(logits[class]) };
    d[class] = d[class] - slope;
    sum.ln() - s(logits[class]).ln()
}

/// Whether the answer that is read from the logits equals the target in every part.
pub fn all_right<R: Real>(output: Output, graph: &Graph, logits: &[R], target: Target) -> bool {
    match (output, target) {
        (Output::GroupSoftmax { relation }, Target::Marks(marks)) => graph.groups_of(relation).all(|g| {
            let members = graph.members_of(g);
            let best = members.iter().fold(members[0], |best, i| {
                if logits[*i as usize] > logits[best as usize] { *i } else { best }
            });
            marks[graph.live[best as usize] as usize]
        }),
        (_, Target::Marks(marks) | Target::Balanced(marks, _)) => {
            graph.live.iter().zip(logits).all(|(t, x)| (*x > R::ZERO) == marks[*t as usize])
        }
        (_, Target::Classes(classes)) => {
            let dim = logits.len() / graph.live.len().max(1);
            graph.live.iter().zip(logits.chunks_exact(dim.max(1))).all(|(t, row)| {
                let class = classes[*t as usize] as usize;
                class >= row.len() || row.iter().enumerate().all(|(i, x)| i == class || *x < row[class])
            })
        }
    }
}
