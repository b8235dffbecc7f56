//! The Sudoku model treats all candidates alike: relabelled puzzles get relabelled answers.

use puzzles::sudoku::{Grid, SudokuEncoder, Symmetry};
use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use trm_core::{Model, TrmEngine};
use trm_tasks::{maze_builder, shaped, sudoku_builder};

/// Fresh weights with a head that is not zero.
fn engine(config: trm_core::TrmConfig) -> TrmEngine {
    let mut model = Model::new(config).expect("valid");
    let head = model.layout().get("head.weight").expect("there").range.clone();
    model.params[head].iter_mut().enumerate().for_each(|(i, w)| *w = (i as f32 + 0.5).sin());
    model.into()
}

#[test]
fn relabelled_sudoku_get_relabelled_answers() {
    let engine = engine(shaped(sudoku_builder(), 16, 16, 2).expect("valid"));
    let encoder = SudokuEncoder::new();
    let first = encoder.encode_empty_solution();
    let text = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79";
    let puzzle = Grid::parse(text).expect("a grid");
    let answer = engine.reason(&encoder.encode_puzzle(&puzzle), &first, Some(3)).answer;
    let spread = answer.iter().filter(|a| a.abs() < 100.0).map(|a| a.abs()).fold(0.0, f32::max);
    assert!(spread > 0.1, "the answers tell candidates apart: {spread}");
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
    for _ in 0..20 {
        let symmetry = Symmetry::random(&mut rng);
        let question = encoder.encode_puzzle(&symmetry.apply(&puzzle));
        let moved = engine.reason(&question, &first, Some(3)).answer;
        for (i, a) in answer.iter().enumerate() {
            let b = moved[symmetry.candidate(i)];
            assert!((a - b).abs() < 1e-3, "candidate {i}: {a} and {b}");
        }
    }
}

#[test]
fn mazes_are_not_symmetric_since_labels_are_not() {
    let engine = engine(shaped(maze_builder(), 16, 16, 2).expect("valid"));
    // S, free and G in a row, and the same from right to left.
    let there = [0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0];
    let back = [0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0];
    let engine = engine.with_grid(1, 3);
    let [a, b] = [there, back].map(|q| engine.reason(&q, &[0.0; 3], Some(2)).answer);
    assert!((a[1] - b[1]).abs() > 1e-4, "{} and {}", a[1], b[1]);
}
