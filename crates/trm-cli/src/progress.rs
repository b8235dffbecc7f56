//! Progress on standard error.

use crate::output::message;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// The first line without a terminal comes after this time, each later one after twice the time before.
const FIRST_LINE: Duration = Duration::from_secs(1);
const MAX_BETWEEN_LINES: Duration = Duration::from_secs(30);

/// A bar on a terminal, else a line now and then. Dropped, it clears its line.
pub struct Progress {
    bar: ProgressBar,
    name: &'static str,
    unit: &'static str,
    lines: Mutex<Pace>,
}

/// When the next line is due.
struct Pace {
    at: Instant,
    wait: Duration,
}

impl Pace {
    fn new() -> Self {
        Pace { at: Instant::now() + FIRST_LINE, wait: FIRST_LINE }
    }

    fn is_due(&mut self) -> bool {
        let now = Instant::now();
        let is_due = now >= self.at;
        if is_due {
            self.wait = (2 * self.wait).min(MAX_BETWEEN_LINES);
            self.at = now + self.wait;
        }
        is_due
    }
}

impl Progress {
    /// Of `n` things, where it is known that there are at most so many.
    pub fn new(name: &'static str, unit: &'static str, n: Option<usize>) -> Self {
        let template = "{prefix} {bar:30} {human_pos}/{human_len} {per_sec} ETA {eta} {msg}";
        let style = ProgressStyle::with_template(template).expect("a constant template");
        let target = ProgressDrawTarget::stderr_with_hz(8);
        let bar = ProgressBar::with_draw_target(n.map(|n| n as u64), target).with_prefix(name);
        Progress { bar: bar.with_style(style), name, unit, lines: Mutex::new(Pace::new()) }
    }

    /// Of the rows that an iterator has left.
    pub fn of(name: &'static str, rows: &impl Iterator) -> Self {
        Self::new(name, "puzzles", rows.size_hint().1.filter(|n| *n < usize::MAX))
    }

    /// `n` are done; `more` says more of them.
    pub fn show(&self, n: usize, more: impl FnOnce() -> String) {
        if !self.bar.is_hidden() {
            self.bar.set_position(n as u64);
            self.bar.set_message(more());
        } else if self.lines.lock().unwrap_or_else(|e| e.into_inner()).is_due() {
            let of = self.bar.length().map_or(String::new(), |length| format!(" of {length}"));
            let more = match more() {
                more if more.is_empty() => more,
                more => format!(", {more}"),
            };
            message!("{}: {n}{of} {}{more}", self.name, self.unit);
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
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_become_rarer() {
        let mut pace = Pace::new();
        let mut waits = Vec::new();
        for _ in 0..8 {
            assert!(!pace.is_due(), "before its time");
            pace.at = Instant::now();
            assert!(pace.is_due());
            waits.push(pace.wait.as_secs());
        }
        assert_eq!(waits, [2, 4, 8, 16, 30, 30, 30, 30]);
    }
}
