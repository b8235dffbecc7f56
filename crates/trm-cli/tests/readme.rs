//! Every command in every README and model card. Those that take moments are run, on small files of
//! the names that the text uses; of the others the words are checked against `--help`, and of cargo's
//! that what they name is there.

mod common;

use common::trm;
use std::path::{Path, PathBuf};

const SUDOKU: &str = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79";
const MAZE: &str = "S #\n# #\n  G\n";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The texts, by their paths in the workspace.
fn texts() -> Vec<(PathBuf, String)> {
    let named = ["README.md", "CONTRIBUTING.md", "benches/README.md", "datasets/README.md", "fuzz/README.md"];
    let mut paths: Vec<PathBuf> = named.map(|name| root().join(name)).into();
    for folder in ["crates", "crates/trm-models/weights"] {
        for entry in std::fs::read_dir(root().join(folder)).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.extension().is_some_and(|e| e == "md") {
                paths.push(path);
            } else if path.join("README.md").exists() {
                paths.push(path.join("README.md"));
            }
        }
    }
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), std::fs::read_to_string(path).expect("a text"))).collect()
}

/// Commands in `sh` blocks, in indented lines and in code spans.
fn commands(text: &str) -> Vec<Vec<String>> {
    let (mut lines, mut shell, mut prose) = (Vec::new(), None::<bool>, String::new());
    for line in text.lines() {
        if let Some(language) = line.strip_prefix("```") {
            shell = if shell.is_some() { None } else { Some(language == "sh") };
        } else if shell == Some(true) || line.starts_with("    trm ") {
            lines.push(line.to_owned());
        } else if shell.is_none() {
            prose.push_str(line);
            prose.push('\n');
        }
    }
    let spans =
        prose.split('`').skip(1).step_by(2).filter(|s| s.starts_with("trm ") || s.starts_with("cargo "));
    lines.extend(spans.map(str::to_owned));
    // Comments and what goes to files are not words of the command.
    let words = |line: &String| -> Vec<String> {
        let words = line.split_whitespace().take_while(|word| !word.starts_with(['#', '>']));
        words.map(str::to_owned).collect()
    };
    lines.iter().map(words).filter(|words| !words.is_empty()).collect()
}

#[test]
fn every_command_in_every_readme() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("a file");
    write("maze.txt", MAZE);
    write("list.sdm", &[SUDOKU, SUDOKU].join("\n"));
    let model = folder.path().join("model.safetensors");
    std::fs::write(model, trm_models::sudoku_bytes()).expect("a file");
    let (mut n_run, mut n_checked) = (0, 0);
    for (path, text) in texts() {
        for words in commands(&text) {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let command = format!("{}: {}", path.display(), words.join(" "));
            match words[..] {
                ["trm", ref words @ ..]
                | ["cargo", "run", "--release", "-p", "trm-cli", "--", ref words @ ..] => {
                    let maze = words.get(1) == Some(&"maze");
                    let set = if maze { "maze-hard-gen.csv" } else { "sudoku-extreme-gen.csv" };
                    let rows = std::fs::read_to_string(root().join("datasets").join(set)).expect("a set");
                    let rows = rows.lines().take(2).collect::<Vec<_>>().join("\n");
                    let names = ["train.csv", "last600.csv", "last200.csv", "test.csv", "40.csv", "60.csv"];
                    names.iter().for_each(|name| write(name, &rows));
                    if runs(folder.path(), words, &command) { n_run += 1 } else { n_checked += 1 }
                }
                _ => {
                    assert!(is_there(&words), "{command}: nothing checks this command");
                    n_checked += 1;
                }
            }
        }
    }
    println!("{n_run} commands run, {n_checked} checked");
    assert!(n_run > 5 && n_checked > 5);
}

/// Runs a command of `trm` and returns true, or checks its words and returns false.
fn runs(folder: &Path, words: &[&str], command: &str) -> bool {
    let cheap = match words {
        ["solve", _, ..] | ["info", _, ..] | ["doctor", ..] | ["completions", _, ..] => words.to_vec(),
        ["eval", _, ..] if !words.contains(&"--limit") => [words, &["--limit", "1"]].concat(),
        _ => {
            let words: Vec<&str> =
                words.iter().map(|word| if *word == "COMMAND" { "solve" } else { word }).collect();
            let output = trm(folder, "", &[&words[..], &["--help"]].concat());
            assert_eq!(output.code, Some(0), "{command}: {}", output.err);
            return false;
        }
    };
    let output = trm(folder, "", &cheap);
    assert_eq!(output.code, Some(0), "{command}: {}", output.err);
    true
}

/// Whether what a command of cargo names is in the workspace. Programs of others are not checked.
fn is_there(words: &[&str]) -> bool {
    let has = |path: String| root().join(path).exists();
    let after = |flag: &str| words.iter().position(|word| *word == flag).and_then(|i| words.get(i + 1));
    let file = |place: &str, name: &str| has(format!("{place}/{name}.rs"));
    let package = match after("-p") {
        Some(&"trm-benches") | None => "benches".to_owned(),
        Some(name) => format!("crates/{name}"),
    };
    let named = [("--example", "examples"), ("--bench", "benches"), ("--test", "tests")];
    let found = |(flag, folder): (&str, &str)| {
        after(flag).is_none_or(|name| file(&format!("{package}/{folder}"), name))
    };
    match words {
        ["cargo", "xtask", chore, ..] => {
            let main = std::fs::read_to_string(root().join("xtask/src/lib.rs")).expect("a file");
            main.contains(&format!("\"{chore}\" =>")) && found(named[1])
        }
        ["cargo", "+nightly", "fuzz", "run", target, ..] => file("fuzz/fuzz_targets", target),
        ["cargo", "run", "--example", "seeds"] => file("fuzz/examples", "seeds"),
        ["cargo", "install", "--path", path] => has(format!("{path}/Cargo.toml")),
        ["cargo", "add", name] => has(format!("crates/{name}/Cargo.toml")),
        ["cargo", "test" | "bench" | "run", ..] => {
            has(format!("{package}/Cargo.toml")) && named.into_iter().all(found)
        }
        ["cargo", "install", "cargo-fuzz", "--locked"] => true,
        ["cargo", ..] => false,
        ["sha256sum", "-c", sums] => has(format!("datasets/{sums}")),
        _ => true,
    }
}
