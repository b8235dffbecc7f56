//! `target/report/index.html`: the dashboard and its plots on one page that needs nothing else.

use super::panel::{Group, groups, k_latency};
use super::record::{Row, Run};
use super::stats::linear_fit;
use super::target;
use crate::file::replace;
use crate::run::root;
use crate::svg::{Chart, Curve, Line, Marks, escape, short};
use anyhow::{Context, Result};
use serde_json::Value;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// The groups of whole answers, whose time should grow linearly with K.
const K_GROUPS: [&str; 3] = ["Full TRM K-Iterations", "Sudoku", "Maze 30x30"];

/// Writes the page of these rows, with the curves of the training logs below `runs/`.
pub fn write(rows: &[Row]) -> Result<PathBuf> {
    let path = target().join("report").join("index.html");
    fs::create_dir_all(path.parent().context("a folder")?).context("target/report")?;
    replace(&path, page(rows, &training_logs(&root().join("runs"))))?;
    Ok(path)
}

/// The page as text, with the curves of these logs.
pub fn page(rows: &[Row], logs: &[(String, Vec<Value>)]) -> String {
    let run = rows.first().map(|row| row.run.clone()).unwrap_or_default();
    let panel: String = groups(rows).iter().map(section).collect();
    let panel = panel + &memory(rows);
    let charts: String = charts(rows).iter().chain(&learning(logs)).map(Chart::figure).collect();
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<title>TRM benchmarks</title>\n\
         <style>{}</style>\n<h1>TRM benchmarks</h1>\n<p class=\"about\">{}</p>\n\
         <div class=\"grid-of\">{panel}</div>\n<div class=\"grid-of\">{charts}</div>\n{}</html>\n",
        include_str!("report.css"),
        about(&run),
        table(rows),
    )
}

fn about(run: &Run) -> String {
    let quick = if run.quick { ", a short run" } else { "" };
    let load = match run.load {
        Some(load) if load > 0.5 => {
            format!(" <span class=\"missed\">The machine was busy (load {load}).</span>")
        }
        _ => String::new(),
    };
    let Run { commit, date, n_cores, os, rustc, .. } = run;
    let processor = run.processor();
    let text = format!("{date}, commit {commit}{quick}; {processor}, {n_cores} cores, {os}; {rustc}.");
    escape(&text) + &load
}

fn section(group: &Group) -> String {
    let mut html = format!("<section><h2>{}</h2><dl>", group.title);
    for entry in &group.entries {
        let class = match entry.is_met() {
            Some(true) => "met",
            Some(false) => "missed",
            None => "unknown",
        };
        let (name, reading, percent) = (escape(&entry.name), escape(&entry.reading()), 100.0 * entry.fill());
        let _ = write!(
            html,
            "<dt>{name}</dt><dd class=\"{class}\">{reading}<span class=\"bar\"><i style=\"width:{percent:.0}%\"></i></span></dd>"
        );
    }
    html + "</dl></section>\n"
}

/// Every number of bytes, beside the largest.
fn memory(rows: &[Row]) -> String {
    let bytes = |row: &Row| row.quantity.as_ref().filter(|q| q.unit == "bytes").map(|q| q.value);
    let measured: Vec<(&str, f64)> = rows.iter().filter_map(|row| Some((&*row.case, bytes(row)?))).collect();
    let most = measured.iter().map(|(_, bytes)| *bytes).fold(1.0, f64::max);
    let mut html = String::from("<section><h2>MEMORY, ALL CASES</h2><dl>");
    for (case, bytes) in &measured {
        let (case, size, percent) = (escape(case), short(bytes / f64::from(1 << 20)), 100.0 * bytes / most);
        let _ = write!(
            html,
            "<dt>{case}</dt><dd>{size} MB<span class=\"bar c0\"><i style=\"width:{percent:.0}%\"></i></span></dd>"
        );
    }
    if measured.is_empty() { String::new() } else { html + "</dl></section>\n" }
}

fn charts(rows: &[Row]) -> Vec<Chart> {
    let mut charts: Vec<Chart> = K_GROUPS.iter().map(|group| latency(rows, group)).collect();
    let accuracy = ["sudoku", "maze"].map(|puzzle| {
        let prefix = format!("Quality/{puzzle}/exact at K/");
        Curve::new(
            puzzle,
            points(rows, |row| {
                let k: f64 = row.case.strip_prefix(&prefix)?.parse().ok()?;
                Some((k, row.quantity.as_ref()?.value))
            }),
        )
    });
    let title = "Accuracy against K, committed puzzles";
    charts.push(Chart::from_zero(title, "K", "exact_accuracy, %", accuracy.into()));
    let throughput = ["Shared Engine", "Engine per Thread"].map(|kind| {
        let of_kind = |row: &Row| row.case.starts_with("Throughput/Sudoku") && row.case.contains(kind);
        Curve::new(
            kind,
            points(rows, |row| {
                let time = row.time.as_ref().filter(|_| of_kind(row))?;
                Some((row.threads as f64, time.per_call? / time.median_ns * 1e9))
            }),
        )
    });
    let title = "Throughput against threads, Sudoku K = 10";
    charts.push(Chart::from_zero(title, "threads", "puzzles per second", throughput.into()));
    let taught = points(rows, |row| {
        let n = row.case.strip_prefix("K Prediction/after ")?.strip_suffix(" examples")?.parse().ok()?;
        Some((n, row.quantity.as_ref()?.value))
    });
    let (title, curves) = ("K prediction while it learns", vec![Curve::new("", taught)]);
    charts.push(Chart::from_zero(title, "examples", "% within 2 of the optimal K", curves));
    charts
}

fn latency(rows: &[Row], group: &str) -> Chart {
    let measured = k_latency(rows, group);
    let mut curves = vec![Curve::new("median", measured.clone())];
    if measured.len() > 2 {
        let (slope, height, r2) = linear_fit(&measured);
        let ends = [measured[0].0, measured[measured.len() - 1].0].map(|k| (k, slope * k + height));
        let name = format!("{} ms a step, R^2 = {r2:.5}", short(slope));
        curves.push(Curve { line: Line::Dashed, marks: Marks::None, ..Curve::new(name, ends.into()) });
    }
    Chart::from_zero(format!("{group}: latency against K"), "K", "ms", curves)
}

fn points(rows: &[Row], point: impl Fn(&Row) -> Option<(f64, f64)>) -> Vec<(f64, f64)> {
    let mut points: Vec<_> = rows.iter().filter_map(point).collect();
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    points
}

/// The lines of every `log.jsonl` one folder down; a line that a kill cut off is passed over.
fn training_logs(runs: &Path) -> Vec<(String, Vec<Value>)> {
    let folders = fs::read_dir(runs).into_iter().flatten().flatten();
    let mut logs: Vec<_> = folders
        .filter_map(|folder| {
            let text = fs::read_to_string(folder.path().join("log.jsonl")).ok()?;
            let lines = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
            Some((folder.file_name().to_string_lossy().into_owned(), lines))
        })
        .collect();
    logs.sort_by(|a, b| a.0.cmp(&b.0));
    logs
}

/// Validation and loss of each training run.
fn learning(logs: &[(String, Vec<Value>)]) -> Vec<Chart> {
    let curve = |lines: &[Value], name: &str, x: &str, y: &str, factor: f64| {
        let point = |line: &Value| Some((line.pointer(x)?.as_f64()?, factor * line.pointer(y)?.as_f64()?));
        Curve::new(name, lines.iter().filter_map(point).collect())
    };
    let chart = |(name, lines): &(String, Vec<Value>)| {
        let validation = curve(lines, "validation, adaptive", "/step", "/validation/exact_adaptive", 100.0);
        let training = curve(lines, "training batch", "/train/step", "/train/batch_exact", 100.0);
        let curves = vec![validation, training];
        Chart::from_zero(format!("Training run {name}"), "optimiser steps", "exact_accuracy, %", curves)
    };
    logs.iter().map(chart).collect()
}

fn table(rows: &[Row]) -> String {
    let mut html = String::from(
        "<section class=\"table\"><h2>All rows</h2><table><tr><th>case<th>value<th>spread or interval<th>p50<th>p95<th>p99<th>threads</tr>\n",
    );
    for row in rows {
        let (value, spread) = match (&row.time, &row.quantity) {
            (Some(time), _) => (duration(time.median_ns), format!("MAD {}", duration(time.mad_ns))),
            (None, Some(q)) => {
                let interval =
                    q.interval.map_or(String::new(), |(a, b)| format!("{} .. {}", short(a), short(b)));
                (format!("{} {}", short(q.value), q.unit), interval)
            }
            (None, None) => Default::default(),
        };
        let calls = row
            .calls
            .as_ref()
            .map_or_else(Default::default, |c| [c.p50_ns, c.p95_ns, c.p99_ns].map(duration));
        let [p50, p95, p99] = calls;
        let _ = writeln!(
            html,
            "<tr><td>{}<td>{}<td>{}<td>{p50}<td>{p95}<td>{p99}<td>{}</tr>",
            escape(&row.case),
            escape(&value),
            escape(&spread),
            row.threads
        );
    }
    html + "</table></section>\n"
}

/// With the unit that suits it.
fn duration(ns: f64) -> String {
    match ns {
        ns if ns >= 1e9 => format!("{} s", short(ns / 1e9)),
        ns if ns >= 1e6 => format!("{} ms", short(ns / 1e6)),
        ns if ns >= 1e3 => format!("{} µs", short(ns / 1e3)),
        ns => format!("{} ns", short(ns)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::record::Time;

    #[test]
    fn the_page_stands_alone() {
        let row = |k: f64| {
            let time = Time { median_ns: 1e6 * k, ..Time::default() };
            Row { case: format!("Sudoku/K/{k}"), time: Some(time), threads: 1, ..Row::default() }
        };
        let line = serde_json::json!({ "step": 10, "validation": { "exact_adaptive": 0.5 } });
        let page = page(&[1.0, 5.0, 20.0].map(row), &[("sud<1>".into(), vec![line])]);
        for part in ["R^2 = 1.00000", "Training run sud&lt;1&gt;", "prefers-color-scheme:dark", "20.0 ms"] {
            assert!(page.contains(part), "{part}");
        }
        for outside in ["http:", "https:", "<script", "src=", "NaN", "@import"] {
            assert!(!page.contains(outside), "{outside}");
        }
    }

    #[test]
    fn logs_are_found_by_their_folders() {
        let runs = tempfile::tempdir().expect("a folder");
        fs::create_dir(runs.path().join("a")).expect("a folder");
        fs::write(runs.path().join("a/log.jsonl"), "{\"step\":1}\n{\"cut").expect("a file");
        let logs = training_logs(runs.path());
        assert_eq!((logs.len(), logs[0].0.as_str(), logs[0].1.len()), (1, "a", 1));
        assert_eq!(training_logs(&runs.path().join("none")), []);
    }
}
