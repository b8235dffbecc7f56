//! Kinds of puzzles that a file describes, as a JavaScript class.

use crate::js::{self, GeneratedPuzzle, PuzzleCheck, PuzzleColumns, Solution};
use crate::model::{Model, Steps};
use crate::run::{Run, judge_puzzle};
use js_sys::{Array, Reflect, Uint32Array};
use puzzles::rules::{self, Fault, Recipe, Rules, RulesError, generate_row};
use std::sync::Arc;
use trm_tasks::{RulesTask, fit_rules, rules_of};
use wasm_bindgen::prelude::*;

/// Boards that the generator tries, and cells that it looks at for each: a few seconds where there is none.
const GENERATOR: Recipe = Recipe { extra: 0.0, singles: false, max_trials: 20, max_work: 1_000_000 };

/// A kind of puzzle, read from a puzzle file: cells, symbols, and groups of cells with a rule each.
#[wasm_bindgen]
pub struct Puzzle {
    rules: Arc<Rules>,
}

impl From<Rules> for Puzzle {
    fn from(rules: Rules) -> Self {
        Puzzle { rules: Arc::new(rules) }
    }
}

impl Puzzle {
    /// Reads a puzzle of this kind, and refuses one without a solution; with the number of solutions.
    fn question(
        &self,
        text: &str,
        columns: Option<PuzzleColumns>,
    ) -> Result<(rules::Puzzle, Option<usize>), JsValue> {
        let columns = columns.map(JsValue::from).unwrap_or_default();
        let column = |name: &str| Reflect::get(&columns, &name.into()).ok()?.as_string();
        let texts: Vec<String> = self.rules.columns().map_while(column).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let refused = |error| rules_error(&error);
        let puzzle = self.rules.puzzle(text, &texts).map_err(refused)?;
        let n_solutions = judge_puzzle(&puzzle).map_err(refused)?;
        Ok((puzzle, n_solutions))
    }
}

#[wasm_bindgen]
impl Puzzle {
    /// Reads the text of a puzzle file.
    ///
    /// # Errors
    /// What is wrong with the file; `line` says where.
    #[wasm_bindgen(constructor)]
    pub fn new(toml: &str) -> Result<Puzzle, JsValue> {
        Ok(Rules::parse(toml).map_err(|error| rules_error(&error))?.into())
    }

    /// The name of the kind.
    #[wasm_bindgen(getter)]
    pub fn name(&self) -> String {
        self.rules.name().into()
    }

    /// The file.
    #[wasm_bindgen(getter)]
    pub fn source(&self) -> String {
        self.rules.source().into()
    }

    /// The symbols, a character each.
    #[wasm_bindgen(getter)]
    pub fn symbols(&self) -> String {
        self.rules.symbols().iter().collect()
    }

    /// Number of cells.
    #[wasm_bindgen(getter)]
    pub fn n_cells(&self) -> usize {
        self.rules.shape().n_cells
    }

    /// Columns of the grid; undefined where the cells are no grid.
    #[wasm_bindgen(getter)]
    pub fn width(&self) -> Option<usize> {
        self.rules.shape().grid.map(|(_, width)| width)
    }

    /// The names of the columns of data files that groups of each puzzle are in.
    #[wasm_bindgen(getter)]
    pub fn columns(&self) -> Vec<String> {
        self.rules.columns().map(String::from).collect()
    }

    /// Reads a puzzle and counts its solutions, up to two. `columns` has the groups that come with it, by the names of
    /// their columns.
    ///
    /// # Errors
    /// What is wrong with the text or the groups, or that the puzzle has no solution.
    pub fn check(&self, text: &str, columns: Option<PuzzleColumns>) -> Result<PuzzleCheck, JsValue> {
        let (puzzle, solutions) = self.question(text, columns)?;
        let group = |group: &rules::Group| {
            js::object(&[
                ("name", self.rules.sets()[group.set].name.as_str().into()),
                ("cells", Uint32Array::from(&group.cells[..]).into()),
            ])
        };
        let groups: Array = puzzle.structure.groups.iter().map(group).collect();
        let regions = self.rules.regions(&puzzle.structure);
        let check = js::object(&[
            ("text", self.rules.text(&puzzle.cells).into()),
            ("givens", js::number(puzzle.n_givens())),
            ("solutions", solutions.map_or(JsValue::UNDEFINED, js::number)),
            ("groups", groups.into()),
            ("regions", regions.map_or(JsValue::UNDEFINED, |regions| Uint32Array::from(&regions[..]).into())),
        ]);
        Ok(check.unchecked_into())
    }

    /// Makes a puzzle with one solution, the same for the same seed. No given can be spared; then up to a share `extra`
    /// of the blanks is given back.
    ///
    /// # Errors
    /// Where the generator gives up, or the file does not say how to make the groups of a puzzle.
    pub fn generate(&self, seed: u32, extra: Option<f64>) -> Result<GeneratedPuzzle, JsValue> {
        let recipe = Recipe { extra: extra.unwrap_or_default(), ..GENERATOR };
        let row = generate_row(&self.rules, u64::from(seed), 0, &recipe);
        let row = row.map_err(|error| rules_error(&error))?;
        let columns: Vec<_> = self.rules.columns().zip(row.puzzle.columns.iter().map(Into::into)).collect();
        let generated = js::object(&[
            ("question", self.rules.text(&row.puzzle.cells).into()),
            ("answer", self.rules.text(&row.solution).into()),
            ("columns", js::object(&columns)),
        ]);
        Ok(generated.unchecked_into())
    }
}

#[wasm_bindgen]
impl Model {
    /// The kind of puzzle that the model carries the file of; undefined where it carries none.
    ///
    /// # Errors
    /// What is wrong with the file.
    #[wasm_bindgen(getter)]
    pub fn puzzle_file(&self) -> Result<Option<Puzzle>, JsValue> {
        Ok(rules_of(self.engine.model()).map_err(js::error)?.map(Puzzle::from))
    }

    /// Solves a puzzle of a file; see the function of this name. The weights of any model of candidates do, as far as
    /// they are of the kinds that the file names.
    ///
    /// # Errors
    /// As that one, and where the model has no such weights.
    pub fn solve_puzzle(
        &self,
        puzzle: &Puzzle,
        text: &str,
        columns: Option<PuzzleColumns>,
        max_k: Option<u32>,
    ) -> Result<Solution, JsValue> {
        Ok(self.puzzle_steps(puzzle, text, columns, max_k)?.solve())
    }

    /// The supervision steps of a puzzle of a file.
    ///
    /// # Errors
    /// As [`Model::solve_puzzle`].
    pub fn puzzle_steps(
        &self,
        puzzle: &Puzzle,
        text: &str,
        columns: Option<PuzzleColumns>,
        max_k: Option<u32>,
    ) -> Result<Steps, JsValue> {
        let (question, _) = puzzle.question(text, columns)?;
        let engine = fit_rules(self.engine.model(), &puzzle.rules).map_err(js::error)?;
        let engine = engine.with_seed(self.engine.seed());
        let task = RulesTask::new(puzzle.rules.clone());
        let run = Run::new(&engine, task, question, max_k.map(|k| k as usize)).map_err(js::error)?;
        Ok(Steps::of(run))
    }
}

/// Solves a puzzle of a file with the embedded weights of Sudoku, which know the kinds `line`, `box` and `triad`: a
/// character for each cell, `.` for a blank. `columns` has the groups that come with the puzzle, by the names of their
/// columns.
///
/// # Errors
/// What is wrong with the text or the groups, that the puzzle has no solution, that the weights know no groups of a
/// kind, or that `max_k` is out of range.
#[wasm_bindgen]
pub fn solve_puzzle(
    puzzle: &Puzzle,
    text: &str,
    columns: Option<PuzzleColumns>,
    max_k: Option<u32>,
) -> Result<Solution, JsValue> {
    Model::sudoku().solve_puzzle(puzzle, text, columns, max_k)
}

/// The supervision steps of a puzzle of a file one by one, with the embedded weights of Sudoku.
///
/// # Errors
/// As [`solve_puzzle`].
#[wasm_bindgen]
pub fn puzzle_steps(
    puzzle: &Puzzle,
    text: &str,
    columns: Option<PuzzleColumns>,
    max_k: Option<u32>,
) -> Result<Steps, JsValue> {
    Model::sudoku().puzzle_steps(puzzle, text, columns, max_k)
}

/// An error with the `line` of the file, or the `cells` of the puzzle. Cells that are no grid are in row 0.
fn rules_error(fault: &RulesError) -> JsValue {
    let names: Vec<&str> = match fault {
        RulesError::Conflict(Fault::Repeated { cells, .. }) => cells.iter().map(String::as_str).collect(),
        RulesError::Character { cell, .. } | RulesError::Excluded { cell, .. } => vec![cell],
        _ => Vec::new(),
    };
    let place = |name: &str| {
        let (row, column) =
            name.strip_prefix('r').and_then(|name| name.split_once('c')).unwrap_or(("1", name));
        Some((row.parse::<usize>().ok()? - 1, column.parse::<usize>().ok()? - 1))
    };
    let thrown = js::error(fault);
    if let RulesError::File { line, .. } = fault {
        let _ = Reflect::set(&thrown, &JsValue::from_str("line"), &js::number(*line));
    }
    js::with_cells(thrown, names.into_iter().filter_map(place).collect())
}
