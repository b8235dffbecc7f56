//! The answer channel in training: when leaked episodes end, and the same seed gives the same bits.

mod common;

use common::{BelowStart, config};
use trm_core::{AnswerChannel, Model, TrmConfig};
use trm_train::{Checkpoint, LeakConfig, TrainConfig, TrainError, Trainer};

fn model() -> Model {
    let config =
        TrmConfig { answer_channel: Some(AnswerChannel::constant(1.0)), ..common::model().config().clone() };
    Model::new(config).expect("valid")
}

fn leaking(share: f64) -> TrainConfig {
    TrainConfig {
        max_supervision_steps: 6,
        leak: Some(LeakConfig { share, delayed: 0.5, until_right: true }),
        ..config(60)
    }
}

fn run(share: f64, threads: usize) -> Checkpoint {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
    pool.install(|| {
        let mut trainer = Trainer::new(model(), leaking(share), &BelowStart).expect("valid");
        (0..30).for_each(|_| trainer.step().expect("finite"));
        trainer.checkpoint()
    })
}

fn channel_weights(checkpoint: &Checkpoint) -> Vec<f32> {
    let range = model().layout().get("channel.weight").expect("a channel").range.clone();
    checkpoint.params[range].to_vec()
}

#[test]
fn the_channel_is_trained_the_same_on_any_threads() {
    let (one, two) = (run(0.7, 1), run(0.7, 2));
    assert_eq!(one.params, two.params);
    assert_eq!(one.slots, two.slots);
    assert!(channel_weights(&one).iter().all(|w| *w != 0.0));
    assert_ne!(one.params, run(0.0, 1).params, "a leak changes nothing");
}

#[test]
fn a_run_resumes_within_its_episodes() {
    let mut trainer = Trainer::resume(model(), leaking(1.0), &BelowStart, run(1.0, 1)).expect("same run");
    (0..10).for_each(|_| trainer.step().expect("finite"));
    let mut whole = Trainer::new(model(), leaking(1.0), &BelowStart).expect("valid");
    (0..40).for_each(|_| whole.step().expect("finite"));
    assert_eq!(trainer.checkpoint().params, whole.checkpoint().params);
    assert_eq!(trainer.checkpoint().slots, whole.checkpoint().slots);
}

#[test]
fn a_leaked_target_is_read() {
    // To the end, so that the batches hold the same questions.
    let whole = |share| LeakConfig { share, delayed: 0.5, until_right: false };
    let loss_after = |share| {
        let config = TrainConfig { leak: Some(whole(share)), ..leaking(share) };
        let mut trainer = Trainer::new(model(), config, &BelowStart).expect("valid");
        (0..40).for_each(|_| trainer.step().expect("finite"));
        trainer.progress();
        (0..20).for_each(|_| trainer.step().expect("finite"));
        trainer.progress().loss
    };
    let (leaked, noise) = (loss_after(1.0), loss_after(0.0));
    assert!(leaked < noise, "{leaked} with the target in the channel, {noise} without");
}

#[test]
fn an_episode_ends_once_it_is_right_or_at_its_end() {
    let questions_of = |until_right| {
        let leak = Some(LeakConfig { share: 1.0, delayed: 0.0, until_right });
        let config = TrainConfig { max_supervision_steps: 60, leak, linger: 0, ..config(60) };
        let mut trainer = Trainer::new(model(), config, &BelowStart).expect("valid");
        (0..60).for_each(|_| trainer.step().expect("finite"));
        trainer.checkpoint().next_index
    };
    let (right, end) = (questions_of(true), questions_of(false));
    assert!(right > end + end / 2, "{right} questions until they are right, {end} to the end");
    // What a checkpoint of before says, and what is the same run.
    let old: LeakConfig = serde_json::from_str(r#"{"share":1.0,"delayed":0.5}"#).expect("the old form");
    assert_eq!(old, LeakConfig { share: 1.0, delayed: 0.5, until_right: false });
    assert!(!serde_json::to_string(&old).expect("plain").contains("until_right"));
}

#[test]
fn leaks_out_of_place_are_refused() {
    let fails = |model: Model, config| match Trainer::new(model, config, &BelowStart) {
        Err(TrainError::Config { field, .. }) => field,
        _ => "",
    };
    assert_eq!(fails(common::model(), leaking(0.5)), "leak");
    assert_eq!(fails(model(), leaking(1.5)), "leak.share");
    let delayed = Some(LeakConfig { share: 0.5, delayed: f64::NAN, until_right: false });
    assert_eq!(fails(model(), TrainConfig { leak: delayed, ..leaking(0.5) }), "leak.delayed");
    assert_eq!(
        fails(model(), TrainConfig { max_supervision_steps: 3, ..leaking(0.5) }),
        "max_supervision_steps"
    );
}
