//! What goes over to JavaScript: plain objects, errors and the types of both.

use crate::run::StepView;
use js_sys::{Array, Float32Array, Object, Reflect};
use trm_core::{StepTrace, TrmResult};
use wasm_bindgen::prelude::*;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = include_str!("types.d.ts");

#[wasm_bindgen]
extern "C" {
    /// One supervision step.
    #[wasm_bindgen(typescript_type = "Step")]
    pub type Step;
    /// What `next()` returns.
    #[wasm_bindgen(typescript_type = "IteratorResult<Step, undefined>")]
    pub type NextStep;
    /// An answered puzzle.
    #[wasm_bindgen(typescript_type = "Solution")]
    pub type Solution;
    /// A refined answer.
    #[wasm_bindgen(typescript_type = "TrmResult")]
    pub type Answer;
    /// What a checked Sudoku is.
    #[wasm_bindgen(typescript_type = "SudokuCheck")]
    pub type SudokuCheck;
    /// What a checked maze is.
    #[wasm_bindgen(typescript_type = "MazeCheck")]
    pub type MazeCheck;
    /// Groups that come with a puzzle, by the names of their columns.
    #[wasm_bindgen(typescript_type = "PuzzleColumns")]
    pub type PuzzleColumns;
    /// What a checked puzzle of a file is.
    #[wasm_bindgen(typescript_type = "PuzzleCheck")]
    pub type PuzzleCheck;
    /// A puzzle that was made.
    #[wasm_bindgen(typescript_type = "GeneratedPuzzle")]
    pub type GeneratedPuzzle;
    /// A model's configuration.
    #[wasm_bindgen(typescript_type = "ModelConfig")]
    pub type ModelConfig;
}

/// A plain object.
pub fn object(fields: &[(&str, JsValue)]) -> JsValue {
    let object = Object::new();
    for (name, value) in fields {
        // Setting a field of a fresh object cannot fail.
        let _ = Reflect::set(&object, &JsValue::from_str(name), value);
    }
    object.into()
}

/// A JavaScript `Error` with the message of one of ours.
pub fn error(error: impl std::fmt::Display) -> JsValue {
    js_sys::Error::new(&error.to_string()).into()
}

/// The error with the cells that it is about, as pairs of row and column from 0.
pub fn with_cells(thrown: JsValue, cells: Vec<(usize, usize)>) -> JsValue {
    let pair = |(row, column): (usize, usize)| Array::of2(&number(row), &number(column));
    let cells: Array = cells.into_iter().map(pair).collect();
    let _ = Reflect::set(&thrown, &JsValue::from_str("cells"), &cells);
    thrown
}

/// A count; those here are far below 2^53.
pub fn number(n: usize) -> JsValue {
    JsValue::from_f64(n as f64)
}

impl From<StepView> for Step {
    fn from(view: StepView) -> Step {
        object(&[
            ("k", number(view.k)),
            ("confidence", view.trace.confidence.into()),
            ("changed", view.trace.changed.into()),
            ("sureness", view.trace.sureness.into()),
            ("probabilities", Float32Array::from(&view.probabilities[..]).into()),
            ("activity", Float32Array::from(&view.activity[..]).into()),
            ("answer", view.answer.into()),
            ("verified", view.fault.is_none().into()),
            ("fault", view.fault.into()),
            ("halted", view.halted.into()),
        ])
        .unchecked_into()
    }
}

/// The solution that a run ended with.
pub fn solution(last: StepView, early_stopped: bool, trace: &[StepTrace]) -> Solution {
    object(&[
        ("answer", last.answer.into()),
        ("verified", last.fault.is_none().into()),
        ("fault", last.fault.into()),
        ("k", number(last.k)),
        ("confidence", last.trace.confidence.into()),
        ("early_stopped", early_stopped.into()),
        ("trace", trace_array(trace)),
    ])
    .unchecked_into()
}

impl From<TrmResult> for Answer {
    fn from(result: TrmResult) -> Answer {
        object(&[
            ("answer", Float32Array::from(&result.answer[..]).into()),
            ("iterations_used", number(result.iterations_used)),
            ("confidence", result.confidence.into()),
            ("early_stopped", result.early_stopped.into()),
            ("trace", trace_array(&result.trace)),
        ])
        .unchecked_into()
    }
}

fn trace_array(trace: &[StepTrace]) -> JsValue {
    let entry = |step: &StepTrace| {
        object(&[
            ("confidence", step.confidence.into()),
            ("changed", step.changed.into()),
            ("sureness", step.sureness.into()),
        ])
    };
    trace.iter().map(entry).collect::<Array>().into()
}
