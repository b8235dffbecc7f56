//! The weights of a model in another precision, over other relations, or as the start of another model.

use super::Model;
use crate::{Mixer, Result, TrmError};

impl Model<f32> {
    /// The same weights in `f64`.
    pub fn widen(&self) -> Model<f64> {
        Model {
            config: self.config.clone(),
            layout: self.layout.clone(),
            net: self.net.clone(),
            tensors: self.tensors.clone(),
            params: self.params.iter().map(|p| f64::from(*p)).collect(),
            note: self.note.clone(),
        }
    }

    /// Takes weights and notes of another model, for training to go on from. Weights of the answer channel
    /// and of hints stay as they are where the other model has none.
    ///
    /// # Errors
    /// [`TrmError::MissingTensor`], [`TrmError::ExtraTensor`] or [`TrmError::TensorShape`] naming the first tensor in
    /// which the models differ; this model is then as it was.
    pub fn start_from(&mut self, other: &Model) -> Result<()> {
        let (here, there) = (&self.layout, &other.layout);
        if let Some(extra) = there.entries.iter().find(|e| here.get(&e.name).is_none()) {
            return Err(TrmError::ExtraTensor { name: extra.name.clone() });
        }
        let mut params = self.params.clone();
        for entry in &here.entries {
            match there.get(&entry.name) {
                Some(found) if found.shape == entry.shape => {
                    params[entry.range.clone()].copy_from_slice(&other.params[found.range.clone()]);
                }
                Some(found) => {
                    let (found, expected) = (format!("{:?}", found.shape), format!("{:?}", entry.shape));
                    return Err(TrmError::TensorShape { name: entry.name.clone(), found, expected });
                }
                None if entry.range == self.tensors.channel || self.tensors.hints.contains(&entry.range) => {}
                None => return Err(TrmError::MissingTensor { name: entry.name.clone() }),
            }
        }
        self.params = params;
        self.note.clone_from(&other.note);
        Ok(())
    }

    /// The same weights over other relations: the net is not tied to one size of question.
    ///
    /// # Errors
    /// What [`TrmConfig::validate`](crate::TrmConfig::validate) says; also where the relations pass other matrices.
    pub fn with_relations(&self, relations: crate::Relations) -> Result<Self> {
        let mut config = (*self.config).clone();
        config.mixer = Mixer::Relational(relations);
        let mut model = Model::new(config)?;
        if model.layout != self.layout {
            return Err(TrmError::Config {
                field: "relations",
                found: "relations through other matrices".into(),
                expected: "as many matrices and neighbours as the model has",
            });
        }
        model.params.copy_from(&self.params);
        model.note.clone_from(&self.note);
        Ok(model)
    }
}
