//! Curves as one HTML file with inline SVG, of a training log and others: no script, no network.

use crate::error::{BenchError, Result};
use serde::Deserialize;
use std::fmt::Write;
use std::io::{BufRead, Read};
use trm_train::{Evaluation, Progress};

/// Points of a curve; more are thinned out.
const MAX_POINTS: usize = 600;
/// A report every ten seconds for three weeks. Longer logs are refused.
const MAX_LOG_BYTES: u64 = 1 << 26;
/// Width and height of a chart, and the margins left, right, above and below its frame.
const CHART: [f64; 2] = [860.0, 300.0];
const MARGIN: [f64; 4] = [56.0, 170.0, 12.0, 34.0];

/// What `trm train` wrote down.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TrainingLog {
    /// Every report of progress.
    pub progress: Vec<Progress>,
    /// Every validation, with its optimiser step.
    pub validations: Vec<(u64, Evaluation)>,
}

/// One line; fields of other kinds of lines are passed over.
#[derive(Deserialize)]
struct Line {
    train: Option<Progress>,
    step: Option<u64>,
    validation: Option<Evaluation>,
}

impl TrainingLog {
    /// Reads a `log.jsonl`. A last line that was cut off by a kill is passed over.
    ///
    /// # Errors
    /// [`BenchError::Log`] naming the line.
    pub fn read(log: impl BufRead) -> Result<Self> {
        let mut read = TrainingLog::default();
        let mut failed = None;
        let mut log = log.take(MAX_LOG_BYTES + 1);
        for (i, line) in log.by_ref().lines().enumerate() {
            let fault = |reason: String| BenchError::Log { line: i + 1, reason };
            if let Some(fault) = failed.take() {
                return Err(fault);
            }
            let line = line.map_err(|e| fault(e.to_string()))?;
            match serde_json::from_str::<Line>(&line) {
                Ok(Line { train, step, validation }) => {
                    read.progress.extend(train);
                    read.validations.extend(step.zip(validation));
                }
                Err(_) if line.trim().is_empty() => {}
                Err(error) => failed = Some(fault(error.to_string())),
            }
        }
        if log.limit() == 0 {
            let line = read.progress.len() + read.validations.len() + 1;
            return Err(BenchError::Log { line, reason: format!("more than {MAX_LOG_BYTES} bytes") });
        }
        match failed {
            Some(fault) if read == TrainingLog::default() => Err(fault),
            _ => Ok(read),
        }
    }

    /// The page.
    pub fn to_html(&self, title: &str) -> String {
        let mut body = String::new();
        let train = |name: &str, value: &dyn Fn(&Progress) -> f64| {
            Curve::new(name, self.progress.iter().map(|p| (p.step as f64, value(p))))
        };
        let validation = |name: String, value: &dyn Fn(&Evaluation) -> Option<f64>| {
            let points = self.validations.iter().filter_map(|(step, e)| Some((*step as f64, value(e)?)));
            Curve::new(&name, points)
        };
        let loss = [train("answer", &|p| p.loss), train("halt head", &|p| p.halt_loss)];
        chart(&mut body, "Loss", "mean since the last report", &loss, None);
        let ks = self.validations.last().map_or(Vec::new(), |(_, e)| e.exact_at.clone());
        let at = |k: usize| {
            move |e: &Evaluation| e.exact_at.iter().find(|(found, _)| *found == k).map(|(_, share)| *share)
        };
        let mut exact: Vec<Curve> =
            ks.iter().map(|(k, _)| validation(format!("at K = {k}"), &at(*k))).collect();
        exact.push(validation("adaptive".into(), &|e| Some(e.exact_adaptive)));
        chart(&mut body, "Validation, exact_accuracy", "answers equal to the label", &exact, Some(1.0));
        let mean_k = [validation("adaptive".into(), &|e| Some(e.mean_k))];
        chart(&mut body, "Mean K", "supervision steps of an adaptive run", &mean_k, None);
        let exact = [train("batch", &|p| p.batch_exact)];
        chart(&mut body, "Training, exact", "share of the running questions, per step", &exact, Some(1.0));
        let speed = [train("", &|p| p.question_steps_per_second)];
        chart(&mut body, "Speed", "question-steps per second", &speed, None);
        let gradient = [train("", &|p| p.gradient)];
        chart(&mut body, "Gradient", "length before clipping", &gradient, None);
        page(title, &format!("{}{body}", self.summary()))
    }

    fn summary(&self) -> String {
        let mut text = String::from("<p>");
        if let Some(p) = self.progress.last() {
            let (step, minutes) = (p.step, p.seconds / 60.0);
            let _ = write!(
                text,
                "{step} optimiser steps, {} question-steps, {minutes:.1} minutes of training. ",
                p.question_steps
            );
        }
        if let Some((step, e)) = self.validations.last() {
            let (exact, any) = (100.0 * e.exact_adaptive, 100.0 * e.exact_any);
            let _ = write!(
                text,
                "Last validation at step {step}, {} questions: exact_accuracy {exact:.1} % adaptive, mean K {:.1}; right at some step {any:.1} %.",
                e.n, e.mean_k
            );
        }
        text + "</p>\n"
    }
}

const STYLE: &str = "
:root{color-scheme:light dark;--ink:#1d2129;--soft:#6b7280;--line:#d6dae1;--paper:#fff}
@media(prefers-color-scheme:dark){:root{--ink:#e6e8ec;--soft:#9aa3b2;--line:#3a4150;--paper:#14171c}}
body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:900px;margin:2rem auto;padding:0 1rem}
h1{font-size:1.4rem}h2{font-size:1.05rem;margin:1.6rem 0 0}small{color:var(--soft);font-weight:400}
svg{width:100%;height:auto}text{fill:var(--soft);font:12px system-ui,sans-serif}
.grid{stroke:var(--line)}.curve{fill:none;stroke-width:2;stroke-linejoin:round}
";

/// A whole page.
pub(crate) fn page(title: &str, body: &str) -> String {
    let title = escape(title);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>{title}</title>\n<style>{STYLE}</style>\n<h1>{title}</h1>\n{body}</html>\n"
    )
}

/// A named line through points.
pub(crate) struct Curve {
    name: String,
    points: Vec<(f64, f64)>,
}

impl Curve {
    pub fn new(name: &str, points: impl Iterator<Item = (f64, f64)>) -> Self {
        let points: Vec<_> = points.filter(|(x, y)| x.is_finite() && y.is_finite()).collect();
        let chunk = points.len().div_ceil(MAX_POINTS).max(1);
        let mean = |c: &[(f64, f64)]| {
            let n = c.len() as f64;
            (c.iter().map(|p| p.0).sum::<f64>() / n, c.iter().map(|p| p.1).sum::<f64>() / n)
        };
        Curve { name: name.into(), points: points.chunks(chunk).map(mean).collect() }
    }
}

/// Adds a chart, or nothing where no curve has a point.
pub(crate) fn chart(page: &mut String, title: &str, about: &str, curves: &[Curve], top: Option<f64>) {
    let points = || curves.iter().flat_map(|c| &c.points);
    let right = points().map(|p| p.0).fold(0.0, f64::max);
    let top = top.unwrap_or_else(|| nice(points().map(|p| p.1).fold(0.0, f64::max)));
    if points().next().is_none() {
        return;
    }
    let [left, beside, above, below] = MARGIN;
    let (width, height) = (CHART[0] - left - beside, CHART[1] - above - below);
    let x = |v: f64| left + width * v / right.max(1.0);
    let y = |v: f64| above + height * (1.0 - (v / top).clamp(0.0, 1.0));
    let _ = writeln!(page, "<h2>{} <small>{}</small></h2>", escape(title), escape(about));
    let _ = writeln!(
        page,
        "<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">",
        CHART[0],
        CHART[1],
        escape(title)
    );
    for i in 0..=4 {
        let (share, end) = (f64::from(i) / 4.0, left + width);
        let (v, h) = (y(top * share), x(right * share));
        let _ = writeln!(page, "<path class=\"grid\" d=\"M{left} {v:.1}H{end}\"/>");
        let _ = writeln!(
            page,
            "<text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            left - 8.0,
            v + 4.0,
            number(top * share)
        );
        let _ = writeln!(
            page,
            "<text x=\"{h:.1}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
            CHART[1] - 12.0,
            number((right * share).round())
        );
    }
    for (i, curve) in curves.iter().enumerate().filter(|(_, c)| !c.points.is_empty()) {
        let colour = colour(i, curves.len());
        let path: Vec<String> = curve.points.iter().map(|p| format!("{:.1} {:.1}", x(p.0), y(p.1))).collect();
        let _ = writeln!(page, "<path class=\"curve\" style=\"stroke:{colour}\" d=\"M{}\"/>", path.join("L"));
        if let [(px, py)] = curve.points[..] {
            let _ =
                writeln!(page, "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"3\" fill=\"{colour}\"/>", x(px), y(py));
        }
        let (at, last) = (above + 14.0 + 18.0 * i as f64, curve.points.last().map_or(0.0, |p| p.1));
        let name = escape(&curve.name);
        let _ = writeln!(
            page,
            "<text x=\"{}\" y=\"{at}\" style=\"fill:{colour}\">{name} {}</text>",
            left + width + 10.0,
            number(last)
        );
    }
    page.push_str("</svg>\n");
}

/// Colours along a scale that reads on light and dark ground.
fn colour(i: usize, n: usize) -> String {
    let hue = 215.0 + 150.0 * i as f64 / n.max(1) as f64;
    format!("hsl({hue:.0} 70% 55%)")
}

/// The next larger of 1, 2, 5 times a power of ten.
fn nice(v: f64) -> f64 {
    if v <= 0.0 {
        return 1.0;
    }
    let unit = 10f64.powf(v.log10().floor());
    [1.0, 2.0, 5.0].into_iter().map(|m| m * unit).find(|m| *m >= v).unwrap_or(10.0 * unit)
}

fn number(v: f64) -> String {
    match v.abs() {
        a if a >= 1e6 => format!("{:.1}M", v / 1e6),
        a if a >= 1e4 => format!("{:.0}k", v / 1e3),
        a if a >= 100.0 || v == v.round() => format!("{v:.0}"),
        a if a >= 1.0 => format!("{v:.2}"),
        _ => format!("{v:.3}"),
    }
}

pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_becomes_a_page() {
        let mut log = String::new();
        for step in [1, 2] {
            let progress = Progress { step, loss: 0.5, ..Progress::default() };
            let evaluation = Evaluation { n: 4, exact_at: vec![(1, 0.25)], ..Evaluation::default() };
            log += &serde_json::json!({ "train": progress }).to_string();
            log.push('\n');
            log += &serde_json::json!({ "step": step, "validation": evaluation, "seconds": 1.0 }).to_string();
            log.push('\n');
        }
        log += "{\"train\":{\"cut o";
        let read = TrainingLog::read(log.as_bytes()).expect("the last line alone is cut off");
        assert_eq!((read.progress.len(), read.validations.len()), (2, 2));
        let page = read.to_html("a < b");
        assert!(page.contains("a &lt; b") && page.contains("at K = 1") && !page.contains("NaN"));
    }

    #[test]
    fn other_files_are_refused_by_line() {
        for (text, expected) in [("no json", 1), ("{}\nno json\n{}\n", 2)] {
            let error = TrainingLog::read(text.as_bytes()).expect_err("no log");
            assert!(matches!(error, BenchError::Log { line, .. } if line == expected), "{error}");
        }
    }
}
