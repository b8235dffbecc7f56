//! The loop of a training run.

use super::Run;
use super::log::Log;
use crate::Verdict;
use anyhow::{Context, Result};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;
use trm_core::Model;
use trm_core::kernel::Isa;
use trm_train::{Checkpoint, Data, Evaluation, Sample, TrainConfig, Trainer, evaluate};

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
    /// Validation puzzles, and the limits of the bands of ratings they are counted in.
    pub validation: &'a [Sample],
    pub bands: &'a [f32],
}

impl Loop<'_> {
    /// Trains until the last step or Ctrl-C; goes on from the checkpoint in `out`, where there is one.
    pub fn train(&self, model: Model, config: TrainConfig, data: &dyn Data) -> Result<Verdict> {
        std::fs::create_dir_all(&self.run.out).with_context(|| self.run.out.display().to_string())?;
        let saved = self.run.out.join("checkpoint.bin");
        let mut trainer = if saved.exists() {
            Trainer::resume(model, config, data, Checkpoint::load(&saved)?)?
        } else {
            Trainer::new(model, config, data)?
        };
        let mut log = Log::open(&self.run.out.join("log.jsonl"))?;
        watch_for_interrupts()?;
        let style = ProgressStyle::with_template("{bar:30} {pos}/{len} ETA {eta} {msg}")?;
        let bar = ProgressBar::new(self.run.steps).with_style(style);
        let (mut saved_at, mut validated_at, mut reported_at) =
            (Instant::now(), Instant::now(), Instant::now());
        let minutes = |t: Instant| t.elapsed().as_secs_f64() / 60.0;
        let last = self.run.until.unwrap_or(self.run.steps).min(self.run.steps);
        while trainer.step_count() < last && !INTERRUPTED.load(Ordering::Relaxed) {
            trainer.step()?;
            if reported_at.elapsed().as_secs() >= 10 {
                reported_at = Instant::now();
                let p = trainer.progress();
                bar.set_position(p.step);
                bar.set_message(format!(
                    "loss {:.3} exact {:.3} {:.0} questions/s {:.0} GFLOP/s",
                    p.loss, p.batch_exact, p.question_steps_per_second, p.gflops
                ));
                log.write(&json!({ "train": p }))?;
            }
            if minutes(validated_at) >= self.run.validate_minutes {
                self.validate(&trainer, &mut log)?;
                validated_at = Instant::now();
            }
            if minutes(saved_at) >= self.run.save_minutes {
                trainer.checkpoint().save(&saved)?;
                saved_at = Instant::now();
            }
        }
        trainer.checkpoint().save(&saved)?;
        self.validate(&trainer, &mut log)?;
        bar.abandon();
        eprintln!("the model is {}", self.run.out.join("model.safetensors").display());
        // An interrupted run is none that another command should go on from.
        Ok(if trainer.step_count() < last { Verdict::No } else { Verdict::Yes })
    }

    /// Saves the averaged weights, with what they score.
    fn validate(&self, trainer: &Trainer, log: &mut Log) -> Result<()> {
        let mut model = trainer.averaged();
        let phase = model.note.len() + 1;
        let (step, steps) = (trainer.step_count(), self.run.steps);
        let command = noted(self.words);
        model.note.insert(format!("phase {phase}"), format!("{command}; step {step} of {steps}"));
        model.save(self.run.out.join("model.safetensors"))?;
        model.save(self.run.out.join(format!("model-{step}.safetensors")))?;
        if self.validation.is_empty() {
            return Ok(());
        }
        let start = Instant::now();
        let evaluation: Evaluation =
            evaluate(&model, Isa::best(), self.validation, self.run.validate_k, self.bands);
        log.write(&json!({
            "step": step, "validation": evaluation, "seconds": start.elapsed().as_secs_f64()
        }))
    }
}

/// The command as a model file keeps it: without the places of this machine.
fn noted(words: &[String]) -> String {
    let (mut noted, mut arguments) = (vec!["trm"], words.iter());
    while let Some(word) = arguments.next() {
        let flag = word.split('=').next().unwrap_or_default();
        match flag {
            "--out" | "--validate" | "--init" => {
                if flag == word {
                    arguments.next();
                }
            }
            _ => noted.push(word.rsplit('/').next().unwrap_or_default()),
        }
    }
    noted.join(" ")
}
