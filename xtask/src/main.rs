//! The project's chores. Runs cargo; imports no workspace crate.
fn main() {}
