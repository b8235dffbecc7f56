//! Questions read back, answers scored, models of other puzzles refused.

use puzzles::maze::{Maze, MazePath, MazeRow, MazeSpec, generate_maze, label};
use puzzles::sudoku::{Kind, generate_unit};
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use trm_core::{Mixer, Output, TrmConfig};
use trm_tasks::{MazeTask, SudokuTask, Task, TaskError, maze_builder, shaped, sudoku_builder};

fn mazes(n: u64) -> Vec<Maze> {
    let spec = MazeSpec { height: 5, width: 8, ..MazeSpec::square(8, 6) };
    (0..n).map(|i| generate_maze(&spec, 3, i).expect("an easy maze").maze).collect()
}

#[test]
fn questions_are_read_back() {
    let dense = |features: usize| {
        let builder = TrmConfig::builder().embedding_dim(features).answer_dim(features);
        builder.mixer(Mixer::mlp(1024)).output(Output::TokenSoftmax).build().expect("a dense model")
    };
    let relational = |builder| shaped(builder, 8, 8, 1).expect("a small model");
    for config in [relational(sudoku_builder()), dense(11)] {
        let task = SudokuTask::of(&config).expect("a Sudoku model");
        for row in generate_unit(Kind::Easy, 5, 0).iter().take(10) {
            assert_eq!(
                task.decode_question(&task.encode(&row.puzzle).question, 1).as_ref(),
                Some(&row.puzzle)
            );
        }
        assert_eq!(task.decode_question(&[1.0; 30], 1), None);
    }
    let task = MazeTask::of(&relational(maze_builder())).expect("a maze model");
    for maze in mazes(10) {
        assert_eq!(task.decode_question(&task.encode(&maze).question, maze.width()).as_ref(), Some(&maze));
    }
    assert_eq!(task.decode_question(&[0.0; 27], 3), None, "walls alone are no maze");
    assert_eq!(task.decode_question(&[0.0; 27], 0), None);
    let (task, maze) =
        (MazeTask::of(&dense(6)).expect("a maze model"), Maze::parse("S #  # G#").expect("a maze"));
    assert_eq!(task.decode_question(&task.encode(&maze).question, 1), Some(maze));
}

#[test]
fn models_of_other_puzzles_are_refused() {
    let error =
        SudokuTask::of(&shaped(maze_builder(), 8, 8, 1).expect("a small model")).expect_err("a maze model");
    assert!(matches!(error, TaskError::OtherTask { embedding_dim: 3, .. }), "{error}");
    let error = MazeTask::of(&TrmConfig::default()).expect_err("no puzzle model");
    assert!(matches!(error, TaskError::OtherTask { puzzle: "maze", .. }), "{error}");
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

#[test]
fn labels_score_full_marks() {
    let task = MazeTask::default();
    for row in rows(20).iter().filter(|row| label(&row.maze).is_ok()) {
        let score = task.score(&row.maze, &row.answer, &row.answer);
        assert_eq!((score.marks, score.n_cells_right), ([true; 4], 9));
    }
}
