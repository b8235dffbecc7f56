//! Every fast path against naive loops, on every instruction set of this processor.

mod gated;
mod gemm;

use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use trm_core::kernel::{Isa, Kernel, Real, Simd, gather_sum, softmax, swiglu};
use trm_core::net::{Context, Net, NetScratch};
use trm_core::params::{Layout, normal};
use trm_core::{Graph, GroupRelation, Mixer, NONE, Precision, Relations, TrmConfig, TrmEngine};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn numbers(seed: u64, n: usize) -> Vec<f32> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    (0..n).map(|_| normal(&mut rng) as f32).collect()
}

/// # Panics
/// Where a value differs from the expected one by more than `tolerance`.
fn agree(what: &str, isa: Isa, found: &[f32], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (i, (f, e)) in found.iter().zip(expected).enumerate() {
        let difference = (f64::from(*f) - e).abs();
        assert!(difference <= tolerance * e.abs().max(1.0), "{what} on {isa:?}: [{i}] is {f}, not {e}");
    }
}

fn wide(x: &[f32]) -> Vec<f64> {
    x.iter().map(|x| f64::from(*x)).collect()
}

/// `[m, k]` times `[k, n]`.
fn matmul(a: &[f64], b: &[f64], (m, n, k): (usize, usize, usize)) -> Vec<f64> {
    let at = |i: usize, j: usize| (0..k).map(|p| a[i * k + p] * b[p * n + j]).sum();
    (0..m * n).map(|c| at(c / n, c % n)).collect()
}

fn transposed<T: Copy>(a: &[T], cols: usize) -> Vec<T> {
    (0..a.len()).map(|i| a[i % (a.len() / cols) * cols + i / (a.len() / cols)]).collect()
}

fn silu_times(gate: f64, up: f64) -> f64 {
    gate / (1.0 + (-gate).exp()) * up
}

fn rms_norm(row: &mut [f64]) {
    let mean = row.iter().map(|x| x * x).sum::<f64>() / row.len() as f64;
    row.iter_mut().for_each(|x| *x /= (mean + 1e-5).sqrt());
}

/// `u + (silu(gate) * up) W_down` with `[gate, up] = pre`, by rows.
fn swiglu_residual(u: &[f64], pre: &[f64], down: &[f64], h: usize) -> Vec<f64> {
    let (n, f) = (u.len() / h, down.len() / h);
    let act: Vec<f64> =
        (0..n * f).map(|i| silu_times(pre[i / f * 2 * f + i % f], pre[i / f * 2 * f + f + i % f])).collect();
    matmul(&act, down, (n, h, f)).iter().zip(u).map(|(x, u)| x + u).collect()
}

struct Weights<'a>(&'a Layout, Vec<f64>);

impl Weights<'_> {
    fn get(&self, name: &str) -> &[f64] {
        let entry = self.0.get(name).unwrap_or_else(|| panic!("{name}"));
        &self.1[entry.range.clone()]
    }
}

struct Rows<'a> {
    rows: &'a [f32],
    n: usize,
}

impl Kernel<f32> for Rows<'_> {
    type Output = [Vec<f32>; 3];
    #[inline(always)]
    fn run<S: Simd<Elem = f32>>(self, s: S) -> [Vec<f32>; 3] {
        let Rows { rows, n } = self;
        let (mut sum, mut act, mut p) = (vec![0.0; n], vec![0.0; n], rows[..n].to_vec());
        gather_sum(s, rows, &[3, 0, 3], 0.5, &mut sum);
        swiglu(s, &rows[..2 * n], &mut act);
        softmax(s, &mut p);
        [sum, act, p]
    }
}

#[test]
fn rows_of_odd_sizes() {
    let sizes: &[usize] =
        if cfg!(miri) { &[1, 5, 17, 71] } else { &[1, 2, 5, 8, 15, 16, 17, 33, 64, 71, 130] };
    for &n in sizes {
        let rows: Vec<f32> = numbers(4, 4 * n).iter().map(|x| 4.0 * x).collect();
        let x = wide(&rows);
        let sum: Vec<f64> = (0..n).map(|i| 0.5 * (2.0 * x[3 * n + i] + x[i])).collect();
        let act: Vec<f64> = (0..n).map(|i| silu_times(x[i], x[n + i])).collect();
        let total: f64 = x[..n].iter().map(|x| x.exp()).sum();
        let p: Vec<f64> = x[..n].iter().map(|x| x.exp() / total).collect();
        for isa in Isa::available() {
            let found = f32::dispatch(isa, Rows { rows: &rows, n });
            for ((what, expected), found) in
                [("gather_sum", &sum), ("swiglu", &act), ("softmax", &p)].into_iter().zip(found)
            {
                agree(&format!("{what} of {n}"), isa, &found, expected, 2e-6);
            }
        }
    }
}

fn config(h: usize, f: usize, mixer: Mixer) -> TrmConfig {
    TrmConfig { hidden_dim: h, ffn_dim: f, mixer, prefix_tokens: 0, ..TrmConfig::default() }
}

/// Under Miri, which takes seconds for what a processor does in microseconds, the first two.
fn small<T>(sizes: &[T]) -> &[T] {
    if cfg!(miri) { &sizes[..2] } else { sizes }
}

/// Runs one block on every instruction set and compares it with `naive(weights, input)`.
fn check_block(
    what: &str,
    config: &TrmConfig,
    graph: &Graph,
    naive: impl Fn(&Weights, Vec<f64>) -> Vec<f64>,
) {
    let mut layout = Layout::default();
    let net = Net::new(config, &mut layout);
    let params = layout.init::<f32>(5);
    let input = numbers(6, net.n_rows(graph) * config.hidden_dim);
    let expected = naive(&Weights(&layout, wide(&params)), wide(&input));
    for isa in Isa::available() {
        let (ctx, mut scratch) =
            (Context { isa, params: &params, graph, pairs: None }, NetScratch::default());
        let [mut output, mut parts] = [(); 2].map(|()| vec![0.0; input.len()]);
        net.forward(ctx, &input, &mut output, &mut scratch);
        agree(what, isa, &output, &expected, 2e-5);
        // Not under Miri, which rejects the queues of rayon.
        for &threads in if cfg!(miri) { &[][..] } else { &[2, 3, 8] } {
            scratch.set_threads(threads);
            net.forward(ctx, &input, &mut parts, &mut scratch);
            assert!(parts == output, "{what}: other results on {threads} threads");
        }
        let mut pairs = vec![0.0; params.len()];
        if net.pack(&params, &mut pairs) {
            let ctx = Context { pairs: Some(&pairs), ..ctx };
            net.forward(ctx, &input, &mut output, &mut scratch);
            agree(&format!("{what} in bf16"), isa, &output, &expected, 3e-2);
            scratch.set_threads(1);
            net.forward(ctx, &input, &mut parts, &mut scratch);
            assert!(parts == output, "{what} in bf16: other results on one thread");
        }
    }
}

#[test]
fn odd_widths_have_no_pairs() {
    for (config, odd) in [(config(8, 6, Mixer::mlp(4)), false), (config(8, 5, Mixer::mlp(4)), true)] {
        let engine = TrmEngine::new(config).with_precision(Precision::Bf16);
        assert_eq!(engine.is_err_and(|e| e.to_string().contains("odd")), odd);
    }
}

fn naive_swiglu(w: &Weights, u: Vec<f64>, h: usize, f: usize) -> Vec<f64> {
    let pre = matmul(&u, w.get("blocks.0.swiglu.gate_up.weight"), (u.len() / h, 2 * f, h));
    let mut out = swiglu_residual(&u, &pre, w.get("blocks.0.swiglu.down.weight"), h);
    out.chunks_exact_mut(h).for_each(rms_norm);
    out
}

#[test]
fn attention() {
    for &(n, h, heads, prefix) in small(&[(1, 4, 1, 0), (7, 12, 3, 0), (50, 16, 2, 3), (97, 24, 1, 16)]) {
        let mut config = config(h, 10, Mixer::Attention { num_heads: heads });
        config.prefix_tokens = prefix;
        let mut graph = Graph::default();
        graph.complete(n);
        check_block(&format!("attention over {n}"), &config, &graph, |w, u| {
            let (n, d) = (n + prefix, h / heads);
            let mut qkv = matmul(&u, w.get("blocks.0.attention.qkv.weight"), (n, 3 * h, h));
            for (t, row) in qkv.chunks_exact_mut(3 * h).enumerate() {
                for head in row[..2 * h].chunks_exact_mut(d) {
                    for j in 0..d / 2 {
                        let angle = t as f64 / 10_000f64.powf(2.0 * j as f64 / d as f64);
                        let (x, y) = (head[j], head[j + d / 2]);
                        head[j] = x * angle.cos() - y * angle.sin();
                        head[j + d / 2] = y * angle.cos() + x * angle.sin();
                    }
                }
            }
            let mut out = vec![0.0; n * h];
            for (head, t) in (0..heads * n).map(|i| (i / n, i % n)) {
                let at = |row: usize, part: usize| &qkv[row * 3 * h + part * h + head * d..][..d];
                let score = |s: usize| at(t, 0).iter().zip(at(s, 1)).map(|(q, k)| q * k).sum::<f64>();
                let p: Vec<f64> = (0..n).map(|s| (score(s) / (d as f64).sqrt()).exp()).collect();
                let total: f64 = p.iter().sum();
                for (s, j) in (0..n * d).map(|i| (i / d, i % d)) {
                    out[t * h + head * d + j] += p[s] / total * at(s, 2)[j];
                }
            }
            let mixed = matmul(&out, w.get("blocks.0.attention.out.weight"), (n, h, h));
            let mut mixed: Vec<f64> = mixed.iter().zip(&u).map(|(m, u)| m + u).collect();
            mixed.chunks_exact_mut(h).for_each(rms_norm);
            naive_swiglu(w, mixed, h, 10)
        });
    }
}

/// As in the reference: transpose, SwiGLU over positions, norm over positions, transpose.
#[test]
fn mlp_t() {
    for &(n, l, h, m) in small(&[(1, 1, 4, 3), (7, 7, 12, 5), (10, 16, 33, 48), (81, 81, 8, 130)]) {
        let config = config(h, 10, Mixer::Mlp { seq_len: l, mix_dim: m });
        let mut graph = Graph::default();
        graph.complete(n);
        check_block(&format!("mlp over {n} of {l}"), &config, &graph, |w, u| {
            let mut padded = u.clone();
            padded.resize(l * h, 0.0);
            let u_t = transposed(&padded, h);
            let gate_up = transposed(w.get("blocks.0.mlp.gate_up.weight"), l);
            let pre = matmul(&u_t, &gate_up, (h, 2 * m, l));
            let mixed = swiglu_residual(&u_t, &pre, w.get("blocks.0.mlp.down.weight"), l);
            let mut mixed: Vec<f64> = mixed.chunks_exact(l).flat_map(|row| row[..n].to_vec()).collect();
            mixed.chunks_exact_mut(n).for_each(rms_norm);
            naive_swiglu(w, transposed(&mixed, n), h, 10)
        });
    }
}

/// `[u, neighbours] W_direct + bias + sum over relations of (scale * sum of the group) W_r`, token by token.
#[test]
fn relational() {
    let relation = |name: &str, matrix, group: fn(u32) -> u32| GroupRelation {
        name: name.into(),
        matrix,
        group_of: (0..30).map(group).collect(),
    };
    let groups = |relations| Relations::Groups { scale: 0.4, relations };
    let partitions = vec![
        relation("rows", 0, |t| t / 3),
        relation("columns", 1, |t| t % 5),
        relation("more columns", 1, |t| t % 4),
    ];
    // Token 29 is in no group, others in one to three; the matrices are out of order, and one has no group.
    let overlapping = vec![
        relation("pairs", 3, |t| if t < 28 { t / 2 } else { NONE }),
        relation("nothing", 2, |_| NONE),
        relation("thirds", 0, |t| if t % 3 == 0 { t / 9 } else { NONE }),
        relation("more pairs", 3, |t| if (1..29).contains(&t) { (t - 1) / 2 } else { NONE }),
    ];
    // More edges than tokens, and groups of another matrix among them.
    let edges = vec![
        relation("pairs", 1, |t| t / 2),
        relation("rows", 0, |t| t / 3),
        relation("more pairs", 1, |t| if (1..29).contains(&t) { (t - 1) / 2 } else { NONE }),
        relation("far pairs", 1, |t| if t < 20 { t / 10 * 5 + t % 5 } else { NONE }),
        relation("farther pairs", 1, |t| t % 15),
    ];
    let sizes = [(12, 20), (12, 20), (12, 20), (17, 9), (18, 10)];
    let sizes = if cfg!(miri) { [(4, 6), (4, 6), (4, 6), (5, 3), (6, 2)] } else { sizes };
    let nets = [groups(partitions), groups(overlapping), groups(edges), Relations::Grid4, Relations::Grid4];
    let nets = nets.into_iter().zip(sizes);
    for (relations, (h, f)) in nets {
        for live in [(|_| true) as fn(usize) -> bool, |t| t % 3 != 1, |_| false] {
            let mut graph = Graph::default();
            graph.rebuild(&relations, 30, 6, live);
            let config = config(h, f, Mixer::Relational(relations.clone()));
            check_block("relational", &config, &graph, |w, u| {
                naive_relational(w, &u, &relations, live, (h, f))
            });
        }
    }
}

fn naive_relational(
    w: &Weights,
    u: &[f64],
    relations: &Relations,
    live: fn(usize) -> bool,
    (h, f): (usize, usize),
) -> Vec<f64> {
    let tokens: Vec<usize> = (0..30).filter(|t| live(*t)).collect();
    let state = |t: usize| tokens.iter().position(|o| *o == t).map(|i| &u[i * h..(i + 1) * h]);
    let mut pre = Vec::new();
    for t in &tokens {
        let mut row = w.get("blocks.0.bias").to_vec();
        let mut add = |x: &[f64], matrix: &[f64]| {
            row.iter_mut().zip(matmul(x, matrix, (1, 2 * f, h))).for_each(|(r, p)| *r += p);
        };
        let direct = w.get("blocks.0.direct.weight").chunks_exact(h * 2 * f);
        let (x, y) = (t % 6, t / 6);
        let neighbours = [
            Some(*t),
            (y < 4).then_some(t + 6),
            (x > 0).then(|| t - 1),
            (x < 5).then_some(t + 1),
            (y > 0).then(|| t - 6),
        ];
        for (neighbour, matrix) in neighbours.iter().zip(direct) {
            neighbour.and_then(state).into_iter().for_each(|x| add(x, matrix));
        }
        if let Relations::Groups { scale, relations } = relations {
            for relation in relations.iter().filter(|relation| relation.group_of[*t] != NONE) {
                let mine = |o: &&usize| relation.group_of[**o] == relation.group_of[*t];
                let mut sum = vec![0.0; h];
                for other in tokens.iter().filter(mine) {
                    sum.iter_mut().zip(state(*other).unwrap()).for_each(|(s, x)| *s += f64::from(*scale) * x);
                }
                add(&sum, &w.get("blocks.0.groups.weight")[relation.matrix * h * 2 * f..][..h * 2 * f]);
            }
        }
        pre.extend(row);
    }
    let mut out = swiglu_residual(u, &pre, w.get("blocks.0.down.weight"), h);
    out.chunks_exact_mut(h).for_each(rms_norm);
    out
}
