//! `trm train --recipe`.

mod common;

use common::trm;
use std::path::Path;
use trm_core::Model;
use trm_core::kernel::Isa;

/// Commands of the embedded models, as the program that trained them wrote them into their files.
const SUDOKU: [(usize, &str); 4] = [
    (
        0,
        "trm train sudoku --out runs/sudoku-1 --data data/sudoku-easy.csv=0.65 --data data/sudoku-moderate.csv=0.35 \
         --validate data/sudoku-validate.csv --steps 12000 --n 3 --batch 32 --supervision 12 --linger 1 --lr 3e-3 \
         --seed 1",
    ),
    (
        7,
        "trm train sudoku --out runs/sudoku-7 --data data/sudoku-easy.csv=0.05 --data data/sudoku-moderate.csv=0.1 \
         --data data/sudoku-hard.csv=0.1 --data data/sudoku-extreme.csv=0.1 --data data/sudoku-deep.csv=0.65 \
         --validate data/sudoku-validate.csv --steps 100000 --n 6 --cycles 3 --batch 32 --supervision 32 --linger 2 \
         --lr 1.5e-3 --seed 21 --until 8563 --init runs/sudoku-6/model.safetensors",
    ),
    (
        9,
        "trm average runs/sudoku-7/model-4462.safetensors runs/sudoku-7/model-8563.safetensors \
         runs/sudoku-8/model-3023.safetensors runs/sudoku-6/model-5693.safetensors \
         --out runs/sudoku-mean-1.safetensors",
    ),
    (
        10,
        "trm train sudoku --out runs/sudoku-9 --data data/sudoku-easy.csv=0.05 --data data/sudoku-moderate.csv=0.08 \
         --data data/sudoku-hard.csv=0.1 --data data/sudoku-extreme.csv=0.1 --data data/sudoku-deep.csv=0.52 \
         --data data/sudoku-resistant.csv=0.15 --validate data/sudoku-validate.csv --steps 100000 --n 6 --cycles 3 \
         --batch 32 --supervision 28 --linger 2 --lr 8e-4 --ema 0.9995 --seed 24 --until 1712 \
         --init runs/sudoku-mean-1.safetensors",
    ),
];
const MAZE: [(usize, &str); 2] = [
    (
        0,
        "trm train maze --out runs/maze-by-search --sides 4,18 --open 0.3 --min-path 3.5 --goals 64 --perfect 0.25 \
         --hints 2 --steps 100000 --n 1 --batch 32 --supervision 700 --linger 16 --lr 3e-3 --decay-from 0.3 \
         --floor 0.02 --state-noise 0.5 --kernel avx2 --seed 1",
    ),
    (1, "trm set runs/maze-by-search/model.safetensors --cycles 10 --out runs/maze-ten.safetensors"),
];

#[test]
fn the_recipes_of_the_embedded_models_are_the_commands_that_trained_them() {
    let recipes = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../recipes");
    for (puzzle, n_phases, commands) in [("sudoku", 16, &SUDOKU[..]), ("maze", 2, &MAZE)] {
        let recipe = recipes.join(format!("{puzzle}.toml")).display().to_string();
        let said = trm(&recipes, "", &["train", "--recipe", &recipe, "--dry-run"]);
        assert_eq!(said.code, Some(0), "{}", said.err);
        let lines: Vec<&str> = said.out.lines().collect();
        assert_eq!(lines.len(), n_phases);
        for (phase, command) in commands {
            // Those of Sudoku ran when AdamW was all there was, and the recipe says what was not said.
            let line = lines[*phase].replacen(" --optimizer adamw", "", 1);
            let says_more = puzzle == "sudoku" && line.starts_with("trm train");
            assert_eq!(line != lines[*phase], says_more, "phase {phase} of {puzzle}");
            assert_eq!(line, *command, "phase {phase} of {puzzle}");
        }
    }
}

const TINY: &str = r#"
puzzle = "maze"
[defaults]
sides = [3, 4]
steps = 4
batch = 2
hidden = 8
ffn = 8
blocks = 1
[[phase]]
name = "a"
until = 2
[[phase]]
name = "b"
lr = 1e-3
[[phase]]
resume = "a"
[[phase]]
name = "mean"
mean = ["a@2", "a@4", "b"]
"#;

#[test]
fn a_recipe_gives_the_models_of_its_commands() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path();
    std::fs::write(place.join("tiny.toml"), TINY).expect("a file");
    let said = trm(place, "", &["train", "--recipe", "tiny.toml", "--out", "by-recipe"]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    let said = trm(place, "", &["train", "--recipe", "tiny.toml", "--out", "by-hand", "--dry-run"]);
    for line in said.out.lines() {
        let words: Vec<&str> = line.split(' ').skip(1).collect();
        let said = trm(place, "", &words);
        assert_eq!(said.code, Some(0), "{line}: {}", said.err);
    }
    let read = |name: &str| std::fs::read(place.join(name)).expect("a model");
    for name in ["maze-a/model-2", "maze-a/model-4", "maze-a/model", "maze-b/model-4", "maze-mean"] {
        let [by_recipe, by_hand] =
            ["by-recipe", "by-hand"].map(|out| read(&format!("{out}/{name}.safetensors")));
        assert!(by_recipe == by_hand, "{name} differs");
    }
    assert_eq!(read("by-recipe/maze.safetensors"), read("by-recipe/maze-mean.safetensors"));
    let again = trm(place, "", &["train", "--recipe", "tiny.toml", "--out", "by-recipe"]);
    assert_eq!(again.code, Some(0), "phases that are done do not go on: {}", again.err);
    assert_ne!(read("by-recipe/maze-a/model-2.safetensors"), read("by-recipe/maze-a/model-4.safetensors"));
}

/// What makes the embedded models from nothing gives these weights after its first steps, on any processor that has the
/// instruction set of the recipe. A change of numbers is a reason to train again, not only to record them again.
const FIRST_STEPS: [(&str, u64, u64); 1] = [("maze", 12, 0xf18a_9597_4503_050d)];

#[test]
fn the_first_steps_of_a_recipe_make_the_recorded_weights() {
    let recipes = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../recipes");
    for (puzzle, steps, recorded) in FIRST_STEPS {
        let recipe = recipes.join(format!("{puzzle}.toml")).display().to_string();
        let said = trm(&recipes, "", &["train", "--recipe", &recipe, "--dry-run"]);
        let command = said.out.lines().next().expect("a phase");
        let isa =
            command.split("--kernel ").nth(1).and_then(|rest| rest.split(' ').next()).expect("a kernel");
        if !Isa::available().iter().any(|here| here.name() == isa) {
            println!("this processor has no {isa}");
            return;
        }
        let folder = tempfile::tempdir().expect("a folder");
        let until = steps.to_string();
        let words: Vec<&str> = command.split(' ').skip(1).chain(["--until", &until]).collect();
        let said = trm(folder.path(), "", &words);
        assert_eq!(said.code, Some(0), "{}", said.err);
        let run = command.split("--out ").nth(1).and_then(|rest| rest.split(' ').next()).expect("a folder");
        let model = Model::load(folder.path().join(run).join("model.safetensors")).expect("a model");
        let bits = model.params.iter().map(|weight| u64::from(weight.to_bits()));
        let hash = bits.fold(0, |hash: u64, bits| hash.wrapping_mul(0x0100_0000_01B3) ^ bits);
        assert_eq!(hash, recorded, "{puzzle}: {hash:#018x} after {steps} steps");
    }
}

#[test]
fn a_recipe_is_checked_before_its_first_phase() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path();
    let first = "[[phase]]\nname = \"a\"\ndata = [{ file = \"here.csv\" }]\n[[phase]]\nname = \"b\"\n";
    std::fs::write(place.join("here.csv"), "source,question,answer,rating\n").expect("a file");
    let cases = [
        ("steps = \"many\"", "recipe.toml:7: "),
        (
            "data = [{ file = \"here.csv\" }]\nsides = [3, 4]",
            "recipe.toml:5: phase b: unexpected argument '--sides'",
        ),
        ("steps = 3", "recipe.toml:5: phase b: the following required arguments were not provided"),
        ("data = [{ file = \"gone.csv\" }]", "recipe.toml:5: phase b: there is no file gone.csv"),
        ("data = [{ file = \"here.csv\" }]\nvalidate = \"no.csv\"", "phase b: there is no file no.csv"),
    ];
    for (second, expected) in cases {
        std::fs::write(place.join("recipe.toml"), format!("puzzle = \"sudoku\"\n{first}{second}"))
            .expect("a file");
        let said = trm(place, "", &["train", "--recipe", "recipe.toml"]);
        assert_eq!(said.code, Some(2), "{}", said.err);
        assert!(said.err.contains(expected), "{second}: {}", said.err);
        assert!(!place.join("runs").exists(), "{second}: the first phase began");
    }
    let said = trm(place, "", &["train"]);
    assert_eq!(said.code, Some(2));
    assert!(said.err.contains("--recipe <FILE>"), "{}", said.err);
    let said = trm(place, "", &["train", "--recipe", "recipe.toml", "maze"]);
    assert_eq!(said.code, Some(2), "{}", said.err);
}
