//! Halting policies on one question.

use puzzles::maze::{Maze, MazeSpec, generate_maze};
use sona_learn::SonaEngine;
use std::sync::Arc;
use trm_core::{Model, TrmEngine};
use trm_solve::{AfterHalt, Halting, LearnedHalting, Policy, SolveError, answer};
use trm_tasks::{MazeTask, Task, embedding, maze_builder, shaped};

fn model() -> Model {
    let config = shaped(maze_builder().max_k(6), 8, 8, 1).expect("a small model");
    Model::new(config).expect("a small model")
}

fn maze(rows: &str) -> Maze {
    Maze::parse_rows(rows).expect("a maze")
}

fn mazes(n: u64) -> Vec<Maze> {
    let spec = MazeSpec { height: 5, width: 8, ..MazeSpec::square(8, 6) };
    (0..n).map(|i| generate_maze(&spec, 3, i).expect("an easy maze").maze).collect()
}

fn k_of(engine: &TrmEngine, maze: &Maze, halting: Halting) -> (usize, bool) {
    let config = engine.model().config();
    let task = MazeTask::of(config).expect("a maze model");
    let policy = Policy::of(config, halting, None).expect("a valid policy");
    let result = answer(engine, &task, maze, &policy, AfterHalt::Stop, |_| {}).expect("a valid question");
    (result.k, result.early_stopped)
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
        assert!(matches!(error, SolveError::Halting { field, .. } if field == name), "{error}");
    }
}

/// An engine that answers at random, and its predictor that knows nothing.
fn blank_engine() -> (TrmEngine, TrmEngine) {
    let config = shaped(maze_builder().max_k(6), 8, 8, 1).expect("a small model");
    let task = MazeTask::of(&config).expect("a maze model");
    let engine = TrmEngine::from(Model::new(config).expect("a small model"));
    let halting = LearnedHalting::new(task, SonaEngine::new(embedding::MAZE_DIM)).expect("a maze's");
    let error = LearnedHalting::new(task, SonaEngine::new(3)).expect_err("of something else");
    assert!(matches!(error, SolveError::OtherState { found: 3, .. }), "{error}");
    (engine.clone(), engine.with_halting(Arc::new(halting)))
}

#[test]
fn a_predictor_is_asked_for_and_used() {
    let (plain, planned) = blank_engine();
    let task = MazeTask::of(plain.model().config()).expect("a maze model");
    for halting in [Halting::Predicted, Halting::Learned] {
        let policy = Policy::of(plain.model().config(), halting, None).expect("a policy");
        let ask = |engine| answer(engine, &task, &mazes(1)[0], &policy, AfterHalt::Stop, |_| {});
        assert!(matches!(ask(&plain), Err(SolveError::NoPredictor)));
        assert!((1..=6).contains(&ask(&planned).expect("with a predictor").k));
    }
}

#[test]
fn reason_without_k_is_learned_halting() {
    let engine = trm_models::maze();
    let task = MazeTask::of(engine.model().config()).expect("a maze model");
    let sona = SonaEngine::from_bytes(trm_models::maze_halting_bytes()).expect("as shipped");
    let engine = engine.with_halting(Arc::new(LearnedHalting::new(task, sona).expect("a maze's")));
    let policy = Policy::of(engine.model().config(), Halting::Learned, None).expect("a policy");
    for maze in mazes(5) {
        let (encoded, (height, width)) = (task.encode(&maze), (maze.height(), maze.width()));
        let engine = engine.clone().with_grid(height, width);
        let reasoned = engine.reason(&encoded.question, &encoded.answer, None);
        let result = answer(&engine, &task, &maze, &policy, AfterHalt::Stop, |_| {}).expect("a maze");
        assert_eq!((reasoned.iterations_used, reasoned.early_stopped), (result.k, result.early_stopped));
        assert!(reasoned.early_stopped && task.decode(&maze, &reasoned.answer) == result.answer);
    }
}
