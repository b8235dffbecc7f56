//! The structure of a question as data: which tokens exchange messages.

use crate::error::{Result, TrmError};
use core::ops::Range;
use serde::{Deserialize, Serialize};

/// No live neighbour there, in [`Graph::neighbours`]; no group, in [`GroupRelation::group_of`].
pub const NONE: u32 = u32::MAX;
/// The most relations of a model.
const MAX_RELATIONS: usize = 256;

/// Which tokens send each other messages. Part of the model file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Relations {
    /// Each relation gathers tokens into groups; a token receives the sum over its group.
    Groups {
        /// Factor on the sum over a group.
        scale: f32,
        /// The relations.
        relations: Vec<GroupRelation>,
    },
    /// The tokens are the cells of a grid of any size; a cell receives messages from the neighbours below, left,
    /// right and above, each through its own matrix.
    Grid4,
}

/// Groups of tokens that do not overlap. A token that is in several groups of one kind is so through several relations
/// that share a matrix.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupRelation {
    /// Name; in model files its tensor is `relations.NAME`.
    pub name: String,
    /// Index of the weight matrix of its messages; relations may share one.
    pub matrix: usize,
    /// The group of each token, or [`NONE`]. In model files a tensor of its own.
    #[serde(skip)]
    pub group_of: Vec<u32>,
}

impl GroupRelation {
    /// Whether every token is in a group.
    pub fn is_partition(&self) -> bool {
        !self.group_of.contains(&NONE)
    }
}

impl Relations {
    /// Number of group relations; 0 for a grid.
    pub fn n_group_relations(&self) -> usize {
        match self {
            Relations::Groups { relations, .. } => relations.len(),
            Relations::Grid4 => 0,
        }
    }

    /// Number of weight matrices of group messages.
    pub fn n_matrices(&self) -> usize {
        match self {
            Relations::Groups { relations, .. } => relations.iter().map(|r| r.matrix + 1).max().unwrap_or(0),
            Relations::Grid4 => 0,
        }
    }

    /// Number of neighbours of a token on a grid; 0 for groups.
    pub fn n_neighbours(&self) -> usize {
        match self {
            Relations::Groups { .. } => 0,
            Relations::Grid4 => 4,
        }
    }

    /// `[matrices]`: the most groups that a token is in.
    pub fn most_groups(&self) -> Vec<u32> {
        let Relations::Groups { relations, .. } = self else { return Vec::new() };
        let mut most = vec![0; self.n_matrices()];
        for (matrix, most) in most.iter_mut().enumerate() {
            let relations: Vec<_> = relations.iter().filter(|r| r.matrix == matrix).collect();
            let n_groups = |t: usize| relations.iter().filter(|r| r.group_of[t] != NONE).count() as u32;
            *most = (0..self.n_tokens().unwrap_or(0)).map(n_groups).max().unwrap_or(0);
        }
        most
    }

    /// The number of tokens, where the relations fix it.
    pub fn n_tokens(&self) -> Option<usize> {
        match self {
            Relations::Groups { relations, .. } => relations.first().map(|r| r.group_of.len()),
            Relations::Grid4 => None,
        }
    }

    /// Checks that all relations are over the same tokens and that all indices are in range.
    ///
    /// # Errors
    /// [`TrmError::Config`] if not.
    pub fn validate(&self) -> Result<()> {
        let Relations::Groups { scale, relations } = self else {
            return Ok(());
        };
        let fail = |found: String, expected| Err(TrmError::Config { field: "relations", found, expected });
        if !scale.is_finite() {
            return fail(scale.to_string(), "a finite scale");
        }
        if relations.is_empty() || relations.len() > MAX_RELATIONS {
            return fail(relations.len().to_string(), "1 to 256 relations");
        }
        let n = relations[0].group_of.len();
        for r in relations {
            if r.group_of.len() != n || n > 1 << 20 {
                return fail(
                    format!("{} tokens in {}", r.group_of.len(), r.name),
                    "the same number in all, at most 2^20",
                );
            }
            if r.matrix >= relations.len() {
                return fail(format!("matrix {} of {}", r.matrix, r.name), "below the number of relations");
            }
            if let Some(g) = r.group_of.iter().find(|g| **g as usize >= n && **g != NONE) {
                return fail(format!("group {g} of {}", r.name), "below the number of tokens");
            }
        }
        Ok(())
    }
}

/// The live tokens of one question, those that are computed, and the messages between them. Its buffers are reused.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// Number of all tokens, live or not.
    pub n_tokens: usize,
    /// The live tokens.
    pub live: Vec<u32>,
    /// `[live + 1]`: where the groups of each live token start.
    pub starts: Vec<u32>,
    /// The groups of each live token in the order of the relations, numbered through all of them.
    pub group_of: Vec<u32>,
    /// The groups of each relation.
    pub relations: Vec<Range<u32>>,
    /// All groups of all tokens, as `starts` and `group_of` have those of one turn; empty where there are no turns.
    all: [Vec<u32>; 2],
    /// `[n_groups + 1]`: where the members of each group start.
    pub offsets: Vec<u32>,
    /// Indices into the live tokens, by group.
    pub members: Vec<u32>,
    /// `[n_matrices + 1]`: where the groups of each matrix start.
    pub segments: Vec<u32>,
    /// Number of neighbours of each live token, missing ones included.
    pub n_neighbours: usize,
    /// `[live, n_neighbours]`: indices into the live tokens, or [`NONE`].
    pub neighbours: Vec<u32>,
    /// Factor on the sum over a group.
    pub scale: f32,
    /// A buffer: an index for each token or group.
    renumber: Vec<u32>,
}

impl Graph {
    /// Number of groups with a live member, over all relations.
    pub fn n_groups(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    /// The members of a group, as indices into the live tokens.
    pub fn members_of(&self, group: usize) -> &[u32] {
        &self.members[self.offsets[group] as usize..self.offsets[group + 1] as usize]
    }

    /// The groups of one group relation.
    pub fn groups_of(&self, relation: usize) -> Range<usize> {
        let Range { start, end } = self.relations[relation];
        start as usize..end as usize
    }

    /// The groups of a live token, given by its index.
    pub fn groups_of_token(&self, i: usize) -> &[u32] {
        &self.group_of[self.starts[i] as usize..self.starts[i + 1] as usize]
    }

    /// All tokens live and no messages, for mixers that connect all tokens anyway.
    pub fn complete(&mut self, n_tokens: usize) {
        self.n_tokens = n_tokens;
        self.live.clear();
        self.live.extend(0..n_tokens as u32);
        self.clear_messages();
    }

    /// The graph of the tokens that `is_live` accepts. `width` is the width of a grid, and unused for groups.
    ///
    /// # Panics
    /// Where the relations are over another number of tokens, or `n_tokens` is not a multiple of `width`.
    pub fn rebuild(
        &mut self,
        relations: &Relations,
        n_tokens: usize,
        width: usize,
        is_live: impl Fn(usize) -> bool,
    ) {
        self.n_tokens = n_tokens;
        self.live.clear();
        self.live.extend((0..n_tokens as u32).filter(|t| is_live(*t as usize)));
        self.clear_messages();
        match relations {
            Relations::Groups { scale, relations } => self.add_groups(*scale, relations),
            Relations::Grid4 => self.add_neighbours(width),
        }
    }

    /// Leaves each token at most `most[m]` groups of matrix `m`: those whose turn it is in supervision step `step`, counted
    /// from 0. A group always sums over all of its members.
    pub fn take_turn(&mut self, most: &[u32], step: usize) {
        let Graph { all: [starts, all], segments, .. } = self;
        if starts.is_empty() {
            starts.clone_from(&self.starts);
            all.clone_from(&self.group_of);
        }
        self.group_of.clear();
        for (i, ends) in starts.windows(2).enumerate() {
            self.starts[i] = self.group_of.len() as u32;
            let mine = &all[ends[0] as usize..ends[1] as usize];
            for (ends, n) in segments.windows(2).zip(most) {
                let of_matrix = || mine.iter().filter(|g| (ends[0]..ends[1]).contains(g));
                let (n_groups, n) = (of_matrix().count(), *n as usize);
                let skipped = if n_groups > n { step * n % n_groups } else { 0 };
                self.group_of.extend(of_matrix().cycle().skip(skipped).take(n.min(n_groups)));
            }
        }
        if let Some(end) = self.starts.last_mut() {
            *end = self.group_of.len() as u32;
        }
    }

    fn clear_messages(&mut self) {
        self.n_neighbours = 0;
        self.relations.clear();
        self.starts.clear();
        self.starts.resize(self.live.len() + 1, 0);
        let [starts, all] = &mut self.all;
        for v in [
            starts,
            all,
            &mut self.group_of,
            &mut self.offsets,
            &mut self.members,
            &mut self.segments,
            &mut self.neighbours,
        ] {
            v.clear();
        }
    }

    fn add_groups(&mut self, scale: f32, relations: &[GroupRelation]) {
        assert!(relations.iter().all(|r| r.group_of.len() == self.n_tokens));
        self.scale = scale;
        self.relations.resize(relations.len(), 0..0);
        self.group_of.resize(self.live.len() * relations.len(), NONE);
        self.offsets.push(0);
        let n_matrices = relations.iter().map(|r| r.matrix + 1).max().unwrap_or(0);
        for matrix in 0..n_matrices {
            self.segments.push(self.n_groups() as u32);
            for (r, relation) in relations.iter().enumerate() {
                if relation.matrix == matrix {
                    self.add_relation(r, &relation.group_of);
                }
            }
        }
        self.segments.push(self.n_groups() as u32);
        self.compact();
    }

    /// From `[live, relations]` to the groups that there are.
    fn compact(&mut self) {
        let mut end = 0;
        let rows = self.group_of.chunks_exact(self.relations.len());
        for (start, groups) in self.starts[1..].iter_mut().zip(rows) {
            end += groups.iter().filter(|g| **g != NONE).count() as u32;
            *start = end;
        }
        self.group_of.retain(|g| *g != NONE);
    }

    /// Numbers the non-empty groups of one relation and lists their members. The groups of a token are one row of
    /// `[live, relations]` until all relations are there.
    fn add_relation(&mut self, r: usize, group_of: &[u32]) {
        let first = self.n_groups() as u32;
        self.renumber.clear();
        self.renumber.resize(self.n_tokens, NONE);
        let rows = self.group_of.chunks_exact_mut(self.relations.len());
        for (row, t) in rows.zip(&self.live) {
            let group = group_of[*t as usize];
            if group == NONE {
                continue;
            }
            let g = &mut self.renumber[group as usize];
            if *g == NONE {
                *g = self.offsets.len() as u32 - 1;
                self.offsets.push(0);
            }
            row[r] = *g;
            self.offsets[*g as usize + 1] += 1;
        }
        let end = self.n_groups() as u32;
        self.relations[r] = first..end;
        for g in first..end {
            self.offsets[g as usize + 1] += self.offsets[g as usize];
        }
        self.members.resize(*self.offsets.last().unwrap_or(&0) as usize, 0);
        self.renumber.clear();
        self.renumber.extend_from_slice(&self.offsets[first as usize..end as usize]);
        let rows = self.group_of.chunks_exact(self.relations.len());
        for (i, row) in rows.enumerate().filter(|(_, row)| row[r] != NONE) {
            let at = &mut self.renumber[(row[r] - first) as usize];
            self.members[*at as usize] = i as u32;
            *at += 1;
        }
    }

    fn add_neighbours(&mut self, width: usize) {
        assert!(width > 0 && self.n_tokens.is_multiple_of(width), "{} cells, {width} wide", self.n_tokens);
        self.n_neighbours = 4;
        self.renumber.clear();
        self.renumber.resize(self.n_tokens, NONE);
        for (i, t) in self.live.iter().enumerate() {
            self.renumber[*t as usize] = i as u32;
        }
        for t in &self.live {
            let t = *t as usize;
            let at = |inside: bool, t: usize| if inside { self.renumber[t] } else { NONE };
            self.neighbours.extend([
                at(t + width < self.n_tokens, t + width),
                at(!t.is_multiple_of(width), t.wrapping_sub(1)),
                at(!(t + 1).is_multiple_of(width), t + 1),
                at(t >= width, t.wrapping_sub(width)),
            ]);
        }
    }
}
