//! Files that are whole at every moment, and those of a folder.

use anyhow::{Context, Result, bail};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Longer chains of links are a circle.
const MAX_LINKS: usize = 40;

/// Replaces the file at `path`, written beside it, flushed and renamed: a kill or a full disk leaves the
/// old one, and of two processes one wins. Links are followed. As `trm_core::file::replace`, which this crate
/// does not import.
pub fn replace(path: &Path, bytes: impl AsRef<[u8]>) -> Result<()> {
    let write = || {
        let path = &target_of(path)?;
        let mut builder = tempfile::Builder::new();
        builder.suffix(".tmp");
        // As readable as any new file; temporary files are their owner's alone.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let mut file = builder.tempfile_in(folder_of(path)).map_err(without_path)?;
        file.write_all(bytes.as_ref())?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|e| e.error)?;
        // The new name is on the disk only once the folder is; Windows has no such call.
        #[cfg(unix)]
        fs::File::open(folder_of(path))?.sync_all()?;
        anyhow::Ok(())
    };
    write().with_context(|| path.display().to_string())
}

/// The files of a folder, by name.
pub fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let paths: std::io::Result<Vec<PathBuf>> = entries.map(|entry| Ok(entry?.path())).collect();
    let mut paths = paths?;
    paths.retain(|path| path.is_file());
    paths.sort();
    Ok(paths)
}

/// The regular file that a write to `path` replaces or makes, at the end of its links. Anything else is
/// refused: renaming over a link, a device or a FIFO would replace it.
fn target_of(path: &Path) -> Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MAX_LINKS {
        let kind = match fs::symlink_metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(path),
            found => found?.file_type(),
        };
        if kind.is_file() {
            return Ok(path);
        }
        if !kind.is_symlink() {
            bail!("not a regular file");
        }
        path = folder_of(&path).join(fs::read_link(&path)?);
    }
    bail!("a link to itself")
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// An error of `tempfile` without the name of the temporary file, which says nothing to a user. The error itself
/// is private there, and its text is all that can be had.
fn without_path(error: io::Error) -> io::Error {
    match error.to_string().split_once(" at path ") {
        Some((reason, _)) => io::Error::new(error.kind(), reason.to_owned()),
        None => error,
    }
}

#[cfg(all(test, unix))]
#[path = "../../crates/trm-cli/tests/common/kinds.rs"]
mod kinds;

#[cfg(all(test, unix))]
#[test]
fn every_kind_of_place() {
    kinds::check("file::every_kind_of_place", false, &|path| {
        replace(path, b"new content").map_err(|error| format!("{error:#}"))?;
        Ok(b"new content".to_vec())
    });
}
