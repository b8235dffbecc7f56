//! The streams that training draws from: the same question for the same index, and none that stops a run.

use puzzles::load_sudoku_extreme_dataset;
use puzzles::maze::load_maze_hard_dataset;
use trm_bench::tasks::{MazeStream, SudokuStream, maze_sample};
use trm_train::Data;

fn mazes(sides: (usize, usize), min_path_per_side: f32, open_share: f64, seed: u64) -> MazeStream {
    MazeStream { sides, min_path_per_side, open_share, seed }
}

#[test]
fn a_question_is_its_index() {
    let (a, b) = (mazes((6, 12), 2.0, 0.5, 3), mazes((6, 12), 2.0, 0.5, 3));
    for index in [0, 7, 1 << 40] {
        assert_eq!(a.sample(index), b.sample(index));
    }
    assert_ne!(a.sample(0), a.sample(1));
    assert_ne!(a.sample(0), mazes((6, 12), 2.0, 0.5, 4).sample(0));
    assert_ne!(a.describe(), mazes((6, 12), 2.0, 0.4, 3).describe());
}

#[test]
fn paths_too_long_for_their_maze_are_asked_for_shorter() {
    let stream = mazes((2, 4), 3.0, 0.0, 1);
    for index in 0..8 {
        let sample = stream.sample(index);
        assert_eq!(sample.question.len(), 3 * sample.n_tokens());
    }
}

#[test]
fn the_test_mazes_are_never_drawn() {
    // The committed set has this seed, and the numbers from 0 up.
    let test = load_maze_hard_dataset().expect("the committed set").rows;
    let test: Vec<_> = test.iter().take(20).map(maze_sample).collect();
    let stream = mazes((30, 30), 109.0 / 30.0 + 1e-4, 0.0, 1);
    for index in 0..4 {
        let drawn = stream.sample(index);
        assert!(test.iter().all(|t| t.question != drawn.question), "question {index}");
    }
}

#[test]
fn bands_that_make_no_sense_are_refused() {
    let rows = load_sudoku_extreme_dataset().expect("the committed set").rows;
    let refused = |bands: &[(f32, f64)]| SudokuStream::new(rows.clone(), bands, 1).err();
    assert!(refused(&[(3.0, 0.5), (0.0, 0.5)]).is_some());
    assert!(refused(&[(0.0, f64::INFINITY)]).is_some());
    assert!(refused(&[(0.0, -1.0), (3.0, 1.0)]).is_some());
    assert!(refused(&[(1e9, 1.0)]).is_some());
    assert!(refused(&[]).is_some());
    let stream =
        SudokuStream::new(rows, &[(0.0, 0.0), (60.0, 1.0), (1e9, 5.0)], 1).expect("one band with rows");
    assert!((0..50).all(|i| stream.sample(i).rating >= 60.0));
}
