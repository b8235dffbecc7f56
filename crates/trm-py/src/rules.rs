//! Kinds of puzzles that a file describes, and the solver of their puzzles.

use crate::engine::Engine;
use crate::errors::{Error, InPlace, Result};
use crate::interrupt::{Interrupt, guarded, in_background, inline};
use crate::pool::pool;
use crate::run::Job;
use crate::solver::{Input, Learned, Options, SolvedTuple, job, solve_all, solve_one, steps_of};
use crate::steps::PuzzleSteps;
use numpy::{IntoPyArray, PyArray1};
use puzzles::PuzzleError;
use puzzles::rules::{self, Limits, Recipe, Row, Rules, RulesError, Solutions, generate_row, solutions};
use pyo3::prelude::*;
use rayon::prelude::*;
use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use trm_core::{Model, TrmConfig, TrmEngine};
use trm_solve::fitted;
use trm_tasks::{PUZZLE_NOTE, RulesTask, Task, fit_rules, init_rules, rules_builder, rules_of};

/// A puzzle with its answer: question, answer, rating, columns.
type RowTuple = (String, String, f32, Vec<String>);

/// A kind of puzzle.
#[pyclass(frozen, module = "trm._trm")]
pub struct Puzzle {
    rules: Arc<Rules>,
}

fn error(error: RulesError) -> Error {
    PuzzleError::from(error).into()
}

fn texts(columns: &[String]) -> Vec<&str> {
    columns.iter().map(String::as_str).collect()
}

impl Puzzle {
    fn question(&self, input: &Input<'_>, columns: &[String]) -> Result<rules::Puzzle> {
        let text = match input {
            Input::Text(text) => text.clone(),
            Input::Cells(cells) => {
                let cells = cells.as_array();
                let n = self.rules.symbols().len();
                if let Some(cell) = cells.iter().find(|cell| usize::from(**cell) > n) {
                    return Err(Error::Config(format!("puzzle: cell {cell}, must be 0 to {n}")));
                }
                self.rules.text(&cells.iter().copied().collect::<Vec<u8>>())
            }
        };
        self.rules.puzzle(&text, &texts(columns)).map_err(error)
    }
}

#[pymethods]
impl Puzzle {
    #[new]
    fn new(text: &str) -> Result<Self> {
        Ok(Puzzle { rules: Arc::new(Rules::parse(text).map_err(error)?) })
    }

    /// That of a model that carries a file.
    #[staticmethod]
    fn of(engine: &Engine) -> Result<Option<Self>> {
        Ok(rules_of(engine.engine.model())?.map(|rules| Puzzle { rules: Arc::new(rules) }))
    }

    fn name(&self) -> &str {
        self.rules.name()
    }

    fn source(&self) -> &str {
        self.rules.source()
    }

    fn symbols(&self) -> String {
        self.rules.symbols().iter().collect()
    }

    fn n_cells(&self) -> usize {
        self.rules.shape().n_cells
    }

    fn grid(&self) -> Option<(usize, usize)> {
        self.rules.shape().grid
    }

    fn columns(&self) -> Vec<String> {
        self.rules.columns().map(String::from).collect()
    }

    /// The cells as text, a drawing, the number of solutions up to two, and the region of each cell.
    #[allow(clippy::type_complexity)]
    fn check<'py>(
        &self,
        py: Python<'py>,
        puzzle: Input<'py>,
        columns: Vec<String>,
    ) -> Result<(String, String, Option<usize>, Option<Bound<'py, PyArray1<u32>>>)> {
        let question = guarded(|| self.question(&puzzle, &columns))?;
        let found = inline(py, |_| Ok(solutions(&question, Limits::default())))?;
        let n_solutions = match found {
            Solutions::None => Some(0),
            Solutions::One(_) => Some(1),
            Solutions::Several => Some(2),
            Solutions::Unknown { .. } => None,
        };
        let symbol = |cell: usize| self.rules.symbol(question.cells[cell]).into();
        let drawing = self.rules.board(&question.structure, symbol);
        let regions = self.rules.regions(&question.structure).map(|regions| regions.into_pyarray(py));
        Ok((self.rules.text(&question.cells), drawing.trim_end().into(), n_solutions, regions))
    }

    /// Makes puzzles on all threads.
    fn generate(&self, py: Python<'_>, count: usize, seed: u64, extra: f64) -> Result<Vec<RowTuple>> {
        let rules = self.rules.clone();
        let recipe = Recipe { extra, ..Recipe::default() };
        let made = in_background(py, &*pool(None)?, move |interrupt: Interrupt| {
            let row = |index| {
                interrupt.clone().check()?;
                generate_row(&rules, seed, index, &recipe).map_err(error)
            };
            (0..count as u64).into_par_iter().map(row).collect::<Result<Vec<Row>>>()
        })?;
        let row = |row: Row| {
            let (question, answer) = (self.rules.text(&row.puzzle.cells), self.rules.text(&row.solution));
            (question, answer, row.rating, row.puzzle.columns)
        };
        Ok(made.into_iter().map(row).collect())
    }

    /// Writes rows as a CSV, after a look at each.
    fn save_rows(&self, path: PathBuf, rows: Vec<RowTuple>) -> Result<()> {
        let checked = |(i, (question, answer, rating, columns)): (usize, RowTuple)| {
            let read = self.rules.row(&question, &answer, &texts(&columns)).map_err(error);
            let (puzzle, solution) = read.at(|| format!("row {i}"))?;
            Ok(Row { source: "trm".into(), puzzle, solution, rating })
        };
        let rows: Vec<Row> = rows.into_iter().enumerate().map(checked).collect::<Result<_>>()?;
        let mut csv = Vec::new();
        rules::write_rules_csv(&mut csv, &self.rules, &rows)?;
        let written = trm_core::file::replace(&path, |file: &mut File| file.write_all(&csv));
        written.map_err(|source| Error::io(&path, source))
    }

    /// Reads the rows of a CSV.
    fn read_rows(&self, path: PathBuf) -> Result<Vec<RowTuple>> {
        let file = File::open(&path).map_err(|source| Error::io(&path, source))?;
        let rows = rules::read_rules_csv(file, self.rules.clone());
        let row = |row: std::result::Result<Row, PuzzleError>| -> std::result::Result<RowTuple, PuzzleError> {
            let Row { puzzle, solution, rating, .. } = row?;
            Ok((self.rules.text(&puzzle.cells), self.rules.text(&solution), rating, puzzle.columns))
        };
        let rows: std::result::Result<_, PuzzleError> = rows.map(row).collect();
        rows.at(|| path.display().to_string())
    }

    /// A model for this kind: fresh weights, with a configuration as JSON.
    fn untrained(&self, py: Python<'_>, config: &str) -> Result<Engine> {
        let builder = rules_builder(&self.rules);
        let base = builder.hidden_dim(32).ffn_dim(64).n_blocks(2).latent_iterations(6).max_k(64).build()?;
        let config = TrmConfig { mixer: base.mixer.clone(), ..crate::engine::merged(&base, config)? };
        let mut model = inline(py, |_| Ok(Model::new(config)?))?;
        model.note.insert(PUZZLE_NOTE.into(), self.rules.source().into());
        Ok(Engine::of(model))
    }

    /// A model for this kind that begins with the weights of another.
    fn init(&self, py: Python<'_>, engine: &Engine) -> Result<Engine> {
        let model = engine.engine.model();
        Ok(Engine::of(inline(py, |_| Ok(init_rules(model, &self.rules)?))?))
    }
}

/// Answers the puzzles of a file.
#[pyclass(frozen, module = "trm._trm")]
pub struct RulesSolver {
    puzzle: Py<Puzzle>,
    engine: Arc<TrmEngine>,
    task: RulesTask,
    learned: Learned,
}

impl RulesSolver {
    fn job(
        &self,
        py: Python<'_>,
        input: &Input<'_>,
        columns: &[String],
        options: &Options,
    ) -> Result<Job<RulesTask>> {
        let question = self.puzzle.get().question(input, columns)?;
        let (task, style) = (self.task.clone(), self.task.rules().clone());
        if options.check {
            let found = inline(py, |_| Ok(solutions(&question, Limits::default())))?;
            if found == Solutions::None {
                return Err(error(RulesError::NoSolution));
            }
        }
        let engine = match options.needs_predictor() {
            true => self.learned.engine(&self.engine, task.clone())?,
            false => self.engine.clone(),
        };
        let engine = match style.structure() {
            Some(_) => engine,
            // Groups came with the puzzle.
            None => Arc::new(fitted(&engine, &task.encode(&question))?.into_owned()),
        };
        Ok(Job { engine, task, question, style })
    }
}

#[pymethods]
impl RulesSolver {
    #[new]
    fn new(puzzle: Py<Puzzle>, engine: &Engine, halting_state: Option<Vec<u8>>) -> Result<Self> {
        let (rules, own) = (puzzle.get().rules.clone(), &engine.engine);
        let made = fit_rules(own.model(), &rules)?.with_precision(own.precision())?;
        let engine = Arc::new(made.with_threads(own.threads()).with_seed(own.seed()));
        Ok(RulesSolver { puzzle, engine, task: RulesTask::new(rules), learned: Learned::of(halting_state) })
    }

    fn solve<'py>(
        &self,
        py: Python<'py>,
        puzzle: Input<'py>,
        columns: Vec<String>,
        options: Options,
    ) -> Result<SolvedTuple<'py>> {
        let settings = options.settings(&self.engine)?;
        solve_one(py, guarded(|| self.job(py, &puzzle, &columns, &options))?, settings)
    }

    fn solve_many<'py>(
        &self,
        py: Python<'py>,
        puzzles: Vec<(Input<'py>, Vec<String>)>,
        options: Options,
        threads: Option<usize>,
    ) -> Result<Vec<SolvedTuple<'py>>> {
        let settings = options.settings(&self.engine)?;
        let jobs = puzzles.iter().enumerate();
        let jobs: Result<Vec<_>> =
            jobs.map(|(i, (puzzle, columns))| job(i, || self.job(py, puzzle, columns, &options))).collect();
        solve_all(py, jobs?, settings, threads)
    }

    fn steps(
        &self,
        py: Python<'_>,
        puzzle: Input<'_>,
        columns: Vec<String>,
        options: Options,
        after_halt: bool,
    ) -> Result<PuzzleSteps> {
        let settings = options.settings(&self.engine)?;
        steps_of(py, guarded(|| self.job(py, &puzzle, &columns, &options))?, &settings, after_halt)
    }
}
