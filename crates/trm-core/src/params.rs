//! All weights of a model in one vector, by name.

use crate::kernel::Real;
use core::ops::Range;
use rand::{Rng, SeedableRng};
use rand_distr::{Distribution, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;

/// How a tensor starts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Init {
    /// All zero.
    Zero,
    /// Normal with this standard deviation.
    Normal(f64),
}

/// One tensor of a [`Layout`].
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its name in model files.
    pub name: String,
    /// Its shape; matrices are `[in, out]`, row-major.
    pub shape: Vec<usize>,
    /// Where it lies in the vector.
    pub range: Range<usize>,
    /// How it starts.
    pub init: Init,
    /// Whether training changes it.
    pub trained: bool,
}

/// The tensors of a model, one after the other.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layout {
    /// The tensors.
    pub entries: Vec<Entry>,
}

impl Layout {
    /// Appends a tensor and returns where it lies.
    pub fn push(
        &mut self,
        name: impl Into<String>,
        shape: &[usize],
        init: Init,
        trained: bool,
    ) -> Range<usize> {
        let start = self.len();
        // No memory is taken yet; what is too large for an address is refused with the model.
        let n = shape.iter().fold(1, |n: usize, size| n.saturating_mul(*size));
        let range = start..start.saturating_add(n);
        self.entries.push(Entry {
            name: name.into(),
            shape: shape.to_vec(),
            range: range.clone(),
            init,
            trained,
        });
        range
    }

    /// Numbers in all tensors.
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

    /// Fresh weights.
    pub fn init<R: Real>(&self, seed: u64) -> Vec<R> {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        let mut params = vec![R::ZERO; self.len()];
        for entry in &self.entries {
            if let Init::Normal(std) = entry.init {
                for p in &mut params[entry.range.clone()] {
                    *p = R::from_f64(std * normal(&mut rng));
                }
            }
        }
        params
    }
}

/// A standard normal number.
pub fn normal(rng: &mut impl Rng) -> f64 {
    StandardNormal.sample(rng)
}

/// Writes the transpose of the row-major `[rows, cols]` matrix `a` to `t`.
///
/// # Panics
/// Where a slice is not `rows * cols` long.
pub fn transpose<R: Copy>(a: &[R], rows: usize, cols: usize, t: &mut [R]) {
    assert!(a.len() == rows * cols && t.len() == rows * cols);
    for (i, row) in a.chunks_exact(cols).enumerate() {
        for (j, x) in row.iter().enumerate() {
            t[j * rows + i] = *x;
        }
    }
}
