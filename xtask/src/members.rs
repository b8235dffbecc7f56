//! The crates of the workspace, as cargo knows them.

use crate::run::{cargo, root};
use anyhow::{Context, Result, ensure};
use std::path::PathBuf;

/// A crate that is published.
pub struct Published {
    pub name: String,
    /// The folder in its archive.
    pub archive: String,
    /// Its manifest, from the root of the workspace.
    pub manifest: PathBuf,
    /// Whether others can depend on it.
    pub is_library: bool,
}

/// The members of the workspace that are published, and the names of those that are not.
pub fn members() -> Result<(Vec<Published>, Vec<String>)> {
    let output = cargo(&["metadata", "--no-deps", "--format-version", "1", "--offline"]).output()?;
    ensure!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).context("cargo metadata")?;
    let (mut published, mut kept) = (Vec::new(), Vec::new());
    for package in metadata["packages"].as_array().context("no packages")? {
        let text = |key: &str| package[key].as_str().map(String::from).with_context(|| key.to_owned());
        let (name, version) = (text("name")?, text("version")?);
        // `publish = false` is an empty list of registries.
        if package["publish"].as_array().is_some_and(Vec::is_empty) {
            kept.push(name);
        } else {
            let manifest = PathBuf::from(text("manifest_path")?);
            let manifest = manifest.strip_prefix(root()).context("a member outside the workspace")?.into();
            let kinds = package["targets"].as_array().into_iter().flatten().map(|target| &target["kind"]);
            let is_library = kinds.flat_map(|kinds| kinds.as_array()).flatten().any(|kind| kind == "lib");
            published.push(Published { archive: format!("{name}-{version}"), name, manifest, is_library });
        }
    }
    Ok((published, kept))
}

#[cfg(test)]
mod tests {
    use super::members;
    use std::path::Path;

    #[test]
    fn what_is_not_published_is_not_packed() {
        let (published, kept) = members().expect("a workspace");
        assert!(published.iter().any(|member| member.manifest == Path::new("crates/trm-core/Cargo.toml")));
        let library = |name: &str| published.iter().find(|m| m.name == name).map(|m| m.is_library);
        assert_eq!((library("trm-core"), library("trm-cli")), (Some(true), Some(false)));
        assert!(kept.contains(&"xtask".to_owned()) && published.iter().all(|member| member.name != "xtask"));
    }
}
