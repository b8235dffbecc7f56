//! The weights of a model: one vector, with a layout of named tensors.

use crate::buffer::Buffer;
use crate::kernel::{Real, pack_matrix};
use core::ops::Range;
use rand::{Rng, SeedableRng};
use rand_distr::{Distribution, StandardNormal};
use rand_xoshiro::SplitMix64;

/// How a tensor is initialized.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Init {
    /// All zero.
    Zero,
    /// Uniform around zero with this standard deviation.
    Uniform(f64),
}

impl Init {
    /// Uniform with standard deviation `1 / sqrt(n)`, for a matrix that sums over `n` inputs.
    pub(crate) fn fan_in(n: usize) -> Self {
        Init::Uniform(1.0 / (n as f64).sqrt())
    }
}

/// One tensor of a [`Layout`].
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Name in model files.
    pub name: String,
    /// Shape; matrices are `[in, out]`, row-major.
    pub shape: Vec<usize>,
    /// Range in the vector.
    pub range: Range<usize>,
    /// Initialization.
    pub init: Init,
    /// Whether training changes it.
    pub trained: bool,
    /// Rows and columns of the matrices of the net that it holds beside and below each other; none for what is no
    /// matrix of the net.
    pub tile: Option<[usize; 2]>,
}

/// A matrix inside a weight vector: row `i` starts at `start + i * stride`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MatrixAt {
    /// Where its first row starts.
    pub start: usize,
    /// From the start of a row to that of the next.
    pub stride: usize,
    /// Rows.
    pub rows: usize,
    /// Columns.
    pub cols: usize,
}

impl Entry {
    /// The matrices of the net that it holds.
    pub fn matrices(&self) -> impl Iterator<Item = MatrixAt> {
        let stride = self.shape.last().copied().unwrap_or(0);
        let [rows, cols] = self.tile.unwrap_or([1, 1]);
        let start = self.range.start;
        let ends = self.tile.map_or([0, 0], |_| [self.range.len() / stride.max(1), stride]);
        (0..ends[0]).step_by(rows).flat_map(move |row| {
            let starts = (0..ends[1]).step_by(cols).map(move |col| start + row * stride + col);
            starts.map(move |start| MatrixAt { start, stride, rows, cols })
        })
    }
}

/// The tensors of a model, in the order of the vector.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layout {
    /// The tensors.
    pub entries: Vec<Entry>,
}

impl Layout {
    /// Appends a tensor and returns its range.
    pub fn push(
        &mut self,
        name: impl Into<String>,
        shape: &[usize],
        init: Init,
        trained: bool,
    ) -> Range<usize> {
        let start = self.len();
        // Nothing is allocated yet: a model that is too large is refused before its weights are.
        let n = shape.iter().fold(1, |n: usize, size| n.saturating_mul(*size));
        let range = start..start.saturating_add(n);
        self.entries.push(Entry {
            name: name.into(),
            shape: shape.to_vec(),
            range: range.clone(),
            init,
            trained,
            tile: None,
        });
        range
    }

    /// [`Layout::push`] for matrices of the net, each of the shape `tile`, beside and below each other.
    pub fn push_matrices(
        &mut self,
        name: impl Into<String>,
        shape: [usize; 2],
        tile: [usize; 2],
        init: Init,
    ) -> Range<usize> {
        let range = self.push(name, &shape, init, true);
        if let Some(entry) = self.entries.last_mut() {
            entry.tile = Some(tile);
        }
        range
    }

    /// Length of the vector.
    pub fn len(&self) -> usize {
        self.entries.last().map_or(0, |e| e.range.end)
    }

    /// Whether there is no tensor.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The tensor of this name.
    pub fn get(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|e| e.name == name)
    }

    /// Initial weights, which have the same bits on every platform.
    pub fn init<R: Real>(&self, seed: u64) -> Buffer<R> {
        let mut bits = SplitMix64::seed_from_u64(seed);
        let mut params = Buffer::zeros(self.len());
        for entry in &self.entries {
            if let Init::Uniform(std) = entry.init {
                // Half the width of the interval is sqrt(3) standard deviations, and 2^31 as a number of 32 bits.
                let unit = std * 3f64.sqrt() / f64::from(1u32 << 31);
                for pair in params[entry.range.clone()].chunks_mut(2) {
                    let bits = bits.next_u64();
                    for (p, bits) in pair.iter_mut().zip([bits as i32, (bits >> 32) as i32]) {
                        *p = R::from_f64(unit * f64::from(bits));
                    }
                }
            }
        }
        params
    }
}

/// A sample of the standard normal distribution.
pub fn normal(rng: &mut impl Rng) -> f64 {
    StandardNormal.sample(rng)
}

/// Writes the transpose of the row-major `[rows, cols]` matrix `a` to `t`.
///
/// # Panics
/// Where a slice is not `rows * cols` long.
pub fn transpose<R: Copy>(a: &[R], rows: usize, cols: usize, t: &mut [R]) {
    assert!(a.len() == rows * cols && t.len() == rows * cols);
    transpose_into(a, cols, rows, t);
}

/// Where a weight matrix lies.
#[derive(Clone, Debug)]
pub(crate) struct Matrix {
    /// Its numbers.
    pub range: Range<usize>,
    /// How many rows they are.
    pub rows: usize,
}

impl Matrix {
    pub fn columns(&self) -> usize {
        self.range.len() / self.rows
    }

    /// Writes its transpose to the same range of `t`.
    pub fn transpose<R: Copy>(&self, params: &[R], t: &mut [R]) {
        transpose(&params[self.range.clone()], self.rows, self.columns(), &mut t[self.range.clone()]);
    }

    /// Its transpose, in the same place.
    pub fn transposed(&self) -> Matrix {
        Matrix { range: self.range.clone(), rows: self.columns() }
    }

    /// Packs it for products in bf16, half as long, to the start of the same range of `pairs`. Returns false where
    /// the number of its rows or columns is odd.
    pub fn pack<R: Real>(&self, params: &[R], pairs: &mut [R]) -> bool {
        let (start, len) = (self.range.start, self.range.len());
        let (shape, even) = ((self.rows, self.columns()), self.rows % 2 + self.columns() % 2 == 0);
        if even {
            pack_matrix(&params[self.range.clone()], shape, &mut pairs[start..start + len / 2]);
        }
        even
    }
}

/// Writes the transpose of `a`, whose rows are `cols` long, to `t`, whose rows of `length` are zero-padded.
pub(crate) fn transpose_padded<R: Real>(a: &[R], cols: usize, length: usize, t: &mut [R]) {
    t.fill(R::ZERO);
    transpose_into(a, cols, length, t);
}

fn transpose_into<R: Copy>(a: &[R], cols: usize, length: usize, t: &mut [R]) {
    for (i, row) in a.chunks_exact(cols).enumerate() {
        for (j, x) in row.iter().enumerate() {
            t[j * length + i] = *x;
        }
    }
}
