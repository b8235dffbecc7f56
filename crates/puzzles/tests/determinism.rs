//! The same seed gives the same puzzles, whatever the number of threads.

use puzzles::sudoku::{Kind, Mix, Part, Solver, UNIT_ROWS, generate, generate_unit};
use std::collections::HashSet;

#[test]
fn units_depend_on_their_arguments_only() {
    assert_eq!(generate_unit(Kind::Easy, 5, 1), generate_unit(Kind::Easy, 5, 1));
    assert_ne!(generate_unit(Kind::Easy, 5, 1), generate_unit(Kind::Easy, 5, 2));
    assert_ne!(generate_unit(Kind::Easy, 5, 1), generate_unit(Kind::Easy, 6, 1));
}

#[test]
fn threads_do_not_change_the_puzzles() {
    let mix = Mix { easy: 1, ..Mix::default() };
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

#[test]
fn the_first_puzzles_of_a_unit_do_not_depend_on_their_number() {
    for kind in [Kind::Easy, Kind::Hard, Kind::Deep] {
        let rows = |n_rows| Part { kind, unit: 0, n_rows }.rows(5);
        assert_eq!(rows(5), rows(70)[..5], "{kind:?}");
    }
}

#[test]
fn deep_puzzles_are_minimal_and_distinct() {
    let rows = generate_unit(Kind::Deep, 5, 0);
    assert_eq!(rows.len(), UNIT_ROWS);
    let solver = Solver::new();
    let mut seen = HashSet::new();
    for row in &rows {
        assert!(seen.insert(row.puzzle.cells().to_vec()), "twice");
        assert_eq!(solver.solve_unique(&row.puzzle).expect("one solution").grid, row.solution);
    }
    for cell in (0..81).filter(|cell| rows[0].puzzle.cells()[*cell] != 0) {
        let mut fewer = rows[0].puzzle.clone();
        fewer.set(cell / 9, cell % 9, 0);
        assert_eq!(solver.count_solutions(&fewer, 2), Ok(2), "cell {cell} is implied");
    }
}
