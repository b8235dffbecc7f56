//! Updates of the latent on their own: one call `z <- net(x + y + z)` of the recursion.

use crate::buffer::Buffer;
use crate::config::{Mixer, TrmConfig};
use crate::graph::Graph;
use crate::kernel::Isa;
use crate::net::{Context, Net, NetScratch};
use crate::params::Layout;

/// The most positions of [`MlpLatentUpdater::new`].
const MLP_POSITIONS: usize = 16;

/// A net with its own weights and buffers, over rows that are all live.
#[derive(Clone, Debug)]
pub(crate) struct RowNet {
    net: Net,
    params: Buffer<f32>,
    dim: usize,
    prefix_tokens: usize,
    graph: Graph,
    scratch: NetScratch<f32>,
    input: Vec<f32>,
}

impl RowNet {
    /// Untrained weights.
    ///
    /// # Panics
    /// Where `config` is not valid.
    pub(crate) fn new(config: &TrmConfig) -> Self {
        config.validate().unwrap_or_else(|e| panic!("{e}"));
        let mut layout = Layout::default();
        let net = Net::new(config, &mut layout);
        RowNet {
            net,
            params: layout.init(config.seed),
            dim: config.hidden_dim,
            prefix_tokens: config.prefix_tokens,
            graph: Graph::default(),
            scratch: NetScratch::default(),
            input: Vec::new(),
        }
    }

    pub(crate) fn graph_mut(&mut self) -> &mut Graph {
        &mut self.graph
    }

    /// Makes all `n` rows live.
    ///
    /// # Panics
    /// Where there are only prefix rows.
    pub(crate) fn complete(&mut self, n: usize) {
        assert!(n > self.prefix_tokens, "{n} rows, {} of them prefix", self.prefix_tokens);
        if self.graph.live.len() != n - self.prefix_tokens {
            self.graph.complete(n - self.prefix_tokens);
        }
    }

    /// `state <- net(state + sum of terms)`; a term has the shape of the state, or is one row for all.
    ///
    /// # Panics
    /// Where a shape does not fit.
    pub(crate) fn update(&mut self, terms: &[&[f32]], state: &mut [f32]) {
        self.input.clear();
        self.input.extend_from_slice(state);
        for term in terms {
            let fits = term.len() == self.dim || term.len() == state.len();
            assert!(fits, "{} values, not {} or {}", term.len(), self.dim, state.len());
            for rows in self.input.chunks_exact_mut(term.len()) {
                rows.iter_mut().zip(*term).for_each(|(x, t)| *x += *t);
            }
        }
        let ctx = Context { isa: Isa::best(), params: &self.params, graph: &self.graph, pairs: None };
        self.net.forward(ctx, &self.input, state, &mut self.scratch);
    }

    /// Number of rows of a state.
    ///
    /// # Panics
    /// Where it is empty or does not hold whole rows.
    pub(crate) fn rows_of(&self, state: &[f32]) -> usize {
        let whole = !state.is_empty() && state.len().is_multiple_of(self.dim);
        assert!(whole, "{} values are not rows of {}", state.len(), self.dim);
        state.len() / self.dim
    }
}

/// Refines a latent: `z <- net(x + y + z)`.
///
/// # Shapes
/// `latent` is `[rows, dim]`; `question` and `answer` have the same shape, or are one row for all.
pub trait LatentUpdater {
    /// One refinement.
    ///
    /// # Panics
    /// Where a shape does not fit.
    fn update(&mut self, question: &[f32], answer: &[f32], latent: &mut [f32]);
}

/// A [`LatentUpdater`] of one block with MLP-T, with untrained weights.
///
/// ```
/// use trm_core::{LatentUpdater, MlpLatentUpdater};
///
/// let mut mlp = MlpLatentUpdater::new(64, 64);
/// let mut latent = vec![0.0; 64];
/// mlp.update(&[0.1; 64], &[0.2; 64], &mut latent);
/// assert!(latent.iter().any(|z| *z != 0.0));
/// ```
#[derive(Clone, Debug)]
pub struct MlpLatentUpdater(RowNet);

impl MlpLatentUpdater {
    /// For up to 16 rows of width `dim`, with a SwiGLU `hidden` wide.
    ///
    /// # Panics
    /// Where a width is 0 or above what [`TrmConfig::validate`] allows.
    pub fn new(dim: usize, hidden: usize) -> Self {
        Self::with_positions(dim, hidden, MLP_POSITIONS)
    }

    /// For up to `seq_len` rows.
    ///
    /// # Panics
    /// As [`MlpLatentUpdater::new`].
    pub fn with_positions(dim: usize, hidden: usize, seq_len: usize) -> Self {
        let mixer = Mixer::mlp(seq_len);
        MlpLatentUpdater(RowNet::new(&TrmConfig {
            hidden_dim: dim,
            ffn_dim: hidden,
            mixer,
            ..TrmConfig::default()
        }))
    }
}

/// A [`LatentUpdater`] of one block with attention, with untrained weights, for any number of rows.
#[derive(Clone, Debug)]
pub struct AttentionLatentUpdater(RowNet);

impl AttentionLatentUpdater {
    /// For rows of width `dim`, with a SwiGLU of the same width.
    ///
    /// # Panics
    /// Where `num_heads` does not divide `dim` into even parts.
    pub fn new(dim: usize, num_heads: usize) -> Self {
        let mixer = Mixer::Attention { num_heads };
        AttentionLatentUpdater(RowNet::new(&TrmConfig {
            hidden_dim: dim,
            ffn_dim: dim,
            mixer,
            ..TrmConfig::default()
        }))
    }
}

macro_rules! updater {
    ($t:ty) => {
        impl LatentUpdater for $t {
            fn update(&mut self, question: &[f32], answer: &[f32], latent: &mut [f32]) {
                let rows = self.0.rows_of(latent);
                self.0.complete(rows);
                self.0.update(&[question, answer], latent);
            }
        }
    };
}

updater!(MlpLatentUpdater);
updater!(AttentionLatentUpdater);
