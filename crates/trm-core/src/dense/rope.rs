//! Rotary position embedding (RoPE, arXiv 2104.09864), in the reference's `rotate_half` convention: channel j
//! of a head is rotated together with channel j + d / 2.

use crate::kernel::Real;

/// The reference's `rope_theta`.
pub(crate) const THETA: f32 = 10_000.0;

/// Cosines and sines by position; the first row is position 0.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rope<R> {
    /// Width of a head.
    d: usize,
    /// `[positions, d / 2]` each
    cos: Vec<R>,
    sin: Vec<R>,
}

impl<R: Real> Rope<R> {
    /// Extends the table to `n` positions, for heads `d` wide. Angles are rounded to `f32`, as in the
    /// reference.
    pub(crate) fn resize(&mut self, d: usize, n: usize) {
        if self.d != d {
            *self = Rope { d, cos: Vec::new(), sin: Vec::new() };
        }
        for position in self.cos.len() / (d / 2)..n {
            for j in 0..d / 2 {
                let frequency = 1.0 / THETA.powf((2 * j) as f32 / d as f32);
                let angle = f64::from(position as f32 * frequency);
                self.cos.push(R::from_f64(f64::from(angle.cos() as f32)));
                self.sin.push(R::from_f64(f64::from(angle.sin() as f32)));
            }
        }
    }

    /// Rotates Q and K in rows of `[Q, K, V]`, each `h` wide, and divides Q by sqrt(d).
    #[inline(always)]
    pub(crate) fn forward(&self, qkv: &mut [R], h: usize) {
        let scale = R::ONE / R::from_f64(self.d as f64).sqrt();
        self.rotate(qkv, h, scale, |x, y, c, s| (x * c - y * s, y * c + x * s));
    }

    /// The backward pass of [`Rope::forward`]: rotates the other way.
    #[inline(always)]
    pub(crate) fn backward(&self, d_qkv: &mut [R], h: usize) {
        let scale = R::ONE / R::from_f64(self.d as f64).sqrt();
        self.rotate(d_qkv, h, scale, |x, y, c, s| (x * c + y * s, y * c - x * s));
    }

    #[inline(always)]
    fn rotate(&self, qkv: &mut [R], h: usize, scale: R, f: impl Fn(R, R, R, R) -> (R, R)) {
        let half = self.d / 2;
        let table = self.cos.chunks_exact(half).zip(self.sin.chunks_exact(half));
        for (row, (cos, sin)) in qkv.chunks_exact_mut(3 * h).zip(table) {
            let (q, rest) = row.split_at_mut(h);
            for (part, scale) in [(q, scale), (&mut rest[..h], R::ONE)] {
                for head in part.chunks_exact_mut(self.d) {
                    let (x, y) = head.split_at_mut(half);
                    for (((x, y), c), s) in x.iter_mut().zip(y).zip(cos).zip(sin) {
                        let (a, b) = f(*x, *y, *c, *s);
                        (*x, *y) = (a * scale, b * scale);
                    }
                }
            }
        }
    }
}
