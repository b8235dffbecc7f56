//! Laws that hold for every puzzle and every symmetry.

use proptest::prelude::*;
use puzzles::sudoku::{
    Geometry, Grid, Kind, Layout, Relation, Solver, SudokuDecoder, SudokuEncoder, Symmetry, Verdict,
    generate_unit, matches_puzzle, relations, verdict, verify_sudoku,
};
use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

/// Every geometry from 2x2 to 5x5.
fn geometries() -> impl Strategy<Value = Geometry> {
    (2usize..=5, 2usize..=5).prop_map(|(rows, cols)| Geometry::new(rows, cols).unwrap())
}

/// A solved grid of any geometry: the usual pattern, relabelled.
fn solved(geometry: Geometry, seed: u64) -> Grid {
    let (side, width) = (geometry.side(), geometry.box_cols());
    let digit = |row: usize, col: usize| {
        (row % geometry.box_rows() * width + row / geometry.box_rows() + col) % side + 1
    };
    let cells: Vec<u8> = (0..side * side).map(|cell| digit(cell / side, cell % side) as u8).collect();
    let grid = Grid::from_cells(geometry, &cells).unwrap();
    Symmetry::random_with(geometry, &mut Xoshiro256PlusPlus::seed_from_u64(seed)).apply(&grid)
}

/// The grid with about `keep` of 64 cells kept.
fn thinned(grid: &Grid, seed: u64, keep: u32) -> Grid {
    use rand::Rng;
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let kept = |&digit: &u8| {
        if rng.next_u32() >> 26 < keep { digit } else { 0 }
    };
    let cells: Vec<u8> = grid.cells().iter().map(kept).collect();
    Grid::from_cells(grid.geometry(), &cells).unwrap()
}

/// The naive twin of the solver: digits in order, cell by cell, no propagation.
fn backtrack(grid: &mut Grid, limit: usize, found: &mut Vec<Grid>) {
    let side = grid.geometry().side();
    let Some(cell) = grid.cells().iter().position(|&digit| digit == 0) else {
        found.push(grid.clone());
        return;
    };
    for digit in 1..=side as u8 {
        grid.set(cell / side, cell % side, digit);
        if grid.conflicts().is_ok() && found.len() < limit {
            backtrack(grid, limit, found);
        }
    }
    grid.set(cell / side, cell % side, 0);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn printed_grids_parse_back(geometry in geometries(), seed: u64, keep in 0u32..=64) {
        let grid = thinned(&solved(geometry, seed), seed, keep);
        prop_assert_eq!(&Grid::parse_with(geometry, &grid.to_string()).unwrap(), &grid);
        prop_assert_eq!(grid.pretty().lines().count(), geometry.side() + geometry.box_cols() + 1);
    }

    #[test]
    fn any_text_gives_a_grid_or_an_error(text in ".{0,90}") {
        if let Ok(grid) = Grid::parse(&text) {
            prop_assert_eq!(grid.to_string(), text.replace('0', "."));
        }
    }

    #[test]
    fn targets_decode_to_the_full_grid(geometry in geometries(), seed: u64) {
        let solution = solved(geometry, seed);
        let encoder = SudokuEncoder::with(geometry, Layout::Candidates);
        let answer = encoder.target_answer(&solution);
        let decoder = SudokuDecoder::with(geometry, Layout::Candidates);
        prop_assert_eq!(decoder.decode(&answer), solution.clone());

        let encoder = SudokuEncoder::with(geometry, Layout::Cells);
        let mut logits = encoder.encode_empty_solution();
        for (token, &symbol) in encoder.target_tokens(&solution).iter().enumerate() {
            logits[token * encoder.answer_dim() + symbol as usize] = 1.0;
        }
        let decoder = SudokuDecoder::with(geometry, Layout::Cells);
        prop_assert_eq!(decoder.decode(&logits), solution);
    }

    #[test]
    fn open_candidates_are_those_no_given_excludes(seed: u64, keep in 0u32..=64) {
        let solution = solved(Geometry::STANDARD, seed);
        let puzzle = thinned(&solution, seed, keep);
        let features = SudokuEncoder::new().encode_puzzle(&puzzle);
        for (i, pair) in features.chunks(2).enumerate() {
            let (row, col, digit) = (i / 81, i / 9 % 9, (i % 9 + 1) as u8);
            let given = puzzle.get(row, col);
            let mut tried = puzzle.clone();
            tried.set(row, col, digit);
            let open = given == 0 && tried.conflicts().is_ok();
            let expected = [f32::from(u8::from(open)), f32::from(u8::from(given == digit))];
            prop_assert_eq!(pair, &expected[..], "candidate {}", i);
        }
    }

    #[test]
    fn nan_and_infinity_decode_without_panic(bits in prop::collection::vec(any::<u32>(), 729)) {
        let logits: Vec<f32> = bits.into_iter().map(f32::from_bits).collect();
        prop_assert_eq!(SudokuDecoder::new().decode(&logits).cells().len(), 81);
    }

    #[test]
    fn symmetries_keep_validity_and_invert(geometry in geometries(), seed: u64) {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        let symmetry = Symmetry::random_with(geometry, &mut rng);
        let solution = solved(geometry, seed);
        let puzzle = thinned(&solution, seed, 24);
        let (image, solution_image) = (symmetry.apply(&puzzle), symmetry.apply(&solution));
        prop_assert!(verify_sudoku(&solution_image));
        prop_assert_eq!(verdict(&image, &solution_image), Verdict::Solved);
        prop_assert_eq!(symmetry.inverse().apply(&image), puzzle);
    }

    #[test]
    fn symmetries_keep_relations(geometry in geometries(), seed: u64) {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        let symmetry = Symmetry::random_with(geometry, &mut rng);
        let map: Vec<usize> =
            (0..geometry.side()).map(|i| symmetry.candidate(i * geometry.side())).collect();
        // Candidates of digit 1 in the first row stay together in a row or become a column.
        let relations = relations(geometry);
        let together = |relation: &Relation| {
            map.iter().all(|&i| relation.group_of[i] == relation.group_of[map[0]])
        };
        prop_assert!(together(&relations[1]) || together(&relations[2]));
        let solution = solved(geometry, seed);
        let image = symmetry.apply(&solution);
        let encoder = SudokuEncoder::with(geometry, Layout::Candidates);
        let (from, to) = (encoder.target_answer(&solution), encoder.target_answer(&image));
        for i in (0..from.len()).step_by(7) {
            prop_assert_eq!(from[i], to[symmetry.candidate(i)]);
        }
    }

    #[test]
    fn the_solver_agrees_with_backtracking(seed: u64, keep in 22u32..=50, wrong in 0usize..81) {
        let solution = solved(Geometry::STANDARD, seed);
        let mut puzzle = thinned(&solution, seed, keep.max(26));
        if seed % 4 == 0 {
            puzzle.set(wrong / 9, wrong % 9, (seed / 4 % 9 + 1) as u8);
        }
        let mut found = Vec::new();
        if puzzle.conflicts().is_ok() {
            backtrack(&mut puzzle.clone(), 2, &mut found);
        }
        prop_assert_eq!(Solver::new().count_solutions(&puzzle, 2).unwrap(), found.len());
        if let [only] = found.as_slice() {
            prop_assert_eq!(&Solver::new().solve_unique(&puzzle).unwrap().grid, only);
        }
    }

    #[test]
    fn the_generic_solver_agrees_with_backtracking(wide: bool, seed: u64, keep in 16u32..=50) {
        let geometry = Geometry::new(2, if wide { 3 } else { 2 }).unwrap();
        let puzzle = thinned(&solved(geometry, seed), seed, keep);
        let mut found = Vec::new();
        backtrack(&mut puzzle.clone(), 20, &mut found);
        prop_assert_eq!(Solver::new().count_solutions(&puzzle, 20).unwrap(), found.len());
    }
}

#[test]
fn every_relation_divides_the_candidates_into_equal_groups() {
    for geometry in [Geometry::new(2, 3).unwrap(), Geometry::STANDARD] {
        let names = ["cell", "row", "column", "box", "triad_row", "triad_column"];
        let target = SudokuEncoder::with(geometry, Layout::Candidates).target_answer(&solved(geometry, 1));
        for (relation, name) in relations(geometry).iter().zip(names) {
            let mut sizes = vec![(0, 0.0); relation.n_groups];
            for (&group, &is_true) in relation.group_of.iter().zip(&target) {
                sizes[group as usize].0 += 1;
                sizes[group as usize].1 += is_true;
            }
            assert_eq!(relation.name, name);
            assert!(sizes.iter().all(|&(n, _)| n == geometry.n_candidates() / relation.n_groups));
            let exactly_one = sizes.iter().all(|&(_, n_true)| n_true == 1.0);
            assert_eq!(exactly_one, !name.starts_with("triad"), "{name}");
        }
    }
}

#[test]
fn large_puzzles_are_solved() {
    for (rows, cols) in [(4, 4), (5, 5), (4, 5)] {
        let solution = solved(Geometry::new(rows, cols).unwrap(), 3);
        let puzzle = thinned(&solution, 4, 62);
        assert!(puzzle.n_givens() < puzzle.cells().len());
        assert_eq!(Solver::new().solve_unique(&puzzle).unwrap().grid, solution);
        // With half of the digits this pattern has one solution or more, never none.
        let count = Solver::new().count_solutions(&thinned(&solution, 4, 32), 2);
        assert!(matches!(count, Ok(1 | 2)), "{count:?}");
    }
}

#[test]
fn generated_puzzles_have_one_solution_and_no_clue_to_spare() {
    let solver = Solver::new();
    for kind in [Kind::Easy, Kind::Moderate] {
        let rows = generate_unit(kind, 1, 2);
        for row in rows.iter().take(64) {
            assert_eq!(solver.solve_unique(&row.puzzle).unwrap().grid, row.solution);
            assert!(matches_puzzle(&row.puzzle, &row.solution));
            assert!((17..=36).contains(&row.puzzle.n_givens()));
            if row.source == "gen_relaxed" {
                continue;
            }
            for cell in (0..81).filter(|&cell| row.puzzle.cells()[cell] != 0) {
                let mut less = row.puzzle.clone();
                less.set(cell / 9, cell % 9, 0);
                assert_eq!(solver.count_solutions(&less, 2), Ok(2), "{less}");
            }
        }
    }
}
