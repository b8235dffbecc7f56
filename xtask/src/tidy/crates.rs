//! What the workspace and every crate must have.

use super::workspace::Workspace;

/// Files that must be there.
const REQUIRED: [&str; 6] =
    ["LICENSE-MIT", "LICENSE-APACHE", "README.md", "ARCHITECTURE.md", "deny.toml", "Cargo.lock"];
/// 3.0.0 is an empty crate; `deny.toml` says more.
const BINCODE: &str = "2.0.1";
const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Missing files, READMEs and lints, and what a lock file should not hold.
pub fn check(workspace: &Workspace) -> Vec<String> {
    let missing = REQUIRED.iter().filter(|name| workspace.text(name).is_none());
    let mut faults: Vec<String> = missing.map(|name| format!("{name} is missing")).collect();
    for member in &workspace.members {
        let folder = &member.folder;
        if folder.starts_with("crates/") && workspace.text(&format!("{folder}README.md")).is_none() {
            faults.push(format!("{folder}README.md is missing"));
        }
        let lints = member.manifest.get("lints").and_then(|lints| lints.get("workspace"));
        if lints.and_then(toml::Value::as_bool) != Some(true) {
            faults.push(format!("{folder}Cargo.toml: the lints of the workspace are not taken"));
        }
    }
    faults.extend(workspace.ending_in("Cargo.lock").flat_map(|(path, text)| locked(path, text)));
    faults
}

/// bincode at the one version that works, and nothing from outside crates.io.
fn locked(path: &str, lock: &str) -> Vec<String> {
    let (mut faults, mut name) = (Vec::new(), "");
    for line in lock.lines() {
        let Some((key, value)) = line.split_once(" = ") else { continue };
        let value = value.trim_matches('"');
        match key {
            "name" => name = value,
            "version" if name == "bincode" && value != BINCODE => {
                faults.push(format!("{path}: bincode {value}, must be {BINCODE}"));
            }
            "source" if value != REGISTRY => faults.push(format!("{path}: {name} comes from {value}")),
            _ => {}
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::super::workspace::tests::workspace;
    use super::*;

    #[test]
    fn what_is_missing_is_named() {
        let faults = check(&workspace(&[("crates/a/Cargo.toml", "[package]\nname = \"a\"")]));
        assert_eq!(faults.len(), REQUIRED.len() + 2, "{faults:?}");
        assert!(faults.contains(&"crates/a/README.md is missing".to_owned()));
        assert!(faults.contains(&"crates/a/Cargo.toml: the lints of the workspace are not taken".to_owned()));
        let mut whole: Vec<(&str, &str)> = REQUIRED.iter().map(|name| (*name, "")).collect();
        whole.extend([
            ("crates/a/Cargo.toml", "[package]\nname = \"a\"\n[lints]\nworkspace = true"),
            ("crates/a/README.md", ""),
        ]);
        assert!(check(&workspace(&whole)).is_empty());
    }

    #[test]
    fn a_lock_file_holds_one_bincode_and_one_registry() {
        let lock = |version: &str, source: &str| {
            locked(
                "Cargo.lock",
                &format!("version = 4\nname = \"bincode\"\nversion = \"{version}\"\nsource = \"{source}\""),
            )
        };
        assert!(lock(BINCODE, REGISTRY).is_empty());
        assert_eq!(lock("3.0.0", REGISTRY), ["Cargo.lock: bincode 3.0.0, must be 2.0.1"]);
        assert_eq!(lock(BINCODE, "git+x"), ["Cargo.lock: bincode comes from git+x"]);
    }
}
