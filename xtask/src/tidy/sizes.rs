//! How long files and functions may be.

use super::workspace::Workspace;

/// Files should stay below 400 lines; here it ends.
const MAX_FILE_LINES: usize = 420;
/// Functions should stay below 60 lines; here it ends.
const MAX_FUNCTION_LINES: usize = 70;
/// A test may be a table of cases, which reads best in one piece.
const MAX_TEST_LINES: usize = 140;

/// Files and functions that are too long.
pub fn check(workspace: &Workspace) -> Vec<String> {
    let mut faults = Vec::new();
    for (path, text) in workspace.ending_in(".rs") {
        let n_lines = text.lines().count();
        if n_lines > MAX_FILE_LINES {
            faults.push(format!("{path}: {n_lines} lines, at most {MAX_FILE_LINES}"));
        }
        let most = if path.contains("/tests/") { MAX_TEST_LINES } else { MAX_FUNCTION_LINES };
        for (line, n_lines) in functions(text).into_iter().filter(|(_, n)| *n > most) {
            faults.push(format!("{path}:{line}: a function of {n_lines} lines, at most {most}"));
        }
    }
    faults
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

#[cfg(test)]
mod tests {
    use super::super::workspace::tests::workspace;
    use super::*;

    #[test]
    fn functions_are_measured() {
        let text = "trait T {\n    fn a(\n    ) -> u8;\n    fn b();\n}\npub fn c() {\n    if x {\n    }\n}\nfn d() {}\n";
        assert_eq!(functions(text), [(6, 4)]);
    }

    #[test]
    fn what_is_too_long_is_found() {
        let file = |body: &str| check(&workspace(&[("a.rs", body)]));
        let function = |n: usize| format!("fn f() {{\n{}}}\n", "    x;\n".repeat(n - 2));
        assert!(file(&function(MAX_FUNCTION_LINES)).is_empty());
        assert_eq!(file(&function(71)), ["a.rs:1: a function of 71 lines, at most 70"]);
        assert!(file(&"x;\n".repeat(MAX_FILE_LINES)).is_empty());
        assert_eq!(file(&"x;\n".repeat(421)), ["a.rs: 421 lines, at most 420"]);
    }
}
