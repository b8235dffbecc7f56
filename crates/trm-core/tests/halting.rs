//! A predictor ends adaptive runs, and only those.

use std::sync::Arc;
use trm_core::{HaltingPredictor, HaltingQuery, StepTrace, TrmConfig, TrmEngine};

/// Ends a run after as many steps as the first value of the question, or, where the second is positive, at the
/// first confidence above 0.
#[derive(Debug)]
struct FromQuestion;

impl HaltingPredictor for FromQuestion {
    fn predict(&self, query: HaltingQuery<'_>) -> usize {
        (query.question[0] as usize).clamp(1, query.max_k)
    }

    fn plan(&self, query: HaltingQuery<'_>) -> Box<dyn FnMut(StepTrace) -> bool + Send> {
        let (mut left, confident) = (self.predict(query), query.question[1] > 0.0);
        Box::new(move |step| {
            left -= 1;
            left == 0 || (confident && step.confidence > 0.0)
        })
    }
}

fn engine() -> TrmEngine {
    TrmEngine::new(
        TrmConfig::builder().embedding_dim(4).answer_dim(1).max_k(7).build().expect("a small model"),
    )
}

#[test]
fn a_predictor_ends_adaptive_runs_alone() {
    let (plain, planned) = (engine(), engine().with_halting(Arc::new(FromQuestion)));
    assert!(plain.halting().is_none() && planned.halting().is_some());
    for (first, expected, early) in
        [(1.0, 1, true), (3.0, 3, true), (6.0, 6, true), (7.0, 7, false), (9.0, 7, false)]
    {
        let question = [first, 0.0, 0.0, 1.0];
        let result = planned.reason(&question, &[0.0; 5], None);
        assert_eq!((result.iterations_used, result.early_stopped), (expected, early), "{first}");
        // The steps themselves do not change, only their number.
        assert_eq!(result.answer, plain.reason(&question, &[0.0; 5], Some(expected)).answer);
        assert_eq!(planned.reason(&question, &[0.0; 5], Some(2)).iterations_used, 2);
    }
}

#[test]
fn a_predictor_sees_the_steps_and_survives_a_clone() {
    let planned = engine().with_halting(Arc::new(FromQuestion)).clone().with_grid(1, 5);
    let result = planned.reason(&[5.0, 1.0, 0.0, 0.0], &[0.0; 5], None);
    assert_eq!(result.iterations_used, 1, "any confidence was enough");
    let batch = planned.reason_batch(&[([2.0, 0.0, 0.0, 1.0], [0.0; 5])], None);
    assert_eq!(batch[0].as_ref().expect("a valid question").iterations_used, 2);
}
