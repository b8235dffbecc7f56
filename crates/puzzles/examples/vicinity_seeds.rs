//! Seeds of the vicinity search, as in `src/sudoku/vicinity_seeds.txt`: a minute or two for each run.
//!
//! ```text
//! cargo run --release -p trm-puzzles --example vicinity_seeds -- SEED FIRST_RUN END
//! ```

use puzzles::sudoku::vicinity_seeds;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let numbers: Vec<u64> =
        std::env::args().skip(1).map(|number| number.parse()).collect::<Result<_, _>>()?;
    let [seed, first, end] = numbers[..] else {
        return Err("three numbers: a seed, the first run and the one where to end".into());
    };
    for run in first..end {
        let seeds = vicinity_seeds(seed, run);
        eprintln!("run {run}: {} seeds", seeds.len());
        seeds.iter().for_each(|grid| println!("{grid}"));
    }
    Ok(())
}
