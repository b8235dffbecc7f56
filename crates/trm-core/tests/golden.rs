//! Parity with the official PyTorch implementation, on its fixtures.

use trm_core::parity;

fn check(name: &str) {
    let file = |kind: &str| format!("{}/tests/golden/{name}.{kind}.safetensors", env!("CARGO_MANIFEST_DIR"));
    let report = parity::check(file("weights"), file("expected")).unwrap();
    for q in &report.quantities {
        println!(
            "{name} {} {:.2e} of {:.0e} (rounding {:.2e}): {:?}",
            q.name,
            q.difference,
            q.tolerance,
            q.rounding,
            q.agreement()
        );
    }
    assert!(report.passed(), "{:#?}", report);
}

#[test]
fn mlp_sudoku_agrees_with_the_reference() {
    check("mlp_sudoku");
}

#[test]
fn attention_sudoku_agrees_with_the_reference() {
    check("attention_sudoku");
}

#[test]
fn attention_maze12_agrees_with_the_reference() {
    check("attention_maze12");
}
