//! Several processes that do one job: a small seam over MPI, and a world of one.
//!
//! Every operation but [`World::send`] and the two that receive is collective: all ranks call it, in the same order.
//! There is no error to handle: an MPI library ends the job where a rank or a connection is lost.

mod hand_out;
#[cfg(feature = "mpi")]
mod mpi;
mod threads;

pub use hand_out::hand_out;
#[cfg(feature = "mpi")]
pub use mpi::Mpi;
pub use threads::Threads;

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WorldError {
    /// The program was started by `mpirun` or the like, and cannot take part.
    #[error(
        "started as one of several ranks ({variable} is set), and built without MPI: cargo build --features mpi"
    )]
    NoMpi {
        /// The environment variable of the launcher.
        variable: &'static str,
    },
    /// The MPI library does not allow a program with threads.
    #[error("this MPI library allows no threads beside the one that calls it")]
    NoThreads,
    /// MPI had been initialised before.
    #[error("MPI was initialised before")]
    Initialised,
}

/// The processes that do one job, seen from one of them.
pub trait World: Send + Sync {
    /// Which of them this is, from 0.
    fn rank(&self) -> usize;

    /// How many there are.
    fn size(&self) -> usize;

    /// Waits for all.
    fn barrier(&self);

    /// Replaces the bytes of every rank by those of rank 0.
    fn broadcast(&self, bytes: &mut Vec<u8>);

    /// The blocks of all ranks, in the order of ranks, on rank 0; nothing elsewhere.
    fn gather(&self, block: Vec<u8>) -> Vec<Vec<u8>>;

    /// The blocks of all ranks, in the order of ranks, on every rank.
    ///
    /// # Panics
    /// Where all of them together have 2^31 bytes or more.
    fn all_gather(&self, block: Vec<u8>) -> Vec<Vec<u8>>;

    /// Sends block `r` to rank `r`, and gives the blocks that the ranks sent here.
    ///
    /// # Panics
    /// Where the blocks are not as many as ranks, or have 2^31 bytes or more together.
    fn exchange(&self, blocks: Vec<Vec<u8>>) -> Vec<Vec<u8>>;

    /// Sends the next `n_sent[r]` floats of `sent` to rank `r`, and writes the `n_received[r]` floats that rank `r`
    /// sends here behind each other into `received`.
    ///
    /// # Panics
    /// Where the counts do not fit the slices.
    fn exchange_floats(&self, sent: &[f32], n_sent: &[usize], received: &mut [f32], n_received: &[usize]);

    /// Rank `r` holds the next `counts[r]` floats of `all`; afterwards every rank holds all of them.
    ///
    /// # Panics
    /// Where the counts do not add up to the length.
    fn all_gather_floats(&self, all: &mut [f32], counts: &[usize]);

    /// Sends a message, and may return before it is received.
    fn send(&self, to: usize, message: &[u8]);

    /// The next message from any rank, and which rank sent it. Messages of one rank arrive in their order.
    fn receive(&self) -> (usize, Vec<u8>);

    /// [`World::receive`], where a message is there.
    fn try_receive(&self) -> Option<(usize, Vec<u8>)>;

    /// Ends all processes with this exit code.
    fn abort(&self, code: i32) -> !;
}

/// The world of one process.
#[derive(Clone, Copy, Debug, Default)]
pub struct Alone;

impl World for Alone {
    fn rank(&self) -> usize {
        0
    }

    fn size(&self) -> usize {
        1
    }

    fn barrier(&self) {}

    fn broadcast(&self, _: &mut Vec<u8>) {}

    fn gather(&self, block: Vec<u8>) -> Vec<Vec<u8>> {
        vec![block]
    }

    fn all_gather(&self, block: Vec<u8>) -> Vec<Vec<u8>> {
        vec![block]
    }

    fn exchange(&self, blocks: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
        assert_eq!(blocks.len(), 1, "blocks for so many ranks");
        blocks
    }

    fn exchange_floats(&self, sent: &[f32], n_sent: &[usize], received: &mut [f32], n_received: &[usize]) {
        assert_eq!((n_sent, n_received), (&[sent.len()][..], &[received.len()][..]), "counts of floats");
        received.copy_from_slice(sent);
    }

    fn all_gather_floats(&self, all: &mut [f32], counts: &[usize]) {
        assert_eq!(counts, [all.len()], "counts of floats");
    }

    fn send(&self, to: usize, _: &[u8]) {
        panic!("a message to rank {to} of a world of one");
    }

    fn receive(&self) -> (usize, Vec<u8>) {
        panic!("a world of one has nobody to hear from");
    }

    fn try_receive(&self) -> Option<(usize, Vec<u8>)> {
        None
    }

    fn abort(&self, code: i32) -> ! {
        std::process::exit(code)
    }
}

/// What launchers set for every rank: Open MPI; MPICH, Intel MPI and `srun --mpi=pmi2`; `srun --mpi=pmix`.
const LAUNCHERS: [&str; 3] = ["OMPI_COMM_WORLD_SIZE", "PMI_RANK", "PMIX_RANK"];

/// The world this process was started in: that of MPI under `mpirun`, `mpiexec` or `srun`, else [`Alone`].
///
/// # Errors
/// [`WorldError`], where the process was started as one of several and cannot take part: each would do the whole job.
pub fn start() -> Result<Box<dyn World>, WorldError> {
    let variable = LAUNCHERS.into_iter().find(|name| std::env::var_os(name).is_some());
    match variable {
        None => Ok(Box::new(Alone)),
        #[cfg(feature = "mpi")]
        Some(_) => Ok(Box::new(Mpi::start()?)),
        #[cfg(not(feature = "mpi"))]
        Some(variable) => Err(WorldError::NoMpi { variable }),
    }
}

/// The README, so that its example is tested.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
