//! Recorded runs: every step of a model on a set of questions, in a small file from which K* and every halting
//! policy can be computed.

use crate::error::{BenchError, Result};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};
use sona_learn::{Label, Signal};
use std::collections::HashMap;
use trm_core::Model;

/// The most steps of a recorded run: the limit of `sona-learn`.
pub const MAX_STEPS: usize = 1024;
/// Format of the file.
const FORMAT: &str = "trm-runs-2";
/// Confidences are stored as logits between minus and plus this, in 255 levels.
const LOGITS: f32 = 8.0;
/// Changes are stored as decades below 1, in 255 levels; the lowest means no change.
const DECADES: f32 = 4.0;

/// The outcome of a run under [`Halting::Vote`](trm_solve::Halting::Vote).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VoteResult {
    /// Steps taken.
    pub k: usize,
    /// Whether the answer with the most votes equals the label.
    pub right: bool,
}

/// One question run to the last step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// [`Task::embedding`](trm_tasks::Task::embedding)
    pub embedding: Vec<u16>,
    /// Confidence and change of each step, quantised as in the file.
    pub signals: Vec<Signal>,
    /// Whether the answer of each step equals the label.
    pub right: Vec<bool>,
    /// The first step, from 1, whose answer obeys the rules.
    pub verified_at: Option<usize>,
    /// The outcome under voting.
    pub vote: VoteResult,
}

impl Run {
    /// K*: the first step whose answer is right and stays right; else censored at the last one.
    pub fn label(&self) -> Label {
        Label::from_verdicts(&self.right)
    }

    /// The embedding as `sona-learn` takes it.
    pub fn query(&self) -> Vec<f32> {
        self.embedding.iter().map(|v| f32::from(*v)).collect()
    }
}

/// Quantises a confidence.
fn confidence_level(confidence: f32) -> u8 {
    let confidence = confidence.clamp(1e-6, 1.0 - 1e-6);
    let logit = (confidence / (1.0 - confidence)).ln().clamp(-LOGITS, LOGITS);
    (127.0 * (1.0 + logit / LOGITS)).round() as u8
}

fn confidence_of(level: u8) -> f32 {
    let logit = LOGITS * (f32::from(level) / 127.0 - 1.0);
    1.0 / (1.0 + (-logit).exp())
}

/// Quantises a change: level 0 means no change, and only that.
fn change_level(change: f32) -> u8 {
    if change <= 0.0 {
        return 0;
    }
    let share = (1.0 + change.min(1.0).log10() / DECADES).max(0.0);
    1 + (254.0 * share).round() as u8
}

fn change_of(level: u8) -> f32 {
    match level {
        0 => 0.0,
        level => 10f32.powf(DECADES * (f32::from(level - 1) / 254.0 - 1.0)),
    }
}

/// A signal rounded as in the file, so that measures before and after writing are the same.
pub(crate) fn rounded(signal: Signal) -> Signal {
    let Signal { confidence, change } = signal;
    Signal {
        confidence: confidence_of(confidence_level(confidence)),
        change: change_of(change_level(change)),
    }
}

/// The runs of one model on one set of questions. All have `max_k` steps and embeddings of one
/// length.
#[derive(Clone, Debug, PartialEq)]
pub struct Runs {
    /// The kind of puzzle.
    pub puzzle: String,
    /// The data set.
    pub data: String,
    /// [`model_id`] of the model.
    pub model: String,
    /// The confidence threshold of the model.
    pub threshold: f32,
    /// Steps of every run.
    pub max_k: usize,
    /// The runs, in the order of the questions.
    pub runs: Vec<Run>,
}

/// A checksum over configuration and weights, eight hexadecimal digits.
///
/// # Errors
/// What [`Model::to_bytes`] says.
pub fn model_id(model: &Model) -> Result<String> {
    Ok(format!("{:08x}", crc32fast::hash(&model.to_bytes()?)))
}

impl Runs {
    /// The bytes of a safetensors file:
    ///
    /// | tensor | type, shape | |
    /// |---|---|---|
    /// | `embedding` | U16 `[n, dim]` | |
    /// | `confidence` | U8 `[n, max_k]` | logit -8 to 8 in 255 levels |
    /// | `change` | U8 `[n, max_k]` | 0 none; 1 to 255: 10^-4 to 1 on a logarithmic scale |
    /// | `right` | U64 `[n, words]` | step `t` at bit `(t - 1) % 64` of word `(t - 1) / 64` |
    /// | `verified_at` | U16 `[n]` | first step that obeys the rules, 0 for none |
    /// | `voted` | U16 `[n, 2]` | steps until a vote ends the run, and 1 where it is right |
    ///
    /// # Errors
    /// [`BenchError::Runs`] where the runs are not as long as they say.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let (n, dim) = (self.runs.len(), self.runs.first().map_or(0, |r| r.embedding.len()));
        let uneven =
            |r: &Run| (r.embedding.len(), r.signals.len(), r.right.len()) != (dim, self.max_k, self.max_k);
        if let Some(run) = self.runs.iter().position(uneven) {
            return Err(fault(format!("run {run} has another length than the first, or than max_k")));
        }
        let signals = || self.runs.iter().flat_map(|r| &r.signals);
        let embedding: Vec<u8> =
            self.runs.iter().flat_map(|r| &r.embedding).flat_map(|v| v.to_le_bytes()).collect();
        let confidence: Vec<u8> = signals().map(|s| confidence_level(s.confidence)).collect();
        let change: Vec<u8> = signals().map(|s| change_level(s.change)).collect();
        let words = |r: &Run| {
            let word = |w: &[bool]| w.iter().rev().fold(0u64, |word, right| word << 1 | u64::from(*right));
            r.right.chunks(64).flat_map(|w| word(w).to_le_bytes()).collect::<Vec<u8>>()
        };
        let right: Vec<u8> = self.runs.iter().flat_map(words).collect();
        let verified = self.runs.iter().map(|r| r.verified_at.unwrap_or(0) as u16);
        let verified: Vec<u8> = verified.flat_map(u16::to_le_bytes).collect();
        let voted = self.runs.iter().flat_map(|r| [r.vote.k as u16, u16::from(r.vote.right)]);
        let voted: Vec<u8> = voted.flat_map(u16::to_le_bytes).collect();
        let tensors = [
            ("embedding", Dtype::U16, vec![n, dim], embedding),
            ("confidence", Dtype::U8, vec![n, self.max_k], confidence),
            ("change", Dtype::U8, vec![n, self.max_k], change),
            ("right", Dtype::U64, vec![n, self.max_k.div_ceil(64)], right),
            ("verified_at", Dtype::U16, vec![n], verified),
            ("voted", Dtype::U16, vec![n, 2], voted),
        ];
        let views = tensors.iter().map(|(name, dtype, shape, bytes)| {
            Ok((*name, TensorView::new(*dtype, shape.clone(), bytes).map_err(|e| fault(e.to_string()))?))
        });
        let metadata = [
            ("format", FORMAT.to_owned()),
            ("puzzle", self.puzzle.clone()),
            ("data", self.data.clone()),
            ("model", self.model.clone()),
            ("threshold", self.threshold.to_string()),
        ];
        // One entry for all, so that the same runs are the same bytes: a map has no order.
        let metadata =
            serde_json::to_string(&metadata.into_iter().collect::<std::collections::BTreeMap<_, _>>())
                .map_err(|e| fault(e.to_string()))?;
        let metadata = HashMap::from([("trm".to_owned(), metadata)]);
        safetensors::serialize(views.collect::<Result<Vec<_>>>()?, Some(metadata))
            .map_err(|e| fault(e.to_string()))
    }

    /// Runs from the bytes of a file.
    ///
    /// # Errors
    /// [`BenchError::Runs`] where it is no such file, damaged, or holds what no run can be.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(|e| fault(e.to_string()))?;
        let metadata = header.metadata().as_ref().and_then(|m| m.get("trm"));
        let metadata = metadata.ok_or_else(|| fault("the file holds no runs".into()))?;
        let metadata: HashMap<String, String> =
            serde_json::from_str(metadata).map_err(|e| fault(e.to_string()))?;
        let word = |name: &str| metadata.get(name).cloned().ok_or_else(|| fault(format!("no {name}")));
        if word("format")? != FORMAT {
            return Err(fault(format!("format {:?}, this build reads {FORMAT:?}", word("format")?)));
        }
        let threshold: f32 = word("threshold")?.parse().map_err(|_| fault("threshold".into()))?;
        let tensors = SafeTensors::deserialize(bytes).map_err(|e| fault(e.to_string()))?;
        let view = |name: &str, dtype: Dtype, n: Option<usize>| {
            let view = tensors.tensor(name).map_err(|e| fault(e.to_string()))?;
            let fits = view.dtype() == dtype && n.is_none_or(|n| view.shape().first() == Some(&n));
            let fits = fits && view.shape().len() == if name == "verified_at" { 1 } else { 2 };
            if fits {
                Ok(view)
            } else {
                Err(fault(format!("{name} is {:?} {:?}", view.dtype(), view.shape())))
            }
        };
        let embedding = view("embedding", Dtype::U16, None)?;
        let (n, dim) = (embedding.shape()[0], embedding.shape()[1]);
        let confidence = view("confidence", Dtype::U8, Some(n))?;
        let max_k = confidence.shape()[1];
        let change = view("change", Dtype::U8, Some(n))?;
        let right = view("right", Dtype::U64, Some(n))?;
        let verified = view("verified_at", Dtype::U16, Some(n))?;
        let voted = view("voted", Dtype::U16, Some(n))?;
        let sides = (change.shape()[1], right.shape()[1], voted.shape()[1]);
        if !(1..=MAX_STEPS).contains(&max_k) || dim == 0 || sides != (max_k, max_k.div_ceil(64), 2) {
            return Err(fault(format!("{max_k} steps, {dim} numbers per embedding, {sides:?}")));
        }
        let pair = |bytes: &[u8], i: usize| u16::from_le_bytes([bytes[2 * i], bytes[2 * i + 1]]);
        let run = |i: usize| {
            let signal = |t: usize| Signal {
                confidence: confidence_of(confidence.data()[i * max_k + t]),
                change: change_of(change.data()[i * max_k + t]),
            };
            let words = &right.data()[i * 8 * sides.1..(i + 1) * 8 * sides.1];
            let verified_at = usize::from(pair(verified.data(), i));
            if verified_at > max_k {
                return Err(fault(format!("run {i} verified at step {verified_at} of {max_k}")));
            }
            let voted = [pair(voted.data(), 2 * i), pair(voted.data(), 2 * i + 1)].map(usize::from);
            if !(1..=max_k).contains(&voted[0]) || voted[1] > 1 {
                return Err(fault(format!("run {i} has the vote {voted:?} of {max_k} steps")));
            }
            Ok(Run {
                embedding: (i * dim..(i + 1) * dim).map(|j| pair(embedding.data(), j)).collect(),
                signals: (0..max_k).map(signal).collect(),
                right: (0..max_k).map(|t| words[t / 8] >> (t % 8) & 1 == 1).collect(),
                verified_at: (verified_at > 0).then_some(verified_at),
                vote: VoteResult { k: voted[0], right: voted[1] == 1 },
            })
        };
        Ok(Runs {
            puzzle: word("puzzle")?,
            data: word("data")?,
            model: word("model")?,
            threshold,
            max_k,
            runs: (0..n).map(run).collect::<Result<_>>()?,
        })
    }
}

fn fault(reason: String) -> BenchError {
    BenchError::Runs { reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(max_k: usize) -> Runs {
        let run = |i: usize| Run {
            embedding: vec![i as u16, 65_535],
            signals: (0..max_k)
                .map(|t| {
                    rounded(Signal {
                        confidence: (t as f32 / max_k as f32).powi(3),
                        change: (i * t) as f32 / 500.0,
                    })
                })
                .collect(),
            right: (0..max_k).map(|t| (t * 7 + i).is_multiple_of(3)).collect(),
            verified_at: (i > 0).then_some(i),
            vote: VoteResult { k: 1 + i, right: i.is_multiple_of(2) },
        };
        let [puzzle, data, model] = ["maze", "some", "0badcafe"].map(String::from);
        Runs { puzzle, data, model, threshold: 0.95, max_k, runs: (0..5).map(run).collect() }
    }

    #[test]
    fn runs_come_back_as_they_were() {
        for max_k in [5, 64, 65] {
            let bytes = runs(max_k).to_bytes().expect("sound runs");
            assert_eq!(bytes, runs(max_k).to_bytes().expect("the same bytes"));
            assert_eq!(Runs::from_bytes(&bytes).expect("as written"), runs(max_k));
        }
    }

    #[test]
    fn levels_keep_order_and_nothing() {
        let levels: Vec<f32> = (0..=255).map(change_of).collect();
        assert!(levels.windows(2).all(|w| w[0] < w[1]) && levels[255] == 1.0);
        assert!((0..=255).all(|l| change_level(change_of(l)) == l));
        assert!((0..=254).all(|l| confidence_level(confidence_of(l)) == l));
        assert!(change_level(1e-9) > 0 && change_level(0.0) == 0);
    }

    #[test]
    fn other_and_damaged_files_are_refused() {
        let good = runs(6).to_bytes().expect("sound runs");
        for at in (0..good.len()).step_by(3) {
            assert!(Runs::from_bytes(&good[..at]).is_err(), "{at} bytes");
        }
        for text in [&b""[..], b"no file", &[0xff; 64]] {
            assert!(matches!(Runs::from_bytes(text), Err(BenchError::Runs { .. })));
        }
        let mut late = runs(6);
        late.runs[2].verified_at = Some(7);
        let error = Runs::from_bytes(&late.to_bytes().expect("bytes")).expect_err("step 7 of 6");
        assert!(error.to_string().contains("run 2"), "{error}");
        let mut late = runs(6);
        late.runs[1].vote.k = 0;
        let error = Runs::from_bytes(&late.to_bytes().expect("bytes")).expect_err("no step");
        assert!(error.to_string().contains("run 1"), "{error}");
        let mut uneven = runs(6);
        uneven.runs[3].signals.pop();
        assert!(uneven.to_bytes().is_err());
        let model = trm_models::maze_bytes();
        assert!(Runs::from_bytes(model).is_err(), "a model is no runs");
    }
}
