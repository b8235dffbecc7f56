//! Whether a question and an answer fit the model; past this point a mismatch is a bug.

use super::TrmEngine;
use crate::{MAX_ACTIVATIONS, MAX_INPUT, Mixer, Relations, Result, TrmConfig, TrmError};
use ndarray::ArrayView2;

impl TrmEngine {
    /// Slices as the arrays that they stand for.
    pub(super) fn views<'q, 'a>(
        &self,
        question: &'q [f32],
        answer: &'a [f32],
    ) -> Result<(ArrayView2<'q, f32>, ArrayView2<'a, f32>)> {
        let config = self.model.config();
        let (e, a) = (config.embedding_dim, config.answer_dim);
        let shape = |what, found, expected| TrmError::Shape { what, found, expected };
        if answer.is_empty() || !answer.len().is_multiple_of(a) {
            return Err(shape("answer", answer.len(), format!("a multiple of {a}")));
        }
        let n_tokens = answer.len() / a;
        if question.len() != e && question.len() != n_tokens * e {
            return Err(shape("question", question.len(), format!("{e} or {n_tokens} x {e}")));
        }
        fn view(numbers: &[f32], dim: usize) -> ArrayView2<'_, f32> {
            ArrayView2::from_shape((numbers.len() / dim, dim), numbers).expect("a whole number of rows")
        }
        Ok((view(question, e), view(answer, a)))
    }

    /// Columns of the question's grid, or 1 where it is on none, if its shapes fit.
    pub(super) fn check(&self, question: ArrayView2<f32>, answer: ArrayView2<f32>) -> Result<usize> {
        let config = self.model.config();
        let (e, a, n_tokens) = (config.embedding_dim, config.answer_dim, answer.nrows());
        let array = |what, found, expected| Err(TrmError::ArrayShape { what, found, expected });
        if n_tokens == 0 || answer.ncols() != a {
            return array("answer", answer.dim(), format!("tokens x {a}"));
        }
        if question.ncols() != e || (question.nrows() != 1 && question.nrows() != n_tokens) {
            return array("question", question.dim(), format!("1 x {e} or {n_tokens} x {e}"));
        }
        let shape = |expected| Err(TrmError::Shape { what: "answer", found: answer.len(), expected });
        if n_activations(config, n_tokens) > MAX_ACTIVATIONS {
            return shape(format!("less: one run would keep more than {MAX_ACTIVATIONS} numbers"));
        }
        match &config.mixer {
            Mixer::Mlp { seq_len, .. } if n_tokens + config.prefix_tokens > *seq_len => {
                shape(format!("at most {seq_len} positions of {a}"))
            }
            _ => match self.relations() {
                Some(Relations::Grid4) => self.grid_width(n_tokens),
                Some(relations) => match relations.n_tokens() {
                    Some(n) if n != n_tokens => shape(format!("{n} x {a}")),
                    _ => Ok(1),
                },
                None => Ok(1),
            },
        }
    }

    fn grid_width(&self, n_tokens: usize) -> Result<usize> {
        let (height, width) = self.grid.unwrap_or_else(|| (n_tokens.isqrt(), n_tokens.isqrt()));
        if height.checked_mul(width) != Some(n_tokens) {
            let expected = format!("a grid of {height} x {width}");
            return Err(TrmError::Shape { what: "answer", found: n_tokens, expected });
        }
        Ok(width)
    }
}

/// Whether all numbers are finite and within [`MAX_INPUT`].
pub(super) fn check_numbers(what: &str, numbers: &[f32]) -> Result<()> {
    // NaN is not within anything.
    match numbers.iter().position(|x| !(-MAX_INPUT..=MAX_INPUT).contains(x)) {
        Some(index) => Err(TrmError::NotFinite { what: what.into(), index, value: numbers[index] }),
        None => Ok(()),
    }
}

/// Numbers that states and buffers of one run hold, about.
fn n_activations(config: &TrmConfig, n_tokens: usize) -> usize {
    let TrmConfig { hidden_dim: h, ffn_dim: f, .. } = *config;
    let rows = n_tokens.saturating_add(config.prefix_tokens);
    let mixing = match &config.mixer {
        Mixer::Mlp { seq_len, mix_dim } => h.saturating_mul(seq_len + 2 * mix_dim),
        Mixer::Attention { .. } => 0,
        Mixer::Relational(relations) => rows.saturating_mul(relations.n_group_relations() * (h + 2 * f)),
    };
    rows.saturating_mul(8 * h + 2 * f).saturating_add(mixing)
}
