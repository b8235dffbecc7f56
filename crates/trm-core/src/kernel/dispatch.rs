//! Feature detection and dispatch: which instruction set runs a kernel.

use super::gemm::{Mat, gemm_add};
use super::isa::Isa;
#[cfg(target_arch = "aarch64")]
use super::neon;
use super::scalar::Scalar;
use super::simd::{Kernel, Real, Simd};
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
use super::wasm;
#[cfg(target_arch = "x86_64")]
use super::x86;

/// What every processor has that can run this program. A WebAssembly module with SIMD loads nowhere else, so that
/// portable code in it would only be bytes to download.
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
const FALLBACK: Isa = Isa::Simd128;
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
const FALLBACK: Isa = Isa::Scalar;

impl Isa {
    /// The widest instruction set of this processor, or the one that `TRM_KERNEL` names
    /// (`scalar`, `simd128`, `neon`, `avx2`, `avx512`) if the processor has it.
    pub fn best() -> Self {
        static BEST: std::sync::OnceLock<Isa> = std::sync::OnceLock::new();
        *BEST.get_or_init(|| {
            let wanted = std::env::var("TRM_KERNEL").unwrap_or_default();
            let available = Isa::available();
            let named = available.iter().find(|isa| isa.name() == wanted);
            *named.unwrap_or(&available[0])
        })
    }

    /// The instruction sets of this processor, widest first.
    pub fn available() -> Vec<Self> {
        let mut sets = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            if x86::Avx512::detect().is_some() {
                sets.push(Isa::Avx512);
            }
            if x86::Avx2::detect().is_some() {
                sets.push(Isa::Avx2);
            }
        }
        #[cfg(target_arch = "aarch64")]
        sets.push(Isa::Neon);
        sets.push(FALLBACK);
        sets
    }

    /// Whether this instruction set multiplies bf16 pairs in one instruction on this processor. On a Zen 4 that is faster
    /// than in `f32`; on an Emerald Rapids, which makes such an instruction in the time of four others, it is slower.
    pub fn has_bf16(self) -> bool {
        #[cfg(target_arch = "x86_64")]
        if self == Isa::Avx512 {
            return x86::Avx512::detect_bf16().is_some();
        }
        false
    }
}

/// [`Real::matmul_add`] for any instruction set.
struct MatmulAdd<'a, R> {
    shape: (usize, usize, usize),
    a: &'a [R],
    b: &'a [R],
    c: &'a mut [R],
}

impl<R: Real> Kernel<R> for MatmulAdd<'_, R> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd<Elem = R>>(self, s: S) {
        gemm_add(s, self.shape, Mat::rows(self.a, self.shape.2), self.b, self.c);
    }
}

macro_rules! real {
    ($t:ty, $dispatch:item) => {
        impl Real for $t {
            const ZERO: Self = 0.0;
            const ONE: Self = 1.0;
            fn from_f64(x: f64) -> Self {
                x as $t
            }
            fn to_f64(self) -> f64 {
                f64::from(self)
            }
            #[inline(always)]
            fn exp(self) -> Self {
                self.exp()
            }
            #[inline(always)]
            fn ln(self) -> Self {
                self.ln()
            }
            #[inline(always)]
            fn sqrt(self) -> Self {
                self.sqrt()
            }
            #[inline(always)]
            fn pair(low: Self, high: Self) -> Self {
                let round = |x: Self| {
                    let bits = (x as f32).to_bits();
                    bits.wrapping_add(0x7fff + (bits >> 16 & 1)) >> 16
                };
                <$t>::from_bits((round(high) << 16 | round(low)).into())
            }
            #[inline(always)]
            fn dot_pair(a: Self, b: Self, c: Self) -> Self {
                let low = |x: Self| Self::from(f32::from_bits((x.to_bits() as u32) << 16));
                let high = |x: Self| Self::from(f32::from_bits(x.to_bits() as u32 & 0xffff_0000));
                c + low(a) * low(b) + high(a) * high(b)
            }
            fn matmul_add(isa: Isa, shape: (usize, usize, usize), a: &[$t], b: &[$t], c: &mut [$t]) {
                <$t>::dispatch(isa, MatmulAdd { shape, a, b, c });
            }
            $dispatch
        }
    };
}

real!(
    f64,
    fn dispatch<K: Kernel<f64>>(_: Isa, kernel: K) -> K::Output {
        Scalar::new().call(kernel)
    }
);
real!(
    f32,
    fn dispatch<K: Kernel<f32>>(isa: Isa, kernel: K) -> K::Output {
        match isa {
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => match x86::Avx512::detect() {
                // SAFETY: `detect` found the instructions.
                Some(simd) => unsafe { x86::run_avx512(kernel, simd) },
                None => Scalar::new().call(kernel),
            },
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => match x86::Avx2::detect() {
                // SAFETY: `detect` found the instructions.
                Some(simd) => unsafe { x86::run_avx2(kernel, simd) },
                None => Scalar::new().call(kernel),
            },
            #[cfg(target_arch = "aarch64")]
            Isa::Neon => neon::Neon::new().call(kernel),
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            _ => wasm::Simd128::new().call(kernel),
            #[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
            _ => Scalar::new().call(kernel),
        }
    }
);
