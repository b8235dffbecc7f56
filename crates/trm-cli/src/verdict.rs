//! The outcome of a command, as its exit code.

/// Whether what a command checks holds: exit code 0 or 1. Errors are exit code 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Yes,
    No,
}
