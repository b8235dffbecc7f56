//! Long calls: without the interpreter's lock, ended by Ctrl-C, and without a panic that crosses into Python.

use crate::errors::{Error, Result};
use pyo3::prelude::*;
use rayon::ThreadPool;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Time between two looks at the signals that have arrived: far below the second that Ctrl-C may take, and rare
/// enough that taking the interpreter's lock costs nothing.
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// How a running computation learns that it should end.
#[derive(Clone, Debug)]
pub enum Interrupt {
    /// It runs on a thread of Python, and looks itself.
    Signals { looked: Instant },
    /// It runs on another thread, and a flag is set.
    Flag(Arc<AtomicBool>),
}

impl Interrupt {
    /// For the thread that Python called on.
    pub fn signals() -> Self {
        Interrupt::Signals { looked: Instant::now() }
    }

    /// Called between two pieces of work.
    ///
    /// # Errors
    /// What a signal handler of Python raised, `KeyboardInterrupt` as a rule; [`Error::Cancelled`] where a flag is
    /// set.
    pub fn check(&mut self) -> Result<()> {
        match self {
            Interrupt::Signals { looked } if looked.elapsed() >= BETWEEN_LOOKS => {
                Python::attach(|py| py.check_signals())?;
                *looked = Instant::now();
                Ok(())
            }
            Interrupt::Signals { .. } => Ok(()),
            Interrupt::Flag(flag) if flag.load(Ordering::Relaxed) => Err(Error::Cancelled),
            Interrupt::Flag(_) => Ok(()),
        }
    }
}

/// Runs `work` on this thread, without the interpreter's lock.
pub fn inline<R: Send>(py: Python<'_>, work: impl FnOnce(Interrupt) -> Result<R> + Send) -> Result<R> {
    py.detach(|| guarded(|| work(Interrupt::signals())))
}

/// Runs `work` on a thread of `pool`: for work whose single pieces may take seconds. Ctrl-C ends the call at once and
/// the work at the end of its piece.
pub fn in_background<R: Send + 'static>(
    py: Python<'_>,
    pool: &ThreadPool,
    work: impl FnOnce(Interrupt) -> Result<R> + Send + 'static,
) -> Result<R> {
    let flag = Arc::new(AtomicBool::new(false));
    let (sender, receiver) = mpsc::channel();
    let interrupt = Interrupt::Flag(flag.clone());
    pool.spawn(move || {
        // Nobody listens after an interrupt.
        let _ = sender.send(guarded(|| work(interrupt)));
    });
    wait(py, receiver, &flag)?
}

/// Waits for what another thread sends. Ctrl-C sets the flag and is raised.
///
/// # Errors
/// What a signal handler raised; [`Error::State`] where the other thread is gone.
pub fn wait<R: Send>(py: Python<'_>, receiver: Receiver<R>, flag: &AtomicBool) -> Result<R> {
    // The compiler does not know that the thread without the interpreter's lock is still this one.
    let receiver = Mutex::new(receiver);
    loop {
        let next = || receiver.lock().unwrap_or_else(|e| e.into_inner()).recv_timeout(BETWEEN_LOOKS);
        let received = py.detach(next);
        match received {
            Ok(result) => return Ok(result),
            Err(RecvTimeoutError::Timeout) => {
                if let Err(signal) = py.check_signals() {
                    flag.store(true, Ordering::Relaxed);
                    return Err(signal.into());
                }
            }
            Err(RecvTimeoutError::Disconnected) => return Err(Error::State("its thread has ended".into())),
        }
    }
}

/// Turns a panic into an error. Engines and predictors stay usable: their locks ignore poisoning.
pub fn guarded<R>(work: impl FnOnce() -> Result<R>) -> Result<R> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(Error::Bug(words(&*panic))))
}

fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic".into())
}
