//! What the commands print, and their exit codes.

mod common;

use common::trm;
use serde_json::Value;
use std::path::{Path, PathBuf};
use trm_core::Model;
use trm_tasks::{maze_builder, shaped, sudoku_builder};

const SOLVED: &str = "534678912672195348198342567859761423426853791713924856961537284287419635345286179";
const PUZZLE: &str = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79";

/// A folder with untrained models; the embedded ones may be trained.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (builder, name) in [(maze_builder(), "maze"), (sudoku_builder(), "sudoku")] {
        let config = shaped(builder.max_k(3), 8, 8, 1).expect("a small model");
        let model = Model::new(config).expect("a small model");
        model.save(folder.path().join(format!("{name}.safetensors"))).expect("a file");
    }
    folder
}

/// The golden files of `trm-core`, which the package of this crate does not have.
fn golden() -> Option<PathBuf> {
    let this = Path::new(env!("CARGO_MANIFEST_DIR"));
    let packaged = this.join("Cargo.toml.orig").exists();
    if packaged {
        eprintln!("skipped: the golden files of trm-core are not in the package");
    }
    (!packaged).then(|| this.join("../trm-core/tests/golden"))
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

#[test]
fn a_solved_grid_is_verified() {
    let folder = folder();
    let output = trm(folder.path(), SOLVED, &["solve", "sudoku", "-", "--model", "sudoku.safetensors"]);
    assert_eq!(output.code, Some(0), "{}", output.err);
    assert!(output.out.contains("verified: ") && output.err.contains("solved already"));
    assert!(!output.out.contains('\x1b'), "colours in a pipe");
}

#[test]
fn the_embedded_models_solve_easy_puzzles() {
    let folder = folder();
    let output = trm(folder.path(), "", &["solve", "sudoku", PUZZLE, "--json"]);
    assert_eq!(output.code, Some(0), "{}", output.err);
    assert_eq!(json(&output.out)["answer"].as_str(), Some(SOLVED));
    let maze = "S #\n# #\n  G\n";
    let output = trm(folder.path(), maze, &["solve", "maze", "-"]);
    assert_eq!((output.code, output.out.lines().next()), (Some(0), Some("So#")), "{}", output.err);
}

#[test]
fn an_untrained_answer_is_not_verified() {
    let folder = folder();
    let output =
        trm(folder.path(), "", &["solve", "sudoku", PUZZLE, "--model", "sudoku.safetensors", "--json"]);
    assert_eq!(output.code, Some(1), "{}", output.err);
    let output = json(&output.out);
    assert_eq!((&output["verified"], &output["k"]), (&Value::Bool(false), &Value::from(3)));
    assert_eq!(output["answer"].as_str().map(str::len), Some(81));
}

#[test]
fn the_only_path_next_door_is_verified() {
    let folder = folder();
    std::fs::write(folder.path().join("m.txt"), "SG#\r\n ##\r\n").expect("a file");
    let output =
        trm(folder.path(), "", &["solve", "maze", "m.txt", "--model", "maze.safetensors", "--k", "2"]);
    assert_eq!(output.code, Some(0), "{}", output.err);
    assert!(output.out.starts_with("SG#\n ##\n"), "{}", output.out);
}

#[test]
fn a_trace_draws_every_step() {
    let folder = folder();
    let words = ["solve", "maze", "-", "--model", "maze.safetensors", "--trace"];
    let output = trm(folder.path(), "S  \n ##\n  G\n", &words);
    assert_eq!(output.code, Some(1), "{}", output.err);
    let steps: Vec<_> = output.out.lines().filter(|line| line.starts_with("step ")).collect();
    assert_eq!(steps.len(), 3);
    assert!(steps[2].ends_with("0 cells changed"), "{}", steps[2]);
}

#[test]
fn evaluation_reports_what_it_measured() {
    let folder = folder();
    let words = ["eval", "sudoku", "--limit", "3", "--sweep", "--model", "sudoku.safetensors", "--json"];
    let output = trm(folder.path(), "", &words);
    assert_eq!(output.code, Some(0), "{}", output.err);
    let report = json(&output.out);
    assert_eq!((&report["n"], &report["solved_rate"]["n_true"]), (&Value::from(3), &Value::from(0)));
    assert_eq!(report["sweep"].as_array().map(Vec::len), Some(3));
    assert!(report["data"].as_str().is_some_and(|data| data.contains("generated")));
    let output =
        trm(folder.path(), "", &["eval", "maze", "--limit", "2", "--k", "1", "--model", "maze.safetensors"]);
    for name in ["exact_accuracy", "optimal_path_rate", "valid_path_rate", "mean K"] {
        assert!(output.out.contains(name), "{}", output.out);
    }
}

#[test]
fn a_target_is_never_reached_untrained() {
    let folder = folder();
    let words = ["eval", "maze", "--limit", "1", "--target", "0", "--model", "maze.safetensors"];
    let output = trm(folder.path(), "", &words);
    assert_eq!((output.code, output.out.as_str()), (Some(1), ""), "{}", output.err);
    assert!(output.err.contains("untrained"));
}

#[test]
fn info_tells_embedded_models_and_files() {
    let folder = folder();
    for model in ["sudoku", "maze", "maze.safetensors"] {
        let output = trm(folder.path(), "", &["info", model]);
        assert_eq!(output.code, Some(0), "{}", output.err);
        assert!(output.out.contains("question.weight"), "{}", output.out);
    }
    let output = trm(folder.path(), "", &["info", "sudoku.safetensors", "--json"]);
    assert_eq!(json(&output.out)["untrained"], Value::Bool(true));
}

#[test]
fn a_training_run_can_be_drawn() {
    let folder = folder();
    let words =
        ["train", "maze", "--out", "run", "--steps", "2", "--batch", "2", "--hidden", "8", "--ffn", "8"];
    let output = trm(folder.path(), "", &words);
    assert_eq!(output.code, Some(0), "{}", output.err);
    let output = trm(folder.path(), "", &["plot", "run/log.jsonl"]);
    assert_eq!(output.code, Some(0), "{}", output.err);
    let page = std::fs::read_to_string(folder.path().join("run/log.html")).expect("a page");
    assert!(page.starts_with("<!doctype html>"));
}

/// The paper's mixer, trained through both of two cycles, answers cells.
#[test]
fn the_other_mixer_is_trained_and_scored() {
    let folder = folder();
    let solved = "534678912672195348198342567859761423426853791713924856961537284287419635345286179";
    let asked = format!(".{}", &solved[1..]);
    std::fs::write(
        folder.path().join("one.csv"),
        format!("source,question,answer,rating\nx,{asked},{solved},0\n"),
    )
    .expect("a file");
    let words = "train sudoku --mixer mlp --data one.csv --validate one.csv --out run --steps 40 --batch 2 --hidden 16 \
                 --ffn 16 --n 1 --cycles 2 --gradient-cycles 2 --warmup 1 --lr 0.01";
    let output = trm(folder.path(), "", &words.split_whitespace().collect::<Vec<_>>());
    assert_eq!(output.code, Some(0), "{}", output.err);
    let log = std::fs::read_to_string(folder.path().join("run/log.jsonl")).expect("a log");
    assert!(log.contains("\"exact_any\":"), "{log}");
    let words = ["eval", "sudoku", "--model", "run/model.safetensors", "--data", "one.csv", "--json"];
    let output = trm(folder.path(), "", &words);
    assert!(
        output.code == Some(0) && output.out.contains("\"cell_accuracy\""),
        "{}{}",
        output.out,
        output.err
    );
    let output = trm(folder.path(), "", &[&words[..], &["--precision", "bf16"]].concat());
    assert!(
        output.code == Some(0) && output.out.contains("\"gflop_per_puzzle\""),
        "{}{}",
        output.out,
        output.err
    );
    let output = trm(folder.path(), "", &[&words[..], &["--search", "4"]].concat());
    assert!(output.code == Some(2) && output.err.contains("candidate"), "{}", output.err);
}

#[test]
fn official_checkpoints_become_model_files() {
    let folder = folder();
    let Some(golden) = golden() else { return };
    let weights = golden.join("attention_maze12.weights.safetensors").display().to_string();
    let output = trm(folder.path(), "", &["import", &weights, "official.safetensors"]);
    assert_eq!(output.code, Some(0), "{}", output.err);
    let maze = format!("S{}G", " ".repeat(142));
    let words = ["solve", "maze", "-", "--model", "official.safetensors", "--k", "1"];
    let output = trm(folder.path(), &maze, &words);
    assert!(matches!(output.code, Some(0 | 1)), "{}", output.err);
    std::fs::write(folder.path().join("step_1"), b"PK\x03\x04 pickled").expect("a file");
    let output = trm(folder.path(), "", &["import", "step_1", "out.safetensors"]);
    assert!(output.code == Some(2) && output.err.contains("save_file"), "{}", output.err);
}

#[test]
fn parity_holds_for_the_golden_files_and_can_fail() {
    let folder = folder();
    let Some(golden) = golden() else { return };
    for kind in ["weights", "expected"] {
        let from = golden.join(format!("attention_maze12.{kind}.safetensors"));
        std::fs::copy(from, folder.path().join(format!("a.{kind}.safetensors"))).expect("a file");
    }
    let output = trm(folder.path(), "", &["check-parity", "."]);
    assert_eq!(output.code, Some(0), "{}{}", output.out, output.err);
    let path = folder.path().join("a.weights.safetensors");
    let mut bytes = std::fs::read(&path).expect("a file");
    let last = bytes.len() - 4;
    bytes[last..].copy_from_slice(&1f32.to_le_bytes());
    std::fs::write(&path, bytes).expect("a file");
    let output = trm(folder.path(), "", &["check-parity", "."]);
    assert_eq!(output.code, Some(1), "{}{}", output.out, output.err);
    assert!(output.out.contains("BEYOND"));
}

#[test]
fn published_files_are_read() {
    let Some(real) = std::env::var_os("TRM_REAL_DATA") else { return };
    let folder = folder();
    for (puzzle, file) in [("sudoku", "sudoku_extreme_train_1k.csv"), ("maze", "maze_hard_train.csv")] {
        let (data, model) = (Path::new(&real).join(file), format!("{puzzle}.safetensors"));
        let data = data.to_str().expect("UTF-8");
        let output = trm(
            folder.path(),
            "",
            &["eval", puzzle, "--data", data, "--k", "1", "--model", &model, "--json"],
        );
        assert_eq!((output.code, &json(&output.out)["n"]), (Some(0), &Value::from(1000)), "{}", output.err);
    }
}

#[test]
fn the_recursion_can_be_drawn() {
    let folder = folder();
    let output = trm(folder.path(), "", &["solve", "sudoku", PUZZLE, "--svg", "steps.svg"]);
    assert_eq!(output.code, Some(0), "{}", output.err);
    let picture = std::fs::read_to_string(folder.path().join("steps.svg")).expect("a picture");
    assert!(picture.starts_with("<svg ") && picture.ends_with("</svg>\n"));
    // Every board shows the givens, in bold, and the last one all 81 digits.
    let boards: Vec<_> = picture.split("<g ").skip(1).collect();
    let n_givens = PUZZLE.chars().filter(|c| *c != '.').count();
    assert!(boards.iter().all(|board| board.matches("\"bold\"").count() == n_givens));
    assert_eq!(boards.last().expect("a board").matches("<text ").count(), 1 + 81);
    let wide = format!("S{}G", " ".repeat(65 * 65 - 2));
    let output = trm(folder.path(), &wide, &["solve", "maze", "-", "--svg", "steps.svg"]);
    assert!(output.code == Some(2) && output.err.contains("at most 64"), "{}", output.err);
}

#[test]
fn the_doctor_says_what_was_found() {
    let folder = folder();
    let output = trm(folder.path(), "", &["doctor", "--json"]);
    assert_eq!(output.code, Some(0), "{}{}", output.out, output.err);
    let found = json(&output.out);
    let kernels = found["kernels"].as_array().expect("kernels");
    assert!(kernels.iter().any(|kernel| kernel["name"] == found["kernel"]));
    assert!(kernels.iter().all(|k| k["solves_sudoku"] == true && k["solves_maze"] == true), "{}", output.out);
    // Processors differ in what bf16 gains, so it is measured where they have it.
    let gain = |kernel: &serde_json::Value| kernel["bf16_speedup"].as_f64();
    assert!(kernels.iter().all(|k| gain(k).is_some() == (k["bf16"] == true)), "{}", output.out);
    assert!(kernels.iter().filter_map(gain).all(|by| by > 0.01 && by < 100.0), "{}", output.out);
    for model in found["models"].as_array().expect("models") {
        assert_eq!(model["sha256"].as_str().map(str::len), Some(64));
        assert!(model["card"].as_str().is_some_and(|card| card.contains("## Scores")));
    }
    let output = trm(folder.path(), "", &["doctor"]);
    assert!(
        output.out.contains("nothing is wrong") && output.out.contains("exact_accuracy"),
        "{}",
        output.out
    );
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_trm"));
    let output = common::outcome(command.arg("doctor").env("TRM_KERNEL", "abacus"), "");
    assert_eq!(output.code, Some(1), "{}", output.out);
    assert!(output.out.contains("WRONG        TRM_KERNEL is \"abacus\""), "{}", output.out);
}

#[test]
fn completions_know_every_command() {
    let folder = folder();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let output = trm(folder.path(), "", &["completions", shell]);
        assert_eq!(output.code, Some(0), "{}", output.err);
        for command in ["solve", "eval", "train", "check-parity", "doctor", "completions"] {
            assert!(output.out.contains(command), "{shell}: {command}");
        }
    }
    assert_eq!(trm(folder.path(), "", &["completions", "abacus"]).code, Some(2));
}

#[test]
fn help_has_examples_and_exit_codes() {
    let folder = folder();
    let help = trm(folder.path(), "", &["--help"]);
    assert!(help.code == Some(0) && help.out.contains("Exit codes: 0 done"), "{}", help.out);
    for command in [
        "solve",
        "eval",
        "info",
        "import",
        "check-parity",
        "plot",
        "train",
        "generate",
        "average",
        "doctor",
        "completions",
    ] {
        assert!(help.out.contains(command), "{command}");
        let help = trm(folder.path(), "", &[command, "--help"]);
        assert!(help.code == Some(0) && help.out.contains("Example"), "{command}: {}", help.out);
    }
    assert_eq!(trm(folder.path(), "", &["abacus"]).code, Some(2));
}

#[test]
fn k_star_is_measured_and_policies_are_compared() {
    let folder = folder();
    // Mazes that an untrained model gets right: nothing lies between start and goal.
    let mut csv = String::from("source,question,answer,rating\n");
    for i in 0..200 {
        let (maze, answer) = if i % 4 == 1 { ("S  G", "S oG") } else { ("SG  ", "SG  ") };
        csv += &format!("s,{maze},{answer},2\n");
    }
    std::fs::write(folder.path().join("mazes.csv"), csv).expect("a file");
    let model = ["--model", "maze.safetensors", "--data", "mazes.csv"];
    let words = [&["k-star", "maze", "--out", "runs", "--json"][..], &model].concat();
    let output = trm(folder.path(), "", &words);
    assert_eq!(output.code, Some(0), "{}", output.err);
    let k_star = json(&output.out);
    assert_eq!((&k_star["n"], &k_star["max_k"]), (&Value::from(200), &Value::from(3)));
    let text = trm(folder.path(), "", &["policies", "runs", "--html", "page.html", "--state", "state"]);
    assert!(text.out.contains("best fixed") && text.out.contains("oracle"), "{}{}", text.out, text.err);
    let output = trm(folder.path(), "", &["policies", "runs", "--json"]);
    assert_eq!(output.code, text.code, "{}", output.err);
    assert_eq!(json(&output.out)["fixed"].as_array().map(Vec::len), Some(3));
    let page = std::fs::read_to_string(folder.path().join("page.html")).expect("written");
    assert!(page.contains("<svg") && page.contains("best fixed"));
    let words = ["solve", "maze", "-", "--learned", "--halting", "state", "--model", "maze.safetensors"];
    let output = trm(folder.path(), "SG\n  \n", &words);
    assert_eq!(output.code, Some(0), "{}", output.err);
}

#[test]
fn more_than_one_run_is_counted_apart() {
    let folder = folder();
    let output = trm(folder.path(), "", &["eval", "sudoku", "--limit", "4", "--search", "8", "--json"]);
    assert_eq!(output.code, Some(0), "{}", output.err);
    let found = json(&output.out);
    assert!(found["n"] == 4 && found["search"]["calls"].as_f64().is_some_and(|calls| calls <= 8.0));
    assert!(found.get("rates").is_none(), "a search is no score of the network");
    let words = ["eval", "maze", "--limit", "2", "--rollouts", "3", "--max-k", "8"];
    let output = trm(folder.path(), "", &words);
    assert!(
        output.code == Some(0) && output.out.contains("network AND rules"),
        "{}{}",
        output.out,
        output.err
    );
    assert_eq!(trm(folder.path(), "", &["eval", "maze", "--search", "8"]).code, Some(2));
    assert_eq!(trm(folder.path(), "", &["eval", "maze", "--rollouts", "0"]).code, Some(2));
    assert_eq!(trm(folder.path(), "", &["eval", "sudoku", "--limit", "3", "--vote"]).code, Some(0));
}

#[test]
fn other_sizes_of_sudoku() {
    let folder = folder();
    let output = trm(folder.path(), "", &["solve", "sudoku", "1.34.4.22.4.432.", "--json"]);
    assert_eq!(output.code, Some(0), "{}", output.err);
    assert_eq!(json(&output.out)["answer"].as_str(), Some("1234341221434321"));
    assert_eq!(trm(folder.path(), "", &["solve", "sudoku", "11.............."]).code, Some(2));
    let row = "x,1.34.4.22.4.432.,1234341221434321,0\n";
    let write = |rows: &str| {
        std::fs::write(folder.path().join("4x4.csv"), format!("source,question,answer,rating\n{rows}"))
            .expect("a file");
    };
    write(&row.repeat(3));
    let eval = |more: &[&str]| {
        trm(folder.path(), "", &[&["eval", "sudoku", "--data", "4x4.csv", "--json"], more].concat())
    };
    let output = eval(&[]);
    assert_eq!(output.code, Some(0), "{}", output.err);
    assert_eq!(
        (&json(&output.out)["n"], &json(&output.out)["exact_accuracy"]["rate"]),
        (&3.into(), &1.0.into())
    );
    for more in ["--rollouts", "--search"] {
        assert_eq!(eval(&[more, "2"]).code, Some(0), "{more}");
    }
    let output = eval(&["--learned"]);
    assert!(output.code == Some(2) && output.err.contains("9x9"), "{}{}", output.out, output.err);
    write(&format!("{row}x,{PUZZLE},{SOLVED},0\n"));
    let output = eval(&[]);
    assert_eq!(output.code, Some(2), "{}", output.out);
    assert!(output.err.contains("line 3: a grid of 16 cells was expected, found 81"), "{}", output.err);
}

#[test]
fn models_are_averaged() {
    let folder = folder();
    let words = ["average", "maze.safetensors", "maze.safetensors", "--out", "mean.safetensors"];
    let output = trm(folder.path(), "", &words);
    assert_eq!(output.code, Some(0), "{}", output.err);
    let load = |name: &str| trm_core::Model::load(folder.path().join(name)).expect("a model");
    assert_eq!(load("mean.safetensors").params, load("maze.safetensors").params);
    let words = ["average", "maze.safetensors", "sudoku.safetensors", "--out", "mean.safetensors"];
    let output = trm(folder.path(), "", &words);
    assert!(output.code == Some(2) && output.err.contains("sudoku.safetensors"), "{}", output.err);
    assert_eq!(trm(folder.path(), "", &["average", "maze.safetensors", "--out", "x"]).code, Some(2));
}
