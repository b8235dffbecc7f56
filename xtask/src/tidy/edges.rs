//! Which crate may depend on which.

use super::workspace::{Kind, Member, Workspace};

/// What a crate may see of the workspace.
struct Allowed {
    name: &'static str,
    /// Where its code uses them.
    normal: &'static [&'static str],
    /// Where it uses them behind a feature alone: `optional = true`.
    optional: &'static [&'static str],
    /// In `build.rs`.
    build: &'static [&'static str],
    /// In tests, examples and benches, beside the above.
    dev: &'static [&'static str],
}

const LEAF: Allowed = Allowed { name: "", normal: &[], optional: &[], build: &[], dev: &[] };
const LIBRARIES: &[&str] = &[
    "trm-puzzles",
    "trm-core",
    "trm-world",
    "sona-learn",
    "trm-train",
    "trm-models",
    "trm-tasks",
    "trm-solve",
    "trm-bench",
];

/// The one table of edges between crates; ARCHITECTURE.md draws it. A new crate gets a row.
const EDGES: &[Allowed] = &[
    Allowed { name: "trm-puzzles", ..LEAF },
    Allowed { name: "trm-core", ..LEAF },
    Allowed { name: "sona-learn", ..LEAF },
    Allowed { name: "trm-world", ..LEAF },
    Allowed { name: "trm-train", normal: &["trm-core", "trm-world"], ..LEAF },
    Allowed { name: "trm-models", normal: &["trm-core"], ..LEAF },
    Allowed { name: "trm-tasks", normal: &["trm-puzzles", "trm-core"], optional: &["trm-train"], ..LEAF },
    Allowed {
        name: "trm-solve",
        normal: &["trm-puzzles", "trm-core", "sona-learn", "trm-tasks"],
        dev: &["trm-models"],
        ..LEAF
    },
    Allowed {
        name: "trm-bench",
        normal: &["trm-puzzles", "trm-core", "sona-learn", "trm-train", "trm-tasks", "trm-solve"],
        dev: &["trm-models"],
        ..LEAF
    },
    Allowed { name: "trm-cli", normal: LIBRARIES, dev: &["xtask"], ..LEAF },
    // A page in a browser trains nothing and reports nothing.
    Allowed {
        name: "trm-wasm",
        normal: &["trm-puzzles", "trm-core", "sona-learn", "trm-models", "trm-tasks", "trm-solve"],
        build: &["trm-models"],
        ..LEAF
    },
    // What it gives Python is one puzzle, one model, one run of training; reports are the command's.
    Allowed {
        name: "trm-py",
        normal: &[
            "trm-puzzles",
            "trm-core",
            "sona-learn",
            "trm-train",
            "trm-models",
            "trm-tasks",
            "trm-solve",
        ],
        ..LEAF
    },
    Allowed { name: "trm-benches", normal: LIBRARIES, ..LEAF },
    // It builds when nothing else does.
    Allowed { name: "xtask", ..LEAF },
];

impl Allowed {
    fn permits(&self, kind: Kind, optional: bool, package: &str) -> bool {
        let in_code = self.normal.contains(&package) || optional && self.optional.contains(&package);
        match kind {
            Kind::Normal => in_code,
            Kind::Build => self.build.contains(&package),
            Kind::Dev => in_code || self.optional.contains(&package) || self.dev.contains(&package),
        }
    }
}

/// Edges between crates that the table does not allow.
pub fn check(workspace: &Workspace) -> Vec<String> {
    let mut faults = Vec::new();
    for member in &workspace.members {
        let manifest = format!("{}Cargo.toml", member.folder);
        let Some(allowed) = EDGES.iter().find(|row| row.name == member.name) else {
            let name = &member.name;
            faults.push(format!("{manifest}: {name} has no row in EDGES (xtask/src/tidy/edges.rs)"));
            continue;
        };
        for kind in Kind::ALL {
            for (key, value) in member.dependencies(kind) {
                let package = workspace.package(key, value);
                let Some(seen) = workspace.member(package) else { continue };
                let optional = value.get("optional").and_then(toml::Value::as_bool) == Some(true);
                let table = kind.table();
                if !allowed.permits(kind, optional, package) {
                    let only = if allowed.optional.contains(&package) { " but as optional" } else { "" };
                    faults.push(format!("{manifest}: {package} in [{table}] is not allowed{only}"));
                }
                let behind = pulled_in(seen, value).into_iter().map(|(feature, key)| {
                    let value = seen.dependencies(Kind::Normal).into_iter().find(|(k, _)| *k == key);
                    (feature, value.map_or(key, |(key, value)| workspace.package(key, value)))
                });
                for (feature, package) in behind.filter(|(_, package)| workspace.member(package).is_some()) {
                    if !allowed.permits(kind, true, package) {
                        faults.push(format!(
                            "{manifest}: {key} with the feature {feature:?} pulls in {package}, which is not \
                             allowed"
                        ));
                    }
                }
            }
        }
    }
    faults
}

/// The optional dependencies of `seen` that the features asked for turn on: feature and key.
fn pulled_in<'a>(seen: &'a Member, dependency: &'a toml::Value) -> Vec<(&'a str, &'a str)> {
    let strings = |value: Option<&'a toml::Value>| {
        value.and_then(toml::Value::as_array).into_iter().flatten().filter_map(toml::Value::as_str)
    };
    let default = dependency.get("default-features").and_then(toml::Value::as_bool) != Some(false);
    let mut open: Vec<&str> =
        strings(dependency.get("features")).chain(default.then_some("default")).collect();
    let (mut done, mut found) = (Vec::new(), Vec::new());
    while let Some(feature) = open.pop() {
        if done.contains(&feature) {
            continue;
        }
        done.push(feature);
        for turned_on in strings(seen.manifest.get("features").and_then(|all| all.get(feature))) {
            match turned_on.strip_prefix("dep:") {
                Some(key) => found.push((feature, key)),
                None => open.push(turned_on),
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::workspace::tests::workspace;
    use super::check;

    const CORE: (&str, &str) = ("crates/trm-core/Cargo.toml", "[package]\nname = \"trm-core\"");
    const TRAIN: (&str, &str) =
        ("crates/trm-train/Cargo.toml", "[package]\nname = \"trm-train\"\n[dependencies]\ntrm-core = \"1\"");
    const TASKS: (&str, &str) = (
        "crates/trm-tasks/Cargo.toml",
        "[package]\nname = \"trm-tasks\"\n[features]\ntrain = [\"dep:trm-train\"]\n\
         [dependencies]\ntrm-train = { workspace = true, optional = true }",
    );

    fn faults_of(name: &str, rest: &str) -> Vec<String> {
        let manifest = format!("[package]\nname = {name:?}\n{rest}");
        let path = format!("crates/{name}/Cargo.toml");
        let others = [CORE, TRAIN, TASKS].into_iter().filter(|(other, _)| *other != path);
        let mut files: Vec<(&str, &str)> = others.collect();
        files.extend([("Cargo.toml", "[workspace.dependencies]\n"), (&path, &manifest)]);
        check(&workspace(&files))
    }

    #[test]
    fn only_edges_of_the_table_are_allowed() {
        assert!(faults_of("trm-models", "[dependencies]\ntrm-core = \"1\"").is_empty());
        let faults = faults_of("trm-models", "[dependencies]\ntrm-train = \"1\"");
        assert_eq!(faults, ["crates/trm-models/Cargo.toml: trm-train in [dependencies] is not allowed"]);
        let faults = faults_of("sona-learn", "[target.'cfg(unix)'.dev-dependencies]\ntrm-core = \"1\"");
        assert_eq!(faults, ["crates/sona-learn/Cargo.toml: trm-core in [dev-dependencies] is not allowed"]);
        let faults = faults_of("trm-solve", "[build-dependencies]\ntrm-core = \"1\"");
        assert_eq!(faults, ["crates/trm-solve/Cargo.toml: trm-core in [build-dependencies] is not allowed"]);
        let faults = faults_of("new", "");
        assert_eq!(faults, ["crates/new/Cargo.toml: new has no row in EDGES (xtask/src/tidy/edges.rs)"]);
    }

    #[test]
    fn an_optional_edge_stays_optional_and_no_feature_gets_around_the_table() {
        let faults = faults_of("trm-tasks", "[dependencies]\ntrm-train = \"1\"");
        let message =
            "crates/trm-tasks/Cargo.toml: trm-train in [dependencies] is not allowed but as optional";
        assert_eq!(faults, [message]);
        assert!(faults_of("trm-wasm", "[dependencies]\ntrm-tasks = \"1\"").is_empty());
        let faults =
            faults_of("trm-wasm", "[dependencies]\ntrm-tasks = { version = \"1\", features = [\"train\"] }");
        let [fault] = &faults[..] else { panic!("{faults:?}") };
        assert!(fault.contains("the feature \"train\" pulls in trm-train"), "{fault}");
    }
}
