//! Laws that hold for any weights and questions.

use proptest::prelude::*;
use trm_core::{
    ABSENT_LOGIT, GIVEN_LOGIT, GroupRelation, Mixer, Model, Output, Relations, TrmConfig, TrmEngine,
};

/// Tokens of the questions below.
const N: usize = 12;

fn engine(group_of: Vec<u32>, given: Option<usize>, seed: u64) -> TrmEngine {
    let pairs = (0..N as u32).map(|t| t / 2).collect();
    let relation = |name: &str, matrix, group_of| GroupRelation { name: name.into(), matrix, group_of };
    let relations = vec![relation("pair", 0, pairs), relation("other", 1, group_of)];
    let config = TrmConfig::builder()
        .hidden_dim(16)
        .ffn_dim(16)
        .embedding_dim(3)
        .answer_dim(1)
        .given_feature(given)
        .output(Output::GroupSoftmax { relation: 0 })
        .mixer(Mixer::Relational(Relations::Groups { scale: 0.5, relations }))
        .seed(seed)
        .build()
        .expect("valid");
    let mut model = Model::new(config).expect("valid");
    // A head that is not zero, so that the answers tell the tokens apart.
    let head = model.layout().get("head.weight").expect("there").range.clone();
    model.params[head].iter_mut().enumerate().for_each(|(i, w)| *w = (i as f32 + 0.5).sin());
    model.into()
}

fn groups() -> impl Strategy<Value = Vec<u32>> {
    prop::collection::vec(0..4u32, N)
}

fn question() -> impl Strategy<Value = Vec<f32>> {
    let row = prop_oneof![Just([0.0; 3]), Just([1.0, 0.0, 0.0]), Just([0.0, 1.0, 0.0])];
    prop::collection::vec(row, N).prop_map(|rows| rows.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn exactly_k_steps_are_those_of_the_iterator(groups in groups(), q in question(), k in 1..6usize) {
        let engine = engine(groups, None, 3);
        let result = engine.reason(&q, &[0.0; N], Some(k));
        let mut steps = engine.steps(&q, &[0.0; N]).expect("fits");
        let trace: Vec<_> = steps.by_ref().take(k).collect();
        prop_assert_eq!(result.iterations_used, k);
        prop_assert_eq!(&result.trace, &trace);
        prop_assert_eq!(result.answer, steps.answer());
        prop_assert!((0.0..=1.0).contains(&result.confidence));
    }

    #[test]
    fn absent_and_given_tokens_have_their_constants(groups in groups(), mut q in question(), given in 0..N) {
        q[given * 3..given * 3 + 3].copy_from_slice(&[0.0, 0.0, 1.0]);
        let answer = engine(groups, Some(2), 4).reason(&q, &[0.0; N], Some(2)).answer;
        for (t, row) in q.chunks(3).enumerate() {
            if t == given {
                prop_assert_eq!(answer[t], GIVEN_LOGIT);
            } else if row == [0.0; 3] {
                prop_assert_eq!(answer[t], ABSENT_LOGIT);
            } else {
                prop_assert!(answer[t].abs() < 1e3);
            }
        }
    }

    #[test]
    fn renaming_groups_changes_nothing(groups in groups(), q in question()) {
        let renamed = groups.iter().map(|g| 11 - 2 * g).collect();
        let a = engine(groups, None, 5).reason(&q, &[0.0; N], Some(3)).answer;
        let b = engine(renamed, None, 5).reason(&q, &[0.0; N], Some(3)).answer;
        for (a, b) in a.iter().zip(&b) {
            prop_assert!((a - b).abs() < 1e-4, "{} {}", a, b);
        }
    }

    #[test]
    fn reordering_pairs_reorders_the_answer(groups in groups(), q in question(), shift in 1..6usize) {
        // Pairs stay pairs when whole pairs move round.
        let from = |t: usize| (t + 2 * shift) % N;
        let moved_groups = (0..N).map(|t| groups[from(t)]).collect();
        let moved: Vec<f32> = (0..N).flat_map(|t| q[from(t) * 3..from(t) * 3 + 3].to_vec()).collect();
        let answer = engine(groups, None, 6).reason(&q, &[0.0; N], Some(3)).answer;
        let moved_answer = engine(moved_groups, None, 6).reason(&moved, &[0.0; N], Some(3)).answer;
        for t in 0..N {
            prop_assert!((moved_answer[t] - answer[from(t)]).abs() < 1e-4);
        }
    }

    #[test]
    fn a_batch_gives_what_one_by_one_gives(groups in groups(), qs in prop::collection::vec(question(), 1..5)) {
        let engine = engine(groups, None, 7);
        let batch: Vec<_> = qs.iter().map(|q| (q.clone(), vec![0.0; N])).collect();
        for (result, q) in engine.reason_batch(&batch, Some(2)).into_iter().zip(&qs) {
            prop_assert_eq!(result.expect("fits"), engine.reason(q, &[0.0; N], Some(2)));
        }
    }

    #[test]
    fn the_first_rollout_has_no_noise(groups in groups(), q in question()) {
        let engine = engine(groups, None, 8);
        let rollouts = engine.reason_many(&q, &[0.0; N], Some(2), 3, 0.5, 1).expect("fits");
        prop_assert_eq!(&rollouts[0], &engine.reason(&q, &[0.0; N], Some(2)));
        let again = engine.reason_many(&q, &[0.0; N], Some(2), 3, 0.5, 1).expect("fits");
        prop_assert_eq!(rollouts, again);
    }
}
