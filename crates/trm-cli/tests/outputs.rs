//! Where results may be written: every kind of output for every writer and every option.
#![cfg(unix)]

mod common;
#[path = "common/kinds.rs"]
mod kinds;

use common::{Output, outcome, trm};
use sona_learn::{Label, SonaEngine};
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};

const PUZZLE: &str = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79";

#[test]
fn the_writer_of_models_and_data() {
    kinds::check("the_writer_of_models_and_data", true, &|path| {
        let bytes = b"new content".to_vec();
        let write = |file: &mut std::fs::File| file.write_all(&bytes);
        trm_core::file::replace::<std::io::Error>(path, write).map_err(|error| error.to_string())?;
        Ok(bytes)
    });
}

#[test]
fn the_writer_of_halting_states() {
    kinds::check("the_writer_of_halting_states", false, &|path| {
        let engine = SonaEngine::new(4);
        engine.learn(&[0.5; 4], Label::Solved(3), 1.0, &[]);
        engine.save(path).map_err(|error| error.to_string())?;
        Ok(engine.to_bytes().expect("encodes"))
    });
}

#[test]
fn a_file_keeps_its_permissions_and_a_read_only_one_its_content() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("secret");
    let mode = |mode| std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).expect("changed");
    let write = || trm_core::file::replace::<std::io::Error>(&path, |file| file.write_all(b"new"));
    std::fs::write(&path, "old").expect("written");
    mode(0o600);
    write().expect("written");
    assert_eq!(std::fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
    mode(0o400);
    std::fs::write(folder.path().join("other"), "").expect("written");
    let error = write().expect_err("read-only").to_string();
    assert_eq!(
        (error.as_str(), std::fs::read(&path).expect("there")),
        ("the file is read-only", b"new".to_vec())
    );
}

/// A folder with inputs for every command that writes.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).expect("a file");
    write("maze.safetensors", trm_models::maze_bytes());
    let mazes = format!("question,answer\n{}", "SG##,SG##\n".repeat(200));
    write("mazes.csv", mazes.as_bytes());
    write(
        "log.jsonl",
        b"{\"train\":{\"step\":1,\"question_steps\":1,\"seconds\":1.0,\"loss\":1.0,\
        \"halt_loss\":1.0,\"batch_exact\":0.0,\"gradient\":1.0,\"learning_rate\":0.1,\
        \"question_steps_per_second\":1.0,\"gflops\":1.0}}\n",
    );
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/../trm-core/tests/golden");
    std::fs::copy(
        Path::new(golden).join("attention_maze12.weights.safetensors"),
        folder.path().join("official"),
    )
    .expect("copied");
    let runs = ["k-star", "maze", "--data", "mazes.csv", "--max-k", "4", "--out", "runs"];
    let output = trm(folder.path(), "", &runs);
    assert_eq!(output.code, Some(0), "{}", output.err);
    folder
}

/// Every output option, as the words before its value, and how its content begins.
const OPTIONS: [(&[&str], &[u8]); 8] = [
    (&["solve", "sudoku", PUZZLE, "--svg"], b"<svg "),
    (&["k-star", "maze", "--data", "mazes.csv", "--limit", "2", "--max-k", "4", "--out"], b""),
    (&["policies", "runs", "--html"], b"<!doctype html>"),
    (&["policies", "runs", "--state"], b"SONALRN\n"),
    (&["plot", "log.jsonl", "--out"], b"<!doctype html>"),
    (&["generate", "maze", "--count", "2", "--side", "4", "--min-path", "3", "--out"], b"source,question"),
    (&["average", "maze.safetensors", "maze.safetensors", "--out"], b""),
    (&["import", "official"], b""),
];

fn bytes_of(folder: &Path, words: &[&str], output: &str) -> (Option<i32>, Vec<u8>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trm"));
    let run = command.args(words).arg(output).current_dir(folder).stdin(Stdio::null()).output();
    let run = run.expect("the command ends");
    (run.status.code(), run.stdout, String::from_utf8_lossy(&run.stderr).into_owned())
}

#[test]
fn every_option_writes_to_links_and_to_standard_output() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    for (i, (words, start)) in OPTIONS.into_iter().enumerate() {
        let (plain, real, link) = (format!("plain{i}"), format!("real{i}"), format!("link{i}"));
        let (code, text, err) = bytes_of(folder.path(), words, &plain);
        assert!(matches!(code, Some(0 | 1)), "{words:?}: {err}");
        let content = std::fs::read(at(&plain)).expect("written");
        assert!(content.starts_with(start) && !content.is_empty(), "{words:?}");
        std::fs::write(at(&real), "older").expect("written");
        symlink(&real, at(&link)).expect("made");
        assert_eq!(bytes_of(folder.path(), words, &link).0, code);
        assert_eq!(std::fs::read_link(at(&link)).expect("a link").to_str(), Some(&*real), "{words:?}");
        assert_eq!(std::fs::read(at(&real)).expect("written").len(), content.len(), "{words:?}");
        // Standard output has the content alone, and the text goes to standard error.
        for name in ["-", "/dev/fd/1"] {
            let (again, piped, messages) = bytes_of(folder.path(), words, name);
            assert_eq!(again, code, "{words:?} {name}: {messages}");
            assert_eq!(piped.len(), content.len(), "{words:?} {name}");
            assert!(piped.starts_with(start), "{words:?} {name}");
            assert!(text.is_empty() || !messages.is_empty(), "{words:?} {name}: no text");
        }
        let (code, _, err) = bytes_of(folder.path(), words, ".");
        assert_eq!(code, Some(2), "{words:?}");
        assert!(err.contains("is a folder"), "{words:?}: {err}");
        let (code, _, err) = bytes_of(folder.path(), words, "none/file");
        assert!(code == Some(2) && err.contains("none") && !err.contains(".tmp"), "{words:?}: {err}");
    }
}

#[test]
fn no_output_is_an_input_and_none_share_standard_output() {
    let folder = folder();
    std::fs::write(folder.path().join("puzzle"), PUZZLE).expect("written");
    symlink("log.jsonl", folder.path().join("log")).expect("made");
    std::fs::write(
        folder.path().join("x.html"),
        std::fs::read(folder.path().join("log.jsonl")).expect("there"),
    )
    .expect("written");
    std::fs::hard_link(folder.path().join("official"), folder.path().join("hard")).expect("made");
    for (words, expected) in [
        (&["solve", "sudoku", "puzzle", "--svg", "puzzle"][..], "is an input"),
        (&["import", "official", "hard"], "is an input"),
        (&["solve", "maze", "puzzle", "--svg", "./x", "--model", "x"], ""),
        (&["plot", "log.jsonl", "--out", "log"], "is an input"),
        (&["plot", "x.html"], "is an input"),
        (&["policies", "runs", "--html", "runs"], "is an input"),
        (&["k-star", "maze", "--data", "mazes.csv", "--out", "mazes.csv"], "is an input"),
        (&["k-star", "maze", "--model", "maze.safetensors", "--out", "./maze.safetensors"], "is an input"),
        (&["average", "maze.safetensors", "maze.safetensors", "--out", "maze.safetensors"], "is an input"),
        (&["import", "official", "official"], "is an input"),
        (&["policies", "runs", "--html", "-", "--state", "-"], "both write to standard output"),
        (&["policies", "runs", "--html", "-", "--json"], "both write to standard output"),
        (&["solve", "sudoku", PUZZLE, "--json", "--svg", "-"], "both write to standard output"),
        (&["k-star", "maze", "--json", "--out", "/dev/fd/1"], "both write to standard output"),
    ] {
        let before: Vec<_> = inputs(folder.path());
        let Output { code, out, err } = trm(folder.path(), "", words);
        assert_eq!(code, Some(2), "{words:?}: {out}{err}");
        assert!(err.contains(expected), "{words:?}: {err}");
        assert!(inputs(folder.path()) == before, "{words:?} changed an input");
    }
}

fn inputs(folder: &Path) -> Vec<Option<Vec<u8>>> {
    let names = ["puzzle", "log.jsonl", "x.html", "runs", "mazes.csv", "maze.safetensors", "official"];
    names.map(|name| std::fs::read(folder.join(name)).ok()).into()
}

/// As another user, who could not replace it: the descriptor of standard output is written to, also where it
/// is a file. Never run as root, whom only the program itself keeps from replacing the link.
#[test]
fn the_name_of_standard_output_is_standard_output() {
    use std::os::unix::fs::MetadataExt;
    use std::os::unix::process::CommandExt;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("redirected");
    std::fs::write(&path, "").expect("written");
    for name in ["/dev/stdout", "/proc/self/fd/1", "/dev/fd/1"] {
        let file = std::fs::OpenOptions::new().write(true).truncate(true).open(&path).expect("a file");
        let mut command = Command::new(env!("CARGO_BIN_EXE_trm"));
        command.args(["solve", "sudoku", PUZZLE, "--svg", name]).stdout(file).stdin(Stdio::null());
        if std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0) {
            command.uid(65534).gid(65534);
        }
        let output = command.stderr(Stdio::piped()).output().expect("the command ends");
        assert_eq!(output.status.code(), Some(0), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        let picture = std::fs::read_to_string(&path).expect("there");
        assert!(picture.starts_with("<svg ") && picture.ends_with("</svg>\n"), "{name}: {picture}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("verified"), "{name}");
    }
}

#[test]
fn two_runs_in_one_folder_are_refused_and_a_kill_leaves_no_lock() {
    let folder = tempfile::tempdir().expect("a folder");
    let words = |steps: &str| {
        let text = format!(
            "train maze --out run --steps {steps} --batch 2 --hidden 8 --ffn 8 --blocks 1 --n 1 --sides 3,4 \
             --min-path 0.5"
        );
        text.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    let mut first = Command::new(env!("CARGO_BIN_EXE_trm"))
        .args(words("1000000"))
        .current_dir(folder.path())
        .stderr(Stdio::null())
        .spawn()
        .expect("a run");
    while !folder.path().join("run/log.jsonl").exists() {
        assert!(first.try_wait().expect("a child").is_none());
    }
    let arguments = words("1000000");
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let second = trm(folder.path(), "", &arguments);
    assert!(second.code == Some(2) && second.err.contains("another trm train"), "{}", second.err);
    first.kill().expect("killed");
    first.wait().expect("ended");
    let mut third = Command::new(env!("CARGO_BIN_EXE_trm"));
    let third = outcome(third.args(words("2")).current_dir(folder.path()), "");
    assert_eq!(third.code, Some(0), "{}", third.err);
    assert!(third.err.contains("step 0 of 2") && third.err.contains("the model is"), "{}", third.err);
    symlink("loop", folder.path().join("loop")).expect("made");
    for (out, expected) in
        [("-", "standard output is none"), ("run/log.jsonl", "is no folder"), ("loop", "is no folder")]
    {
        let mut words = arguments.clone();
        words[3] = out;
        let output = trm(folder.path(), "", &words);
        assert!(output.code == Some(2) && output.err.contains(expected), "{out}: {}", output.err);
    }
    // The same command with other steps names them.
    let words = words("9");
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let other = trm(folder.path(), "", &words);
    assert!(other.code == Some(2) && other.err.contains("steps was 2, is 9"), "{}", other.err);
    assert!(other.err.len() < 400 && other.err.contains("--init"), "{}", other.err);
}
