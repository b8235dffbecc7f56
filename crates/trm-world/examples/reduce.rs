//! `mpirun reduce FLOATS CHUNKS`: the time in which ranks add up a gradient of so many floats, of which each has so many
//! chunks, as the trainer does it. Prints a line of JSON; `cargo xtask scale` reads it.

use std::time::Instant;
use trm_world::World;

/// Runs at least, and for at least so many seconds.
const MIN_RUNS: usize = 5;
const MIN_SECONDS: f64 = 0.4;

/// The time of the fastest run of `operation` in microseconds, from all ranks at its start to all at its end. Ranks that
/// share a processor wait for the scheduler in most runs, which says nothing of the connection.
fn fastest_us(world: &dyn World, mut operation: impl FnMut()) -> f64 {
    let (mut n_runs, mut fastest, begin) = (0, f64::INFINITY, Instant::now());
    operation();
    loop {
        world.barrier();
        let start = Instant::now();
        operation();
        world.barrier();
        fastest = fastest.min(start.elapsed().as_secs_f64() * 1e6);
        n_runs += 1;
        let mut more = vec![u8::from(n_runs < MIN_RUNS || begin.elapsed().as_secs_f64() < MIN_SECONDS)];
        world.broadcast(&mut more);
        if more == [0] {
            return fastest;
        }
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let numbers: Vec<usize> = std::env::args().skip(1).map(|n| n.parse()).collect::<Result<_, _>>()?;
    let [floats, chunks] = numbers[..] else { return Err("reduce takes FLOATS CHUNKS".into()) };
    let world = trm_world::start()?;
    let (rank, size) = (world.rank(), world.size());
    let slice = |rank: usize| (rank + 1) * floats / size - rank * floats / size;
    let n_sent: Vec<usize> = (0..size).map(|to| chunks * slice(to)).collect();
    let n_received = vec![chunks * slice(rank); size];
    let sent = vec![1.0; n_sent.iter().sum()];
    let mut received = vec![0.0; n_received.iter().sum()];
    let exchange_us = fastest_us(&*world, || {
        world.exchange_floats(&sent, &n_sent, &mut received, &n_received);
    });
    let counts: Vec<usize> = (0..size).map(slice).collect();
    let mut all = vec![1.0; floats];
    let all_gather_us = fastest_us(&*world, || world.all_gather_floats(&mut all, &counts));
    if rank == 0 {
        println!(
            "{{\"ranks\":{size},\"floats\":{floats},\"chunks\":{chunks},\"exchange_us\":{exchange_us:.1},\
             \"all_gather_us\":{all_gather_us:.1}}}"
        );
    }
    Ok(())
}
