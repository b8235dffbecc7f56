//! AVX2 and AVX-512 registers.

use super::simd::{EXP_LIMIT, EXP2, Kernel, Real, Simd};
use core::arch::x86_64::*;

const LOG2_E: f32 = core::f32::consts::LOG2_E;

/// 16 lanes of `f32`; with dot products of bf16 pairs (AVX512_BF16) where `BF16`.
#[derive(Clone, Copy)]
pub struct Avx512<const BF16: bool = false>(());

impl Avx512 {
    /// A value where the processor has AVX-512F, AVX2 and FMA.
    pub(super) fn detect() -> Option<Self> {
        Avx2::detect().filter(|_| is_x86_feature_detected!("avx512f")).map(|_| Avx512(()))
    }
}

impl Avx512<true> {
    /// A value where the processor also has AVX512_BF16.
    pub(super) fn detect_bf16() -> Option<Self> {
        Avx512::detect().filter(|_| is_x86_feature_detected!("avx512bf16")).map(|_| Avx512(()))
    }
}

// SAFETY (of this and every block below): a value of this type exists only where AVX-512F was detected, and
// AVX512_BF16 where `BF16`, and pointers are the caller's promise.
unsafe impl<const BF16: bool> Simd for Avx512<BF16> {
    type Elem = f32;
    type V = __m512;
    const LANES: usize = 16;
    const REGISTERS: usize = 32;

    #[inline(always)]
    fn splat(self, x: f32) -> __m512 {
        unsafe { _mm512_set1_ps(x) }
    }
    #[inline(always)]
    unsafe fn load(self, p: *const f32) -> __m512 {
        unsafe { _mm512_loadu_ps(p) }
    }
    #[inline(always)]
    unsafe fn store(self, p: *mut f32, v: __m512) {
        unsafe { _mm512_storeu_ps(p, v) }
    }
    #[inline(always)]
    fn prefetch(self, p: *const f32) {
        unsafe { _mm_prefetch::<_MM_HINT_T0>(p.cast()) }
    }
    #[inline(always)]
    fn add(self, a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_add_ps(a, b) }
    }
    #[inline(always)]
    fn sub(self, a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_sub_ps(a, b) }
    }
    #[inline(always)]
    fn mul(self, a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_mul_ps(a, b) }
    }
    #[inline(always)]
    fn mul_add(self, a: __m512, b: __m512, c: __m512) -> __m512 {
        unsafe { _mm512_fmadd_ps(a, b, c) }
    }
    #[inline(always)]
    unsafe fn load_first(self, p: *const f32, n: usize) -> __m512 {
        unsafe { _mm512_maskz_loadu_ps((1u16 << n) - 1, p) }
    }
    #[inline(always)]
    unsafe fn store_first(self, p: *mut f32, v: __m512, n: usize) {
        unsafe { _mm512_mask_storeu_ps(p, (1u16 << n) - 1, v) }
    }
    #[inline(always)]
    fn max(self, a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_max_ps(a, b) }
    }
    #[inline(always)]
    fn exp(self, a: __m512) -> __m512 {
        unsafe {
            // min(NaN, x) is x on this instruction, so keep the input second: NaN stays NaN.
            let limit = _mm512_set1_ps(EXP_LIMIT);
            let low = _mm512_sub_ps(_mm512_setzero_ps(), limit);
            let x = _mm512_max_ps(low, _mm512_min_ps(limit, a));
            let x = _mm512_mul_ps(x, _mm512_set1_ps(LOG2_E));
            let whole = _mm512_roundscale_ps::<0>(x);
            let r = _mm512_sub_ps(x, whole);
            let mut p = _mm512_set1_ps(EXP2[0]);
            for c in &EXP2[1..] {
                p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(*c));
            }
            _mm512_scalef_ps(p, whole)
        }
    }
    #[inline(always)]
    fn sigmoid(self, a: __m512) -> __m512 {
        unsafe {
            let e = self.exp(_mm512_sub_ps(_mm512_setzero_ps(), a));
            let one = _mm512_set1_ps(1.0);
            let d = _mm512_add_ps(one, e);
            // One Newton step on the 14-bit reciprocal gives full precision.
            let r = _mm512_rcp14_ps(d);
            let two = _mm512_set1_ps(2.0);
            _mm512_mul_ps(r, _mm512_fnmadd_ps(d, r, two))
        }
    }
    #[inline(always)]
    fn sum(self, a: __m512) -> f32 {
        unsafe { _mm512_reduce_add_ps(a) }
    }
    #[inline(always)]
    fn pair(self, low: __m512, high: __m512) -> __m512 {
        unsafe {
            // To nearest, ties to even.
            let round = |x| {
                let odd = _mm512_and_si512(_mm512_srli_epi32::<16>(x), _mm512_set1_epi32(1));
                _mm512_add_epi32(_mm512_add_epi32(x, _mm512_set1_epi32(0x7fff)), odd)
            };
            let (low, high) = (round(_mm512_castps_si512(low)), round(_mm512_castps_si512(high)));
            let kept = _mm512_and_si512(high, _mm512_set1_epi32(0xffff_0000_u32 as i32));
            _mm512_castsi512_ps(_mm512_or_si512(_mm512_srli_epi32::<16>(low), kept))
        }
    }
    #[inline(always)]
    fn dot_pairs(self, a: __m512, b: __m512, c: __m512) -> __m512 {
        if BF16 {
            let bits = |x| unsafe { core::mem::transmute::<__m512, __m512bh>(x) };
            unsafe { _mm512_dpbf16_ps(c, bits(a), bits(b)) }
        } else {
            self.by_lanes([a, b, c], f32::dot_pair)
        }
    }
    #[inline(always)]
    fn call_pairs<K: Kernel<f32>>(self, kernel: K) -> K::Output {
        match Avx512::<true>::detect_bf16() {
            Some(simd) => unsafe { run_avx512_bf16(kernel, simd) },
            None => self.call(kernel),
        }
    }
    #[inline(always)]
    fn call<K: Kernel<f32>>(self, kernel: K) -> K::Output {
        match BF16 {
            true => unsafe { run_avx512_bf16(kernel, Avx512(())) },
            false => unsafe { run_avx512(kernel, Avx512(())) },
        }
    }
}

/// 8 lanes of `f32`, with fused multiply-add.
#[derive(Clone, Copy)]
pub struct Avx2(());

impl Avx2 {
    /// A value where the processor has AVX2 and FMA.
    pub(super) fn detect() -> Option<Self> {
        (is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")).then_some(Avx2(()))
    }
}

// SAFETY (of this and every block below): a value of this type exists only where AVX2 and FMA were
// detected, and pointers are the caller's promise.
unsafe impl Simd for Avx2 {
    type Elem = f32;
    type V = __m256;
    const LANES: usize = 8;
    const REGISTERS: usize = 16;

    #[inline(always)]
    fn splat(self, x: f32) -> __m256 {
        unsafe { _mm256_set1_ps(x) }
    }
    #[inline(always)]
    unsafe fn load(self, p: *const f32) -> __m256 {
        unsafe { _mm256_loadu_ps(p) }
    }
    #[inline(always)]
    unsafe fn store(self, p: *mut f32, v: __m256) {
        unsafe { _mm256_storeu_ps(p, v) }
    }
    #[inline(always)]
    fn add(self, a: __m256, b: __m256) -> __m256 {
        unsafe { _mm256_add_ps(a, b) }
    }
    #[inline(always)]
    fn sub(self, a: __m256, b: __m256) -> __m256 {
        unsafe { _mm256_sub_ps(a, b) }
    }
    #[inline(always)]
    fn mul(self, a: __m256, b: __m256) -> __m256 {
        unsafe { _mm256_mul_ps(a, b) }
    }
    #[inline(always)]
    fn mul_add(self, a: __m256, b: __m256, c: __m256) -> __m256 {
        unsafe { _mm256_fmadd_ps(a, b, c) }
    }
    #[inline(always)]
    unsafe fn load_first(self, p: *const f32, n: usize) -> __m256 {
        unsafe { _mm256_maskload_ps(p, first_lanes(n)) }
    }
    #[inline(always)]
    unsafe fn store_first(self, p: *mut f32, v: __m256, n: usize) {
        unsafe { _mm256_maskstore_ps(p, first_lanes(n), v) }
    }
    #[inline(always)]
    fn max(self, a: __m256, b: __m256) -> __m256 {
        unsafe { _mm256_max_ps(a, b) }
    }
    #[inline(always)]
    fn exp(self, a: __m256) -> __m256 {
        unsafe {
            let limit = _mm256_set1_ps(EXP_LIMIT);
            let low = _mm256_sub_ps(_mm256_setzero_ps(), limit);
            let x = _mm256_max_ps(low, _mm256_min_ps(limit, a));
            let x = _mm256_mul_ps(x, _mm256_set1_ps(LOG2_E));
            let whole = _mm256_round_ps::<0>(x);
            let r = _mm256_sub_ps(x, whole);
            let mut p = _mm256_set1_ps(EXP2[0]);
            for c in &EXP2[1..] {
                p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(*c));
            }
            let bits = _mm256_add_epi32(_mm256_cvtps_epi32(whole), _mm256_set1_epi32(127));
            _mm256_mul_ps(p, _mm256_castsi256_ps(_mm256_slli_epi32::<23>(bits)))
        }
    }
    #[inline(always)]
    fn sigmoid(self, a: __m256) -> __m256 {
        unsafe {
            let one = _mm256_set1_ps(1.0);
            let e = self.exp(_mm256_sub_ps(_mm256_setzero_ps(), a));
            _mm256_div_ps(one, _mm256_add_ps(one, e))
        }
    }
    #[inline(always)]
    fn sum(self, a: __m256) -> f32 {
        unsafe {
            let s = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps::<1>(a));
            let s = _mm_add_ps(s, _mm_movehl_ps(s, s));
            _mm_cvtss_f32(_mm_add_ss(s, _mm_shuffle_ps::<1>(s, s)))
        }
    }
    #[inline(always)]
    fn call<K: Kernel<f32>>(self, kernel: K) -> K::Output {
        unsafe { run_avx2(kernel, self) }
    }
}

/// All bits set in the first `n` lanes.
///
/// # Safety
/// The processor must have AVX2.
#[inline(always)]
unsafe fn first_lanes(n: usize) -> __m256i {
    // SAFETY: the caller's promise.
    unsafe {
        let lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
        _mm256_cmpgt_epi32(_mm256_set1_epi32(n as i32), lanes)
    }
}

/// # Safety
/// The processor must have AVX-512F, AVX2 and FMA.
#[inline(never)]
#[target_feature(enable = "avx512f,avx2,fma")]
pub(super) unsafe fn run_avx512<K: Kernel<f32>>(kernel: K, simd: Avx512) -> K::Output {
    kernel.run(simd)
}

/// # Safety
/// The processor must have AVX-512F, AVX512_BF16 and FMA.
#[inline(never)]
#[target_feature(enable = "avx512f,avx512bf16,avx2,fma")]
unsafe fn run_avx512_bf16<K: Kernel<f32>>(kernel: K, simd: Avx512<true>) -> K::Output {
    kernel.run(simd)
}

/// # Safety
/// The processor must have AVX2 and FMA.
#[inline(never)]
#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn run_avx2<K: Kernel<f32>>(kernel: K, simd: Avx2) -> K::Output {
    kernel.run(simd)
}
