//! The log of a training run.

use anyhow::{Context, Result};
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// A file of JSON lines.
pub struct Log {
    file: File,
    path: PathBuf,
}

impl Log {
    pub fn open(path: &Path) -> Result<Self> {
        let open = || {
            let mut file = OpenOptions::new().create(true).read(true).append(true).open(path)?;
            drop_cut_line(&mut file)?;
            std::io::Result::Ok(Log { file, path: path.to_owned() })
        };
        open().with_context(|| path.display().to_string())
    }

    pub fn path(&self) -> std::path::Display<'_> {
        self.path.display()
    }

    /// A whole line in one write: a kill rarely cuts it.
    pub fn write(&mut self, line: &serde_json::Value) -> Result<()> {
        let write = self.file.write_all(format!("{line}\n").as_bytes());
        write.with_context(|| self.path().to_string())
    }
}

/// Takes away a last line that a kill or a full disk has cut, lest the next one is written behind it.
fn drop_cut_line(file: &mut File) -> std::io::Result<()> {
    const MAX_LINE_BYTES: u64 = 1 << 16;
    let length = file.metadata()?.len();
    let start = length.saturating_sub(MAX_LINE_BYTES);
    let mut end = Vec::new();
    file.seek(SeekFrom::Start(start))?;
    file.take(MAX_LINE_BYTES).read_to_end(&mut end)?;
    let n_cut = end.iter().rev().take_while(|byte| **byte != b'\n').count() as u64;
    // No line of a log is as long as that.
    if n_cut == 0 || n_cut == MAX_LINE_BYTES { Ok(()) } else { file.set_len(length - n_cut) }
}
