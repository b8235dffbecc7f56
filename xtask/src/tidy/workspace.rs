//! The files that the rules read, and the crates they belong to.

use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use toml::Table;

/// Endings of the files that are read.
const ENDINGS: [&str; 10] =
    [".rs", ".md", ".toml", ".yml", ".js", ".html", ".py", ".lock", "-MIT", "-APACHE"];
/// Folders that hold what was built, fetched or measured.
const SKIPPED_FOLDERS: [&str; 6] = ["target", ".git", "runs", "data", "node_modules", "pkg"];

/// The text files of the workspace.
#[derive(Debug)]
pub struct Workspace {
    /// By path, with `/` on every system.
    texts: BTreeMap<String, String>,
    /// `Cargo.toml` of the workspace.
    pub manifest: Table,
    /// The crates, by folder.
    pub members: Vec<Member>,
}

/// One crate of the workspace.
#[derive(Debug)]
pub struct Member {
    /// The name of the package.
    pub name: String,
    /// Where it lies, ending in `/`.
    pub folder: String,
    /// Its `Cargo.toml`.
    pub manifest: Table,
}

impl Workspace {
    /// Reads the files below `root`.
    pub fn read(root: &Path) -> Result<Self> {
        let (mut open, mut texts) = (vec![root.to_owned()], BTreeMap::new());
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
                let path = entry?.path();
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                if path.is_dir() {
                    if !SKIPPED_FOLDERS.contains(&&*name) {
                        open.push(path);
                    }
                } else if ENDINGS.iter().any(|end| name.ends_with(end)) {
                    let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
                    let inside = path.strip_prefix(root)?.components();
                    let parts: Vec<_> = inside.map(|part| part.as_os_str().to_string_lossy()).collect();
                    texts.insert(parts.join("/"), text);
                }
            }
        }
        Self::of(texts)
    }

    /// The workspace that these files make up.
    pub fn of(texts: BTreeMap<String, String>) -> Result<Self> {
        let mut manifest = Table::new();
        let mut members = Vec::new();
        for (path, text) in &texts {
            let Some(folder) = path.strip_suffix("Cargo.toml") else { continue };
            let table: Table = text.parse().with_context(|| path.clone())?;
            if folder.is_empty() {
                manifest = table;
            } else if table.contains_key("workspace") {
                // The fuzz targets are a workspace of their own.
            } else if let Some(name) = string(&table, &["package", "name"]) {
                members.push(Member { name: name.into(), folder: folder.into(), manifest: table });
            }
        }
        Ok(Workspace { texts, manifest, members })
    }

    /// All files: path and text.
    pub fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// The files whose names end in `ending`.
    pub fn ending_in(&self, ending: &str) -> impl Iterator<Item = (&str, &str)> {
        self.files().filter(move |(path, _)| path.ends_with(ending))
    }

    /// The text of a file.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.texts.get(path).map(String::as_str)
    }

    /// The crate whose package is called `name`.
    pub fn member(&self, name: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.name == name)
    }

    /// The package that a dependency of a manifest means: its key, unless `package` says otherwise,
    /// there or in the workspace's list.
    pub fn package<'a>(&'a self, key: &'a str, dependency: &'a toml::Value) -> &'a str {
        let renamed = |value: &'a toml::Value| value.get("package").and_then(toml::Value::as_str);
        let listed = || self.manifest.get("workspace")?.get("dependencies")?.get(key).and_then(renamed);
        renamed(dependency).or_else(listed).unwrap_or(key)
    }
}

/// The kinds of dependencies, as `Cargo.toml` names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Normal,
    Build,
    Dev,
}

impl Kind {
    pub const ALL: [Kind; 3] = [Kind::Normal, Kind::Build, Kind::Dev];

    /// The table of a manifest.
    pub fn table(self) -> &'static str {
        match self {
            Kind::Normal => "dependencies",
            Kind::Build => "build-dependencies",
            Kind::Dev => "dev-dependencies",
        }
    }
}

impl Member {
    /// Key and value of each dependency of one kind, those of single platforms included.
    pub fn dependencies(&self, kind: Kind) -> Vec<(&str, &toml::Value)> {
        let platforms = self.manifest.get("target").and_then(toml::Value::as_table).into_iter();
        let tables = platforms.flat_map(|t| t.values()).filter_map(|platform| platform.get(kind.table()));
        let tables = self.manifest.get(kind.table()).into_iter().chain(tables);
        tables.filter_map(toml::Value::as_table).flatten().map(|(key, value)| (key.as_str(), value)).collect()
    }
}

/// The string at a path of keys.
fn string<'a>(table: &'a Table, keys: &[&str]) -> Option<&'a str> {
    let (first, rest) = keys.split_first()?;
    rest.iter().try_fold(table.get(*first)?, |value, key| value.get(key))?.as_str()
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// A workspace of a few files.
    pub fn workspace(files: &[(&str, &str)]) -> Workspace {
        let texts = files.iter().map(|(path, text)| (path.to_string(), text.to_string())).collect();
        Workspace::of(texts).expect("manifests that parse")
    }

    #[test]
    fn dependencies_of_every_platform_are_found_under_their_packages() {
        let w = workspace(&[
            ("Cargo.toml", "[workspace.dependencies]\nb = { package = \"long-b\", path = \"b\" }"),
            (
                "a/Cargo.toml",
                "[package]\nname = \"a\"\n[dependencies]\nb.workspace = true\n\
                 [target.'cfg(unix)'.dev-dependencies]\nc = \"1\"",
            ),
            ("fuzz/Cargo.toml", "[package]\nname = \"fuzz\"\n[workspace]"),
        ]);
        assert_eq!(w.members.len(), 1);
        let a = w.member("a").expect("a crate");
        let [(key, value)] = a.dependencies(Kind::Normal)[..] else { panic!("one dependency") };
        assert_eq!((key, w.package(key, value)), ("b", "long-b"));
        let [(key, value)] = a.dependencies(Kind::Dev)[..] else { panic!("one dependency") };
        assert_eq!((key, w.package(key, value)), ("c", "c"));
        assert!(a.dependencies(Kind::Build).is_empty());
    }
}
