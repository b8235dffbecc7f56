//! `trm generate`

use crate::output::{Output, OutputFile};
use crate::progress::Progress;
use crate::values::longest_path;
use anyhow::{Result, bail};
use clap::builder::RangedU64ValueParser;
use clap::{Parser, ValueEnum};
use puzzles::maze::MazeSpec;
use puzzles::sudoku::Mix;
use std::io::Write;
use std::path::PathBuf;

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
    trm generate maze --count 100 --side 40 --min-path 140 --out mazes.csv\n  \
    trm generate maze --perfect --count 100 --side 101 --out corridors.csv")]
pub struct Args {
    /// Which puzzle
    puzzle: Puzzle,
    /// How many
    #[arg(long, default_value_t = 1000, value_parser = RangedU64ValueParser::<usize>::new().range(1..=MAX_COUNT))]
    count: usize,
    /// Seed: the same seed gives the same file
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Sudoku: parts of easy, moderate, hard, extreme, deep, resistant and vicinity puzzles; of one core, a deep
    /// one takes 0.15 s, a resistant one a second; 4,1,0,0,0,15,0 unless given
    #[arg(long, value_delimiter = ',', value_name = "PARTS")]
    mix: Option<Vec<u32>>,
    /// Maze: cells of a side, at most 64, of perfect mazes 3 to 128; 30 unless given
    #[arg(long)]
    side: Option<usize>,
    /// Maze: least steps of the shortest path; 109, which for 30x30 is Maze-Hard, unless given, and 2 for
    /// perfect mazes
    #[arg(long)]
    min_path: Option<usize>,
    /// Maze: corridors carved by depth-first search, with one path between any two cells, in place of walls
    /// scattered at random
    #[arg(long)]
    perfect: bool,
    /// Where to write
    #[arg(long)]
    out: PathBuf,
}

pub fn run(args: &Args, out: &mut Output) -> Result<()> {
    let kind = args.kind()?;
    // Opened before the work: no minutes for a folder that is not there.
    let file = OutputFile::create("--out", &args.out, &[], out)?;
    let progress = Progress::new("generate", "puzzles", Some(args.count));
    file.write_with(|to| args.write(&kind, to, &progress))
}

/// Which puzzles to make.
enum Kind {
    Sudoku(Mix),
    Maze(MazeSpec),
}

/// Parts in the order of the help; the seventh came later and may be left out.
fn mix(parts: &[u32]) -> Result<Mix> {
    let [easy, moderate, hard, extreme, deep, resistant, vicinity] = match *parts {
        [a, b, c, d, e, f] => [a, b, c, d, e, f, 0],
        [a, b, c, d, e, f, g] => [a, b, c, d, e, f, g],
        _ => bail!("--mix takes six or seven numbers: easy,moderate,hard,extreme,deep,resistant,vicinity"),
    };
    Ok(Mix { easy, moderate, hard, extreme, deep, resistant, vicinity })
}

impl Args {
    fn kind(&self) -> Result<Kind> {
        match self.puzzle {
            Puzzle::Sudoku => {
                if self.side.is_some() || self.min_path.is_some() || self.perfect {
                    bail!("--side, --min-path and --perfect are for mazes");
                }
                let mix = match self.mix.as_deref() {
                    None => Mix::PUBLISHED,
                    Some(parts) => mix(parts)?,
                };
                if mix == Mix::default() {
                    bail!("--mix takes parts of which one at least is above 0");
                }
                Ok(Kind::Sudoku(mix))
            }
            Puzzle::Maze => {
                if self.mix.is_some() {
                    bail!("--mix is for Sudoku");
                }
                let side = self.side.unwrap_or(30);
                if self.perfect {
                    let spec = MazeSpec::perfect(side, self.min_path.unwrap_or(2));
                    spec.check()?;
                    return Ok(Kind::Maze(spec));
                }
                let min_path = self.min_path.unwrap_or(109);
                // What no maze can hold by the number of its cells is refused by its specification.
                if min_path > longest_path(side) && min_path < side.saturating_mul(side) {
                    bail!(
                        "--min-path {min_path}: no maze of {side}x{side} cells has so long a shortest path"
                    );
                }
                let spec = MazeSpec::square(side, min_path);
                spec.check()?;
                Ok(Kind::Maze(spec))
            }
        }
    }

    fn write(&self, kind: &Kind, to: &mut dyn Write, progress: &Progress) -> Result<()> {
        let show = |n| progress.show(n, String::new);
        let (count, seed) = (self.count, self.seed);
        match kind {
            Kind::Sudoku(mix) => {
                let rows = puzzles::sudoku::generate(count, seed, *mix, &mut |n| show(n));
                puzzles::write_sudoku_csv(to, &rows)?;
            }
            Kind::Maze(spec) => {
                let rows = puzzles::maze::generate(spec, count, seed, show)?;
                puzzles::maze::write_maze_csv(to, &rows)?;
            }
        }
        Ok(())
    }
}
