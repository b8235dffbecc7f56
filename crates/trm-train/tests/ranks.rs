//! Same seed, same bits, on any number of ranks; ranks are threads here.

mod common;

use common::{BelowStart, config, model};
use trm_core::kernel::Isa;
use trm_train::{Checkpoint, Data, TrainConfig, TrainError, Trainer, evaluate, evaluate_in};
use trm_world::Threads;

/// The checkpoint after `steps`, without its seconds.
fn run(n_ranks: usize, config: &TrainConfig, steps: u64) -> Checkpoint {
    let of_ranks = Threads::run(n_ranks, |world| {
        let mut trainer = Trainer::new_in(world, model(), config.clone(), &BelowStart).expect("valid");
        for _ in 0..steps {
            trainer.step().expect("finite");
        }
        trainer.check_ranks().expect("the same weights");
        trainer.checkpoint()
    });
    timeless(of_ranks.into_iter().next().expect("rank 0"))
}

fn timeless(checkpoint: Checkpoint) -> Checkpoint {
    Checkpoint { seconds: 0.0, ..checkpoint }
}

#[test]
fn ranks_do_not_change_a_bit() {
    // One chunk for each of four ranks, the last of them half full; and more chunks than ranks, unevenly.
    for batch in [7, 12] {
        let config = TrainConfig { batch, ..config(40) };
        let mut alone = Trainer::new(model(), config.clone(), &BelowStart).expect("valid");
        (0..30).for_each(|_| alone.step().expect("finite"));
        let alone = timeless(alone.checkpoint());
        for n_ranks in [1, 2, 3, 4] {
            assert!(run(n_ranks, &config, 30) == alone, "batch {batch} on {n_ranks} ranks");
        }
    }
}

#[test]
fn a_rank_may_have_nothing_to_do() {
    let config = TrainConfig { batch: 3, ..config(10) };
    assert!(run(4, &config, 10) == run(1, &config, 10));
}

#[test]
fn a_run_goes_on_with_another_number_of_ranks() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("checkpoint.bin");
    run(3, &config(40), 17).save(&path).expect("saved");
    for n_ranks in [1, 2, 4] {
        let of_ranks = Threads::run(n_ranks, |world| {
            let loaded = Checkpoint::load_in(world, &path).expect("loaded").expect("there");
            let mut trainer =
                Trainer::resume_in(world, model(), config(40), &BelowStart, loaded).expect("same run");
            (17..40).for_each(|_| trainer.step().expect("finite"));
            trainer.checkpoint()
        });
        let resumed = timeless(of_ranks.into_iter().next().expect("rank 0"));
        assert!(resumed == run(1, &config(40), 40), "{n_ranks} ranks");
    }
}

#[test]
fn no_file_is_no_checkpoint_on_any_rank() {
    let folder = tempfile::tempdir().expect("folder");
    let loaded = Threads::run(2, |world| Checkpoint::load_in(world, &folder.path().join("none")));
    assert!(loaded.into_iter().all(|loaded| loaded.expect("no error").is_none()));
}

#[test]
fn a_checkpoint_of_another_rank_than_the_first_is_refused() {
    let of_ranks = Threads::run(2, |world| {
        Trainer::new_in(world, model(), config(4), &BelowStart).expect("valid").checkpoint()
    });
    let [whole, part] = &of_ranks[..] else { panic!("{} ranks", of_ranks.len()) };
    assert!(Trainer::resume(model(), config(4), &BelowStart, whole.clone()).is_ok());
    let refused = Trainer::resume(model(), config(4), &BelowStart, part.clone()).err();
    assert!(matches!(refused, Some(TrainError::OtherRun { .. })), "{refused:?}");
}

#[test]
fn a_rank_with_other_settings_is_named() {
    let of_ranks = Threads::run(3, |world| {
        let mut config = config(4);
        config.seed += u64::from(world.rank() == 2);
        Trainer::new_in(world, model(), config, &BelowStart).err()
    });
    for refused in of_ranks {
        let Some(TrainError::OtherRank { rank, reason }) = refused else { panic!("{refused:?}") };
        assert!(rank == 2 && reason.contains("seed"), "{rank}: {reason}");
    }
}

#[test]
fn an_evaluation_is_that_of_one_process() {
    let samples: Vec<_> = (0..23).map(|i| BelowStart.sample(i)).collect();
    let alone = evaluate(&model(), Isa::best(), &samples, 5, &[3.0, 5.0]);
    for n_ranks in [1, 3] {
        let of_ranks = Threads::run(n_ranks, |world| {
            evaluate_in(world, &model(), Isa::best(), &samples, 5, &[3.0, 5.0])
        });
        assert_eq!(of_ranks[0].as_ref(), Some(&alone));
        assert!(of_ranks[1..].iter().all(Option::is_none));
    }
}
