//! `cargo xtask tidy`: the house rules that no other tool checks.

use crate::run::root;
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};

/// Files should stay below 400 lines; here it ends.
const MAX_FILE_LINES: usize = 420;
/// Functions should stay below 60 lines; here it ends.
const MAX_FUNCTION_LINES: usize = 70;
/// Where `unsafe` may stand.
const UNSAFE_FOLDERS: [&str; 2] = ["crates/trm-core/src/kernel", "benches"];
/// What no file may hold: half-done work, and places that exist on one machine only. Written in
/// two parts, so that this file does not hold them.
const BANNED: [(&str, &str); 7] = [
    ("todo", "!("),
    ("unimplemented", "!("),
    ("#[ign", "ore"),
    ("dbg", "!("),
    ("/work", "/"),
    ("/ho", "me/"),
    ("../sha", "red"),
];

pub fn run() -> Result<()> {
    let mut faults = Vec::new();
    let files = files(&root())?;
    for path in &files {
        let Ok(text) = fs::read_to_string(root().join(path)) else { continue };
        check_text(path, &text, &mut faults);
        if path.extension().is_some_and(|e| e == "rs") {
            check_rust(path, &text, &mut faults);
        }
    }
    check_model_files(&mut faults)?;
    check_crates(&mut faults)?;
    check_lock(&mut faults)?;
    for name in ["LICENSE-MIT", "LICENSE-APACHE", "README.md", "ARCHITECTURE.md", "deny.toml", "Cargo.lock"] {
        if !root().join(name).exists() {
            faults.push(format!("{name} is missing"));
        }
    }
    if faults.is_empty() {
        println!("{} files are tidy", files.len());
        return Ok(());
    }
    bail!("{}", faults.join("\n"))
}

/// Text files below the workspace, by their paths in it.
fn files(root: &Path) -> Result<Vec<PathBuf>> {
    let (mut open, mut files) = (vec![root.to_owned()], Vec::new());
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() && !["target", ".git", "runs", "data", "node_modules", "pkg"].contains(&&*name) {
                open.push(path);
            } else if [".rs", ".md", ".toml", ".yml", ".js", ".html"].iter().any(|end| name.ends_with(end)) {
                files.push(path.strip_prefix(root)?.to_owned());
            }
        }
    }
    files.sort();
    Ok(files)
}

/// The headers of model files are text too: they say how each was trained.
fn check_model_files(faults: &mut Vec<String>) -> Result<()> {
    let folder = PathBuf::from("crates/trm-models/weights");
    for entry in fs::read_dir(root().join(&folder)).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e == "safetensors") {
            let bytes = fs::read(&path)?;
            let length = bytes.first_chunk().map_or(0, |n| u64::from_le_bytes(*n) as usize);
            let header = bytes.get(8..).unwrap_or_default();
            let header = String::from_utf8_lossy(&header[..length.min(header.len())]);
            check_text(&folder.join(path.file_name().unwrap_or_default()), &header, faults);
        }
    }
    Ok(())
}

fn check_text(path: &Path, text: &str, faults: &mut Vec<String>) {
    for (i, line) in text.lines().enumerate() {
        for (a, b) in BANNED {
            if line.contains(&format!("{a}{b}")) {
                faults.push(format!("{}:{}: {a}{b}", path.display(), i + 1));
            }
        }
    }
}

fn check_rust(path: &Path, text: &str, faults: &mut Vec<String>) {
    let n_lines = text.lines().count();
    if n_lines > MAX_FILE_LINES {
        faults.push(format!("{}: {n_lines} lines, at most {MAX_FILE_LINES}", path.display()));
    }
    if !UNSAFE_FOLDERS.iter().any(|folder| path.starts_with(folder)) {
        for (i, line) in text.lines().enumerate().filter(|(_, line)| is_unsafe(line)) {
            faults.push(format!(
                "{}:{}: {} outside {}",
                path.display(),
                i + 1,
                line.trim(),
                UNSAFE_FOLDERS[0]
            ));
        }
    }
    for (line, n_lines) in functions(text).into_iter().filter(|(_, n)| *n > MAX_FUNCTION_LINES) {
        let file = path.display();
        faults.push(format!("{file}:{line}: a function of {n_lines} lines, at most {MAX_FUNCTION_LINES}"));
    }
}

fn is_unsafe(line: &str) -> bool {
    let code = line.trim_start();
    let marks = ["{", "fn", "impl"].map(|what| ["unsafe", what].join(" "));
    !code.starts_with("//") && marks.iter().any(|mark| code.contains(mark))
}

/// Line and length of every function, read off the indentation that rustfmt gives.
fn functions(text: &str) -> Vec<(usize, usize)> {
    let (mut found, mut open) = (Vec::new(), None::<(usize, usize)>);
    for (i, line) in text.lines().enumerate() {
        let code = line.trim_start();
        let indent = line.len() - code.len();
        match open {
            None if is_function(code) && !code.ends_with('}') && !code.ends_with(';') => {
                open = Some((i, indent));
            }
            Some((start, outer)) if indent == outer && code == "}" => {
                found.push((start + 1, i + 1 - start));
                open = None;
            }
            // The end of a declaration without a body.
            Some((_, outer)) if indent == outer && code.starts_with(')') && code.ends_with(';') => {
                open = None
            }
            _ => {}
        }
    }
    found
}

fn is_function(code: &str) -> bool {
    let words = ["pub ", "pub(crate) ", "pub(super) ", "const ", "unsafe ", "extern \"C\" "];
    let mut code = code;
    while let Some(rest) = words.iter().find_map(|word| code.strip_prefix(word)) {
        code = rest;
    }
    code.starts_with("fn ")
}

/// Every crate says what it is, and takes the lints of the workspace.
fn check_crates(faults: &mut Vec<String>) -> Result<()> {
    let crates = root().join("crates");
    for entry in fs::read_dir(&crates).with_context(|| crates.display().to_string())? {
        let folder = entry?.path();
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !folder.join("README.md").exists() {
            faults.push(format!("crates/{name}: no README.md"));
        }
        let manifest = folder.join("Cargo.toml");
        let manifest = fs::read_to_string(&manifest).with_context(|| manifest.display().to_string())?;
        if !manifest.contains("[lints]\nworkspace = true") {
            faults.push(format!("crates/{name}: the lints of the workspace are not taken"));
        }
    }
    Ok(())
}

/// The lock file: bincode at the one version that works, and nothing from outside crates.io.
fn check_lock(faults: &mut Vec<String>) -> Result<()> {
    let lock = fs::read_to_string(root().join("Cargo.lock")).context("Cargo.lock")?;
    let mut name = "";
    for line in lock.lines() {
        if let Some(found) = line.strip_prefix("name = ") {
            name = found.trim_matches('"');
        }
        if name == "bincode" && line.starts_with("version = ") && line != "version = \"2.0.1\"" {
            faults.push(format!("Cargo.lock: bincode {line}, must be 2.0.1"));
        }
        if line.starts_with("source = ") && !line.contains("github.com/rust-lang/crates.io-index") {
            faults.push(format!("Cargo.lock: {name} comes from {line}"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{functions, is_unsafe};

    #[test]
    fn functions_are_measured() {
        let text = "trait T {\n    fn a(\n    ) -> u8;\n    fn b();\n}\npub fn c() {\n    if x {\n    }\n}\nfn d() {}\n";
        assert_eq!(functions(text), [(6, 4)]);
    }

    #[test]
    fn comments_are_not_unsafe() {
        let word = "unsafe";
        assert!(is_unsafe(&format!("let x = {word} {{ 1 }};")));
        assert!(!is_unsafe(&format!("// {word} {{ 1 }}")));
    }
}
