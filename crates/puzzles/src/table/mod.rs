//! Tables as text, whatever they hold: CSV with a header, its delimiter, encoding and packing found out.

mod header;
mod input;
mod lines;
mod records;
mod write;

pub(crate) use header::Column;
pub use header::is_csv;
pub(crate) use input::Input;
pub(crate) use records::{Format, Record, Table};
pub(crate) use write::write;
