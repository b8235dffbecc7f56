//! Every dependency is used.

use super::source::tokens;
use super::workspace::{Kind, Member, Workspace};
use std::collections::HashSet;

/// Dependencies that no source names, and why they are there: crate, key, reason.
const UNNAMED: &[(&str, &str, &str)] =
    &[("trm-cli", "xtask", "tests/corpus.rs takes fuzz/src/lib.rs by its path, and that names it")];

/// Dependencies of the workspace that no crate takes, and of crates that their sources do not name.
pub fn check(workspace: &Workspace) -> Vec<String> {
    let mut faults = Vec::new();
    let mut taken = HashSet::new();
    for member in &workspace.members {
        for kind in Kind::ALL {
            let dependencies = member.dependencies(kind);
            taken.extend(dependencies.iter().map(|(key, _)| key.to_string()));
            let named = names(workspace, member, kind);
            for (key, _) in dependencies {
                let allowed = UNNAMED.iter().any(|(name, of, _)| *name == member.name && *of == key);
                if !allowed && !named.contains(key.replace('-', "_").as_str()) {
                    let (folder, table) = (&member.folder, kind.table());
                    faults.push(format!("{folder}Cargo.toml: {key} in [{table}] is not used"));
                }
            }
        }
    }
    let listed = workspace.manifest.get("workspace").and_then(|w| w.get("dependencies"));
    for (key, _) in listed.and_then(toml::Value::as_table).into_iter().flatten() {
        if !taken.contains(key) {
            faults.push(format!("Cargo.toml: {key} in [workspace.dependencies] is used by no crate"));
        }
    }
    faults
}

/// All words of the sources that may use dependencies of this kind, and of the examples in the README.
fn names<'a>(workspace: &'a Workspace, member: &Member, kind: Kind) -> HashSet<&'a str> {
    let build = format!("{}build.rs", member.folder);
    let files = workspace.files().filter(|(path, _)| path.starts_with(&member.folder));
    let files = files.filter(|(path, _)| match kind {
        Kind::Normal => path.ends_with(".rs") && path[member.folder.len()..].starts_with("src/"),
        Kind::Build => *path == build,
        Kind::Dev => path.ends_with(".rs") && *path != build || path.ends_with("README.md"),
    });
    files.flat_map(|(_, text)| tokens(text)).map(|token| token.text).collect()
}

#[cfg(test)]
mod tests {
    use super::super::workspace::tests::workspace;
    use super::check;

    fn faults(workspace_list: &str, manifest: &str, sources: &[(&str, &str)]) -> Vec<String> {
        let list = format!("[workspace.dependencies]\n{workspace_list}");
        let manifest = format!("[package]\nname = \"a\"\n{manifest}");
        let mut files: Vec<(&str, &str)> = vec![("Cargo.toml", &list), ("a/Cargo.toml", &manifest)];
        files.extend(sources);
        check(&workspace(&files))
    }

    #[test]
    fn a_dependency_that_no_crate_takes_is_found() {
        let faults = faults(
            "b = \"1\"\nc = \"1\"",
            "[dependencies]\nb.workspace = true",
            &[("a/src/lib.rs", "use b::X;")],
        );
        assert_eq!(faults, ["Cargo.toml: c in [workspace.dependencies] is used by no crate"]);
    }

    #[test]
    fn a_dependency_that_no_source_names_is_found() {
        let manifest = "[dependencies]\nlong-b = \"1\"\n[dev-dependencies]\nc = \"1\"\n\
                        [build-dependencies]\nd = \"1\"";
        let used = [
            ("a/src/lib.rs", "fn f() { long_b::g() }"),
            ("a/tests/t.rs", "use c::X;"),
            ("a/build.rs", "use d::X;"),
        ];
        assert!(faults("", manifest, &used).is_empty());
        let unused = [
            ("a/src/lib.rs", "// long_b\nuse d::X;"),
            ("a/tests/t.rs", "use long_b::X;"),
            ("a/build.rs", "use c::X;"),
        ];
        assert_eq!(
            faults("", manifest, &unused),
            [
                "a/Cargo.toml: long-b in [dependencies] is not used",
                "a/Cargo.toml: d in [build-dependencies] is not used",
                "a/Cargo.toml: c in [dev-dependencies] is not used",
            ]
        );
    }
}
