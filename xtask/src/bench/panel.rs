//! The dashboard: what was measured beside its target, in groups, as text.

use super::record::Row;
use super::stats::linear_fit;
use crate::svg::short;
use std::fmt::Write;

/// Characters of a column, and of a bar.
const COLUMN: usize = 50;
const BAR: usize = 10;

/// What a value should be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Target {
    Below(f64),
    Above(f64),
}

/// One line of the dashboard.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub name: String,
    /// `None` where it was not measured.
    pub value: Option<f64>,
    pub unit: &'static str,
    pub target: Target,
    /// Whether the processor of the record could reach it at all.
    pub is_possible: bool,
}

/// A titled group of lines.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    pub title: &'static str,
    pub entries: Vec<Entry>,
}

impl Entry {
    fn new(name: impl Into<String>, value: Option<f64>, unit: &'static str, target: Target) -> Self {
        Entry { name: name.into(), value, unit, target, is_possible: true }
    }

    /// Whether the target is met, if it was measured and can be.
    pub fn is_met(&self) -> Option<bool> {
        self.value.filter(|_| self.is_possible).map(|value| match self.target {
            Target::Below(most) => value < most,
            Target::Above(least) => value > least,
        })
    }

    /// How much of the bar is full, in 0..1: the share of what is allowed, or of what is asked for.
    pub fn fill(&self) -> f64 {
        let (Target::Below(bound) | Target::Above(bound)) = self.target;
        let value = self.value.filter(|_| self.is_possible);
        (value.unwrap_or(0.0) / bound).clamp(0.0, 1.0)
    }

    /// `2.20 ms (<10)`
    pub fn reading(&self) -> String {
        let sign = match self.target {
            Target::Below(most) => format!("<{most}"),
            Target::Above(least) => format!(">{least}"),
        };
        match self.value {
            _ if !self.is_possible => "not on this processor".into(),
            Some(value) => format!("{} {} ({sign})", short(value), self.unit).replace("  ", " "),
            None => format!("not measured ({sign})"),
        }
    }
}

fn row<'a>(rows: &'a [Row], case: &str) -> Option<&'a Row> {
    rows.iter().find(|row| row.case == case)
}

/// The value of a case that is no time.
fn quantity(rows: &[Row], case: &str) -> Option<f64> {
    Some(row(rows, case)?.quantity.as_ref()?.value)
}

/// The median milliseconds of a case.
fn ms(rows: &[Row], case: &str) -> Option<f64> {
    Some(row(rows, case)?.time.as_ref()?.median_ns / 1e6)
}

/// The groups of the specification, from the rows of a run.
pub fn groups(rows: &[Row]) -> Vec<Group> {
    use Target::{Above, Below};
    let quantity = |case: &str| quantity(rows, case);
    let ms = |case: &str| ms(rows, case);
    let megabytes = |case: &str| quantity(case).map(|bytes| bytes / f64::from(1 << 20));
    let per_second = |case: &str| {
        let time = row(rows, case)?.time.as_ref()?;
        Some(time.per_call? / time.median_ns * 1e9)
    };
    let latency = [(1, 10.0), (5, 50.0), (10, 100.0), (20, 200.0)].map(|(k, most)| {
        Entry::new(format!("K={k}"), ms(&format!("Full TRM K-Iterations/K/{k}")), "ms", Below(most))
    });
    let eight = ms("Concurrent 8 Threads K=5").map(|ms| 8.0 / ms * 1e3);
    let slower =
        ms("MLP vs Attention/Attention K=10").zip(ms("MLP vs Attention/MLP K=10")).map(|(a, m)| a / m);
    let line = k_latency(rows, "Full TRM K-Iterations");
    let linear = (line.len() > 2).then(|| linear_fit(&line).2);
    let group = |title, entries: Vec<Entry>| Group { title, entries };
    vec![
        group("LATENCY", latency.into()),
        group(
            "QUALITY",
            vec![
                Entry::new("Sudoku", quantity("Quality/sudoku/solved_rate"), "%", Above(80.0)),
                Entry::new("Maze", quantity("Quality/maze/optimal_path_rate"), "%", Above(70.0)),
            ],
        ),
        group(
            "LEARNING",
            vec![
                Entry::new("K Pred", quantity("K Prediction/within 2"), "%", Above(75.0)),
                Entry::new("MAE", quantity("K Prediction/mean absolute error"), "steps", Below(2.0)),
            ],
        ),
        group(
            "THROUGHPUT",
            vec![
                Entry::new("Single", per_second("Throughput/Single Thread K=5"), "QPS", Above(100.0)),
                Entry::new("8-Thread", eight, "QPS", Above(600.0)),
            ],
        ),
        group(
            "MEMORY",
            vec![
                Entry::new("TRM Engine", megabytes("Memory/TRM Engine"), "MB", Below(50.0)),
                Entry::new("+ SONA", megabytes("Memory/TRM + SONA"), "MB", Below(100.0)),
                Entry::new("WASM Bundle", megabytes("WASM Bundle"), "MB", Below(50.0)),
            ],
        ),
        bf16(rows),
        group(
            "SCALING",
            vec![
                Entry::new("Linear, R^2", linear, "", Above(0.99)),
                Entry::new("Attn by MLP", slower, "x", Above(1.0)),
            ],
        ),
    ]
}

/// What rounding the factors of products gains, and what it costs.
fn bf16(rows: &[Row]) -> Group {
    let gain = |whole: &str, pairs: &str| Some(ms(rows, whole)? / ms(rows, pairs)?);
    let dense = |mixer| {
        let case = |precision| format!("MLP vs Attention/{mixer} {precision}K=10");
        gain(&case(""), &case("bf16 "))
    };
    let cost = |puzzle: &str, rate: &str| {
        let whole = quantity(rows, &format!("Quality/{puzzle}/{rate}"))?;
        Some(whole - quantity(rows, &format!("Quality/{puzzle} in bf16/{rate}"))?)
    };
    // Without instructions for it, factors of 16 bits cost time.
    let is_possible = rows.first().is_none_or(|row| row.run.has("avx512bf16"));
    let entry = |name: &str, value, target| Entry { is_possible, ..Entry::new(name, value, "x", target) };
    let entries = vec![
        entry("Sudoku gain", gain("Sudoku/K/10", "Sudoku/bf16 K=10"), Target::Above(1.0)),
        Entry::new("  at a cost", cost("sudoku", "solved_rate"), "points", Target::Below(2.0)),
        entry("Maze gain", gain("Maze 30x30/K/20", "Maze 30x30/bf16 K=20"), Target::Above(1.0)),
        Entry::new("  at a cost", cost("maze", "optimal_path_rate"), "points", Target::Below(2.0)),
        entry(
            "Train gain",
            gain("Training/Sudoku, 1 threads", "Training/Sudoku in bf16, 1 threads"),
            Target::Above(1.0),
        ),
        entry("MLP gain", dense("MLP"), Target::Above(1.0)),
        entry("Attn gain", dense("Attention"), Target::Above(1.0)),
    ];
    Group { title: "BF16", entries }
}

/// K and milliseconds of the cases `<group>/K/<k>`.
pub fn k_latency(rows: &[Row], group: &str) -> Vec<(f64, f64)> {
    let point = |row: &Row| {
        let k = row.case.strip_prefix(group)?.strip_prefix("/K/")?.parse().ok()?;
        Some((k, row.time.as_ref()?.median_ns / 1e6))
    };
    let mut points: Vec<(f64, f64)> = rows.iter().filter_map(point).collect();
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    points
}

/// The dashboard as text; `colour` with the terminal's colours.
pub fn draw(groups: &[Group], colour: bool) -> String {
    let (left, right) = groups.split_at(groups.len().div_ceil(2));
    let (left, right) = (column(left), column(right));
    let mut text = String::new();
    let rule = "─".repeat(2 * COLUMN + 1);
    let _ = writeln!(text, "┌{rule}┐");
    let _ = writeln!(text, "│{:^1$}│", "TRM Benchmark Dashboard", 2 * COLUMN + 1);
    let _ = writeln!(text, "├{rule}┤");
    let nothing = Cell::default();
    for i in 0..left.len().max(right.len()) {
        let cell = |column: &[Cell]| column.get(i).unwrap_or(&nothing).draw(colour);
        let _ = writeln!(text, "│{}│{}│", cell(&left), cell(&right));
    }
    let _ = writeln!(text, "└{rule}┘");
    text
}

/// One line of one column, and whether it is good.
#[derive(Default)]
struct Cell {
    text: String,
    is_met: Option<bool>,
    is_title: bool,
}

impl Cell {
    fn draw(&self, colour: bool) -> String {
        let padded = format!("  {:<1$}", self.text, COLUMN - 2);
        let code = match (self.is_title, self.is_met) {
            (true, _) => "1",
            (_, Some(true)) => "32",
            (_, Some(false)) => "31",
            _ => "2",
        };
        if colour { format!("\x1b[{code}m{padded}\x1b[0m") } else { padded }
    }
}

fn column(groups: &[Group]) -> Vec<Cell> {
    let mut cells = Vec::new();
    for group in groups {
        cells.push(Cell { text: group.title.into(), is_title: true, ..Cell::default() });
        for entry in &group.entries {
            let full = (BAR as f64 * entry.fill()).round() as usize;
            let bar = "█".repeat(full) + &"░".repeat(BAR - full);
            let mark = match entry.is_met() {
                Some(true) => "✓",
                Some(false) => "✗",
                None => " ",
            };
            let text = format!("{:<12} {bar} {} {mark}", format!("{}:", entry.name), entry.reading());
            cells.push(Cell { text, is_met: entry.is_met(), ..Cell::default() });
        }
        cells.push(Cell::default());
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::record::{Quantity, Time};

    fn rows() -> Vec<Row> {
        let timed = |k: f64| {
            let time = Time { median_ns: k * 2e6 + 1e5, ..Time::default() };
            Row { case: format!("Full TRM K-Iterations/K/{k}"), time: Some(time), ..Row::default() }
        };
        let mut rows: Vec<Row> = [20.0, 1.0, 5.0].map(timed).into();
        let quantity = Some(Quantity { value: 60.0, unit: "%".into(), interval: None });
        rows.push(Row { case: "Quality/maze/optimal_path_rate".into(), quantity, ..Row::default() });
        rows
    }

    #[test]
    fn entries_are_judged_by_their_targets() {
        let groups = groups(&rows());
        let entry = |title: &str, name: &str| {
            let group = groups.iter().find(|group| group.title == title).expect("a group");
            group.entries.iter().find(|entry| entry.name == name).expect("an entry").clone()
        };
        assert_eq!(entry("LATENCY", "K=1").is_met(), Some(true));
        assert_eq!(entry("LATENCY", "K=1").reading(), "2.10 ms (<10)");
        assert_eq!(entry("LATENCY", "K=10").is_met(), None);
        assert_eq!(entry("QUALITY", "Maze").is_met(), Some(false));
        assert_eq!(entry("SCALING", "Linear, R^2").is_met(), Some(true));
        assert_eq!(entry("SCALING", "Attn by MLP").value, None);
    }

    #[test]
    fn what_a_processor_cannot_do_is_not_missed() {
        let timed = |case: &str, median_ns| {
            let mut row = Row { case: case.into(), ..Row::default() };
            row.time = Some(Time { median_ns, ..Time::default() });
            row.run.cpu_features = vec!["avx2".into(), "fma".into()];
            row
        };
        let mut rows = [timed("Sudoku/K/10", 1e6), timed("Sudoku/bf16 K=10", 2e6)];
        let entry = |rows: &[Row]| bf16(rows).entries[0].clone();
        assert_eq!((entry(&rows).is_met(), entry(&rows).fill()), (None, 0.0));
        assert_eq!(entry(&rows).reading(), "not on this processor");
        let plain = draw(&groups(&rows), false);
        assert!(plain.lines().all(|line| line.chars().count() == 2 * COLUMN + 3), "{plain}");
        rows.iter_mut().for_each(|row| row.run.cpu_features.push("avx512bf16".into()));
        assert_eq!(entry(&rows).is_met(), Some(false));
    }

    #[test]
    fn a_pipe_gets_no_colours_and_straight_edges() {
        let groups = groups(&rows());
        let (plain, coloured) = (draw(&groups, false), draw(&groups, true));
        assert!(!plain.contains('\x1b') && coloured.contains("\x1b[32m") && coloured.contains("\x1b[31m"));
        for line in plain.lines() {
            assert_eq!(line.chars().count(), 2 * COLUMN + 3, "{line}");
        }
    }
}
