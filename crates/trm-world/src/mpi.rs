//! The world of `mpirun`.

use crate::{World, WorldError};
use mpi::Threading;
use mpi::datatype::{Partition, PartitionMut};
use mpi::environment::Universe;
use mpi::topology::SimpleCommunicator;
use mpi::traits::{Communicator, CommunicatorCollectives, Destination, MatchedReceiveVec, Root, Source};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Bytes of one transfer: MPI counts in 31 bits.
const MAX_TRANSFER: usize = 1 << 30;

/// The ranks of an MPI job. Dropped, it ends this rank's part in it.
pub struct Mpi {
    rank: usize,
    size: usize,
    /// Held in every call: the library is asked for threads that take turns, which all libraries allow.
    turn: Mutex<Universe>,
}

/// Lengths as MPI counts them.
fn counts(lengths: &[usize]) -> Vec<i32> {
    lengths.iter().map(|n| i32::try_from(*n).expect("below 2^31 in one transfer")).collect()
}

/// Where each part begins.
fn starts(counts: &[i32]) -> Vec<i32> {
    let mut end = 0i32;
    let next = |n: &i32| {
        let start = end;
        end = end.checked_add(*n).expect("below 2^31 in all");
        start
    };
    counts.iter().map(next).collect()
}

/// Cuts what was received into its blocks.
fn cut(bytes: &[u8], counts: &[i32]) -> Vec<Vec<u8>> {
    let mut rest = bytes;
    let next = |n: &i32| {
        let (block, after) = rest.split_at(*n as usize);
        rest = after;
        block.to_vec()
    };
    counts.iter().map(next).collect()
}

fn sum(counts: &[i32]) -> usize {
    counts.iter().map(|n| *n as usize).sum()
}

impl Mpi {
    /// Joins the job.
    ///
    /// # Errors
    /// [`WorldError::Initialised`] and [`WorldError::NoThreads`].
    pub fn start() -> Result<Self, WorldError> {
        let asked = Threading::Serialized;
        let (universe, given) = mpi::initialize_with_threading(asked).ok_or(WorldError::Initialised)?;
        if given < asked {
            return Err(WorldError::NoThreads);
        }
        let world = universe.world();
        let (rank, size) = (world.rank() as usize, world.size() as usize);
        Ok(Mpi { rank, size, turn: Mutex::new(universe) })
    }

    fn turn(&self) -> MutexGuard<'_, Universe> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn world(&self) -> SimpleCommunicator {
        SimpleCommunicator::world()
    }

    /// The lengths of all ranks' blocks.
    fn lengths(&self, own: usize) -> Vec<u64> {
        let mut lengths = vec![0u64; self.size];
        self.world().all_gather_into(&(own as u64), &mut lengths[..]);
        lengths
    }
}

impl World for Mpi {
    fn rank(&self) -> usize {
        self.rank
    }

    fn size(&self) -> usize {
        self.size
    }

    fn barrier(&self) {
        let _turn = self.turn();
        self.world().barrier();
    }

    fn broadcast(&self, bytes: &mut Vec<u8>) {
        let _turn = self.turn();
        let world = self.world();
        let root = world.process_at_rank(0);
        let mut length = bytes.len() as u64;
        root.broadcast_into(&mut length);
        bytes.resize(length as usize, 0);
        bytes.chunks_mut(MAX_TRANSFER).for_each(|piece| root.broadcast_into(piece));
    }

    fn gather(&self, block: Vec<u8>) -> Vec<Vec<u8>> {
        let _turn = self.turn();
        let world = self.world();
        let root = world.process_at_rank(0);
        let lengths = self.lengths(block.len());
        let longest = lengths.iter().max().map_or(0, |n| *n as usize);
        let piece = MAX_TRANSFER / self.size;
        let mut blocks = vec![Vec::new(); if self.rank == 0 { self.size } else { 0 }];
        for start in (0..longest).step_by(piece) {
            let part = |length: usize| start.min(length)..(start + piece).min(length);
            let own = &block[part(block.len())];
            if self.rank != 0 {
                root.gather_varcount_into(own);
                continue;
            }
            let of_ranks: Vec<usize> = lengths.iter().map(|n| part(*n as usize).len()).collect();
            let of_ranks = counts(&of_ranks);
            let mut bytes = vec![0u8; sum(&of_ranks)];
            let mut parts = PartitionMut::new(&mut bytes[..], &of_ranks[..], starts(&of_ranks));
            root.gather_varcount_into_root(own, &mut parts);
            blocks.iter_mut().zip(cut(&bytes, &of_ranks)).for_each(|(block, part)| block.extend(part));
        }
        blocks
    }

    fn all_gather(&self, block: Vec<u8>) -> Vec<Vec<u8>> {
        let _turn = self.turn();
        let lengths: Vec<usize> = self.lengths(block.len()).into_iter().map(|n| n as usize).collect();
        let of_ranks = counts(&lengths);
        let mut bytes = vec![0u8; sum(&of_ranks)];
        let mut parts = PartitionMut::new(&mut bytes[..], &of_ranks[..], starts(&of_ranks));
        self.world().all_gather_varcount_into(&block[..], &mut parts);
        cut(&bytes, &of_ranks)
    }

    fn exchange(&self, blocks: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
        assert_eq!(blocks.len(), self.size, "blocks for so many ranks");
        let _turn = self.turn();
        let n_sent = counts(&blocks.iter().map(Vec::len).collect::<Vec<_>>());
        let mut n_received = vec![0i32; self.size];
        self.world().all_to_all_into(&n_sent[..], &mut n_received[..]);
        let sent = blocks.concat();
        let mut bytes = vec![0u8; sum(&n_received)];
        let parts = Partition::new(&sent[..], &n_sent[..], starts(&n_sent));
        let mut into = PartitionMut::new(&mut bytes[..], &n_received[..], starts(&n_received));
        self.world().all_to_all_varcount_into(&parts, &mut into);
        cut(&bytes, &n_received)
    }

    fn exchange_floats(&self, sent: &[f32], n_sent: &[usize], received: &mut [f32], n_received: &[usize]) {
        let _turn = self.turn();
        let (n_sent, n_received) = (counts(n_sent), counts(n_received));
        assert_eq!((sum(&n_sent), sum(&n_received)), (sent.len(), received.len()), "counts of floats");
        let parts = Partition::new(sent, &n_sent[..], starts(&n_sent));
        let mut into = PartitionMut::new(received, &n_received[..], starts(&n_received));
        self.world().all_to_all_varcount_into(&parts, &mut into);
    }

    fn all_gather_floats(&self, all: &mut [f32], lengths: &[usize]) {
        let _turn = self.turn();
        let of_ranks = counts(lengths);
        assert_eq!(sum(&of_ranks), all.len(), "counts of floats");
        let starts = starts(&of_ranks);
        let from = starts[self.rank] as usize;
        let own = all[from..from + lengths[self.rank]].to_vec();
        let mut parts = PartitionMut::new(all, &of_ranks[..], starts);
        self.world().all_gather_varcount_into(&own[..], &mut parts);
    }

    fn send(&self, to: usize, message: &[u8]) {
        let _turn = self.turn();
        self.world().process_at_rank(to as i32).send(message);
    }

    fn receive(&self) -> (usize, Vec<u8>) {
        let _turn = self.turn();
        let (message, status) = self.world().any_process().receive_vec::<u8>();
        (status.source_rank() as usize, message)
    }

    fn try_receive(&self) -> Option<(usize, Vec<u8>)> {
        let _turn = self.turn();
        let found = self.world().any_process().immediate_matched_probe()?;
        let (message, status) = found.matched_receive_vec::<u8>();
        Some((status.source_rank() as usize, message))
    }

    fn abort(&self, code: i32) -> ! {
        self.world().abort(code)
    }
}

impl Drop for Mpi {
    /// A rank that panics would wait for the others at the end of the job, and they for it.
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.abort(101);
        }
    }
}
