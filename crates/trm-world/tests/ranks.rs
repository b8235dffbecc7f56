//! The operations of a world, on ranks that are threads. `trm-cli/tests/mpi.rs` runs them over MPI.

use std::collections::BTreeSet;
use trm_world::{Alone, Threads, World, hand_out};

/// Every operation once, and the same on any world.
fn all_operations(world: &dyn World) {
    let (rank, size) = (world.rank(), world.size());
    let own = vec![rank as u8; rank];
    let of_ranks: Vec<Vec<u8>> = (0..size).map(|r| vec![r as u8; r]).collect();
    assert_eq!(world.all_gather(own.clone()), of_ranks);
    let gathered = world.gather(own);
    assert_eq!(gathered, if rank == 0 { of_ranks } else { Vec::new() });
    let mut bytes = vec![7u8; if rank == 0 { 5 } else { 2 }];
    world.broadcast(&mut bytes);
    assert_eq!(bytes, [7; 5]);
    let received = world.exchange((0..size).map(|to| vec![(10 * rank + to) as u8; to]).collect());
    assert_eq!(received, (0..size).map(|from| vec![(10 * from + rank) as u8; rank]).collect::<Vec<_>>());
    let n_sent: Vec<usize> = (0..size).map(|to| to + 1).collect();
    let sent: Vec<f32> = (0..size).flat_map(|to| vec![(10 * rank + to) as f32; to + 1]).collect();
    let mut floats = vec![-0.0; size * (rank + 1)];
    world.exchange_floats(&sent, &n_sent, &mut floats, &vec![rank + 1; size]);
    let expected: Vec<f32> = (0..size).flat_map(|from| vec![(10 * from + rank) as f32; rank + 1]).collect();
    assert_eq!(floats, expected);
    let mut all: Vec<f32> = vec![0.0; n_sent.iter().sum()];
    let start: usize = n_sent[..rank].iter().sum();
    all[start..start + rank + 1].fill(rank as f32);
    world.all_gather_floats(&mut all, &n_sent);
    assert_eq!(all, (0..size).flat_map(|r| vec![r as f32; r + 1]).collect::<Vec<_>>());
    world.barrier();
}

#[test]
fn ranks_agree() {
    all_operations(&Alone);
    for size in 1..=4 {
        Threads::run(size, all_operations);
    }
}

/// The blocks that came back, with whether they were made by rank 0.
fn handed_out(world: &dyn World, blocks: &[usize], in_flight: usize) -> Vec<(usize, bool)> {
    let (mut kept, mut last) = (Vec::new(), None);
    let result: Result<(), String> = hand_out(
        world,
        blocks.to_vec(),
        in_flight,
        |block| {
            // A reader of a file goes forwards only.
            assert!(last.replace(block).is_none_or(|last| last < block), "{block} after {last:?}");
            Ok(block * 2)
        },
        |block, prepared| {
            assert_eq!(prepared, block * 2);
            std::thread::sleep(std::time::Duration::from_micros(block as u64 % 7 * 100));
            Ok(format!("block {block}").into_bytes())
        },
        |block, bytes, own| {
            assert_eq!(bytes, format!("block {block}").into_bytes());
            kept.push((block, own));
            Ok(())
        },
    );
    result.expect("nothing fails");
    kept
}

#[test]
fn every_block_comes_back_once() {
    for (size, in_flight, n) in [(1, 1, 5), (1, 3, 50), (2, 2, 50), (4, 2, 100), (4, 2, 3), (3, 1, 0)] {
        let blocks: Vec<usize> = (0..n).map(|i| 3 * i + 1).collect();
        let of_ranks = Threads::run(size, |world| {
            // Twice: what one leaves behind would reach the next.
            handed_out(world, &blocks, in_flight);
            handed_out(world, &blocks, in_flight)
        });
        let kept: BTreeSet<usize> = of_ranks[0].iter().map(|(block, _)| *block).collect();
        assert_eq!((kept.into_iter().collect::<Vec<_>>(), of_ranks[0].len()), (blocks, n));
        assert!(of_ranks[1..].iter().all(Vec::is_empty));
        let n_own = of_ranks[0].iter().filter(|(_, own)| *own).count();
        assert!(if size == 1 { n_own == n } else { n_own < n || n == 0 || n == 3 }, "{n_own} of {n}");
    }
}

#[test]
fn an_error_ends_the_work() {
    let run = |fails: &str| {
        let fail = |here: bool, block: usize| if here && block == 3 { Err(block) } else { Ok(()) };
        hand_out(
            &Alone,
            (0..100).collect(),
            2,
            |block| fail(fails == "read", block).map(|()| block),
            |block, _| fail(fails == "work", block).map(|()| Vec::new()),
            |block, _, _| fail(fails == "keep", block),
        )
    };
    for fails in ["read", "work", "keep"] {
        assert_eq!(run(fails), Err(3), "{fails}");
    }
    assert_eq!(run(""), Ok(()));
}

#[test]
#[should_panic(expected = "block 3 is bad")]
fn a_panic_in_the_work_is_not_waited_for() {
    let work = |block: usize, ()| {
        assert!(block != 3, "block 3 is bad");
        Ok::<Vec<u8>, ()>(Vec::new())
    };
    let _ = hand_out(&Alone, (0..9).collect(), 2, |_| Ok(()), work, |_, _, _| Ok(()));
}
