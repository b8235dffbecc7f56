//! Work in numbered blocks, handed out to ranks as they become free.

use crate::World;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How long rank 0 waits for its own threads before it looks for messages again. Looking takes some microseconds.
const LOOK: Duration = Duration::from_micros(200);
/// In place of the number of a block: a free thread asks for its first one; there are no more; a rank is done.
const NONE: u64 = u64::MAX;
const DONE: u64 = u64::MAX - 1;

/// Does the work of all `blocks`, which rank 0 hands out in their order; each rank works on `in_flight` of them at a
/// time. `read` prepares a block in the order it was handed out and on the calling thread, `work` does it on another
/// one, and `keep` gets what it made, on rank 0 alone and as soon as it is there, with whether it was made here.
///
/// # Errors
/// The first error of a closure on this rank. The others are left waiting: the caller ends them by [`World::abort`].
pub fn hand_out<P: Send, E: Send>(
    world: &dyn World,
    blocks: Vec<usize>,
    in_flight: usize,
    mut read: impl FnMut(usize) -> Result<P, E>,
    work: impl Fn(usize, P) -> Result<Vec<u8>, E> + Sync,
    mut keep: impl FnMut(usize, Vec<u8>, bool) -> Result<(), E>,
) -> Result<(), E> {
    let (jobs, of_threads) = channel::<(usize, P)>();
    let (sender, made) = channel();
    let of_threads = Mutex::new(of_threads);
    std::thread::scope(|scope| {
        for _ in 0..in_flight.max(1) {
            let (of_threads, work, sender) = (&of_threads, &work, sender.clone());
            scope.spawn(move || {
                while let Some((block, prepared)) = next(of_threads) {
                    let bytes = catch_unwind(AssertUnwindSafe(|| work(block, prepared)));
                    // Nobody listens after an error.
                    let _ = sender.send(bytes.map(|bytes| Ok((block, bytes?))));
                }
            });
        }
        drop(sender);
        // Moved in, so that the threads end with it.
        let jobs = jobs;
        let mut start = |block: usize| {
            let prepared = read(block)?;
            jobs.send((block, prepared)).expect("threads that wait for work");
            Ok(())
        };
        if world.rank() == 0 {
            let mut blocks = blocks.into_iter();
            give(world, &mut blocks, in_flight.max(1), &made, &mut start, &mut keep)?;
        } else {
            take(world, in_flight.max(1), &made, &mut start)?;
        }
        // A rank that is done would ask for blocks of the next work while the first still hands out this one.
        world.barrier();
        Ok(())
    })
}

fn next<P>(jobs: &Mutex<Receiver<P>>) -> Option<P> {
    jobs.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

/// What a thread made of a block, or its panic.
type Made<E> = std::thread::Result<Result<(usize, Vec<u8>), E>>;

fn of_thread<E>(made: Made<E>) -> Result<(usize, Vec<u8>), E> {
    made.unwrap_or_else(|panic| resume_unwind(panic))
}

/// Rank 0: its own threads and the other ranks.
fn give<E>(
    world: &dyn World,
    blocks: &mut impl Iterator<Item = usize>,
    in_flight: usize,
    made: &Receiver<Made<E>>,
    start: &mut dyn FnMut(usize) -> Result<(), E>,
    keep: &mut dyn FnMut(usize, Vec<u8>, bool) -> Result<(), E>,
) -> Result<(), E> {
    let (mut n_running, mut n_others) = (0, world.size() - 1);
    for block in blocks.by_ref().take(in_flight) {
        start(block)?;
        n_running += 1;
    }
    loop {
        while let Some((from, message)) = world.try_receive() {
            let (number, bytes) = message.split_at(8);
            let number = u64::from_le_bytes(number.try_into().expect("eight bytes"));
            if number == DONE {
                n_others -= 1;
                continue;
            }
            let block = blocks.next().map_or(NONE, |block| block as u64);
            world.send(from, &block.to_le_bytes());
            if number != NONE {
                keep(number as usize, bytes.to_vec(), false)?;
            }
        }
        let done = match (n_running, n_others) {
            (0, 0) => return Ok(()),
            (0, _) => {
                std::thread::sleep(LOOK);
                continue;
            }
            (_, 0) => made.recv().map_err(|_| RecvTimeoutError::Disconnected),
            _ => made.recv_timeout(LOOK),
        };
        match done {
            Ok(done) => {
                let (block, bytes) = of_thread(done)?;
                match blocks.next() {
                    Some(next) => start(next)?,
                    None => n_running -= 1,
                }
                keep(block, bytes, true)?;
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => unreachable!("threads end after the work"),
        }
    }
}

/// Any other rank: what it makes goes to rank 0, which answers with the next block.
fn take<E>(
    world: &dyn World,
    in_flight: usize,
    made: &Receiver<Made<E>>,
    start: &mut dyn FnMut(usize) -> Result<(), E>,
) -> Result<(), E> {
    for _ in 0..in_flight {
        world.send(0, &NONE.to_le_bytes());
    }
    let (mut n_asked, mut n_running) = (in_flight, 0);
    loop {
        while n_asked > 0 {
            let (_, message) = world.receive();
            n_asked -= 1;
            let block = u64::from_le_bytes(message.try_into().expect("eight bytes"));
            if block != NONE {
                start(block as usize)?;
                n_running += 1;
            }
        }
        if n_running == 0 {
            world.send(0, &DONE.to_le_bytes());
            return Ok(());
        }
        let (block, bytes) = of_thread(made.recv().expect("threads end after the work"))?;
        n_running -= 1;
        world.send(0, &[&(block as u64).to_le_bytes()[..], &bytes].concat());
        n_asked = 1;
    }
}
