//! An exact solver over the groups, for data and verdicts. It answers no question that a model is asked.

use super::puzzle::Puzzle;
use super::rule::Rule;
use super::structure::{Group, Structure};
use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;

/// Where a search ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Solutions to look for.
    pub max_solutions: usize,
    /// The most cells that are looked at: 300 million take a second or so.
    pub max_work: u64,
}

impl Default for Limits {
    /// Two solutions, and a second or so.
    fn default() -> Self {
        Limits { max_solutions: 2, max_work: 300_000_000 }
    }
}

/// How many solutions a puzzle has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Solutions {
    /// None.
    None,
    /// This one.
    One(Vec<u8>),
    /// More than one.
    Several,
    /// The search was given up after so many cells looked at.
    Unknown {
        /// The limit.
        max_work: u64,
    },
}

/// Counts the solutions of a puzzle: none, one or several.
#[must_use]
pub fn solutions(puzzle: &Puzzle, limits: Limits) -> Solutions {
    let mut search = Search::of(puzzle, limits, None);
    search.run();
    match (search.solutions.len(), search.gave_up) {
        (2.., _) => Solutions::Several,
        (_, true) => Solutions::Unknown { max_work: limits.max_work },
        (0, _) => Solutions::None,
        _ => Solutions::One(search.solutions.remove(0)),
    }
}

/// One search.
pub(super) struct Search<'a> {
    structure: &'a Structure,
    limits: Limits,
    /// Chooses among equal branches.
    rng: Option<&'a mut Xoshiro256PlusPlus>,
    /// `[cells]`: the candidates, as bits.
    pub(super) masks: Vec<u64>,
    /// Cells with what they held before.
    trail: Vec<(u32, u64)>,
    /// Cells with one candidate left, which their peers do not know yet.
    solved: Vec<u32>,
    /// Groups to look at again.
    queue: Vec<u32>,
    queued: Vec<bool>,
    /// Cells looked at.
    pub(super) work: u64,
    /// Branches taken.
    pub(super) guesses: u64,
    /// Whether the limit of work ended the search.
    pub(super) gave_up: bool,
    pub(super) solutions: Vec<Vec<u8>>,
}

/// One level of the search.
struct Level {
    cell: usize,
    /// Candidates yet to be tried.
    untried: u64,
    /// Tried first, where it is one of them.
    first: u64,
    /// Length of the trail before.
    trail: usize,
}

impl<'a> Search<'a> {
    pub(super) fn of(puzzle: &'a Puzzle, limits: Limits, rng: Option<&'a mut Xoshiro256PlusPlus>) -> Self {
        let structure = &*puzzle.structure;
        let given = |(allowed, given): (&u64, &u8)| match given.checked_sub(1) {
            Some(symbol) => allowed & 1 << symbol,
            None => *allowed,
        };
        let masks: Vec<u64> = structure.allowed.iter().zip(&puzzle.cells).map(given).collect();
        let mut queued = vec![false; structure.groups.len()];
        structure.groups_of.iter().flatten().for_each(|group| queued[*group as usize] = true);
        Search {
            structure,
            limits,
            rng,
            trail: Vec::new(),
            solved: (0..masks.len() as u32).filter(|cell| masks[*cell as usize].is_power_of_two()).collect(),
            masks,
            queue: (0..queued.len() as u32).filter(|group| queued[*group as usize]).collect(),
            queued,
            work: 0,
            guesses: 0,
            gave_up: false,
            solutions: Vec::new(),
        }
    }

    /// Fills `solutions` up to the limit.
    pub(super) fn run(&mut self) {
        let mut levels: Vec<Level> = Vec::new();
        let mut sound = !self.masks.contains(&0);
        loop {
            if sound && self.propagate() {
                match self.branch() {
                    Some(level) => levels.push(level),
                    None => {
                        let symbol = |mask: &u64| mask.trailing_zeros() as u8 + 1;
                        self.solutions.push(self.masks.iter().map(symbol).collect());
                        if self.solutions.len() >= self.limits.max_solutions {
                            return;
                        }
                    }
                }
            }
            if self.gave_up {
                return;
            }
            let Some(level) = levels.last_mut() else { return };
            self.undo(level.trail);
            if level.untried == 0 {
                levels.pop();
                sound = false;
                continue;
            }
            let bit = match level.untried & level.first {
                0 => one_of(level.untried, self.rng.as_deref_mut()),
                first => first,
            };
            level.untried &= !bit;
            self.guesses += 1;
            sound = self.narrow(level.cell, bit);
        }
    }

    /// Whether naked and hidden singles fill the board, without a branch.
    pub(super) fn is_solved_by_singles(&mut self) -> bool {
        !self.masks.contains(&0) && self.propagate() && self.masks.iter().all(|mask| mask.is_power_of_two())
    }

    fn undo(&mut self, to: usize) {
        while self.trail.len() > to {
            if let Some((cell, mask)) = self.trail.pop() {
                self.masks[cell as usize] = mask;
            }
        }
        self.solved.clear();
        for group in self.queue.drain(..) {
            self.queued[group as usize] = false;
        }
    }

    /// Keeps these candidates of a cell; false where none is left.
    fn narrow(&mut self, cell: usize, keep: u64) -> bool {
        let before = self.masks[cell];
        if before & !keep == 0 {
            return true;
        }
        self.trail.push((cell as u32, before));
        self.masks[cell] &= keep;
        if self.masks[cell].is_power_of_two() {
            self.solved.push(cell as u32);
        }
        for group in &self.structure.groups_of[cell] {
            if !std::mem::replace(&mut self.queued[*group as usize], true) {
                self.queue.push(*group);
            }
        }
        self.masks[cell] != 0
    }

    /// Follows the rules of the groups until nothing changes; false at a contradiction.
    fn propagate(&mut self) -> bool {
        let structure = self.structure;
        loop {
            if self.work > self.limits.max_work {
                self.gave_up = true;
                return false;
            }
            if let Some(cell) = self.solved.pop() {
                let (peers, mask) = (&structure.peers[cell as usize], self.masks[cell as usize]);
                self.work += peers.len() as u64;
                if !peers.iter().all(|peer| self.narrow(*peer as usize, !mask)) {
                    return false;
                }
                continue;
            }
            let Some(group) = self.queue.pop() else { return true };
            self.queued[group as usize] = false;
            let group = &structure.groups[group as usize];
            self.work += group.cells.len() as u64;
            let sound = match group.rule {
                Rule::AllDifferent => self.hidden_singles(group),
                Rule::AtMostOne(symbol) => self.at_most_one(group, 1 << symbol),
                Rule::ExactlyOne(symbol) => {
                    self.at_most_one(group, 1 << symbol) && self.at_least_one(group, 1 << symbol)
                }
            };
            if !sound {
                return false;
            }
        }
    }

    /// Symbols with one place in a group that holds every symbol.
    fn hidden_singles(&mut self, group: &Group) -> bool {
        let (mut one, mut two) = (0, 0);
        for &cell in &group.cells {
            let mask = self.masks[cell as usize];
            two |= one & mask;
            one |= mask;
        }
        if one.count_ones() as usize != self.structure.n_symbols {
            return false;
        }
        let hidden = one & !two;
        hidden == 0
            || group.cells.iter().all(|&cell| {
                let single = self.masks[cell as usize] & hidden;
                // Two symbols with no other place make a contradiction.
                single == 0 || single.is_power_of_two() && self.narrow(cell as usize, single)
            })
    }

    fn at_most_one(&mut self, group: &Group, bit: u64) -> bool {
        let mut holders = group.cells.iter().filter(|cell| self.masks[**cell as usize] == bit);
        let Some(&holder) = holders.next() else { return true };
        holders.next().is_none()
            && group.cells.iter().all(|&cell| cell == holder || self.narrow(cell as usize, !bit))
    }

    fn at_least_one(&mut self, group: &Group, bit: u64) -> bool {
        let mut places = group.cells.iter().filter(|cell| self.masks[**cell as usize] & bit != 0);
        match (places.next(), places.next()) {
            (None, _) => false,
            (Some(&only), None) => self.narrow(only as usize, bit),
            _ => true,
        }
    }

    /// The open cell with the fewest candidates, or of the group with the fewest places for what it needs.
    fn branch(&mut self) -> Option<Level> {
        let n = self.masks.len();
        self.work += n as u64;
        let start = self.rng.as_mut().map_or(0, |rng| rng.random_range(0..n));
        let open = (0..n).map(|i| (start + i) % n).filter(|cell| !self.masks[*cell].is_power_of_two());
        let cell = open.min_by_key(|cell| self.masks[*cell].count_ones())?;
        let level =
            |cell: usize, first| Level { cell, untried: self.masks[cell], first, trail: self.trail.len() };
        let places = |group: &Group, bit: u64| {
            let open = |cell: &&u32| self.masks[**cell as usize] & bit != 0;
            let places: Vec<u32> = group.cells.iter().filter(open).copied().collect();
            (places.len() > 1).then_some((places, bit))
        };
        let needs = self.structure.groups.iter().filter_map(|group| match group.rule {
            Rule::ExactlyOne(symbol) => places(group, 1 << symbol),
            _ => None,
        });
        match needs.min_by_key(|(places, _)| places.len()) {
            Some((places, bit)) => {
                let nth = start % places.len();
                Some(level(places[nth] as usize, bit))
            }
            None => Some(level(cell, 0)),
        }
    }
}

/// One of the bits: the lowest, or any.
fn one_of(bits: u64, rng: Option<&mut Xoshiro256PlusPlus>) -> u64 {
    let skipped = rng.map_or(0, |rng| rng.random_range(0..bits.count_ones()));
    let rest = (0..skipped).fold(bits, |bits, _| bits & (bits - 1));
    rest & rest.wrapping_neg()
}
