//! Many small groups as one sum for each token.
//!
//! A token receives `W s_1 + W s_2 + ..` from its groups of one matrix W, where `s_g` is the sum over group g. That is
//! `W (s_1 + s_2 + ..)`: one product for each token, in place of one for each group. It pays where groups are many and small,
//! as the edges of a graph are.

use super::Graph;
use super::lists::Lists;
use crate::relations::NONE;

/// Groups larger than this are not small: a sum for each token is over the members of all of its groups, one by one.
const SMALL: usize = 8;

/// Sums in place of groups, or nothing. The lists are those of [`Graph`]'s methods of the same names.
#[derive(Clone, Debug, Default)]
pub(super) struct Folded {
    /// `[n_matrices + 1]`
    pub segments: Vec<u32>,
    pub senders: Lists,
    pub receivers: Lists,
    pub received: Lists,
    pub sent: Lists,
    /// `[n_groups]`: the sum of each group that is still one; [`NONE`] for the others.
    sum_of_group: Vec<u32>,
    /// `[n_matrices, live]`: the sum of each token in the place of its groups, or [`NONE`].
    sum_of_token: Vec<u32>,
}

impl Folded {
    pub fn is_empty(&self) -> bool {
        self.segments.is_empty()
    }

    pub fn clear(&mut self) {
        self.segments.clear();
    }
}

impl Graph {
    /// Gives the tokens a sum each in place of their groups, for every matrix whose groups are small and more than three for
    /// two tokens. Messages stay the same but for rounding.
    pub(super) fn fold(&mut self) {
        let n_matrices = self.segments.len().saturating_sub(1);
        if !(0..n_matrices).any(|m| self.is_worth_folding(m)) {
            return;
        }
        let mut folded = std::mem::take(&mut self.folded);
        let Folded { segments, senders, receivers, received, sent, .. } = &mut folded;
        segments.clear();
        [senders, receivers, received, sent].into_iter().for_each(|lists| lists.reset(0));
        folded.sum_of_group.clear();
        folded.sum_of_group.resize(self.members.len(), NONE);
        folded.sum_of_token.clear();
        folded.sum_of_token.resize(n_matrices * self.live.len(), NONE);
        for m in 0..n_matrices {
            folded.segments.push(folded.senders.len() as u32);
            match self.is_worth_folding(m) {
                true => self.fold_matrix(m, &mut folded),
                false => self.copy_matrix(m, &mut folded),
            }
        }
        folded.segments.push(folded.senders.len() as u32);
        self.route_tokens(&mut folded);
        self.folded = folded;
    }

    fn is_worth_folding(&self, m: usize) -> bool {
        let n_groups = (self.segments[m + 1] - self.segments[m]) as usize;
        let n_tokens = (0..self.live.len()).filter(|i| self.groups_of_matrix(*i, m).next().is_some()).count();
        let sizes = (self.segments[m]..self.segments[m + 1]).map(|g| self.members.of(g as usize).len());
        2 * n_groups > 3 * n_tokens && sizes.max().is_some_and(|most| most <= SMALL)
    }

    /// The groups of token `i` that matrix `m` multiplies.
    fn groups_of_matrix(&self, i: usize, m: usize) -> impl Iterator<Item = &u32> {
        let segment = self.segments[m]..self.segments[m + 1];
        self.groups.of(i).iter().filter(move |g| segment.contains(g))
    }

    fn copy_matrix(&self, m: usize, folded: &mut Folded) {
        for g in self.segments[m] as usize..self.segments[m + 1] as usize {
            folded.sum_of_group[g] = folded.senders.len() as u32;
            for lists in [&mut folded.senders, &mut folded.receivers] {
                lists.extend(self.members.of(g));
                lists.end();
            }
        }
    }

    fn fold_matrix(&self, m: usize, folded: &mut Folded) {
        let n = self.live.len();
        for i in 0..n {
            let mut groups = self.groups_of_matrix(i, m).peekable();
            if groups.peek().is_none() {
                continue;
            }
            folded.sum_of_token[m * n + i] = folded.senders.len() as u32;
            groups.for_each(|g| folded.senders.extend(self.members.of(*g as usize)));
            folded.senders.end();
            folded.receivers.extend(&[i as u32]);
            folded.receivers.end();
        }
    }

    /// What each token receives, and which sums it is part of: those of all members of its groups.
    fn route_tokens(&self, folded: &mut Folded) {
        let Folded { received, sent, sum_of_group, sum_of_token, .. } = folded;
        let n = self.live.len();
        for i in 0..n {
            received.extend(sum_of_token.iter().skip(i).step_by(n).filter(|sum| **sum != NONE));
            for g in self.groups.of(i) {
                let sum = &sum_of_group[*g as usize];
                if *sum == NONE {
                    let m = self.segments.partition_point(|start| start <= g) - 1;
                    let of_members = self.members.of(*g as usize).iter();
                    sent.extend(of_members.map(|u| &sum_of_token[m * n + *u as usize]));
                } else {
                    received.extend([sum]);
                    sent.extend([sum]);
                }
            }
            received.end();
            sent.end();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relations::{GroupRelation, Relations};

    fn graph(edges: &[[u32; 5]]) -> Graph {
        let edge = |of: &[u32; 5]| GroupRelation { name: "edge".into(), matrix: 1, group_of: of.to_vec() };
        let all = GroupRelation { name: "all".into(), matrix: 0, group_of: vec![0; 5] };
        let relations = Relations::Groups {
            scale: 1.0,
            relations: std::iter::once(all).chain(edges.iter().map(edge)).collect(),
        };
        let mut graph = Graph::default();
        graph.rebuild(&relations, 5, 5, |_| true);
        graph
    }

    const CHAIN: [[u32; 5]; 2] = [[0, 0, 1, 1, NONE], [NONE, 0, 0, 1, 1]];

    #[test]
    fn few_groups_stay() {
        let graph = graph(&CHAIN);
        assert_eq!((graph.n_sums(), graph.sums_of_matrix(1)), (5, 1..5));
        assert_eq!(graph.received_by(1), [0, 1, 3]);
        assert_eq!(graph.senders_to(3), graph.receivers_of(3));
    }

    #[test]
    fn large_groups_stay() {
        // Sixteen groups of all nine tokens.
        let all = || GroupRelation { name: "all".into(), matrix: 0, group_of: vec![0; 9] };
        let relations =
            Relations::Groups { scale: 1.0, relations: std::iter::repeat_with(all).take(16).collect() };
        let mut graph = Graph::default();
        graph.rebuild(&relations, 9, 9, |_| true);
        assert_eq!((graph.n_sums(), graph.receivers_of(15).len()), (16, 9));
    }

    #[test]
    fn many_groups_become_a_sum_for_each_token() {
        // The edges 0-1, 2-3, 1-2, 3-4, 0-2, 1-3, 0-3, 1-4.
        let mut graph = graph(&[CHAIN[0], CHAIN[1], [0, 1, 0, 1, NONE], [0, 1, NONE, 0, 1]]);
        assert_eq!((graph.n_sums(), graph.sums_of_matrix(0), graph.sums_of_matrix(1)), (6, 0..1, 1..6));
        assert_eq!(graph.senders_to(5), [3, 4, 1, 4]);
        assert_eq!(graph.receivers_of(5), [4]);
        let mut received = graph.received_by(4).to_vec();
        received.sort_unstable();
        assert_eq!(received, [0, 5]);
        // Token 0 is part of its own sum once for each of its three edges.
        assert_eq!(graph.sent_by(0).iter().filter(|sum| **sum == 1).count(), 3);
        for (sum, t) in (0..6).flat_map(|sum| (0..5).map(move |t| (sum, t))) {
            let times = |list: &[u32], of: usize| list.iter().filter(|i| **i as usize == of).count();
            assert_eq!(times(graph.senders_to(sum), t), times(graph.sent_by(t), sum), "{sum} {t}");
            assert_eq!(times(graph.receivers_of(sum), t), times(graph.received_by(t), sum), "{sum} {t}");
        }
        // Groups that take turns are groups.
        graph.take_turn(&[1, 2], 0);
        assert_eq!((graph.n_sums(), graph.received_by(4).len()), (9, 3));
    }
}
