//! Damaged checkpoints and impossible settings: a typed error each, and nothing half-written.

mod common;

use common::{BelowStart, config, model};
use std::path::Path;
use trm_core::{Model, Precision, TrmConfig};
use trm_train::{Checkpoint, TrainConfig, TrainError, Trainer};

fn saved(path: &Path) -> Checkpoint {
    let checkpoint = Trainer::new(model(), config(4), &BelowStart).expect("valid").checkpoint();
    checkpoint.save(path).expect("saved");
    checkpoint
}

fn refused(path: &Path, bytes: &[u8]) -> String {
    std::fs::write(path, bytes).expect("written");
    match Checkpoint::load(path) {
        Err(TrainError::Checkpoint { reason, .. }) => reason,
        other => panic!("{} bytes gave {other:?}", bytes.len()),
    }
}

#[test]
fn damage_of_every_kind_is_refused() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("checkpoint.bin");
    saved(&path);
    let good = std::fs::read(&path).expect("read");
    for length in (0..good.len()).step_by(good.len() / 97 + 1) {
        refused(&path, &good[..length]);
    }
    for at in (0..good.len()).step_by(good.len() / 211 + 1) {
        let mut bad = good.clone();
        bad[at] ^= 0x10;
        refused(&path, &bad);
    }
    let mut longer = good.clone();
    longer.push(0);
    refused(&path, &longer);
    assert!(refused(&path, b"PK\x03\x04 some other file, long enough").contains("not a training"));
    let mut newer = good.clone();
    newer[8] = 9;
    assert!(refused(&path, &newer).contains("version 9"));
    let mut huge = good[..24].to_vec();
    huge[12..20].copy_from_slice(&u64::MAX.to_le_bytes());
    refused(&path, &huge);
}

#[test]
fn a_missing_file_and_folder_are_named() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("none").join("checkpoint.bin");
    assert!(matches!(Checkpoint::load(&path), Err(TrainError::Io { path: p, .. }) if p == path));
    let checkpoint = saved(&folder.path().join("there.bin"));
    assert!(matches!(checkpoint.save(&path), Err(TrainError::Io { path: p, .. }) if p == path));
}

#[test]
fn saving_replaces_the_old_file_and_leaves_nothing_beside_it() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("checkpoint.bin");
    let first = saved(&path);
    let mut second = first.clone();
    second.question_steps = 12345;
    second.save(&path).expect("saved");
    assert_eq!(Checkpoint::load(&path).expect("loaded"), second);
    assert_eq!(std::fs::read_dir(folder.path()).expect("listed").count(), 1);
}

#[test]
fn settings_out_of_range_are_named() {
    let field = |change: fn(&mut trm_train::TrainConfig)| {
        let mut config = config(4);
        change(&mut config);
        match Trainer::new(model(), config, &BelowStart).err() {
            Some(TrainError::Config { field, .. }) => field,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(field(|c| c.batch = 0), "batch");
    assert_eq!(field(|c| c.max_supervision_steps = 0), "max_supervision_steps");
    assert_eq!(field(|c| c.linger = 1 << 16), "linger");
    assert_eq!(field(|c| c.optimizer.learning_rate = f64::NAN), "learning_rate");
    assert_eq!(field(|c| c.optimizer.ema = 1.0), "ema");
    assert_eq!(field(|c| c.latent_noise = -1.0), "latent_noise");
    assert_eq!(field(|c| c.state_noise = f64::NAN), "state_noise");
}

#[test]
fn a_net_of_odd_widths_has_no_bf16() {
    let odd = TrmConfig { ffn_dim: 15, ..model().config().clone() };
    let config = TrainConfig { precision: Precision::Bf16, ..config(4) };
    let error = Trainer::new(Model::new(odd).expect("a model"), config, &BelowStart).err().expect("refused");
    assert!(error.to_string().contains("precision is bf16"), "{error}");
}

#[test]
fn counts_that_no_run_has_are_refused() {
    let folder = tempfile::tempdir().expect("folder");
    let good = saved(&folder.path().join("checkpoint.bin"));
    let resume = |checkpoint| Trainer::resume(model(), config(4), &BelowStart, checkpoint).err();
    assert!(resume(good.clone()).is_none());
    let changes: [fn(&mut Checkpoint); 5] = [
        |c| c.next_index = u64::MAX,
        |c| c.question_steps = u64::MAX,
        |c| c.optimizer.step = u64::MAX,
        |c| c.slots[0].steps = u32::MAX,
        |c| c.slots[0].right_steps = 1,
    ];
    for (i, change) in changes.into_iter().enumerate() {
        let mut forged = good.clone();
        change(&mut forged);
        let error = resume(forged);
        assert!(matches!(error, Some(TrainError::OtherRun { .. })), "{i}: {error:?}");
    }
}

#[test]
fn a_loss_that_is_not_a_number_stops_the_run() {
    let mut config = config(400);
    config.optimizer.learning_rate = 1e30;
    config.optimizer.clip = 0.0;
    let mut trainer = Trainer::new(model(), config, &BelowStart).expect("valid");
    let error = (0..400).find_map(|_| trainer.step().err());
    assert!(matches!(error, Some(TrainError::Diverged { .. })), "{error:?}");
}
