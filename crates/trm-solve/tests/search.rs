//! The search around the network: its limits hold, and what it accepts obeys the rules.

use puzzles::load_sudoku_extreme_dataset;
use puzzles::sudoku::{Grid, Verdict, verdict};
use trm_core::{Model, TrmEngine};
use trm_solve::{SearchLimits, search};
use trm_tasks::{SudokuTask, shaped, sudoku_builder};

fn untrained() -> TrmEngine {
    Model::new(shaped(sudoku_builder(), 8, 16, 1).expect("a small model")).expect("weights").into()
}

#[test]
fn an_untrained_net_solves_by_search_alone() {
    let rows = load_sudoku_extreme_dataset().expect("the committed set").rows;
    let row = rows.iter().find(|row| row.source == "gen_relaxed").expect("an easy puzzle");
    let limits = SearchLimits { max_calls: 2000, max_k: 1, ..SearchLimits::default() };
    let found = search(&untrained(), &SudokuTask::default(), &row.puzzle, &limits)
        .expect("a question of the right shape");
    let answer = found.answer.expect("elimination and a stack suffice for an easy puzzle");
    assert_eq!(answer, row.solution);
    assert!(found.calls > 1, "the first guess of an untrained net was right");
}

#[test]
fn calls_and_steps_stay_within_their_limits() {
    let rows = load_sudoku_extreme_dataset().expect("the committed set").rows;
    let limits = SearchLimits { max_calls: 5, max_k: 3, ..SearchLimits::default() };
    for row in &rows[..4] {
        let found = search(&untrained(), &SudokuTask::default(), &row.puzzle, &limits)
            .expect("a question of the right shape");
        assert!(found.calls <= 5 && found.steps <= 15, "{} calls, {} steps", found.calls, found.steps);
        assert!(found.answer.is_none_or(|answer| verdict(&row.puzzle, &answer) == Verdict::Solved));
    }
}

#[test]
fn a_puzzle_without_a_solution_is_answered_by_none() {
    // Two threes in the first row leave the last blank of its box without a candidate.
    let text = "12.......45.......78......9........................................3.....3.......";
    let puzzle = Grid::parse(text).expect("no two givens contradict");
    let found =
        search(&untrained(), &SudokuTask::default(), &puzzle, &SearchLimits::default()).expect("a question");
    assert_eq!(found.answer, None);
}
