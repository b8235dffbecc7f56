//! Training data from Python: samples that are held, iterables that are read as the trainer asks, and files.

use crate::errors::{Error, InPlace, Result};
use numpy::{PyReadonlyArray1, PyReadonlyArray2};
use puzzles::sudoku::Layout;
use pyo3::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};
use trm_core::{Mixer, Model, Output, Relations, TrmEngine, loss::IGNORE};
use trm_tasks::{MazeTask, RulesStream, RulesTask, SudokuStream, SudokuTask, maze_sample, rules_of};
use trm_train::{Answer, Checkpoint, Data, Sample};

/// A sample as `_train.py` hands it over: the question `[tokens, embedding_dim]`; for each token 0 or 1, a mark, or its
/// class; and the width of the grid, 1 where there is none.
#[derive(FromPyObject)]
pub struct Row<'py>(PyReadonlyArray2<'py, f32>, PyReadonlyArray1<'py, u32>, usize);

/// What a model asks of its samples.
pub struct Fit {
    engine: TrmEngine,
}

impl Fit {
    pub fn new(model: &Model) -> Result<Self> {
        if model.config().output == Output::Embedding {
            let message = "configuration: output is embedding, must be one that a loss trains";
            return Err(Error::Config(message.into()));
        }
        Ok(Fit { engine: model.clone().into() })
    }

    /// The sample, checked as far as training relies on.
    fn sample(&self, row: &Row<'_>) -> Result<Sample> {
        let config = self.engine.model().config();
        let Row(question, answer, width) = row;
        let (question, answer, width) = (question.as_array(), answer.as_array(), *width);
        let n_tokens = answer.len();
        if question.nrows() != n_tokens {
            let n_rows = question.nrows();
            return Err(Error::Shape(format!(
                "answer: {n_tokens} numbers, expected {n_rows}, one per token"
            )));
        }
        let question: Vec<f32> = question.iter().copied().collect();
        let nothing = vec![0.0; n_tokens * config.answer_dim];
        match &config.mixer {
            Mixer::Relational(Relations::Grid4) => {
                let height = n_tokens.checked_div(width).unwrap_or_default();
                self.engine.clone().with_grid(height, width).steps(&question, &nothing)?;
            }
            _ => {
                self.engine.steps(&question, &nothing)?;
            }
        }
        let is_class = matches!(config.output, Output::TokenSoftmax | Output::TokenStablemax);
        let most = if is_class { config.answer_dim as u32 } else { 2 };
        if let Some(token) = answer.iter().position(|class| *class >= most && (*class != IGNORE || !is_class))
        {
            let (class, kind) = (answer[token] as i32, if is_class { "class" } else { "mark" });
            return Err(Error::Config(format!(
                "answer: {kind} {class} of token {token}, must be below {most}"
            )));
        }
        let answer = match is_class {
            true => Answer::Classes(answer.to_vec()),
            false => Answer::Marks(answer.iter().map(|mark| *mark == 1).collect()),
        };
        Ok(Sample { question, width: width.max(1), answer, ..Sample::default() })
    }
}

/// Samples in memory, drawn at random with replacement.
pub struct Held {
    samples: Vec<Sample>,
    seed: u64,
    name: String,
}

impl Held {
    pub fn new(fit: &Fit, rows: &[Row<'_>], seed: u64) -> Result<Self> {
        let samples = rows.iter().enumerate().map(|(i, row)| fit.sample(row).at(|| format!("sample {i}")));
        let samples = samples.collect::<Result<Vec<_>>>()?;
        if samples.is_empty() {
            return Err(Error::Config("data: no samples".into()));
        }
        // What tells these samples from others when a run is resumed.
        let bits = |hash: u64, sample: &Sample| {
            sample
                .question
                .iter()
                .fold(hash, |hash, x| hash.wrapping_mul(31).wrapping_add(x.to_bits().into()))
        };
        let hash = samples.iter().fold(0, bits);
        let name = format!("{} samples {hash:x}, seed {seed}", samples.len());
        Ok(Held { samples, seed, name })
    }
}

impl Data for Held {
    fn describe(&self) -> String {
        self.name.clone()
    }

    fn sample(&self, index: u64) -> Sample {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(self.seed.rotate_left(32) ^ index);
        self.samples[rng.random_range(0..self.samples.len())].clone()
    }
}

/// The first error of a source that is read during the training. Its samples have no way to report one.
#[derive(Clone, Default)]
pub struct Failure(Arc<Mutex<Option<Error>>>);

impl Failure {
    pub fn take(&self) -> Option<Error> {
        self.0.lock().unwrap_or_else(|e| e.into_inner()).take()
    }

    pub fn is_set(&self) -> bool {
        self.0.lock().unwrap_or_else(|e| e.into_inner()).is_some()
    }

    fn set(&self, error: Error) {
        self.0.lock().unwrap_or_else(|e| e.into_inner()).get_or_insert(error);
    }
}

/// An iterator of Python: its samples in their order, each once.
pub struct Stream {
    fit: Fit,
    name: String,
    reader: Mutex<Reader>,
    failure: Failure,
    /// In the place of samples that could not be read, until the trainer sees the failure.
    spare: Sample,
}

struct Reader {
    rows: Py<PyAny>,
    /// Samples read so far.
    n_read: u64,
    /// Those that were read and not yet asked for.
    ahead: BTreeMap<u64, Sample>,
    /// What a resumed run has had: of the samples before `end`, those that are running alone.
    resumed: Resumed,
}

/// Which samples a resumed run asks for again.
#[derive(Default)]
struct Resumed {
    running: BTreeSet<u64>,
    end: u64,
}

impl Resumed {
    fn of(checkpoint: Option<&Checkpoint>) -> Self {
        checkpoint.map_or_else(Resumed::default, |checkpoint| Resumed {
            running: checkpoint.slots.iter().map(|slot| slot.index).collect(),
            end: checkpoint.next_index,
        })
    }

    fn wants(&self, index: u64) -> bool {
        index >= self.end || self.running.contains(&index)
    }
}

impl Reader {
    fn put(&mut self, sample: Sample) {
        if self.resumed.wants(self.n_read) {
            self.ahead.insert(self.n_read, sample);
        }
        self.n_read += 1;
    }
}

impl Stream {
    /// Reads `rows` from its beginning, also for the run of a checkpoint: what that has had is passed over.
    pub fn new(
        fit: Fit,
        rows: &Bound<'_, PyAny>,
        name: String,
        failure: Failure,
        checkpoint: Option<&Checkpoint>,
    ) -> Result<Self> {
        let first = next(&fit, rows, 0)?;
        let (rows, resumed) = (rows.clone().unbind(), Resumed::of(checkpoint));
        let mut reader = Reader { rows, n_read: 0, ahead: BTreeMap::new(), resumed };
        reader.put(first.clone());
        Ok(Stream { fit, name, reader: Mutex::new(reader), failure, spare: first })
    }

    fn read(&self, index: u64, mut reader: MutexGuard<'_, Reader>) -> Result<Sample> {
        let gone = || Error::State(format!("data: sample {index} was read already"));
        while reader.n_read <= index {
            // The lock of the interpreter is taken last: the iterator may let it go for another thread.
            let sample = Python::try_attach(|py| next(&self.fit, reader.rows.bind(py), reader.n_read));
            let sample = sample.ok_or_else(|| Error::State("Python is shutting down".into()))??;
            reader.put(sample);
        }
        reader.ahead.remove(&index).ok_or_else(gone)
    }
}

fn next(fit: &Fit, rows: &Bound<'_, PyAny>, index: u64) -> Result<Sample> {
    let place = || format!("sample {index}");
    let row = rows.try_iter()?.next();
    let row = row.ok_or_else(|| Error::State(format!("data: it ended after {index} samples")))??;
    let row: Row<'_> = row.extract().at(place)?;
    fit.sample(&row).at(place)
}

impl Data for Stream {
    fn describe(&self) -> String {
        self.name.clone()
    }

    fn sample(&self, index: u64) -> Sample {
        let reader = self.reader.lock().unwrap_or_else(|e| e.into_inner());
        if self.failure.is_set() {
            return self.spare.clone();
        }
        self.read(index, reader).unwrap_or_else(|error| {
            self.failure.set(error);
            self.spare.clone()
        })
    }
}

/// Puzzles of a data file with their answers.
pub fn file(model: &Model, path: &Path, seed: u64) -> Result<Box<dyn Data + Send>> {
    std::fs::metadata(path).map_err(|source| Error::io(path, source))?;
    let place = || path.display().to_string();
    let config = model.config();
    if let Some(rules) = rules_of(model)? {
        let rules = Arc::new(rules);
        let rows = puzzles::rules::open_rules(path, rules.clone());
        let rows = rows.and_then(Iterator::collect::<std::result::Result<_, _>>).at(place)?;
        let stream = RulesStream::new(RulesTask::new(rules), rows, seed);
        return Ok(Box::new(stream.map_err(Error::Config).at(place)?));
    }
    if let Ok(task) = SudokuTask::of(config) {
        let rows = puzzles::open_sudoku(path, None).and_then(Iterator::collect::<std::result::Result<_, _>>);
        let rows: Vec<puzzles::SudokuRow> = rows.at(place)?;
        let layout = if task.is_of_candidates() { Layout::Candidates } else { Layout::Cells };
        let stream = SudokuStream::new(vec![(rows, 1.0)], layout, seed);
        return Ok(Box::new(stream.map_err(Error::Config).at(place)?));
    }
    MazeTask::of(config)?;
    if config.output != Output::Binary {
        return Err(Error::Config("data: mazes of files train models of marked cells".into()));
    }
    let rows = puzzles::maze::open_maze(path).at(place)?;
    let samples = rows.map(|row| Ok(maze_sample(&row?)));
    let samples = samples.collect::<std::result::Result<Vec<Sample>, puzzles::PuzzleError>>().at(place)?;
    if samples.is_empty() {
        return Err(Error::Config("no puzzles in this file".into())).at(place);
    }
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    let name = format!("{} mazes of {file}, seed {seed}", samples.len());
    Ok(Box::new(Held { samples, seed, name }))
}
