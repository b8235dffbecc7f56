//! Whole puzzles through the shipped models: K steps of one that is solved in 20.
#![allow(missing_docs)]

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use rayon::ThreadPoolBuilder;
use std::cell::LazyCell;
use trm_benches::{Solvable, mazes_solved_in, record_calls, runs, sudoku_solved_in};
use trm_core::{TrmEngine, TrmResult};

const KS: [usize; 4] = [1, 5, 10, 20];

/// Found when it is first asked for, since that takes longer than to list the cases.
type Lazy<'a> = LazyCell<Solvable, Box<dyn FnOnce() -> Solvable + 'a>>;

fn puzzle(c: &mut Criterion, name: &str, engine: &TrmEngine, puzzle: &Lazy, n_calls: usize) {
    let mut group = c.benchmark_group(name);
    let mut result = TrmResult::default();
    for k in KS {
        let mut solve = || {
            engine.reason_into(&puzzle.question, &puzzle.answer, Some(k), &mut result).expect("it was solved")
        };
        record_calls(&format!("{name}/K/{k}"), n_calls, &mut solve);
        group.bench_with_input(BenchmarkId::new("K", k), &k, |b, _| b.iter(&mut solve));
    }
}

fn sudoku(c: &mut Criterion) {
    let engine = trm_models::sudoku();
    let first: Lazy = LazyCell::new(Box::new(|| sudoku_solved_in(&engine, 20, 1).remove(0)));
    puzzle(c, "Sudoku", &engine, &first, 300);
}

fn maze(c: &mut Criterion) {
    let engine = trm_models::maze();
    let first: Lazy = LazyCell::new(Box::new(|| mazes_solved_in(&engine, 20, 1).remove(0)));
    puzzle(c, "Maze 30x30", &engine, &first, 100);
}

/// Ten steps of one maze whose rows are shared by threads; the numbers are those of one.
fn shared(c: &mut Criterion) {
    let engine = trm_models::maze();
    let maze: Lazy = LazyCell::new(Box::new(|| mazes_solved_in(&engine, 20, 1).remove(0)));
    for n in [1, 2] {
        let pool = ThreadPoolBuilder::new().num_threads(n).build().expect("a pool of threads");
        let threads = engine.clone().with_threads(n);
        let name = format!("Maze 30x30/K=10, {n} Threads");
        let solve = || {
            let maze: &Solvable = &maze;
            pool.install(|| threads.reason(&maze.question, &maze.answer, Some(10)))
        };
        assert!(!runs(&name) || solve() == engine.reason(&maze.question, &maze.answer, Some(10)));
        c.bench_function(&name, |b| b.iter(solve));
    }
}

criterion_group!(whole_puzzles, sudoku, maze, shared);
criterion_main!(whole_puzzles);
