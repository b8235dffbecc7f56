//! The command as one of several ranks, under `mpirun`: an error is said once, and all ranks exit with one code.

use crate::output::{BAD_INPUT, Output, text_of};
use crate::verdict::Verdict;
use anyhow::Result;
use std::io::{Write, stderr};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use trm_world::World;

/// An error that several ranks make in shared work is said by the first, which ends the others in this time.
const OF_RANK_0: Duration = Duration::from_secs(1);

/// Whether all ranks have called [`ready`].
static IS_READY: AtomicBool = AtomicBool::new(false);

/// An error that all ranks know of. Rank 0 says its text; where it has none, another rank says more.
#[derive(Debug, thiserror::Error)]
#[error("{text}")]
struct Agreed {
    code: u8,
    text: String,
}

/// Waits until all ranks have read what they need, before work that they share. `same` must be equal on all of them.
///
/// # Errors
/// Where a rank has failed by now; it says why in [`end`]. And where a rank has something else.
pub fn ready(world: &dyn World, same: &[u8]) -> Result<()> {
    if world.size() == 1 || IS_READY.load(Ordering::Relaxed) {
        return Ok(());
    }
    let of_ranks = world.all_gather([&[0, 0], same].concat());
    if let Some((_, code)) = failure(&of_ranks) {
        return Err(Agreed { code, text: String::new() }.into());
    }
    if let Some(rank) = of_ranks.iter().position(|other| *other != of_ranks[0]) {
        let text = format!(
            "rank {rank} has another task than the first: all need the same program, options and files, and \
             processors of one kind (or TRM_KERNEL)"
        );
        return Err(Agreed { code: BAD_INPUT, text }.into());
    }
    IS_READY.store(true, Ordering::Relaxed);
    Ok(())
}

/// The first rank that failed, and its exit code, in what all ranks sent: whether it failed, the code, and more.
fn failure(of_ranks: &[Vec<u8>]) -> Option<(usize, u8)> {
    of_ranks.iter().position(|sent| sent[0] == 1).map(|rank| (rank, of_ranks[rank][1]))
}

/// The exit code of this rank; the error of a job is said by the first rank that has it.
pub fn end(world: &dyn World, out: &mut Output, result: Result<Verdict>) -> ExitCode {
    if world.size() == 1 {
        return out.exit_code(result).into();
    }
    let (rank, failed) = (world.rank(), result.is_err());
    if let Err(error) = &result
        && let Some(Agreed { code, text }) = error.downcast_ref()
    {
        if rank == 0 && !text.is_empty() {
            say(text);
        }
        world.barrier();
        return (*code).into();
    }
    let text =
        result.as_ref().err().map(|error| format!("rank {rank}: {}", text_of(error))).unwrap_or_default();
    if failed && IS_READY.load(Ordering::Relaxed) {
        // The others work, and would wait for this rank.
        if rank > 0 {
            std::thread::sleep(OF_RANK_0);
            say(&text);
        }
        world.abort(out.exit_code(result).into());
    }
    // Here or in `ready` all ranks meet once.
    let of_ranks = world.all_gather(vec![u8::from(failed), out.exit_code(result)]);
    let Some((first, code)) = failure(&of_ranks) else { return of_ranks[0][1].into() };
    if rank == first && rank > 0 {
        say(&text);
    }
    // It is said before a launcher sees a rank that failed, and ends the others.
    world.barrier();
    code.into()
}

/// Says why this process fails, whichever rank it is.
fn say(text: &str) {
    let _ = stderr().write_all(format!("error: {text}\n").as_bytes());
}
