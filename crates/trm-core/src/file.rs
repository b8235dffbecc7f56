//! Files that are whole at every moment.

use std::fs::{self, File, FileType};
use std::io;
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// Longer chains of links are a circle, as for the system.
const MAX_LINKS: usize = 40;

/// A file on its way to its place. It is written beside the old file, flushed to the disk and renamed
/// over it: a kill or a full disk leaves the old file as it was, and of two processes that write the
/// same file one wins. Dropped before [`NewFile::keep`] it leaves nothing behind.
///
/// Links are followed, and the file that they name is replaced. A character device, a FIFO or a descriptor
/// (`/dev/stdout`) is opened and written to, as a shell does. A folder, a socket, a block device and a file
/// without write permission are refused.
#[derive(Debug)]
pub struct NewFile {
    path: PathBuf,
    place: Place,
}

#[derive(Debug)]
enum Place {
    /// Renamed to `target` when it is whole.
    Beside { file: NamedTempFile, target: PathBuf },
    /// Written to as it is.
    Open(File),
}

impl NewFile {
    /// Opens it for `path`: before long work, so that a place that cannot be written is an error at once.
    ///
    /// # Errors
    /// What the system says, or which kind of file `path` names that cannot be written.
    pub fn create(path: &Path) -> io::Result<Self> {
        let place = match Destination::of(path)? {
            Destination::Open(path) => Place::Open(fs::OpenOptions::new().append(true).open(path)?),
            Destination::Replace(target) => Place::Beside { file: beside(&target)?, target },
        };
        Ok(NewFile { path: path.to_owned(), place })
    }

    /// The place it is for.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where to write.
    pub fn file(&mut self) -> &mut File {
        match &mut self.place {
            Place::Beside { file, .. } => file.as_file_mut(),
            Place::Open(file) => file,
        }
    }

    /// Puts it into its place.
    ///
    /// # Errors
    /// What the system says.
    pub fn keep(self) -> io::Result<()> {
        let Place::Beside { file, target } = self.place else { return Ok(()) };
        file.as_file().sync_all()?;
        file.persist(&target).map_err(|e| without_path(e.error))?;
        // The new name is on the disk only once the folder is; Windows has no such call.
        #[cfg(unix)]
        File::open(folder_of(&target))?.sync_all()?;
        Ok(())
    }
}

/// Replaces the file at `path` by what `write` writes; see [`NewFile`].
///
/// # Errors
/// Whatever `write` returns, and the errors of [`NewFile`].
pub fn replace<E: From<io::Error>>(
    path: &Path,
    write: impl FnOnce(&mut File) -> Result<(), E>,
) -> Result<(), E> {
    let mut new = NewFile::create(path)?;
    write(new.file())?;
    Ok(new.keep()?)
}

/// What a write to a path does, once links are followed.
#[derive(Debug, PartialEq)]
pub enum Destination {
    /// It replaces this regular file, or makes it.
    Replace(PathBuf),
    /// It opens this device, FIFO or descriptor.
    Open(PathBuf),
}

impl Destination {
    /// Decides by the kind of each link and of what the last one names, and changes nothing.
    ///
    /// # Errors
    /// What the system says, or which kind of file `path` names that cannot be written.
    pub fn of(path: &Path) -> io::Result<Self> {
        if path.as_os_str().as_encoded_bytes().last().is_some_and(|end| std::path::is_separator(*end as char))
        {
            return Err(refused("the name of a folder"));
        }
        let mut path = path.to_owned();
        for _ in 0..MAX_LINKS {
            if is_of_the_system(folder_of(&path)) {
                check(fs::metadata(&path)?.file_type())?;
                return Ok(Destination::Open(path));
            }
            let metadata = match fs::symlink_metadata(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    return Ok(Destination::Replace(path));
                }
                found => found?,
            };
            let kind = metadata.file_type();
            if kind.is_symlink() {
                path = folder_of(&path).join(fs::read_link(&path)?);
                continue;
            }
            check(kind)?;
            if !kind.is_file() {
                return Ok(Destination::Open(path));
            }
            if metadata.permissions().readonly() {
                return Err(io::Error::new(io::ErrorKind::PermissionDenied, "the file is read-only"));
            }
            return Ok(Destination::Replace(path));
        }
        Err(refused("a link to itself"))
    }
}

/// Refuses what no file can be written to. A block device is a whole disk.
fn check(kind: FileType) -> io::Result<()> {
    if kind.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "is a folder"));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if kind.is_block_device() {
            return Err(refused("a block device"));
        }
        if kind.is_socket() {
            return Err(refused("a socket"));
        }
    }
    Ok(())
}

fn refused(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, format!("is {what}, and no place for a file"))
}

/// Whether a folder holds the system's devices or descriptors, which are never replaced: a link there names
/// an open file, and its text is no path.
fn is_of_the_system(folder: &Path) -> bool {
    let Ok(folder) = fs::canonicalize(folder) else { return false };
    let exactly = ["/dev", "/dev/fd"].iter().any(|system| folder == Path::new(system));
    cfg!(unix) && (exactly || ["/proc", "/sys"].iter().any(|system| folder.starts_with(system)))
}

/// A temporary file in the folder of `target`, with the permissions of the file that it will replace.
fn beside(target: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.suffix(".tmp");
    // As readable as any new file; temporary files are their owner's alone.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let folder = folder_of(target);
    let file = builder.tempfile_in(folder).map_err(|error| {
        let error = without_path(error);
        io::Error::new(error.kind(), format!("cannot create a file in {}: {error}", folder.display()))
    })?;
    if let Ok(old) = fs::metadata(target) {
        file.as_file().set_permissions(old.permissions())?;
    }
    Ok(file)
}

/// An error of `tempfile` without the name of the temporary file, which says nothing to a user. The error itself
/// is private there, and its text is all that can be had.
fn without_path(error: io::Error) -> io::Error {
    match error.to_string().split_once(" at path ") {
        Some((reason, _)) => io::Error::new(error.kind(), reason.to_owned()),
        None => error,
    }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
