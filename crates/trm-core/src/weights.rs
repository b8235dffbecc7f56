//! Model files: safetensors with the configuration as JSON in the metadata.

use crate::{Mixer, Model, Relations, Result, TrmConfig, TrmError};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{Read, Write};
use std::path::Path;

/// Larger files are refused before any memory is taken.
pub const MAX_FILE_BYTES: u64 = 1 << 30;
/// What [`Model::save`] writes; readers refuse others.
const FORMAT: &str = "trm 1";
/// What stands in front of the keys of [`Model::note`] in the metadata.
const NOTE: &str = "note.";

impl Model<f32> {
    /// The model as the bytes of a safetensors file.
    ///
    /// # Errors
    /// [`TrmError::Format`] where safetensors refuses, which no valid model causes.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let format = |e: &dyn std::fmt::Display| TrmError::Format { reason: e.to_string() };
        let floats: Vec<(String, Vec<usize>, Vec<u8>)> = self
            .layout()
            .entries
            .iter()
            .map(|e| {
                let bytes = self.params[e.range.clone()].iter().flat_map(|p| p.to_le_bytes()).collect();
                (e.name.clone(), e.shape.clone(), bytes)
            })
            .collect();
        let groups: Vec<(String, Vec<usize>, Vec<u8>)> = group_relations(self.config())
            .map(|(name, ids)| (name, vec![ids.len()], ids.iter().flat_map(|g| g.to_le_bytes()).collect()))
            .collect();
        let mut views = Vec::with_capacity(floats.len() + groups.len());
        for (dtype, tensors) in [(Dtype::F32, &floats), (Dtype::U32, &groups)] {
            for (name, shape, bytes) in tensors {
                let view = TensorView::new(dtype, shape.clone(), bytes).map_err(|e| format(&e))?;
                views.push((name.clone(), view));
            }
        }
        let config = serde_json::to_string(self.config()).map_err(|e| format(&e))?;
        let mut metadata =
            HashMap::from([("format".to_string(), FORMAT.to_string()), ("config".into(), config)]);
        metadata.extend(self.note.iter().map(|(key, value)| (format!("{NOTE}{key}"), value.clone())));
        let mut bytes = safetensors::serialize(views, Some(metadata)).map_err(|e| format(&e))?;
        sort_header(&mut bytes);
        Ok(bytes)
    }

    /// Reads what [`Model::to_bytes`] wrote; weights may also be in half precision (`F16`).
    ///
    /// # Errors
    /// [`TrmError::Format`], [`TrmError::Config`], or an error naming the tensor that is
    /// missing, superfluous, of another shape or not finite.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let format = |e: &dyn std::fmt::Display| TrmError::Format { reason: e.to_string() };
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(|e| format(&e))?;
        let metadata = header.metadata().clone().unwrap_or_default();
        match metadata.get("format").map(String::as_str) {
            Some(FORMAT) => {}
            found => return Err(format(&format!("format is {found:?}, this program reads {FORMAT:?}"))),
        }
        let config = metadata.get("config").ok_or_else(|| format(&"no configuration"))?;
        let mut config: TrmConfig = serde_json::from_str(config).map_err(|e| format(&e))?;
        let tensors = SafeTensors::deserialize(bytes).map_err(|e| format(&e))?;
        read_groups(&tensors, &mut config)?;
        let needed = crate::model::param_count(&config)?;
        if needed > bytes.len() / 2 {
            let reason =
                format!("{} bytes cannot hold the {needed} weights of its configuration", bytes.len());
            return Err(TrmError::Format { reason });
        }
        let mut model = Model::new(config)?;
        let notes = metadata.iter().filter_map(|(key, value)| Some((key.strip_prefix(NOTE)?, value)));
        model.note = notes.map(|(key, value)| (key.to_string(), value.clone())).collect();
        let mut known: HashSet<String> = group_relations(model.config()).map(|(name, _)| name).collect();
        for entry in model.layout().clone().entries.iter() {
            read_floats(&tensors, &entry.name, &entry.shape, &mut model.params[entry.range.clone()])?;
            known.insert(entry.name.clone());
        }
        match tensors.names().into_iter().find(|name| !known.contains(*name)) {
            Some(name) => Err(TrmError::ExtraTensor { name: name.to_string() }),
            None => Ok(model),
        }
    }

    /// Writes the model to a file, which is the old one or the new one at every moment.
    ///
    /// # Errors
    /// [`TrmError::Io`] with the path.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let (path, bytes) = (path.as_ref(), self.to_bytes()?);
        crate::file::replace(path, |file| file.write_all(&bytes))
            .map_err(|source| TrmError::Io { path: path.to_path_buf(), source })
    }

    /// Reads a model file.
    ///
    /// # Errors
    /// [`TrmError::Io`] with the path, or what [`Model::from_bytes`] says.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        Self::from_bytes(&read_bounded(path.as_ref())?)
    }
}

/// Puts the keys of a safetensors header in order: safetensors writes its metadata in the order of
/// a hash map, and the same model should be the same bytes.
fn sort_header(bytes: &mut [u8]) {
    let Some((length, rest)) = bytes.split_first_chunk_mut::<8>() else { return };
    let header = &mut rest[..u64::from_le_bytes(*length) as usize];
    let Ok(tree) = serde_json::from_slice::<BTreeMap<String, serde_json::Value>>(header) else { return };
    let Ok(sorted) = serde_json::to_vec(&tree) else { return };
    if let Some(padding) = header.len().checked_sub(sorted.len()) {
        header[..sorted.len()].copy_from_slice(&sorted);
        header[sorted.len()..].copy_from_slice(&b" ".repeat(padding));
    }
}

/// The content of a file of at most [`MAX_FILE_BYTES`].
pub(crate) fn read_bounded(path: &Path) -> Result<Vec<u8>> {
    let io = |source| TrmError::Io { path: path.to_path_buf(), source };
    let mut file = std::fs::File::open(path).map_err(io)?;
    let size = file.metadata().map_err(io)?.len();
    if size > MAX_FILE_BYTES {
        return Err(TrmError::Format { reason: format!("{size} bytes, more than {MAX_FILE_BYTES}") });
    }
    let mut bytes = Vec::with_capacity(size as usize);
    Read::take(&mut file, MAX_FILE_BYTES).read_to_end(&mut bytes).map_err(io)?;
    Ok(bytes)
}

/// Tensor name and group ids of each relation of a configuration.
fn group_relations(config: &TrmConfig) -> impl Iterator<Item = (String, &[u32])> {
    let relations = match &config.mixer {
        Mixer::Relational(Relations::Groups { relations, .. }) => relations.as_slice(),
        _ => &[],
    };
    relations.iter().map(|r| (format!("relations.{}", r.name), r.group_of.as_slice()))
}

/// Fills the group ids of the relations in.
fn read_groups(tensors: &SafeTensors, config: &mut TrmConfig) -> Result<()> {
    let Mixer::Relational(Relations::Groups { relations, .. }) = &mut config.mixer else {
        return Ok(());
    };
    for relation in relations {
        let name = format!("relations.{}", relation.name);
        let view = tensors.tensor(&name).map_err(|_| TrmError::MissingTensor { name: name.clone() })?;
        if view.dtype() != Dtype::U32 || view.shape().len() != 1 {
            return Err(TrmError::TensorShape {
                name,
                found: describe(&view),
                expected: "U32 [tokens]".into(),
            });
        }
        relation.group_of = words(view.data()).map(u32::from_le_bytes).collect();
    }
    Ok(())
}

/// Copies an `F32` or `F16` tensor of this shape to `to`.
pub(crate) fn read_floats(tensors: &SafeTensors, name: &str, shape: &[usize], to: &mut [f32]) -> Result<()> {
    let view = tensors.tensor(name).map_err(|_| TrmError::MissingTensor { name: name.into() })?;
    match view.dtype() {
        Dtype::F32 if view.shape() == shape => {
            to.iter_mut().zip(words(view.data())).for_each(|(to, word)| *to = f32::from_le_bytes(word));
        }
        Dtype::F16 if view.shape() == shape => {
            let halves = view.data().chunks_exact(2).map(|c| half::f16::from_le_bytes([c[0], c[1]]));
            to.iter_mut().zip(halves).for_each(|(to, half)| *to = half.to_f32());
        }
        _ => {
            let expected = format!("F32 {shape:?}");
            return Err(TrmError::TensorShape { name: name.into(), found: describe(&view), expected });
        }
    }
    match to.iter().position(|x| !x.is_finite()) {
        Some(index) => Err(TrmError::NotFinite { what: format!("tensor {name}"), index, value: to[index] }),
        None => Ok(()),
    }
}

fn words(bytes: &[u8]) -> impl Iterator<Item = [u8; 4]> {
    bytes.chunks_exact(4).map(|c| [c[0], c[1], c[2], c[3]])
}

pub(crate) fn describe(view: &TensorView) -> String {
    format!("{:?} {:?}", view.dtype(), view.shape())
}

#[cfg(test)]
mod tests {
    use crate::{Model, TrmConfig};

    fn small() -> Model {
        let config = TrmConfig::builder().hidden_dim(4).embedding_dim(3).seed(7).build();
        Model::new(config.expect("small, but valid")).expect("small, but valid")
    }

    #[test]
    fn the_same_model_is_the_same_bytes() {
        let mut model = small();
        model.note = ["b", "a", "c"].map(|key| (key.to_string(), "\"quoted\"".to_string())).into();
        let bytes = model.to_bytes().expect("a valid model");
        let again = Model::from_bytes(&bytes).expect("what was written");
        assert_eq!(again.note, model.note);
        assert_eq!(again.params, model.params);
        assert_eq!(again.to_bytes().expect("a valid model"), bytes);
    }

    #[test]
    fn a_changed_weight_ends_being_untrained() {
        let mut model = small();
        assert!(model.is_untrained());
        model.params[0] += 1.0;
        assert!(!model.is_untrained());
    }
}
