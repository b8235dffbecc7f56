//! NEON registers, which every AArch64 processor has.

use super::simd::{EXP_LIMIT, EXP2, Kernel, Simd};
use core::arch::aarch64::*;

/// 4 lanes of `f32`, with fused multiply-add.
#[derive(Clone, Copy)]
pub struct Neon(());

impl Neon {
    /// Needs no detection: NEON is part of AArch64.
    pub(super) fn new() -> Self {
        Neon(())
    }
}

// SAFETY (of this and every block below): this file is compiled for AArch64 alone, and pointers are the
// caller's promise.
unsafe impl Simd for Neon {
    type Elem = f32;
    type V = float32x4_t;
    const LANES: usize = 4;
    const REGISTERS: usize = 32;

    #[inline(always)]
    fn splat(self, x: f32) -> float32x4_t {
        unsafe { vdupq_n_f32(x) }
    }
    #[inline(always)]
    unsafe fn load(self, p: *const f32) -> float32x4_t {
        unsafe { vld1q_f32(p) }
    }
    #[inline(always)]
    unsafe fn store(self, p: *mut f32, v: float32x4_t) {
        unsafe { vst1q_f32(p, v) }
    }
    #[inline(always)]
    fn add(self, a: float32x4_t, b: float32x4_t) -> float32x4_t {
        unsafe { vaddq_f32(a, b) }
    }
    #[inline(always)]
    fn sub(self, a: float32x4_t, b: float32x4_t) -> float32x4_t {
        unsafe { vsubq_f32(a, b) }
    }
    #[inline(always)]
    fn mul(self, a: float32x4_t, b: float32x4_t) -> float32x4_t {
        unsafe { vmulq_f32(a, b) }
    }
    #[inline(always)]
    fn mul_add(self, a: float32x4_t, b: float32x4_t, c: float32x4_t) -> float32x4_t {
        unsafe { vfmaq_f32(c, a, b) }
    }
    #[inline(always)]
    fn max(self, a: float32x4_t, b: float32x4_t) -> float32x4_t {
        unsafe { vmaxq_f32(a, b) }
    }
    #[inline(always)]
    fn exp(self, a: float32x4_t) -> float32x4_t {
        unsafe {
            let limit = vdupq_n_f32(EXP_LIMIT);
            let x = vmaxq_f32(vnegq_f32(limit), vminq_f32(limit, a));
            let x = vmulq_f32(x, vdupq_n_f32(core::f32::consts::LOG2_E));
            let whole = vrndnq_f32(x);
            let r = vsubq_f32(x, whole);
            let mut p = vdupq_n_f32(EXP2[0]);
            for c in &EXP2[1..] {
                p = vfmaq_f32(vdupq_n_f32(*c), p, r);
            }
            let bits = vaddq_s32(vcvtnq_s32_f32(whole), vdupq_n_s32(127));
            vmulq_f32(p, vreinterpretq_f32_s32(vshlq_n_s32::<23>(bits)))
        }
    }
    #[inline(always)]
    fn sigmoid(self, a: float32x4_t) -> float32x4_t {
        unsafe {
            let one = vdupq_n_f32(1.0);
            vdivq_f32(one, vaddq_f32(one, self.exp(vnegq_f32(a))))
        }
    }
    #[inline(always)]
    fn sum(self, a: float32x4_t) -> f32 {
        unsafe { vaddvq_f32(a) }
    }
    #[inline(never)]
    fn call<K: Kernel<f32>>(self, kernel: K) -> K::Output {
        kernel.run(self)
    }
}
