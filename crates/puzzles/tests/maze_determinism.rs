//! The same seed gives the same mazes.

use std::sync::Mutex;

use puzzles::maze::{MazeSpec, generate, generate_maze, load_maze_hard_dataset};

#[test]
fn one_thread_makes_what_four_make() {
    let spec = MazeSpec::square(12, 24);
    let run = |n_threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().expect("a pool");
        pool.install(|| generate(&spec, 40, 7, |_| {}).expect("mazes"))
    };
    let rows = run(1);
    assert_eq!(run(4), rows);
    for (index, row) in rows.iter().enumerate() {
        assert_eq!(&generate_maze(&spec, 7, index as u64).expect("a maze"), row);
    }
}

#[test]
fn seeds_and_indices_differ() {
    let spec = MazeSpec::square(12, 12);
    let drawing = |seed, index| generate_maze(&spec, seed, index).expect("a maze").maze;
    assert_ne!(drawing(1, 0), drawing(1, 1));
    assert_ne!(drawing(1, 0), drawing(2, 0));
}

#[test]
fn progress_counts_every_maze() {
    let heard = Mutex::new(Vec::new());
    let progress = |n_done| heard.lock().expect("no panic").push(n_done);
    generate(&MazeSpec::square(8, 4), 25, 3, progress).expect("mazes");
    let mut heard = heard.into_inner().expect("no panic");
    heard.sort_unstable();
    assert_eq!(heard, (1..=25).collect::<Vec<_>>());
}

/// Holds the generator to the file it wrote: a change to its stream would make a resumed training
/// run see other mazes.
#[test]
fn the_committed_set_is_what_the_generator_makes() {
    if std::env::var_os("MAZE_HARD_CSV").is_some() {
        return;
    }
    let set = load_maze_hard_dataset().expect("the committed set");
    for index in [0, 500, 999] {
        let made = generate_maze(&MazeSpec::maze_hard(), 1, index).expect("a hard maze");
        assert_eq!(set.rows[index as usize], made);
    }
}
