//! The state file and its encoding.
//!
//! ```text
//! magic "SONALRN\n"   8 bytes
//! version             u32, little endian
//! checksum            u32: CRC-32 of version, length and content
//! length              u64: bytes of content
//! content             bincode 2 (standard configuration) of the learner
//! ```

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use crate::error::{Result, SonaError};
use crate::learner::Learner;

const MAGIC: [u8; 8] = *b"SONALRN\n";
const VERSION: u32 = 2;
const HEADER: usize = 24;
/// No state is larger: 896 examples of 256 numbers with 1,024 signals take 8.3 MB.
const MAX_BYTES: usize = 1 << 24;
/// Longer chains of links are a circle.
const MAX_LINKS: usize = 40;

fn checksum(length: u64, content: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&VERSION.to_le_bytes());
    hasher.update(&length.to_le_bytes());
    hasher.update(content);
    hasher.finalize()
}

/// The learner as the bytes of a state file.
pub(crate) fn encode(learner: &Learner) -> Result<Vec<u8>> {
    let content = bincode::serde::encode_to_vec(learner, bincode::config::standard())
        .map_err(|e| SonaError::Io(io::Error::other(e)))?;
    let length = content.len() as u64;
    let mut out = Vec::with_capacity(HEADER + content.len());
    out.extend(MAGIC);
    out.extend(VERSION.to_le_bytes());
    out.extend(checksum(length, &content).to_le_bytes());
    out.extend(length.to_le_bytes());
    out.extend(content);
    Ok(out)
}

/// The learner in the bytes of a state file.
pub(crate) fn decode(bytes: &[u8]) -> Result<Learner> {
    let (header, content) = bytes
        .split_at_checked(HEADER)
        .ok_or(SonaError::Length { expected: HEADER as u64, found: bytes.len() as u64 })?;
    if header[..8] != MAGIC {
        return Err(SonaError::Magic);
    }
    let word = |at: usize| u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
    if word(8) != VERSION {
        return Err(SonaError::Version { expected: VERSION, found: word(8) });
    }
    let length = u64::from(word(16)) | u64::from(word(20)) << 32;
    if length != content.len() as u64 || content.len() > MAX_BYTES {
        return Err(SonaError::Length {
            expected: length.saturating_add(HEADER as u64),
            found: bytes.len() as u64,
        });
    }
    let found = checksum(length, content);
    if found != word(12) {
        return Err(SonaError::Checksum { expected: word(12), found });
    }
    let config = bincode::config::standard().with_limit::<MAX_BYTES>();
    let (learner, used): (Learner, usize) =
        bincode::serde::decode_from_slice(content, config).map_err(|e| SonaError::Decode(e.to_string()))?;
    if used != content.len() {
        return Err(SonaError::Decode(format!("{} bytes too many", content.len() - used)));
    }
    learner.check()?;
    Ok(learner)
}

/// Reads a file, but never more than a state can hold.
pub(crate) fn load(path: &Path) -> Result<Learner> {
    let file = File::open(path)?;
    let most = (HEADER + MAX_BYTES) as u64;
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(SonaError::Length { expected: most, found: bytes.len() as u64 });
    }
    decode(&bytes)
}

/// Writes to a temporary file in the same folder, flushes it to the disk, and renames it: at
/// every moment the path holds the old state or the new one. Links are followed. `trm_core::file` is the same
/// and more, and no crate that this one may import.
pub(crate) fn save(learner: &Learner, path: &Path) -> Result<()> {
    let path = &target_of(path)?;
    let bytes = encode(learner)?;
    let mut builder = tempfile::Builder::new();
    builder.suffix(".tmp");
    // As readable as any new file; temporary files are their owner's alone.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder_of(path)).map_err(without_path)?;
    file.write_all(&bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|e| e.error)?;
    // The rename itself is on the disk only when the folder is; Windows has no such call.
    #[cfg(unix)]
    File::open(folder_of(path))?.sync_all()?;
    Ok(())
}

/// The regular file that a write to `path` replaces or makes, at the end of its links. Anything else is
/// refused: renaming over a link, a device or a FIFO would replace it.
fn target_of(path: &Path) -> io::Result<PathBuf> {
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
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
        }
        path = folder_of(&path).join(fs::read_link(&path)?);
    }
    Err(io::Error::new(io::ErrorKind::InvalidInput, "a link to itself"))
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
