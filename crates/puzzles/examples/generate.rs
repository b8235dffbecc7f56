//! Writes generated Sudoku as CSV: `generate COUNT SEED PATH`.

use std::fs::File;
use std::io::BufWriter;

use puzzles::sudoku::{Mix, generate};
use puzzles::write_sudoku_csv;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [count, seed, path] = arguments.as_slice() else {
        return Err("usage: generate COUNT SEED PATH".into());
    };
    let mut progress = |n_rows| eprintln!("{n_rows} rows");
    let rows = generate(count.parse()?, seed.parse()?, Mix::PUBLISHED, &mut progress);
    write_sudoku_csv(BufWriter::new(File::create(path)?), &rows)?;
    Ok(())
}
