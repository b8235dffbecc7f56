//! Pools of threads, which do not cross a fork.

use crate::errors::{Error, Result};
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::sync::{Arc, Mutex};
use trm_core::Steps;

/// Steps of more operations than these take a tenth of a second or so, and are left to another thread: Ctrl-C then
/// need not wait for them.
const LARGE_STEP_FLOPS: u64 = 1 << 30;

/// The most threads of a pool.
pub const MAX_THREADS: usize = 256;

/// A pool with the process that made it: the threads of a parent are not there in a child that `fork` made, and
/// work given to them would wait forever. Python forks whenever `multiprocessing` does.
struct Pool {
    process: u32,
    threads: usize,
    pool: Arc<ThreadPool>,
}

static POOLS: Mutex<Vec<Pool>> = Mutex::new(Vec::new());

/// The pool of so many threads; without a number, as many as the machine gives this process.
///
/// # Errors
/// [`Error::Config`] for a number out of range; [`Error::State`] where the system has no thread left.
pub fn pool(threads: Option<usize>) -> Result<Arc<ThreadPool>> {
    let threads = checked(threads)?;
    let process = std::process::id();
    let mut pools = POOLS.lock().unwrap_or_else(|e| e.into_inner());
    if let Some(found) = pools.iter().find(|pool| (pool.process, pool.threads) == (process, threads)) {
        return Ok(found.pool.clone());
    }
    let pool = Arc::new(new_pool(Some(threads))?);
    pools.push(Pool { process, threads, pool: pool.clone() });
    Ok(pool)
}

/// A pool that belongs to the caller alone.
///
/// # Errors
/// Those of [`pool`].
pub fn new_pool(threads: Option<usize>) -> Result<ThreadPool> {
    let threads = checked(threads)?;
    let builder = ThreadPoolBuilder::new().num_threads(threads).thread_name(|i| format!("trm-{i}"));
    builder.build().map_err(|error| Error::State(format!("no threads: {error}")))
}

fn checked(threads: Option<usize>) -> Result<usize> {
    match threads {
        Some(threads) if !(1..=MAX_THREADS).contains(&threads) => {
            let message = format!("configuration: threads is {threads}, must be 1 to {MAX_THREADS}");
            Err(Error::Config(message))
        }
        Some(threads) => Ok(threads),
        None => Ok(std::thread::available_parallelism().map_or(1, |n| n.get().min(MAX_THREADS))),
    }
}

/// Whether steps should run in a pool: each takes long, or is shared by threads.
pub fn in_pool(steps: &Steps<'_>, threads: usize) -> bool {
    threads > 1 || steps.step_flops() > LARGE_STEP_FLOPS
}
