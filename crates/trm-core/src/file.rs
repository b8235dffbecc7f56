//! Files that are whole at every moment.

use std::fs::File;
use std::io;
use std::path::Path;

/// Replaces the file at `path` by what `write` writes. It is written beside the old file, flushed to
/// the disk and renamed over it: a kill or a full disk leaves the old file as it was, and of two
/// processes that write the same file one wins.
///
/// # Errors
/// Whatever `write` returns, and what the system says of the file. Renaming over a device or a
/// folder would replace it, so that is refused before anything is written.
pub fn replace<E: From<io::Error>>(
    path: &Path,
    write: impl FnOnce(&mut File) -> Result<(), E>,
) -> Result<(), E> {
    if path.exists() && !path.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file").into());
    }
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.suffix(".tmp");
    // As readable as any new file; temporary files are their owner's alone.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder)?;
    write(file.as_file_mut())?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|e| e.error)?;
    // The new name is on the disk only once the folder is; Windows has no such call.
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    Ok(())
}
