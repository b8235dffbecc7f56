//! The structure of a question as data: which tokens exchange messages.

use crate::error::{Result, TrmError};
use serde::{Deserialize, Serialize};

/// No live neighbour there, in [`Graph::neighbours`](crate::Graph::neighbours); no group, in [`GroupRelation::group_of`].
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
