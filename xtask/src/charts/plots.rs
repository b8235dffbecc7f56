//! The charts of scores.

use super::data::{Network, Published, Puzzle, Rate, Role, Row, Scores};
use crate::svg::{Axis, Chart, Curve, Line, Marks};
use anyhow::{Context, Result};

const PUZZLES: [(Puzzle, &str); 2] = [(Puzzle::Sudoku, "Sudoku"), (Puzzle::Maze, "mazes")];

/// Name and chart of each file.
pub fn charts(scores: &Scores, published: &[Published]) -> Result<[(&'static str, Chart); 4]> {
    let weights = |row: &Row| Ok(row.weights()? as f64);
    let training = |row: &Row| {
        let effort = scores.training.get(&row.puzzle).context("no training of a puzzle")?;
        Ok(effort.pflop)
    };
    let beside = |name: &str,
                  axis: &str,
                  limits: bool,
                  ours: &dyn Fn(&Row) -> Result<f64>,
                  theirs: &dyn Fn(&Published) -> f64| {
        let title = format!("Score against {name}");
        scatter(title, axis, scores, published, limits, ours, theirs)
    };
    let network = |f: fn(&Network) -> f64| move |other: &Published| f(&other.network);
    Ok([
        ("steps", steps(scores)?),
        ("weights", beside("the number of weights", "weights", false, &weights, &|other| other.weights)?),
        (
            "inference",
            beside(
                "the arithmetic of an answer",
                "GFLOP of matmuls per puzzle",
                true,
                &Row::gflop,
                &network(Network::answer_gflop),
            )?,
        ),
        (
            "training",
            beside(
                "the arithmetic of training",
                "PFLOP of matmuls, forward and backward",
                false,
                &training,
                &network(Network::training_pflop),
            )?,
        ),
    ])
}

/// Exact shares at exactly K steps: a solid line for the published rows, a dashed one for others.
fn steps(scores: &Scores) -> Result<Chart> {
    let mut curves = Vec::new();
    for (colour, (puzzle, name)) in PUZZLES.into_iter().enumerate() {
        let rows = scores.rows_of(puzzle, &[Role::Headline, Role::Network]);
        for row in rows.filter(|row| !row.report.sweep.is_empty()) {
            let sweep = &row.report.sweep;
            let kind = row.data.split(',').next().unwrap_or_default();
            let points = sweep.iter().map(|point| (point.k as f64, 100.0 * point.exact_at.rate)).collect();
            let mut curve = Curve::new(format!("{name}, {kind}"), points);
            curve.intervals = sweep.iter().map(|point| percent(point.exact_at)).collect();
            curve.colour = colour;
            if row.role != Role::Headline {
                (curve.line, curve.marks) = (Line::Dashed, Marks::Hollow);
            }
            curves.push(curve);
        }
    }
    let ks = curves.iter().flat_map(|curve: &Curve| &curve.points).map(|point| point.0);
    let most = ks.fold(1.0, f64::max);
    Ok(Chart {
        title: "Accuracy after exactly K supervision steps".into(),
        x: Axis::powers("K, supervision steps", 2.0, (1.0, most)),
        y: scores_axis(0.0),
        curves,
        note: format!("Solid lines: {}. Dashed: generated puzzles. Bars: 95 % intervals.", scores.data),
    })
}

/// Our scores, filled, and those of the published systems, hollow. With `limits` ours are a line through the
/// scores with other limits of steps.
fn scatter(
    title: String,
    label: &str,
    scores: &Scores,
    published: &[Published],
    limits: bool,
    ours: &dyn Fn(&Row) -> Result<f64>,
    theirs: &dyn Fn(&Published) -> f64,
) -> Result<Chart> {
    let roles: &[Role] = if limits { &[Role::Headline, Role::Limit] } else { &[Role::Headline] };
    let mut curves = Vec::new();
    for (colour, (puzzle, name)) in PUZZLES.into_iter().enumerate() {
        let mut rows =
            scores.rows_of(puzzle, roles).map(|row| Ok((ours(row)?, row))).collect::<Result<Vec<_>>>()?;
        rows.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut curve = Curve::new(format!("{name}, ours"), Vec::new());
        for (x, row) in rows {
            let exact = row.exact()?;
            curve.points.push((x, 100.0 * exact.rate));
            curve.intervals.push(percent(exact));
            let limit = row.halting.split_once("at most ").map(|(_, steps)| steps.trim_end_matches(" steps"));
            let limit = limit.filter(|_| limits).map(|steps| format!("K ≤ {steps}"));
            curve.labels.push(limit.unwrap_or("ours".into()));
        }
        (curve.line, curve.colour) = (if limits { Line::Solid } else { Line::None }, colour);
        curve.marks = Marks::Filled;
        curves.push(curve);
        let others: Vec<&Published> = published.iter().filter(|other| other.puzzle == puzzle).collect();
        let points = others.iter().map(|other| (theirs(other), other.exact_accuracy)).collect();
        let mut curve = Curve::new(format!("{name}, published"), points);
        curve.labels = others.iter().map(|other| other.system.clone()).collect();
        (curve.line, curve.marks, curve.colour) = (Line::None, Marks::Hollow, colour);
        curves.push(curve);
    }
    let xs = || curves.iter().flat_map(|curve| &curve.points).map(|point| point.0);
    let ends = (xs().fold(f64::INFINITY, f64::min), xs().fold(0.0, f64::max));
    let note =
        format!("Ours: {}, with 95 % intervals. Published: the test files, as in the papers.", scores.data);
    Ok(Chart { title, x: Axis::powers(label, 10.0, ends), y: scores_axis(40.0), curves, note })
}

/// Percent from `from`, a multiple of 20, to 100.
fn scores_axis(from: f64) -> Axis {
    let ticks = (0..=5).map(|i| f64::from(i) * 20.0).filter(|tick| *tick >= from).collect();
    Axis { label: "exact_accuracy, %".into(), ticks, log: false }
}

fn percent(rate: Rate) -> (f64, f64) {
    (100.0 * rate.low, 100.0 * rate.high)
}
