//! Whether two jobs are the same one, as a hash of all that decides their results.

use sha2::{Digest, Sha256};
use std::io::{self, Write};
use trm_core::kernel::Isa;

pub const HASH_BYTES: usize = 32;

/// What decides the result of a job, as a hash.
pub struct Identity(Sha256);

impl Identity {
    /// That of a command of this version on this instruction set: others may round in other ways.
    pub fn new(command: &str) -> Self {
        let identity = Identity(Sha256::new());
        identity
            .with(command.as_bytes())
            .with(env!("CARGO_PKG_VERSION").as_bytes())
            .with(Isa::best().name().as_bytes())
    }

    /// With more that decides.
    pub fn with(mut self, bytes: &[u8]) -> Self {
        // With its length: "ab", "c" is not "a", "bc".
        self.0.update((bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
        self
    }

    pub fn hash(self) -> [u8; HASH_BYTES] {
        self.0.finalize().into()
    }
}

/// A hash as text.
pub fn hex(hash: &[u8]) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Hashes what is written to it.
#[derive(Default)]
pub struct Hashed(Sha256);

impl Hashed {
    pub fn hash(self) -> Vec<u8> {
        self.0.finalize().to_vec()
    }
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
