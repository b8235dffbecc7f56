//! Charts as SVG, readable on light and dark ground: figures of a page, which brings the style, and files that
//! bring their own.

mod labels;

use labels::{Edges, Place};
use std::fmt::Write;

/// Points of a curve; more are averaged.
const MAX_POINTS: usize = 300;
/// The style of a file. A page has its own, for the same classes.
const STYLE: &str = "\
.paper{fill:#fff}text{fill:#4b5563;font:13px system-ui,sans-serif}.title{fill:#1d2129;font-weight:600;font-size:15px}.note{font-size:12px}
.grid{stroke:#d6dae1}.curve{fill:none;stroke:currentColor;stroke-width:2;stroke-linejoin:round}
.dashed{stroke-dasharray:5 4}.whisker{stroke:currentColor;stroke-width:1.5;opacity:.6}
.mark{fill:currentColor;stroke:currentColor;stroke-width:2}.hollow{fill:#fff}.name{fill:currentColor}
.c0{color:#2563c9}.c1{color:#c2570c}.c2{color:#8a3ab9}.c3{color:#0f766e}
@media (prefers-color-scheme:dark){.paper,.hollow{fill:#14171c}text{fill:#aeb6c4}.title{fill:#e6e8ec}
.grid{stroke:#3a4150}.name{fill:currentColor}.c0{color:#6ea8ff}.c1{color:#fb923c}.c2{color:#c58af9}.c3{color:#2dd4bf}}";

/// Size of a drawing, and the margins left, right, above and below its frame.
struct Layout {
    size: [f64; 2],
    margin: [f64; 4],
}

const FIGURE: Layout = Layout { size: [400.0, 240.0], margin: [46.0, 16.0, 12.0, 40.0] };
const FILE: Layout = Layout { size: [760.0, 440.0], margin: [64.0, 32.0, 64.0, 72.0] };

/// The start of an SVG file with this title at `left`, and the style of all of them before `style`.
pub fn head(title: &str, [w, h]: [f64; 2], left: f64, style: &str) -> String {
    let title = escape(title);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {w} {h}\" width=\"{w}\" height=\"{h}\" role=\"img\" \
         aria-label=\"{title}\">\n<style>\n{STYLE}\n{style}</style>\n\
         <rect class=\"paper\" width=\"{w}\" height=\"{h}\" rx=\"10\"/>\n\
         <text class=\"title\" x=\"{left}\" y=\"26\">{title}</text>\n"
    )
}

/// How the points of a curve are joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    None,
    Solid,
    Dashed,
}

/// How the points themselves are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marks {
    None,
    Filled,
    Hollow,
}

/// A named curve.
#[derive(Clone, Debug)]
pub struct Curve {
    pub name: String,
    pub points: Vec<(f64, f64)>,
    pub line: Line,
    pub marks: Marks,
    /// The interval of each point, if it has one.
    pub intervals: Vec<(f64, f64)>,
    /// The text beside each point, if it has one.
    pub labels: Vec<String>,
    /// Which of the four colours.
    pub colour: usize,
}

impl Curve {
    /// A line through points, which are marked where they are few.
    pub fn new(name: impl Into<String>, points: Vec<(f64, f64)>) -> Self {
        let points = thinned(points);
        Curve {
            name: name.into(),
            line: Line::Solid,
            marks: if points.len() <= 16 { Marks::Filled } else { Marks::None },
            points,
            intervals: Vec::new(),
            labels: Vec::new(),
            colour: 0,
        }
    }

    /// The class of its marks; none where they are not drawn.
    fn mark(&self) -> Option<&'static str> {
        match self.marks {
            Marks::None => None,
            Marks::Filled => Some("mark"),
            Marks::Hollow => Some("mark hollow"),
        }
    }
}

/// One direction of a chart: its label, with the unit, and the values that are marked; the first and the last end it.
#[derive(Clone, Debug)]
pub struct Axis {
    pub label: String,
    pub ticks: Vec<f64>,
    pub log: bool,
}

impl Axis {
    /// From 0 to a round number that is not below `most`.
    fn to(label: &str, most: f64) -> Self {
        let end = round_up(most);
        Axis { label: label.into(), ticks: (0..=4).map(|i| end * f64::from(i) / 4.0).collect(), log: false }
    }

    /// The powers of `base` from the last that is not above `least` to the first that is not below `most`.
    pub fn powers(label: &str, base: f64, (least, most): (f64, f64)) -> Self {
        let power = |v: f64| v.ln() / base.ln();
        // Rounded first: the logarithm of a power is its exponent but for the last bits.
        let near = |v: f64| (power(v) * 1e9).round() / 1e9;
        let (low, high) = (near(least).floor() as i32, near(most).ceil() as i32);
        Axis { label: label.into(), ticks: (low..=high).map(|n| base.powi(n)).collect(), log: true }
    }

    /// Where a value lies, from 0 to 1.
    fn share(&self, v: f64) -> f64 {
        let scaled = |v: f64| if self.log { v.max(f64::MIN_POSITIVE).ln() } else { v };
        let (first, last) = (scaled(self.ticks[0]), scaled(self.ticks[self.ticks.len() - 1]));
        ((scaled(v) - first) / (last - first)).clamp(0.0, 1.0)
    }
}

/// A chart of curves over one axis.
#[derive(Clone, Debug)]
pub struct Chart {
    pub title: String,
    pub x: Axis,
    pub y: Axis,
    pub curves: Vec<Curve>,
    /// What a reader of the file must know; a page says it elsewhere.
    pub note: String,
}

/// The page's text with nothing in it that HTML would read as its own.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

impl Chart {
    /// A chart whose axes start at 0 and hold every point; each curve has a colour of its own.
    pub fn from_zero(title: impl Into<String>, x: &str, y: &str, mut curves: Vec<Curve>) -> Self {
        let points = || curves.iter().flat_map(|curve| &curve.points);
        let (right, top) = points().fold((0.0f64, 0.0f64), |(x, y), p| (x.max(p.0), y.max(p.1)));
        let (x, y) = (Axis::to(x, right), Axis::to(y, top));
        curves.iter_mut().enumerate().for_each(|(i, curve)| curve.colour = i);
        Chart { title: title.into(), x, y, curves, note: String::new() }
    }

    /// The chart as a figure of a page, or nothing where there is no point.
    pub fn figure(&self) -> String {
        if self.curves.iter().all(|curve| curve.points.is_empty()) {
            return String::new();
        }
        let ([w, h], title) = (FIGURE.size, escape(&self.title));
        let names = self.curves.iter().filter(|curve| !curve.name.is_empty());
        let names: String = names
            .map(|curve| format!("<span class=\"c{}\">● {}</span> ", curve.colour % 4, escape(&curve.name)))
            .collect();
        let y = escape(&self.y.label);
        let body = self.body(&FIGURE);
        format!(
            "<figure><figcaption>{title}</figcaption><p class=\"legend\">{y} {names}</p>\n\
             <svg viewBox=\"0 0 {w} {h}\" role=\"img\" aria-label=\"{title}\">\n{body}</svg></figure>\n"
        )
    }

    /// The chart as the text of an SVG file.
    pub fn file(&self) -> String {
        let ([_, h], [left, _, above, below]) = (FILE.size, FILE.margin);
        let mut svg = head(&self.title, FILE.size, left, "");
        let mut x = left;
        for curve in self.curves.iter().filter(|curve| !curve.name.is_empty()) {
            let (c, name) = (curve.colour % 4, escape(&curve.name));
            let mark = curve.mark().unwrap_or("mark");
            let _ = writeln!(
                svg,
                "<g class=\"c{c}\"><circle class=\"{mark}\" cx=\"{:.1}\" cy=\"45\" r=\"4\"/>\
                 <text class=\"name\" x=\"{:.1}\" y=\"49\">{name}</text></g>",
                x + 4.0,
                x + 13.0
            );
            x += 13.0 + labels::CHARACTER * curve.name.chars().count() as f64 + 18.0;
        }
        let middle = above + (h - above - below) / 2.0;
        let y = escape(&self.y.label);
        let _ = writeln!(
            svg,
            "<text transform=\"translate(18 {middle:.1}) rotate(-90)\" text-anchor=\"middle\">{y}</text>"
        );
        let _ = writeln!(
            svg,
            "<text class=\"note\" x=\"{left}\" y=\"{:.1}\">{}</text>",
            h - 10.0,
            escape(&self.note)
        );
        svg + &self.body(&FILE) + "</svg>\n"
    }

    /// Frame, curves and labels.
    fn body(&self, layout: &Layout) -> String {
        let mut svg = self.frame(layout);
        for curve in &self.curves {
            let places: Vec<(f64, f64)> = curve.points.iter().map(|p| self.at(layout, *p)).collect();
            let c = curve.colour % 4;
            if curve.line != Line::None {
                let path: Vec<String> = places.iter().map(|(x, y)| format!("{x:.1} {y:.1}")).collect();
                let dashed = if curve.line == Line::Dashed { " dashed" } else { "" };
                let _ = writeln!(svg, "<path class=\"curve c{c}{dashed}\" d=\"M{}\"/>", path.join("L"));
            }
            for ((x, _), (low, high)) in curve.points.iter().zip(&curve.intervals) {
                let ((x, low), (_, high)) = (self.at(layout, (*x, *low)), self.at(layout, (*x, *high)));
                let _ = writeln!(svg, "<path class=\"whisker c{c}\" d=\"M{x:.1} {low:.1}V{high:.1}\"/>");
            }
            for (mark, (x, y)) in
                curve.mark().into_iter().flat_map(|mark| places.iter().map(move |p| (mark, p)))
            {
                let _ =
                    writeln!(svg, "<circle class=\"{mark} c{c}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3.5\"/>");
            }
        }
        for (text, colour, Place { x, y, ends }) in self.labels(layout) {
            let anchor = if ends { "end" } else { "start" };
            let _ = writeln!(
                svg,
                "<text class=\"name c{colour}\" x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{}</text>",
                y + 4.0,
                escape(text)
            );
        }
        svg
    }

    /// Lines and numbers of both axes, and the label of the lower one.
    fn frame(&self, layout: &Layout) -> String {
        let Layout { size: [w, h], margin: [left, beside, above, below] } = *layout;
        let (mut svg, right, bottom) = (String::new(), w - beside, h - below);
        for y in &self.y.ticks {
            let (_, py) = self.at(layout, (self.x.ticks[0], *y));
            let _ = writeln!(svg, "<path class=\"grid\" d=\"M{left} {py:.1}H{right:.1}\"/>");
            let (x, y, text) = (left - 6.0, py + 4.0, tick(*y));
            let _ = writeln!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"end\">{text}</text>");
        }
        for x in &self.x.ticks {
            let (px, _) = self.at(layout, (*x, self.y.ticks[0]));
            if self.x.log {
                let _ = writeln!(svg, "<path class=\"grid\" d=\"M{px:.1} {above}V{bottom:.1}\"/>");
            }
            let (y, text) = (bottom + 17.0, tick(*x));
            let _ = writeln!(svg, "<text x=\"{px:.1}\" y=\"{y:.1}\" text-anchor=\"middle\">{text}</text>");
        }
        let (x, y, label) = (left + (right - left) / 2.0, bottom + 36.0, escape(&self.x.label));
        let _ = writeln!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"middle\">{label}</text>");
        svg
    }

    fn at(&self, layout: &Layout, (x, y): (f64, f64)) -> (f64, f64) {
        let Layout { size: [w, h], margin: [left, beside, above, below] } = *layout;
        let (width, height) = (w - left - beside, h - above - below);
        (left + width * self.x.share(x), above + height * (1.0 - self.y.share(y)))
    }

    /// The text of every label, with its colour and its place.
    fn labels(&self, layout: &Layout) -> Vec<(&str, usize, Place)> {
        let mut taken = self.drawn(layout);
        // Title and legend, and what is beside the frame.
        let [width, height] = layout.size;
        taken.push([0.0, width, 0.0, layout.margin[2] - 2.0]);
        taken.push([0.0, layout.margin[0], 0.0, height]);
        taken.push([width - 4.0, f64::INFINITY, 0.0, height]);
        let labels = self.curves.iter().flat_map(|curve| {
            curve
                .points
                .iter()
                .zip(&curve.labels)
                .map(|(point, text)| (curve.colour % 4, point, text.as_str()))
        });
        let labels: Vec<_> = labels.collect();
        let points = labels.iter().map(|(_, point, text)| {
            let (x, y) = self.at(layout, **point);
            (x, y, text.chars().count())
        });
        let places = labels::places(&points.collect::<Vec<_>>(), taken);
        labels.into_iter().zip(places).map(|((colour, _, text), place)| (text, colour, place)).collect()
    }

    /// Small boxes over every point and along every line.
    fn drawn(&self, layout: &Layout) -> Vec<Edges> {
        let boxed = |(x, y): (f64, f64), r: f64| [x - r, x + r, y - r, y + r];
        let mut boxes = Vec::new();
        for curve in &self.curves {
            let places: Vec<(f64, f64)> = curve.points.iter().map(|p| self.at(layout, *p)).collect();
            boxes.extend(places.iter().map(|place| boxed(*place, 4.0)));
            for ends in places.windows(2).filter(|_| curve.line != Line::None) {
                let [(x, y), (to_x, to_y)] = [ends[0], ends[1]];
                let n = ((to_x - x).hypot(to_y - y) / 4.0).ceil();
                let part = |i: i32| f64::from(i) / n;
                let along = (1..n as i32).map(|i| (x + (to_x - x) * part(i), y + (to_y - y) * part(i)));
                boxes.extend(along.map(|place| boxed(place, 2.0)));
            }
        }
        boxes
    }
}

/// Three digits.
pub fn short(value: f64) -> String {
    match value.abs() {
        v if v >= 1e6 => format!("{:.1}M", value / 1e6),
        v if v >= 1e4 => format!("{:.1}k", value / 1e3),
        v if v >= 100.0 => format!("{value:.0}"),
        v if v >= 10.0 => format!("{value:.1}"),
        v if v >= 0.1 || v == 0.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

/// A number of an axis.
fn tick(v: f64) -> String {
    match v.abs() {
        a if a >= 1e6 => format!("{}M", v / 1e6),
        a if a >= 1e4 => format!("{}k", v / 1e3),
        _ if v == v.round() => format!("{v}"),
        _ => short(v).trim_end_matches('0').to_owned(),
    }
}

/// Means of neighbours, so that a long log stays a small page.
fn thinned(points: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    let chunk = points.len().div_ceil(MAX_POINTS).max(1);
    let mean = |part: &[(f64, f64)]| {
        let n = part.len() as f64;
        (part.iter().map(|p| p.0).sum::<f64>() / n, part.iter().map(|p| p.1).sum::<f64>() / n)
    };
    points.chunks(chunk).map(mean).collect()
}

/// The next of 1, 2, 4, 5, 8 times a power of ten.
fn round_up(v: f64) -> f64 {
    if v <= 0.0 {
        return 1.0;
    }
    let unit = 10f64.powf(v.log10().floor());
    [1.0, 2.0, 4.0, 5.0, 8.0].map(|m| m * unit).into_iter().find(|m| *m >= 0.9999 * v).unwrap_or(10.0 * unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_holds_its_points() {
        let curve = Curve::new("a < b", vec![(1.0, 2.0), (20.0, 40.0)]);
        let chart = Chart::from_zero("K & time", "K", "ms", vec![curve]);
        for svg in [chart.figure(), chart.file()] {
            assert!(svg.contains("a &lt; b") && svg.contains("K &amp; time"), "{svg}");
        }
        let svg = chart.figure();
        assert_eq!(svg.matches("<circle").count(), 2);
        let [width, _] = FIGURE.size;
        let corner = format!("L{:.1} {:.1}", width - FIGURE.margin[1], FIGURE.margin[2]);
        assert!(svg.contains(&corner), "the corner: {svg}");
        assert_eq!(Chart::from_zero("", "", "", Vec::new()).figure(), "");
    }

    #[test]
    fn axes_end_on_round_numbers() {
        for (v, expected) in [(0.0, 1.0), (40.0, 40.0), (41.0, 50.0), (0.03, 0.04), (9.0, 10.0)] {
            assert!((round_up(v) - expected).abs() < 1e-9, "{v}");
        }
        let ticks = |base, from, to| Axis::powers("", base, (from, to)).ticks;
        assert_eq!(ticks(2.0, 1.0, 8.0), [1.0, 2.0, 4.0, 8.0]);
        assert_eq!(ticks(10.0, 4.2, 410.0), [1.0, 10.0, 100.0, 1000.0]);
        assert_eq!([5e4, 2e6, 100.0, 0.1].map(tick), ["50k", "2M", "100", "0.1"]);
    }

    #[test]
    fn long_logs_are_thinned() {
        let curve = Curve::new("", (0..10_000).map(|i| (f64::from(i), 1.0)).collect());
        assert!(curve.points.len() <= MAX_POINTS && curve.points.iter().all(|p| p.1 == 1.0));
    }
}
