//! Environment variables.

use anyhow::{Result, bail};
use std::ffi::OsString;
use trm_core::kernel::Isa;

/// More threads than any machine has processors; to start a thousand takes a second.
const MAX_THREADS: usize = 1024;

/// The value of a variable. An empty one counts as unset, as for most programs.
pub fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// What is wrong with `TRM_KERNEL`: a name that no kernel of this machine has.
pub fn kernel_fault() -> Option<String> {
    let wanted = variable("TRM_KERNEL")?;
    let kernels: Vec<&str> = Isa::available().into_iter().map(Isa::name).collect();
    let known = kernels.iter().any(|kernel| wanted.to_str() == Some(kernel));
    (!known).then(|| format!("TRM_KERNEL is {wanted:?}, this machine has {}", kernels.join(", ")))
}

/// Refuses variables that would be passed over in silence.
///
/// # Errors
/// The variable, its value and what it may be.
pub fn check() -> Result<()> {
    if let Some(fault) = kernel_fault() {
        bail!(fault);
    }
    if let Some(threads) = variable("RAYON_NUM_THREADS") {
        let number = threads.to_str().and_then(|threads| threads.parse::<usize>().ok());
        if number.is_none_or(|number| number > MAX_THREADS) {
            bail!(
                "RAYON_NUM_THREADS is {threads:?}, must be a number of threads up to {MAX_THREADS}, or 0 for all"
            );
        }
    }
    Ok(())
}

/// Whether to colour text for a stream: `NO_COLOR` forbids it, `CLICOLOR_FORCE` demands it, and else it takes
/// a terminal that is not dumb (no-color.org, bixense.com/clicolors).
pub fn wants_colours(is_terminal: bool) -> bool {
    let is_zero = |name: &str| variable(name).is_some_and(|value| value == "0");
    if variable("NO_COLOR").is_some() {
        return false;
    }
    if variable("CLICOLOR_FORCE").is_some() && !is_zero("CLICOLOR_FORCE") {
        return true;
    }
    is_terminal && variable("TERM").is_none_or(|term| term != "dumb") && !is_zero("CLICOLOR")
}
