//! A run as a picture: the answer after up to eight of its supervision steps, as one SVG.

use std::fmt::Write;

/// Most boards in a picture.
const MAX_BOARDS: usize = 8;
/// Boards per row.
const ROW: usize = 4;
/// Frames kept during the run, whose length is not known beforehand.
const MAX_FRAMES: usize = 32;
/// Side of a board, and the margin around it.
const SIDE: f64 = 180.0;
const GAP: f64 = 26.0;

/// One cell of a board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Its symbol: `#` is a wall, `o` a marked cell, space and `.` are empty.
    pub symbol: char,
    /// Whether the symbol is part of the question rather than the answer.
    pub given: bool,
}

/// A board after one supervision step.
#[derive(Clone, Debug, PartialEq)]
struct Frame {
    k: usize,
    confidence: f32,
    cells: Vec<Cell>,
}

/// The recorded steps of a run. Memory does not grow with their number.
#[derive(Clone, Debug)]
pub struct Film {
    /// Cells of a row.
    width: usize,
    /// The region of each cell; nothing for no regions.
    regions: Vec<u32>,
    /// One step in `stride` is kept.
    stride: usize,
    frames: Vec<Frame>,
}

impl Film {
    /// An empty film of boards that are `width` cells wide, with lines around the regions: that of each cell, or
    /// nothing for none.
    pub fn new(width: usize, regions: Vec<u32>) -> Self {
        Film { width: width.max(1), regions, stride: 1, frames: Vec::new() }
    }

    /// Records the board after step `k`, counted from 1. The `last` one is always kept.
    pub fn record(&mut self, k: usize, confidence: f32, cells: Vec<Cell>, last: bool) {
        if !last && !(k - 1).is_multiple_of(self.stride) {
            return;
        }
        self.frames.push(Frame { k, confidence, cells });
        if self.frames.len() > MAX_FRAMES && !last {
            self.stride *= 2;
            let stride = self.stride;
            self.frames.retain(|frame| (frame.k - 1).is_multiple_of(stride));
        }
    }

    /// The picture: up to eight boards from the first step to the last. Cells that changed since the
    /// board before are yellow; the bar below a board is the model's confidence.
    pub fn to_svg(&self) -> String {
        let last = self.frames.len().saturating_sub(1);
        let n = self.frames.len().min(MAX_BOARDS);
        let boards: Vec<&Frame> = (0..n).map(|i| &self.frames[i * last / (n - 1).max(1)]).collect();
        let height = self.frames.first().map_or(0, |frame| frame.cells.len() / self.width);
        let cell = SIDE / self.width.max(height).max(1) as f64;
        let step = [cell * self.width as f64 + GAP, cell * height as f64 + 2.0 * GAP];
        let size = [step[0] * n.clamp(1, ROW) as f64 + GAP, step[1] * n.div_ceil(ROW) as f64];
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:.0} {1:.0}\" width=\"{0:.0}\" \
             height=\"{1:.0}\" font-family=\"monospace\" text-anchor=\"middle\">\n\
             <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n",
            size[0], size[1]
        );
        for (i, frame) in boards.iter().enumerate() {
            let before = i.checked_sub(1).map(|i| boards[i].cells.as_slice());
            let (x, y) = (GAP + step[0] * (i % ROW) as f64, GAP + step[1] * (i / ROW) as f64);
            let _ = writeln!(svg, "<g transform=\"translate({x:.1} {y:.1})\">");
            self.draw(&mut svg, frame, before, cell, height);
            svg.push_str("</g>\n");
        }
        svg.push_str("</svg>\n");
        svg
    }

    fn draw(&self, svg: &mut String, frame: &Frame, before: Option<&[Cell]>, cell: f64, height: usize) {
        let (wide, high) = (cell * self.width as f64, cell * height as f64);
        let Frame { k, confidence, cells } = frame;
        let _ = writeln!(
            svg,
            "<text x=\"{:.1}\" y=\"-7\" font-size=\"12\">step {k}, confidence {confidence:.2}</text>",
            wide / 2.0
        );
        for (i, now) in cells.iter().enumerate() {
            let (x, y) = (cell * (i % self.width) as f64, cell * (i / self.width) as f64);
            let changed = before.is_some_and(|before| before.get(i) != Some(now));
            let fill = match now.symbol {
                '#' => Some("#444"),
                _ if changed => Some("#ffd54d"),
                'o' => Some("#9cc9f5"),
                _ => None,
            };
            if let Some(fill) = fill {
                let square = format!("width=\"{cell:.2}\" height=\"{cell:.2}\" fill=\"{fill}\"");
                let _ = writeln!(svg, "<rect x=\"{x:.2}\" y=\"{y:.2}\" {square}/>");
            }
            if now.symbol.is_ascii_alphanumeric() && now.symbol != 'o' {
                let style = if now.given { "font-weight=\"bold\"" } else { "fill=\"#1565c0\"" };
                let (x, y, size) = (x + 0.5 * cell, y + 0.74 * cell, 0.68 * cell);
                let symbol = now.symbol;
                let _ = writeln!(
                    svg,
                    "<text x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"{size:.1}\" {style}>{symbol}</text>"
                );
            }
        }
        let path = format!("M0 0H{wide:.1}V{high:.1}H0Z{}", self.borders(cell, height));
        let _ = writeln!(svg, "<path d=\"{path}\" fill=\"none\" stroke=\"black\"/>");
        let filled = wide * f64::from(confidence.clamp(0.0, 1.0));
        let _ = writeln!(
            svg,
            "<rect y=\"{0:.1}\" width=\"{wide:.1}\" height=\"5\" fill=\"#ddd\"/>\
             <rect y=\"{0:.1}\" width=\"{filled:.1}\" height=\"5\" fill=\"#2e9d48\"/>",
            high + 6.0
        );
    }

    /// Lines between cells of different regions, each as long as it goes.
    fn borders(&self, cell: f64, height: usize) -> String {
        let mut path = String::new();
        let place = |i: usize| if i == 0 { "0".into() } else { format!("{:.1}", cell * i as f64) };
        let differ = |a: usize, b: usize| self.regions.get(a) != self.regions.get(b);
        let mut lines = |n: usize, length: usize, is_border: &dyn Fn(usize, usize) -> bool, name: char| {
            for line in 1..n {
                let mut end = 0;
                while let Some(start) = (end..length).find(|i| is_border(line, *i)) {
                    end = (start..length).find(|i| !is_border(line, *i)).unwrap_or(length);
                    let [at, from, to] = [line, start, end].map(place);
                    let (x, y) = if name == 'V' { (at, from) } else { (from, at) };
                    path += &format!("M{x} {y}{name}{to}");
                }
            }
        };
        let width = self.width;
        lines(width, height, &|x, y| differ(y * width + x - 1, y * width + x), 'V');
        lines(height, width, &|y, x| differ((y - 1) * width + x, y * width + x), 'H');
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_run_is_a_picture_of_eight_boards() {
        let mut film = Film::new(2, vec![0, 1]);
        let cell = |symbol| Cell { symbol, given: symbol == '1' };
        for k in 1..=1000 {
            film.record(k, 0.5, vec![cell('1'), cell(if k < 1000 { '2' } else { '3' })], k == 1000);
        }
        assert!(film.frames.len() <= MAX_FRAMES + 1);
        let svg = film.to_svg();
        assert_eq!(svg.matches("<g ").count(), MAX_BOARDS);
        assert!(svg.contains("step 1,") && svg.contains("step 1000,") && svg.ends_with("</svg>\n"));
        // Only the last board differs from the one before it, in one cell.
        assert_eq!((svg.matches("#ffd54d").count(), svg.matches(">3<").count()), (1, 1));
    }

    #[test]
    fn lines_go_around_regions() {
        let borders = |regions: &[u32]| Film::new(3, regions.to_vec()).borders(10.0, 3);
        assert_eq!(borders(&[]), "");
        assert_eq!(borders(&[0, 0, 1, 0, 0, 1, 0, 0, 1]), "M20.0 0V30.0");
        assert_eq!(
            borders(&[0, 0, 1, 0, 1, 1, 2, 2, 2]),
            "M10.0 10.0V20.0M20.0 0V10.0M10.0 10.0H20.0M0 20.0H30.0"
        );
    }

    #[test]
    fn a_film_of_nothing_is_an_empty_picture() {
        assert!(Film::new(0, Vec::new()).to_svg().contains("viewBox"));
    }
}
