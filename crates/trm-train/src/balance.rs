//! Which chunks change ranks.

/// A move must save this share of a step: the question that moves is opened anew on its new rank.
const WORTH: f64 = 0.02;

/// The owners of all chunks once chunks were moved or swapped, busiest rank against idlest, as long as it is worth it.
/// `costs` and `owners` are those of chunks, `speeds` those of ranks. Every rank computes the same.
pub(crate) fn balanced(costs: &[u64], owners: &[usize], speeds: &[usize]) -> Vec<usize> {
    let mut owners = owners.to_vec();
    let speed = |rank: usize| speeds[rank] as f64;
    let mut loads = vec![0u64; speeds.len()];
    owners.iter().zip(costs).for_each(|(owner, cost)| loads[*owner] += cost);
    let worth = WORTH * costs.iter().sum::<u64>() as f64 / speeds.iter().sum::<usize>() as f64;
    // At most as many changes as a first deal by numbers alone may need.
    for _ in 0..costs.len() + speeds.len() {
        let time = |rank: &usize| loads[*rank] as f64 / speed(*rank);
        let ranks = 0..speeds.len();
        let Some(busy) = ranks.clone().max_by(|a, b| time(a).total_cmp(&time(b))) else { break };
        let Some(idle) = ranks.min_by(|a, b| time(a).total_cmp(&time(b))) else { break };
        let of = |rank: usize| {
            let chunks = (0..costs.len()).filter(|chunk| owners[*chunk] == rank);
            let mut chunks: Vec<(u64, Option<usize>)> =
                chunks.map(|chunk| (costs[chunk], Some(chunk))).collect();
            chunks.sort_unstable();
            chunks
        };
        let (gives, mut takes) = (of(busy), of(idle));
        // Nothing in return is a move.
        takes.insert(0, (0, None));
        let before = time(&busy).max(time(&idle));
        let after = |given: u64, taken: u64| {
            let change = given as f64 - taken as f64;
            let (busy_load, idle_load) = (loads[busy] as f64 - change, loads[idle] as f64 + change);
            (busy_load / speed(busy)).max(idle_load / speed(idle))
        };
        // What both loads would need to be even.
        let even = (loads[busy] as f64 * speed(idle) - loads[idle] as f64 * speed(busy))
            / (speed(busy) + speed(idle));
        let mut best = (before, None);
        for (given, chunk) in &gives {
            let wanted = *given as f64 - even;
            let at = takes.partition_point(|(cost, _)| (*cost as f64) < wanted);
            for (taken, back) in takes.iter().skip(at.saturating_sub(1)).take(2) {
                let time = after(*given, *taken);
                if time < best.0 {
                    best = (time, Some((*chunk, *back, *given, *taken)));
                }
            }
        }
        let (time, Some((chunk, back, given, taken))) = best else { break };
        if before - time < worth {
            break;
        }
        chunk.into_iter().for_each(|chunk| owners[chunk] = idle);
        back.into_iter().for_each(|chunk| owners[chunk] = busy);
        loads[busy] = loads[busy] + taken - given;
        loads[idle] = loads[idle] + given - taken;
    }
    owners
}

#[cfg(test)]
mod tests {
    use super::balanced;

    fn slowest(costs: &[u64], owners: &[usize], speeds: &[usize]) -> f64 {
        let load = |rank| costs.iter().zip(owners).filter(|(_, o)| **o == rank).map(|(c, _)| c).sum::<u64>();
        (0..speeds.len()).map(|rank| load(rank) as f64 / speeds[rank] as f64).fold(0.0, f64::max)
    }

    #[test]
    fn uneven_loads_become_even() {
        let costs: Vec<u64> =
            (0..64u64).map(|i| 100 + i * 37 % 101 + if i % 4 == 0 { 200 } else { 0 }).collect();
        for speeds in [vec![1; 4], vec![1, 2, 3], vec![4, 4]] {
            let owners: Vec<usize> = (0..64).map(|chunk| chunk % speeds.len()).collect();
            let after = balanced(&costs, &owners, &speeds);
            let best = costs.iter().sum::<u64>() as f64 / speeds.iter().sum::<usize>() as f64;
            let (was, is) = (slowest(&costs, &owners, &speeds), slowest(&costs, &after, &speeds));
            assert!(was > 1.1 * best || speeds.len() == 2, "{speeds:?}: {was} of {best}");
            assert!(is < 1.04 * best, "{speeds:?}: {is} of {best}");
        }
    }

    #[test]
    fn even_loads_stay_where_they_are() {
        let owners = [0, 1, 0, 1, 0, 1];
        assert_eq!(balanced(&[100, 101, 100, 99, 101, 100], &owners, &[1, 1]), owners);
        assert_eq!(balanced(&[5], &[0], &[1, 1, 1]), [0]);
        assert_eq!(balanced(&[0, 0], &[0, 1], &[1, 1]), [0, 1]);
    }

    #[test]
    fn two_heavy_chunks_on_one_rank_are_swapped_for_light_ones() {
        let after = balanced(&[50, 10, 50, 10], &[0, 1, 0, 1], &[1, 1]);
        assert_eq!(slowest(&[50, 10, 50, 10], &after, &[1, 1]), 60.0);
    }
}
