//! What a file is where weights were expected, by its first bytes and by the names of its tensors.

use safetensors::{SafeTensorError, SafeTensors};
use trm_core::official::pytorch::is_pytorch;

/// The longest header of a safetensors file that its readers take.
const MAX_HEADER_BYTES: u64 = 100_000_000;

/// The kind of a file.
#[derive(Debug, PartialEq)]
pub enum Kind {
    Safetensors,
    /// What `torch.save` writes: a zip archive, or a bare pickle.
    PyTorch,
    /// Anything else, as a sentence goes on after "not a readable model file: ".
    Other(&'static str),
}

/// First bytes, and what the file is.
const STARTS: [(&[u8], &str); 18] = [
    (
        b"version https://git-lfs",
        "a pointer of Git LFS in place of the file itself; `git lfs pull` fetches that",
    ),
    (b"SONALRN\n", "a halting state, which --halting takes"),
    (b"TRMTRAIN", "a checkpoint of `trm train`; the model of the run lies beside it, model.safetensors"),
    (b"GGUF", "a GGUF file, of another program"),
    (b"\x89HDF\r\n", "an HDF5 file, of another program"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"PAR1", "a Parquet table"),
    (b"\x89PNG", "a picture (PNG)"),
    (b"%PDF", "a PDF document"),
    (b"\x1f\x8b", "a compressed file (gzip), to be unpacked first"),
    (b"\x28\xb5\x2f\xfd", "a compressed file (Zstandard), to be unpacked first"),
    (b"\xfd7zXZ", "a compressed file (xz), to be unpacked first"),
    (b"BZh", "a compressed file (bzip2), to be unpacked first"),
    (b"7z\xbc\xaf", "an archive (7z), to be unpacked first"),
    (b"Rar!", "an archive (RAR), to be unpacked first"),
    (b"\xff\xfe", "a text in UTF-16"),
    (b"\xfe\xff", "a text in UTF-16"),
    (b"#!", "a script"),
];

/// Where a safetensors file is shorter or longer than its header says, that in words.
pub fn length_fault(bytes: &[u8]) -> Option<String> {
    let n_header = u64::from_le_bytes(*bytes.first_chunk::<8>()?);
    let (start, found) = (n_header.checked_add(8)?, bytes.len() as u64);
    let Some(header) = bytes.get(8..usize::try_from(start).ok()?) else {
        return Some(format!("cut off in its header: {found} bytes of more than {start}"));
    };
    if !matches!(SafeTensors::read_metadata(bytes), Err(SafeTensorError::MetadataIncompleteBuffer)) {
        return None;
    }
    let header: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(header).ok()?;
    let ends = header.values().filter_map(|tensor| tensor.get("data_offsets")?.get(1)?.as_u64());
    let expected = start.checked_add(ends.max()?)?;
    let word = if found < expected { "cut off" } else { "longer than its header says" };
    Some(format!("{word}: {found} bytes, {expected} were expected"))
}

impl Kind {
    /// The kind of a file with these first bytes; a few hundred are enough.
    pub fn of(bytes: &[u8]) -> Self {
        if bytes.is_empty() {
            return Kind::Other("the file is empty");
        }
        if let Some((_, what)) = STARTS.iter().find(|(start, _)| bytes.starts_with(start)) {
            return Kind::Other(what);
        }
        if is_pytorch(bytes) {
            return Kind::PyTorch;
        }
        if bytes.starts_with(b"PK\x03\x04") {
            let is_numpy = bytes[..bytes.len().min(126)].windows(4).any(|part| part == b".npy");
            return Kind::Other(match is_numpy {
                true => "NumPy arrays (.npz)",
                false => "a ZIP archive that torch.save did not write, to be unpacked first",
            });
        }
        if let (Some(length), Some(b'{')) = (bytes.first_chunk::<8>(), bytes.get(8))
            && u64::from_le_bytes(*length) <= MAX_HEADER_BYTES
        {
            return Kind::Safetensors;
        }
        Kind::of_text(bytes)
    }

    fn of_text(bytes: &[u8]) -> Self {
        // A character at the end may be cut.
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) if error.error_len().is_none() => {
                std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default()
            }
            Err(_) => "",
        };
        let text = text.trim_start_matches('\u{feff}').trim_start();
        if text.is_empty() || text.contains('\0') {
            return Kind::Other("no safetensors, and no file of another kind that is known here");
        }
        let start: String = text.chars().take(9).flat_map(char::to_lowercase).collect();
        Kind::Other(match start {
            start if start.starts_with("<!doctype") || start.starts_with("<html") => {
                "a web page (HTML) in place of the file; the link was to the page about it"
            }
            start if start.starts_with('<') => "an XML file",
            start if start.starts_with('{') && text.contains("\"weight_map\"") => {
                "the index of a checkpoint in several files, which is not read"
            }
            start if start.starts_with('{') || start.starts_with('[') => "a JSON file",
            _ => "a text file",
        })
    }
}

/// Whose tensors a safetensors file holds.
#[derive(Debug, PartialEq)]
pub enum Owner {
    /// A model file of this program.
    Trm,
    /// Recorded runs, of `trm k-star`.
    Runs,
    /// A checkpoint of the official TinyRecursiveModels code.
    Official,
    /// A checkpoint of the Hierarchical Reasoning Model.
    Hrm,
    /// Another model, with some of its tensors.
    Other(String),
}

impl Owner {
    /// `None` where the header cannot be read.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        let (_, header) = SafeTensors::read_metadata(bytes).ok()?;
        let metadata = header.metadata().clone().unwrap_or_default();
        if metadata.get("format").is_some_and(|format| format.starts_with("trm")) {
            return Some(Owner::Trm);
        }
        if metadata.get("trm").is_some_and(|metadata| metadata.contains("trm-runs")) {
            return Some(Owner::Runs);
        }
        let mut names: Vec<String> = header.tensors().into_keys().collect();
        names.sort();
        let has = |part: &str| names.iter().any(|name| name.contains(part));
        Some(match (has("H_level."), has("L_level.")) {
            (true, true) => Owner::Hrm,
            (false, true) => Owner::Official,
            _ => Owner::Other(names.iter().take(3).map(String::as_str).collect::<Vec<_>>().join(", ")),
        })
    }

    /// What it is where a model file of this program was expected.
    pub fn describe(&self) -> String {
        match self {
            Owner::Trm => "a model file of this program".into(),
            Owner::Runs => "recorded runs, which `trm policies` reads".into(),
            Owner::Official => {
                "a checkpoint of the official TinyRecursiveModels code; `trm import` makes a model file of it"
                    .into()
            }
            Owner::Hrm => {
                "a checkpoint of the Hierarchical Reasoning Model (H_level and L_level), which this program \
                 does not run"
                    .into()
            }
            Owner::Other(names) if names.is_empty() => "safetensors without a tensor".into(),
            Owner::Other(names) => format!("safetensors of another model (tensors {names}, ..)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_files_and_zeros() {
        assert_eq!(Kind::of(trm_models::sudoku_bytes()), Kind::Safetensors);
        assert_eq!(Owner::of(trm_models::maze_bytes()), Some(Owner::Trm));
        assert!(matches!(Kind::of(&[0; 512]), Kind::Other(what) if what.starts_with("no safetensors")));
        // A character that the limit cuts leaves a text a text.
        assert_eq!(Kind::of("nü".as_bytes().split_last().expect("bytes").1), Kind::Other("a text file"));
    }
}
