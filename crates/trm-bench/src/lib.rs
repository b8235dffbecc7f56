//! From puzzle text to verdict: pipelines, metrics, benchmark records.

pub mod tasks;
