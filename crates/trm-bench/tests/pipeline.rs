//! Halting policies, and sweeps against the runs they stand for.

use puzzles::maze::{Maze, MazePath, MazeRow, label};
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use trm_bench::tasks::{maze_builder, shaped};
use trm_bench::{
    BenchError, Beyond, Evaluated, Halting, MazeTask, Measures, Policy, SudokuTask, Task, answer, evaluate,
};
use trm_core::{Model, TrmConfig, TrmEngine};

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

fn maze(rows: &str) -> Maze {
    Maze::parse_rows(rows).expect("a maze")
}

fn k_of(engine: &TrmEngine, maze: &Maze, halting: Halting) -> (usize, bool) {
    let config = engine.model().config();
    let task = MazeTask::of(config).expect("a maze model");
    let policy = Policy::of(config, halting, None).expect("a valid policy");
    let answered = answer(engine, &task, maze, &policy, Beyond::Stop, |_| {}).expect("a valid question");
    (answered.k, answered.early_stopped)
}

/// An untrained model marks nothing, in every step, with confidence 1/2.
#[test]
fn each_policy_stops_where_it_should() {
    let (engine, far, near) = (TrmEngine::from(model()), maze("S  \n ##\n  G"), maze("SG\n  "));
    assert_eq!(k_of(&engine, &far, Halting::Fixed(9)), (9, false));
    assert_eq!(k_of(&engine, &far, Halting::Adaptive), (6, false));
    assert_eq!(k_of(&engine, &far, Halting::Stable(2)), (3, true));
    assert_eq!(k_of(&engine, &far, Halting::Verified), (6, false));
    assert_eq!(k_of(&engine, &near, Halting::Verified), (1, true));
    assert_eq!(k_of(&engine, &maze("S   G"), Halting::Fixed(1)), (1, false));
}

#[test]
fn policies_out_of_range_are_refused() {
    let config = model().config().clone();
    for (halting, max_k, name) in [
        (Halting::Fixed(0), None, "k"),
        (Halting::Fixed(u32::MAX as usize), None, "k"),
        (Halting::Stable(0), None, "stable"),
        (Halting::Adaptive, Some(0), "max_k"),
    ] {
        let error = Policy::of(&config, halting, max_k).expect_err("out of range");
        assert!(matches!(error, BenchError::Halting { field, .. } if field == name), "{error}");
    }
}

#[test]
fn models_of_other_puzzles_are_refused() {
    let error = SudokuTask::of(model().config()).expect_err("a maze model");
    assert!(matches!(error, BenchError::OtherTask { embedding_dim: 3, .. }), "{error}");
    let error = MazeTask::of(&TrmConfig::default()).expect_err("no puzzle model");
    assert!(matches!(error, BenchError::OtherTask { puzzle: "maze", .. }), "{error}");
}

fn rows(n: usize) -> Vec<MazeRow> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(5);
    let row = |i: usize| {
        let mut cells: Vec<char> =
            (0..9).map(|_| if rng.random_range(0..4) == 0 { '#' } else { ' ' }).collect();
        (cells[0], cells[1 + i % 4]) = ('S', 'G');
        let maze = Maze::parse(&cells.iter().collect::<String>()).expect("nine cells");
        let answer = label(&maze).unwrap_or(MazePath::empty(3, 3));
        MazeRow { source: String::new(), maze, answer, rating: i as f32 }
    };
    (0..n).map(row).collect()
}

fn run(engine: &TrmEngine, rows: &[MazeRow], halting: Halting, beyond: Beyond) -> Evaluated {
    let config = engine.model().config();
    let task = MazeTask::of(config).expect("a maze model");
    let policy = Policy::of(config, halting, None).expect("a valid policy");
    let rows = rows.iter().cloned().map(Ok);
    evaluate(engine, &task, rows, &policy, beyond, &|_| {}).expect("valid rows")
}

fn without_time(measures: &Measures) -> Measures {
    Measures { ms_per_puzzle: 0.0, ..measures.clone() }
}

#[test]
fn a_sweep_says_what_single_runs_say() {
    let (engine, rows) = (noisy(3), rows(60));
    let swept = run(&engine, &rows, Halting::Fixed(6), Beyond::Watch);
    assert_eq!(swept.sweep.iter().map(|p| p.k).collect::<Vec<_>>(), [1, 2, 4, 6]);
    for point in &swept.sweep {
        let single = run(&engine, &rows, Halting::Fixed(point.k), Beyond::Stop);
        assert_eq!(single.measures.rates["exact_accuracy"], point.exact_at);
        assert!(point.verified_by.n_true >= single.measures.rates["optimal_path_rate"].n_true);
    }
    let verified = run(&engine, &rows, Halting::Verified, Beyond::Stop);
    assert_eq!(verified.measures.rates["optimal_path_rate"], swept.sweep[3].verified_by);
}

#[test]
fn what_is_beyond_does_not_change_the_answer() {
    let (engine, rows) = (noisy(4), rows(40));
    for halting in [Halting::Adaptive, Halting::Stable(1), Halting::Verified] {
        let stopped = run(&engine, &rows, halting, Beyond::Stop);
        let watched = run(&engine, &rows, halting, Beyond::Watch);
        assert_eq!(without_time(&stopped.measures), without_time(&watched.measures), "{halting}");
    }
}

#[test]
fn threads_do_not_change_the_counts() {
    let (engine, rows) = (noisy(5), rows(50));
    let on = |n: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(n).build().expect("a pool");
        pool.install(|| without_time(&run(&engine, &rows, Halting::Adaptive, Beyond::Stop).measures))
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
    let error = evaluate(&engine, &task, none, &policy, Beyond::Stop, &|_| {}).expect_err("no rows");
    assert!(matches!(error, BenchError::NoPuzzles));
}

#[test]
fn labels_score_full_marks() {
    let task = MazeTask::default();
    for row in rows(20).iter().filter(|row| label(&row.maze).is_ok()) {
        let score = task.score(&row.maze, &row.answer, &row.answer);
        assert_eq!((score.marks, score.n_cells_right), ([true; 4], 9));
    }
}
