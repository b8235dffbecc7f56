//! The hot loops: the only module with `unsafe`.
//!
//! Each kernel is written once over [`Simd`] and compiled for every instruction set; the set is
//! chosen at run time by [`Isa::best`]. The portable set is the twin that the tests compare with.
#![allow(unsafe_code)]

mod columns;
mod gemm;
#[cfg(target_arch = "aarch64")]
mod neon;
mod pairs;
mod rows;
mod simd;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod wasm;
#[cfg(target_arch = "x86_64")]
mod x86;

pub use columns::{exp_minus, rms_norm_columns, rms_norm_columns_backward, softmax, softmax_backward};
pub use gemm::{Mat, gemm, gemm_add, gemm_pairs};
pub use pairs::{pack_matrix, pack_rows, pack_rows_in_place};
pub use rows::{
    add, axpy, colsum_add, dot, gather_sum, rms_norm, rms_norm_backward, swiglu, swiglu_backward,
};
pub use simd::{Scalar, Simd};

use core::ops::{Add, AddAssign, Div, Mul, Neg, Sub};

/// An instruction set that this processor has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isa {
    /// Portable code.
    Scalar,
    /// WebAssembly with 4 lanes.
    Simd128,
    /// AArch64 with 4 lanes.
    Neon,
    /// AVX2 and FMA, 8 lanes.
    Avx2,
    /// AVX-512F, 16 lanes.
    Avx512,
}

impl Isa {
    /// The widest set of this processor, or the one that `TRM_KERNEL` names
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

    /// The sets this processor has, widest first.
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
        #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
        sets.push(Isa::Simd128);
        #[cfg(target_arch = "aarch64")]
        sets.push(Isa::Neon);
        sets.push(Isa::Scalar);
        sets
    }

    /// Whether products of bf16 pairs are one instruction of this set on this processor.
    pub fn has_bf16(self) -> bool {
        #[cfg(target_arch = "x86_64")]
        if self == Isa::Avx512 {
            return x86::Avx512::detect_bf16().is_some();
        }
        false
    }

    /// The name that `TRM_KERNEL` takes.
    pub fn name(self) -> &'static str {
        match self {
            Isa::Scalar => "scalar",
            Isa::Simd128 => "simd128",
            Isa::Neon => "neon",
            Isa::Avx2 => "avx2",
            Isa::Avx512 => "avx512",
        }
    }
}

/// Code that can be compiled for any instruction set.
pub trait Kernel<R: Real> {
    /// What it returns.
    type Output;
    /// Runs with the instructions of `S`. Mark the implementation `#[inline(always)]`: a body
    /// that is not inlined into [`Real::dispatch`] is compiled without those instructions.
    fn run<S: Simd<Elem = R>>(self, simd: S) -> Self::Output;
}

/// A number the nets can be computed in: `f32`, or `f64` for gradient checks.
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
    + crate::net::NetCalls
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
    /// Two numbers rounded to bf16 (to the nearest, of two equally near to the even one) in the bits of one, the
    /// first in the lower half. Not for NaN.
    fn pair(low: Self, high: Self) -> Self;
    /// `c` and the products of the two numbers in `a` with those in `b`.
    fn dot_pair(a: Self, b: Self, c: Self) -> Self;
    /// Runs `kernel` compiled for `isa`, or for the portable set where this processor or this
    /// number type has no such instructions.
    fn dispatch<K: Kernel<Self>>(isa: Isa, kernel: K) -> K::Output;
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
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            Isa::Simd128 => wasm::Simd128::new().call(kernel),
            #[cfg(target_arch = "aarch64")]
            Isa::Neon => neon::Neon::new().call(kernel),
            _ => Scalar::new().call(kernel),
        }
    }
);
