//! The streams that training draws from: the same question for the same index, and none that stops a run.

use puzzles::maze::load_maze_hard_dataset;
use puzzles::sudoku::Layout;
use puzzles::{load_sudoku_extreme_dataset, open_sudoku};
use std::path::Path;
use trm_core::Model;
use trm_tasks::{MazeStream, SudokuStream, maze_sample, shaped, sudoku_builder};
use trm_train::{Data, TrainConfig, Trainer};

fn mazes(sides: (usize, usize), min_path_per_side: f32, open_share: f64, seed: u64) -> MazeStream {
    let (goals_per_start, perfect_share, speed) = (1, 0.0, 0);
    MazeStream { sides, min_path_per_side, open_share, goals_per_start, perfect_share, speed, seed }
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
    let more_goals = MazeStream { goals_per_start: 8, ..mazes((6, 12), 2.0, 0.5, 3) };
    assert_ne!(a.describe(), more_goals.describe());
    let perfect = MazeStream { perfect_share: 1.0, ..mazes((6, 12), 2.0, 0.5, 3) };
    assert_ne!(a.describe(), perfect.describe());
    assert_ne!(a.describe(), MazeStream { speed: 2, ..mazes((6, 12), 2.0, 0.5, 3) }.describe());
    assert!((0..8).all(|index| perfect.sample(index).width % 2 == 1));
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
fn sets_that_make_no_sense_are_refused() {
    let rows = load_sudoku_extreme_dataset().expect("the committed set").rows;
    let refused = |sets| SudokuStream::new(sets, Layout::Candidates, 1).is_err();
    assert!(refused(vec![]));
    assert!(refused(vec![(vec![], 1.0)]));
    for weight in [0.0, -1.0, f64::INFINITY, f64::NAN] {
        assert!(refused(vec![(rows.clone(), weight)]));
    }
}

#[test]
fn sets_are_drawn_by_their_shares() {
    let rows = load_sudoku_extreme_dataset().expect("the committed set").rows;
    let (easy, hard): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.rating < 3.0);
    let stream =
        SudokuStream::new(vec![(easy, 1.0), (hard, 3.0)], Layout::Candidates, 1).expect("two sets with rows");
    let n_easy = (0..1000).filter(|i| stream.sample(*i).rating < 3.0).count();
    assert!((200..300).contains(&n_easy), "{n_easy} of 1000");
}

#[test]
fn candidates_of_every_size_are_learned_from_at_once() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../datasets/puzzles/sudoku-6x6.csv");
    let small: Vec<_> =
        open_sudoku(&file, None).expect("a file").collect::<Result<_, _>>().expect("rows of 6x6");
    let usual = load_sudoku_extreme_dataset().expect("the committed set").rows;
    let sets = || vec![(small.clone(), 1.0), (usual.clone(), 1.0)];
    let refused = SudokuStream::new(sets(), Layout::Cells, 1).err().expect("weights for each cell of 9x9");
    assert!(refused.contains("6x6"), "{refused}");

    let stream = SudokuStream::new(sets(), Layout::Candidates, 1).expect("two sets with rows");
    let samples: Vec<_> = (0..8).map(|index| stream.sample(index)).collect();
    for sample in &samples {
        assert_eq!(sample.relations.is_some(), sample.n_tokens() == 216, "{} tokens", sample.n_tokens());
    }
    assert!(samples.iter().any(|s| s.n_tokens() == 216) && samples.iter().any(|s| s.n_tokens() == 729));
    let model = Model::new(shaped(sudoku_builder(), 8, 8, 1).expect("a shape")).expect("a model");
    let config = TrainConfig { batch: 8, steps: 2, ..TrainConfig::default() };
    let mut trainer = Trainer::new(model, config, &stream).expect("a run");
    trainer.step().expect("boards of both sizes in one batch");
    assert!(trainer.progress().loss.is_finite());
}
