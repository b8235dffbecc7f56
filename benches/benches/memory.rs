//! Section 6.1: bytes held by an engine, and by an engine with a predictor. A program of its own,
//! since it counts every allocation.
#![allow(missing_docs, unsafe_code)] // the specification's allocator

use sona_learn::synthetic::{Kind, Synthetic};
use sona_learn::{Outcome, SonaEngine, TrmSonaBridge};
use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering};
use trm_core::{TrmConfig, TrmEngine};

static ALLOCATED: AtomicUsize = AtomicUsize::new(0);

#[global_allocator]
static ALLOCATOR: TrackingAllocator = TrackingAllocator;

struct TrackingAllocator;

// SAFETY: every call is passed on to the system's allocator unchanged.
unsafe impl GlobalAlloc for TrackingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATED.fetch_add(layout.size(), Ordering::SeqCst);
        // SAFETY: the caller's promise about `layout` is the one asked for here.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        ALLOCATED.fetch_sub(layout.size(), Ordering::SeqCst);
        // SAFETY: `ptr` came from `System.alloc` with this layout.
        unsafe { System.dealloc(ptr, layout) }
    }
}

fn bench_memory_footprint() {
    // Measure TRM engine memory
    let before = ALLOCATED.load(Ordering::SeqCst);

    let config = TrmConfig::builder().hidden_dim(256).embedding_dim(256).build().unwrap();

    let engine = TrmEngine::new(config);

    let after = ALLOCATED.load(Ordering::SeqCst);
    let trm_memory = (after - before) / 1024 / 1024;

    println!("TRM Engine Memory: {}MB", trm_memory);
    assert!(trm_memory < 50, "TRM engine should use <50MB");

    // Measure with SONA
    let bridge = TrmSonaBridge::new(SonaEngine::new(256));
    let after_sona = ALLOCATED.load(Ordering::SeqCst);
    let total_memory = (after_sona - before) / 1024 / 1024;

    println!("TRM + SONA Memory: {}MB", total_memory);
    assert!(total_memory < 100, "TRM + SONA should use <100MB");

    // Added: the same in bytes, and what both keep after they have worked.
    println!("engine_bytes {}", after - before);
    println!("engine_and_predictor_bytes {}", after_sona - before);
    drop(engine.reason(&[0.1; 256], &[0.2; 256 * 10], Some(20)));
    println!("warm_engine_and_predictor_bytes {}", ALLOCATED.load(Ordering::SeqCst) - before);
    learn(&bridge, 1000);
    println!("warm_engine_and_taught_predictor_bytes {}", ALLOCATED.load(Ordering::SeqCst) - before);
    black_box((engine, bridge));
}

fn learn(bridge: &TrmSonaBridge, n: usize) {
    let mut questions = Synthetic::new(Kind::Curve, 256, 1);
    for (query, k) in questions.examples(n) {
        bridge.learn_from_trm_with_optimal_k(&query, &Outcome::default(), k);
    }
    bridge.sona.force_learn();
}

fn main() {
    bench_memory_footprint();
}
