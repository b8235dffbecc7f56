//! Streaming evaluation: sweeps against the runs they stand for, the same counts on any number of threads.

use puzzles::maze::{Maze, MazePath, MazeRow, label};
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use trm_bench::{BenchError, EvalResult, Evaluator, MAX_SOURCES, Measures, Source, evaluate};
use trm_core::{Model, TrmEngine};
use trm_solve::{AfterHalt, Halting, Policy};
use trm_tasks::{Item, MazeTask};
use trm_tasks::{maze_builder, shaped};

fn model() -> Model {
    let config = shaped(maze_builder().max_k(6), 8, 8, 1).expect("a small model");
    Model::new(config).expect("a small model")
}

/// An engine whose answers are noise, and change from step to step.
fn noisy(seed: u64) -> TrmEngine {
    let (mut model, mut rng) = (model(), Xoshiro256PlusPlus::seed_from_u64(seed));
    model.params.iter_mut().for_each(|p| *p = rng.random_range(-1.0..1.0));
    model.into()
}

fn rows(n: usize) -> Vec<MazeRow> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(5);
    let row = |i: usize| {
        let mut cells: Vec<char> =
            (0..9).map(|_| if rng.random_range(0..4) == 0 { '#' } else { ' ' }).collect();
        (cells[0], cells[1 + i % 4]) = ('S', 'G');
        let maze = Maze::parse(&cells.iter().collect::<String>()).expect("nine cells");
        let answer = label(&maze).unwrap_or(MazePath::empty(3, 3));
        MazeRow { source: format!("part {}", i % 3), maze, answer, rating: i as f32 }
    };
    (0..n).map(row).collect()
}

fn run(engine: &TrmEngine, rows: &[MazeRow], halting: Halting, after_halt: AfterHalt) -> EvalResult {
    let config = engine.model().config();
    let task = MazeTask::of(config).expect("a maze model");
    let policy = Policy::of(config, halting, None).expect("a valid policy");
    let rows = rows.iter().cloned().map(Ok);
    evaluate(engine, &task, rows, &policy, after_halt, &|_, _| {}).expect("valid rows")
}

fn without_time(measures: &Measures) -> Measures {
    Measures { ms_per_puzzle: 0.0, ..measures.clone() }
}

#[test]
fn a_sweep_says_what_single_runs_say() {
    let (engine, rows) = (noisy(3), rows(60));
    let swept = run(&engine, &rows, Halting::Fixed(6), AfterHalt::Continue);
    assert_eq!(swept.sweep.iter().map(|p| p.k).collect::<Vec<_>>(), [1, 2, 4, 6]);
    for point in &swept.sweep {
        let single = run(&engine, &rows, Halting::Fixed(point.k), AfterHalt::Stop);
        assert_eq!(single.measures.rates["exact_accuracy"], point.exact_at);
        assert!(point.verified_by.n_true >= single.measures.rates["optimal_path_rate"].n_true);
    }
    let verified = run(&engine, &rows, Halting::Verified, AfterHalt::Stop);
    assert_eq!(verified.measures.rates["optimal_path_rate"], swept.sweep[3].verified_by);
}

#[test]
fn steps_after_the_halt_do_not_change_the_answer() {
    let (engine, rows) = (noisy(4), rows(40));
    for halting in [Halting::Adaptive, Halting::Stable(1), Halting::Verified] {
        let stopped = run(&engine, &rows, halting, AfterHalt::Stop);
        let watched = run(&engine, &rows, halting, AfterHalt::Continue);
        assert_eq!(without_time(&stopped.measures), without_time(&watched.measures), "{halting}");
    }
}

#[test]
fn threads_do_not_change_the_counts() {
    let (engine, rows) = (noisy(5), rows(50));
    let on = |n: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(n).build().expect("a pool");
        pool.install(|| without_time(&run(&engine, &rows, Halting::Adaptive, AfterHalt::Stop).measures))
    };
    assert_eq!(on(1), on(4));
}

#[test]
fn no_rows_are_no_result() {
    let engine = noisy(1);
    let config = engine.model().config();
    let (task, policy) =
        (MazeTask::of(config).unwrap(), Policy::of(config, Halting::Adaptive, None).unwrap());
    let none = std::iter::empty::<Result<MazeRow, _>>();
    let error = evaluate(&engine, &task, none, &policy, AfterHalt::Stop, &|_, _| {}).expect_err("no rows");
    assert!(matches!(error, BenchError::NoPuzzles));
}

#[test]
fn parts_come_to_the_whole_in_any_order() {
    let (engine, rows) = (noisy(4), rows(23));
    let task = MazeTask::of(engine.model().config()).expect("a maze model");
    let policy = Policy::of(engine.model().config(), Halting::Fixed(6), None).expect("a valid policy");
    let whole = run(&engine, &rows, Halting::Fixed(6), AfterHalt::Continue);
    let evaluator = Evaluator::new(&engine, &task, &policy, AfterHalt::Continue);
    let mut all = evaluator.nothing();
    assert!(matches!(all.result(), Err(BenchError::NoPuzzles)));
    for first in [14, 0, 7, 21] {
        let items = rows[first..(first + 7).min(23)].iter().cloned().map(Item::from);
        let bytes = evaluator.part(first + 1, items).expect("valid rows").to_bytes();
        all.merge(evaluator.part_of(&bytes).expect("as written"));
    }
    let result = all.result().expect("rows");
    assert_eq!(without_time(&result.measures), without_time(&whole.measures));
    assert_eq!(result.sweep, whole.sweep);
    let counts = |result: &EvalResult| {
        let source = |part: &Source| (part.source.clone(), without_time(&part.measures));
        result.sources.iter().map(source).collect::<Vec<_>>()
    };
    assert_eq!(counts(&result), counts(&whole));
    let mut numbers: Vec<usize> = all.answers.iter().map(|answer| answer.row).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=23).collect::<Vec<_>>());
}

#[test]
fn sources_are_told_apart_up_to_a_number() {
    let (engine, mut rows) = (noisy(4), rows(2 * MAX_SOURCES + 1));
    let sources = |rows: &[MazeRow]| run(&engine, rows, Halting::Fixed(2), AfterHalt::Stop).sources;
    let three = sources(&rows);
    assert_eq!(three.iter().map(|part| &part.source[..]).collect::<Vec<_>>(), ["part 0", "part 1", "part 2"]);
    assert_eq!(three.iter().map(|part| part.measures.n).collect::<Vec<_>>(), [11, 11, 11]);
    let last = rows.pop().expect("rows");
    rows.iter_mut().enumerate().for_each(|(i, row)| row.source = (i % MAX_SOURCES).to_string());
    assert_eq!(sources(&rows).len(), MAX_SOURCES);
    rows.push(MazeRow { source: "one more".into(), ..last });
    assert!(sources(&rows).is_empty());
    rows.iter_mut().for_each(|row| row.source = "one".into());
    assert!(sources(&rows).is_empty());
}

#[test]
fn parts_of_another_evaluation_are_refused() {
    let (engine, rows) = (noisy(4), rows(5));
    let task = MazeTask::of(engine.model().config()).expect("a maze model");
    let policy = Policy::of(engine.model().config(), Halting::Fixed(6), None).expect("a valid policy");
    let [swept, single] = [AfterHalt::Continue, AfterHalt::Stop]
        .map(|after_halt| Evaluator::new(&engine, &task, &policy, after_halt));
    let bytes = swept.part(1, rows.into_iter().map(Item::from)).expect("valid rows").to_bytes();
    let refused = |bytes: &[u8]| matches!(single.part_of(bytes), Err(BenchError::Part { .. }));
    assert!(swept.part_of(&bytes).is_ok() && refused(&bytes));
    let own = single.nothing().to_bytes();
    assert!(single.part_of(&own).is_ok() && refused(&[&own[..], &[0]].concat()));
    assert!((0..own.len()).all(|at| refused(&own[..at])) && refused(&[0xff; 40]));
}
