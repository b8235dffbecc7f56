//! Same seed, same bits: for any number of threads, and across a stop and a resume.

mod common;

use common::{BelowStart, config, model};
use trm_core::Precision;
use trm_train::{Checkpoint, TrainConfig, TrainError, Trainer};

fn bits(checkpoint: &Checkpoint) -> Vec<u32> {
    checkpoint.params.iter().chain(&checkpoint.optimizer.ema).map(|p| p.to_bits()).collect()
}

fn run(steps: u64) -> Checkpoint {
    run_with(config(40), steps)
}

fn run_with(config: TrainConfig, steps: u64) -> Checkpoint {
    let mut trainer = Trainer::new(model(), config, &BelowStart).expect("valid");
    for _ in 0..steps {
        trainer.step().expect("finite");
    }
    trainer.checkpoint()
}

fn on_threads(config: TrainConfig, n: usize) -> Checkpoint {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(n).build().expect("threads");
    pool.install(|| run_with(config, 30))
}

#[test]
fn threads_do_not_change_a_bit() {
    let one = on_threads(config(40), 1);
    for n in [2, 4] {
        let many = on_threads(config(40), n);
        assert_eq!(bits(&one), bits(&many), "{n} threads");
        assert_eq!((one.next_index, &one.slots), (many.next_index, &many.slots));
    }
}

#[test]
fn another_seed_changes_the_run() {
    let mut other = config(40);
    other.seed += 1;
    assert_ne!(bits(&run_with(other, 30)), bits(&run(30)));
}

#[test]
fn a_resumed_run_goes_on_bit_for_bit() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("checkpoint.bin");
    run(17).save(&path).expect("saved");
    let loaded = Checkpoint::load(&path).expect("loaded");
    let mut trainer = Trainer::resume(model(), config(40), &BelowStart, loaded).expect("same run");
    for _ in 17..40 {
        trainer.step().expect("finite");
    }
    let (resumed, whole) = (trainer.checkpoint(), run(40));
    assert_eq!(bits(&resumed), bits(&whole));
    assert_eq!(resumed.slots, whole.slots);
    assert_eq!(resumed.optimizer, whole.optimizer);
}

#[test]
fn a_checkpoint_of_another_run_is_refused() {
    let mut other = config(40);
    other.optimizer.learning_rate *= 2.0;
    let bf16 = TrainConfig { precision: Precision::Bf16, ..config(40) };
    for (other, named) in [(other, "learning_rate"), (bf16, "precision")] {
        match Trainer::resume(model(), other, &BelowStart, run(1)).err() {
            Some(TrainError::OtherRun { reason }) => assert!(reason.contains(named), "{reason}"),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_run_in_bf16_is_another_run_with_bits_of_its_own() {
    let bf16 = |n| on_threads(TrainConfig { precision: Precision::Bf16, ..config(40) }, n);
    let one = bf16(1);
    assert_eq!(bits(&one), bits(&bf16(3)));
    assert_ne!(bits(&one), bits(&run(30)));
}

#[test]
fn training_lowers_the_loss() {
    [Precision::F32, Precision::Bf16].into_iter().for_each(lowers_the_loss);
}

fn lowers_the_loss(precision: Precision) {
    let config = TrainConfig { precision, ..config(600) };
    let mut trainer = Trainer::new(model(), config, &BelowStart).expect("valid");
    let mut window = |steps: u64| {
        for _ in 0..steps {
            trainer.step().expect("finite");
        }
        trainer.progress()
    };
    let (first, _, last) = (window(20), window(560), window(20));
    assert!(last.loss < 0.5 * first.loss, "{} to {}", first.loss, last.loss);
    assert!(last.batch_exact > first.batch_exact, "{} to {}", first.batch_exact, last.batch_exact);
}
