//! Shared by the benchmarks: records of what criterion does not measure, and verified puzzles.
//!
//! A row is a line of JSON on standard output, which `cargo xtask bench` puts among its records.

use std::time::Instant;
use trm_core::TrmEngine;
use trm_tasks::{Item, MazeTask, SudokuTask, Task};

/// Whether this is a timed run; `cargo test --benches` runs each case once, untimed.
pub fn measures() -> bool {
    std::env::args().any(|argument| argument == "--bench")
}

/// Records one number of a case.
pub fn record(case: &str, value: f64, unit: &str) {
    println!("{{\"case\":{case:?},\"value\":{value},\"unit\":{unit:?}}}");
}

/// Times `n` calls one by one, since criterion's samples are means of many, which hide slow calls.
/// Prints the 50th, 95th and 99th percentile in nanoseconds; nothing where this run does not measure.
pub fn record_calls(case: &str, n: usize, mut call: impl FnMut()) {
    if !measures() || !runs(case) {
        return;
    }
    (0..n.div_ceil(10)).for_each(|_| call());
    let mut times: Vec<u128> = (0..n)
        .map(|_| {
            let start = Instant::now();
            call();
            start.elapsed().as_nanos()
        })
        .collect();
    times.sort_unstable();
    let [p50, p95, p99] = [50, 95, 99].map(|p| times[(n * p).div_ceil(100).max(1) - 1]);
    println!("{{\"case\":{case:?},\"n_calls\":{n},\"p50_ns\":{p50},\"p95_ns\":{p95},\"p99_ns\":{p99}}}");
}

/// Whether this case runs, so that long checks can be skipped: not when cases are listed, or another one is named
/// exactly.
pub fn runs(case: &str) -> bool {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |wanted: &str| arguments.iter().any(|argument| argument == wanted);
    !has("--list") && (!has("--exact") || has(case))
}

/// An encoded puzzle that the model is known to solve.
#[derive(Debug)]
pub struct Solvable {
    /// `[tokens, embedding_dim]`
    pub question: Vec<f32>,
    /// `[tokens, answer_dim]`
    pub answer: Vec<f32>,
}

/// The first `n` of the items that `engine` solves by the rules in exactly `k` steps, or just the
/// first `n` where `k` is 0.
///
/// # Panics
/// Where there are fewer.
fn solved_in<T: Task>(
    engine: &TrmEngine,
    task: &T,
    items: impl Iterator<Item = Item<T>>,
    k: usize,
    n: usize,
) -> Vec<Solvable> {
    let solved = items.filter_map(|item| {
        let encoded = task.encode(&item.question);
        let right = k == 0 || {
            let result = engine.reason(&encoded.question, &encoded.answer, Some(k));
            task.obeys_rules(&item.question, &task.decode(&item.question, &result.answer))
        };
        right.then_some(Solvable { question: encoded.question, answer: encoded.answer })
    });
    let solved: Vec<Solvable> = solved.take(n).collect();
    assert_eq!(solved.len(), n, "{} puzzles solved in {k} steps", T::NAME);
    solved
}

/// The first `n` committed Sudoku that the shipped model solves in `k` steps; the first ones where `k` is 0.
///
/// # Panics
/// Where there are fewer.
pub fn sudoku_solved_in(engine: &TrmEngine, k: usize, n: usize) -> Vec<Solvable> {
    let task = SudokuTask::of(engine.model().config()).expect("the shipped model is for Sudoku");
    let set = puzzles::load_sudoku_extreme_dataset().expect("the committed set");
    solved_in(engine, &task, set.rows.into_iter().map(Item::from), k, n)
}

/// The first `n` committed mazes that the shipped model solves in `k` steps; the first ones where `k` is 0.
///
/// # Panics
/// Where there are fewer.
pub fn mazes_solved_in(engine: &TrmEngine, k: usize, n: usize) -> Vec<Solvable> {
    let task = MazeTask::of(engine.model().config()).expect("the shipped model is for mazes");
    let set = puzzles::maze::load_maze_hard_dataset().expect("the committed set");
    solved_in(engine, &task, set.rows.into_iter().map(Item::from), k, n)
}
