//! The update of the answer on its own: one call `y <- net(y + z)` of the recursion.

use crate::config::{Mixer, TrmConfig};
use crate::relations::Relations;
use crate::updater::RowNet;

/// Refines an answer: `y <- net(y + z)`, with untrained weights.
///
/// ```
/// let config = trm_core::TrmConfig::builder().hidden_dim(64).build()?;
/// let mut refiner = trm_core::AnswerRefiner::new(&config);
/// let mut answer = vec![0.2; 64 * 10];
/// refiner.refine(&[0.1; 64], &[0.5; 64], &mut answer);
/// # Ok::<(), trm_core::TrmError>(())
/// ```
#[derive(Clone, Debug)]
pub struct AnswerRefiner {
    net: RowNet,
    /// The relations between rows, where the mixer has any.
    relations: Option<Relations>,
}

impl AnswerRefiner {
    /// The net that `config` describes.
    ///
    /// # Panics
    /// Where [`TrmConfig::validate`] refuses it.
    pub fn new(config: &TrmConfig) -> Self {
        let relations = match &config.mixer {
            Mixer::Relational(relations) => Some(relations.clone()),
            Mixer::Mlp { .. } | Mixer::Attention { .. } => None,
        };
        AnswerRefiner { net: RowNet::new(config), relations }
    }

    /// One refinement. A grid counts as one row of cells.
    ///
    /// Deviates: `question` is not read, because the paper's update of the answer does not read x; the
    /// parameter is there because the specification has it.
    ///
    /// # Shapes
    /// `answer` is `[rows, hidden_dim]`, prefix included; `latent` has the same shape, or is one row for all.
    ///
    /// # Panics
    /// Where a shape does not fit, or the relations are over another number of rows.
    pub fn refine(&mut self, question: &[f32], latent: &[f32], answer: &mut [f32]) {
        let _ = question;
        let rows = self.net.rows_of(answer);
        match &self.relations {
            None => self.net.complete(rows),
            Some(relations) if self.net.graph_mut().n_tokens != rows => {
                self.net.graph_mut().rebuild(relations, rows, rows, |_| true);
            }
            Some(_) => {}
        }
        self.net.update(&[latent], answer);
    }
}
