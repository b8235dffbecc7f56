//! Portable code: one number in a register.

use super::simd::{Kernel, Real, Simd};

/// The portable instruction set: the slow twin of all others, and the only one for `f64`.
#[derive(Clone, Copy)]
pub struct Scalar<R>(core::marker::PhantomData<R>);

impl<R> Scalar<R> {
    pub(super) fn new() -> Self {
        Scalar(core::marker::PhantomData)
    }
}

// SAFETY: one lane, and one number read or written.
unsafe impl<R: Real> Simd for Scalar<R> {
    type Elem = R;
    type V = R;
    const LANES: usize = 1;
    const REGISTERS: usize = 16;

    #[inline(always)]
    fn splat(self, x: R) -> R {
        x
    }
    #[inline(always)]
    unsafe fn load(self, p: *const R) -> R {
        // SAFETY: the caller's promise.
        unsafe { *p }
    }
    #[inline(always)]
    unsafe fn store(self, p: *mut R, v: R) {
        // SAFETY: the caller's promise.
        unsafe { *p = v }
    }
    #[inline(always)]
    fn add(self, a: R, b: R) -> R {
        a + b
    }
    #[inline(always)]
    fn sub(self, a: R, b: R) -> R {
        a - b
    }
    #[inline(always)]
    fn mul(self, a: R, b: R) -> R {
        a * b
    }
    #[inline(always)]
    fn mul_add(self, a: R, b: R, c: R) -> R {
        a * b + c
    }
    #[inline(always)]
    fn max(self, a: R, b: R) -> R {
        if a > b { a } else { b }
    }
    #[inline(always)]
    fn exp(self, a: R) -> R {
        a.exp()
    }
    #[inline(always)]
    fn sigmoid(self, a: R) -> R {
        R::ONE / (R::ONE + (-a).exp())
    }
    #[inline(always)]
    fn sum(self, a: R) -> R {
        a
    }
    #[inline(never)]
    fn call<K: Kernel<R>>(self, kernel: K) -> K::Output {
        kernel.run(self)
    }
}
