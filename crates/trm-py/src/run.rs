//! One puzzle through the engine, at once or step by step.

use crate::board::Board;
use crate::errors::Result;
use crate::interrupt::Interrupt;
use std::sync::Arc;
use std::time::Instant;
use trm_core::{StepTrace, Steps, TrmEngine};
use trm_solve::{Halt, Halter, Policy};
use trm_tasks::Encoded;

/// Questions of more tokens are left to another thread, since one step of theirs can take a tenth of a second.
const LARGE_QUESTION: usize = 4096;

/// A question with all that answers it.
pub struct Job<T: Board> {
    pub engine: Arc<TrmEngine>,
    pub task: T,
    pub question: T::Question,
    pub style: T::Style,
}

/// When a run ends, and what its noise is.
#[derive(Clone, Copy)]
pub struct Settings {
    pub policy: Policy,
    /// Without it that of the engine.
    pub seed: Option<u64>,
}

/// A run at its end.
pub struct Solved {
    pub shape: [usize; 2],
    pub cells: Vec<u8>,
    pub line: String,
    pub drawing: String,
    pub confidence: f32,
    pub early_stopped: bool,
    /// What is wrong with the answer.
    pub fault: Option<String>,
    pub trace: Vec<StepTrace>,
    pub seconds: f64,
}

/// A run after one of its steps.
pub struct Stepped {
    pub k: usize,
    pub trace: StepTrace,
    pub shape: [usize; 2],
    pub cells: Vec<u8>,
    pub line: String,
    pub drawing: String,
    pub verified: bool,
    /// Whether the policy has halted, at this step or before.
    pub halted: bool,
    /// The model's answer, `[tokens, answer_dim]`.
    pub logits: Vec<f32>,
    pub answer_dim: usize,
}

impl<T: Board> Job<T> {
    /// Whether a step should run in a pool: it takes long, or is shared by threads.
    pub fn in_pool(&self) -> bool {
        self.engine.threads() > 1 || T::n_tokens(&self.question) > LARGE_QUESTION
    }

    fn begin<'a>(
        &self,
        engine: &'a TrmEngine,
        encoded: &'a Encoded,
        settings: &Settings,
    ) -> Result<(Steps<'a>, Halter<T::Answer>)> {
        let mut steps = engine.steps(&encoded.question, &encoded.answer)?;
        if let Some(seed) = settings.seed {
            steps.reseed(seed);
        }
        let halter = Halter::new(&settings.policy, engine, &steps)?;
        Ok((steps, halter))
    }

    /// Runs until the policy halts.
    pub fn solve(&self, settings: &Settings, interrupt: &mut Interrupt) -> Result<Solved> {
        let start = Instant::now();
        let Job { engine, task, question, style } = self;
        let encoded = task.encode(question);
        let (mut steps, mut halter) = self.begin(engine, &encoded, settings)?;
        let mut trace = Vec::new();
        loop {
            interrupt.check()?;
            let step = steps.advance();
            trace.push(step);
            let answer = task.decode(question, &steps.answer());
            let halt = halter.observe(step, &answer, || task.obeys_rules(question, &answer));
            if let Some(Halt { answer, early_stopped }) = halt {
                return Ok(Solved {
                    shape: T::shape(question, style),
                    cells: T::cells(&answer),
                    line: T::line(question, &answer, style),
                    drawing: T::drawing(question, &answer, style).trim_end_matches('\n').into(),
                    confidence: step.confidence,
                    early_stopped,
                    fault: task.fault(question, &answer),
                    trace,
                    seconds: start.elapsed().as_secs_f64(),
                });
            }
        }
    }

    /// The steps one by one: a call for each, which gives nothing after the halt, or with `after_halt` after the
    /// step limit.
    pub fn into_steps(
        self,
        settings: &Settings,
        after_halt: bool,
    ) -> Result<impl FnMut() -> Option<Stepped> + Send + use<T>> {
        let encoded = self.task.encode(&self.question);
        let (steps, mut halter) = self.begin(&self.engine, &encoded, settings)?;
        let (mut steps, mut halted) = (steps.into_owned(), false);
        let (max_k, answer_dim) = (settings.policy.max_k, self.engine.model().config().answer_dim);
        let Job { task, question, style, .. } = self;
        Ok(move || {
            if halted && !after_halt || steps.n_steps() >= max_k {
                return None;
            }
            let trace = steps.advance();
            let logits = steps.answer();
            let mut answer = task.decode(&question, &logits);
            if let Some(halt) = halter.observe(trace, &answer, || task.obeys_rules(&question, &answer)) {
                (halted, answer) = (true, halt.answer);
            }
            Some(Stepped {
                k: steps.n_steps(),
                trace,
                shape: T::shape(&question, &style),
                cells: T::cells(&answer),
                line: T::line(&question, &answer, &style),
                drawing: T::drawing(&question, &answer, &style).trim_end_matches('\n').into(),
                verified: task.obeys_rules(&question, &answer),
                halted,
                logits,
                answer_dim,
            })
        })
    }
}
