//! Where code may go around the compiler's checks.

use super::source::tokens;
use super::workspace::Workspace;

/// The folders that may.
const FOLDERS: [&str; 2] = ["crates/trm-core/src/kernel/", "benches/"];

/// Unsafe blocks, functions and implementations outside their folders. The lint `unsafe_code` can be allowed in
/// any file; this cannot.
pub fn check(workspace: &Workspace) -> Vec<String> {
    let mut faults = Vec::new();
    let elsewhere =
        workspace.ending_in(".rs").filter(|(path, _)| !FOLDERS.iter().any(|f| path.starts_with(f)));
    for (path, text) in elsewhere {
        // `unsafe(no_mangle)` is an attribute.
        for pair in tokens(text).windows(2).filter(|pair| pair[0].text == "unsafe" && pair[1].text != "(") {
            faults.push(format!("{path}:{}: unsafe {} outside {}", pair[0].line, pair[1].text, FOLDERS[0]));
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::super::workspace::tests::workspace;
    use super::check;

    #[test]
    fn unsafe_code_stays_in_its_folders() {
        let text = "let x = unsafe { 1 };";
        assert_eq!(
            check(&workspace(&[("crates/a/src/lib.rs", text)])),
            ["crates/a/src/lib.rs:1: unsafe { outside crates/trm-core/src/kernel/"]
        );
        assert!(check(&workspace(&[("crates/trm-core/src/kernel/x86.rs", text)])).is_empty());
        assert!(check(&workspace(&[("a.rs", "// unsafe { 1 }\nlet x = \"unsafe { 1 }\";")])).is_empty());
    }
}
