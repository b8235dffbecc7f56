//! The groups of one puzzle, and the relations between candidates that follow from them.

use super::error::FileFault;
use super::rule::{GroupSet, Rule};
use std::collections::{HashMap, HashSet};

/// In [`Relation::group_of`]: a candidate in no group.
pub const NO_GROUP: u32 = u32::MAX;
/// The kind of the relation between the candidates of a cell.
pub const CELL_KIND: &str = "cell";
/// The kind of the relations that intersections of groups are.
pub const TRIAD_KIND: &str = "triad";
/// The most relations of a puzzle.
const MAX_RELATIONS: usize = 250;

/// A group of cells with its rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Index of its [`GroupSet`].
    pub set: usize,
    /// Its rule.
    pub rule: Rule,
    /// Its cells, rising.
    pub cells: Vec<u32>,
}

/// Groups of candidates that do not overlap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relation {
    /// Its name, different from all others.
    pub name: String,
    /// Index of its kind in [`Structure::kinds`].
    pub kind: usize,
    /// `[candidates]`: the group of each, or [`NO_GROUP`].
    pub group_of: Vec<u32>,
}

/// All groups of one puzzle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Structure {
    /// Number of cells.
    pub n_cells: usize,
    /// Number of symbols.
    pub n_symbols: usize,
    /// The groups, in the order of the file.
    pub groups: Vec<Group>,
    /// The kinds of weights that messages pass, in the order of the model's matrices.
    pub kinds: Vec<String>,
    /// `[cells]`: the symbols that each may hold, as bits.
    pub allowed: Vec<u64>,
    /// How candidates exchange messages; candidate `cell * n_symbols + symbol`.
    pub relations: Vec<Relation>,
    /// `[cells]`: the groups of each cell that say more than that their cells differ, which `peers` says.
    pub(super) groups_of: Vec<Vec<u32>>,
    /// `[cells]`: the cells that must differ from each, rising.
    pub(super) peers: Vec<Vec<u32>>,
}

impl Structure {
    /// The structure of these groups: a list for each set.
    pub(super) fn new(
        allowed: &[u64],
        n_symbols: usize,
        sets: &[GroupSet],
        lists: &[&[Vec<u32>]],
    ) -> Result<Self, FileFault> {
        let n_cells = allowed.len();
        let mut this = Structure {
            n_cells,
            n_symbols,
            allowed: allowed.to_vec(),
            groups: Vec::new(),
            kinds: vec![CELL_KIND.into()],
            relations: Vec::new(),
            groups_of: vec![Vec::new(); n_cells],
            peers: vec![Vec::new(); n_cells],
        };
        let cell_of = (0..n_cells * n_symbols).map(|candidate| (candidate / n_symbols) as u32);
        let cell = Relation { name: CELL_KIND.into(), kind: 0, group_of: cell_of.collect() };
        this.relations.push(cell);
        for (set, (GroupSet { name, rule, kind, .. }, list)) in sets.iter().zip(lists).enumerate() {
            for cells in *list {
                if *rule == Rule::AllDifferent && cells.len() > n_symbols {
                    let (name, cells) = (name.clone(), cells.len());
                    return Err(FileFault::GroupTooLarge { name, cells, symbols: n_symbols });
                }
                for cell in cells {
                    this.groups_of[*cell as usize].push(this.groups.len() as u32);
                    if *rule == Rule::AllDifferent {
                        this.peers[*cell as usize].extend(cells.iter().filter(|other| *other != cell));
                    }
                }
                this.groups.push(Group { set, rule: *rule, cells: cells.clone() });
            }
            // A group of one cell says nothing; only among triads it has a place.
            this.relate(name, *rule, kind, list.iter().filter(|cells| cells.len() > 1))?;
        }
        for peers in &mut this.peers {
            peers.sort_unstable();
            peers.dedup();
        }
        this.intersect(sets)?;
        let Structure { groups, groups_of, .. } = &mut this;
        let says_more = |group: &Group| group.rule != Rule::AllDifferent || group.cells.len() == n_symbols;
        groups_of.iter_mut().for_each(|of| of.retain(|group| says_more(&groups[*group as usize])));
        Ok(this)
    }

    fn kind(&mut self, name: &str) -> usize {
        let known = self.kinds.iter().position(|kind| kind == name);
        known.unwrap_or_else(|| {
            self.kinds.push(name.into());
            self.kinds.len() - 1
        })
    }

    /// Adds the relations of one list of groups. Those that overlap go into several relations of one kind: greedily,
    /// each into the first in which its cells are free.
    fn relate<'g>(
        &mut self,
        name: &str,
        rule: Rule,
        kind: &str,
        list: impl IntoIterator<Item = &'g Vec<u32>>,
    ) -> Result<(), FileFault> {
        let kind = self.kind(kind);
        let n = self.n_symbols;
        // The group of each cell in each layer.
        let mut layers: Vec<Vec<u32>> = Vec::new();
        for (index, cells) in list.into_iter().enumerate() {
            let is_free = |layer: &Vec<u32>| cells.iter().all(|c| layer[*c as usize] == NO_GROUP);
            let found = layers.iter().position(is_free).unwrap_or(layers.len());
            if self.relations.len() + found >= MAX_RELATIONS {
                let what = "relations; a cell is in as many groups of one kind";
                return Err(FileFault::TooMany { what, found: MAX_RELATIONS + 1, max: MAX_RELATIONS });
            }
            if found == layers.len() {
                layers.push(vec![NO_GROUP; self.n_cells]);
            }
            let layer = &mut layers[found];
            cells.iter().for_each(|cell| layer[*cell as usize] = index as u32);
        }
        // A kind keeps its matrix where a puzzle has no group of it.
        if layers.is_empty() {
            layers.push(vec![NO_GROUP; self.n_cells]);
        }
        for (i, layer) in layers.iter().enumerate() {
            let group_of = numbered(layer).into_iter().flat_map(|group| {
                (0..n as u32).map(move |symbol| match (group, rule) {
                    (NO_GROUP, _) => NO_GROUP,
                    (group, Rule::AllDifferent) => group * n as u32 + symbol,
                    (group, Rule::AtMostOne(s) | Rule::ExactlyOne(s)) if u32::from(s) == symbol => group,
                    _ => NO_GROUP,
                })
            });
            let group_of = group_of.collect();
            let name = if i == 0 { name.to_owned() } else { format!("{name}.{i}") };
            self.relations.push(Relation { name, kind, group_of });
        }
        Ok(())
    }

    /// Adds the cells that groups of two sets of different kinds have in common, where some have two or more, and they
    /// are not the whole of one group. Single cells among them count, so that a cell is in as many triads whatever the
    /// shape of its groups: weights that know boxes rely on it where regions are irregular.
    fn intersect(&mut self, sets: &[GroupSet]) -> Result<(), FileFault> {
        let crosses = |set: &usize| sets[*set].rule == Rule::AllDifferent && sets[*set].intersect;
        let crossing: Vec<usize> = (0..sets.len()).filter(crosses).collect();
        let mut seen = HashSet::new();
        for (i, &b) in crossing.iter().enumerate() {
            for &a in crossing[..i].iter().filter(|a| sets[**a].kind != sets[b].kind) {
                let found = self.common(a, b).into_iter().filter(|cells| seen.insert(cells.clone()));
                let found: Vec<Vec<u32>> = found.collect();
                let found = if found.iter().any(|cells| cells.len() > 1) { found } else { Vec::new() };
                // Where groups come with the puzzle, another one may have such intersections.
                if !found.is_empty() || sets[a].is_of_rows() || sets[b].is_of_rows() {
                    let name = format!("{TRIAD_KIND}.{}.{}", sets[a].name, sets[b].name);
                    self.relate(&name, Rule::AllDifferent, TRIAD_KIND, &found)?;
                }
            }
        }
        Ok(())
    }

    fn common(&self, a: usize, b: usize) -> Vec<Vec<u32>> {
        let mut found = Vec::new();
        for group in self.groups.iter().filter(|group| group.set == a) {
            let mut shared: HashMap<u32, Vec<u32>> = HashMap::new();
            for cell in &group.cells {
                let others = self.groups_of[*cell as usize].iter();
                for other in others.filter(|other| self.groups[**other as usize].set == b) {
                    shared.entry(*other).or_default().push(*cell);
                }
            }
            let mut shared: Vec<_> = shared.into_iter().collect();
            shared.sort_unstable();
            for (other, cells) in shared {
                let smaller = group.cells.len().min(self.groups[other as usize].cells.len());
                if cells.len() < smaller {
                    found.push(cells);
                }
            }
        }
        found
    }
}

/// Groups numbered from 0 in the order of their first cells.
fn numbered(layer: &[u32]) -> Vec<u32> {
    let mut numbers = HashMap::new();
    let number = |group: &u32| match *group {
        NO_GROUP => NO_GROUP,
        group => {
            let next = numbers.len() as u32;
            *numbers.entry(group).or_insert(next)
        }
    };
    layer.iter().map(number).collect()
}
