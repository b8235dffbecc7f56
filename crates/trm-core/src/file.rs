//! Atomic replacement of files.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// A file that replaces another at once. It is written to a temporary file in the same folder, flushed to disk
/// and renamed: a killed process or a full disk leaves the old file as it was, and if two processes write the same
/// file, one of them wins. Dropped before [`AtomicFile::commit`], it leaves nothing behind.
#[derive(Debug)]
pub struct AtomicFile {
    path: PathBuf,
    file: NamedTempFile,
}

impl AtomicFile {
    /// Creates the temporary file. Called before long work, it reports at once a path that cannot be written.
    ///
    /// # Errors
    /// Those of the file system; also where `path` is a device or a folder, which renaming would replace.
    pub fn create(path: &Path) -> io::Result<Self> {
        if path.exists() && !path.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
        }
        let mut builder = tempfile::Builder::new();
        builder.suffix(".tmp");
        // Readable like any new file; the default for temporary files is the owner alone.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        Ok(AtomicFile { path: path.to_owned(), file: builder.tempfile_in(folder_of(path))? })
    }

    /// The path of the file to replace.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The temporary file.
    pub fn file(&mut self) -> &mut File {
        self.file.as_file_mut()
    }

    /// Replaces the file.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn commit(self) -> io::Result<()> {
        let AtomicFile { path, file } = self;
        file.as_file().sync_all()?;
        file.persist(&path).map_err(|e| e.error)?;
        // The rename is on disk only once the folder is flushed; Windows has no such call.
        #[cfg(unix)]
        File::open(folder_of(&path))?.sync_all()?;
        Ok(())
    }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Replaces the file at `path` with what `write` writes; see [`AtomicFile`].
///
/// # Errors
/// Those of `write` and of [`AtomicFile`].
pub fn replace<E: From<io::Error>>(
    path: &Path,
    write: impl FnOnce(&mut File) -> Result<(), E>,
) -> Result<(), E> {
    let mut file = AtomicFile::create(path)?;
    write(file.file())?;
    Ok(file.commit()?)
}
