//! `trm generate`

use anyhow::{Context, Result};
use clap::builder::RangedU64ValueParser;
use clap::{Parser, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use puzzles::maze::MazeSpec;
use puzzles::sudoku::Mix;
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use trm_core::file::replace;

/// All rows are kept in memory until they are written: some 4 GB for the longest mazes.
const MAX_COUNT: u64 = 1_000_000;

#[derive(Clone, Copy, ValueEnum)]
enum Puzzle {
    Sudoku,
    Maze,
}

#[derive(Parser)]
#[command(after_help = "Examples:\n  \
    trm generate sudoku --count 1000 --seed 7 --out test.csv\n  \
    trm generate sudoku --count 20000 --mix 1,1,1,1,4,0 --out train.csv\n  \
    trm generate maze --count 100 --side 40 --min-path 140 --out mazes.csv")]
pub struct Args {
    /// Which puzzle
    puzzle: Puzzle,
    /// How many
    #[arg(long, default_value_t = 1000, value_parser = RangedU64ValueParser::<usize>::new().range(1..=MAX_COUNT))]
    count: usize,
    /// Seed: the same seed gives the same file
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Sudoku: parts of easy, moderate, hard, extreme, deep and resistant puzzles; of one core, a deep one
    /// takes 0.15 s, a resistant one a second
    #[arg(long, value_delimiter = ',', default_value = "4,1,0,0,0,15")]
    mix: Vec<u32>,
    /// Maze: cells of a side
    #[arg(long, default_value_t = 30)]
    side: usize,
    /// Maze: least steps of the shortest path; 109 for 30x30 is Maze-Hard
    #[arg(long, default_value_t = 109)]
    min_path: usize,
    /// Where to write
    #[arg(long)]
    out: PathBuf,
}

pub fn run(args: Args) -> Result<()> {
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} {per_sec} ETA {eta}")?;
    let bar = ProgressBar::new(args.count as u64).with_style(style);
    // Opened before the work: no minutes for a folder that is not there.
    replace(&args.out, |file| args.write(BufWriter::new(file), &bar))
        .with_context(|| args.out.display().to_string())?;
    bar.finish();
    Ok(())
}

impl Args {
    fn write(&self, to: impl Write, bar: &ProgressBar) -> Result<()> {
        let (count, seed) = (self.count, self.seed);
        match self.puzzle {
            Puzzle::Sudoku => {
                let [easy, moderate, hard, extreme, deep, resistant] = self.mix[..] else {
                    anyhow::bail!("--mix takes six numbers: easy,moderate,hard,extreme,deep,resistant");
                };
                let mix = Mix { easy, moderate, hard, extreme, deep, resistant };
                let rows = puzzles::sudoku::generate(count, seed, mix, &mut |n| bar.set_position(n as u64));
                puzzles::write_sudoku_csv(to, &rows)?;
            }
            Puzzle::Maze => {
                let spec = MazeSpec::square(self.side, self.min_path);
                let rows = puzzles::maze::generate(&spec, count, seed, |n| bar.set_position(n as u64))?;
                puzzles::maze::write_maze_csv(to, &rows)?;
            }
        }
        Ok(())
    }
}
