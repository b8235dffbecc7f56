//! Groups that the generator makes anew for each puzzle: irregular regions, and the edges of planar graphs.

use super::cells::Shape;
use super::error::FileFault;
use rand::RngExt;
use rand::seq::SliceRandom;
use rand_xoshiro::Xoshiro256PlusPlus;

/// Borders of regions that are moved, for each cell.
const MOVES_PER_CELL: usize = 30;
/// The most nodes of a planar graph: every pair is looked at, against every edge.
const MAX_NODES: usize = 512;

/// Groups that come with each puzzle, and how they are made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Make {
    /// Connected regions, each of as many cells as there are symbols.
    Regions,
    /// The edges of a planar graph whose nodes are the cells: so many for each node.
    Planar {
        /// Edges for each node, at most 3.
        density: f64,
    },
}

impl Make {
    /// Reads `regions` or `planar 2.2`.
    pub(super) fn parse(text: &str, shape: Shape, n_symbols: usize) -> Result<Self, FileFault> {
        let fits = |make, fits: bool, expected| {
            if fits { Ok(make) } else { Err(FileFault::Make { make: text.into(), expected }) }
        };
        match text.split_whitespace().collect::<Vec<_>>()[..] {
            ["regions"] => {
                let whole = shape.grid.is_some() && shape.n_cells.is_multiple_of(n_symbols);
                fits(Make::Regions, whole, "a grid that regions of one cell for each symbol fill")
            }
            ["planar", density] => {
                let density = density.parse().ok().filter(|density| (0.0..=3.0).contains(density));
                let make = Make::Planar { density: density.unwrap_or_default() };
                let small = density.is_some() && shape.n_cells <= MAX_NODES;
                fits(make, small, "0 to 3 edges for each of at most 512 cells")
            }
            _ => Err(FileFault::Word {
                key: "make",
                found: text.chars().take(40).collect(),
                expected: "`regions`, or `planar` with the edges of a node",
            }),
        }
    }

    /// Groups for one puzzle.
    pub(super) fn make(self, shape: Shape, n_symbols: usize, rng: &mut Xoshiro256PlusPlus) -> Vec<Vec<u32>> {
        match self {
            Make::Regions => regions(shape, n_symbols, rng),
            Make::Planar { density } => planar(shape.n_cells, density, n_symbols, rng),
        }
    }
}

/// Regions of `size` cells: those of a path through all cells, whose borders then move at random.
fn regions(shape: Shape, size: usize, rng: &mut Xoshiro256PlusPlus) -> Vec<Vec<u32>> {
    let (rows, columns) = shape.grid.unwrap_or((1, shape.n_cells));
    let snake = |i: usize| {
        let (row, along) = (i / columns, i % columns);
        row * columns + if row.is_multiple_of(2) { along } else { columns - 1 - along }
    };
    let mut region_of = vec![0; shape.n_cells];
    (0..shape.n_cells).for_each(|i| region_of[snake(i)] = i / size);
    let neighbours = |cell: usize| {
        let (row, column) = (cell / columns, cell % columns);
        let at = |inside: bool, cell: usize| inside.then_some(cell);
        [
            at(row > 0, cell.wrapping_sub(columns)),
            at(column > 0, cell.wrapping_sub(1)),
            at(column + 1 < columns, cell + 1),
            at(row + 1 < rows, cell + columns),
        ]
        .into_iter()
        .flatten()
    };
    let is_connected = |region_of: &[usize], region: usize| {
        let Some(first) = region_of.iter().position(|r| *r == region) else { return false };
        let (mut seen, mut queue) = (vec![first], vec![first]);
        while let Some(cell) = queue.pop() {
            for next in neighbours(cell).filter(|next| region_of[*next] == region) {
                if !seen.contains(&next) {
                    seen.push(next);
                    queue.push(next);
                }
            }
        }
        seen.len() == size
    };
    // Two cells of neighbouring regions change places, where both stay connected.
    for _ in 0..MOVES_PER_CELL * shape.n_cells {
        let cell = rng.random_range(0..shape.n_cells);
        let others: Vec<usize> =
            neighbours(cell).map(|n| region_of[n]).filter(|r| *r != region_of[cell]).collect();
        let Some(&other) = others.first() else { continue };
        let mine = region_of[cell];
        let touches =
            |i: usize| region_of[i] == other && i != cell && neighbours(i).any(|n| region_of[n] == mine);
        let partners: Vec<usize> = (0..shape.n_cells).filter(|i| touches(*i)).collect();
        let partner = partners[rng.random_range(0..partners.len().max(1)).min(partners.len() - 1)];
        (region_of[cell], region_of[partner]) = (other, mine);
        if !is_connected(&region_of, mine) || !is_connected(&region_of, other) {
            (region_of[cell], region_of[partner]) = (mine, other);
        }
    }
    let mut regions = vec![Vec::new(); shape.n_cells / size];
    region_of.iter().enumerate().for_each(|(cell, region)| regions[*region].push(cell as u32));
    regions
}

/// Edges between points of a square, the shortest first, none of which cross. The points have colours, and edges
/// connect different ones, so that a colouring exists.
fn planar(n: usize, density: f64, n_colours: usize, rng: &mut Xoshiro256PlusPlus) -> Vec<Vec<u32>> {
    let points: Vec<[f64; 2]> = (0..n).map(|_| [rng.random(), rng.random()]).collect();
    let colours: Vec<usize> = (0..n).map(|i| i % n_colours).collect();
    let square =
        |a: usize, b: usize| (points[a][0] - points[b][0]).powi(2) + (points[a][1] - points[b][1]).powi(2);
    let mut pairs: Vec<(usize, usize)> = (0..n).flat_map(|a| (a + 1..n).map(move |b| (a, b))).collect();
    pairs.retain(|(a, b)| colours[*a] != colours[*b]);
    pairs.shuffle(rng);
    pairs.sort_by(|(a, b), (c, d)| square(*a, *b).total_cmp(&square(*c, *d)));
    let side = |[a, b, c]: [usize; 3]| {
        let [p, q, r] = [points[a], points[b], points[c]];
        (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]) > 0.0
    };
    let cross = |(a, b): (usize, usize), (c, d): (usize, usize)| {
        let apart = a != c && a != d && b != c && b != d;
        apart && side([a, b, c]) != side([a, b, d]) && side([c, d, a]) != side([c, d, b])
    };
    let mut edges: Vec<(usize, usize)> = Vec::new();
    for pair in pairs {
        if edges.len() as f64 >= density * n as f64 {
            break;
        }
        if !edges.iter().any(|edge| cross(*edge, pair)) {
            edges.push(pair);
        }
    }
    edges.into_iter().map(|(a, b)| vec![a as u32, b as u32]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn regions_are_whole_and_differ() {
        let shape = Shape { n_cells: 81, grid: Some((9, 9)) };
        let [a, b] = [1, 2].map(|seed| regions(shape, 9, &mut Xoshiro256PlusPlus::seed_from_u64(seed)));
        assert_ne!(a, b);
        let rows = shape.generated("rows").expect("known");
        for regions in [a, b] {
            assert!(regions.iter().all(|region| region.len() == 9));
            let mut cells = regions.concat();
            cells.sort_unstable();
            assert!(cells.into_iter().eq(0..81));
            assert!(
                regions.iter().filter(|region| rows.contains(region)).count() < 3,
                "still the first ones"
            );
        }
    }

    #[test]
    fn planar_graphs_have_no_crossing() {
        let edges = planar(30, 2.2, 3, &mut Xoshiro256PlusPlus::seed_from_u64(5));
        assert!((50..=66).contains(&edges.len()), "{}", edges.len());
        // Euler: a planar graph has at most 3 n - 6 edges.
        let all = planar(30, 3.0, 30, &mut Xoshiro256PlusPlus::seed_from_u64(5));
        assert!(all.len() <= 84, "{}", all.len());
        assert!(edges.iter().all(|edge| edge[0] != edge[1] && edge[0] % 3 != edge[1] % 3));
    }
}
