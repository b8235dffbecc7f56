//! Files that are whole at every moment.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// A file on its way to its place. It is written beside the old file, flushed to the disk and renamed
/// over it: a kill or a full disk leaves the old file as it was, and of two processes that write the
/// same file one wins. Dropped before [`NewFile::keep`] it leaves nothing behind.
#[derive(Debug)]
pub struct NewFile {
    path: PathBuf,
    file: NamedTempFile,
}

impl NewFile {
    /// Opens it beside `path`: before long work, so that a place that cannot be written is told at once.
    ///
    /// # Errors
    /// What the system says of the file. Renaming over a device or a folder would replace it, so that
    /// is refused too.
    pub fn create(path: &Path) -> io::Result<Self> {
        if path.exists() && !path.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
        }
        let mut builder = tempfile::Builder::new();
        builder.suffix(".tmp");
        // As readable as any new file; temporary files are their owner's alone.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        Ok(NewFile { path: path.to_owned(), file: builder.tempfile_in(folder_of(path))? })
    }

    /// The place it is for.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where to write.
    pub fn file(&mut self) -> &mut File {
        self.file.as_file_mut()
    }

    /// Puts it into its place.
    ///
    /// # Errors
    /// What the system says.
    pub fn keep(self) -> io::Result<()> {
        let NewFile { path, file } = self;
        file.as_file().sync_all()?;
        file.persist(&path).map_err(|e| e.error)?;
        // The new name is on the disk only once the folder is; Windows has no such call.
        #[cfg(unix)]
        File::open(folder_of(&path))?.sync_all()?;
        Ok(())
    }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Replaces the file at `path` by what `write` writes; see [`NewFile`].
///
/// # Errors
/// Whatever `write` returns, and what [`NewFile`] says.
pub fn replace<E: From<io::Error>>(
    path: &Path,
    write: impl FnOnce(&mut File) -> Result<(), E>,
) -> Result<(), E> {
    let mut new = NewFile::create(path)?;
    write(new.file())?;
    Ok(new.keep()?)
}
