//! Losses on the head's numbers, each with its gradient.
//!
//! All are means over what they count and multiply the gradient by `scale`.

use crate::Output;
use crate::kernel::Real;
use crate::relations::Graph;

/// What the answer should be.
#[derive(Clone, Copy, Debug)]
pub enum Target<'a> {
    /// For [`Output::GroupSoftmax`] and [`Output::Binary`]: whether each token (live or not) is
    /// marked.
    Marks(&'a [bool]),
    /// The same for [`Output::Binary`], where marked tokens count (unmarked / marked)^balance
    /// times as much as unmarked ones. With 0 all count alike; more than 0 marks what is unsure.
    Balanced(&'a [bool], f32),
    /// For [`Output::TokenSoftmax`] and [`Output::TokenStablemax`]: the class of each token;
    /// [`IGNORE`] where none counts.
    Classes(&'a [u32]),
}

/// A token without a class.
pub const IGNORE: u32 = u32::MAX;

/// The loss of `logits` (`[live, answer_dim]`), with its gradient in `d`.
///
/// # Panics
/// Where the target is not of the output's kind, or too short.
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

/// Softmax cross-entropy over the live tokens of each group, of which one is marked.
fn group_softmax<R: Real>(
    graph: &Graph,
    relation: usize,
    logits: &[R],
    marks: &[bool],
    scale: R,
    d: &mut [R],
) -> R {
    let (first, last) = group_range(graph, relation);
    let n = R::from_f64((last - first).max(1) as f64);
    let mut total = R::ZERO;
    for g in first..last {
        let members = graph.members_of(g);
        let most = members.iter().fold(logits[members[0] as usize], |m, i| {
            if logits[*i as usize] > m { logits[*i as usize] } else { m }
        });
        let mut sum = R::ZERO;
        for i in members {
            let e = (logits[*i as usize] - most).exp();
            d[*i as usize] = e;
            sum += e;
        }
        for i in members {
            let i = *i as usize;
            let p = d[i] / sum;
            let marked = marks[graph.live[i] as usize];
            if marked {
                total += sum.ln() + most - logits[i];
            }
            d[i] = (p - if marked { R::ONE } else { R::ZERO }) * scale / n;
        }
    }
    total / n
}

/// The groups of one relation.
pub(crate) fn group_range(graph: &Graph, relation: usize) -> (usize, usize) {
    let groups = graph.group_of.iter().skip(relation).step_by(graph.n_relations);
    let (mut first, mut last) = (usize::MAX, 0);
    for g in groups {
        first = first.min(*g as usize);
        last = last.max(*g as usize + 1);
    }
    (first.min(last), last)
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
        let signed = if marked { -x } else { x };
        total += w * softplus(signed);
        let p = R::ONE / (R::ONE + (-signed).exp());
        d[i] = if marked { -p } else { p } * w * scale / n;
    }
    total / n
}

/// `ln(1 + exp(x))`, without overflow.
fn softplus<R: Real>(x: R) -> R {
    let positive = x > R::ZERO;
    let e = (if positive { -x } else { x }).exp();
    (R::ONE + e).ln() + if positive { x } else { R::ZERO }
}

/// Cross-entropy of a halt logit against "the answer is right", with its gradient.
pub fn halt_loss<R: Real>(logit: R, right: bool) -> (R, R) {
    let signed = if right { -logit } else { logit };
    let p = R::ONE / (R::ONE + (-signed).exp());
    (softplus(signed), if right { -p } else { p })
}

/// Loss and gradient of one row.
type Row<R> = fn(&[R], usize, &mut [R]) -> R;

fn token_classes<R: Real>(
    graph: &Graph,
    logits: &[R],
    classes: &[u32],
    scale: R,
    d: &mut [R],
    row: Row<R>,
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
                total += row(logits, class as usize, d);
                d.iter_mut().for_each(|d| *d = *d * scale / n);
            }
        }
    }
    total / n
}

fn softmax_row<R: Real>(logits: &[R], class: usize, d: &mut [R]) -> R {
    let most = logits.iter().fold(logits[0], |m, x| if *x > m { *x } else { m });
    let mut sum = R::ZERO;
    for (d, x) in d.iter_mut().zip(logits) {
        *d = (*x - most).exp();
        sum += *d;
    }
    d.iter_mut().for_each(|d| *d = *d / sum);
    d[class] = d[class] - R::ONE;
    sum.ln() + most - logits[class]
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

/// Whether every part of the answer is read as the target says.
pub fn all_right<R: Real>(output: Output, graph: &Graph, logits: &[R], target: Target) -> bool {
    match (output, target) {
        (Output::GroupSoftmax { relation }, Target::Marks(marks)) => {
            let (first, last) = group_range(graph, relation);
            (first..last).all(|g| {
                let members = graph.members_of(g);
                let best = members.iter().fold(members[0], |best, i| {
                    if logits[*i as usize] > logits[best as usize] { *i } else { best }
                });
                marks[graph.live[best as usize] as usize]
            })
        }
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
