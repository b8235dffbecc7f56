//! One bad input per error, and state files damaged in every way.

mod common;

use common::trained;
use sona_learn::{Label, Outcome, Result, Signal, SonaConfig, SonaEngine, SonaError, TrmSonaBridge};

const GOOD: [f32; 4] = [0.0, 1.0, -1.0, 0.5];

fn small() -> SonaEngine {
    SonaEngine::with_config(SonaConfig { limit: 8, ..SonaConfig::new(2) }).expect("sound")
}

fn learn(query: &[f32], label: Label, weight: f32, trace: &[Signal]) -> Result<()> {
    let engine = SonaEngine::new(4);
    let before = engine.to_bytes().expect("encodes");
    let result = engine.try_learn(query, label, weight, trace);
    assert_eq!(engine.to_bytes().expect("encodes"), before, "refused, but something was learned");
    result
}

#[test]
fn configurations_out_of_range() {
    let sound = SonaConfig::new(4);
    for (config, name) in [
        (SonaConfig { dim: 0, ..sound }, "dim"),
        (SonaConfig { dim: 65_537, ..sound }, "dim"),
        (SonaConfig { limit: 0, ..sound }, "limit"),
        (SonaConfig { limit: 1025, ..sound }, "limit"),
        (SonaConfig { miss_rate: 0.0, ..sound }, "miss_rate"),
        (SonaConfig { miss_rate: f32::NAN, ..sound }, "miss_rate"),
    ] {
        let error = SonaEngine::with_config(config).expect_err("out of range");
        assert!(matches!(error, SonaError::Config { field, .. } if field == name), "{error}");
    }
}

#[test]
#[should_panic(expected = "SonaEngine::new(0)")]
fn an_engine_for_nothing() {
    let _ = SonaEngine::new(0);
}

#[test]
fn bad_examples() {
    let solved = Label::Solved(3);
    let error = learn(&GOOD[..3], solved, 1.0, &[]).expect_err("short");
    assert!(matches!(error, SonaError::Dimension { expected: 4, found: 3 }), "{error}");
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let error = learn(&[0.0, 0.0, value, 0.0], solved, 1.0, &[]).expect_err("not finite");
        assert!(matches!(error, SonaError::Embedding { index: 2, .. }), "{error}");
    }
    for weight in [f32::NAN, f32::INFINITY, -0.1, 1.1] {
        let error = learn(&GOOD, solved, weight, &[]).expect_err("no quality");
        assert!(matches!(error, SonaError::Quality(_)), "{error}");
    }
    for steps in [0, 65, usize::MAX] {
        for label in [Label::Solved(steps), Label::Censored(steps)] {
            let error = learn(&GOOD, label, 1.0, &[]).expect_err("out of range");
            assert!(matches!(error, SonaError::Steps { limit: 64, .. }), "{error}");
        }
    }
    let bad = Signal { confidence: f32::NAN, change: 0.0 };
    let error = learn(&GOOD, solved, 1.0, &[Signal::default(), bad]).expect_err("NaN");
    assert!(matches!(error, SonaError::Signal { step: 2 }), "{error}");
}

#[test]
fn bad_questions() {
    let engine = SonaEngine::new(4);
    let error = engine.try_predict(&[], 9).expect_err("empty");
    assert!(matches!(error, SonaError::Dimension { .. }));
    let error = engine.try_predict(&[f32::NAN; 4], 9).expect_err("NaN");
    assert!(matches!(error, SonaError::Embedding { .. }));
    for max_k in [0, 65] {
        let error = engine.try_predict(&GOOD, max_k).expect_err("out of range");
        assert!(matches!(error, SonaError::Steps { .. }));
    }
}

#[test]
fn the_bridge_drops_and_counts_bad_examples() {
    let bridge = TrmSonaBridge::new(SonaEngine::new(4));
    let good = Outcome { iterations_used: 3, ..Outcome::default() };
    let none = Outcome::default();
    bridge.learn_from_trm(&GOOD, &good, f32::NAN);
    bridge.learn_from_trm(&GOOD, &good, 1.5);
    bridge.learn_from_trm(&GOOD, &good, -1.5);
    bridge.learn_from_trm(&GOOD, &none, 0.9);
    bridge.learn_from_trm(&[f32::NAN; 4], &good, 0.9);
    bridge.learn_from_trm_with_optimal_k(&GOOD, &good, 0);
    bridge.learn_from_trm_with_optimal_k(&GOOD, &good, 1000);
    let stats = bridge.sona.stats();
    assert_eq!((stats.n_learned, stats.n_rejected), (0, 7));
    assert!(bridge.try_learn_from_trm(&GOOD, &none, 0.9).is_err());
}

#[test]
fn consolidating_too_little_or_nothing() {
    let engine = SonaEngine::new(4);
    let error = engine.try_force_learn().expect_err("no examples");
    assert!(matches!(error, SonaError::TooFewExamples { found: 0, needed: 32 }), "{error}");
    engine.force_learn();
    assert_eq!(engine.stats().n_consolidations, 0);
}

/// A state file with `change` made to its bytes; `reseal` corrects the checksum afterwards.
fn damaged(change: impl FnOnce(&mut Vec<u8>)) -> SonaError {
    let mut bytes = small().to_bytes().expect("encodes");
    change(&mut bytes);
    SonaEngine::from_bytes(&bytes).expect_err("damaged")
}

fn reseal(bytes: &mut [u8]) {
    let length = (bytes.len() - 24) as u64;
    bytes[16..24].copy_from_slice(&length.to_le_bytes());
    let mut sealed = 2u32.to_le_bytes().to_vec();
    sealed.extend_from_slice(&bytes[16..]);
    let checksum = crc32fast::hash(&sealed);
    bytes[12..16].copy_from_slice(&checksum.to_le_bytes());
}

#[test]
fn damaged_state_files() {
    assert!(matches!(damaged(|b| b.truncate(10)), SonaError::Length { .. }));
    assert!(matches!(damaged(|b| b[0] = b'X'), SonaError::Magic));
    assert!(matches!(damaged(|b| b[8] = 9), SonaError::Version { found: 9, .. }));
    assert!(matches!(damaged(|b| b.push(0)), SonaError::Length { .. }));
    assert!(matches!(damaged(|b| b[30] ^= 1), SonaError::Checksum { .. }));
    // Not damaged but forged: the checksum is right, the content is not.
    let forged = |change: fn(&mut Vec<u8>)| {
        damaged(|b| {
            change(b);
            reseal(b);
        })
    };
    assert!(matches!(forged(|b| b.truncate(40)), SonaError::Decode(_)));
    assert!(matches!(forged(|b| b.push(0)), SonaError::Decode(_)));
    // The first byte of the content is the dimension: the rest no longer fits it.
    assert!(matches!(forged(|b| b[24] = 0), SonaError::Config { .. }));
    // The second is the limit.
    assert!(matches!(forged(|b| b[25] = 9), SonaError::Inconsistent { .. }));
}

#[test]
fn a_forged_dimension_does_not_fit_the_examples() {
    let engine = trained(2, 40, 1).0;
    let mut bytes = engine.to_bytes().expect("encodes");
    bytes[24] = 3;
    reseal(&mut bytes);
    let error = SonaEngine::from_bytes(&bytes).expect_err("forged");
    assert!(matches!(error, SonaError::Inconsistent { .. }), "{error}");
}

#[test]
fn every_truncation_is_refused() {
    let fresh = small().to_bytes().expect("encodes");
    for length in 0..fresh.len() {
        assert!(SonaEngine::from_bytes(&fresh[..length]).is_err(), "{length} bytes");
    }
    let bytes = trained(2, 40, 1).0.to_bytes().expect("encodes");
    for length in (0..bytes.len()).step_by(61) {
        assert!(SonaEngine::from_bytes(&bytes[..length]).is_err(), "{length} bytes");
    }
}

#[test]
fn every_flipped_byte_is_refused() {
    let check = |mut bytes: Vec<u8>, stride: usize| {
        for at in (0..bytes.len()).step_by(stride) {
            for flip in [1u8, 0x80, 0xff] {
                bytes[at] ^= flip;
                assert!(SonaEngine::from_bytes(&bytes).is_err(), "byte {at} ^ {flip}");
                bytes[at] ^= flip;
            }
        }
        assert!(SonaEngine::from_bytes(&bytes).is_ok());
    };
    check(small().to_bytes().expect("encodes"), 1);
    check(trained(2, 40, 1).0.to_bytes().expect("encodes"), 61);
}

#[test]
fn forged_bytes_never_panic_and_load_only_if_sound() {
    let bytes = trained(2, 40, 1).0.to_bytes().expect("encodes");
    for at in (24..bytes.len()).step_by(97).chain(24..400) {
        let mut forged = bytes.clone();
        forged[at] ^= 0xff;
        reseal(&mut forged);
        if let Ok(engine) = SonaEngine::from_bytes(&forged) {
            let steps = engine.predict(&[0.3, -0.2], 30).steps;
            assert!((1..=30).contains(&steps));
            engine.learn(&[0.3, -0.2], Label::Solved(4), 1.0, &[]);
        }
    }
}

#[test]
fn a_bad_file_leaves_the_old_state() {
    let folder = tempfile::tempdir().expect("a folder");
    let (engine, _) = trained(2, 40, 1);
    let before = engine.to_bytes().expect("encodes");
    let path = folder.path().join("state");
    assert!(matches!(engine.restore(&path), Err(SonaError::Io(_))), "no file");
    std::fs::write(&path, b"something else entirely, of fair length").expect("writes");
    assert!(matches!(engine.restore(&path), Err(SonaError::Magic)));
    assert_eq!(engine.to_bytes().expect("encodes"), before);
    // A folder that is not there: nothing is written anywhere.
    let nowhere = folder.path().join("missing").join("state");
    assert!(matches!(engine.save(nowhere), Err(SonaError::Io(_))));
    assert!(matches!(engine.save(folder.path().join("..")), Err(SonaError::Io(_))));
    // A good one replaces it.
    engine.save(&path).expect("saves over the bad file");
    let other = SonaEngine::new(2);
    other.restore(&path).expect("restores");
    assert_eq!(other.to_bytes().expect("encodes"), before);
}
