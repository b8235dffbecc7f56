//! Work in numbered blocks, spread over ranks. A folder may keep the finished ones, and a killed job goes on from it.

use crate::identity::{HASH_BYTES, Identity};
use crate::input::read_bytes;
use crate::output::{create_folder, message};
use crate::ranks;
use crate::rows::Rows;
use anyhow::{Context, Result, anyhow, bail};
use sha2::{Digest, Sha256};
use std::io::Write;
use std::path::{Path, PathBuf};
use trm_world::{World, hand_out};

/// What a file of a block begins with.
const MAGIC: &[u8] = b"trm-block-1\n";
/// Before what the block holds: which job, which block, and the hash of what it holds.
const HEADER_BYTES: usize = MAGIC.len() + HASH_BYTES + 8 + HASH_BYTES;
/// No block is as large.
const MAX_BYTES: u64 = 1 << 30;
/// Rows of a block where there are many: a lost block costs little, and a folder stays small enough to list.
const MAX_ROWS: usize = 16;
/// Blocks that small jobs should have at least, so that ranks end at about the same time.
const MANY: usize = 2048;

/// How many of `n` rows are a block. It depends on no number of ranks, which may change between two runs of a job.
pub fn rows_per_block(n: usize) -> usize {
    (n / MANY).clamp(1, MAX_ROWS)
}

/// Work that ranks share.
pub struct Job<'a> {
    pub world: &'a dyn World,
    /// Where finished blocks are kept.
    pub folder: Option<&'a Path>,
    pub identity: Identity,
}

impl Job<'_> {
    /// Does `n_blocks` blocks of work, as [`hand_out`] does it; those in the folder are done already. On rank 0 `keep`
    /// gets what every block made, in any order.
    pub fn run<P: Send>(
        self,
        n_blocks: usize,
        read: impl FnMut(usize) -> Result<P>,
        work: impl Fn(usize, P) -> Result<Vec<u8>> + Sync,
        mut keep: impl FnMut(usize, Vec<u8>) -> Result<()>,
    ) -> Result<()> {
        let job = self.identity.hash();
        let folder = self.folder.filter(|_| self.world.rank() == 0).map(|folder| Folder { folder, job });
        let mut missing: Vec<usize> = (0..n_blocks).collect();
        if let Some(folder) = &folder {
            let finished = folder.finished(n_blocks)?;
            for (block, path) in &finished {
                keep(*block, folder.read(*block, path)?)?;
            }
            missing.retain(|block| finished.binary_search_by_key(block, |(block, _)| *block).is_err());
            if !finished.is_empty() {
                message!("{} of {n_blocks} blocks of work were finished before", finished.len());
            }
        }
        ranks::ready(self.world, &job)?;
        hand_out(self.world, missing, rayon::current_num_threads(), read, work, |block, bytes, _| {
            if let Some(folder) = &folder {
                folder.write(block, &bytes)?;
            }
            keep(block, bytes)
        })
    }

    /// The same for the rows of a file: `work` gets the number of the first row of a block, from 1, and its rows.
    pub fn over_rows<R: Send>(
        self,
        rows: Rows<R>,
        work: impl Fn(usize, Vec<R>) -> Result<Vec<u8>> + Sync,
        mut keep: impl FnMut(Vec<u8>) -> Result<()>,
    ) -> Result<()> {
        let Rows { mut items, data, n, digest } = rows;
        let (length, mut next) = (rows_per_block(n), 0);
        // Rows of blocks that others work on are read and dropped.
        let read = |block: usize| {
            let first = block * length;
            let mut of_block = Vec::new();
            while next < n.min(first + length) {
                let row = items
                    .next()
                    .ok_or_else(|| anyhow!("the file became shorter"))
                    .with_context(|| data.clone())?;
                let row = row.with_context(|| data.clone())?;
                if next >= first {
                    of_block.push(row);
                }
                next += 1;
            }
            Ok(of_block)
        };
        let work = |block: usize, rows: Vec<R>| work(block * length + 1, rows).with_context(|| data.clone());
        let identity = self.identity.with(&digest);
        Job { identity, ..self }.run(n.div_ceil(length), read, work, |_, bytes| keep(bytes))
    }
}

/// The finished blocks of a job.
struct Folder<'a> {
    folder: &'a Path,
    job: [u8; HASH_BYTES],
}

impl Folder<'_> {
    /// The blocks that are there, in their order; the folder is made where it is not there.
    ///
    /// # Errors
    /// Where a file is that of another job, or damaged.
    fn finished(&self, n_blocks: usize) -> Result<Vec<(usize, PathBuf)>> {
        create_folder(self.folder)?;
        let name = || self.folder.display().to_string();
        let mut finished = Vec::new();
        for entry in std::fs::read_dir(self.folder).with_context(name)? {
            let path = entry.with_context(name)?.path();
            let number = path.file_name().and_then(|name| name.to_str()).and_then(number_of);
            if let Some(block) = number {
                finished.push((block, path));
            }
        }
        finished.sort();
        if let Some((block, path)) = finished.last().filter(|(block, _)| *block >= n_blocks) {
            self.read(*block, path)?;
            bail!("{}: block {block} of a job that has {n_blocks}", path.display());
        }
        Ok(finished)
    }

    /// What a block made.
    fn read(&self, block: usize, path: &Path) -> Result<Vec<u8>> {
        let mut bytes = read_bytes(path, MAX_BYTES)?;
        let damaged = || format!("{}: no block of work, or damaged: remove it", path.display());
        let (header, made) = bytes.split_at_checked(HEADER_BYTES).with_context(damaged)?;
        let header = header.strip_prefix(MAGIC).with_context(damaged)?;
        let (job, header) = header.split_at(HASH_BYTES);
        if job != self.job {
            bail!(
                "{}: a block of another job: the model, the options, the puzzles, the version or the instruction set were other ones; \
                 give each job its own folder",
                path.display()
            );
        }
        let (number, hash) = header.split_at(8);
        if number != (block as u64).to_le_bytes() || hash != &Sha256::digest(made)[..] {
            bail!(damaged());
        }
        Ok(bytes.split_off(HEADER_BYTES))
    }

    /// Writes what a block made, all of it or nothing.
    fn write(&self, block: usize, made: &[u8]) -> Result<()> {
        let path = self.folder.join(format!("block-{block:06}.bin"));
        let header = [MAGIC, &self.job, &(block as u64).to_le_bytes(), &Sha256::digest(made)].concat();
        trm_core::file::replace(&path, |file| {
            file.write_all(&header)?;
            file.write_all(made)
        })
        .with_context(|| path.display().to_string())
    }
}

/// The number of the block in a file of this name.
fn number_of(name: &str) -> Option<usize> {
    let digits = name.strip_prefix("block-")?.strip_suffix(".bin")?;
    digits.bytes().all(|digit| digit.is_ascii_digit()).then(|| digits.parse().ok())?
}
