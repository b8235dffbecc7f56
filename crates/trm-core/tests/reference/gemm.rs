//! Matrix products.

use super::{agree, matmul, numbers, transposed, wide};
use trm_core::kernel::{
    Isa, Kernel, Mat, Real, Simd, gemm, gemm_add, gemm_from, gemm_pairs, pack_columns, pack_matrix,
    pack_rows, pack_rows_in_place,
};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

struct Gemms<'a> {
    shape: (usize, usize, usize),
    a: &'a [f32],
    b: &'a [f32],
    start: &'a [f32],
}

impl Kernel<f32> for Gemms<'_> {
    type Output = [Vec<f32>; 4];
    #[inline(always)]
    fn run<S: Simd<Elem = f32>>(self, s: S) -> [Vec<f32>; 4] {
        let (m, _, k) = self.shape;
        let mut c = [(); 4].map(|()| self.start.to_vec());
        gemm(s, self.shape, Mat::rows(self.a, k), self.b, &mut c[0]);
        gemm_add(s, self.shape, Mat::rows(self.a, k), self.b, &mut c[1]);
        gemm_add(s, self.shape, Mat::transposed(&transposed(self.a, k), m), self.b, &mut c[2]);
        c[3].fill(f32::NAN);
        gemm_from(s, self.shape, self.start, Mat::rows(self.a, k), self.b, &mut c[3]);
        c
    }
}

/// GEMM shapes with dimensions of these sizes. Miri takes seconds for what a processor does in microseconds, so
/// there only one shape for each kind of tile.
pub fn shapes(sizes: &[usize]) -> Vec<(usize, usize, usize)> {
    if cfg!(miri) {
        return vec![(1, 300, 1), (14, 47, 1), (4, 97, 1), (3, 5, 17)];
    }
    let n_sizes = sizes.len();
    let at = |i: usize| (sizes[i / n_sizes], sizes[i % n_sizes], sizes[(i / n_sizes + i) % n_sizes]);
    (0..n_sizes * n_sizes).map(at).collect()
}

#[test]
fn gemm_of_odd_sizes() {
    let mut shapes = shapes(&[1, 2, 3, 7, 13, 16, 17, 31, 33, 64, 65, 97]);
    shapes.push((3, 50, 0));
    for shape in shapes {
        let (m, n, k) = shape;
        let (a, b, start) = (numbers(1, m * k), numbers(2, k * n), numbers(3, m * n));
        let c = matmul(&wide(&a), &wide(&b), shape);
        let sum: Vec<f64> = c.iter().zip(&start).map(|(c, s)| c + f64::from(*s)).collect();
        for isa in Isa::available() {
            let [set, added, transposed, from] =
                f32::dispatch(isa, Gemms { shape, a: &a, b: &b, start: &start });
            for (found, expected) in [(set, &c), (added, &sum), (transposed, &sum), (from, &sum)] {
                agree(&format!("gemm {shape:?}"), isa, &found, expected, 2e-5);
            }
        }
    }
}

/// Tiles of every height, in panels of every width: a row has the same bits whatever rows are beside it.
#[test]
fn gemm_of_every_height() {
    let (n, k) = (64 + 32 + 16 + 8 + 1, 5);
    let heights = if cfg!(miri) { 5..=5 } else { 1..=25 };
    for m in heights {
        let (a, b, start) = (numbers(1, m * k), numbers(2, k * n), numbers(3, m * n));
        for isa in Isa::available() {
            let gemms = |m, a, start| f32::dispatch(isa, Gemms { shape: (m, n, k), a, b: &b, start });
            let rows = a.chunks_exact(k).zip(start.chunks_exact(n)).map(|(a, start)| gemms(1, a, start));
            let rows: Vec<[Vec<f32>; 4]> = rows.collect();
            for (i, together) in gemms(m, &a, &start).iter().enumerate() {
                let alone: Vec<f32> = rows.iter().flat_map(|row| row[i].clone()).collect();
                assert_eq!(bits(together), bits(&alone), "{m} rows on {isa:?}, product {i}");
            }
        }
    }
}

struct Pairs<'a>(Gemms<'a>);

impl Kernel<f32> for Pairs<'_> {
    type Output = Vec<f32>;
    #[inline(always)]
    fn run<S: Simd<Elem = f32>>(self, s: S) -> Vec<f32> {
        let Gemms { shape: (m, n, k), a, b, start } = self.0;
        let [mut rows, mut matrix] = [m, n].map(|size| vec![0.0; size * k / 2]);
        pack_matrix(b, (k, n), &mut matrix);
        pack_rows(s, a, k, &mut rows);
        let mut in_place = a.to_vec();
        pack_rows_in_place(s, &mut in_place, k);
        assert_eq!(bits(&in_place[..m * k / 2]), bits(&rows));
        let mut c = start.to_vec();
        gemm_pairs::<_, true>(s, (m, n, k / 2), None, Mat::rows(&rows, k / 2), &matrix, &mut c);
        c
    }
}

/// A sum over rows of pairs, some of which are one row alone.
struct Columns<'a>(Gemms<'a>);

impl Kernel<f32> for Columns<'_> {
    type Output = Vec<f32>;
    #[inline(always)]
    fn run<S: Simd<Elem = f32>>(self, s: S) -> Vec<f32> {
        let Gemms { shape: (m, n, k), a, b, start } = self.0;
        let half = k.div_ceil(2);
        let [mut columns, mut rows] = [m, n].map(|size| vec![0.0; half * size]);
        pack_columns(s, &transposed(a, k), m, &mut columns);
        pack_columns(s, b, n, &mut rows);
        let mut c = start.to_vec();
        gemm_pairs::<_, true>(s, (m, n, half), None, Mat::transposed(&columns, m), &rows, &mut c);
        c
    }
}

pub fn bits(x: &[f32]) -> Vec<u32> {
    x.iter().map(|x| x.to_bits()).collect()
}

/// GEMM of bf16 pairs against a matmul of operands that the crate `half` rounded.
#[test]
fn gemm_of_pairs() {
    let rounded = |x: &[f32]| x.iter().map(|x| half::bf16::from_f32(*x).to_f64()).collect::<Vec<_>>();
    for (shape, columns) in shapes(&[1, 3, 7, 16, 17, 33, 65, 130]).into_iter().flat_map(|shape| {
        let (m, n, k) = shape;
        [((m, n, 2 * k), false), (shape, true)]
    }) {
        let (m, n, _) = shape;
        let (a, b, start) = (numbers(1, m * shape.2), numbers(2, shape.2 * n), numbers(3, m * n));
        let c = matmul(&rounded(&a), &rounded(&b), shape);
        let sum: Vec<f64> = c.iter().zip(&start).map(|(c, s)| c + f64::from(*s)).collect();
        for isa in Isa::available() {
            let gemms = Gemms { shape, a: &a, b: &b, start: &start };
            let found = match columns {
                false => f32::dispatch(isa, Pairs(gemms)),
                true => f32::dispatch(isa, Columns(gemms)),
            };
            agree(&format!("gemm of pairs {shape:?}"), isa, &found, &sum, 2e-5);
        }
    }
}
