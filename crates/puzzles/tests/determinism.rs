//! The same seed gives the same puzzles, whatever the number of threads.

use puzzles::sudoku::{Kind, Mix, generate, generate_unit};

#[test]
fn units_depend_on_their_arguments_only() {
    assert_eq!(generate_unit(Kind::Easy, 5, 1), generate_unit(Kind::Easy, 5, 1));
    assert_ne!(generate_unit(Kind::Easy, 5, 1), generate_unit(Kind::Easy, 5, 2));
    assert_ne!(generate_unit(Kind::Easy, 5, 1), generate_unit(Kind::Easy, 6, 1));
}

#[test]
fn threads_do_not_change_the_puzzles() {
    let mix = Mix { easy: 1, moderate: 0, hard: 0, extreme: 0 };
    let with = |n_threads| {
        let mut heard = Vec::new();
        let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
        let rows = pool.install(|| generate(600, 3, mix, &mut |_| ()));
        generate(10, 3, mix, &mut |n_rows| heard.push(n_rows));
        assert_eq!(heard.last(), Some(&10));
        rows
    };
    let (one, four) = (with(1), with(4));
    assert_eq!(one.len(), 600);
    assert_eq!(one, four);
}
