//! The tokens of one question that are computed, and the messages between them.

mod fold;
mod lists;

use crate::relations::{GroupRelation, NONE, Relations};
use core::ops::Range;
use fold::Folded;
use lists::Lists;

/// The live tokens of one question, those that are computed, and the messages between them. Its buffers are reused.
///
/// Messages pass through sums of tokens, one for each group. Where a token is in many small groups of one matrix, there is
/// one for each token instead, over the members of all of its groups.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// Number of all tokens, live or not.
    pub n_tokens: usize,
    /// The live tokens.
    pub live: Vec<u32>,
    /// The members of each group, as indices into the live tokens.
    members: Lists,
    /// The groups of each live token in the order of the relations, numbered through all of them.
    groups: Lists,
    /// `[n_matrices + 1]`: where the groups of each matrix start.
    segments: Vec<u32>,
    /// The groups of each relation.
    relations: Vec<Range<u32>>,
    /// All groups of all tokens, as `groups` has those of one turn; empty where there are no turns.
    all_groups: Lists,
    /// The sums that take the place of groups.
    folded: Folded,
    /// Number of neighbours of each live token, missing ones included.
    pub n_neighbours: usize,
    /// `[live, n_neighbours]`: indices into the live tokens, or [`NONE`].
    pub neighbours: Vec<u32>,
    /// Factor on the sum over a group.
    pub scale: f32,
    /// Buffers: an index for each token or group, and the group of each token in each relation.
    renumber: Vec<u32>,
    rows: Vec<u32>,
}

impl Graph {
    /// The members of a group, as indices into the live tokens.
    pub fn members_of(&self, group: usize) -> &[u32] {
        self.members.of(group)
    }

    /// The groups of one group relation.
    pub fn groups_of(&self, relation: usize) -> Range<usize> {
        let Range { start, end } = self.relations[relation];
        start as usize..end as usize
    }

    /// Number of sums over all matrices.
    #[inline]
    pub fn n_sums(&self) -> usize {
        if self.folded.is_empty() { self.members.len() } else { self.folded.senders.len() }
    }

    /// The sums that matrix `m` multiplies.
    #[inline]
    pub fn sums_of_matrix(&self, m: usize) -> Range<usize> {
        let segments = if self.folded.is_empty() { &self.segments } else { &self.folded.segments };
        segments[m] as usize..segments[m + 1] as usize
    }

    /// The live tokens that a sum is over; one may be there several times.
    #[inline]
    pub fn senders_to(&self, sum: usize) -> &[u32] {
        if self.folded.is_empty() { self.members.of(sum) } else { self.folded.senders.of(sum) }
    }

    /// The live tokens that receive a sum's message.
    #[inline]
    pub fn receivers_of(&self, sum: usize) -> &[u32] {
        if self.folded.is_empty() { self.members.of(sum) } else { self.folded.receivers.of(sum) }
    }

    /// The sums whose messages live token `i` receives.
    #[inline]
    pub fn received_by(&self, i: usize) -> &[u32] {
        self.received().of(i)
    }

    /// The sums whose messages each live token receives.
    #[inline]
    pub(crate) fn received(&self) -> &Lists {
        if self.folded.is_empty() { &self.groups } else { &self.folded.received }
    }

    /// The sums that live token `i` is part of; one may be there several times.
    #[inline]
    pub fn sent_by(&self, i: usize) -> &[u32] {
        if self.folded.is_empty() { self.groups.of(i) } else { self.folded.sent.of(i) }
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
        self.folded.clear();
        let Graph { all_groups, groups, segments, .. } = self;
        if all_groups.is_empty() {
            all_groups.clone_from(groups);
        }
        groups.reset(0);
        for mine in (0..all_groups.len()).map(|i| all_groups.of(i)) {
            for (ends, n) in segments.windows(2).zip(most) {
                let of_matrix = || mine.iter().filter(|g| (ends[0]..ends[1]).contains(g));
                let (n_groups, n) = (of_matrix().count(), *n as usize);
                let skipped = if n_groups > n { step * n % n_groups } else { 0 };
                groups.extend(of_matrix().cycle().skip(skipped).take(n.min(n_groups)));
            }
            groups.end();
        }
    }

    fn clear_messages(&mut self) {
        self.n_neighbours = 0;
        self.relations.clear();
        self.segments.clear();
        self.neighbours.clear();
        self.folded.clear();
        for (lists, n) in
            [(&mut self.members, 0), (&mut self.groups, self.live.len()), (&mut self.all_groups, 0)]
        {
            lists.reset(n);
        }
    }

    fn add_groups(&mut self, scale: f32, relations: &[GroupRelation]) {
        assert!(relations.iter().all(|r| r.group_of.len() == self.n_tokens));
        self.scale = scale;
        self.relations.resize(relations.len(), 0..0);
        self.rows.clear();
        self.rows.resize(self.live.len() * relations.len(), NONE);
        let n_matrices = relations.iter().map(|r| r.matrix + 1).max().unwrap_or(0);
        for matrix in 0..n_matrices {
            self.segments.push(self.members.len() as u32);
            for (r, relation) in relations.iter().enumerate() {
                if relation.matrix == matrix {
                    self.add_relation(r, &relation.group_of);
                }
            }
        }
        self.segments.push(self.members.len() as u32);
        self.groups.reset(0);
        for row in self.rows.chunks_exact(relations.len()) {
            self.groups.extend(row.iter().filter(|g| **g != NONE));
            self.groups.end();
        }
        self.fold();
    }

    /// Numbers the non-empty groups of one relation and lists their members. The groups of a token are one row of
    /// `rows`.
    fn add_relation(&mut self, r: usize, group_of: &[u32]) {
        let first = self.members.len() as u32;
        let Lists { starts: offsets, items: members } = &mut self.members;
        self.renumber.clear();
        self.renumber.resize(self.n_tokens, NONE);
        let rows = self.rows.chunks_exact_mut(self.relations.len());
        for (row, t) in rows.zip(&self.live) {
            let group = group_of[*t as usize];
            if group == NONE {
                continue;
            }
            let g = &mut self.renumber[group as usize];
            if *g == NONE {
                *g = offsets.len() as u32 - 1;
                offsets.push(0);
            }
            row[r] = *g;
            offsets[*g as usize + 1] += 1;
        }
        let end = offsets.len() as u32 - 1;
        self.relations[r] = first..end;
        for g in first..end {
            offsets[g as usize + 1] += offsets[g as usize];
        }
        members.resize(*offsets.last().unwrap_or(&0) as usize, 0);
        self.renumber.clear();
        self.renumber.extend_from_slice(&offsets[first as usize..end as usize]);
        let rows = self.rows.chunks_exact(self.relations.len());
        for (i, row) in rows.enumerate().filter(|(_, row)| row[r] != NONE) {
            let at = &mut self.renumber[(row[r] - first) as usize];
            members[*at as usize] = i as u32;
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
