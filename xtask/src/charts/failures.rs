//! The picture of mazes that the embedded model answers wrong.

use crate::run::root;
use crate::svg::head;
use anyhow::{Context, Result, ensure};
use std::fmt::Write;

/// Rows of `trm eval maze --rows`, whose numbers are those of [`SET`].
pub const ROWS: &str = "docs/data/maze-failures.csv";
const SET: &str = "datasets/maze-hard-gen.csv";
const IN_A_LINE: usize = 5;
/// Pixels of a cell, between two mazes, and of the writing above them all.
const CELL: usize = 5;
const GAP: usize = 18;
const HEAD: usize = 62;
/// Beside the style of all files.
const STYLE: &str = "\
.wall{fill:#9aa3b2}.both{fill:#2563c9}.missed{fill:#0f9d6c}.wrong{fill:#c2570c}.end{fill:#1d2129}
@media (prefers-color-scheme:dark){.end{fill:#e6e8ec}
.wall{fill:#4a5262}.both{fill:#6ea8ff}.missed{fill:#2dd4a0}.wrong{fill:#fb923c}}
";

/// What is drawn of a cell, in the order of the legend.
const CLASSES: [(&str, &str); 3] = [
    ("both", "on the way, and marked"),
    ("missed", "on the way, not marked"),
    ("wrong", "marked, not on the way"),
];

/// The text of an SVG file.
pub fn picture() -> Result<String> {
    let read = |path: &str| std::fs::read_to_string(root().join(path)).context(path.to_owned());
    let (rows, set) = (read(ROWS)?, read(SET)?);
    let set: Vec<&str> = set.lines().skip(1).collect();
    let failures: Result<Vec<_>> = rows.lines().skip(1).map(|row| failure(row, &set)).collect();
    draw(&failures?)
}

/// A maze, its label and its answer, a byte for each cell.
struct Failure<'a> {
    number: usize,
    label: &'a [u8],
    answer: &'a [u8],
}

fn failure<'a>(row: &'a str, set: &[&'a str]) -> Result<Failure<'a>> {
    let mut fields = row.split(',');
    let number: usize =
        fields.next().unwrap_or_default().parse().with_context(|| format!("{ROWS}: {row}"))?;
    let answer = fields.next().context(ROWS)?.as_bytes();
    let labelled =
        number.checked_sub(1).and_then(|i| set.get(i)).with_context(|| format!("{SET}: row {number}"))?;
    let label = labelled.split(',').nth(2).context(SET)?.as_bytes();
    ensure!(label.len() == answer.len(), "row {number} has {} and {} cells", label.len(), answer.len());
    Ok(Failure { number, label, answer })
}

fn draw(failures: &[Failure]) -> Result<String> {
    let n = failures.iter().map(|f| f.label.len().isqrt()).max().context("no failures")?;
    let (step, lines) = (n * CELL + GAP, failures.len().div_ceil(IN_A_LINE));
    let (w, h) = (IN_A_LINE * step + GAP, HEAD + lines * (step + GAP));
    let mut svg = head("Mazes that are answered wrong", [w as f64, h as f64], GAP as f64, STYLE);
    for (i, (class, name)) in CLASSES.iter().enumerate() {
        let x = GAP + 200 * i;
        writeln!(
            svg,
            "<rect class=\"{class}\" x=\"{x}\" y=\"38\" width=\"10\" height=\"10\"/><text x=\"{}\" y=\"47\">{name}</text>",
            x + 16
        )?;
    }
    for (i, failure) in failures.iter().enumerate() {
        let (x, y) = (GAP + i % IN_A_LINE * step, HEAD + i / IN_A_LINE * (step + GAP));
        let n = failure.label.len().isqrt();
        let differ = failure.label.iter().zip(failure.answer).filter(|(l, a)| l != a).count();
        let plural = if differ == 1 { "cell differs" } else { "cells differ" };
        writeln!(svg, "<g transform=\"translate({x} {y})\">")?;
        writeln!(svg, "<text y=\"{}\">row {}: {differ} {plural}</text>", n * CELL + 15, failure.number)?;
        for class in ["wall", "both", "missed", "wrong", "end"] {
            let cells = failure.label.iter().zip(failure.answer).enumerate();
            let of_class = cells.filter(|(_, (label, answer))| class_of(**label, **answer) == class);
            let path = of_class.fold(String::new(), |path, (cell, _)| {
                path + &format!("M{} {}h{CELL}v{CELL}h-{CELL}z", cell % n * CELL, cell / n * CELL)
            });
            writeln!(svg, "<path class=\"{class}\" d=\"{path}\"/>")?;
        }
        svg += "</g>\n";
    }
    Ok(svg + "</svg>\n")
}

fn class_of(label: u8, answer: u8) -> &'static str {
    match (label, answer) {
        (b'#', _) => "wall",
        (b'S' | b'G', _) => "end",
        (b'o', b'o') => "both",
        (b'o', _) => "missed",
        (_, b'o') => "wrong",
        _ => "free",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_drawn_as_they_were_answered() {
        let set = ["x,S #o G o,S #ooG  o,3"];
        let drawn = failure("1,S #o G oo,9,0.5,false,false", &set).and_then(|f| draw(&[f])).expect("a row");
        let cells = |class: &str| {
            let path = drawn
                .split(&format!("class=\"{class}\" d=\""))
                .nth(1)
                .and_then(|rest| rest.split('"').next());
            path.expect("a path").matches('z').count()
        };
        assert_eq!(["wall", "both", "missed", "wrong", "end"].map(cells), [1, 2, 1, 1, 2]);
        assert!(drawn.contains("row 1: 2 cells differ"));
        for wrong in ["2,S,1", "0,S,1", "x,S,1", "1,S,1"] {
            assert!(failure(wrong, &set).is_err(), "{wrong}");
        }
    }
}
