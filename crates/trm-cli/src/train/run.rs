//! The loop of a training run.

use super::Run;
use super::log::Log;
use super::provenance::Provenance;
use crate::output::{create_folder, message};
use crate::phase;
use crate::progress::Progress;
use crate::ranks;
use crate::verdict::Verdict;
use anyhow::{Context, Result, anyhow, bail};
use serde_json::json;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;
use trm_core::Model;
use trm_core::kernel::Isa;
use trm_train::{Checkpoint, Data, Evaluation, Sample, TrainConfig, TrainError, Trainer, evaluate_in};
use trm_world::World;

/// Seconds between reports in the log.
const REPORT_SECONDS: u64 = 10;
/// What to do about a checkpoint of another run.
const ANEW: &str = "the same options go on, and another --out with --init begins a new run from its model";
/// Set by Ctrl-C. The phases of a recipe are runs of one process, and a process has one handler.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

fn watch_for_interrupts() -> Result<()> {
    match ctrlc::set_handler(|| INTERRUPTED.store(true, Ordering::Relaxed)) {
        Ok(()) | Err(ctrlc::Error::MultipleHandlers) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// A run as its command asks for it.
pub struct Loop<'a> {
    pub run: &'a Run,
    /// The words behind `trm`.
    pub words: &'a [String],
    /// The files that it learns from.
    pub data: &'a [PathBuf],
    pub world: &'a dyn World,
    /// Validation puzzles, and the limits of the bands of ratings they are counted in.
    pub validation: &'a [Sample],
    pub bands: &'a [f32],
    /// Minutes after which a call ends, where the steps do not end it before.
    pub max_minutes: f64,
}

/// What is due after a step, as the first rank decides by its clock and its signals.
#[derive(Clone, Copy)]
struct Due {
    stop: bool,
    validate: bool,
    save: bool,
}

impl Due {
    /// The same on all ranks.
    fn agreed(self, world: &dyn World) -> Self {
        let Due { stop, validate, save } = self;
        let mut bits = vec![u8::from(stop) | u8::from(validate) << 1 | u8::from(save) << 2];
        world.broadcast(&mut bits);
        let is_set = |bit: u8| bits[0] >> bit & 1 == 1;
        Due { stop: is_set(0), validate: is_set(1), save: is_set(2) }
    }
}

impl<'a> Loop<'a> {
    /// A run that its steps alone end.
    pub fn new(
        run: &'a Run,
        words: &'a [String],
        data: &'a [PathBuf],
        world: &'a dyn World,
        validation: &'a [Sample],
        bands: &'a [f32],
    ) -> Self {
        Loop { run, words, data, world, validation, bands, max_minutes: f64::INFINITY }
    }

    /// Trains until the last step or Ctrl-C; goes on from the checkpoint in `out`, where there is one. The first rank
    /// alone writes files.
    pub fn train(&self, model: Model, config: TrainConfig, data: &dyn Data) -> Result<Verdict> {
        let (out, world) = (&self.run.out, self.world);
        let is_first = world.rank() == 0;
        let hold = || {
            create_folder(out)?;
            lock(out)
        };
        let _lock = is_first.then(hold).transpose()?;
        ranks::ready(world, &[])?;
        let saved = out.join("checkpoint.bin");
        let provenance = is_first.then(|| Provenance::new(self.words, self.data)).transpose()?;
        let mut trainer = match Checkpoint::load_in(world, &saved)? {
            Some(checkpoint) => {
                let resumed = Trainer::resume_in(world, model, config, data, checkpoint);
                resumed.map_err(|error| match error {
                    TrainError::OtherRun { .. } => anyhow!("{}: {error}; {ANEW}", saved.display()),
                    error => error.into(),
                })?
            }
            None => Trainer::new_in(world, model, config, data)?,
        };
        let mut log = is_first.then(|| Log::open(&out.join("log.jsonl"))).transpose()?;
        watch_for_interrupts()?;
        let last = self.run.until.unwrap_or(self.run.steps).min(self.run.steps);
        if let Some(log) = &log {
            let (step, steps) = (trainer.step_count(), self.run.steps);
            message!("step {step} of {steps}, until {last}; the log is {}", log.path());
        }
        let progress = Progress::new("train", "steps", Some(self.run.steps as usize));
        let (mut saved_at, mut validated_at, mut reported_at) =
            (Instant::now(), Instant::now(), Instant::now());
        let minutes = |t: Instant| t.elapsed().as_secs_f64() / 60.0;
        let mut reported = trainer.step_count();
        let start = Instant::now();
        let is_over = || minutes(start) >= self.max_minutes;
        let stops = || INTERRUPTED.load(Ordering::Relaxed) || is_over();
        let mut due = Due { stop: stops(), validate: false, save: false }.agreed(world);
        while trainer.step_count() < last && !due.stop {
            trainer.step()?;
            progress.count(trainer.step_count() as usize);
            if reported_at.elapsed().as_secs() >= REPORT_SECONDS {
                (reported_at, reported) = (Instant::now(), trainer.step_count());
                report(&mut trainer, &progress, log.as_mut())?;
            }
            due = Due {
                stop: stops(),
                validate: minutes(validated_at) >= self.run.validate_minutes,
                save: minutes(saved_at) >= self.run.save_minutes,
            }
            .agreed(world);
            if due.validate {
                self.validate(&trainer, provenance.as_ref(), log.as_mut())?;
                validated_at = Instant::now();
            }
            if due.save {
                self.save(&trainer, &saved)?;
                saved_at = Instant::now();
            }
        }
        if trainer.step_count() > reported {
            report(&mut trainer, &progress, log.as_mut())?;
        }
        drop(progress);
        self.save(&trainer, &saved)?;
        self.validate(&trainer, provenance.as_ref(), log.as_mut())?;
        message!("the model is {}", out.join("model.safetensors").display());
        // An interrupted run is none that another command should go on from.
        let ended = trainer.step_count() >= last || is_over();
        Ok(Due { stop: ended, validate: false, save: false }.agreed(world).stop.into())
    }

    fn save(&self, trainer: &Trainer, to: &Path) -> Result<()> {
        trainer.check_ranks()?;
        let checkpoint = trainer.checkpoint();
        if self.world.rank() == 0 {
            checkpoint.save(to)?;
        }
        Ok(())
    }

    /// Saves the averaged weights, with what they score.
    fn validate(
        &self,
        trainer: &Trainer,
        provenance: Option<&Provenance>,
        log: Option<&mut Log>,
    ) -> Result<()> {
        let (mut model, step) = (trainer.averaged(), trainer.step_count());
        if let Some(provenance) = provenance {
            phase::note(&mut model, provenance.of(trainer, self.run.steps));
            model.save(self.run.out.join("model.safetensors"))?;
            model.save(self.run.out.join(format!("model-{step}.safetensors")))?;
        }
        if self.validation.is_empty() {
            return Ok(());
        }
        let start = Instant::now();
        let (isa, k) = (Isa::best(), self.run.validate_k);
        let evaluation: Option<Evaluation> =
            evaluate_in(self.world, &model, isa, self.validation, k, self.bands);
        let seconds = start.elapsed().as_secs_f64();
        match (evaluation, log) {
            (Some(evaluation), Some(log)) => {
                log.write(&json!({ "step": step, "validation": evaluation, "seconds": seconds }))
            }
            _ => Ok(()),
        }
    }
}

/// Writes what the steps since the last report measured.
fn report(trainer: &mut Trainer, progress: &Progress, log: Option<&mut Log>) -> Result<()> {
    let p = trainer.progress();
    progress.show(p.step as usize, || {
        let (speed, gflops) = (p.question_steps_per_second, p.gflops);
        format!("loss {:.3} exact {:.3} {speed:.0} questions/s {gflops:.0} GFLOP/s", p.loss, p.batch_exact)
    });
    log.map_or(Ok(()), |log| log.write(&json!({ "train": p })))
}

/// Holds the folder of a run until the file is dropped. The system releases the lock of a process that ends,
/// however it ends.
fn lock(folder: &Path) -> Result<File> {
    let path = folder.join("lock");
    let named = || path.display().to_string();
    let file = File::options().create(true).truncate(false).write(true).open(&path).with_context(named)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            bail!("{}: another trm train writes to this folder", folder.display())
        }
        Err(TryLockError::Error(error)) if error.kind() == std::io::ErrorKind::Unsupported => {
            message!("note: {}: this file system has no locks; keep other runs away", folder.display());
            Ok(file)
        }
        Err(TryLockError::Error(error)) => Err(error).with_context(named),
    }
}
