//! The fuzz targets over their corpora, and over seeded changes of them, without a fuzzer.
//! `TRM_CHANGES=5000` makes as many changed copies of each input; the default is for every day.

#[path = "../../../fuzz/src/lib.rs"]
#[allow(dead_code)]
mod targets;

use std::path::Path;

#[test]
fn the_corpora_are_read_and_used() {
    let n_changes = std::env::var("TRM_CHANGES").ok().and_then(|n| n.parse().ok()).unwrap_or(40);
    let corpora = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    for (name, target) in targets::TARGETS {
        let inputs = std::fs::read_dir(corpora.join(name)).expect("a corpus");
        let inputs: Vec<_> =
            inputs.map(|file| std::fs::read(file.expect("a file").path()).expect("read")).collect();
        let read = inputs.iter().filter(|input| target(input)).count();
        assert!(read > 0, "{name}: no input is read, so none tries more than the first check");
        for input in &inputs {
            for i in 0..n_changes {
                target(&changed(input, i));
            }
        }
        println!("{name}: {} inputs, {read} are read; {n_changes} changes of each", inputs.len());
    }
}

/// A copy with some bytes flipped, cut out, doubled or replaced by extremes.
fn changed(input: &[u8], i: u64) -> Vec<u8> {
    let mut bits = i.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ input.len() as u64;
    let mut draw = |n: usize| {
        bits = (bits ^ bits >> 31).wrapping_mul(0xBF58_476D_1CE4_E5B9).wrapping_add(1);
        (bits >> 33) as usize % n.max(1)
    };
    let mut bytes = input.to_vec();
    for _ in 0..=i % 4 {
        let at = draw(bytes.len());
        let end = (at + 1 + draw(8)).min(bytes.len());
        match draw(5) {
            0 => drop(bytes.drain(at.min(end)..end)),
            1 => bytes = [&bytes[..end], &bytes[at.min(end)..]].concat(),
            2 => bytes[at.min(end)..end].fill(0xff),
            3 => bytes.truncate(end),
            _ => bytes[at.min(end)..end].iter_mut().for_each(|b| *b ^= 1 << (i % 8)),
        }
    }
    bytes
}
