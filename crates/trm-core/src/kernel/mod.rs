//! The hot loops: the only module with `unsafe`.
//!
//! Each kernel is written once over [`Simd`] and compiled for every instruction set; [`Isa::best`] chooses
//! one at run time. The tests compare each with the portable code.
#![allow(unsafe_code)]

mod columns;
mod dispatch;
mod gated;
mod gemm;
mod isa;
#[cfg(target_arch = "aarch64")]
mod neon;
mod pairs;
mod rows;
mod scalar;
mod simd;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod wasm;
#[cfg(target_arch = "x86_64")]
mod x86;

pub use columns::{exp_minus, rms_norm_columns, rms_norm_columns_backward, softmax, softmax_backward};
pub use gated::{Start, gemm_swiglu};
pub use gemm::{Mat, gemm, gemm_add, gemm_from, gemm_pairs};
pub use isa::Isa;
pub use pairs::{pack_columns, pack_matrix, pack_rows, pack_rows_in_place};
pub use rows::{
    add, axpy, colsum_add, dot, gather_sum, rms_norm, rms_norm_backward, swiglu, swiglu_backward,
};
pub use scalar::Scalar;
pub use simd::{Kernel, Real, Simd};
