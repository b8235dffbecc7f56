//! A report as text.

use crate::eval::Report;
use crate::tally::{Measures, Rate};
use std::fmt::{self, Display, Formatter};

/// `87.40 % (85.2 .. 89.3)`
impl Display for Rate {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Rate { rate, low, high, .. } = self;
        write!(f, "{:6.2} %  ({:.1} .. {:.1})", 100.0 * rate, 100.0 * low, 100.0 * high)
    }
}

impl Report {
    /// The order of [`Measures::rates`] in text: as [`Task::RATES`](trm_tasks::Task::RATES).
    fn names(&self) -> Vec<&str> {
        let order =
            ["exact_accuracy", "solved_rate", "optimal_path_rate", "valid_path_rate", "connected_rate"];
        order.into_iter().filter(|name| self.measures.rates.contains_key(*name)).collect()
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (all, names) = (&self.measures, self.names());
        let untrained = if self.model.untrained { ", UNTRAINED" } else { "" };
        writeln!(f, "{} puzzles: {}, {}", all.n, self.puzzle, self.data)?;
        writeln!(f, "model: {}, {} weights{untrained}", self.model.name, self.model.n_params)?;
        writeln!(f, "halting: {}, at most {} steps", self.policy.halting, self.policy.max_k)?;
        writeln!(f)?;
        for name in &names {
            writeln!(f, "  {name:<18} {}", all.rates[*name])?;
        }
        writeln!(f, "  {:<18} {:6.2} %", "cell_accuracy", 100.0 * all.cell_accuracy)?;
        writeln!(f, "  {:<18} {:6.2}", "mean K", all.mean_k)?;
        writeln!(f, "  {:<18} {:6.2} ms on one thread", "per puzzle", all.ms_per_puzzle)?;
        writeln!(f, "  {:<18} {:6.2} GFLOP of matrix products", "", all.gflop_per_puzzle)?;
        if self.bands.len() > 1 {
            self.write_bands(f, &names)?;
        }
        if !self.sources.is_empty() {
            let sources: Vec<_> =
                self.sources.iter().map(|part| (part.source.clone(), &part.measures)).collect();
            write_parts(f, "source", &names, &sources)?;
        }
        if !self.sweep.is_empty() {
            writeln!(f, "\n  {:>6}  {:<26}  verified by step K (network AND rules)", "K", "exact at step K")?;
            for point in &self.sweep {
                let exact = point.exact_at.to_string();
                writeln!(f, "  {:>6}  {exact:<26}  {}", point.k, point.verified_by)?;
            }
        }
        Ok(())
    }
}

impl Report {
    fn write_bands(&self, f: &mut Formatter<'_>, names: &[&str]) -> fmt::Result {
        let mut parts = Vec::with_capacity(self.bands.len());
        for (i, band) in self.bands.iter().enumerate() {
            let to = self.bands.get(i + 1).map_or("and up".to_owned(), |next| format!("to {}", next.from));
            parts.push((format!("{} {to}", band.from), &band.measures));
        }
        write_parts(f, "rating", names, &parts)
    }
}

/// A table of measures, one line for each part of the questions.
fn write_parts(
    f: &mut Formatter<'_>,
    head: &str,
    names: &[&str],
    parts: &[(String, &Measures)],
) -> fmt::Result {
    let width = parts.iter().map(|(label, _)| label.chars().count()).max().unwrap_or(0).max(10);
    write!(f, "\n  {head:>width$} {:>7}", "puzzles")?;
    names.iter().try_for_each(|name| write!(f, " {name:>17}"))?;
    writeln!(f, " {:>8} {:>8}", "mean K", "ms")?;
    for (label, Measures { n, rates, mean_k, ms_per_puzzle, .. }) in parts {
        write!(f, "  {label:>width$} {n:>7}")?;
        names.iter().try_for_each(|name| write!(f, " {:>15.2} %", 100.0 * rates[*name].rate))?;
        writeln!(f, " {mean_k:>8.2} {ms_per_puzzle:>8.2}")?;
    }
    Ok(())
}
