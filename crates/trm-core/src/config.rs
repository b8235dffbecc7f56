//! What a model is made of.
//!
//! | here | reference code (TinyRecursiveModels) | paper (arXiv 2510.04871) |
//! |---|---|---|
//! | answer y | `z_H` | y |
//! | latent z | `z_L` | z |
//! | `cycles` | `H_cycles` | T |
//! | `latent_iterations` | `L_cycles` | n |
//! | `n_blocks` | `L_layers` | layers |
//! | `max_k` | `halt_max_steps` | N_sup |

use crate::answer_channel::AnswerChannel;
use crate::error::check;
use crate::{GroupRelation, Relations, Result, TrmError};
use serde::{Deserialize, Serialize};

/// What mixes the tokens of a question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Mixer {
    /// A SwiGLU across positions (MLP-T). Fewer tokens than `seq_len` count as zeros behind.
    Mlp {
        /// The most positions, prefix included.
        seq_len: usize,
        /// Width inside the SwiGLU across positions.
        mix_dim: usize,
    },
    /// Softmax attention with rotary positions.
    Attention {
        /// Heads; must divide `hidden_dim` into even parts.
        num_heads: usize,
    },
    /// Messages along relations that the question brings (R-GCN, arXiv 1703.06103), fused with
    /// the SwiGLU.
    Relational(Relations),
}

impl Mixer {
    /// A SwiGLU across `seq_len` positions, as wide as the reference's (8/3 of them) rounded up
    /// to whole registers.
    pub fn mlp(seq_len: usize) -> Self {
        Mixer::Mlp { seq_len, mix_dim: (seq_len * 8).div_ceil(3).next_multiple_of(16) }
    }
}

/// How an answer is read from the head's numbers, and so which loss trains it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Output {
    /// One number per token; a softmax over the tokens of each group of this relation.
    GroupSoftmax {
        /// Index of the relation.
        relation: usize,
    },
    /// A softmax over the `answer_dim` numbers of each token.
    TokenSoftmax,
    /// The same with stablemax (arXiv 2501.04697) in the loss.
    TokenStablemax,
    /// One number per token; positive means marked.
    Binary,
    /// Plain numbers; confidence is how little they change.
    Embedding,
}

/// What the halt head reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum HaltInput {
    /// The answer state of the first position, as in the reference, where the halt loss, halved,
    /// trains the net too.
    FirstPosition,
    /// Mean, largest and smallest of the answer state over the tokens, and how sure and how
    /// settled the answer is: see [`halt_features`](crate::heads::halt_features).
    Pooled,
}

/// The rule by which runs of a model halt unless the caller names another. Which one is right as often in fewer steps
/// depends on the model, so its file says it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HaltingRule {
    /// Enough steps agree, each with the weight of its confidence.
    #[default]
    Vote,
    /// The first step whose confidence reaches `halt_threshold`.
    Confidence,
}

impl HaltingRule {
    fn is_default(&self) -> bool {
        *self == HaltingRule::default()
    }
}

/// The shape of a model and how it recurs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrmConfig {
    /// Width of the states y and z.
    pub hidden_dim: usize,
    /// Width inside the SwiGLU.
    pub ffn_dim: usize,
    /// Blocks of the net.
    pub n_blocks: usize,
    /// Features of a question token.
    pub embedding_dim: usize,
    /// Numbers of an answer token.
    pub answer_dim: usize,
    /// Numbers of a token that training reads from y besides the answer: hints (arXiv 2205.15659) at what an algorithm has
    /// found so far. Inference does not ask for them. A file says it where there are any.
    #[serde(default, skip_serializing_if = "is_none")]
    pub hint_dim: usize,
    /// n: how often the latent is refined before the answer is.
    pub latent_iterations: usize,
    /// T: cycles in a supervision step, of which the last `gradient_cycles` carry the gradient.
    pub cycles: usize,
    /// How many cycles of a step are trained through; one in the paper. Inference does not ask for it.
    /// A file says it where it is more.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub gradient_cycles: usize,
    /// A noisy answer as a second input; none in the paper. A file says so where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer_channel: Option<AnswerChannel>,
    /// The most supervision steps an adaptive run may take.
    pub max_k: usize,
    /// An adaptive run stops once the confidence reaches this.
    pub halt_threshold: f32,
    /// The rule by which runs halt. Like `max_k` it is no part of the net; a file says it where it is not the vote.
    #[serde(default, skip_serializing_if = "HaltingRule::is_default")]
    pub halting_rule: HaltingRule,
    /// What mixes the tokens.
    pub mixer: Mixer,
    /// How an answer is read.
    pub output: Output,
    /// What the halt head reads.
    pub halt_input: HaltInput,
    /// Tokens whose feature in this column is not zero are known: not computed, answered with
    /// [`GIVEN_LOGIT`](crate::GIVEN_LOGIT).
    pub given_feature: Option<usize>,
    /// Positions in front of the question (the reference's puzzle embedding).
    pub prefix_tokens: usize,
    /// Factor on the embedded question; the reference uses sqrt(hidden_dim).
    pub embedding_scale: f32,
    /// Seed of the initial weights.
    pub seed: u64,
}

impl Default for TrmConfig {
    /// The specification's shapes: 256 wide, MLP mixing, untrained.
    fn default() -> Self {
        TrmConfig {
            hidden_dim: 256,
            ffn_dim: 256,
            n_blocks: 1,
            embedding_dim: 256,
            answer_dim: 256,
            hint_dim: 0,
            latent_iterations: 2,
            cycles: 1,
            gradient_cycles: 1,
            answer_channel: None,
            max_k: 20,
            halt_threshold: 0.95,
            halting_rule: HaltingRule::Vote,
            mixer: Mixer::mlp(16),
            output: Output::Embedding,
            halt_input: HaltInput::Pooled,
            given_feature: None,
            prefix_tokens: 0,
            embedding_scale: 1.0,
            seed: 0,
        }
    }
}

impl TrmConfig {
    /// Starts from the default configuration.
    ///
    /// ```
    /// let config = trm_core::TrmConfig::builder().hidden_dim(64).max_k(8).build()?;
    /// assert_eq!((config.hidden_dim, config.max_k), (64, 8));
    /// # Ok::<(), trm_core::TrmError>(())
    /// ```
    pub fn builder() -> TrmConfigBuilder {
        TrmConfigBuilder::default()
    }

    /// Whether all fields are in range and fit together.
    ///
    /// # Errors
    /// [`TrmError::Config`] naming the first field that is not.
    pub fn validate(&self) -> Result<()> {
        let range = |field, found: usize, max: usize, expected| {
            let ok = (1..=max).contains(&found);
            ok.then_some(()).ok_or_else(|| TrmError::Config { field, found: found.to_string(), expected })
        };
        range("hidden_dim", self.hidden_dim, 1 << 14, "1 to 16384")?;
        range("ffn_dim", self.ffn_dim, 1 << 16, "1 to 65536")?;
        range("n_blocks", self.n_blocks, 64, "1 to 64")?;
        range("embedding_dim", self.embedding_dim, 1 << 16, "1 to 65536")?;
        range("answer_dim", self.answer_dim, 1 << 16, "1 to 65536")?;
        range("latent_iterations", self.latent_iterations, 256, "1 to 256")?;
        range("cycles", self.cycles, 256, "1 to 256")?;
        let trained = (1..=self.cycles).contains(&self.gradient_cycles);
        check(trained, "gradient_cycles", self.gradient_cycles, "1 to cycles")?;
        range("max_k", self.max_k, crate::MAX_K, "1 to 65536")?;
        check(self.hint_dim <= 1 << 10, "hint_dim", self.hint_dim, "at most 1024")?;
        range("prefix_tokens", self.prefix_tokens + 1, 1 << 10, "below 1024")?;
        let unit = self.halt_threshold >= 0.0 && self.halt_threshold <= 1.0;
        check(unit, "halt_threshold", self.halt_threshold, "0 to 1")?;
        check(self.embedding_scale.is_finite(), "embedding_scale", self.embedding_scale, "finite")?;
        self.answer_channel.iter().try_for_each(AnswerChannel::validate)?;
        if let Some(column) = self.given_feature {
            check(column < self.embedding_dim, "given_feature", column, "below embedding_dim")?;
        }
        self.validate_mixer()?;
        let single = matches!(self.output, Output::GroupSoftmax { .. } | Output::Binary);
        check(!single || self.answer_dim == 1, "answer_dim", self.answer_dim, "1 for this output")
    }

    fn validate_mixer(&self) -> Result<()> {
        match &self.mixer {
            Mixer::Mlp { seq_len, mix_dim } => {
                let ok = (1..=1 << 14).contains(seq_len) && *seq_len > self.prefix_tokens;
                check(ok, "seq_len", seq_len, "1 to 16384 and more than prefix_tokens")?;
                check((1..=1 << 16).contains(mix_dim), "mix_dim", mix_dim, "1 to 65536")?;
            }
            Mixer::Attention { num_heads } => {
                let ok = *num_heads > 0 && self.hidden_dim.is_multiple_of(2 * num_heads);
                check(ok, "num_heads", num_heads, "a divisor of hidden_dim into even parts")?;
            }
            Mixer::Relational(relations) => {
                relations.validate()?;
                check(self.prefix_tokens == 0, "prefix_tokens", self.prefix_tokens, "0 with relations")?;
            }
        }
        if let Output::GroupSoftmax { relation } = self.output {
            let found = match &self.mixer {
                Mixer::Relational(Relations::Groups { relations, .. }) => relations.get(relation),
                _ => None,
            };
            check(found.is_some(), "output.relation", relation, "the index of a group relation")?;
            let whole = found.is_some_and(GroupRelation::is_partition);
            check(whole, "output.relation", relation, "a relation with a group for every token")?;
        }
        Ok(())
    }
}

fn one() -> usize {
    1
}

fn is_none(n: &usize) -> bool {
    *n == 0
}

fn is_one(n: &usize) -> bool {
    *n == 1
}

/// Builds a [`TrmConfig`].
#[derive(Clone, Debug, Default)]
pub struct TrmConfigBuilder {
    config: TrmConfig,
    ffn_dim: Option<usize>,
    answer_dim: Option<usize>,
    use_attention: Option<bool>,
    num_heads: Option<usize>,
}

macro_rules! setters {
    ($($(#[$doc:meta])* $field:ident: $t:ty),* $(,)?) => {$(
        $(#[$doc])*
        pub fn $field(mut self, $field: $t) -> Self {
            self.config.$field = $field;
            self
        }
    )*};
}

impl TrmConfigBuilder {
    setters! {
        /// Width of the states; `ffn_dim` follows unless set.
        hidden_dim: usize,
        /// Features of a question token; `answer_dim` follows unless set.
        embedding_dim: usize,
        /// Blocks of the net.
        n_blocks: usize,
        /// Numbers of a token that hints train.
        hint_dim: usize,
        /// n, latent refinements per cycle.
        latent_iterations: usize,
        /// T, cycles per supervision step.
        cycles: usize,
        /// Cycles of a step that are trained through.
        gradient_cycles: usize,
        /// A noisy answer as a second input.
        answer_channel: Option<AnswerChannel>,
        /// The most supervision steps of an adaptive run.
        max_k: usize,
        /// The confidence at which an adaptive run stops.
        halt_threshold: f32,
        /// The rule by which runs halt unless another is named.
        halting_rule: HaltingRule,
        /// What mixes the tokens; `use_attention` is the short form for the two dense ones.
        mixer: Mixer,
        /// How an answer is read.
        output: Output,
        /// What the halt head reads.
        halt_input: HaltInput,
        /// The feature column that says a token is known.
        given_feature: Option<usize>,
        /// Positions in front of the question.
        prefix_tokens: usize,
        /// Factor on the embedded question.
        embedding_scale: f32,
        /// Seed of the initial weights.
        seed: u64,
    }

    /// Width inside the SwiGLU.
    pub fn ffn_dim(mut self, ffn_dim: usize) -> Self {
        self.ffn_dim = Some(ffn_dim);
        self
    }

    /// Numbers of an answer token.
    pub fn answer_dim(mut self, answer_dim: usize) -> Self {
        self.answer_dim = Some(answer_dim);
        self
    }

    /// Attention (true) or MLP (false) as the mixer.
    pub fn use_attention(mut self, use_attention: bool) -> Self {
        self.use_attention = Some(use_attention);
        self
    }

    /// Heads of the attention; 8 unless set.
    pub fn num_heads(mut self, num_heads: usize) -> Self {
        self.num_heads = Some(num_heads);
        self
    }

    /// The configuration, if its fields fit together.
    ///
    /// # Errors
    /// [`TrmError::Config`] naming the field that does not.
    pub fn build(self) -> Result<TrmConfig> {
        let mut config = self.config;
        config.ffn_dim = self.ffn_dim.unwrap_or(config.hidden_dim);
        config.answer_dim = self.answer_dim.unwrap_or(config.embedding_dim);
        match self.use_attention {
            Some(true) => config.mixer = Mixer::Attention { num_heads: self.num_heads.unwrap_or(8) },
            Some(false) if matches!(config.mixer, Mixer::Mlp { .. }) => {}
            Some(false) => config.mixer = Mixer::mlp(16),
            None => {
                if let (Mixer::Attention { num_heads }, Some(n)) = (&mut config.mixer, self.num_heads) {
                    *num_heads = n;
                }
            }
        }
        config.validate()?;
        Ok(config)
    }
}
