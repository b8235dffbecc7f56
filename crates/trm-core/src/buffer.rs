//! Numbers whose first one begins a cache line.

use core::slice::Iter;
use std::ops::{Deref, DerefMut};

use aligned_vec::{AVec, ConstAlign};

use crate::kernel::Real;

/// Bytes of a cache line, and of the widest vector of any instruction set.
const LINE: usize = 64;

/// A growing buffer aligned to a cache line. Rows of a multiple of 64 bytes are then read and written without a vector
/// that lies across two lines, which makes mazes a seventh faster on an Emerald Rapids with AVX-512.
#[derive(Clone, Debug, PartialEq)]
pub struct Buffer<R>(AVec<R, ConstAlign<LINE>>);

impl<R> Default for Buffer<R> {
    fn default() -> Self {
        Buffer(AVec::new(LINE))
    }
}

impl<R: Real> Buffer<R> {
    /// Makes it `len` long; what is new is zero.
    pub fn resize(&mut self, len: usize) {
        self.0.resize(len, R::ZERO);
    }

    /// `len` zeros.
    pub fn zeros(len: usize) -> Self {
        let mut buffer = Buffer::default();
        buffer.resize(len);
        buffer
    }

    /// Makes it a copy of `values`.
    pub fn copy_from(&mut self, values: &[R]) {
        self.resize(values.len());
        self.copy_from_slice(values);
    }
}

impl<R> Deref for Buffer<R> {
    type Target = [R];

    fn deref(&self) -> &[R] {
        &self.0
    }
}

impl<R> DerefMut for Buffer<R> {
    fn deref_mut(&mut self) -> &mut [R] {
        &mut self.0
    }
}

impl<R: Real> FromIterator<R> for Buffer<R> {
    fn from_iter<I: IntoIterator<Item = R>>(values: I) -> Self {
        Buffer(AVec::from_iter(LINE, values))
    }
}

impl<'a, R> IntoIterator for &'a Buffer<R> {
    type Item = &'a R;
    type IntoIter = Iter<'a, R>;

    fn into_iter(self) -> Iter<'a, R> {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn begins_a_cache_line() {
        let mut buffer = Buffer::<f32>::default();
        for len in [1, 17, 4097] {
            buffer.resize(len);
            assert_eq!(buffer.as_ptr().addr() % LINE, 0, "{len}");
        }
    }

    #[test]
    fn holds_what_it_is_told() {
        let mut buffer = Buffer::default();
        buffer.copy_from(&[1.0_f32, 2.0]);
        buffer.resize(3);
        assert_eq!(*buffer, [1.0, 2.0, 0.0]);
    }
}
