//! A trainer on a thread of its own, which owns the run and does what Python asks.

use crate::engine::Engine;
use crate::errors::{Error, Result};
use crate::interrupt::{Interrupt, guarded, in_background, inline, wait};
use crate::pool::{new_pool, pool};
use crate::samples::{Failure, Fit, Held, Row, Stream, file};
use pyo3::prelude::*;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use trm_core::Model;
use trm_train::{Checkpoint, Data, Progress, TrainConfig};

/// What the thread is asked to do.
type Command = Box<dyn FnOnce(&mut trm_train::Trainer<'_>) + Send>;

/// Where questions come from.
#[derive(FromPyObject)]
enum Source<'py> {
    /// A data file.
    File(PathBuf),
    /// Samples that are held in memory.
    Rows(Vec<Row<'py>>),
    /// An iterator over samples, and its name.
    Stream(Bound<'py, PyAny>, String),
}

/// A run of training.
#[pyclass(frozen, module = "trm._trm")]
pub struct Trainer {
    commands: Mutex<Option<Sender<Command>>>,
    /// The process of its thread: a fork has no copy of that.
    process: u32,
    failure: Failure,
    /// Whether the run cannot go on: the data failed, or a step panicked.
    broken: Arc<AtomicBool>,
    #[pyo3(get)]
    steps: u64,
}

/// The numbers of a [`Progress`], in its order.
type Numbers = (u64, u64, f64, f64, f64, f64, f64, f64, f64, f64);

impl Trainer {
    /// Does `work` on the trainer's thread.
    fn ask<R: Send + 'static>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&mut trm_train::Trainer<'_>, Interrupt) -> Result<R> + Send + 'static,
    ) -> Result<R> {
        if self.process != std::process::id() {
            return Err(Error::State("a trainer does not cross a fork".into()));
        }
        if self.broken.load(Ordering::Relaxed) {
            return Err(Error::State("this run has failed; go on from a checkpoint".into()));
        }
        let flag = Arc::new(AtomicBool::new(false));
        let (sender, receiver) = mpsc::channel();
        let (interrupt, broken) = (Interrupt::Flag(flag.clone()), self.broken.clone());
        let command: Command = Box::new(move |trainer| {
            let result = guarded(|| work(trainer, interrupt));
            broken.fetch_or(matches!(result, Err(Error::Bug(_))), Ordering::Relaxed);
            // Nobody listens after an interrupt.
            let _ = sender.send(result);
        });
        let sent = match &*self.commands.lock().unwrap_or_else(|e| e.into_inner()) {
            Some(commands) => commands.send(command).is_ok(),
            None => false,
        };
        if !sent {
            return Err(Error::State("the trainer was closed".into()));
        }
        let result = wait(py, receiver, &flag)?;
        match self.failure.take() {
            Some(error) => {
                self.broken.store(true, Ordering::Relaxed);
                Err(error)
            }
            None => result,
        }
    }
}

#[pymethods]
impl Trainer {
    #[new]
    fn new(
        py: Python<'_>,
        engine: &Engine,
        source: Source<'_>,
        config: &str,
        checkpoint: Option<PathBuf>,
        threads: Option<usize>,
    ) -> Result<Self> {
        let fault = |error: serde_json::Error| Error::Config(format!("training configuration: {error}"));
        let config: TrainConfig = serde_json::from_str(config).map_err(fault)?;
        let (model, failure) = (engine.engine.model().clone(), Failure::default());
        let checkpoint = checkpoint.map(|path| inline(py, |_| Ok(Checkpoint::load(&path)?))).transpose()?;
        let data: Box<dyn Data + Send> = match source {
            Source::File(path) => {
                let (model, seed) = (model.clone(), config.seed);
                in_background(py, &*pool(Some(1))?, move |_| file(&model, &path, seed))?
            }
            Source::Rows(rows) => Box::new(guarded(|| Held::new(&Fit::new(&model)?, &rows, config.seed))?),
            Source::Stream(rows, name) => {
                let (checkpoint, failure) = (checkpoint.as_ref(), failure.clone());
                let read = || Stream::new(Fit::new(&model)?, &rows, name, failure, checkpoint);
                Box::new(guarded(read)?)
            }
        };
        let steps = config.steps;
        let (commands, receiver) = mpsc::channel();
        let (ready, started) = mpsc::channel();
        let pool = new_pool(threads)?;
        let run = move || train(&pool, model, config, &*data, checkpoint, &ready, &receiver);
        let thread = std::thread::Builder::new().name("trm-trainer".into()).spawn(run);
        thread.map_err(|error| Error::State(format!("no thread: {error}")))?;
        wait(py, started, &AtomicBool::default())??;
        let failed = failure.take();
        if let Some(error) = failed {
            return Err(error);
        }
        let process = std::process::id();
        let (commands, broken) = (Mutex::new(Some(commands)), Arc::default());
        Ok(Trainer { commands, process, failure, broken, steps })
    }

    /// Optimiser steps until the run has had `until`, or so many seconds are over; at least one step, if any is left.
    fn advance(&self, py: Python<'_>, until: u64, seconds: f64) -> Result<u64> {
        let failure = self.failure.clone();
        let limit = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX);
        self.ask(py, move |trainer, mut interrupt| {
            let start = Instant::now();
            while trainer.step_count() < until && !failure.is_set() {
                interrupt.check()?;
                trainer.step()?;
                if start.elapsed() >= limit {
                    break;
                }
            }
            Ok(trainer.step_count())
        })
    }

    fn step_count(&self, py: Python<'_>) -> Result<u64> {
        self.ask(py, |trainer, _| Ok(trainer.step_count()))
    }

    fn progress(&self, py: Python<'_>) -> Result<Numbers> {
        let p: Progress = self.ask(py, |trainer, _| Ok(trainer.progress()))?;
        let rates = (p.question_steps_per_second, p.gflops);
        let (losses, last) = ((p.loss, p.halt_loss, p.batch_exact), (p.gradient, p.learning_rate));
        Ok((
            p.step,
            p.question_steps,
            p.seconds,
            losses.0,
            losses.1,
            losses.2,
            last.0,
            last.1,
            rates.0,
            rates.1,
        ))
    }

    fn save(&self, py: Python<'_>, path: PathBuf) -> Result<()> {
        self.ask(py, move |trainer, _| Ok(trainer.checkpoint().save(&path)?))
    }

    /// The averaged weights.
    fn averaged(&self, py: Python<'_>) -> Result<Engine> {
        self.ask(py, |trainer, _| Ok(trainer.averaged())).map(Engine::of)
    }

    /// Ends the thread.
    fn close(&self) {
        self.commands.lock().unwrap_or_else(|e| e.into_inner()).take();
    }
}

/// The life of the thread: makes or resumes the run, and does what it is asked until nobody can ask.
fn train(
    pool: &rayon::ThreadPool,
    model: Model,
    config: TrainConfig,
    data: &(dyn Data + Send),
    checkpoint: Option<Checkpoint>,
    ready: &Sender<Result<()>>,
    commands: &Receiver<Command>,
) {
    let begin = || match checkpoint {
        Some(checkpoint) => trm_train::Trainer::resume(model, config, data, checkpoint),
        None => trm_train::Trainer::new(model, config, data),
    };
    let mut trainer = match pool.install(|| guarded(|| Ok(begin()?))) {
        Ok(trainer) => trainer,
        Err(error) => {
            // The caller may have been interrupted, and be gone.
            let _ = ready.send(Err(error));
            return;
        }
    };
    if ready.send(Ok(())).is_err() {
        return;
    }
    while let Ok(command) = commands.recv() {
        pool.install(|| command(&mut trainer));
    }
}
