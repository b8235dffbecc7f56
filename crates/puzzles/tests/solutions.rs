//! What is said of a question before a model is asked: no solution, one, several, or that it could not be
//! told.

use proptest::prelude::*;
use puzzles::load_sudoku_extreme_dataset;
use puzzles::sudoku::{
    Geometry, Grid, Solutions, Solver, Symmetry, Verdict, max_guesses, solutions, verdict,
};
use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

#[test]
fn puzzles_without_a_solution() {
    for (name, text) in [
        ("Norvig", ".....52.....9..5............6.29.............29..6.............81....6...5...291."),
        ("a square", "..9.287..8.6..4..5..3.....46.........2.71345.........23.....5..9..4..8.7..125.3.."),
        ("a box", ".9.3....1....8..46......8..4.5.6..3...32756...6..1.9.4..1......58..2....2....7.6."),
        ("a column", "....41....6.....2...2......32.6.........5..417.......2......23..48......5.1..2..."),
        ("a row", "9..1....4.14.3.8....3....9....7.8..18....3..........3..21....7...9.4.5..5...16..3"),
        (
            "a contradiction",
            "11...............................................................................",
        ),
        ("4x4", "123....4........"),
        ("16x16", &format!("123456789ABCDE..{}F{}F{}", ".".repeat(62), ".".repeat(64), ".".repeat(112))),
    ] {
        let geometry = Geometry::of_cells(text.len()).expect(name);
        let grid = Grid::parse_with(geometry, text).expect(name);
        assert_eq!(solutions(&grid), Solutions::None, "{name}");
    }
}

#[test]
fn puzzles_with_one_or_several() {
    for row in load_sudoku_extreme_dataset().unwrap().rows.iter().take(100) {
        assert_eq!(solutions(&row.puzzle), Solutions::One(row.solution.clone()));
        assert_eq!(solutions(&row.solution), Solutions::One(row.solution.clone()));
        // Every clue of most of these is needed.
        let mut fewer = row.puzzle.clone();
        let given = fewer.cells().iter().position(|digit| *digit != 0).unwrap();
        fewer.set(given / 9, given % 9, 0);
        let expected = Solver::new().count_solutions(&fewer, 2).unwrap();
        assert_eq!(matches!(solutions(&fewer), Solutions::Several), expected == 2);
    }
    for geometry in Geometry::all() {
        assert_eq!(solutions(&Grid::blank(geometry)), Solutions::Several, "{geometry:?}");
        assert!(max_guesses(geometry) >= 20_000);
    }
}

/// A solved grid, relabelled at random.
fn solved(geometry: Geometry, seed: u64) -> Grid {
    let side = geometry.side();
    let shift = |row: usize| row / geometry.box_rows() + row % geometry.box_rows() * geometry.box_cols();
    let cells: Vec<u8> = (0..side * side).map(|i| ((shift(i / side) + i % side) % side + 1) as u8).collect();
    let grid = Grid::from_cells(geometry, &cells).unwrap();
    Symmetry::random_with(geometry, &mut Xoshiro256PlusPlus::seed_from_u64(seed)).apply(&grid)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    /// The same as the solver that branches on cells alone, for puzzles of all sorts.
    #[test]
    fn solvers_agree(size in 0usize..5, seed: u64, keep in 24u64..60, change in any::<prop::sample::Index>(), digit: u8) {
        let geometry = Geometry::all().nth(size).unwrap();
        let side = geometry.side();
        let solution = solved(geometry, seed);
        let mut grid = solution.clone();
        for cell in 0..side * side {
            if (seed ^ cell as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32 & 63 >= keep {
                grid.set(cell / side, cell % side, 0);
            }
        }
        if seed % 2 == 0 {
            let cell = change.index(side * side);
            grid.set(cell / side, cell % side, digit % side as u8 + 1);
        }
        let count = if grid.conflicts().is_ok() { Solver::with_max_guesses(500_000).count_solutions(&grid, 2) } else { Ok(0) };
        match (solutions(&grid), count) {
            (Solutions::None, Ok(0)) | (Solutions::Several, Ok(2)) => {}
            (Solutions::One(found), Ok(1)) => prop_assert_eq!(verdict(&grid, &found), Verdict::Solved),
            // The other solver gave up.
            (_, Err(_)) => {}
            (said, count) => prop_assert!(false, "{said:?}, {count:?}: {grid}"),
        }
    }
}
