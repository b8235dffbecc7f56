//! The program in a shell: pipes, full devices, standard input, environment variables, exit codes.
#![cfg(target_os = "linux")]

mod common;

use common::{Output, outcome, trm};
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

const PUZZLE: &str = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79";
const SOLVED: &str = "534678912672195348198342567859761423426853791713924856961537284287419635345286179";
/// Too hard for one step.
const HARD: &str = ".63..157....63...2...7..9..5..1..6..48....3......2..51..9.........3...6..48.6....";
const BLANK: &str = ".................................................................................";
const MAZE: &str = "S #\n# #\n  G\n";

fn command(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trm"));
    command.args(words).stdin(Stdio::null()).env_remove("SUDOKU_EXTREME_CSV").env_remove("MAZE_HARD_CSV");
    command
}

/// A pipe that nobody reads.
fn closed_pipe() -> Stdio {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    writer.into()
}

/// A device without room.
fn full() -> Stdio {
    File::options().write(true).open("/dev/full").expect("the device").into()
}

#[test]
fn nobody_reads_the_output() {
    // The verdict's code where it is known, else that of a program that SIGPIPE ended; not a word.
    for (words, expected) in [
        (&["solve", "sudoku", PUZZLE][..], 0),
        (&["solve", "sudoku", PUZZLE, "--json"], 0),
        (&["solve", "sudoku", PUZZLE, "--trace"], 0),
        (&["solve", "sudoku", HARD, "--k", "1"], 1),
        (&["eval", "sudoku", "--limit", "1"], 0),
        (&["eval", "sudoku", "--limit", "1", "--target", "100"], 1),
        (&["doctor"], 0),
        (&["info", "maze"], 141),
        (&["completions", "bash"], 141),
        (&["--help"], 141),
        (&["solve", "--help"], 141),
        (&["--version"], 141),
    ] {
        let output = command(words).stdout(closed_pipe()).stderr(Stdio::piped()).output().expect("it ends");
        let err = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(expected), "{words:?}: {err}");
        assert!(!err.contains("panicked") && !err.contains("error"), "{words:?}: {err}");
    }
}

#[test]
fn the_output_is_full() {
    for words in [
        &["solve", "sudoku", PUZZLE][..],
        &["solve", "sudoku", PUZZLE, "--json"],
        &["solve", "sudoku", PUZZLE, "--trace"],
        &["solve", "sudoku", PUZZLE, "--svg", "-"],
        &["eval", "sudoku", "--limit", "1", "--json"],
        &["info", "maze"],
        &["doctor"],
        &["completions", "zsh"],
        &["--help"],
        &["--version"],
    ] {
        let output = command(words).stdout(full()).stderr(Stdio::piped()).output().expect("it ends");
        let err = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{words:?}: {err}");
        assert!(err.contains("error: standard output: No space left"), "{words:?}: {err}");
    }
}

#[test]
fn messages_that_nobody_can_read_change_no_exit_code() {
    for (words, expected) in [
        (&["solve", "sudoku", "abc"][..], 2),
        (&["solve", "sudoku", BLANK, "--k", "1"], 1),
        (&["solve", "sudoku", SOLVED, "--k", "1"], 0),
        (&["eval", "sudoku", "--limit", "1", "--target", "1"], 0),
        (&["abacus"], 2),
        (&["info", "none"], 2),
    ] {
        for stream in [full as fn() -> Stdio, closed_pipe] {
            let output = command(words).stdout(Stdio::piped()).stderr(stream()).output().expect("it ends");
            assert_eq!(output.status.code(), Some(expected), "{words:?}");
            let both = command(words).stdout(closed_pipe()).stderr(stream()).output().expect("it ends");
            assert_eq!(both.status.code(), Some(expected), "{words:?}, and no output");
        }
    }
}

/// Commands whose input is read from a name, and the content.
fn inputs() -> Vec<(Vec<&'static str>, Vec<u8>)> {
    let csv = format!("question,answer\n{PUZZLE},{SOLVED}\n").into_bytes();
    let mazes = b"question,answer\nSG  ,SG  \n".to_vec();
    let words = |text: &'static str| text.split(' ').collect::<Vec<_>>();
    vec![
        (words("solve sudoku @"), PUZZLE.into()),
        (words("solve maze @ --json"), MAZE.into()),
        (words("eval sudoku --data @"), csv.clone()),
        (words("eval maze --json --data @"), mazes.clone()),
        (words("k-star sudoku --max-k 4 --data @"), csv),
        (words("info @"), trm_models::maze_bytes().to_vec()),
        (words("eval maze --limit 1 --model @"), trm_models::maze_bytes().to_vec()),
        (words("average @ maze.safetensors --out out"), trm_models::maze_bytes().to_vec()),
        (
            words(
                "train maze --validate @ --out run --steps 1 --batch 2 --hidden 8 --ffn 8 --blocks 1 --n 1",
            ),
            mazes,
        ),
    ]
}

#[test]
fn standard_input_and_pipes_are_read_wherever_files_are() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("maze.safetensors"), trm_models::maze_bytes()).expect("a file");
    for (words, content) in inputs() {
        std::fs::write(folder.path().join("content"), &content).expect("a file");
        let quoted = words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" ");
        for (name, script) in [
            ("a file", "trm @ < /dev/null"),
            ("-", "cat content | trm @"),
            ("/dev/stdin", "cat content | trm @"),
            ("/dev/stdin of a file", "trm @ < content"),
            ("a substitution", "trm @ < /dev/null"),
            ("a FIFO", "rm -f fifo; mkfifo fifo; cat content > fifo & trm @ < /dev/null"),
        ] {
            let input = match name {
                "a file" => "content",
                "-" => "-",
                "a substitution" => "<(cat content)",
                "a FIFO" => "fifo",
                _ => "/dev/stdin",
            };
            let words = quoted.replace("'@'", input);
            let script = script.replace("trm @", &format!("'{}' {words}", env!("CARGO_BIN_EXE_trm")));
            let script = format!("rm -rf run; {script}");
            let mut bash = Command::new("bash");
            bash.args(["-c", &script]).current_dir(folder.path());
            let Output { code, out, err } = outcome(&mut bash, "");
            assert!(matches!(code, Some(0 | 1)), "{name}: {script}: {code:?} {out}{err}");
            assert!(!err.contains("error"), "{name}: {script}: {err}");
        }
    }
    let twice =
        format!("cat maze.safetensors | '{}' average - /dev/stdin --out x", env!("CARGO_BIN_EXE_trm"));
    let output = outcome(Command::new("bash").args(["-c", &twice]).current_dir(folder.path()), "");
    assert!(output.code == Some(2) && output.err.contains("read once"), "{}", output.err);
}

#[test]
fn what_is_no_file_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("sd")).expect("a folder");
    for words in [
        &["solve", "sudoku", "sd"][..],
        &["solve", "maze", "sd"],
        &["info", "sd"],
        &["eval", "sudoku", "--limit", "1", "--model", "sd"],
        &["plot", "sd"],
        &["policies", "sd"],
        &["average", "sd", "sd", "--out", "x"],
        &["import", "sd", "x"],
        &["train", "maze", "--init", "sd", "--out", "x"],
    ] {
        let output = trm(folder.path(), "", words);
        assert_eq!(output.code, Some(2), "{words:?}");
        assert!(output.err.contains("sd: is a folder"), "{words:?}: {}", output.err);
        let words: Vec<&str> = words.iter().map(|word| if *word == "sd" { "none" } else { word }).collect();
        let output = trm(folder.path(), "", &words);
        assert_eq!(output.code, Some(2), "{words:?}");
        let expected = if words[0] == "solve" { "no file has this name" } else { "none: No such file" };
        assert!(output.err.contains(expected), "{words:?}: {}", output.err);
    }
}

#[test]
fn environment_variables() {
    let folder = tempfile::tempdir().expect("a folder");
    let with = |words: &[&str], variables: &[(&str, &str)]| {
        let mut command = command(words);
        command.current_dir(folder.path()).envs(variables.iter().copied());
        outcome_of(command)
    };
    let eval = ["eval", "sudoku", "--limit", "1", "--json"];
    std::fs::write(folder.path().join("one.csv"), format!("question,answer\n{PUZZLE},{SOLVED}\n"))
        .expect("a file");
    // Empty is unset.
    for name in ["SUDOKU_EXTREME_CSV", "MAZE_HARD_CSV", "TRM_KERNEL", "RAYON_NUM_THREADS", "NO_COLOR"] {
        for words in [&eval[..], &["doctor"], &["eval", "maze", "--limit", "1"]] {
            let output = with(words, &[(name, "")]);
            assert_eq!(output.code, Some(0), "{name}: {words:?}: {}{}", output.out, output.err);
        }
    }
    // An unknown kernel is an error, with those of this machine.
    for words in [
        &eval[..],
        &["solve", "sudoku", PUZZLE],
        &["info", "maze"],
        &["generate", "sudoku", "--count", "1", "--out", "x"],
        &["check-parity", "."],
        &["completions", "bash"],
    ] {
        let output = with(words, &[("TRM_KERNEL", "sse9")]);
        assert_eq!(output.code, Some(2), "{words:?}: {}", output.err);
        assert!(
            output.err.contains("TRM_KERNEL is \"sse9\"") && output.err.contains("scalar"),
            "{}",
            output.err
        );
    }
    let output = with(&["doctor"], &[("TRM_KERNEL", "sse9")]);
    assert!(output.code == Some(1) && output.out.contains("this machine has"), "{}", output.out);
    assert_eq!(with(&eval, &[("TRM_KERNEL", "scalar")]).code, Some(0));
    for threads in ["two", "-1", "1e3", "1025", "99999999", "99999999999999999999"] {
        let output = with(&eval, &[("RAYON_NUM_THREADS", threads)]);
        assert!(output.code == Some(2) && output.err.contains("RAYON_NUM_THREADS"), "{}", output.err);
    }
    let output = with(&["k-star", "sudoku", "--max-k", "4", "--json"], &[("SUDOKU_EXTREME_CSV", "one.csv")]);
    assert!(output.out.contains("\"data\":\"one.csv\""), "{}{}", output.out, output.err);
    // The doctor reads what the variables name.
    let csv = |name: &str, text: String| std::fs::write(folder.path().join(name), text).expect("a file");
    csv("sudoku.csv", format!("question,answer\n{PUZZLE},{SOLVED}\n"));
    csv("wrong.csv", format!("question,answer\n{PUZZLE},{PUZZLE}\n"));
    for (name, file, expected) in [
        ("SUDOKU_EXTREME_CSV", "sudoku.csv", "nothing is wrong"),
        ("SUDOKU_EXTREME_CSV", "wrong.csv", "line 2"),
        ("SUDOKU_EXTREME_CSV", "none.csv", "No such file"),
        ("SUDOKU_EXTREME_CSV", ".", "a folder"),
        ("MAZE_HARD_CSV", "sudoku.csv", "line 2"),
    ] {
        let output = with(&["doctor"], &[(name, file)]);
        let wrong = i32::from(!expected.starts_with("nothing"));
        assert_eq!(output.code, Some(wrong), "{name} {file}: {}", output.out);
        assert!(output.out.contains(expected), "{name} {file}: {}", output.out);
        assert!(wrong == 0 || output.out.contains(&format!("{name} names ")), "{}", output.out);
    }
    let output = with(&eval, &[("SUDOKU_EXTREME_CSV", "sudoku.csv")]);
    assert!(output.out.contains("\"data\":\"sudoku.csv\""), "{}", output.out);
}

fn outcome_of(mut command: Command) -> Output {
    let output = command.output().expect("it ends");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    Output { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

/// On a terminal, as `script` gives one, and in a pipe.
#[test]
fn colours() {
    let quoted = format!("'{}' solve sudoku {PUZZLE}", env!("CARGO_BIN_EXE_trm"));
    for (variables, terminal, expected) in [
        (&[][..], false, false),
        (&[("CLICOLOR_FORCE", "1")], false, true),
        (&[("CLICOLOR_FORCE", "0")], false, false),
        (&[("CLICOLOR_FORCE", "")], false, false),
        (&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], false, false),
        (&[("TERM", "xterm")], true, true),
        (&[("TERM", "xterm"), ("NO_COLOR", "")], true, true),
        (&[("TERM", "xterm"), ("NO_COLOR", "1")], true, false),
        (&[("TERM", "xterm"), ("CLICOLOR", "0")], true, false),
        (&[("TERM", "dumb")], true, false),
        (&[("TERM", "dumb"), ("CLICOLOR_FORCE", "1")], true, true),
    ] {
        let mut command = match terminal {
            true => {
                let mut script = Command::new("script");
                script.args(["-qec", &quoted, "/dev/null"]);
                script
            }
            false => {
                let mut bash = Command::new("bash");
                bash.args(["-c", &format!("{quoted} | cat")]);
                bash
            }
        };
        for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "TERM"] {
            command.env_remove(name);
        }
        command.envs(variables.iter().copied()).stdin(Stdio::null());
        let Ok(output) = command.output() else {
            let _ = writeln!(std::io::stderr(), "NOT TESTED: a terminal, since `script` is not installed");
            continue;
        };
        let out = String::from_utf8_lossy(&output.stdout);
        assert!(out.contains("verified"), "{variables:?}: {out}");
        assert_eq!(out.contains("\x1b["), expected, "{variables:?}, terminal {terminal}: {out}");
    }
}

#[test]
fn every_json_object_tells_what_it_is_about() {
    let folder = tempfile::tempdir().expect("a folder");
    let csv = format!("question,answer\n{}", "SG  ,SG  \n".repeat(200));
    std::fs::write(folder.path().join("mazes.csv"), csv).expect("a file");
    let words = ["k-star", "maze", "--data", "mazes.csv", "--max-k", "4", "--out", "runs"];
    assert_eq!(trm(folder.path(), "", &words).code, Some(0));
    let data = ["--data", "mazes.csv", "--limit", "2"];
    for (words, about) in [
        (vec!["solve", "sudoku", PUZZLE], &["data", "height", "width"][..]),
        (vec!["solve", "maze", "-"], &["data", "height", "width"]),
        ([&["eval", "maze"][..], &data].concat(), &["data"]),
        ([&["eval", "maze", "--rollouts", "2"][..], &data].concat(), &["data"]),
        (vec!["eval", "sudoku", "--search", "2", "--limit", "1"], &["data"]),
        ([&["k-star", "maze", "--max-k", "4"][..], &data].concat(), &["data"]),
        (vec!["policies", "runs"], &["data"]),
        (vec!["info", "maze"], &["data"]),
        (vec!["doctor"], &["data", "models"]),
    ] {
        let output = trm(folder.path(), MAZE, &[&words[..], &["--json"]].concat());
        let object: serde_json::Value = serde_json::from_str(&output.out).expect("one object");
        for field in about.iter().chain(&["model", "version", "seed"]) {
            let several = words[0] == "doctor" && *field == "model";
            assert!(several || object.get(field).is_some(), "{words:?}: no {field}: {object}");
        }
        assert_eq!(object["version"], env!("CARGO_PKG_VERSION"));
        if words.starts_with(&["solve", "maze"]) {
            assert_eq!((&object["height"], &object["width"]), (&3.into(), &3.into()));
        }
        if words.contains(&"--rollouts") {
            assert_eq!(object["seed"], 0);
        }
    }
    assert!(Path::new(env!("CARGO_BIN_EXE_trm")).exists());
}

#[test]
fn long_work_without_a_terminal_prints_lines() {
    let folder = tempfile::tempdir().expect("a folder");
    // More than a second on any machine, with one thread.
    let mut words = command(&["generate", "maze", "--count", "100", "--out", "x.csv"]);
    let output = outcome(words.current_dir(folder.path()).env("RAYON_NUM_THREADS", "1"), "");
    assert_eq!(output.code, Some(0), "{}", output.err);
    let lines: Vec<&str> = output.err.lines().filter(|line| line.starts_with("generate: ")).collect();
    assert!(!lines.is_empty() && lines.len() < 20, "{}", output.err);
    assert!(lines.iter().all(|line| line.contains(" of 100 puzzles")), "{}", output.err);
}
