//! The engine: float arrays in and out.

use crate::errors::{Error, InPlace, Result};
use crate::interrupt::{Interrupt, in_background, inline};
use crate::pool::{in_pool, pool};
use crate::trace::trace_array;
use numpy::ndarray::{Array2, ArrayView2};
use numpy::{
    IntoPyArray, PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray1, PyReadonlyArray2, PyReadonlyArrayDyn,
};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use rayon::prelude::*;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use trm_core::{
    GroupRelation, Mixer, Model, Precision, Relations, StepTrace, Steps, TrmConfig, TrmEngine, TrmError,
};

/// What a run gives: the answer `[tokens, answer_dim]`, steps, confidence, early stopped, trace `[steps, 3]`.
type ReasonedTuple<'py> = (Bound<'py, PyArray2<f32>>, usize, f32, bool, Bound<'py, PyArray2<f32>>);

/// A model that answers questions.
#[pyclass(frozen, module = "trm._trm")]
pub struct Engine {
    pub engine: Arc<TrmEngine>,
    /// The name of the shipped model, if it is one.
    #[pyo3(get)]
    pub shipped: Option<&'static str>,
}

impl Engine {
    pub fn of(model: Model) -> Self {
        Engine { engine: Arc::new(model.into()), shipped: None }
    }

    /// The engine for questions on this grid.
    fn on_grid(&self, grid: Option<(usize, usize)>) -> Cow<'_, TrmEngine> {
        match grid {
            Some((height, width)) => Cow::Owned(self.engine.as_ref().clone().with_grid(height, width)),
            None => Cow::Borrowed(&self.engine),
        }
    }
}

#[pymethods]
impl Engine {
    /// The model of this name that the wheel carries.
    #[staticmethod]
    fn carried(name: &str) -> Result<Self> {
        let (engine, shipped) = match name {
            "sudoku" => (trm_models::sudoku(), "sudoku"),
            "maze" => (trm_models::maze(), "maze"),
            _ => {
                let message = format!("configuration: model is {name:?}, must be \"sudoku\" or \"maze\"");
                return Err(Error::Config(message));
            }
        };
        Ok(Engine { engine: Arc::new(engine), shipped: Some(shipped) })
    }

    #[staticmethod]
    fn load(py: Python<'_>, path: PathBuf) -> Result<Self> {
        elsewhere(py, move || match Model::load(&path) {
            Err(error @ TrmError::Io { .. }) => Err(error.into()),
            other => other.at(|| path.display().to_string()),
        })
    }

    #[staticmethod]
    fn from_bytes(py: Python<'_>, bytes: &[u8]) -> Result<Self> {
        Ok(Self::of(inline(py, |_| Ok(Model::from_bytes(bytes)?))?))
    }

    /// Fresh weights for a configuration as JSON; the fields that are missing are those of the default. `groups`
    /// holds the group ids of its relations, in their order.
    #[staticmethod]
    fn untrained(py: Python<'_>, config: &str, groups: Vec<PyReadonlyArray1<'_, u32>>) -> Result<Self> {
        let mut config = config_of(config)?;
        if let Mixer::Relational(Relations::Groups { relations, .. }) = &mut config.mixer {
            for (GroupRelation { group_of, .. }, ids) in relations.iter_mut().zip(groups) {
                *group_of = ids.as_array().to_vec();
            }
        }
        elsewhere(py, move || Ok(Model::new(config)?))
    }

    /// Fresh weights of a shape that fits a puzzle, relational on its candidates or cells.
    #[staticmethod]
    fn for_puzzle(py: Python<'_>, puzzle: &str, config: &str) -> Result<Self> {
        let builder = match puzzle {
            "sudoku" => trm_tasks::sudoku_builder(),
            "maze" => trm_tasks::maze_builder(),
            _ => {
                let message = format!("configuration: puzzle is {puzzle:?}, must be \"sudoku\" or \"maze\"");
                return Err(Error::Config(message));
            }
        };
        let base = builder.hidden_dim(32).ffn_dim(64).n_blocks(2).latent_iterations(6).max_k(64).build()?;
        let mixer = base.mixer.clone();
        let config = TrmConfig { mixer, ..merged(&base, config)? };
        elsewhere(py, move || Ok(Model::new(config)?))
    }

    /// The same weights with other settings. Without `threads` a question is answered by one thread.
    fn with_options(&self, threads: usize, bf16: bool, seed: u64) -> Result<Self> {
        pool(Some(threads))?;
        let precision = if bf16 { Precision::Bf16 } else { Precision::F32 };
        let engine = self.engine.as_ref().clone().with_precision(precision)?;
        Ok(Engine { engine: Arc::new(engine.with_threads(threads).with_seed(seed)), shipped: self.shipped })
    }

    /// The same model with other weights; those that are not named stay.
    fn with_tensors(&self, tensors: BTreeMap<String, PyReadonlyArrayDyn<'_, f32>>) -> Result<Self> {
        let mut model = self.engine.model().clone();
        let layout = model.layout().clone();
        for (name, tensor) in tensors {
            let entry = layout.get(&name).ok_or_else(|| TrmError::ExtraTensor { name: name.clone() })?;
            let tensor = tensor.as_array();
            if tensor.shape() != entry.shape {
                let (found, expected) = (tensor.shape(), &entry.shape);
                return Err(Error::Shape(format!("tensor {name} is {found:?}, expected {expected:?}")));
            }
            for (index, (to, value)) in model.params[entry.range.clone()].iter_mut().zip(tensor).enumerate() {
                if !value.is_finite() {
                    return Err(TrmError::NotFinite { what: name, index, value: *value }.into());
                }
                *to = *value;
            }
        }
        Ok(Self::of(model))
    }

    /// Threads, whether matmuls are of bf16 factors, seed.
    fn options(&self) -> (usize, bool, u64) {
        (self.engine.threads(), self.engine.precision() == Precision::Bf16, self.engine.seed())
    }

    fn save(&self, py: Python<'_>, path: PathBuf) -> Result<()> {
        inline(py, |_| Ok(self.engine.save(path)?))
    }

    fn to_bytes<'py>(&self, py: Python<'py>) -> Result<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &self.engine.model().to_bytes()?))
    }

    /// The configuration as JSON.
    fn config(&self) -> Result<String> {
        serde_json::to_string(self.engine.model().config()).map_err(|error| Error::Bug(error.to_string()))
    }

    /// Where the weights come from.
    fn note<'py>(&self, py: Python<'py>) -> Result<Bound<'py, PyDict>> {
        let note = PyDict::new(py);
        for (key, value) in &self.engine.model().note {
            note.set_item(key, value)?;
        }
        Ok(note)
    }

    /// The weights by name, each in its shape.
    fn tensors<'py>(&self, py: Python<'py>) -> Result<Bound<'py, PyDict>> {
        let (tensors, model) = (PyDict::new(py), self.engine.model());
        for entry in &model.layout().entries {
            let flat = PyArray1::from_slice(py, &model.params[entry.range.clone()]);
            tensors.set_item(&entry.name, flat.reshape(entry.shape.clone())?)?;
        }
        Ok(tensors)
    }

    #[getter]
    fn n_params(&self) -> usize {
        self.engine.model().params.len()
    }

    #[getter]
    fn is_untrained(&self) -> bool {
        self.engine.model().is_untrained()
    }

    #[getter]
    fn isa(&self) -> String {
        format!("{:?}", self.engine.isa())
    }

    /// See `Engine.reason` in `_engine.py`.
    fn reason<'py>(
        &self,
        py: Python<'py>,
        question: PyReadonlyArray2<'py, f32>,
        answer: PyReadonlyArray2<'py, f32>,
        k: Option<usize>,
        seed: Option<u64>,
        grid: Option<(usize, usize)>,
    ) -> Result<ReasonedTuple<'py>> {
        let (question, answer) = (question.as_array(), answer.as_array());
        let engine = self.on_grid(grid);
        let limits = Limits::of(engine.model().config(), k);
        // A run on another thread owns what it reads.
        let run = |interrupt| {
            let steps = started(&engine, question, answer, seed)?;
            if in_pool(&steps, engine.threads()) {
                return Ok(Err(steps.into_owned()));
            }
            reason(steps, limits, interrupt).map(Ok)
        };
        let outcome = match inline(py, run)? {
            Ok(outcome) => outcome,
            Err(steps) => {
                let pool = pool(Some(engine.threads()))?;
                in_background(py, &pool, move |interrupt| reason(steps, limits, interrupt))?
            }
        };
        outcome.into_python(py, engine.model().config().answer_dim)
    }

    /// Many questions, each on a thread of a pool.
    fn reason_many<'py>(
        &self,
        py: Python<'py>,
        pairs: Vec<(PyReadonlyArray2<'py, f32>, PyReadonlyArray2<'py, f32>)>,
        k: Option<usize>,
        seed: Option<u64>,
        threads: Option<usize>,
    ) -> Result<Vec<ReasonedTuple<'py>>> {
        let engine = self.engine.clone();
        let pairs: Vec<_> =
            pairs.iter().map(|(q, a)| (q.as_array().to_owned(), a.as_array().to_owned())).collect();
        let limits = Limits::of(engine.model().config(), k);
        let dim = engine.model().config().answer_dim;
        let outcomes = in_background(py, &*pool(threads)?, move |interrupt| {
            let one = |(i, (question, answer)): (usize, &(Array2<f32>, Array2<f32>))| {
                let steps = started(&engine, question.view(), answer.view(), seed);
                reason(steps.at(|| format!("question {i}"))?, limits, interrupt.clone())
            };
            pairs.par_iter().enumerate().map(one).collect::<Result<Vec<Outcome>>>()
        })?;
        outcomes.into_iter().map(|outcome| outcome.into_python(py, dim)).collect()
    }

    fn steps(
        &self,
        py: Python<'_>,
        question: PyReadonlyArray2<'_, f32>,
        answer: PyReadonlyArray2<'_, f32>,
        seed: Option<u64>,
        grid: Option<(usize, usize)>,
    ) -> Result<crate::steps::EngineSteps> {
        let engine = self.on_grid(grid);
        let (question, answer) = (question.as_array(), answer.as_array());
        let steps = inline(py, |_| Ok(started(&engine, question, answer, seed)?.into_owned()))?;
        Ok(crate::steps::EngineSteps::new(steps, engine.threads()))
    }
}

/// A model that another thread reads or makes, which for the largest takes seconds: Ctrl-C need not wait for it.
pub fn elsewhere(py: Python<'_>, work: impl FnOnce() -> Result<Model> + Send + 'static) -> Result<Engine> {
    Ok(Engine::of(in_background(py, &*pool(Some(1))?, |_| work())?))
}

fn started<'a>(
    engine: &'a TrmEngine,
    question: ArrayView2<'a, f32>,
    answer: ArrayView2<'_, f32>,
    seed: Option<u64>,
) -> Result<Steps<'a>> {
    let mut steps = engine.steps_array(question, answer)?;
    if let Some(seed) = seed {
        steps.reseed(seed);
    }
    Ok(steps)
}

struct Outcome {
    answer: Vec<f32>,
    early_stopped: bool,
    trace: Vec<StepTrace>,
}

impl Outcome {
    fn into_python(self, py: Python<'_>, answer_dim: usize) -> Result<ReasonedTuple<'_>> {
        let Outcome { answer, early_stopped, trace } = self;
        let shape = [answer.len() / answer_dim, answer_dim];
        let confidence = trace.last().map_or(0.0, |step| step.confidence);
        let answer = answer.into_pyarray(py).reshape(shape)?;
        Ok((answer, trace.len(), confidence, early_stopped, trace_array(py, &trace)?))
    }
}

/// When a run ends.
#[derive(Clone, Copy)]
struct Limits {
    /// The most steps.
    steps: usize,
    /// The confidence that ends it before.
    threshold: Option<f32>,
}

impl Limits {
    fn of(config: &TrmConfig, k: Option<usize>) -> Self {
        let threshold = k.is_none().then_some(config.halt_threshold);
        Limits { steps: k.unwrap_or(config.max_k), threshold }
    }
}

/// `TrmEngine::reason`, but for interrupts.
fn reason(mut steps: Steps<'_>, limits: Limits, mut interrupt: Interrupt) -> Result<Outcome> {
    let mut trace: Vec<StepTrace> = Vec::with_capacity(limits.steps.min(64));
    let mut early_stopped = false;
    while trace.len() < limits.steps && !early_stopped {
        interrupt.check()?;
        let step = steps.advance();
        trace.push(step);
        let enough = limits.threshold.is_some_and(|threshold| step.confidence >= threshold);
        early_stopped = enough && trace.len() < limits.steps;
    }
    Ok(Outcome { answer: steps.answer(), early_stopped, trace })
}

/// The default configuration with the fields of `json` in the place of its own.
pub fn config_of(json: &str) -> Result<TrmConfig> {
    merged(&TrmConfig::default(), json)
}

pub fn merged(base: &TrmConfig, json: &str) -> Result<TrmConfig> {
    let fault = |error: serde_json::Error| Error::Config(format!("configuration: {error}"));
    let mut whole = serde_json::to_value(base).map_err(fault)?;
    let given: serde_json::Map<String, serde_json::Value> = serde_json::from_str(json).map_err(fault)?;
    if let Some(fields) = whole.as_object_mut() {
        fields.extend(given);
    }
    serde_json::from_value(whole).map_err(fault)
}
