//! The command as one of several ranks, under `mpirun`.

use crate::output::{BAD_INPUT, Output, text_of};
use crate::verdict::Verdict;
use anyhow::Result;
use std::io::{Write, stderr};
use std::process::ExitCode;
use std::time::Duration;
use trm_world::World;

/// An error that all ranks make is said once, by the first, which ends the others in this time.
const OF_RANK_0: Duration = Duration::from_secs(1);

/// The exit code of this rank. A rank that fails ends all: they would wait for it.
pub fn end(world: &dyn World, out: &Output, result: Result<Verdict>) -> ExitCode {
    let is_failure = result.is_err();
    if let (Err(error), rank @ 1..) = (&result, world.rank()) {
        std::thread::sleep(OF_RANK_0);
        let _ = stderr().write_all(format!("error: rank {rank}: {}\n", text_of(error)).as_bytes());
        world.abort(BAD_INPUT.into());
    }
    let code = out.exit_code(result);
    if is_failure && world.size() > 1 {
        world.abort(code.into());
    }
    ExitCode::from(code)
}
