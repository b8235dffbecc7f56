//! WebAssembly registers (simd128).

use super::simd::{EXP_LIMIT, EXP2, Kernel, Simd};
use core::arch::wasm32::*;

/// 4 lanes of `f32`. Compiled only where simd128 is enabled for the whole program, so every value of this type
/// proves that it is there.
#[derive(Clone, Copy)]
pub struct Simd128(());

impl Simd128 {
    /// Needs no detection: the program was compiled for simd128.
    pub(super) fn new() -> Self {
        Simd128(())
    }
}

// SAFETY: four lanes; loads and stores move four numbers, and their pointers are the caller's promise.
unsafe impl Simd for Simd128 {
    type Elem = f32;
    type V = v128;
    const LANES: usize = 4;
    const REGISTERS: usize = 16;
    const TILES_OF_PAIRS: bool = false;

    #[inline(always)]
    fn splat(self, x: f32) -> v128 {
        f32x4_splat(x)
    }
    #[inline(always)]
    unsafe fn load(self, p: *const f32) -> v128 {
        // SAFETY: the caller's promise; any alignment will do.
        unsafe { v128_load(p.cast()) }
    }
    #[inline(always)]
    unsafe fn store(self, p: *mut f32, v: v128) {
        // SAFETY: the caller's promise; any alignment will do.
        unsafe { v128_store(p.cast(), v) }
    }
    #[inline(always)]
    fn add(self, a: v128, b: v128) -> v128 {
        f32x4_add(a, b)
    }
    #[inline(always)]
    fn sub(self, a: v128, b: v128) -> v128 {
        f32x4_sub(a, b)
    }
    #[inline(always)]
    fn mul(self, a: v128, b: v128) -> v128 {
        f32x4_mul(a, b)
    }
    #[inline(always)]
    fn mul_add(self, a: v128, b: v128, c: v128) -> v128 {
        f32x4_add(f32x4_mul(a, b), c)
    }
    #[inline(always)]
    fn max(self, a: v128, b: v128) -> v128 {
        f32x4_max(a, b)
    }
    #[inline(always)]
    fn exp(self, a: v128) -> v128 {
        let x = f32x4_max(f32x4_splat(-EXP_LIMIT), f32x4_min(f32x4_splat(EXP_LIMIT), a));
        let x = f32x4_mul(x, f32x4_splat(core::f32::consts::LOG2_E));
        let whole = f32x4_nearest(x);
        let r = f32x4_sub(x, whole);
        let mut p = f32x4_splat(EXP2[0]);
        for c in &EXP2[1..] {
            p = f32x4_add(f32x4_mul(p, r), f32x4_splat(*c));
        }
        let bits = i32x4_add(i32x4_trunc_sat_f32x4(whole), i32x4_splat(127));
        f32x4_mul(p, i32x4_shl(bits, 23))
    }
    #[inline(always)]
    fn sigmoid(self, a: v128) -> v128 {
        let one = f32x4_splat(1.0);
        f32x4_div(one, f32x4_add(one, self.exp(f32x4_neg(a))))
    }
    #[inline(always)]
    fn sum(self, a: v128) -> f32 {
        let halves = f32x4_add(a, i32x4_shuffle::<2, 3, 0, 1>(a, a));
        f32x4_extract_lane::<0>(halves) + f32x4_extract_lane::<1>(halves)
    }
    #[inline(never)]
    fn call<K: Kernel<f32>>(self, kernel: K) -> K::Output {
        kernel.run(self)
    }
}
