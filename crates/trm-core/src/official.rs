//! Checkpoints of the official PyTorch implementation (TinyRecursiveModels).
//!
//! | official | here |
//! |---|---|
//! | `inner.embed_tokens.embedding_weight` | `question.weight`, of one-hot tokens |
//! | `inner.puzzle_emb.weights` | `prefix.weight`, zeros behind |
//! | `inner.H_init`, `inner.L_init` | `init.y`, `init.z` |
//! | `inner.lm_head.weight` | `head.weight` |
//! | `inner.q_head.*` | `halt.*`: the first of two rows |
//! | `inner.L_level.layers.B.*` | `blocks.B.*` |
//!
//! Deviates: the second row of the `q_head` ("continue") is dropped; with `no_ACT_continue`, the
//! reference's default, it is neither trained nor read.

#[cfg(feature = "checkpoints")]
pub mod pytorch;
#[cfg(feature = "checkpoints")]
mod training_config;

#[cfg(feature = "checkpoints")]
pub use training_config::TrainingConfig;

use crate::weights::{describe, read_bounded};
use crate::{HaltInput, HaltingRule, Mixer, Model, Output, Result, TrmConfig, TrmError};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// The official configuration, without what only its training reads.
#[derive(Clone, Debug, Deserialize)]
#[allow(non_snake_case)]
struct OfficialConfig {
    seq_len: usize,
    #[serde(default)]
    puzzle_emb_ndim: usize,
    num_puzzle_identifiers: usize,
    vocab_size: usize,
    H_cycles: usize,
    L_cycles: usize,
    L_layers: usize,
    hidden_size: usize,
    expansion: f64,
    num_heads: usize,
    pos_encodings: String,
    #[serde(default = "rms_norm_eps")]
    rms_norm_eps: f64,
    #[serde(default = "rope_theta")]
    rope_theta: f64,
    halt_max_steps: usize,
    #[serde(default)]
    mlp_t: bool,
    #[serde(default = "puzzle_emb_len")]
    puzzle_emb_len: usize,
}

fn rms_norm_eps() -> f64 {
    crate::RMS_EPS
}

fn rope_theta() -> f64 {
    f64::from(crate::dense::ROPE_THETA)
}

fn puzzle_emb_len() -> usize {
    16
}

/// The configuration that the official one (JSON) describes.
///
/// # Errors
/// [`TrmError::Format`] where it is not such JSON, [`TrmError::Config`] naming the field that
/// this crate has no counterpart for.
pub fn config_from_json(json: &str) -> Result<TrmConfig> {
    OfficialConfig::from_json(json)?.config()
}

impl OfficialConfig {
    fn from_json(json: &str) -> Result<Self> {
        let official: OfficialConfig = serde_json::from_str(json)
            .map_err(|e| TrmError::Format { reason: format!("configuration: {e}") })?;
        official.check()?;
        Ok(official)
    }

    fn config(&self) -> Result<TrmConfig> {
        let (hidden_dim, seq_len) = (self.hidden_size, self.seq_len);
        let prefix_tokens = self.prefix_tokens();
        let mixer = if self.mlp_t {
            let seq_len = seq_len + prefix_tokens;
            Mixer::Mlp { seq_len, mix_dim: self.inner_width(seq_len) }
        } else {
            Mixer::Attention { num_heads: self.num_heads }
        };
        let config = TrmConfig {
            hint_dim: 0,
            answer_channel: None,
            hidden_dim,
            ffn_dim: self.inner_width(hidden_dim),
            n_blocks: self.L_layers,
            embedding_dim: self.vocab_size,
            answer_dim: self.vocab_size,
            latent_iterations: self.L_cycles,
            cycles: self.H_cycles,
            gradient_cycles: 1,
            max_k: self.halt_max_steps,
            halt_threshold: 0.5,
            halting_rule: HaltingRule::Vote,
            mixer,
            output: Output::TokenStablemax,
            halt_input: HaltInput::FirstPosition,
            given_feature: None,
            prefix_tokens,
            embedding_scale: (hidden_dim as f32).sqrt(),
            seed: 0,
        };
        config.validate()?;
        Ok(config)
    }

    /// Refuses a puzzle embedding that is not one row of `puzzle_emb_ndim` numbers.
    fn check_puzzle_embedding(&self, name: &str, view: &TensorView) -> Result<()> {
        let expected = [1, self.puzzle_emb_ndim];
        if view.shape() == expected {
            return Ok(());
        }
        let identifiers = match view.shape() {
            [n, _] if *n != 1 => format!(": one puzzle identifier, the checkpoint has {n}"),
            _ => " (puzzle_emb_ndim of the configuration)".into(),
        };
        let expected = format!("{expected:?}{identifiers}");
        Err(TrmError::TensorShape { name: name.into(), found: describe(view), expected })
    }

    fn check(&self) -> Result<()> {
        let check = |ok: bool, field, found: String, expected| {
            ok.then_some(()).ok_or(TrmError::Config { field, found, expected })
        };
        let sane = self.hidden_size <= 1 << 14 && self.seq_len <= 1 << 14;
        check(sane && self.hidden_size > 0, "hidden_size", self.hidden_size.to_string(), "1 to 16384")?;
        check(
            self.puzzle_emb_len < 1 << 10,
            "puzzle_emb_len",
            self.puzzle_emb_len.to_string(),
            "below 1024",
        )?;
        let expansion = self.expansion > 0.0 && self.expansion <= 64.0;
        check(expansion, "expansion", self.expansion.to_string(), "above 0, at most 64")?;
        let position = self.mlp_t || self.pos_encodings == "rope";
        check(
            position && self.pos_encodings != "learned",
            "pos_encodings",
            self.pos_encodings.clone(),
            "rope",
        )?;
        let eps = self.rms_norm_eps == rms_norm_eps();
        check(eps, "rms_norm_eps", self.rms_norm_eps.to_string(), "1e-5")?;
        check(self.rope_theta == rope_theta(), "rope_theta", self.rope_theta.to_string(), "10000")?;
        let n = self.num_puzzle_identifiers;
        check(n == 1, "num_puzzle_identifiers", n.to_string(), "1: a model of one kind of puzzle")?;
        let fits = self.puzzle_emb_ndim <= self.prefix_tokens() * self.hidden_size;
        let fits = fits && (self.puzzle_emb_ndim > 0 || self.prefix_tokens() == 0);
        check(fits, "puzzle_emb_ndim", self.puzzle_emb_ndim.to_string(), "what puzzle_emb_len positions hold")
    }

    fn prefix_tokens(&self) -> usize {
        match self.puzzle_emb_len {
            0 => self.puzzle_emb_ndim.div_ceil(self.hidden_size.max(1)),
            n => n,
        }
    }

    /// Width inside a SwiGLU over `n` numbers (the reference's `_find_multiple`; Python rounds
    /// halves to even).
    fn inner_width(&self, n: usize) -> usize {
        ((self.expansion * n as f64 * 2.0 / 3.0).round_ties_even() as usize).next_multiple_of(256)
    }
}

/// How an official tensor is laid out here.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Conversion {
    /// The same.
    Same,
    /// The other way round.
    Transposed,
    /// Its first row.
    FirstRow,
    /// Its first row, then zeros.
    Padded,
}

/// What wrappers, training loops and averages put in front of a name.
const PREFIXES: [&str; 7] =
    ["_orig_mod.", "model.", "module.", "state_dict.", "model_state_dict.", "ema_model.", "ema."];

/// Official name, name here, and how the one becomes the other.
pub(crate) fn tensor_map(config: &TrmConfig) -> Vec<(String, String, Conversion)> {
    let mut map: Vec<(String, String, Conversion)> = [
        ("inner.embed_tokens.embedding_weight", "question.weight", Conversion::Same),
        ("inner.H_init", "init.y", Conversion::Same),
        ("inner.L_init", "init.z", Conversion::Same),
        ("inner.lm_head.weight", "head.weight", Conversion::Transposed),
        ("inner.q_head.weight", "halt.weight", Conversion::FirstRow),
        ("inner.q_head.bias", "halt.bias", Conversion::FirstRow),
    ]
    .map(|(a, b, fit)| (a.into(), b.into(), fit))
    .into();
    if config.prefix_tokens > 0 {
        map.push(("inner.puzzle_emb.weights".into(), "prefix.weight".into(), Conversion::Padded));
    }
    let mix: &[(&str, &str, Conversion)] = match config.mixer {
        Mixer::Attention { .. } => &[
            ("self_attn.qkv_proj", "attention.qkv", Conversion::Transposed),
            ("self_attn.o_proj", "attention.out", Conversion::Transposed),
        ],
        _ => &[
            ("mlp_t.gate_up_proj", "mlp.gate_up", Conversion::Same),
            ("mlp_t.down_proj", "mlp.down", Conversion::Transposed),
        ],
    };
    let swiglu = [
        ("mlp.gate_up_proj", "swiglu.gate_up", Conversion::Transposed),
        ("mlp.down_proj", "swiglu.down", Conversion::Transposed),
    ];
    for b in 0..config.n_blocks {
        for (official, here, fit) in mix.iter().chain(&swiglu) {
            let official = format!("inner.L_level.layers.{b}.{official}.weight");
            map.push((official, format!("blocks.{b}.{here}.weight"), *fit));
        }
    }
    map
}

/// A tensor's name without [`PREFIXES`]. Parts of the model are named with `inner.` in front, as in a
/// checkpoint of the official code, whether the file has that or not.
fn official_name(full: &str) -> String {
    let mut name = full;
    while let Some(rest) = PREFIXES.iter().find_map(|prefix| name.strip_prefix(prefix)) {
        name = rest;
    }
    let parts = [
        "embed_tokens.",
        "puzzle_emb.",
        "H_init",
        "L_init",
        "lm_head.",
        "q_head.",
        "L_level.",
        "rotary_emb.",
    ];
    if parts.iter().any(|part| name.starts_with(part)) { format!("inner.{name}") } else { name.to_string() }
}

/// Whether a tensor is a buffer that the code fills by itself: tables of the rotary embedding, and the batch
/// of the puzzle embedding.
fn is_buffer(name: &str) -> bool {
    name.starts_with("inner.rotary_emb.") || name.starts_with("inner.puzzle_emb.local_")
}

/// The tensors of a checkpoint by official name; buffers are left out.
pub(crate) fn named<'a>(tensors: &'a SafeTensors<'a>) -> Result<BTreeMap<String, TensorView<'a>>> {
    let mut named = BTreeMap::<String, (&str, TensorView)>::new();
    for (full, view) in tensors.iter() {
        let name = official_name(full);
        if is_buffer(&name) {
            continue;
        }
        if let Some((other, _)) = named.insert(name, (full, view)) {
            let reason = format!("{other} and {full} are the same tensor of the model");
            return Err(TrmError::Format { reason });
        }
    }
    Ok(named.into_iter().map(|(name, (_, view))| (name, view)).collect())
}

/// Copies an official tensor to its place of shape `shape`.
pub(crate) fn read_tensor(
    name: &str,
    view: &TensorView,
    fit: Conversion,
    shape: &[usize],
    to: &mut [f32],
) -> Result<()> {
    let found = view.shape();
    let fits = match fit {
        Conversion::Same => found == shape,
        Conversion::Transposed => found.iter().rev().eq(shape),
        Conversion::FirstRow => found.first() == Some(&2) && found[1..].iter().product::<usize>() == to.len(),
        Conversion::Padded => found.len() == 2 && found[0] == 1 && found[1] <= to.len(),
    };
    let numbers = floats(view);
    let (true, Some(numbers)) = (fits, numbers) else {
        let shown: Vec<usize> = match fit {
            Conversion::Transposed => shape.iter().rev().copied().collect(),
            Conversion::FirstRow => {
                if shape.len() > 1 || to.len() > 1 {
                    vec![2, to.len()]
                } else {
                    vec![2]
                }
            }
            Conversion::Padded => vec![1, to.len()],
            Conversion::Same => shape.to_vec(),
        };
        let expected = format!("F32, F64, F16 or BF16 {shown:?}");
        return Err(TrmError::TensorShape { name: name.into(), found: describe(view), expected });
    };
    let transposed = fit == Conversion::Transposed;
    for (index, value) in numbers.enumerate() {
        if !value.is_finite() {
            return Err(TrmError::NotFinite { what: format!("tensor {name}"), index, value });
        }
        let at = if transposed { index % shape[0] * shape[1] + index / shape[0] } else { index };
        if let Some(to) = to.get_mut(at) {
            *to = value;
        }
    }
    Ok(())
}

/// The numbers of a tensor of any float type; the reference keeps its initial states in the type
/// it computes in.
pub(crate) fn floats<'a>(view: &'a TensorView) -> Option<impl Iterator<Item = f32> + 'a> {
    let dtype = view.dtype();
    let size = match dtype {
        Dtype::F64 => 8,
        Dtype::F32 => 4,
        Dtype::F16 | Dtype::BF16 => 2,
        _ => return None,
    };
    Some(view.data().chunks_exact(size).map(move |c| match *c {
        [a, b, c, d, e, f, g, h] => f64::from_le_bytes([a, b, c, d, e, f, g, h]) as f32,
        [a, b, c, d] => f32::from_le_bytes([a, b, c, d]),
        [a, b] if dtype == Dtype::F16 => half::f16::from_le_bytes([a, b]).to_f32(),
        [a, b] => half::bf16::from_le_bytes([a, b]).to_f32(),
        _ => unreachable!("chunks of {size} bytes"),
    }))
}

/// Reads an official checkpoint as safetensors. Its configuration is `config`, or else the
/// metadata `config` of the file (JSON both).
///
/// # Errors
/// [`TrmError::Format`] where it is no safetensors or has no configuration, what
/// [`config_from_json`] says, or an error naming the tensor that is missing, superfluous, of
/// another shape or not finite.
pub fn from_bytes(bytes: &[u8], config: Option<&str>) -> Result<Model> {
    let format = |e: &dyn std::fmt::Display| TrmError::Format { reason: e.to_string() };
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(|e| format(&e))?;
    let metadata = header.metadata().as_ref().and_then(|m| m.get("config")).map(String::as_str);
    let json = config.or(metadata).ok_or_else(|| format(&"no configuration"))?;
    let official_config = OfficialConfig::from_json(json)?;
    let config = official_config.config()?;
    let tensors = SafeTensors::deserialize(bytes).map_err(|e| format(&e))?;
    let mut named = named(&tensors)?;
    let needed = crate::model::param_count(&config)?;
    if needed > bytes.len() {
        let reason = format!("{} bytes cannot hold the {needed} weights of its configuration", bytes.len());
        return Err(TrmError::Format { reason });
    }
    let map = tensor_map(&config);
    let mut model = Model::new(config)?;
    let layout = model.layout().clone();
    model.params.fill(0.0);
    for (official, here, fit) in map {
        let entry = layout.get(&here).expect("every place is laid out");
        let view = named.remove(&official).ok_or(TrmError::MissingTensor { name: official.clone() })?;
        if fit == Conversion::Padded {
            official_config.check_puzzle_embedding(&official, &view)?;
        }
        read_tensor(&official, &view, fit, &entry.shape, &mut model.params[entry.range.clone()])?;
    }
    match named.into_keys().next() {
        Some(name) => Err(TrmError::ExtraTensor { name }),
        None => Ok(model),
    }
}

/// Reads an official checkpoint file; see [`from_bytes`].
///
/// # Errors
/// [`TrmError::Io`] with the path, or what [`from_bytes`] says.
pub fn load(path: impl AsRef<Path>, config: Option<&str>) -> Result<Model> {
    from_bytes(&read_bounded(path.as_ref())?, config)
}
