//! The traits that kernels are written over: number types, vector instructions, and kernels themselves.

use super::isa::Isa;
use core::ops::{Add, AddAssign, Div, Mul, Neg, Sub};

/// The most lanes of any register.
pub(super) const MAX_LANES: usize = 16;
/// Coefficients of `2^r` for `|r| <= 1/2` (relative error 2e-7), highest power first.
#[allow(dead_code)] // not by every target
pub(super) const EXP2: [f32; 7] =
    [1.535_336_2e-4, 1.339_887_5e-3, 9.618_437e-3, 5.550_333e-2, 2.402_264_9e-1, 6.931_472e-1, 1.0];
/// The vector `exp` saturates here, short of overflow.
#[allow(dead_code)] // not by every target
pub(super) const EXP_LIMIT: f32 = 87.0;

/// Code that can be compiled for any instruction set.
pub trait Kernel<R: Real> {
    /// What it returns.
    type Output;
    /// Runs with the instructions of `S`. Mark the implementation `#[inline(always)]`: a body
    /// that is not inlined into [`Real::dispatch`] is compiled without those instructions.
    fn run<S: Simd<Elem = R>>(self, simd: S) -> Self::Output;
}

/// The number type of a computation: `f32`, or `f64` for gradient checks.
pub trait Real:
    Copy
    + Default
    + PartialOrd
    + Send
    + Sync
    + core::fmt::Debug
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + 'static
{
    /// 0
    const ZERO: Self;
    /// 1
    const ONE: Self;
    /// Rounds.
    fn from_f64(x: f64) -> Self;
    /// Widens.
    fn to_f64(self) -> f64;
    /// e to the power of `self`.
    fn exp(self) -> Self;
    /// The natural logarithm.
    fn ln(self) -> Self;
    /// The square root.
    fn sqrt(self) -> Self;
    /// Rounds two numbers to bf16 (to nearest, ties to even) and packs them into the bits of one, the first
    /// into the lower half. Not for NaN.
    fn pair(low: Self, high: Self) -> Self;
    /// The dot product of two bf16 pairs, added to `c`.
    fn dot_pair(a: Self, b: Self, c: Self) -> Self;
    /// `c += a b`, with `a` `[m, k]`, `b` `[k, n]` and `c` `[m, n]`, row-major; `shape` is `(m, n, k)`. Compiled
    /// once in this crate, and not again in each crate that calls it.
    ///
    /// # Panics
    /// Where a slice is too short for its shape.
    fn matmul_add(isa: Isa, shape: (usize, usize, usize), a: &[Self], b: &[Self], c: &mut [Self]);
    /// Runs `kernel` compiled for `isa`, or the portable code where this processor or this number type has
    /// no such instructions.
    fn dispatch<K: Kernel<Self>>(isa: Isa, kernel: K) -> K::Output;
}

/// An instruction set: a register of [`Simd::LANES`] numbers and its operations.
///
/// A value of the implementing type proves that the processor has these instructions, so only feature
/// detection makes one. Every method is inlined into a caller that was compiled for the instruction set;
/// see [`Real::dispatch`].
///
/// # Safety
/// The kernels, which are safe to call, rely on this: [`Simd::LANES`] is between 1 and 16, and no method
/// reads or writes more than its documentation says.
pub unsafe trait Simd: Copy {
    /// The number type.
    type Elem: Real;
    /// A register.
    type V: Copy;
    /// Numbers in a register.
    const LANES: usize;
    /// Registers that a GEMM tile may use: 16 or 32.
    const REGISTERS: usize;

    /// Whether a GEMM of bf16 pairs has tiles as large as any other; they are a lot of code without an instruction
    /// for [`Simd::dot_pairs`].
    const TILES_OF_PAIRS: bool = true;

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
    /// Asks for the cache line at `p`, which may point anywhere, where that is faster than waiting for it.
    #[inline(always)]
    fn prefetch(self, _p: *const Self::Elem) {}
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
    /// The maximum of each two lanes.
    fn max(self, a: Self::V, b: Self::V) -> Self::V;
    /// e to the power of each lane, saturating beyond 87.
    fn exp(self, a: Self::V) -> Self::V;
    /// `1 / (1 + exp(-a))`
    fn sigmoid(self, a: Self::V) -> Self::V;
    /// The sum of the lanes.
    fn sum(self, a: Self::V) -> Self::Elem;
    /// Packs each two lanes into a bf16 pair: [`Real::pair`].
    #[inline(always)]
    fn pair(self, low: Self::V, high: Self::V) -> Self::V {
        self.by_lanes([low, high, high], |low, high, _| Self::Elem::pair(low, high))
    }
    /// The dot product of each two bf16 pairs, added to `c`: [`Real::dot_pair`].
    #[inline(always)]
    fn dot_pairs(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V {
        self.by_lanes([a, b, c], Self::Elem::dot_pair)
    }
    /// Applies `f` lane by lane, for what an instruction set lacks.
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
    /// [`Simd::call`] for a kernel that spends its time in [`Simd::dot_pairs`]: with bf16 instructions where
    /// the processor has them.
    #[inline(always)]
    fn call_pairs<K: Kernel<Self::Elem>>(self, kernel: K) -> K::Output {
        self.call(kernel)
    }
    /// Runs `kernel` in a function of its own, so that a large kernel with many callers, such as GEMM, is
    /// compiled once and not into each of them.
    fn call<K: Kernel<Self::Elem>>(self, kernel: K) -> K::Output;
}
