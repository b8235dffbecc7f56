//! Arrays and slices give the same answers, and a wrong shape is named with the right one.

use ndarray::{Array2, ArrayView2, ShapeBuilder};
use trm_core::{TrmConfig, TrmEngine, TrmError};

const N: usize = 5;

fn engine() -> TrmEngine {
    let builder = TrmConfig::builder().hidden_dim(12).embedding_dim(4).answer_dim(3);
    TrmEngine::new(builder.build().expect("valid"))
}

fn numbers(rows: usize, columns: usize) -> Array2<f32> {
    Array2::from_shape_fn((rows, columns), |(i, j)| ((3 * i + 5 * j) as f32).sin())
}

fn slice(array: &Array2<f32>) -> &[f32] {
    array.as_slice().expect("row-major")
}

#[test]
fn arrays_answer_as_slices_do() {
    let (engine, question, answer) = (engine(), numbers(N, 4), numbers(N, 3));
    let expected = engine.reason(slice(&question), slice(&answer), Some(3));
    let found = engine.reason_array(question.view(), answer.view(), Some(3)).expect("fitting shapes");
    assert_eq!(found, expected);
    assert_eq!(
        (found.answer_array().dim(), found.answer_array().as_slice()),
        ((N, 3), Some(&*expected.answer))
    );
    // Columns first in memory: the same array, copied.
    let mut turned = Array2::zeros((N, 4).f());
    turned.assign(&question);
    assert!(turned.view().to_slice().is_none());
    assert_eq!(engine.reason_array(turned.view(), answer.view(), Some(3)).expect("the same"), expected);
    let mut steps = engine.steps_array(question.view(), answer.view()).expect("fitting shapes");
    for _ in 0..3 {
        steps.advance();
    }
    assert_eq!(steps.answer_array().as_slice(), Some(&*expected.answer));
    assert_eq!(steps.states_array().dim(), (N, 12));
}

#[test]
fn one_row_is_for_all_tokens() {
    let (engine, row, answer) = (engine(), numbers(1, 4), numbers(N, 3));
    let repeated = row.broadcast((N, 4)).expect("one row").to_owned();
    let all = engine.reason_array(repeated.view(), answer.view(), Some(2)).expect("fitting");
    assert_eq!(engine.reason_array(row.view(), answer.view(), Some(2)).expect("fitting").answer, all.answer);
}

#[test]
fn wrong_shapes_are_named_with_the_right_ones() {
    let engine = engine();
    let error = |question: ArrayView2<f32>, answer: ArrayView2<f32>| {
        let error = engine.reason_array(question, answer, Some(1)).expect_err("a wrong shape");
        assert!(matches!(error, TrmError::ArrayShape { .. }), "{error:?}");
        error.to_string()
    };
    let (question, answer) = (numbers(N, 4), numbers(N, 3));
    for (rows, columns) in [(N, 3), (N + 1, 4), (0, 4)] {
        let text = error(numbers(rows, columns).view(), answer.view());
        assert_eq!(text, format!("question: an array of {rows} x {columns}, expected 1 x 4 or 5 x 4"));
    }
    for (rows, columns) in [(N, 4), (0, 3)] {
        let text = error(question.view(), numbers(rows, columns).view());
        assert_eq!(text, format!("answer: an array of {rows} x {columns}, expected tokens x 3"));
    }
    let mut nan = question.clone();
    nan[(1, 2)] = f32::NAN;
    let error = engine.reason_array(nan.view(), answer.view(), None).expect_err("a NaN");
    assert!(matches!(error, TrmError::NotFinite { index: 6, .. }), "{error}");
}
