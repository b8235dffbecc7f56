//! The embedding in front of the recursion, and the answer head and halt head behind it.

use crate::config::{HaltInput, Output};
use crate::graph::Graph;
use crate::kernel::{Isa, Kernel, Real, Simd};

/// Features of the answer in [`halt_features`], besides the pooled state.
const N_ANSWER_FEATURES: usize = 3;

/// Number of features that the halt head reads.
pub fn n_halt_features(input: HaltInput, hidden_dim: usize) -> usize {
    match input {
        HaltInput::FirstPosition => hidden_dim,
        HaltInput::Pooled => 3 * hidden_dim + N_ANSWER_FEATURES,
    }
}

/// Tokens with at least this many features go through a GEMM; with fewer, most features are zero and a loop that
/// skips them is faster.
const WIDE: usize = 16;

/// Appends `scale * question[token] E` for each live token to `x`: `question` is
/// `[tokens, embedding_dim]`, or one row for all tokens.
pub fn embed<R: Real>(
    isa: Isa,
    graph: &Graph,
    question: &[f32],
    weight: &[R],
    scale: R,
    h: usize,
    x: &mut Vec<R>,
) {
    let dim = weight.len() / h;
    let (start, n) = (x.len(), graph.live.len());
    x.resize(start + n * h, R::ZERO);
    let one_for_all = question.len() == dim;
    if dim >= WIDE && (one_for_all || question.len() == n * dim) {
        return embed_wide(isa, question, weight, scale, h, start, x);
    }
    for (row, t) in x[start..].chunks_exact_mut(h).zip(&graph.live) {
        let t = if one_for_all { 0 } else { *t as usize };
        for (feature, w) in question[t * dim..(t + 1) * dim].iter().zip(weight.chunks_exact(h)) {
            if *feature != 0.0 {
                let factor = R::from_f64(f64::from(*feature)) * scale;
                row.iter_mut().zip(w).for_each(|(x, w)| *x += factor * *w);
            }
        }
    }
}

/// [`embed`] by GEMM into `x[start..]`, which is zero, where all tokens are live or share one question row.
fn embed_wide<R: Real>(
    isa: Isa,
    question: &[f32],
    weight: &[R],
    scale: R,
    h: usize,
    start: usize,
    x: &mut Vec<R>,
) {
    let (end, dim) = (x.len(), weight.len() / h);
    // The end of `x` is the buffer for the scaled features.
    x.extend(question.iter().map(|feature| R::from_f64(f64::from(*feature)) * scale));
    let (rows, features) = x[start..].split_at_mut(end - start);
    let n = question.len() / dim;
    R::matmul_add(isa, (n, h, dim), features, weight, &mut rows[..n * h]);
    if n == 1 {
        let (first, others) = rows.split_at_mut(h);
        others.chunks_exact_mut(h).for_each(|row| row.copy_from_slice(first));
    }
    x.truncate(end);
}

/// The backward pass of [`embed`]: adds the gradient of the embedding matrix to `d_weight`.
pub fn embed_backward<R: Real>(
    graph: &Graph,
    question: &[f32],
    d_x: &[R],
    scale: R,
    h: usize,
    d_weight: &mut [R],
) {
    let dim = d_weight.len() / h;
    for (row, t) in d_x.chunks_exact(h).zip(&graph.live) {
        let t = if question.len() == dim { 0 } else { *t as usize };
        for (feature, w) in question[t * dim..(t + 1) * dim].iter().zip(d_weight.chunks_exact_mut(h)) {
            if *feature != 0.0 {
                let factor = R::from_f64(f64::from(*feature)) * scale;
                row.iter().zip(w).for_each(|(d, w)| *w += factor * *d);
            }
        }
    }
}

/// Adds `inputs W` to the rows of `x`: `inputs` is `[rows, dim]`, `weight` `[dim, h]`. No fused multiply-add, so the
/// sums are the same for every instruction set.
pub fn add_rows<R: Real>(inputs: &[f32], weight: &[R], h: usize, x: &mut [R]) {
    let dim = weight.len() / h;
    for (row, inputs) in x.chunks_exact_mut(h).zip(inputs.chunks_exact(dim)) {
        for (input, w) in inputs.iter().zip(weight.chunks_exact(h)) {
            let input = R::from_f64(f64::from(*input));
            row.iter_mut().zip(w).for_each(|(x, w)| *x += input * *w);
        }
    }
}

/// Adds the gradient of the weight of [`add_rows`] to `d_weight`.
pub fn add_rows_backward<R: Real>(inputs: &[f32], d_x: &[R], h: usize, d_weight: &mut [R]) {
    let dim = d_weight.len() / h;
    for (d_row, inputs) in d_x.chunks_exact(h).zip(inputs.chunks_exact(dim.max(1))) {
        for (input, d_w) in inputs.iter().zip(d_weight.chunks_exact_mut(h)) {
            let input = R::from_f64(f64::from(*input));
            d_row.iter().zip(d_w).for_each(|(d, w)| *w += input * *d);
        }
    }
}

/// `logits = y W + b`; `weight` is `[h, answer_dim]`.
pub fn answer_head<R: Real>(isa: Isa, y: &[R], weight: &[R], bias: &[R], logits: &mut Vec<R>) {
    let dim = bias.len();
    let h = weight.len() / dim;
    logits.clear();
    if dim >= WIDE {
        let n = y.len() / h;
        (0..n).for_each(|_| logits.extend_from_slice(bias));
        return R::matmul_add(isa, (n, dim, h), y, weight, logits);
    }
    for y in y.chunks_exact(h) {
        let start = logits.len();
        logits.extend_from_slice(bias);
        for (y, w) in y.iter().zip(weight.chunks_exact(dim)) {
            logits[start..].iter_mut().zip(w).for_each(|(l, w)| *l += *y * *w);
        }
    }
}

/// The backward pass of [`answer_head`]: appends the gradient of y to `d_y`, and adds those of weight and bias.
pub fn answer_head_backward<R: Real>(
    y: &[R],
    weight: &[R],
    d_logits: &[R],
    d_y: &mut Vec<R>,
    d_weight: &mut [R],
    d_bias: &mut [R],
) {
    let dim = d_bias.len();
    let h = weight.len() / dim;
    for (y, d) in y.chunks_exact(h).zip(d_logits.chunks_exact(dim)) {
        d_bias.iter_mut().zip(d).for_each(|(b, d)| *b += *d);
        for ((y, w), d_w) in y.iter().zip(weight.chunks_exact(dim)).zip(d_weight.chunks_exact_mut(dim)) {
            let mut sum = R::ZERO;
            for ((d, w), d_w) in d.iter().zip(w).zip(d_w) {
                sum += *d * *w;
                *d_w += *y * *d;
            }
            d_y.push(sum);
        }
    }
}

/// The sureness of each part of an answer: the probability, in 0..1, of the value it is read as. One part per group of
/// the output's softmax, or per live token.
pub fn sureness<R: Real>(output: Output, graph: &Graph, logits: &[R], out: &mut Vec<f32>) {
    out.clear();
    match output {
        Output::GroupSoftmax { relation } => {
            let logit = |i: &u32| logits[*i as usize].to_f64();
            let groups = graph.groups_of(relation);
            out.extend(groups.map(|g| top_probability(graph.members_of(g).iter().map(logit))));
        }
        Output::Binary => out.extend(logits.iter().map(|x| (1.0 / (1.0 + (-x.to_f64().abs()).exp())) as f32)),
        Output::TokenSoftmax | Output::TokenStablemax => {
            let dim = logits.len() / graph.live.len().max(1);
            out.extend(
                logits.chunks_exact(dim.max(1)).map(|row| top_probability(row.iter().map(|x| x.to_f64()))),
            );
        }
        Output::Embedding => {}
    }
}

fn top_probability(logits: impl Iterator<Item = f64> + Clone) -> f32 {
    let max = logits.clone().fold(f64::NEG_INFINITY, f64::max);
    (1.0 / logits.map(|x| (x - max).exp()).sum::<f64>()) as f32
}

/// The fraction, in 0..1, of the answer that is read differently from the logits `a` and `b`; for
/// [`Output::Embedding`] their relative distance.
pub fn changed<R: Real>(output: Output, graph: &Graph, a: &[R], b: &[R]) -> f32 {
    let differs = |range: &mut dyn Iterator<Item = usize>| {
        let (mut best_a, mut best_b) = (None::<(usize, R)>, None::<(usize, R)>);
        for i in range {
            let better = |best: Option<(usize, R)>, x: R| best.is_none_or(|(_, max)| x > max);
            if better(best_a, a[i]) {
                best_a = Some((i, a[i]));
            }
            if better(best_b, b[i]) {
                best_b = Some((i, b[i]));
            }
        }
        best_a.map(|x| x.0) != best_b.map(|x| x.0)
    };
    let (count, n) = match output {
        Output::GroupSoftmax { relation } => {
            let groups = graph.groups_of(relation);
            let n = groups.len();
            (groups.filter(|g| differs(&mut graph.members_of(*g).iter().map(|i| *i as usize))).count(), n)
        }
        Output::Binary => {
            (a.iter().zip(b).filter(|(a, b)| (**a > R::ZERO) != (**b > R::ZERO)).count(), a.len())
        }
        Output::TokenSoftmax | Output::TokenStablemax => {
            let n = graph.live.len();
            let dim = a.len() / n.max(1);
            ((0..n).filter(|i| differs(&mut (i * dim..(i + 1) * dim))).count(), n)
        }
        Output::Embedding => {
            let apart: f64 = a.iter().zip(b).map(|(a, b)| (a.to_f64() - b.to_f64()).powi(2)).sum();
            let size: f64 = a.iter().map(|a| a.to_f64().powi(2)).sum::<f64>() + 1e-12;
            return (apart / size).sqrt().min(1.0) as f32;
        }
    };
    count as f32 / n.max(1) as f32
}

/// The features that the halt head reads: for [`HaltInput::Pooled`] the mean, maximum and minimum of each
/// channel of y over the live tokens, then the mean and minimum [`sureness`] of the answer and the fraction of it that
/// changed in this step.
pub fn halt_features<R: Real>(
    isa: Isa,
    input: HaltInput,
    y: &[R],
    h: usize,
    sureness: &[f32],
    changed: f32,
    out: &mut Vec<R>,
) {
    out.clear();
    if input == HaltInput::FirstPosition {
        out.extend_from_slice(&y[..h.min(y.len())]);
        out.resize(h, R::ZERO);
        return;
    }
    out.resize(3 * h, R::ZERO);
    R::dispatch(isa, Pool { y, h, out });
    let mean = sureness.iter().map(|s| f64::from(*s)).sum::<f64>() / sureness.len().max(1) as f64;
    let min = sureness.iter().fold(1.0f32, |m, s| m.min(*s));
    out.extend([mean, f64::from(min), f64::from(changed)].map(R::from_f64));
}

/// Mean, maximum and minimum of each channel, `[3, h]`.
struct Pool<'a, R> {
    /// `[n, h]`
    y: &'a [R],
    h: usize,
    out: &'a mut [R],
}

impl<R: Real> Kernel<R> for Pool<'_, R> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd<Elem = R>>(self, _: S) {
        let Pool { y, h, out } = self;
        let (mean, extremes) = out.split_at_mut(h);
        let (max, min) = extremes.split_at_mut(h);
        if let Some(first) = y.chunks_exact(h).next() {
            max.copy_from_slice(first);
            min.copy_from_slice(first);
        }
        let n = R::from_f64((y.len() / h).max(1) as f64);
        for row in y.chunks_exact(h) {
            for (((v, mean), max), min) in row.iter().zip(&mut *mean).zip(&mut *max).zip(&mut *min) {
                *mean += *v / n;
                *max = if *v > *max { *v } else { *max };
                *min = if *v < *min { *v } else { *min };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const H: usize = 24;
    const N: usize = 5;

    fn numbers(n: usize) -> Vec<f32> {
        (0..n).map(|i| (i as f32 * 0.7).sin()).collect()
    }

    /// Row i of `a` times column j of `b`.
    fn dot(a: &[f32], b: &[f32], width: usize, j: usize) -> f32 {
        a.iter().enumerate().map(|(p, a)| a * b[p * width + j]).sum()
    }

    #[test]
    fn wide_and_narrow_rows_equal_their_twins() {
        let mut graph = Graph::default();
        graph.complete(N);
        for isa in Isa::available() {
            for dim in [1, 3, WIDE - 1, WIDE, WIDE + 5, 64] {
                let (weight, bias) = (numbers(dim * H), numbers(dim));
                for rows in [1, N] {
                    let (question, mut x) = (numbers(rows * dim), vec![7.0]);
                    embed(isa, &graph, &question, &weight, 0.5, H, &mut x);
                    assert_eq!((x.len(), x[0]), (1 + N * H, 7.0));
                    for (i, x) in x[1..].iter().enumerate() {
                        let row = (i / H % rows) * dim;
                        let twin = 0.5 * dot(&question[row..row + dim], &weight, H, i % H);
                        assert!((x - twin).abs() < 1e-4, "{isa:?}, {dim} features, {rows} rows: {x}, {twin}");
                    }
                }
                let (y, mut logits) = (numbers(N * H), vec![7.0]);
                answer_head(isa, &y, &weight, &bias, &mut logits);
                assert_eq!(logits.len(), N * dim);
                for (i, logit) in logits.iter().enumerate() {
                    let row = i / dim * H;
                    let twin = bias[i % dim] + dot(&y[row..row + H], &weight, dim, i % dim);
                    assert!((logit - twin).abs() < 1e-4, "{isa:?}, {dim} wide: {logit}, {twin}");
                }
            }
        }
    }
}
