//! Every document: its commands, its links and the files that it names. Commands that take moments are run, on small
//! files of the names that the text uses; of the others the words are checked against `--help`, and of cargo's
//! that what they name is there.

mod common;

use common::trm;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const MAZE: &str = "S #\n# #\n  G\n";
/// Folders whose documents are read; of a folder in them only `README.md`.
const FOLDERS: [&str; 7] = [
    "",
    "docs",
    "docs/decisions",
    "crates",
    "crates/trm-models/weights",
    "crates/trm-train",
    "crates/trm-core/tests",
];
/// Ends of names of files that a text may name.
const NAMED: [&str; 5] = [".rs", ".mjs", ".json", ".md", ".py"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The texts, by their paths.
fn texts() -> Vec<(PathBuf, String)> {
    let mut paths = BTreeSet::new();
    for folder in FOLDERS {
        for entry in std::fs::read_dir(root().join(folder)).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.extension().is_some_and(|e| e == "md") {
                paths.insert(path);
            } else if path.join("README.md").exists() {
                paths.insert(path.join("README.md"));
            }
        }
    }
    paths.into_iter().map(|path| (path.clone(), std::fs::read_to_string(path).expect("a text"))).collect()
}

/// Lines of `sh` blocks, and the code spans of the text outside all blocks.
fn code(text: &str) -> (Vec<&str>, Vec<String>) {
    let (mut lines, mut shell, mut prose) = (Vec::new(), None::<bool>, String::new());
    for line in text.lines() {
        if let Some(language) = line.strip_prefix("```") {
            shell = if shell.is_some() { None } else { Some(language == "sh") };
        } else if shell == Some(true) || line.starts_with("    trm ") || line.starts_with("    cargo ") {
            lines.push(line);
        } else if shell.is_none() {
            prose.push_str(line);
            prose.push('\n');
        }
    }
    let spans = prose.split('`').skip(1).step_by(2).map(str::to_owned).collect();
    (lines, spans)
}

/// The words of every command, without the variables in front of it.
fn commands(text: &str) -> Vec<Vec<String>> {
    let (lines, spans) = code(text);
    let spans = spans.into_iter().filter(|span| {
        let named = |program: &str| span.split_whitespace().any(|word| word == program);
        span.starts_with("trm ") || span.starts_with("cargo ") || (span.contains('=') && named("cargo"))
    });
    // Comments and what goes to files are not words of the command.
    let words = |line: &str| -> Vec<String> {
        let words = line.split_whitespace().take_while(|word| !word.starts_with(['#', '>']));
        let is_variable =
            |word: &&str| word.starts_with(|c: char| c.is_ascii_uppercase()) && word.contains('=');
        words.skip_while(is_variable).map(str::to_owned).collect()
    };
    let all = lines.into_iter().map(words).chain(spans.map(|span| words(&span)).collect::<Vec<_>>());
    all.filter(|words| !words.is_empty()).collect()
}

#[test]
fn every_command_in_every_document() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut n_run, mut n_checked, mut seen) = (0, 0, BTreeSet::new());
    for (path, text) in texts() {
        for words in commands(&text) {
            if !seen.insert(words.clone()) {
                continue;
            }
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let command = format!("{}: {}", path.display(), words.join(" "));
            match words[..] {
                // As one of several ranks, a build with MPI takes the same words.
                ["mpirun", "-n", _, "trm", ref words @ ..] => {
                    let output = trm(folder.path(), "", &[words, &["--help"]].concat());
                    assert_eq!(output.code, Some(0), "{command}: {}", output.err);
                    n_checked += 1;
                }
                ["trm", ref words @ ..]
                | ["cargo", "run", "--release", "-p", "trm-cli", "--", ref words @ ..] => {
                    lay_out(folder.path(), words);
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
    assert!(n_run > 20 && n_checked > 40);
}

/// Writes the files that a command reads: two puzzles of its kind, a maze, its model.
fn lay_out(folder: &Path, words: &[&str]) {
    let is_maze = words.get(1) == Some(&"maze");
    let set = if is_maze { "maze-hard-gen.csv" } else { "sudoku-extreme-gen.csv" };
    let rows = std::fs::read_to_string(root().join("datasets").join(set)).expect("a set");
    let rows = rows.lines().take(2).collect::<Vec<_>>().join("\n");
    let model = if is_maze { trm_models::maze_bytes() } else { trm_models::sudoku_bytes() };
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, bytes).expect("a file");
    };
    for pair in words.windows(2) {
        match pair {
            ["--data", name] => write(name, rows.as_bytes()),
            ["--model", name] => write(name, model),
            _ => {}
        }
    }
    for word in words.iter().filter(|word| word.ends_with(".toml") && root().join(word).is_file()) {
        write(word, &std::fs::read(root().join(word)).expect("a file"));
    }
    write("maze.txt", MAZE.as_bytes());
    write("model.safetensors", model);
}

/// Runs a command of `trm` and returns true, or checks its words and returns false.
fn runs(folder: &Path, words: &[&str], command: &str) -> bool {
    let cheap = match words {
        ["solve", "sudoku" | "maze", _, ..] | ["info", _, ..] | ["doctor", ..] | ["completions", _, ..] => {
            words.to_vec()
        }
        ["eval", "sudoku" | "maze", ..] if !words.contains(&"--limit") => [words, &["--limit", "1"]].concat(),
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
    let file =
        |place: &str, name: &str| has(format!("{place}/{name}.rs")) || has(format!("{place}/{name}/main.rs"));
    let package = match after("-p") {
        Some(&"trm-benches") | None => "benches".to_owned(),
        Some(&"xtask") => "xtask".to_owned(),
        Some(name) => format!("crates/{name}"),
    };
    let named = [("--example", "examples"), ("--bench", "benches"), ("--test", "tests")];
    let found = |(flag, folder): (&str, &str)| {
        after(flag).is_none_or(|name| file(&format!("{package}/{folder}"), name))
    };
    match words {
        ["cargo", "xtask"] => true,
        ["cargo", "xtask", chore, ..] => {
            let main = std::fs::read_to_string(root().join("xtask/src/lib.rs")).expect("a file");
            main.contains(&format!("\"{chore}\" =>")) && found(named[1])
        }
        ["cargo", "+nightly", "fuzz", "run", target, ..] => file("fuzz/fuzz_targets", target),
        ["cargo", "run", "--example", "seeds"] => file("fuzz/examples", "seeds"),
        ["cargo", "install", "--path", path] => has(format!("{path}/Cargo.toml")),
        ["cargo", "add", name] => has(format!("crates/{name}/Cargo.toml")),
        ["cargo", "test" | "bench" | "build" | "run" | "tree", ..]
        | ["cargo", "+nightly", "miri", "test", ..] => {
            has(format!("{package}/Cargo.toml")) && named.into_iter().all(found)
        }
        ["cargo", "install", "cargo-fuzz", "--locked"] => true,
        ["cargo", ..] => false,
        ["sha256sum", "-c", sums] => has(format!("datasets/{sums}")),
        _ => true,
    }
}

#[test]
fn every_link_and_every_file_that_is_named() {
    let mut n_links = 0;
    for (path, text) in texts() {
        let folder = path.parent().expect("a folder");
        for target in
            text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target)
        {
            if target.starts_with("http") {
                continue;
            }
            let (file, heading) = target.split_once('#').unwrap_or((target, ""));
            let file = if file.is_empty() { path.clone() } else { folder.join(file) };
            assert!(file.exists(), "{}: no {target}", path.display());
            if !heading.is_empty() {
                let text = std::fs::read_to_string(file).expect("a document");
                assert!(headings(&text).contains(heading), "{}: no heading {target}", path.display());
            }
            n_links += 1;
        }
        for span in code(&text).1 {
            let is_file = NAMED.iter().any(|end| span.ends_with(end)) && !span.contains([' ', '*', '<']);
            if is_file && span.contains('/') {
                assert!(is_named_right(folder, &span), "{}: no file `{span}`", path.display());
            }
        }
    }
    assert!(n_links > 40, "{n_links} links");
}

/// The anchors of a document's headings.
fn headings(text: &str) -> BTreeSet<String> {
    let titles = text.lines().filter(|line| line.starts_with('#'));
    let anchor = |title: &str| -> String {
        let title = title.trim_start_matches('#').trim().to_lowercase();
        let kept = title.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    };
    titles.map(anchor).collect()
}

/// Whether a file is there: from the workspace, from the document, or from `crates` or a crate in it.
fn is_named_right(folder: &Path, name: &str) -> bool {
    let crates = std::fs::read_dir(root().join("crates")).expect("a folder");
    let places = crates.map(|entry| entry.expect("an entry").path()).chain([root(), root().join("crates")]);
    places.chain([folder.to_owned()]).any(|place| place.join(name).exists())
}

/// A table that a blank line breaks loses its header, and a row of another width its cells.
#[test]
fn every_table_is_whole() {
    let mut n_tables = 0;
    for (path, text) in texts() {
        let lines: Vec<&str> = text.lines().map(str::trim_start).collect();
        for block in lines.split(|line| !line.starts_with('|')).filter(|block| !block.is_empty()) {
            let shown = format!("{}: {}", path.display(), block[0]);
            assert!(block.get(1).is_some_and(|rule| rule.starts_with("|---")), "{shown}: no header");
            // A pipe in a code span or behind a backslash is no end of a cell.
            let cells = |row: &str| {
                let outside = row.split('`').step_by(2).collect::<String>().replace("\\|", "");
                outside.matches('|').count()
            };
            let n = cells(block[1]);
            block.iter().for_each(|row| assert_eq!(cells(row), n, "{shown}: the row {row}"));
            n_tables += 1;
        }
    }
    assert!(n_tables > 40, "{n_tables} tables");
}

#[test]
fn the_committed_sets_hold_what_their_page_says() {
    for (puzzle, file, n_distinct) in
        [("sudoku", "sudoku-extreme-gen.csv", 983), ("maze", "maze-hard-gen.csv", 1000)]
    {
        let data = root().join("datasets").join(file).display().to_string();
        let output = trm(Path::new("."), "", &["overlap", puzzle, &data, "--json"]);
        assert_eq!(output.code, Some(0), "{}", output.err);
        let found: serde_json::Value = serde_json::from_str(&output.out).expect("JSON");
        let file = &found["files"][0];
        assert_eq!((&file["n"], &file["n_distinct"]), (&1000.into(), &n_distinct.into()));
    }
}
