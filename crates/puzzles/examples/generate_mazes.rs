//! Writes generated mazes in the published format:
//! `generate_mazes OUT.csv [COUNT] [SEED] [SIDE MIN_PATH]`.

use std::fs::File;
use std::io::BufWriter;
use std::time::Instant;

use puzzles::maze::{MazeSpec, generate, write_maze_csv};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let out = arguments.first().ok_or("which file to write?")?;
    let number = |i: usize, default: u64| arguments.get(i).map_or(Ok(default), |a| a.parse());
    let (count, seed) = (number(1, 1000)? as usize, number(2, 1)?);
    let hard = MazeSpec::maze_hard();
    let side = number(3, hard.height as u64)? as usize;
    let min_path = number(4, hard.min_path as u64)? as usize;

    let began = Instant::now();
    let rows = generate(&MazeSpec::square(side, min_path), count, seed, |n_done| {
        if n_done % 50 == 0 {
            eprintln!("{n_done} of {count} after {:.1} s", began.elapsed().as_secs_f64());
        }
    })?;
    eprintln!("{count} mazes in {:.2} s", began.elapsed().as_secs_f64());
    write_maze_csv(BufWriter::new(File::create(out)?), &rows)?;
    Ok(())
}
