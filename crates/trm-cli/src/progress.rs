//! Progress on standard error.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar on a terminal, else a line per hundred puzzles. Dropped, it clears its line.
pub struct Progress {
    bar: ProgressBar,
    name: &'static str,
}

impl Progress {
    /// Of `n` puzzles, where it is known that there are at most so many.
    pub fn new(name: &'static str, n: Option<usize>) -> Self {
        let template = "{prefix} {bar:30} {human_pos}/{human_len} {per_sec} ETA {eta} {msg}";
        let style = ProgressStyle::with_template(template).expect("a constant template");
        let target = ProgressDrawTarget::stderr_with_hz(8);
        let bar = ProgressBar::with_draw_target(n.map(|n| n as u64), target).with_prefix(name);
        Progress { bar: bar.with_style(style), name }
    }

    /// Of the rows that an iterator has left.
    pub fn of(name: &'static str, rows: &impl Iterator) -> Self {
        Self::new(name, rows.size_hint().1.filter(|n| *n < usize::MAX))
    }

    /// `n` are done, and the answers of `n_verified` of them obey the rules, where that is known.
    pub fn show(&self, n: usize, n_verified: Option<usize>) {
        let share = |n_verified| format!("verified {:.1} %", 100.0 * n_verified as f64 / n.max(1) as f64);
        let verified = n_verified.map(share);
        if !self.bar.is_hidden() {
            self.bar.set_position(n as u64);
            self.bar.set_message(verified.unwrap_or_default());
        } else if n.is_multiple_of(100) {
            let verified = verified.map_or(String::new(), |verified| format!(", {verified}"));
            eprintln!("{}: {n} puzzles{verified}", self.name);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
