//! The tensors of a model, and where they lie.

use crate::heads::n_halt_features;
use crate::net::Net;
use crate::params::{Init, Layout};
use crate::{Output, Result, TrmConfig, TrmError};
use core::ops::Range;

/// Where the tensors outside the net lie.
#[derive(Clone, Debug)]
pub(super) struct TensorRanges {
    /// `[prefix_tokens, h]`
    pub prefix: Range<usize>,
    /// `[embedding_dim, h]`
    pub question: Range<usize>,
    /// `[answer_dim, h]`: how the answer channel enters x; empty without one.
    pub channel: Range<usize>,
    /// `[answer_dim, h]`: how an initial answer enters y.
    pub answer: Range<usize>,
    /// `[h]` each: the initial y and z.
    pub init: [Range<usize>; 2],
    /// `[h, answer_dim]` and `[answer_dim]`
    pub head: [Range<usize>; 2],
    /// `[h, hint_dim]` and `[hint_dim]`; empty without hints.
    pub hints: [Range<usize>; 2],
    /// `[n_halt_features]` and `[1]`
    pub halt: [Range<usize>; 2],
}

/// The tensors of a model and where they lie.
pub(super) fn lay_out(config: &TrmConfig) -> Result<(Layout, Net, TensorRanges)> {
    config.validate()?;
    let mut layout = Layout::default();
    let (h, dense) = (config.hidden_dim, config.output == Output::Embedding);
    let question = layout.push(
        "question.weight",
        &[config.embedding_dim, h],
        if dense { Init::fan_in(config.embedding_dim) } else { Init::Uniform(1.0) },
        true,
    );
    let answer_init = if dense { Init::fan_in(config.answer_dim) } else { Init::Zero };
    let answer = layout.push("answer.weight", &[config.answer_dim, h], answer_init, false);
    let channel = match config.answer_channel {
        Some(_) => layout.push("channel.weight", &[config.answer_dim, h], Init::Zero, true),
        None => 0..0,
    };
    let init = ["init.y", "init.z"].map(|name| layout.push(name, &[h], Init::Uniform(0.5), false));
    let prefix = match config.prefix_tokens {
        0 => 0..0,
        n => layout.push("prefix.weight", &[n, h], Init::Zero, true),
    };
    let net = Net::new(config, &mut layout);
    let head_init = if dense { Init::fan_in(h) } else { Init::Zero };
    let head = [
        layout.push("head.weight", &[h, config.answer_dim], head_init, true),
        layout.push("head.bias", &[config.answer_dim], Init::Zero, true),
    ];
    let hints = match config.hint_dim {
        0 => [0..0, 0..0],
        n => [
            layout.push("hints.weight", &[h, n], Init::Zero, true),
            layout.push("hints.bias", &[n], Init::Zero, true),
        ],
    };
    let n_features = n_halt_features(config.halt_input, h);
    let halt = [
        layout.push("halt.weight", &[n_features], Init::Zero, true),
        layout.push("halt.bias", &[1], Init::Zero, true),
    ];
    if layout.len() > crate::MAX_PARAMS {
        let found = format!("{}, of {} weights in all", h, layout.len());
        return Err(TrmError::Config { field: "hidden_dim", found, expected: "of 2^28 weights at most" });
    }
    Ok((layout, net, TensorRanges { prefix, question, channel, answer, init, head, hints, halt }))
}

/// Weights of a model of this configuration.
///
/// # Errors
/// As [`Model::new`](super::Model::new).
pub fn param_count(config: &TrmConfig) -> Result<usize> {
    Ok(lay_out(config)?.0.len())
}
