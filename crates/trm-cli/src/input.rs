//! Files that commands read, standard input among them.

use crate::file_kind::{Kind, Owner, length_fault};
use crate::output::is_silent;
use anyhow::{Context, Result, bail};
use puzzles::text;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use trm_core::{MAX_FILE_BYTES, Model};

/// Bytes that tell the kind of a file.
const KIND_BYTES: u64 = 4096;

/// Whether a name is that of standard input.
pub fn is_stdin(path: &Path) -> bool {
    ["-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"].iter().any(|name| path == Path::new(name))
}

/// The name of an input in messages and reports.
pub fn name_of(path: &Path) -> String {
    if is_stdin(path) { "standard input".into() } else { path.display().to_string() }
}

/// Whether a path is a folder of the reference's NumPy arrays, or a file of it.
pub fn is_arrays(path: &Path) -> bool {
    let names = ["all__inputs.npy", "all__labels.npy", "dataset.json"];
    path.join(names[0]).is_file()
        || path.file_name().is_some_and(|name| names.iter().any(|array| name == *array))
}

/// The last part of a path, of whichever system: notes in a model file name files without their folders,
/// which may hold the name of a user.
pub fn base_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or_default()
}

/// Opens a file, a FIFO, or standard input.
///
/// # Errors
/// What the system says with the name, and that of a folder.
pub fn open(path: &Path) -> Result<Box<dyn Read + Send>> {
    if is_stdin(path) {
        static TAKEN: AtomicBool = AtomicBool::new(false);
        if is_silent() {
            bail!("standard input is that of the first rank, and every rank reads the data: name a file");
        }
        if TAKEN.swap(true, Ordering::Relaxed) {
            bail!("standard input can be read once, and two inputs of this command name it");
        }
        return Ok(Box::new(io::stdin()));
    }
    // Opening a folder succeeds on some systems, and reading it fails with less clear words.
    let open = || {
        if std::fs::metadata(path)?.is_dir() {
            return Err(io::Error::new(io::ErrorKind::IsADirectory, "is a folder"));
        }
        File::open(path)
    };
    Ok(Box::new(open().with_context(|| name_of(path))?))
}

/// The content of a file of at most `most` bytes.
///
/// # Errors
/// As [`open`], and where it is longer.
pub fn read_bytes(path: &Path, most: u64) -> Result<Vec<u8>> {
    read_weights(path, most, |_| Ok(()))
}

/// The same for a file of weights, which may be large: `check` sees its kind before the most of it is read.
///
/// # Errors
/// As [`read_bytes`], and what `check` says.
pub fn read_weights(path: &Path, most: u64, check: impl FnOnce(Kind) -> Result<()>) -> Result<Vec<u8>> {
    let mut file = open(path)?;
    // The size of a file, 0 for a pipe: a file that is too long is refused before it is read.
    let size = std::fs::metadata(path).map_or(0, |metadata| metadata.len());
    let mut bytes = Vec::new();
    if size <= most {
        bytes.reserve_exact(size as usize);
        file.by_ref().take(KIND_BYTES).read_to_end(&mut bytes).with_context(|| name_of(path))?;
        check(Kind::of(&bytes))?;
        file.take(most + 1 - bytes.len() as u64).read_to_end(&mut bytes).with_context(|| name_of(path))?;
    }
    if size.max(bytes.len() as u64) > most {
        bail!("{}: more than {most} bytes", name_of(path));
    }
    Ok(bytes)
}

/// The text of a small file.
///
/// # Errors
/// As [`open`], and those of [`text::read`].
pub fn read_text(path: &Path) -> Result<String> {
    text::read(open(path)?).with_context(|| name_of(path))
}

/// Reads a model file.
///
/// # Errors
/// As [`read_bytes`], and what is wrong with the file.
pub fn read_model(path: &Path) -> Result<Model> {
    Ok(read_model_bytes(path)?.0)
}

/// Reads a model file, and returns its bytes too.
///
/// # Errors
/// As [`read_model`].
pub fn read_model_bytes(path: &Path) -> Result<(Model, Vec<u8>)> {
    let refuse = |what: &str| bail!("{}: not a readable model file: {what}", name_of(path));
    let bytes = read_weights(path, MAX_FILE_BYTES, |kind| match kind {
        Kind::Safetensors => Ok(()),
        Kind::PyTorch => refuse("a PyTorch file; `trm import` makes a model file of a TRM checkpoint"),
        Kind::Other(what) => refuse(what),
    })?;
    match Owner::of(&bytes) {
        // A broken header is reported in the words of its reader.
        None | Some(Owner::Trm) => {}
        Some(owner) => refuse(&owner.describe())?,
    }
    if let Some(fault) = length_fault(&bytes) {
        refuse(&fault)?;
    }
    Ok((Model::from_bytes(&bytes).with_context(|| name_of(path))?, bytes))
}
