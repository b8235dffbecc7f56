//! What no file may hold.

use super::workspace::Workspace;
use anyhow::{Context, Result};
use std::fs;
use std::path::Path;

/// Half-done work, and places that exist on one machine only. Written in two parts, so that this file
/// does not hold them.
const BANNED: [(&str, &str); 7] = [
    ("todo", "!("),
    ("unimplemented", "!("),
    ("#[ign", "ore"),
    ("dbg", "!("),
    ("/work", "/"),
    ("/ho", "me/"),
    ("../sha", "red"),
];
/// Where the model files lie.
const MODELS: &str = "crates/trm-models/weights";

/// Banned text in the files of the workspace.
pub fn check(workspace: &Workspace) -> Vec<String> {
    workspace.files().flat_map(|(path, text)| banned(path, text)).collect()
}

/// Banned text in the headers of model files: they say how each was trained.
pub fn check_models(root: &Path) -> Result<Vec<String>> {
    let mut faults = Vec::new();
    for entry in fs::read_dir(root.join(MODELS)).context(MODELS)? {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e == "safetensors") {
            let bytes = fs::read(&path).with_context(|| path.display().to_string())?;
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            faults.extend(banned(&format!("{MODELS}/{name}"), &header(&bytes)));
        }
    }
    Ok(faults)
}

/// The header of a safetensors file.
fn header(bytes: &[u8]) -> String {
    let length = bytes.first_chunk().map_or(0, |n| u64::from_le_bytes(*n) as usize);
    let header = bytes.get(8..).unwrap_or_default();
    String::from_utf8_lossy(&header[..length.min(header.len())]).into_owned()
}

fn banned(path: &str, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for (i, line) in text.lines().enumerate() {
        let marks = BANNED.iter().map(|(a, b)| format!("{a}{b}"));
        faults
            .extend(marks.filter(|mark| line.contains(mark)).map(|mark| format!("{path}:{}: {mark}", i + 1)));
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_banned_text_is_found() {
        for (a, b) in BANNED {
            assert_eq!(banned("x.rs", &format!("\n x{a}{b}y")), [format!("x.rs:2: {a}{b}")]);
        }
        assert!(banned("x.rs", "todo: dbg\n/work").is_empty());
    }

    #[test]
    fn the_header_of_a_model_is_read_and_no_more() {
        let file = [&5u64.to_le_bytes()[..], b"{12}\nweights"].concat();
        assert_eq!(header(&file), "{12}\n");
        assert_eq!(header(&[255; 9]), "\u{fffd}");
        assert_eq!(header(b"short"), "");
    }
}
