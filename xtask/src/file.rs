//! Files that are whole at every moment.

use anyhow::{Context, Result};
use std::io::Write;
use std::path::Path;

/// Replaces the file at `path`, written beside it, flushed and renamed: a kill or a full disk leaves the
/// old one, and of two processes one wins. As `trm_core::file::replace`, which this crate does not import.
pub fn replace(path: &Path, bytes: impl AsRef<[u8]>) -> Result<()> {
    let write = || {
        let folder = path.parent().unwrap_or(Path::new("."));
        let mut builder = tempfile::Builder::new();
        builder.suffix(".tmp");
        // As readable as any new file; temporary files are their owner's alone.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let mut file = builder.tempfile_in(folder)?;
        file.write_all(bytes.as_ref())?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        // The new name is on the disk only once the folder is; Windows has no such call.
        #[cfg(unix)]
        std::fs::File::open(folder)?.sync_all()?;
        anyhow::Ok(())
    };
    write().with_context(|| path.display().to_string())
}
