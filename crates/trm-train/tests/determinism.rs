//! Same seed, same bits: for any number of threads, and across a stop and a resume.

mod common;

use common::{BelowStart, config, model};
use trm_train::{Checkpoint, TrainError, Trainer};

fn bits(checkpoint: &Checkpoint) -> Vec<u32> {
    checkpoint.params.iter().chain(&checkpoint.optimizer.ema).map(|p| p.to_bits()).collect()
}

fn run(steps: u64) -> Checkpoint {
    let mut trainer = Trainer::new(model(), config(40), &BelowStart).expect("valid");
    for _ in 0..steps {
        trainer.step().expect("finite");
    }
    trainer.checkpoint()
}

fn on_threads(n: usize) -> Checkpoint {
    rayon::ThreadPoolBuilder::new().num_threads(n).build().expect("threads").install(|| run(30))
}

#[test]
fn threads_do_not_change_a_bit() {
    let one = on_threads(1);
    for n in [2, 4] {
        let many = on_threads(n);
        assert_eq!(bits(&one), bits(&many), "{n} threads");
        assert_eq!((one.next_index, &one.slots), (many.next_index, &many.slots));
    }
}

#[test]
fn another_seed_changes_the_run() {
    let mut other = config(40);
    other.seed += 1;
    let mut trainer = Trainer::new(model(), other, &BelowStart).expect("valid");
    for _ in 0..30 {
        trainer.step().expect("finite");
    }
    assert_ne!(bits(&trainer.checkpoint()), bits(&run(30)));
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
    let result = Trainer::resume(model(), other, &BelowStart, run(1));
    assert!(matches!(result.err(), Some(TrainError::OtherRun { .. })));
}

#[test]
fn training_lowers_the_loss() {
    let mut trainer = Trainer::new(model(), config(600), &BelowStart).expect("valid");
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
