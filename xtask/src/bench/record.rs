//! Records: one line of JSON for each case of a run, below `benches/record`.

use crate::file::replace;
use crate::run::root;
use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};

/// One case of one run. A case is timed, or has its calls timed one by one, or is a quantity.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// As in the benchmark: `Full TRM K-Iterations/K/5`.
    pub case: String,
    #[serde(flatten)]
    pub time: Option<Time>,
    #[serde(flatten)]
    pub calls: Option<Calls>,
    #[serde(flatten)]
    pub quantity: Option<Quantity>,
    /// Threads that worked.
    pub threads: usize,
    #[serde(flatten)]
    pub run: Run,
}

/// What criterion measured of one call.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Time {
    pub median_ns: f64,
    /// The 95 % interval of the median.
    pub median_low_ns: f64,
    pub median_high_ns: f64,
    /// Median of the distances from the median.
    pub mad_ns: f64,
    /// Samples.
    pub n: usize,
    /// Questions, operations or bytes of one call, where the benchmark says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_call: Option<f64>,
}

/// Percentiles over single calls.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Calls {
    pub n_calls: usize,
    pub p50_ns: f64,
    pub p95_ns: f64,
    pub p99_ns: f64,
}

/// A number that is no time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Quantity {
    pub value: f64,
    pub unit: String,
    /// The 95 % interval of a share.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<(f64, f64)>,
}

/// What all rows of a run share.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Of the sources, with `-dirty` where they were changed since.
    pub commit: String,
    /// UTC, at the start.
    pub date: String,
    /// Whether it was a short run.
    pub quick: bool,
    pub machine: String,
    pub n_cores: usize,
    pub os: String,
    pub rustc: String,
    /// Those the kernels ask for.
    pub cpu_features: Vec<String>,
    /// What the kernels used of them; older records do not say it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub instruction_set: String,
    /// Processes that wanted a core at the start: above 0.5 the times are those of a busy machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub load: Option<f64>,
}

impl Run {
    /// Whether its processor has a feature; where the record does not say, it may.
    pub fn has(&self, feature: &str) -> bool {
        self.cpu_features.is_empty() || self.cpu_features.iter().any(|found| found == feature)
    }

    /// Processor and instruction set, which two records must share to be compared.
    pub fn processor(&self) -> String {
        let used = match self.instruction_set.as_str() {
            "" => instruction_set(&self.cpu_features),
            used => used,
        };
        format!("{} with {used}", self.machine)
    }
}

/// What the kernels use of these features, unless `TRM_KERNEL` says otherwise.
pub fn instruction_set(features: &[String]) -> &'static str {
    let has = |name: &str| features.iter().any(|found| found == name);
    match () {
        () if has("avx512f") => "avx512",
        () if has("avx2") && has("fma") => "avx2",
        () if has("neon") => "neon",
        () => "portable",
    }
}

/// The lines that a benchmark prints for `cargo xtask bench`.
#[derive(Deserialize)]
pub struct Printed {
    pub case: String,
    #[serde(flatten)]
    pub calls: Option<Calls>,
    #[serde(flatten)]
    pub quantity: Option<Quantity>,
}

impl Printed {
    /// Such a line, or `None` for any other.
    pub fn parse(line: &str) -> Option<Self> {
        serde_json::from_str(line).ok().filter(|p: &Self| p.calls.is_some() || p.quantity.is_some())
    }
}

/// Adds what is known of a case to the rows.
pub fn merge(rows: &mut Vec<Row>, row: Row) {
    match rows.iter_mut().find(|known| known.case == row.case) {
        Some(known) => {
            known.time = row.time.or(known.time.take());
            known.calls = row.calls.or(known.calls.take());
            known.quantity = row.quantity.or(known.quantity.take());
        }
        None => rows.push(row),
    }
}

/// Threads that a case says it uses, else one: `One Engine, 4 Threads`.
pub fn threads_of(case: &str) -> usize {
    let words: Vec<&str> = case.split([' ', '/', '-']).collect();
    let counts = words.windows(2).filter(|pair| pair[1].starts_with("Thread"));
    counts.filter_map(|pair| pair[0].parse().ok()).next().unwrap_or(1)
}

fn folder() -> PathBuf {
    root().join("benches/record")
}

/// Writes a run's rows and says where.
pub fn write(rows: &[Row]) -> Result<PathBuf> {
    let folder = folder();
    fs::create_dir_all(&folder).context("benches/record")?;
    write_into(&folder, rows)
}

/// [`write()`] into another folder.
pub fn write_into(folder: &Path, rows: &[Row]) -> Result<PathBuf> {
    let run = &rows.first().context("no case was measured")?.run;
    let quick = if run.quick { "-quick" } else { "" };
    let date: String = run.date.chars().filter(|c| c.is_ascii_alphanumeric()).collect();
    let path = folder.join(format!("{date}-{}{quick}.jsonl", run.commit));
    let lines: Vec<String> = rows.iter().map(serde_json::to_string).collect::<Result<_, _>>()?;
    replace(&path, lines.join("\n") + "\n")?;
    Ok(path)
}

/// The rows of a file.
pub fn read(path: &Path) -> Result<Vec<Row>> {
    let place = || path.display().to_string();
    parse(&fs::read_to_string(path).with_context(place)?).with_context(place)
}

/// The rows of a file's text.
pub fn parse(text: &str) -> Result<Vec<Row>> {
    let row = |(i, line)| serde_json::from_str(line).with_context(|| format!("line {}", i + 1));
    text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()).map(row).collect()
}

/// The latest record; names begin with the date.
pub fn latest() -> Result<PathBuf> {
    let entries = fs::read_dir(folder()).into_iter().flatten().flatten().map(|entry| entry.path());
    let records = entries.filter(|path| path.extension().is_some_and(|e| e == "jsonl"));
    match records.max() {
        Some(path) => Ok(path),
        None => bail!("there is no record below benches/record: cargo xtask bench makes one"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_read_as_it_was_written() {
        let time = Time { median_ns: 1.5, n: 10, ..Time::default() };
        let timed = Row { case: "a/b".into(), time: Some(time), threads: 2, ..Row::default() };
        let quantity = Quantity { value: 3.0, unit: "bytes".into(), interval: Some((1.0, 4.0)) };
        let counted = Row { case: "c".into(), quantity: Some(quantity), threads: 1, ..Row::default() };
        for row in [timed, counted] {
            let line = serde_json::to_string(&row).expect("numbers and text");
            assert_eq!(serde_json::from_str::<Row>(&line).expect("a row"), row, "{line}");
        }
    }

    #[test]
    fn printed_lines_are_told_from_others() {
        let calls = r#"{"case":"Sudoku/K/5","n_calls":300,"p50_ns":10,"p95_ns":12,"p99_ns":15}"#;
        assert_eq!(Printed::parse(calls).and_then(|p| p.calls).map(|c| c.p99_ns), Some(15.0));
        let quantity = r#"{"case":"Memory/TRM Engine","value":7,"unit":"bytes"}"#;
        assert_eq!(Printed::parse(quantity).and_then(|p| p.quantity).map(|q| q.value), Some(7.0));
        for other in ["Batch 3: Accuracy 80.0%", r#"{"case":"a"}"#, ""] {
            assert!(Printed::parse(other).is_none(), "{other}");
        }
    }

    #[test]
    fn calls_join_the_time_of_their_case() {
        let mut rows = Vec::new();
        let time = Some(Time { n: 3, ..Time::default() });
        let calls = Some(Calls { n_calls: 9, ..Calls::default() });
        merge(&mut rows, Row { case: "a".into(), time, ..Row::default() });
        merge(&mut rows, Row { case: "a".into(), calls, ..Row::default() });
        assert_eq!(rows.len(), 1);
        assert!(rows[0].time.is_some() && rows[0].calls.is_some());
    }

    #[test]
    fn threads_are_read_off_the_name() {
        for (case, threads) in [
            ("Concurrent 8 Threads K=5", 8),
            ("Throughput/Sudoku K=10, Shared Engine, 4 Threads", 4),
            ("Throughput/Single Thread K=5", 1),
            ("Sudoku/K/20", 1),
        ] {
            assert_eq!(threads_of(case), threads, "{case}");
        }
    }
}
