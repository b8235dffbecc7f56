//! `trm train --recipe`.

mod common;

use common::trm;
use std::path::Path;
use trm_core::Model;
use trm_core::kernel::Isa;

/// Commands of the embedded models, as the program that trained them wrote them into their files.
const SUDOKU: [&str; 3] = [
    "trm train sudoku --out runs/sudoku-noise --data data/train.csv=0.1 --data data/sudoku-near-1.csv=0.25 \
     --data data/sudoku-near-2.csv=0.25 --data data/sudoku-easy.csv=0.25 --data data/sudoku-moderate.csv=0.15 \
     --steps 32000 --n 6 --cycles 3 --batch 32 --supervision 48 --linger 4 --lr 3e-3 --decay-from 0.3 \
     --floor 0.02 --state-noise 0.5 --leak 1 --channel-noise 1.5,0,0.03,2.5 --halting-rule confidence \
     --kernel avx2 --seed 1",
    "trm train sudoku --out runs/sudoku-sizes --data data/train.csv=0.1 --data data/sudoku-near-1.csv=0.25 \
     --data data/sudoku-near-2.csv=0.25 --data data/sudoku-easy.csv=0.15 --data data/sudoku-moderate.csv=0.1 \
     --data data/sudoku-12x12.csv=0.1 --data data/sudoku-16x16.csv=0.05 --steps 8000 --n 6 --cycles 3 --batch 32 \
     --supervision 48 --linger 4 --lr 1.5e-3 --decay-from 0 --floor 0.02 --state-noise 0.5 --leak 1 \
     --channel-noise 1.5,0,0.03,2.5 --halting-rule confidence --kernel avx2 --seed 2 \
     --init runs/sudoku-noise/model.safetensors",
    "trm set runs/sudoku-sizes/model.safetensors --cycles 6 --channel-noise 2,3,0.3,5 \
     --out runs/sudoku-six.safetensors",
];
const MAZE: [&str; 2] = [
    "trm train maze --out runs/maze-by-search --sides 4,18 --open 0.3 --min-path 3.5 --goals 64 --perfect 0.25 \
     --hints 2 --steps 100000 --n 1 --batch 32 --supervision 700 --linger 16 --lr 3e-3 --decay-from 0.3 \
     --floor 0.02 --state-noise 0.5 --kernel avx2 --seed 1",
    "trm set runs/maze-by-search/model.safetensors --cycles 10 --out runs/maze-ten.safetensors",
];

#[test]
fn the_recipes_of_the_embedded_models_are_the_commands_that_trained_them() {
    let recipes = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../recipes");
    for (puzzle, commands) in [("sudoku", &SUDOKU[..]), ("maze", &MAZE)] {
        let recipe = recipes.join(format!("{puzzle}.toml")).display().to_string();
        let said = trm(&recipes, "", &["train", "--recipe", &recipe, "--dry-run"]);
        assert_eq!(said.code, Some(0), "{}", said.err);
        let lines: Vec<&str> = said.out.lines().collect();
        assert_eq!(lines, commands, "{puzzle}");
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
/// instruction set of the recipe. A change of numbers is a reason to train again, not only to record them again. The
/// committed Sudoku stand for the files that the recipe reads.
const FIRST_STEPS: [(&str, u64, u64); 2] =
    [("sudoku", 12, 0xebc0_54b2_192d_c16b), ("maze", 12, 0xf18a_9597_4503_050d)];

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
        for (flag, data) in words.iter().zip(&words[1..]) {
            if *flag == "--data" {
                let file = folder.path().join(data.split('=').next().expect("a file"));
                std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
                std::fs::copy(recipes.join("../datasets/sudoku-extreme-gen.csv"), file).expect("a copy");
            }
        }
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
