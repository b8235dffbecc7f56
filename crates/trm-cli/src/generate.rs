//! `trm generate`

use crate::blocks::{Job, rows_per_block};
use crate::identity::Identity;
use crate::input::name_of;
use crate::kind::{self as puzzle, Loaded, PuzzleFile, kind, refuse};
use crate::model_args::Puzzle;
use crate::output::{Output, OutputFile};
use crate::progress::Progress;
use crate::rows::{self, Files};
use crate::values::{longest_path, number};
use anyhow::{Context, Result, bail};
use clap::Parser;
use clap::builder::RangedU64ValueParser;
use puzzles::SudokuRow;
use puzzles::maze::{MazeSpec, generate_maze};
use puzzles::rules::{Recipe, Rules, generate_row};
use puzzles::sudoku::{self, Mix};
use std::path::PathBuf;
use std::sync::Arc;
use trm_world::World;

/// All rows are kept in memory until they are written: some 4 GB for the longest mazes.
const MAX_COUNT: u64 = 1_000_000;

/// The most puzzles near one of `--near`.
const NEAR_ROWS: usize = 64;

#[derive(Parser)]
#[command(after_help = "Examples:\n  \
    trm generate sudoku --count 1000 --seed 7 --out test.csv\n  \
    trm generate sudoku --count 20000 --mix 1,1,1,1,4,0 --out train.csv\n  \
    trm generate sudoku --near hard.csv --count 5000 --out more.csv        a few clues away from those of a file\n  \
    trm generate maze --count 100 --side 40 --min-path 140 --out mazes.csv\n  \
    trm generate maze --perfect --count 100 --side 101 --out corridors.csv\n  \
    trm generate sudoku-x.toml --count 200 --out rows.csv        puzzles of a file; docs/own-puzzle.md")]
pub struct Args {
    /// sudoku, maze, a puzzle file (.toml), or a model that carries one
    #[arg(value_name = "PUZZLE|FILE", value_parser = kind)]
    puzzle: puzzle::Kind,
    /// How many
    #[arg(long, default_value_t = 1000, value_parser = RangedU64ValueParser::<usize>::new().range(1..=MAX_COUNT))]
    count: usize,
    /// Seed: the same seed gives the same file
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Sudoku: parts of easy, moderate, hard, extreme, deep, resistant and vicinity puzzles; of one core, a deep
    /// one or a vicinity one takes 0.15 s, a resistant one a second; 8,2,0,0,0,15,15 unless given
    #[arg(long, value_delimiter = ',', value_name = "PARTS")]
    mix: Option<Vec<u32>>,
    /// Sudoku: hard puzzles a few exchanged clues away from those of this file; none of them, and no two of them, are
    /// the same up to a relabelling. Only from puzzles that trying single candidates does not solve
    #[arg(long, value_name = "FILE", conflicts_with = "mix")]
    near: Option<PathBuf>,
    /// Maze: cells of a side, at most 128, of perfect mazes at least 3; 30 unless given
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
    /// Puzzle file: a puzzle has no given to spare, and up to this share of its blanks is given back; 0 unless given
    #[arg(long, value_name = "SHARE", value_parser = number(0.0..=1.0), allow_negative_numbers = true)]
    extra: Option<f64>,
    /// Puzzle file: easy puzzles, of any size: naked and hidden singles solve each, and no given can be spared without
    /// these failing
    #[arg(long)]
    singles: bool,
    /// Keep what is finished in this folder, from which the same command goes on after a kill; remove it when done
    #[arg(long, value_name = "FOLDER")]
    blocks: Option<PathBuf>,
    /// Where to write
    #[arg(long)]
    out: PathBuf,
}

pub fn run(args: &Args, world: &dyn World, out: &mut Output) -> Result<()> {
    let kind = args.kind()?;
    // Opened before the work: no minutes for a folder that is not there.
    let mut inputs: Vec<_> = args.near.iter().map(|path| path.as_path()).collect();
    if let puzzle::Kind::File(path) = &args.puzzle {
        inputs.push(path);
    }
    let file = OutputFile::create("--out", &args.out, &inputs, out)?;
    let bytes = args.make(&kind, world, out)?;
    file.write(&bytes)
}

/// Which puzzles to make.
enum Kind {
    Sudoku(Mix),
    /// Near those of a file.
    Near(PathBuf, Vec<SudokuRow>),
    Maze(MazeSpec),
    Rules(Arc<Rules>, Recipe),
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
        let puzzle = match self.puzzle.load()? {
            Loaded::File(file) => return self.rules(&file),
            Loaded::Known(puzzle) => puzzle,
        };
        if self.extra.is_some() || self.singles {
            bail!("--extra and --singles are for puzzle files");
        }
        match puzzle {
            Puzzle::Sudoku => {
                if self.side.is_some() || self.min_path.is_some() || self.perfect {
                    bail!("--side, --min-path and --perfect are for mazes");
                }
                if let Some(path) = &self.near {
                    let puzzles = rows::sudoku(None).files.read_all(path, usize::MAX)?;
                    return Ok(Kind::Near(path.clone(), puzzles));
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
                if self.mix.is_some() || self.near.is_some() {
                    bail!("--mix and --near are for Sudoku");
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

    fn rules(&self, file: &PuzzleFile) -> Result<Kind> {
        let sized = self.side.is_some() || self.min_path.is_some() || self.perfect;
        refuse(&[
            ("--mix", self.mix.is_some()),
            ("--near", self.near.is_some()),
            ("--side, --min-path or --perfect", sized),
        ])?;
        let extra = self.extra.unwrap_or_default();
        let recipe = Recipe { extra, singles: self.singles, ..Recipe::default() };
        Ok(Kind::Rules(file.rules().clone(), recipe))
    }

    /// The bytes of the file, on rank 0. Everything in memory: the rows of Sudoku are shuffled once all are there.
    fn make(&self, kind: &Kind, world: &dyn World, out: &mut Output) -> Result<Vec<u8>> {
        let (count, seed) = (self.count, self.seed);
        let length = rows_per_block(count);
        let of_block = |block: usize| (block * length) as u64..(count.min((block + 1) * length)) as u64;
        let identity = Identity::new("generate").with(&count.to_le_bytes()).with(&seed.to_le_bytes());
        let job = |what: &str| Job {
            world,
            folder: self.blocks.as_deref(),
            identity: identity.with(what.as_bytes()),
        };
        match kind {
            Kind::Sudoku(mix) => {
                let parts = sudoku::parts(count, *mix);
                let files = rows::sudoku(None).files;
                let make = |block: usize| Ok(parts[block].rows(seed));
                let made = self.rows(job(&format!("{mix:?}")), &files, parts.len(), make)?;
                files.to_bytes(&sudoku::shuffled(made, seed))
            }
            Kind::Near(path, puzzles) => {
                let files = rows::sudoku(None).files;
                // Searches meet, so that half of what they find is left.
                let each = (2 * count).div_ceil(puzzles.len()).min(NEAR_ROWS);
                let length = rows_per_block(puzzles.len());
                let near = |(i, row): (usize, &SudokuRow)| {
                    let found = sudoku::near(&row.puzzle, seed ^ (i as u64) << 32, each);
                    found.with_context(|| format!("{}: row {}", name_of(path), i + 1))
                };
                let make = |block: usize| {
                    let of_block = puzzles.iter().enumerate().skip(block * length).take(length);
                    Ok(of_block.map(near).collect::<Result<Vec<_>>>()?.concat())
                };
                let job = job(&format!("near {:x?}", files.digest(puzzles)?));
                let made = self.rows(job, &files, puzzles.len().div_ceil(length), make)?;
                let made = sudoku::distinct(made, puzzles, count, seed);
                if world.rank() == 0 && made.is_empty() {
                    bail!("{}: no hard puzzle is near one of these", name_of(path));
                } else if world.rank() == 0 && made.len() < count {
                    writeln!(out, "{} of {count} puzzles: no others were found near these", made.len())?;
                }
                files.to_bytes(&made)
            }
            Kind::Maze(spec) => {
                let files = rows::mazes().files;
                let make =
                    |block: usize| of_block(block).map(|i| Ok(generate_maze(spec, seed, i)?)).collect();
                let made = self.rows(job(&format!("{spec:?}")), &files, count.div_ceil(length), make)?;
                files.to_bytes(&made)
            }
            Kind::Rules(rules, recipe) => {
                let files = rows::rules(rules);
                let make = |block: usize| {
                    of_block(block).map(|i| Ok(generate_row(rules, seed, i, recipe)?)).collect()
                };
                let job = job(&format!("{recipe:?} {}", rules.source()));
                let made = self.rows(job, &files, count.div_ceil(length), make)?;
                files.to_bytes(&made)
            }
        }
    }

    /// The rows that `make` makes of all blocks, in their order.
    fn rows<R: Send + Clone + 'static>(
        &self,
        job: Job,
        files: &Files<R>,
        n_blocks: usize,
        make: impl Fn(usize) -> Result<Vec<R>> + Sync,
    ) -> Result<Vec<R>> {
        // Of those near others more are found than stay.
        let n = self.near.is_none().then_some(self.count);
        let progress = Progress::new("generate", "puzzles", n);
        let (mut made, mut n_done) = (vec![Vec::new(); n_blocks], 0);
        let work = |block: usize, ()| files.to_bytes(&make(block)?);
        job.run(
            n_blocks,
            |_| Ok(()),
            work,
            |block, bytes| {
                made[block] = files.of_bytes(bytes)?;
                n_done += made[block].len();
                progress.show(n_done, String::new);
                Ok(())
            },
        )?;
        Ok(made.into_iter().flatten().collect())
    }
}
