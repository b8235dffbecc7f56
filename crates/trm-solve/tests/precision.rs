//! The shipped models with products of bf16: other numbers, and nearly the same answers.

use trm_core::{Precision, TrmEngine};
use trm_tasks::{Item, MazeTask, SudokuTask, Task};

const K: usize = 12;
const N: usize = 24;

/// Puzzles of the first [`N`] that are answered by the rules, and the first answer.
fn solved<T: Task>(engine: &TrmEngine, task: &T, items: &[Item<T>]) -> (usize, Vec<f32>) {
    let answers: Vec<Vec<f32>> = items
        .iter()
        .map(|item| {
            let encoded = task.encode(&item.question);
            engine.reason(&encoded.question, &encoded.answer, Some(K)).answer
        })
        .collect();
    let right = |(item, answer): (&Item<T>, &Vec<f32>)| {
        task.obeys_rules(&item.question, &task.decode(&item.question, answer))
    };
    (items.iter().zip(&answers).filter(|pair| right(*pair)).count(), answers[0].clone())
}

fn check<T: Task>(engine: TrmEngine, task: &T, items: Vec<Item<T>>) {
    let (whole, first) = solved(&engine, task, &items);
    let rounded = engine.with_precision(Precision::Bf16).expect("a relational net");
    let (halved, other) = solved(&rounded, task, &items);
    assert!(whole > N / 2 && halved + 3 >= whole, "{whole} solved in f32, {halved} in bf16");
    assert_ne!(first, other, "bf16 changed nothing");
    assert_eq!(solved(&rounded.with_threads(2), task, &items[..1]).1, other, "on two threads");
}

#[test]
fn sudoku() {
    let engine = trm_models::sudoku();
    let task = SudokuTask::of(engine.model().config()).expect("a Sudoku model");
    let rows = puzzles::load_sudoku_extreme_dataset().expect("the committed set").rows;
    check(engine, &task, rows.into_iter().take(N).map(Item::from).collect());
}

#[test]
fn mazes() {
    let engine = trm_models::maze();
    let task = MazeTask::of(engine.model().config()).expect("a maze model");
    let rows = puzzles::maze::load_maze_hard_dataset().expect("the committed set").rows;
    check(engine, &task, rows.into_iter().take(N).map(Item::from).collect());
}
