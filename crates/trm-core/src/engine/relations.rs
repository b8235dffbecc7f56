//! The relations of an engine's questions, where they are not the model's or not all heard at once.

use super::TrmEngine;
use crate::{Mixer, Relations, Result, TrmConfig, TrmError};
use std::sync::Arc;

/// Groups of each matrix that a token receives from in one step, where it does not receive from all.
#[derive(Clone, Debug)]
pub(super) struct Turns {
    pub(super) most: Arc<[u32]>,
    /// After how many steps all groups have had one.
    n_steps: usize,
}

impl TrmEngine {
    /// The same engine for questions that bring relations of their own: groups whose messages pass the matrices of the
    /// model.
    ///
    /// # Errors
    /// [`TrmError::Config`] where the relations are not valid, pass other matrices, or leave a softmax without groups.
    pub fn with_relations(mut self, relations: Arc<Relations>) -> Result<Self> {
        let mut config = self.model.config().clone();
        let n_matrices = |config: &TrmConfig| match &config.mixer {
            Mixer::Relational(relations) => Some((relations.n_matrices(), relations.n_neighbours())),
            _ => None,
        };
        let expected = n_matrices(&config);
        config.mixer = Mixer::Relational((*relations).clone());
        config.validate()?;
        if n_matrices(&config) != expected {
            let (found, expected) = (format!("{:?}", n_matrices(&config)), "the matrices of the model");
            return Err(TrmError::Config { field: "relations", found, expected });
        }
        self.relations = Some(relations);
        Ok(self)
    }

    /// The same engine whose tokens receive from at most `most[m]` groups of matrix `m` in one supervision step. Where
    /// a token is in more, they take turns from step to step: weights that were trained with two groups of a kind at
    /// every token then answer questions with three, which at once would be another input than they know.
    ///
    /// # Errors
    /// [`TrmError::Config`] where there is not one number above 0 for each matrix.
    pub fn with_turns(mut self, most: &[u32]) -> Result<Self> {
        let relations = self.relations().filter(|relations| relations.n_matrices() == most.len());
        let Some(relations) = relations.filter(|_| !most.contains(&0)) else {
            let (found, expected) = (format!("{most:?}"), "one number above 0 for each matrix");
            return Err(TrmError::Config { field: "turns", found, expected });
        };
        let found = relations.most_groups();
        let n_steps = found.iter().zip(most).map(|(found, most)| found.div_ceil(*most)).max();
        self.turns = Some(Turns { most: most.into(), n_steps: n_steps.unwrap_or(1).max(1) as usize });
        Ok(self)
    }

    /// The number of supervision steps in which every group of the model's relations has its turn; 1 where they take
    /// none ([`TrmEngine::with_turns`]).
    #[must_use]
    pub fn n_turns(&self) -> usize {
        self.turns.as_ref().map_or(1, |turns| turns.n_steps)
    }

    /// The relations of its questions: their own, or the model's.
    pub(super) fn relations(&self) -> Option<&Relations> {
        match (&self.relations, &self.model.config().mixer) {
            (Some(relations), _) => Some(relations),
            (None, Mixer::Relational(relations)) => Some(relations),
            _ => None,
        }
    }
}
