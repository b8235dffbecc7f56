//! Whole puzzles through the shipped models: K steps of one that is solved in 20.
#![allow(missing_docs)]

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use rayon::ThreadPoolBuilder;
use std::cell::LazyCell;
use trm_benches::{Solvable, mazes_solved_in, record_calls, runs, sudoku_solved_in};
use trm_core::{Precision, TrmEngine, TrmResult};
use trm_tasks::{MazeTask, SudokuTask, Task};

const KS: [usize; 4] = [1, 5, 10, 20];

/// Found on first use, since that takes longer than listing the cases.
type Lazy<'a> = LazyCell<Solvable, Box<dyn FnOnce() -> Solvable + 'a>>;

/// How many puzzles an engine solves in this many steps.
type Find = fn(&TrmEngine, usize, usize) -> Vec<Solvable>;

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

/// `k` steps in bf16, which also give a right answer. Mazes of 30x30 take more than ten.
fn bf16<T: Task>(c: &mut Criterion, name: &str, engine: TrmEngine, task: &T, (find, k): (Find, usize)) {
    let engine = engine.with_precision(Precision::Bf16).expect("a relational net");
    let puzzle: Lazy = LazyCell::new(Box::new(|| find(&engine, k, 1).remove(0)));
    let solve = || engine.reason(&puzzle.question, &puzzle.answer, Some(k));
    let case = format!("{name}/bf16 K={k}");
    if runs(&case) {
        let width = puzzle.answer.len().isqrt();
        let question = task.decode_question(&puzzle.question, width).expect("a question");
        assert!(task.obeys_rules(&question, &task.decode(&question, &solve().answer)));
    }
    c.bench_function(&case, |b| b.iter(solve));
}

fn sudoku_bf16(c: &mut Criterion) {
    let engine = trm_models::sudoku();
    let task = SudokuTask::of(engine.model().config()).expect("the shipped model is for Sudoku");
    bf16(c, "Sudoku", engine, &task, (sudoku_solved_in, 10));
}

fn maze_bf16(c: &mut Criterion) {
    let engine = trm_models::maze();
    let task = MazeTask::of(engine.model().config()).expect("the shipped model is for mazes");
    bf16(c, "Maze 30x30", engine, &task, (mazes_solved_in, 20));
}

/// Ten steps of one maze whose rows are split among threads; the result is that of one thread.
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

criterion_group!(whole_puzzles, sudoku, maze, sudoku_bf16, maze_bf16, shared);
criterion_main!(whole_puzzles);
