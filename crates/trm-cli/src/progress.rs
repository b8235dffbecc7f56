//! Progress on standard error.

use crate::output::{is_silent, message};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::Duration;

/// The first line without a terminal comes after this time, each later one after twice the time before.
const FIRST_LINE: Duration = Duration::from_secs(1);
const MAX_BETWEEN_LINES: Duration = Duration::from_secs(30);

/// A bar on a terminal, else a line now and then. Dropped, it clears its line.
pub struct Progress {
    bar: ProgressBar,
    lines: Option<Lines>,
}

/// Lines about work that goes on, also while a single piece of it takes long.
struct Lines {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    n_done: usize,
    more: String,
    ended: bool,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Prints the state whenever a line is due, until the end; `of` follows the count.
    fn print(&self, name: &str, of: &str) {
        let mut wait = FIRST_LINE;
        let mut state = self.state();
        while !state.ended {
            let waited = self.changed.wait_timeout_while(state, wait, |state| !state.ended);
            let (now, timeout) = waited.unwrap_or_else(|e| e.into_inner());
            state = now;
            if timeout.timed_out() {
                let comma = if state.more.is_empty() { "" } else { ", " };
                message!("{name}: {}{of}{comma}{}", state.n_done, state.more);
                wait = next_wait(wait);
            }
        }
    }
}

/// The time to the next line.
fn next_wait(wait: Duration) -> Duration {
    (2 * wait).min(MAX_BETWEEN_LINES)
}

impl Progress {
    /// Of `n` things, where it is known that there are at most so many.
    pub fn new(name: &'static str, unit: &'static str, n: Option<usize>) -> Self {
        let template = "{prefix} {bar:30} {human_pos}/{human_len} {per_sec} ETA {eta} {msg}";
        let style = ProgressStyle::with_template(template).expect("a constant template");
        if is_silent() {
            return Progress { bar: ProgressBar::hidden(), lines: None };
        }
        let target = ProgressDrawTarget::stderr_with_hz(8);
        let bar = ProgressBar::with_draw_target(n.map(|n| n as u64), target).with_prefix(name);
        let lines = bar.is_hidden().then(|| {
            let shared = Arc::new(Shared::default());
            let of = n.map_or(String::new(), |n| format!(" of {n}"));
            let (of, printer) = (format!("{of} {unit}"), shared.clone());
            Lines { shared, thread: Some(std::thread::spawn(move || printer.print(name, &of))) }
        });
        Progress { bar: bar.with_style(style), lines }
    }

    /// Of the rows that an iterator has left.
    pub fn of(name: &'static str, rows: &impl Iterator) -> Self {
        Self::new(name, "puzzles", rows.size_hint().1.filter(|n| *n < usize::MAX))
    }

    /// `n` are done; `more` says more of them.
    pub fn show(&self, n: usize, more: impl FnOnce() -> String) {
        let more = more();
        match &self.lines {
            Some(lines) => {
                let mut state = lines.shared.state();
                (state.n_done, state.more) = (n, more);
            }
            None => {
                self.bar.set_position(n as u64);
                self.bar.set_message(more);
            }
        }
    }

    /// `n` are done, and what else was said of them stands.
    pub fn count(&self, n: usize) {
        match &self.lines {
            Some(lines) => lines.shared.state().n_done = n,
            None => self.bar.set_position(n as u64),
        }
    }

    /// `n` puzzles are done, and the answers of `n_verified` of them obey the rules.
    pub fn show_verified(&self, n: usize, n_verified: usize) {
        self.show(n, || format!("verified {:.1} %", 100.0 * n_verified as f64 / n.max(1) as f64));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
        if let Some(Lines { shared, thread }) = &mut self.lines {
            shared.state().ended = true;
            shared.changed.notify_all();
            if let Some(thread) = thread.take() {
                // It prints, and has nothing to fail at.
                let _ = thread.join();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_become_rarer() {
        let waits = std::iter::successors(Some(FIRST_LINE), |wait| Some(next_wait(*wait)));
        let seconds: Vec<u64> = waits.take(8).map(|wait| wait.as_secs()).collect();
        assert_eq!(seconds, [1, 2, 4, 8, 16, 30, 30, 30]);
    }
}
