//! The vector instructions the kernels are written in, and their portable twin.

use super::{Kernel, Real};

/// The most numbers a register may hold.
pub(super) const MAX_LANES: usize = 16;
/// Coefficients of `2^r` for `|r| <= 1/2` (relative error 2e-7), highest power first.
#[allow(dead_code)] // not by every target
pub(super) const EXP2: [f32; 7] =
    [1.535_336_2e-4, 1.339_887_5e-3, 9.618_437e-3, 5.550_333e-2, 2.402_264_9e-1, 6.931_472e-1, 1.0];
/// The vector `exp` saturates here, short of overflow.
#[allow(dead_code)] // not by every target
pub(super) const EXP_LIMIT: f32 = 87.0;

/// One instruction set: a register of [`Simd::LANES`] numbers and what can be done with it.
///
/// A value of the implementing type is the proof that the processor has these instructions, so
/// only [`Isa`](super::Isa) makes one. Every method is inlined into a caller that was compiled
/// for the instruction set; see [`Real::dispatch`].
///
/// # Safety
/// The kernels, which are safe to call, rely on this: [`Simd::LANES`] is between 1 and 16, and no method
/// reads or writes more than it says.
pub unsafe trait Simd: Copy {
    /// The number type.
    type Elem: Real;
    /// A register.
    type V: Copy;
    /// Numbers in a register.
    const LANES: usize;
    /// Registers that a product may count on: 16 or 32.
    const REGISTERS: usize;

    /// The same number in every lane.
    fn splat(self, x: Self::Elem) -> Self::V;
    /// Reads a register.
    ///
    /// # Safety
    /// `p` must be valid for reads of [`Simd::LANES`] numbers.
    unsafe fn load(self, p: *const Self::Elem) -> Self::V;
    /// Writes a register.
    ///
    /// # Safety
    /// `p` must be valid for writes of [`Simd::LANES`] numbers.
    unsafe fn store(self, p: *mut Self::Elem, v: Self::V);
    /// `a + b`
    fn add(self, a: Self::V, b: Self::V) -> Self::V;
    /// `a - b`
    fn sub(self, a: Self::V, b: Self::V) -> Self::V;
    /// `a * b`
    fn mul(self, a: Self::V, b: Self::V) -> Self::V;
    /// `a * b + c`
    fn mul_add(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V;
    /// Reads the first `n < LANES` numbers; the other lanes are 0.
    ///
    /// # Safety
    /// `p` must be valid for reads of `n` numbers.
    #[inline(always)]
    unsafe fn load_first(self, p: *const Self::Elem, n: usize) -> Self::V {
        let mut lanes = [Self::Elem::ZERO; MAX_LANES];
        // SAFETY: the caller's promise; a register fits in `lanes`.
        unsafe {
            core::ptr::copy_nonoverlapping(p, lanes.as_mut_ptr(), n.min(Self::LANES));
            self.load(lanes.as_ptr())
        }
    }
    /// Writes the first `n < LANES` numbers.
    ///
    /// # Safety
    /// `p` must be valid for writes of `n` numbers.
    #[inline(always)]
    unsafe fn store_first(self, p: *mut Self::Elem, v: Self::V, n: usize) {
        let mut lanes = [Self::Elem::ZERO; MAX_LANES];
        // SAFETY: the caller's promise; a register fits in `lanes`.
        unsafe {
            self.store(lanes.as_mut_ptr(), v);
            core::ptr::copy_nonoverlapping(lanes.as_ptr(), p, n.min(Self::LANES));
        }
    }
    /// The larger of each two lanes.
    fn max(self, a: Self::V, b: Self::V) -> Self::V;
    /// e to the power of each lane, saturating beyond 87.
    fn exp(self, a: Self::V) -> Self::V;
    /// `1 / (1 + exp(-a))`
    fn sigmoid(self, a: Self::V) -> Self::V;
    /// The sum of the lanes.
    fn sum(self, a: Self::V) -> Self::Elem;
    /// Rounds both to bf16 and puts two numbers into the place of one: see [`Real::pair`].
    #[inline(always)]
    fn pair(self, low: Self::V, high: Self::V) -> Self::V {
        self.by_lanes([low, high, high], |low, high, _| Self::Elem::pair(low, high))
    }
    /// `c` and the products of both numbers of each pair: see [`Real::dot_pair`].
    #[inline(always)]
    fn dot_pairs(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V {
        self.by_lanes([a, b, c], Self::Elem::dot_pair)
    }
    /// Applies `f` to each lane: for what an instruction set lacks.
    #[inline(always)]
    fn by_lanes(
        self,
        registers: [Self::V; 3],
        f: impl Fn(Self::Elem, Self::Elem, Self::Elem) -> Self::Elem,
    ) -> Self::V {
        let mut lanes = [[Self::Elem::ZERO; MAX_LANES]; 3];
        // SAFETY: a register fits in `lanes`.
        unsafe {
            for (lanes, register) in lanes.iter_mut().zip(registers) {
                self.store(lanes.as_mut_ptr(), register);
            }
            let [a, b, mut c] = lanes;
            for ((a, b), c) in a.iter().zip(&b).zip(&mut c).take(Self::LANES) {
                *c = f(*a, *b, *c);
            }
            self.load(c.as_ptr())
        }
    }
    /// [`Simd::call`] of a kernel whose time goes into [`Simd::dot_pairs`], with instructions for it where the
    /// processor has them.
    #[inline(always)]
    fn call_pairs<K: Kernel<Self::Elem>>(self, kernel: K) -> K::Output {
        self.call(kernel)
    }
    /// Runs `kernel` in a function of its own: large kernels with many callers, such as matrix
    /// products, are compiled once and not into each of them.
    fn call<K: Kernel<Self::Elem>>(self, kernel: K) -> K::Output;
}

/// The portable instruction set: one number in a register. Twin of all the others, and the only
/// one for `f64`.
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
