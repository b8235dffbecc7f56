//! Recipes: what is read, and every way in which one is refused.

use std::path::Path;
use trm_train::TrainError;
use trm_train::recipe::{Recipe, Weights, Work};

fn read(text: &str) -> Result<Recipe, TrainError> {
    Recipe::parse(text, Path::new("recipe.toml"))
}

fn commands(text: &str) -> Vec<String> {
    let recipe = read(text).expect("a recipe");
    recipe.phases.iter().map(|phase| recipe.command(phase, "runs").join(" ")).collect()
}

#[test]
fn the_recipe_of_the_readme_is_expanded() {
    let readme = include_str!("../README.md");
    let text = readme.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a recipe");
    assert_eq!(
        commands(text),
        [
            "train maze --out runs/maze-short --sides 7,16 --steps 7000 --batch 32 --until 5000",
            "train maze --out runs/maze-long --sides 20,30 --steps 4000 --batch 32 \
         --init runs/maze-short/model.safetensors",
            "train maze --out runs/maze-short --sides 7,16 --steps 7000 --batch 32 --until 7000",
            "average runs/maze-short/model-5000.safetensors runs/maze-short/model-7000.safetensors \
         runs/maze-long/model.safetensors --out runs/maze-mean.safetensors",
            "set runs/maze-mean.safetensors --halting-rule vote --max-k 256 --out runs/maze-patient.safetensors",
        ]
    );
    let recipe = read(text).expect("a recipe");
    assert_eq!(recipe.result("r").as_deref(), Some("r/maze-patient.safetensors"));
    assert_eq!(recipe.phases.iter().map(|phase| phase.line).collect::<Vec<_>>(), [6, 12, 18, 22, 26]);
}

#[test]
fn every_option_is_an_argument() {
    let words = commands(
        r#"
        puzzle = "sudoku"
        [defaults]
        data = [{ file = "a=b.csv" }, { file = "c.csv", weight = 0.25 }]
        lr = 1
        [[phase]]
        name = "all"
        mixer = "mlp"
        open = 0
        min-path = 3.5
        balance = 0.5
        validate = "v.csv"
        validate-limit = 5
        validate-minutes = 0.5
        validate-k = 6
        steps = 7
        n = 8
        cycles = 3
        gradient-cycles = 1
        batch = 9
        supervision = 10
        linger = 11
        lr = 0.0025
        warmup = 12
        decay-from = 0.4
        floor = 0.05
        weight-decay = 0.01
        ema = 0.9995
        noise = 0.3
        state-noise = 0.5
        leak = 1.0
        leak-delayed = 0.75
        leak-until = "end"
        channel-noise = [1.5, 14, 0.05, 3]
        hidden = 13
        ffn = 14
        blocks = 15
        halting-rule = "confidence"
        kernel = "avx2"
        precision = "bf16"
        seed = 16
        save-minutes = 17
        init = "i.safetensors"
        "#,
    );
    let expected = "train sudoku --out runs/sudoku-all --data a=b.csv=1 --data c.csv=0.25 --mixer mlp --open 0 \
        --min-path 3.5 --balance 0.5 --validate v.csv --validate-limit 5 --validate-minutes 0.5 --validate-k 6 \
        --steps 7 --n 8 --cycles 3 --gradient-cycles 1 --batch 9 --supervision 10 --linger 11 --lr 2.5e-3 \
        --warmup 12 --decay-from 0.4 --floor 0.05 --weight-decay 0.01 --ema 0.9995 --latent-noise 0.3 \
        --state-noise 0.5 --leak 1 --leak-delayed 0.75 --leak-until end --channel-noise 1.5,14,0.05,3 --hidden 13 --ffn 14 --blocks 15 \
        --halting-rule confidence --kernel avx2 --precision bf16 --seed 16 --save-minutes 17 --init i.safetensors";
    assert_eq!(words, [expected]);
}

#[test]
fn a_resumed_run_keeps_its_options_and_its_start() {
    let recipe = read(
        "puzzle = \"maze\"\n[[phase]]\nname = \"a\"\nsteps = 9\n[[phase]]\nname = \"b\"\nsteps = 9\nuntil = 3\n\
         [[phase]]\nname = \"c\"\n[[phase]]\nresume = \"b\"\n",
    )
    .expect("a recipe");
    let [_, first, _, second] = &recipe.phases[..] else { panic!("four phases") };
    let (Work::Train { from: a, options: before }, Work::Train { from: b, options: after }) =
        (&first.work, &second.work)
    else {
        panic!("runs");
    };
    let start = Some(Weights { phase: "a".into(), step: None });
    assert_eq!((a, b), (&start, &start));
    assert_eq!((before.until, after.until, after.steps), (Some(3), None, Some(9)));
}

#[test]
fn settings_go_into_a_file_of_their_own() {
    let recipe = read(
        "puzzle = \"maze\"\n[[phase]]\nname = \"a\"\n[[phase]]\nname = \"b\"\n\
         set = { halting-rule = \"confidence\", halt-threshold = 0.5, max-k = 256, cycles = 10, channel-noise = [1, 2] }\n\
         [[phase]]\nname = \"c\"\nfrom = \"a\"\nset = { cycles = 4 }",
    )
    .expect("a recipe");
    let commands: Vec<_> =
        recipe.phases.iter().map(|phase| recipe.command(phase, "runs").join(" ")).collect();
    assert_eq!(
        commands,
        [
            "train maze --out runs/maze-a",
            "set runs/maze-a/model.safetensors --halting-rule confidence --halt-threshold 0.5 --max-k 256 --cycles 10 \
             --channel-noise 1,2 --out runs/maze-b.safetensors",
            "set runs/maze-a/model.safetensors --cycles 4 --out runs/maze-c.safetensors",
        ]
    );
    assert_eq!(recipe.result("runs").as_deref(), Some("runs/maze-c.safetensors"));
}

/// A recipe of a phase `a` that stops at step 5, with further lines behind.
fn with(lines: &str) -> String {
    format!("puzzle = \"maze\"\n[[phase]]\nname = \"a\"\nsteps = 9\nuntil = 5\n{lines}")
}

#[test]
fn what_cannot_be_followed_is_refused_with_its_line() {
    let cases = [
        ("", 1, "puzzle is missing"),
        ("puzzle = \"maze\"", 1, "there is no [[phase]]"),
        ("puzzle = \"maze\"\nphase = []", 2, "there is no [[phase]]"),
        ("puzzle = \"maze\"\nphase = 1", 2, "written as [[phase]]"),
        ("puzzle = \"maze\"\nphase = [1]", 2, "written as [[phase]]"),
        ("puzzle = \"../maze\"\n", 1, "is no name"),
        ("puzzle = 3", 1, "expected a string"),
        ("puzzle = \"maze\"\nx = = 1", 2, ""),
        (&with("\n[colour]\n"), 7, "unknown field `colour`"),
        (&with("stepps = 3"), 6, "unknown field `stepps`, expected one of"),
        (&with("[defaults]\nname = \"x\""), 7, "unknown field `name`"),
        (&with("[defaults]\nuntil = 3"), 6, "belong to single phases"),
        (&with("n = -1"), 6, "-1"),
        (&with("lr = \"fast\""), 6, "fast"),
        (&with("lr = nan"), 2, "lr is not a finite number"),
        (&with("data = [{ file = \"x\", weight = inf }]"), 2, "data is not a finite number"),
        (&with("data = [{ weight = 1 }]"), 6, "missing field `file`"),
        (&with("[[phase]]\nsteps = 3"), 6, "a phase needs a `name`"),
        (&with("[[phase]]\nname = \"a/b\""), 7, "a name is of 1 to 64 letters"),
        (&with("[[phase]]\nname = \"a\""), 7, "there is a phase \"a\" already"),
        (&with("[[phase]]\nname = \"b\"\nfrom = \"c\""), 8, "there is no earlier phase \"c\""),
        (&with("[[phase]]\nname = \"b\"\nfrom = \"b\""), 8, "there is no earlier phase \"b\""),
        (&with("[[phase]]\nname = \"b\"\nfrom = \"a@4\""), 8, "no earlier phase \"a\" stops at step 4"),
        (&with("[[phase]]\nname = \"b\"\nfrom = \"a@x\""), 8, "is not NAME or NAME@STEP"),
        (&with("[[phase]]\nname = \"b\"\nfrom = \"a\"\ninit = \"f\""), 8, "both name weights"),
        (&with("[[phase]]\nname = \"b\"\nmean = [\"a\"]"), 8, "two weights or more"),
        (&with("[[phase]]\nname = \"b\"\nmean = [\"a\", \"a@5\"]\nsteps = 3"), 8, "takes no options"),
        (&with("[[phase]]\nname = \"b\"\nmean = [\"a\",\n\"x\"]"), 9, "there is no earlier phase \"x\""),
        (&with("[[phase]]\nname = \"b\"\nset = { cycles = 3 }\nlr = 1"), 8, "takes `from` and nothing else"),
        (&with("[[phase]]\nname = \"b\"\nset = {}"), 8, "nothing to set"),
        (
            &with("[[phase]]\nname = \"b\"\nset = { halt-threshold = nan }"),
            8,
            "halt-threshold is not a finite",
        ),
        (&with("[[phase]]\nname = \"b\"\nset = { cycles = 3, lr = 1 }"), 8, "unknown field `lr`"),
        ("puzzle = \"maze\"\n[[phase]]\nname = \"b\"\nset = { cycles = 3 }", 4, "no earlier weights"),
        (&with("[[phase]]\nresume = \"b\""), 7, "no earlier phase trains \"b\""),
        (&with("[[phase]]\nresume = \"a\"\nlr = 1"), 6, "takes `until` and nothing else"),
        (&with("[[phase]]\nresume = \"a\"\nuntil = 5"), 7, "has come to step 5 already"),
        (
            &with("[[phase]]\nname = \"b\"\nmean = [\"a\", \"a@5\"]\n[[phase]]\nresume = \"b\""),
            10,
            "no earlier phase trains \"b\"",
        ),
    ];
    for (text, line, expected) in cases {
        match read(text) {
            Err(TrainError::Recipe { path, line: found, reason }) => {
                assert_eq!((path.as_path(), found), (Path::new("recipe.toml"), line), "{text}\n{reason}");
                assert!(reason.contains(expected), "{text}\n{reason}");
            }
            other => panic!("{text}\n{other:?}"),
        }
    }
    assert!(read(&with("")).is_ok());
}

#[test]
fn a_missing_file_and_a_huge_one_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("recipe.toml");
    assert!(matches!(Recipe::read(&path), Err(TrainError::Io { .. })));
    std::fs::write(&path, " ".repeat((1 << 20) + 1)).expect("a file");
    let error = Recipe::read(&path).expect_err("a megabyte of nothing").to_string();
    assert!(error.ends_with("recipe.toml:1: more than 1048576 bytes"), "{error}");
    std::fs::write(&path, with("")).expect("a file");
    assert_eq!(Recipe::read(&path).expect("a recipe").phases.len(), 1);
}
