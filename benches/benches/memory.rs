//! Section 6.1: bytes held by an engine, and by an engine with a predictor; added: allocations of
//! a call, and the peak of a process that solves one puzzle. A program of its own, since it counts
//! every allocation.
#![allow(missing_docs, unsafe_code)] // the specification's allocator

use sona_learn::synthetic::{Kind, Synthetic};
use sona_learn::{Outcome, SonaEngine, TrmSonaBridge};
use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering};
use trm_benches::{Solvable, mazes_solved_in, record, sudoku_solved_in};
use trm_core::{TrmConfig, TrmEngine, TrmResult};

static ALLOCATED: AtomicUsize = AtomicUsize::new(0);
static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

#[global_allocator]
static ALLOCATOR: TrackingAllocator = TrackingAllocator;

struct TrackingAllocator;

// SAFETY: every call is passed on to the system's allocator unchanged.
unsafe impl GlobalAlloc for TrackingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATED.fetch_add(layout.size(), Ordering::SeqCst);
        ALLOCATIONS.fetch_add(1, Ordering::SeqCst);
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

    // Added: the same in bytes, and what both hold after a run.
    let bytes = |case: &str, at: usize| record(case, (at - before) as f64, "bytes");
    bytes("Memory/TRM Engine", after);
    bytes("Memory/TRM + SONA", after_sona);
    drop(engine.reason(&[0.1; 256], &[0.2; 256 * 10], Some(20)));
    learn(&bridge, 1000);
    let total = ALLOCATED.load(Ordering::SeqCst);
    assert!(total - before < 100 << 20, "TRM + SONA at work should use <100MB");
    bytes("Memory/TRM + SONA, after work", total);
    black_box((engine, bridge));
}

fn learn(bridge: &TrmSonaBridge, n: usize) {
    let mut questions = Synthetic::new(Kind::Curve, 256, 1);
    for (query, k) in questions.examples(n) {
        bridge.learn_from_trm_with_optimal_k(&query, &Outcome::default(), k);
    }
    bridge.sona.force_learn();
}

/// A warm engine allocates nothing but the answer and trace that `reason` returns, and with
/// `reason_into` nothing at all.
fn count_allocations(name: &str, engine: &TrmEngine, puzzle: &Solvable) {
    const K: usize = 5;
    let (mut result, expected) =
        (TrmResult::default(), engine.reason(&puzzle.question, &puzzle.answer, Some(K)));
    let mut reason_into = || {
        engine
            .reason_into(&puzzle.question, &puzzle.answer, Some(K), &mut result)
            .expect("a fitting question")
    };
    reason_into();
    let before = ALLOCATIONS.load(Ordering::SeqCst);
    reason_into();
    let into = ALLOCATIONS.load(Ordering::SeqCst) - before;
    assert_eq!(result, expected);
    let returned = engine.reason(&puzzle.question, &puzzle.answer, Some(K));
    let fresh = ALLOCATIONS.load(Ordering::SeqCst) - before - into;
    assert_eq!(returned, expected);
    assert_eq!((into, fresh), (0, 2), "{name}: allocations of a warm engine");
    record(&format!("Allocations/{name}, reason_into"), into as f64, "allocations");
    record(&format!("Allocations/{name}, reason (what it returns)"), fresh as f64, "allocations");
}

fn bench_allocations() {
    let (sudoku, maze) = (trm_models::sudoku(), trm_models::maze());
    count_allocations("Sudoku", &sudoku, &sudoku_solved_in(&sudoku, 20, 1)[0]);
    count_allocations("Maze", &maze, &mazes_solved_in(&maze, 20, 1)[0]);
    for (name, attention) in [("MLP", false), ("Attention", true)] {
        let engine = TrmEngine::new(TrmConfig::builder().use_attention(attention).build().unwrap());
        let puzzle = Solvable { question: vec![0.1; 256], answer: vec![0.2; 256 * 10] };
        count_allocations(name, &engine, &puzzle);
    }
}

/// Solves one puzzle and prints the peak memory of this process.
fn solve(puzzle: &str) {
    let solved = match puzzle {
        "Sudoku" => sudoku_solved_in(&trm_models::sudoku(), 20, 1),
        _ => mazes_solved_in(&trm_models::maze(), 20, 1),
    };
    black_box(solved);
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = peak.and_then(|peak| peak.trim().strip_suffix(" kB")?.trim().parse::<f64>().ok());
    // Other systems than Linux keep no such file.
    if let Some(kilobytes) = kilobytes {
        record(&format!("Peak RSS/{puzzle}"), 1024.0 * kilobytes, "bytes");
    }
}

/// Each in a process of its own.
fn bench_peak_rss() {
    for puzzle in ["Sudoku", "Maze"] {
        let program = std::env::current_exe().expect("the path of this program");
        let status = std::process::Command::new(program).args(["--solve", puzzle]).status();
        assert!(status.expect("this program again").success());
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [flag, puzzle] = &arguments[..]
        && flag == "--solve"
    {
        return solve(puzzle);
    }
    bench_memory_footprint();
    bench_allocations();
    bench_peak_rss();
}
