//! Models, and the steps of a puzzle, as JavaScript classes.

use crate::js::{self, Answer, ModelConfig, NextStep, Solution, Step};
use crate::run::{self, CellProbabilities, Run, StepView};
use puzzles::sudoku::SudokuText;
use trm_core::TrmEngine;
use trm_solve::{check_maze, maze_task, sized_sudoku};
use trm_tasks::{MazeTask, SudokuTask};
use wasm_bindgen::prelude::*;

/// Whole numbers from here on are not all numbers of JavaScript.
const MAX_SEED: f64 = (1u64 << 53) as f64;

/// A model: an embedded one, or one that was read from a file.
#[wasm_bindgen]
pub struct Model {
    engine: TrmEngine,
}

#[wasm_bindgen]
impl Model {
    /// Reads a model file (`.safetensors` with the configuration in its metadata).
    ///
    /// # Errors
    /// What is wrong with the file.
    #[wasm_bindgen(constructor)]
    pub fn new(bytes: &[u8]) -> Result<Model, JsValue> {
        let model = trm_core::Model::from_bytes(bytes).map_err(js::error)?;
        Ok(Model { engine: model.into() })
    }

    /// The embedded Sudoku model.
    pub fn sudoku() -> Model {
        Model { engine: run::sudoku_engine() }
    }

    /// The embedded maze model.
    pub fn maze() -> Model {
        Model { engine: run::maze_engine() }
    }

    /// What it is made of.
    #[wasm_bindgen(getter)]
    pub fn config(&self) -> Result<ModelConfig, JsValue> {
        let text = serde_json::to_string(self.engine.model().config()).map_err(js::error)?;
        Ok(js_sys::JSON::parse(&text)?.unchecked_into())
    }

    /// Seed of the noise in the answer channel of models that have one; 0 unless set. Another seed gives another run
    /// of the same puzzle.
    #[wasm_bindgen(getter)]
    pub fn seed(&self) -> f64 {
        self.engine.seed() as f64
    }

    /// Sets the seed of runs that begin from now on.
    ///
    /// # Errors
    /// For what is no whole number from 0 to 2^53 - 1.
    #[wasm_bindgen(setter)]
    pub fn set_seed(&mut self, seed: f64) -> Result<(), JsValue> {
        if !(0.0..MAX_SEED).contains(&seed) || seed.fract() != 0.0 {
            return Err(js::error(format!("the seed is {seed}, must be a whole number from 0 to 2^53 - 1")));
        }
        self.engine = self.engine.clone().with_seed(seed as u64);
        Ok(())
    }

    /// Trained numbers.
    #[wasm_bindgen(getter)]
    pub fn n_weights(&self) -> usize {
        self.engine.model().params.len()
    }

    /// The puzzle whose questions have the model's shape: `"sudoku"`, `"maze"` or undefined.
    #[wasm_bindgen(getter)]
    pub fn puzzle(&self) -> Option<String> {
        let config = self.engine.model().config();
        let fits = |puzzle: &str, fits| if fits { Some(puzzle.to_owned()) } else { None };
        fits("sudoku", SudokuTask::of(config).is_ok()).or_else(|| fits("maze", MazeTask::of(config).is_ok()))
    }

    /// Solves a Sudoku; see the function of this name.
    ///
    /// # Errors
    /// As that one, and where the model is not one for Sudoku.
    pub fn solve_sudoku(
        &self,
        text: &str,
        max_k: Option<u32>,
        boxes: Option<String>,
        notation: Option<String>,
    ) -> Result<Solution, JsValue> {
        Ok(solve(self.sudoku_run(text, max_k, boxes, notation)?))
    }

    /// The supervision steps of a Sudoku.
    ///
    /// # Errors
    /// As [`Model::solve_sudoku`].
    pub fn sudoku_steps(
        &self,
        text: &str,
        max_k: Option<u32>,
        boxes: Option<String>,
        notation: Option<String>,
    ) -> Result<Steps, JsValue> {
        Ok(Steps(Running::Sudoku(self.sudoku_run(text, max_k, boxes, notation)?)))
    }

    /// Solves a maze; see the function of this name.
    ///
    /// # Errors
    /// As that one, and where the model is not one for mazes.
    pub fn solve_maze(&self, text: &str, max_k: Option<u32>) -> Result<Solution, JsValue> {
        Ok(solve(self.maze_run(text, max_k)?))
    }

    /// The supervision steps of a maze.
    ///
    /// # Errors
    /// As [`Model::solve_maze`].
    pub fn maze_steps(&self, text: &str, max_k: Option<u32>) -> Result<Steps, JsValue> {
        Ok(Steps(Running::Maze(self.maze_run(text, max_k)?)))
    }

    /// Refines any answer (tokens x answer_dim numbers) to any question (tokens x embedding_dim numbers,
    /// or one row for all tokens): exactly `k` supervision steps, or without it until the confidence
    /// suffices. Height and width are for models of grids that are not square.
    ///
    /// # Errors
    /// Numbers of the wrong count or not finite, a `k` out of range.
    pub fn reason(
        &self,
        question: &[f32],
        answer: &[f32],
        k: Option<u32>,
        height: Option<u32>,
        width: Option<u32>,
    ) -> Result<Answer, JsValue> {
        let k = k.map(|k| k as usize);
        let result = match (height, width) {
            (Some(height), Some(width)) => {
                self.engine.clone().with_grid(height as usize, width as usize).try_reason(question, answer, k)
            }
            _ => self.engine.try_reason(question, answer, k),
        };
        Ok(result.map_err(js::error)?.into())
    }

    fn sudoku_run(
        &self,
        text: &str,
        max_k: Option<u32>,
        boxes: Option<String>,
        notation: Option<String>,
    ) -> Result<Run<SudokuTask>, JsValue> {
        let SudokuText { grid, notation } =
            run::parse_sudoku(text, boxes.as_deref(), notation.as_deref()).map_err(js::puzzle_error)?;
        run::judge_sudoku(&grid).map_err(js::puzzle_error)?;
        let (engine, task) = sized_sudoku(&self.engine, grid.geometry()).map_err(js::error)?;
        let run = Run::new(&engine, task, grid, max_k.map(|k| k as usize)).map_err(js::error)?;
        Ok(run.with_writer(move |answer| notation.line(answer)))
    }

    fn maze_run(&self, text: &str, max_k: Option<u32>) -> Result<Run<MazeTask>, JsValue> {
        let task = maze_task(&self.engine).map_err(js::error)?;
        let (maze, _) = run::parse_maze(text).map_err(js::puzzle_error)?;
        check_maze(&self.engine, &maze).map_err(js::error)?;
        Run::new(&self.engine, task, maze, max_k.map(|k| k as usize)).map_err(js::error)
    }
}

fn solve<T: CellProbabilities>(mut run: Run<T>) -> Solution {
    let mut trace = Vec::new();
    loop {
        let view = run.advance();
        trace.push(view.trace);
        if view.halted {
            return js::solution(view, run.early_stopped(), &trace);
        }
    }
}

enum Running {
    Sudoku(Run<SudokuTask>),
    Maze(Run<MazeTask>),
}

/// The supervision steps of one puzzle: an iterator that ends where the model stops.
#[wasm_bindgen]
pub struct Steps(Running);

#[wasm_bindgen]
impl Steps {
    /// One more step; done where the model has stopped.
    #[wasm_bindgen(js_name = next)]
    pub fn next_step(&mut self) -> NextStep {
        let halted = match &self.0 {
            Running::Sudoku(run) => run.halted(),
            Running::Maze(run) => run.halted(),
        };
        let value = if halted { JsValue::UNDEFINED } else { self.advance().into() };
        js::object(&[("done", halted.into()), ("value", value)]).unchecked_into()
    }

    /// One more step, after the model has stopped too.
    pub fn advance(&mut self) -> Step {
        let view: StepView = match &mut self.0 {
            Running::Sudoku(run) => run.advance(),
            Running::Maze(run) => run.advance(),
        };
        view.into()
    }
}
