//! Models, and the steps of a puzzle, as JavaScript classes.

use crate::js::{self, Answer, ModelConfig, NextStep, Solution, Step};
use crate::run::{self, CellProbabilities, Run, StepView};
use trm_core::TrmEngine;
use trm_tasks::{MazeTask, PUZZLE_NOTE, SudokuTask};
use wasm_bindgen::prelude::*;

/// Whole numbers from here on are not all numbers of JavaScript.
const MAX_SEED: f64 = (1u64 << 53) as f64;

/// A model: an embedded one, or one that was read from a file.
#[wasm_bindgen]
pub struct Model {
    pub(crate) engine: TrmEngine,
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

    /// The puzzle that the model is for: `"file"` where it carries a puzzle file, or the one whose questions have its
    /// shape, `"sudoku"`, `"maze"` or undefined.
    #[wasm_bindgen(getter)]
    pub fn puzzle(&self) -> Option<String> {
        if self.engine.model().note.contains_key(PUZZLE_NOTE) {
            return Some("file".into());
        }
        let config = self.engine.model().config();
        let fits = |puzzle: &str, fits| if fits { Some(puzzle.to_owned()) } else { None };
        fits("sudoku", SudokuTask::of(config).is_ok()).or_else(|| fits("maze", MazeTask::of(config).is_ok()))
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
}

/// A run of any puzzle.
trait Running {
    fn halted(&self) -> bool;
    fn early_stopped(&self) -> bool;
    fn advance(&mut self) -> StepView;
}

impl<T: CellProbabilities> Running for Run<T> {
    fn halted(&self) -> bool {
        Run::halted(self)
    }

    fn early_stopped(&self) -> bool {
        Run::early_stopped(self)
    }

    fn advance(&mut self) -> StepView {
        Run::advance(self)
    }
}

/// The supervision steps of one puzzle: an iterator that ends where the model stops.
#[wasm_bindgen]
pub struct Steps(Box<dyn Running>);

impl Steps {
    pub(crate) fn of<T: CellProbabilities + 'static>(run: Run<T>) -> Self {
        Steps(Box::new(run))
    }

    /// Runs until the model stops.
    pub(crate) fn solve(mut self) -> Solution {
        let mut trace = Vec::new();
        loop {
            let view = self.0.advance();
            trace.push(view.trace);
            if view.halted {
                return js::solution(view, self.0.early_stopped(), &trace);
            }
        }
    }
}

#[wasm_bindgen]
impl Steps {
    /// One more step; done where the model has stopped.
    #[wasm_bindgen(js_name = next)]
    pub fn next_step(&mut self) -> NextStep {
        let halted = self.0.halted();
        let value = if halted { JsValue::UNDEFINED } else { self.advance().into() };
        js::object(&[("done", halted.into()), ("value", value)]).unchecked_into()
    }

    /// One more step, after the model has stopped too.
    pub fn advance(&mut self) -> Step {
        self.0.advance().into()
    }
}
