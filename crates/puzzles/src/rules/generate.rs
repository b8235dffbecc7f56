//! Puzzles of a kind with exactly one solution: a filled board, from which givens are taken away.

use super::error::RulesError;
use super::puzzle::{Puzzle, Row};
use super::solver::{Limits, Search};
use super::{Rules, Source};
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;

/// The work on all givens of a puzzle, in [`Recipe::max_work`]; those that it does not reach stay.
const MAX_DIGGING: u64 = 20;

/// How puzzles are made, and when the generator gives up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Recipe {
    /// No given of a puzzle can be spared; then up to this share of its blanks, drawn anew for each puzzle, is given
    /// back. With 0 all puzzles are minimal.
    pub extra: f64,
    /// Easy puzzles, of any size: naked and hidden singles solve each, and no given can be spared without these
    /// failing, though it may without a second solution.
    pub singles: bool,
    /// Boards that are tried for a puzzle.
    pub max_trials: u64,
    /// Cells that are looked at for a board, and for each given that is taken away.
    pub max_work: u64,
}

impl Default for Recipe {
    fn default() -> Self {
        Recipe { extra: 0.0, singles: false, max_trials: 200, max_work: 5_000_000 }
    }
}

/// Makes `count` puzzles; the same for the same arguments, on any number of threads. `progress` gets how many are done,
/// on the calling thread.
///
/// # Errors
/// [`RulesError::GaveUp`], [`RulesError::NoMaker`]; [`RulesError::NoSolution`] where no board obeys the rules.
pub fn generate(
    rules: &Rules,
    count: usize,
    seed: u64,
    recipe: &Recipe,
    progress: &mut dyn FnMut(usize),
) -> Result<Vec<Row>, RulesError> {
    let mut rows = Vec::new();
    let batch = 8 * rayon::current_num_threads().max(1) as u64;
    for first in (0..count as u64).step_by(batch as usize) {
        let last = (first + batch).min(count as u64);
        let made: Result<Vec<Row>, _> =
            (first..last).into_par_iter().map(|index| generate_row(rules, seed, index, recipe)).collect();
        rows.extend(made?);
        progress(rows.len());
    }
    Ok(rows)
}

/// Puzzle `index` of those that [`generate`] makes.
///
/// # Errors
/// Those of [`generate`].
pub fn generate_row(rules: &Rules, seed: u64, index: u64, recipe: &Recipe) -> Result<Row, RulesError> {
    let mixed = Xoshiro256PlusPlus::seed_from_u64(seed).random::<u64>();
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(mixed ^ index);
    for _ in 0..recipe.max_trials {
        let blank = blank(rules, &mut rng)?;
        let limits = Limits { max_solutions: 1, max_work: recipe.max_work };
        let mut search = Search::of(&blank, limits, Some(&mut rng));
        search.run();
        if search.solutions.is_empty() && !search.gave_up && rules.structure().is_some() {
            return Err(RulesError::NoSolution);
        }
        let Some(solution) = search.solutions.pop() else { continue };
        let Some(puzzle) = dig(rules, blank, &solution, recipe, &mut rng) else { continue };
        let mut search = Search::of(&puzzle, limits, None);
        search.run();
        let rating = search.guesses as f32;
        return Ok(Row { source: "gen".into(), puzzle, solution, rating });
    }
    let Recipe { max_trials: n_trials, max_work, .. } = *recipe;
    Err(RulesError::GaveUp { index, n_trials, max_work })
}

/// A board with nothing but what the file fixes, and with groups of its own where they come with a puzzle.
fn blank(rules: &Rules, rng: &mut Xoshiro256PlusPlus) -> Result<Puzzle, RulesError> {
    let (mut lists, mut columns) = (Vec::new(), Vec::new());
    for set in rules.sets() {
        let Source::Column { make, .. } = &set.source else { continue };
        let Some(make) = make else { return Err(RulesError::NoMaker { group: set.name.clone() }) };
        let list = make.make(rules.shape, rules.symbols.len(), rng);
        columns.push(rules.column_text(&list));
        lists.push(list);
    }
    Ok(Puzzle { structure: rules.structure_with(&lists)?, cells: rules.fixed.clone(), columns })
}

/// Takes away givens as long as the solution stays the only one, or singles find it; `None` where the symbols that may
/// be given do not make it so.
fn dig(
    rules: &Rules,
    blank: Puzzle,
    solution: &[u8],
    recipe: &Recipe,
    rng: &mut Xoshiro256PlusPlus,
) -> Option<Puzzle> {
    let mut puzzle = Puzzle { cells: solution.to_vec(), ..blank };
    let may_go = |cell: &usize| rules.fixed[*cell] == 0;
    let mut cells: Vec<usize> = (0..solution.len()).filter(may_go).collect();
    cells.retain(|cell| {
        let may_stay = rules.givens >> (solution[*cell] - 1) & 1 == 1;
        if !may_stay {
            puzzle.cells[*cell] = 0;
        }
        may_stay
    });
    let mut work = 0;
    if cells.len() < solution.len() && !is_only(&puzzle, None, recipe, &mut work) {
        return None;
    }
    cells.shuffle(rng);
    let mut taken = Vec::new();
    for cell in cells {
        if work > MAX_DIGGING * recipe.max_work {
            break;
        }
        let given = std::mem::take(&mut puzzle.cells[cell]);
        if is_only(&puzzle, Some((cell, given)), recipe, &mut work) {
            taken.push(cell);
        } else {
            puzzle.cells[cell] = given;
        }
    }
    let share = recipe.extra.clamp(0.0, 1.0) * rng.random::<f64>();
    let n_back = (share * taken.len() as f64) as usize;
    taken.shuffle(rng);
    taken[..n_back].iter().for_each(|cell| puzzle.cells[*cell] = solution[*cell]);
    Some(puzzle)
}

/// Whether a puzzle has one solution alone, and singles find it where the recipe wants that; adds to `work`. Of a puzzle
/// that had one with this given, only others are looked for.
fn is_only(puzzle: &Puzzle, without: Option<(usize, u8)>, recipe: &Recipe, work: &mut u64) -> bool {
    let max_solutions = if without.is_some() { 1 } else { 2 };
    let mut search = Search::of(puzzle, Limits { max_solutions, max_work: recipe.max_work }, None);
    let is_only = if recipe.singles {
        search.is_solved_by_singles()
    } else {
        if let Some((cell, given)) = without {
            search.masks[cell] &= !(1 << (given - 1));
        }
        search.run();
        !search.gave_up && search.solutions.len() < max_solutions
    };
    *work += search.work;
    is_only
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn singles_need_every_given() {
        let file = include_str!("sudoku.toml").replace("123456789", "123456789ABCDEFG");
        let file = file.replace("[9, 9]", "[16, 16]").replace("3x3", "4x4");
        let rules = Rules::parse(&file).expect("a file");
        let recipe = Recipe { singles: true, ..Recipe::default() };
        let row = generate_row(&rules, 1, 0, &recipe).expect("a puzzle");
        let is_solved = |puzzle: &Puzzle| Search::of(puzzle, Limits::default(), None).is_solved_by_singles();
        assert!(is_solved(&row.puzzle) && row.rating == 0.0);
        for cell in (0..256).filter(|&cell| row.puzzle.cells[cell] != 0) {
            let mut fewer = row.puzzle.clone();
            fewer.cells[cell] = 0;
            assert!(!is_solved(&fewer), "{cell}");
        }
        let easier = Recipe { extra: 1.0, ..recipe };
        let more = generate_row(&rules, 1, 0, &easier).expect("a puzzle");
        assert_eq!(more.solution, row.solution);
        assert!(more.puzzle.n_givens() > row.puzzle.n_givens());
    }
}
