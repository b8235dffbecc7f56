//! Matrix products that go through SwiGLU.

use super::gemm::{bits, shapes};
use super::{agree, matmul, numbers, silu_times, wide};
use trm_core::kernel::{
    Isa, Kernel, Mat, Real, Simd, Start, gemm_from, gemm_pairs, gemm_swiglu, pack_matrix, pack_rows,
};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// `gemm_swiglu`, the same without pre-activations, and a GEMM that starts where it does.
struct Gated<'a> {
    /// `(m, f, k)`
    shape: (usize, usize, usize),
    start: Start<'a, f32>,
    a: &'a [f32],
    b: &'a [f32],
    pairs: bool,
}

struct Found {
    pre: Vec<f32>,
    act: Vec<f32>,
    act_alone: Vec<f32>,
    product: Vec<f32>,
}

impl Kernel<f32> for Gated<'_> {
    type Output = Found;
    #[inline(always)]
    fn run<S: Simd<Elem = f32>>(self, s: S) -> Found {
        let Gated { shape: (m, f, k), start, a, b, pairs } = self;
        let nan = |n: usize| vec![f32::NAN; n];
        let (mut pre, mut act, mut act_alone) = (nan(2 * m * f), nan(m * f), nan(m * f));
        let (from, mut product) = (sums(start, m, f), nan(2 * m * f));
        if pairs {
            let [mut rows, mut matrix] = [m, 2 * f].map(|size| vec![0.0; size * k / 2]);
            pack_rows(s, a, k, &mut rows);
            pack_matrix(b, (k, 2 * f), &mut matrix);
            let (shape, rows) = ((m, f, k / 2), Mat::rows(&rows, k / 2));
            gemm_swiglu::<_, true>(s, shape, start, rows, &matrix, Some(&mut pre), &mut act);
            gemm_swiglu::<_, true>(s, shape, start, rows, &matrix, None, &mut act_alone);
            gemm_pairs::<_, true>(s, (m, 2 * f, k / 2), Some(&from), rows, &matrix, &mut product);
        } else {
            let (shape, rows) = (self.shape, Mat::rows(a, k));
            gemm_swiglu::<_, false>(s, shape, start, rows, b, Some(&mut pre), &mut act);
            gemm_swiglu::<_, false>(s, shape, start, rows, b, None, &mut act_alone);
            gemm_from(s, (m, 2 * f, k), &from, rows, b, &mut product);
        }
        Found { pre, act, act_alone, product }
    }
}

/// Where the pre-activations start: the sum of the messages in order, and then the bias.
fn sums(start: Start<f32>, m: usize, f: usize) -> Vec<f32> {
    let mut sums = vec![0.0; 2 * m * f];
    if start.bias.is_empty() {
        return sums;
    }
    for (row, ends) in sums.chunks_exact_mut(2 * f).zip(start.lists.windows(2)) {
        for item in &start.items[ends[0] as usize..ends[1] as usize] {
            let message = &start.messages[*item as usize * 2 * f..];
            row.iter_mut().zip(message).for_each(|(sum, x)| *sum += x);
        }
        row.iter_mut().zip(start.bias).for_each(|(sum, x)| *sum += x);
    }
    sums
}

const MESSAGES: usize = 5;

/// Lists of up to three messages for `m` rows, the first after an item that is nobody's.
fn lists(m: usize) -> (Vec<u32>, Vec<u32>) {
    let mut items = vec![7];
    let mut lists = vec![1];
    for row in 0..m {
        items.extend((0..row % 4).map(|i| ((row + 3 * i) % MESSAGES) as u32));
        lists.push(items.len() as u32);
    }
    (lists, items)
}

/// The pre-activations have the bits of a product that starts from the same sums, and the activations those of
/// any other tile.
#[test]
fn swiglu_of_odd_sizes() {
    let mut shapes = shapes(&[1, 2, 5, 8, 11, 16, 17, 31, 33, 64, 79]);
    shapes.extend([(3, 50, 0), (2, 0, 3), (0, 4, 3)]);
    if !cfg!(miri) {
        shapes.push((25, 40, 6));
    }
    for ((m, f, k), with_start, pairs) in shapes.into_iter().flat_map(|shape| {
        [(false, false), (true, false), (true, true)].map(|(start, pairs)| (shape, start, pairs))
    }) {
        let k = if pairs { 2 * k.max(1) } else { k };
        let (a, b) = (numbers(1, m * k), numbers(2, 2 * k * f));
        let (bias, messages, (lists, items)) = (numbers(3, 2 * f), numbers(4, MESSAGES * 2 * f), lists(m));
        let start = match with_start {
            true => Start { bias: &bias, messages: &messages, lists: &lists, items: &items },
            false => Start::default(),
        };
        for isa in Isa::available() {
            let gated = Gated { shape: (m, f, k), start, a: &a, b: &b, pairs };
            let Found { pre, act, act_alone, product } = f32::dispatch(isa, gated);
            let what = format!("{m} x {f} x {k} on {isa:?}, start {with_start}, pairs {pairs}");
            assert_eq!(bits(&pre), bits(&product), "{what}");
            assert_eq!(bits(&act), bits(&act_alone), "{what}");
            let expected = |i: usize| {
                let gate = i / f * 2 * f + i % f;
                silu_times(f64::from(pre[gate]), f64::from(pre[gate + f]))
            };
            let expected: Vec<f64> = (0..m * f).map(expected).collect();
            agree(&what, isa, &act, &expected, 3e-6);
            if !pairs && !with_start {
                agree(&what, isa, &pre, &matmul(&wide(&a), &wide(&b), (m, 2 * f, k)), 2e-5);
            }
        }
    }
}

/// Nothing is read or written outside the slices, whatever they are.
#[cfg(not(target_arch = "wasm32"))] // where no panic can be caught
#[test]
fn shapes_are_checked() {
    let (a, b, bias, messages) = (numbers(1, 12), numbers(2, 32), numbers(3, 8), numbers(4, 16));
    let good = Start { bias: &bias, messages: &messages, lists: &[0, 1, 1, 2], items: &[0, 1] };
    let swiglu = |shape, start, a: &[f32], b: &[f32]| {
        for isa in Isa::available() {
            f32::dispatch(isa, Gated { shape, start, a, b, pairs: false });
        }
    };
    swiglu((3, 4, 4), good, &a, &b);
    let bad = [
        ("rows", (3, 4, 5), good, 12),
        ("matrix", (2, 5, 4), Start::default(), 12),
        ("too few rows", (3, 4, 4), good, 11),
        ("bias", (3, 4, 4), Start { bias: &bias[1..], ..good }, 12),
        ("message", (3, 4, 4), Start { items: &[0, 2], ..good }, 12),
        ("item", (3, 4, 4), Start { items: &[0], ..good }, 12),
        ("lists", (3, 4, 4), Start { lists: &[0, 1, 2], ..good }, 12),
        ("order", (3, 4, 4), Start { lists: &[0, 2, 1, 2], ..good }, 12),
    ];
    for (what, shape, start, n_rows) in bad {
        let call = || swiglu(shape, start, &a[..n_rows], &b);
        assert!(std::panic::catch_unwind(call).is_err(), "{what}");
    }
}
