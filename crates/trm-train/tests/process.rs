//! Training that follows an algorithm's course.

mod common;

use common::{BelowStart, config, model};
use trm_core::kernel::Isa;
use trm_core::model::{StepOutput, Workspace};
use trm_core::{Graph, Model};
use trm_train::{Answer, Checkpoint, Data, Method, OptimizerConfig, Process, Sample, TrainConfig, Trainer};

/// The marks are due after the second step; a hint says after the first where they will be.
struct Later;

impl Data for Later {
    fn describe(&self) -> String {
        "below the start, one step later".into()
    }

    fn sample(&self, index: u64) -> Sample {
        let sample = BelowStart.sample(index);
        let Answer::Marks(marks) = &sample.answer else { unreachable!("marks") };
        let from = |step| marks.iter().map(|marked| if *marked { step } else { Process::NEVER }).collect();
        let process = Process { marks_from: from(1), hints_from: from(0) };
        Sample { process: Some(process), ..sample }
    }
}

fn hinted() -> Model {
    let config = trm_core::TrmConfig { hint_dim: 1, ..model().config().clone() };
    Model::new(config).expect("valid")
}

fn settings(steps: u64) -> TrainConfig {
    let optimizer = OptimizerConfig { learning_rate: 1e-2, ..config(steps).optimizer };
    TrainConfig { batch: 16, max_supervision_steps: 9, optimizer, ..config(steps) }
}

#[test]
fn a_net_answers_when_it_is_due() {
    let mut trainer = Trainer::new(hinted(), settings(400), &Later).expect("valid");
    (0..400).for_each(|_| trainer.step().expect("finite"));
    let model = trainer.averaged();
    let mut in_time = [0; 2];
    for index in 1000..1100 {
        let sample = Later.sample(index);
        let Answer::Marks(marks) = &sample.answer else { unreachable!("marks") };
        let mut graph = Graph::default();
        model.build_graph(&sample.question, marks.len(), sample.width, &mut graph);
        let (mut state, mut output) = (model.start(&graph, &[]), StepOutput::default());
        for (step, in_time) in in_time.iter_mut().enumerate() {
            let (question, work) = (&sample.question, &mut Workspace::default());
            model.step(Isa::best(), &graph, question, &mut state, &mut output, work);
            let due = |t: usize| marks[t] && step > 0;
            let right = graph.live.iter().zip(&output.logits).all(|(t, x)| (*x > 0.0) == due(*t as usize));
            *in_time += usize::from(right);
        }
    }
    assert!(
        in_time[0] > 95 && in_time[1] > 95,
        "{in_time:?} of 100 right after the first and the second step"
    );
}

#[test]
fn a_question_leaves_once_all_was_due() {
    // Its steps are at most those of the process and of its lingering.
    let process = Later.sample(0).process.expect("a process");
    assert_eq!(process.n_steps(), if process.marks_from.iter().any(|from| *from < 9) { 2 } else { 0 });
    let never = TrainConfig { max_supervision_steps: 1000, linger: 0, ..settings(40) };
    let slow = OptimizerConfig { learning_rate: 1e-9, ..never.optimizer.clone() };
    let mut trainer =
        Trainer::new(hinted(), TrainConfig { optimizer: slow, ..never }, &Later).expect("valid");
    (0..40).for_each(|_| trainer.step().expect("finite"));
    // 16 questions at a time, each for at most three steps.
    assert!(trainer.checkpoint().next_index >= 16 * 40 / 3, "{}", trainer.checkpoint().next_index);
}

#[test]
fn a_resumed_run_has_the_same_bits() {
    for method in [Method::Muon, Method::AdamW] {
        let base = settings(12);
        let optimizer = OptimizerConfig { method, ..base.optimizer.clone() };
        let config = TrainConfig { optimizer, state_noise: 0.1, ..base };
        let mut whole = Trainer::new(hinted(), config.clone(), &Later).expect("valid");
        (0..12).for_each(|_| whole.step().expect("finite"));
        let mut first = Trainer::new(hinted(), config.clone(), &Later).expect("valid");
        (0..5).for_each(|_| first.step().expect("finite"));
        let checkpoint: Checkpoint = first.checkpoint();
        let mut second = Trainer::resume(hinted(), config, &Later, checkpoint).expect("the same run");
        (0..7).for_each(|_| second.step().expect("finite"));
        assert_eq!(whole.averaged().params, second.averaged().params, "{method:?}");
    }
}

#[test]
fn noise_on_the_state_moves_the_weights() {
    let trained = |state_noise| {
        let config = TrainConfig { state_noise, ..settings(3) };
        let mut trainer = Trainer::new(hinted(), config, &Later).expect("valid");
        (0..3).for_each(|_| trainer.step().expect("finite"));
        trainer.averaged().params
    };
    let noisy = trained(0.5);
    assert_ne!(noisy, trained(0.0));
    assert_eq!(noisy, trained(0.5));
}
