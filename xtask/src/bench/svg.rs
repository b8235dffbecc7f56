//! Charts as inline SVG, readable on light and dark ground and at any width.

use super::panel::short;
use std::fmt::Write;

const SIZE: [f64; 2] = [400.0, 240.0];
/// Left, right, above and below the frame.
const MARGIN: [f64; 4] = [46.0, 16.0, 12.0, 40.0];
/// Points of a curve; more are averaged.
const MAX_POINTS: usize = 300;

/// A named curve; `dashed` for one that was fitted.
#[derive(Clone, Debug, Default)]
pub struct Curve {
    pub name: String,
    pub points: Vec<(f64, f64)>,
    pub dashed: bool,
}

impl Curve {
    pub fn new(name: impl Into<String>, points: Vec<(f64, f64)>) -> Self {
        Curve { name: name.into(), points: thinned(points), dashed: false }
    }
}

/// A chart of curves over one axis.
#[derive(Clone, Debug, Default)]
pub struct Chart {
    pub title: String,
    pub x: &'static str,
    pub y: &'static str,
    pub curves: Vec<Curve>,
}

/// The page's text with nothing in it that HTML would read as its own.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

impl Chart {
    /// The chart as a figure, or nothing where there is no point.
    pub fn draw(&self) -> String {
        let points = || self.curves.iter().flat_map(|curve| &curve.points);
        let (right, top) = points().fold((0.0f64, 0.0f64), |(x, y), p| (x.max(p.0), y.max(p.1)));
        if points().next().is_none() {
            return String::new();
        }
        let (right, top) = (round_up(right), round_up(top));
        let [left, beside, above, below] = MARGIN;
        let (width, height) = (SIZE[0] - left - beside, SIZE[1] - above - below);
        let at = |p: &(f64, f64)| {
            (left + width * p.0 / right, above + height * (1.0 - (p.1 / top).clamp(0.0, 1.0)))
        };
        let (mut svg, title) = (String::new(), escape(&self.title));
        let _ = writeln!(svg, "<figure><figcaption>{title}</figcaption>{}", self.legend());
        let [w, h] = SIZE;
        let _ = writeln!(svg, "<svg viewBox=\"0 0 {w} {h}\" role=\"img\" aria-label=\"{title}\">");
        for i in 0..=4 {
            let (x, y) = (right * f64::from(i) / 4.0, top * f64::from(i) / 4.0);
            let (px, py) = at(&(x, y));
            let _ = writeln!(svg, "<path class=\"grid\" d=\"M{left} {py:.1}H{:.1}\"/>", left + width);
            let _ = writeln!(
                svg,
                "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                left - 6.0,
                py + 4.0,
                tick(y)
            );
            let _ = writeln!(
                svg,
                "<text x=\"{px:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
                h - 23.0,
                tick(x)
            );
        }
        let _ = writeln!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
            left + width / 2.0,
            h - 5.0,
            escape(self.x)
        );
        for (i, curve) in self.curves.iter().enumerate() {
            let places: Vec<(f64, f64)> = curve.points.iter().map(at).collect();
            let path: Vec<String> = places.iter().map(|(x, y)| format!("{x:.1} {y:.1}")).collect();
            let dashed = if curve.dashed { " dashed" } else { "" };
            let _ = writeln!(svg, "<path class=\"curve c{}{dashed}\" d=\"M{}\"/>", i % 4, path.join("L"));
            if !curve.dashed && places.len() <= 16 {
                for (x, y) in &places {
                    let _ =
                        writeln!(svg, "<circle class=\"c{}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3.5\"/>", i % 4);
                }
            }
        }
        svg + "</svg></figure>\n"
    }

    fn legend(&self) -> String {
        let names = self.curves.iter().enumerate().filter(|(_, curve)| !curve.name.is_empty());
        let names =
            names.map(|(i, curve)| format!("<span class=\"c{}\">● {}</span> ", i % 4, escape(&curve.name)));
        format!("<p class=\"legend\">{} {}</p>", escape(self.y), names.collect::<String>())
    }
}

/// A number of an axis.
fn tick(v: f64) -> String {
    if v == v.round() && v.abs() < 1e4 { format!("{v}") } else { short(v) }
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
        let chart = Chart { title: "K & time".into(), x: "K", y: "ms", curves: vec![curve] };
        let svg = chart.draw();
        assert!(svg.contains("a &lt; b") && svg.contains("K &amp; time"), "{svg}");
        assert_eq!(svg.matches("<circle").count(), 2);
        assert!(svg.contains(&format!("L{:.1} {:.1}", SIZE[0] - MARGIN[1], MARGIN[2])), "the corner: {svg}");
        assert_eq!(Chart::default().draw(), "");
    }

    #[test]
    fn axes_end_on_round_numbers() {
        for (v, expected) in [(0.0, 1.0), (40.0, 40.0), (41.0, 50.0), (0.03, 0.04), (9.0, 10.0)] {
            assert!((round_up(v) - expected).abs() < 1e-9, "{v}");
        }
    }

    #[test]
    fn long_logs_are_thinned() {
        let curve = Curve::new("", (0..10_000).map(|i| (f64::from(i), 1.0)).collect());
        assert!(curve.points.len() <= MAX_POINTS && curve.points.iter().all(|p| p.1 == 1.0));
    }
}
