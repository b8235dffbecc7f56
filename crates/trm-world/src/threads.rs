//! Ranks as threads of one process.

use crate::World;
use std::collections::VecDeque;
use std::sync::{Barrier, Condvar, Mutex, MutexGuard, PoisonError};

/// A rank that is a thread: tests of several ranks need no MPI. A rank that panics leaves the others waiting.
pub struct Threads<'a> {
    rank: usize,
    shared: &'a Shared,
}

struct Shared {
    barrier: Barrier,
    /// What each rank gives in the running operation.
    blocks: Vec<Mutex<Vec<u8>>>,
    /// The messages to each rank.
    boxes: Vec<(Mutex<VecDeque<Message>>, Condvar)>,
}

/// Which rank sent it, and what.
type Message = (usize, Vec<u8>);

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn bytes_of(floats: &[f32]) -> Vec<u8> {
    floats.iter().flat_map(|f| f.to_bits().to_le_bytes()).collect()
}

fn write_floats(bytes: &[u8], floats: &mut [f32]) {
    assert_eq!(bytes.len(), 4 * floats.len(), "counts of floats");
    for (float, bytes) in floats.iter_mut().zip(bytes.as_chunks().0) {
        *float = f32::from_bits(u32::from_le_bytes(*bytes));
    }
}

/// Cuts a slice into parts of these lengths.
fn parts<'a>(mut all: &'a [f32], counts: &[usize]) -> Vec<&'a [f32]> {
    assert_eq!(counts.iter().sum::<usize>(), all.len(), "counts of floats");
    counts.iter().map(|n| all.split_off(..*n).expect("long enough")).collect()
}

impl Threads<'_> {
    /// Runs `work` as each of `size` ranks, and gives what each returned.
    ///
    /// # Panics
    /// Where a rank does, once all have ended.
    pub fn run<T: Send>(size: usize, work: impl Fn(&dyn World) -> T + Sync) -> Vec<T> {
        let shared = Shared {
            barrier: Barrier::new(size),
            blocks: (0..size).map(|_| Mutex::default()).collect(),
            boxes: (0..size).map(|_| Default::default()).collect(),
        };
        std::thread::scope(|scope| {
            let (shared, work) = (&shared, &work);
            let start = |rank| scope.spawn(move || work(&Threads { rank, shared }));
            let ranks: Vec<_> = (0..size).map(start).collect();
            ranks.into_iter().map(|rank| rank.join().expect("a rank panicked")).collect()
        })
    }
}

impl World for Threads<'_> {
    fn rank(&self) -> usize {
        self.rank
    }

    fn size(&self) -> usize {
        self.shared.blocks.len()
    }

    fn barrier(&self) {
        self.shared.barrier.wait();
    }

    fn broadcast(&self, bytes: &mut Vec<u8>) {
        let mut all = self.all_gather(if self.rank == 0 { bytes.clone() } else { Vec::new() });
        *bytes = all.swap_remove(0);
    }

    fn gather(&self, block: Vec<u8>) -> Vec<Vec<u8>> {
        let all = self.all_gather(block);
        if self.rank == 0 { all } else { Vec::new() }
    }

    fn all_gather(&self, block: Vec<u8>) -> Vec<Vec<u8>> {
        *locked(&self.shared.blocks[self.rank]) = block;
        self.barrier();
        let all = self.shared.blocks.iter().map(|block| locked(block).clone()).collect();
        self.barrier();
        all
    }

    fn exchange(&self, blocks: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
        assert_eq!(blocks.len(), self.size(), "blocks for so many ranks");
        for (to, block) in blocks.iter().enumerate() {
            self.send(to, block);
        }
        self.barrier();
        let mut received = vec![Vec::new(); self.size()];
        for _ in 0..self.size() {
            let (from, block) = self.receive();
            received[from] = block;
        }
        self.barrier();
        received
    }

    fn exchange_floats(&self, sent: &[f32], n_sent: &[usize], received: &mut [f32], n_received: &[usize]) {
        let blocks = parts(sent, n_sent).into_iter().map(bytes_of).collect();
        let blocks = self.exchange(blocks);
        let n_bytes: Vec<usize> = blocks.iter().map(|block| block.len() / 4).collect();
        assert_eq!(n_bytes, n_received, "counts of floats");
        write_floats(&blocks.concat(), received);
    }

    fn all_gather_floats(&self, all: &mut [f32], counts: &[usize]) {
        let own = bytes_of(parts(all, counts)[self.rank]);
        write_floats(&self.all_gather(own).concat(), all);
    }

    fn send(&self, to: usize, message: &[u8]) {
        let (messages, arrived) = &self.shared.boxes[to];
        locked(messages).push_back((self.rank, message.to_vec()));
        arrived.notify_one();
    }

    fn receive(&self) -> (usize, Vec<u8>) {
        let (messages, arrived) = &self.shared.boxes[self.rank];
        let waited = arrived.wait_while(locked(messages), |messages| messages.is_empty());
        waited.unwrap_or_else(PoisonError::into_inner).pop_front().expect("a message")
    }

    fn try_receive(&self) -> Option<(usize, Vec<u8>)> {
        locked(&self.shared.boxes[self.rank].0).pop_front()
    }

    fn abort(&self, code: i32) -> ! {
        panic!("rank {} ends with code {code}", self.rank)
    }
}
